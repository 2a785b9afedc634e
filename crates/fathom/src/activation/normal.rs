//! The standard normal law, and the arctangents that Gaussian expectations of its distribution function are made of.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use super::Covariance;
use super::jet::Taylor;

/// $e^{-z^2/2}/\sqrt{2\pi}$.
pub(super) fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / TAU.sqrt()
}

/// $\Phi(z)$, to full relative accuracy in both tails.
pub(super) fn distribution(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// The Taylor series of Φ at `z`.
pub(super) fn distribution_series(z: f64) -> Taylor {
    let t = Taylor::variable(z);
    (t * t).scale(-0.5).exp().scale(1.0 / TAU.sqrt()).integral(distribution(z))
}

/// Tangents of the angles $\arcsin(k/\sqrt P)$ and $\arcsin(g/\sqrt P)$, $P = (1 + q_1)(1 + q_2)$, and their difference.
///
/// With $r^2 = P - k^2 = 1 + q_1 + q_2 + (q_1 q_2 - k^2)$ and $r_0^2 = P - g^2 = 1 + q_1 + q_2$ the tangents are $k/r$
/// and $g/r_0$. Nothing here cancels or overflows.
pub(super) struct Arcsine {
    /// $r$.
    pub(super) root: f64,
    /// $r_0 \le r$.
    pub(super) root0: f64,
    /// $r - r_0$.
    pub(super) rise: f64,
    /// $\sqrt{q_1 q_2 - k^2}$.
    pub(super) area: f64,
    /// $k/r$.
    pub(super) tangent: f64,
    /// $g/r_0$.
    pub(super) tangent0: f64,
    /// $g/r_0 - k/r$.
    pub(super) difference: f64,
}

impl Arcsine {
    pub(super) fn new(c: &Covariance) -> Self {
        let g = c.g();
        let area = g * (c.gap() * c.cogap()).sqrt();
        let root0 = (1.0 + c.q1() + c.q2()).sqrt();
        let root = root0.hypot(area);
        let rise = area * (area / (root + root0));
        let (tangent, tangent0) = (c.k() / root, g / root0);
        // (g r − k r0)/(r r0), and g r − k r0 = g (gap) r + k (r − r0): no cancellation for either sign of k.
        let difference = if c.k() >= 0.0 { tangent0 * c.gap() + tangent * (rise / root0) } else { tangent0 - tangent };
        Self { root, root0, rise, area, tangent, tangent0, difference }
    }

    /// $\arcsin(k/\sqrt P)$.
    pub(super) fn angle(&self) -> f64 {
        self.tangent.atan()
    }

    /// $\arcsin(g/\sqrt P) - \arcsin(k/\sqrt P)$, without cancellation.
    pub(super) fn gap(&self) -> f64 {
        self.difference.atan2(1.0 + self.tangent * self.tangent0)
    }

    /// $1/r_0 - 1/r$, without cancellation.
    pub(super) fn reciprocal_gap(&self) -> f64 {
        self.rise / self.root / self.root0
    }

    /// $P(u' > 0, v' > 0) = E[\Phi(u)\Phi(v)]$: the angle from $-\pi/2$ over $2\pi$, to full relative accuracy.
    pub(super) fn orthant(&self) -> f64 {
        1.0_f64.atan2(-self.tangent) / TAU
    }
}
