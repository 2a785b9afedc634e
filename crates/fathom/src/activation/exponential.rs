//! The exponential function.

use super::{Covariance, Dual, Jet, Nonlinearity, Parity, Regularity};

/// $e^z$: smooth; $F = \dot F = e^{(q_1 + q_2)/2 + k}$ (a Gaussian integral), infinite where that exceeds `f64`.
#[derive(Debug)]
pub(super) struct Exponential;

impl Nonlinearity for Exponential {
    fn name(&self) -> String {
        "exp".into()
    }

    fn value(&self, z: f64) -> f64 {
        z.exp()
    }

    fn slope(&self, z: f64) -> f64 {
        z.exp()
    }

    fn jet(&self, z: f64) -> Jet {
        [z.exp(); 7]
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Neither
    }

    fn strip(&self) -> f64 {
        f64::INFINITY
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        // (q1 + q2)/2 + k without cancellation for negative k.
        let value = (c.half_square_offset() + c.g() * c.cogap()).exp();
        Some(Dual { value, slope: value })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        let h = c.g() * c.gap();
        // 0 · ∞ is 0 here: the difference of equal numbers.
        let value = if h == 0.0 { 0.0 } else { -(-h).exp_m1() * (0.5 * (c.q1() + c.q2()) + c.g()).exp() };
        Some(Dual { value, slope: value })
    }
}
