//! The error function.

use std::f64::consts::{FRAC_2_PI, FRAC_2_SQRT_PI, PI};

use super::jet::Taylor;
use super::normal::Arcsine;
use super::{Covariance, Dual, Jet, Nonlinearity, Parity, Regularity, ScaledErf};

/// $\mathrm{erf}\, z = \frac{2}{\sqrt\pi}\int_0^z e^{-t^2} dt$: smooth, odd.
///
/// $F = \frac 2\pi \arcsin\frac{2k}{\sqrt{P}}$, $\dot F = \frac 4\pi (P - 4k^2)^{-1/2}$, $P = (1 + 2q_1)(1 + 2q_2)$
/// (Williams 1997).
#[derive(Debug)]
pub(super) struct Erf;

impl Nonlinearity for Erf {
    fn name(&self) -> String {
        "erf".into()
    }

    fn value(&self, z: f64) -> f64 {
        libm::erf(z)
    }

    fn slope(&self, z: f64) -> f64 {
        FRAC_2_SQRT_PI * (-z * z).exp()
    }

    fn jet(&self, z: f64) -> Jet {
        let t = Taylor::variable(z);
        (t * t).scale(-1.0).exp().scale(FRAC_2_SQRT_PI).integral(libm::erf(z)).jet()
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Odd
    }

    fn strip(&self) -> f64 {
        f64::INFINITY
    }

    fn scaled_erf(&self) -> Option<ScaledErf> {
        Some(ScaledErf { offset: 0.0, factor: 1.0, scale: 1.0 })
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        // erf z = 2 Φ(√2 z) − 1.
        let arcsine = Arcsine::new(&c.scaled(2.0));
        Some(Dual { value: FRAC_2_PI * arcsine.angle(), slope: 4.0 / (PI * arcsine.root) })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        let arcsine = Arcsine::new(&c.scaled(2.0));
        Some(Dual { value: FRAC_2_PI * arcsine.gap(), slope: 4.0 / PI * arcsine.reciprocal_gap() })
    }
}
