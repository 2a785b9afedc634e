//! The logistic function.

use super::logistic::{logistic, logistic_series};
use super::{Jet, Nonlinearity, Parity, Regularity};

/// $\sigma(z) = 1/(1 + e^{-z})$: smooth, between 0 and 1, poles at $\pm i\pi$; no closed-form dual.
#[derive(Debug)]
pub(super) struct Sigmoid;

impl Nonlinearity for Sigmoid {
    fn name(&self) -> String {
        "sigmoid".into()
    }

    fn value(&self, z: f64) -> f64 {
        logistic(z)
    }

    fn slope(&self, z: f64) -> f64 {
        logistic(z) * logistic(-z)
    }

    fn jet(&self, z: f64) -> Jet {
        logistic_series(z).jet()
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Neither
    }

    fn strip(&self) -> f64 {
        std::f64::consts::PI
    }
}
