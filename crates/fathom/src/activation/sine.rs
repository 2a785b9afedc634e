//! Sine and cosine.

use super::jet::Taylor;
use super::{Covariance, Dual, Jet, Nonlinearity, Parity, Regularity};

/// $\sin z$ or $\cos z$, each the other's derivative up to sign.
///
/// $E[\sin u \sin v] = e^{-(q_1 + q_2)/2} \sinh k$ and $E[\cos u \cos v] = e^{-(q_1 + q_2)/2} \cosh k$
/// (characteristic functions of $u \mp v$).
#[derive(Debug)]
pub(super) enum Sine {
    Sin,
    Cos,
}

impl Sine {
    /// Puts $E[\sin u\sin v]$ and $E[\cos u\cos v]$ in their places.
    fn dual_of(&self, sines: f64, cosines: f64) -> Dual {
        match self {
            Self::Sin => Dual { value: sines, slope: cosines },
            Self::Cos => Dual { value: cosines, slope: sines },
        }
    }
}

impl Nonlinearity for Sine {
    fn name(&self) -> String {
        match self {
            Self::Sin => "sin".into(),
            Self::Cos => "cos".into(),
        }
    }

    fn value(&self, z: f64) -> f64 {
        match self {
            Self::Sin => z.sin(),
            Self::Cos => z.cos(),
        }
    }

    fn slope(&self, z: f64) -> f64 {
        match self {
            Self::Sin => z.cos(),
            Self::Cos => -z.sin(),
        }
    }

    fn jet(&self, z: f64) -> Jet {
        let (sin, cos) = Taylor::variable(z).sin_cos();
        match self {
            Self::Sin => sin.jet(),
            Self::Cos => cos.jet(),
        }
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        match self {
            Self::Sin => Parity::Odd,
            Self::Cos => Parity::Even,
        }
    }

    fn strip(&self) -> f64 {
        f64::INFINITY
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        // (q1 + q2)/2 ∓ k = (√q1 − √q2)²/2 + g (1 ∓ c): the two exponents without cancellation.
        let offset = c.half_square_offset();
        let difference = (-offset - c.g() * c.gap()).exp();
        let sum = (-offset - c.g() * c.cogap()).exp();
        let sines = -0.5 * difference.max(sum) * (-2.0 * c.k().abs()).exp_m1();
        Some(self.dual_of(sines.copysign(c.k()), 0.5 * (difference + sum)))
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        // With h = g − k and s = (√q1 − √q2)²/2 both differences contain the factor (1 − e^{−h})/2; it multiplies
        // e^{−s} ± e^{−s − g − k}.
        let offset = c.half_square_offset();
        let factor = -0.5 * (-c.g() * c.gap()).exp_m1() * (-offset).exp();
        let rest = -c.g() * c.cogap();
        Some(self.dual_of(factor * (1.0 + rest.exp()), -factor * rest.exp_m1()))
    }

    fn norm_gap(&self, q1: f64, q2: f64) -> Option<Dual> {
        // With m = (√q1 + √q2)/2 and d = (√q1 − √q2)/2 the mean squares are (1 ∓ e^{−2q})/2 and F(g) is
        // (e^{−2d²} ∓ e^{−2m²})/2: 1 − e^{−2d²} ∓ e^{−2m²} [e^{−2d²} cosh 4md − 1].
        let m = 0.5 * (q1.sqrt() + q2.sqrt());
        let d = if m > 0.0 { 0.25 * (q1 - q2) / m } else { 0.0 };
        let (apart, product) = (-(-2.0 * d * d).exp_m1(), 2.0 * m * d);
        // cosh and sinh² grow at most like e^{2m²}: taken together with that factor.
        let faded = |exponent: f64| (exponent - 2.0 * m * m).exp();
        let cosh = 0.5 * (faded(2.0 * product) + faded(-2.0 * product));
        let sinh_sq = 0.25 * faded(2.0 * product.abs()) * (-2.0 * product.abs()).exp_m1().powi(2);
        let rest = 2.0 * sinh_sq - apart * cosh;
        Some(self.dual_of(apart - rest, apart + rest))
    }

    fn value_sq_difference(&self, q1: f64, q2: f64) -> Option<f64> {
        let sines = 0.5 * (-2.0 * q1.min(q2)).exp() * -(-2.0 * (q1 - q2).abs()).exp_m1();
        let sign = if q1 >= q2 { 1.0 } else { -1.0 };
        Some(self.dual_of(sign * sines, -sign * sines).value)
    }
}
