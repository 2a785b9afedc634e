//! The step function.

use std::f64::consts::TAU;

use super::{Breakpoint, Covariance, Dual, Jet, Nonlinearity, Parity, Regularity};

/// 1 for $z > 0$, 0 otherwise: $F = (\pi - \theta)/(2\pi)$ (Cho & Saul 2009, degree 0).
///
/// $\phi'$ is a point mass, so $\dot F$ is infinite on the diagonal: there is an NNGP but no NTK. The slope of the dual is
/// given as infinite everywhere.
#[derive(Debug)]
pub(super) struct Step;

impl Nonlinearity for Step {
    fn name(&self) -> String {
        "step".into()
    }

    fn value(&self, z: f64) -> f64 {
        if z > 0.0 { 1.0 } else { 0.0 }
    }

    fn slope(&self, _z: f64) -> f64 {
        0.0
    }

    fn jet(&self, z: f64) -> Jet {
        [self.value(z), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    }

    fn regularity(&self) -> Regularity {
        Regularity::Discontinuous
    }

    fn parity(&self) -> Parity {
        Parity::Neither
    }

    fn breakpoints(&self) -> Vec<Breakpoint> {
        vec![Breakpoint { at: 0.0, order: 0, jump: 1.0 }]
    }

    fn strip(&self) -> f64 {
        0.0
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        // A pre-activation of variance 0 is 0, where φ is 0.
        let value = if c.g() > 0.0 { c.coangle() / TAU } else { 0.0 };
        Some(Dual { value, slope: f64::INFINITY })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        let value = if c.g() > 0.0 { c.angle() / TAU } else { 0.0 };
        Some(Dual { value, slope: f64::INFINITY })
    }
}
