//! The identity.

use super::{Covariance, Dual, Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $\phi(z) = z$: deep linear networks.
#[derive(Debug)]
pub(super) struct Linear;

impl Nonlinearity for Linear {
    fn name(&self) -> String {
        "linear".into()
    }

    fn value(&self, z: f64) -> f64 {
        z
    }

    fn slope(&self, _z: f64) -> f64 {
        1.0
    }

    fn jet(&self, z: f64) -> Jet {
        [z, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Odd
    }

    fn homogeneous(&self) -> Option<Homogeneous> {
        Some(Homogeneous { a: 1.0, b: 0.0 })
    }

    fn strip(&self) -> f64 {
        f64::INFINITY
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        Some(Dual { value: c.k(), slope: 1.0 })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        Some(Dual { value: c.g() * c.gap(), slope: 0.0 })
    }
}
