//! The arctangent.

use super::jet::Taylor;
use super::{Jet, Nonlinearity, Parity, Regularity};

/// $\arctan z$: smooth, odd, bounded, branch points at $\pm i$; no closed-form dual.
#[derive(Debug)]
pub(super) struct Arctan;

impl Nonlinearity for Arctan {
    fn name(&self) -> String {
        "arctan".into()
    }

    fn value(&self, z: f64) -> f64 {
        z.atan()
    }

    fn slope(&self, z: f64) -> f64 {
        1.0 / (1.0 + z * z)
    }

    fn jet(&self, z: f64) -> Jet {
        let (one, t) = (Taylor::constant(1.0), Taylor::variable(z));
        (one / (one + t * t)).integral(z.atan()).jet()
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Odd
    }

    fn strip(&self) -> f64 {
        1.0
    }
}
