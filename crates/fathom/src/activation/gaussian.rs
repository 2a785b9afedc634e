//! The Gaussian bump.

use super::jet::Taylor;
use super::normal::Arcsine;
use super::{Covariance, Dual, Jet, Nonlinearity, Parity, Regularity};

/// $e^{-z^2}$: smooth, even.
///
/// $F = D^{-1/2}$, $\dot F = 4 k D^{-3/2}$, $D = (1 + 2q_1)(1 + 2q_2) - 4k^2$ (a Gaussian integral).
#[derive(Debug)]
pub(super) struct Gaussian;

impl Nonlinearity for Gaussian {
    fn name(&self) -> String {
        "gaussian".into()
    }

    fn value(&self, z: f64) -> f64 {
        (-z * z).exp()
    }

    fn slope(&self, z: f64) -> f64 {
        -2.0 * z * (-z * z).exp()
    }

    fn jet(&self, z: f64) -> Jet {
        let t = Taylor::variable(z);
        (t * t).scale(-1.0).exp().jet()
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Even
    }

    fn strip(&self) -> f64 {
        f64::INFINITY
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        let arcsine = Arcsine::new(&c.scaled(2.0));
        let root = arcsine.root;
        Some(Dual { value: 1.0 / root, slope: 2.0 * arcsine.tangent / root / root })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        // D^{1/2} is r0 at k = g. 2g/r0³ − 2k/r³ = (2/r0³)(g − k ρ³) with ρ = r0/r ≤ 1, where for k > 0
        // g − k ρ³ = (g − k) + k (1 − ρ)(1 + ρ + ρ²).
        let c = c.scaled(2.0);
        let arcsine = Arcsine::new(&c);
        let (root0, rho) = (arcsine.root0, arcsine.root0 / arcsine.root);
        let lag = if c.k() >= 0.0 {
            c.g() * c.gap() + c.k() * (arcsine.rise / arcsine.root) * (1.0 + rho + rho * rho)
        } else {
            c.g() - c.k() * rho * rho * rho
        };
        Some(Dual { value: arcsine.reciprocal_gap(), slope: 2.0 * (lag / root0) / root0 / root0 })
    }
}
