//! silu, also called swish.

use super::jet::Taylor;
use super::logistic::{logistic, logistic_series};
use super::{Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $z\,\sigma(z) = z/(1 + e^{-z})$: smooth, close to relu far from 0, poles at $\pm i\pi$; no closed-form dual.
#[derive(Debug)]
pub(super) struct Silu;

impl Nonlinearity for Silu {
    fn name(&self) -> String {
        "silu".into()
    }

    fn value(&self, z: f64) -> f64 {
        z * logistic(z)
    }

    fn slope(&self, z: f64) -> f64 {
        logistic(z) * (1.0 + z * logistic(-z))
    }

    fn jet(&self, z: f64) -> Jet {
        (Taylor::variable(z) * logistic_series(z)).jet()
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Neither
    }

    fn asymptote(&self) -> Option<Homogeneous> {
        Some(Homogeneous::RELU)
    }

    fn strip(&self) -> f64 {
        std::f64::consts::PI
    }
}
