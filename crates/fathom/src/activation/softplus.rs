//! softplus.

use super::logistic::{logistic, logistic_series};
use super::{Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $\ln(1 + e^z)$: smooth, close to relu far from 0, branch points at $\pm i\pi$; no closed-form dual.
#[derive(Debug)]
pub(super) struct Softplus;

impl Nonlinearity for Softplus {
    fn name(&self) -> String {
        "softplus".into()
    }

    fn value(&self, z: f64) -> f64 {
        z.max(0.0) + (-z.abs()).exp().ln_1p()
    }

    fn slope(&self, z: f64) -> f64 {
        logistic(z)
    }

    fn jet(&self, z: f64) -> Jet {
        logistic_series(z).integral(self.value(z)).jet()
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
