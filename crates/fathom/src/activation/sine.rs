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
}
