//! The normal distribution function.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use super::normal::{Arcsine, density, distribution, distribution_series};
use super::{Covariance, Dual, Jet, Nonlinearity, Parity, Regularity, ScaledErf};

/// $\Phi(z) = P(Z \le z)$ of a standard normal $Z$: smooth, between 0 and 1.
///
/// $F = \frac 14 + \frac{1}{2\pi}\arcsin\frac{k}{\sqrt P}$, $\dot F = \frac{1}{2\pi}(P - k^2)^{-1/2}$,
/// $P = (1 + q_1)(1 + q_2)$ (Williams 1997, shifted and scaled).
#[derive(Debug)]
pub(super) struct Probit;

impl Nonlinearity for Probit {
    fn name(&self) -> String {
        "probit".into()
    }

    fn value(&self, z: f64) -> f64 {
        distribution(z)
    }

    fn slope(&self, z: f64) -> f64 {
        density(z)
    }

    fn jet(&self, z: f64) -> Jet {
        distribution_series(z).jet()
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

    fn scaled_erf(&self) -> Option<ScaledErf> {
        Some(ScaledErf { offset: 0.5, factor: 0.5, scale: FRAC_1_SQRT_2 })
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        let arcsine = Arcsine::new(c);
        Some(Dual { value: arcsine.orthant(), slope: 1.0 / (TAU * arcsine.root) })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        let arcsine = Arcsine::new(c);
        Some(Dual { value: arcsine.gap() / TAU, slope: arcsine.reciprocal_gap() / TAU })
    }
}
