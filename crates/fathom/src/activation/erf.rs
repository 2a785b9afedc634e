//! The error function.

use std::f64::consts::{FRAC_2_PI, FRAC_2_SQRT_PI, PI};

use super::jet::Taylor;
use super::{Covariance, Dual, Jet, Nonlinearity, Parity, Regularity};

/// $\mathrm{erf}\, z = \frac{2}{\sqrt\pi}\int_0^z e^{-t^2} dt$: smooth, odd.
///
/// $F = \frac 2\pi \arcsin\frac{2k}{\sqrt{P}}$, $\dot F = \frac 4\pi (P - 4k^2)^{-1/2}$, $P = (1 + 2q_1)(1 + 2q_2)$
/// (Williams 1997).
#[derive(Debug)]
pub(super) struct Erf;

/// $P - 4k^2 = 1 + 2 q_1 + 2 q_2 + 4 (q_1 q_2 - k^2)$, a sum of non-negative terms.
fn discriminant(c: &Covariance) -> f64 {
    1.0 + 2.0 * c.q1() + 2.0 * c.q2() + 4.0 * c.determinant()
}

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

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        let root = discriminant(c).sqrt();
        Some(Dual { value: FRAC_2_PI * (2.0 * c.k()).atan2(root), slope: 4.0 / (PI * root) })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        // On the diagonal of g the discriminant is d0 ≤ d; d − d0 = 4 g² (gap)(cogap).
        let g = c.g();
        let d0 = 1.0 + 2.0 * c.q1() + 2.0 * c.q2();
        let d = discriminant(c);
        let (r0, r) = (d0.sqrt(), d.sqrt());
        // atan2(2g, r0) − atan2(2k, r) = atan2(2g r − 2k r0, r0 r + 4 g k), and
        // 2g r − 2k r0 = 2 [(g − k) r + k (r − r0)] with r − r0 = (d − d0)/(r + r0).
        let difference = 4.0 * c.determinant() / (r + r0);
        let sine = 2.0 * (g * c.gap() * r + c.k() * difference);
        let value = FRAC_2_PI * sine.atan2(r0 * r + 4.0 * g * c.k());
        Some(Dual { value, slope: 4.0 / PI * difference / (r0 * r) })
    }
}
