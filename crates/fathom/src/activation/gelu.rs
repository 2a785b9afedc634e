//! gelu.

use std::f64::consts::TAU;

use super::jet::Taylor;
use super::normal::{Arcsine, density, distribution, distribution_series};
use super::{Covariance, Dual, Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $z\,\Phi(z)$ with the normal distribution function Φ: smooth, close to relu far from 0.
///
/// With $P = (1 + q_1)(1 + q_2)$, $D = P - k^2$ and $A = \frac 14 + \frac 1{2\pi}\arcsin\frac k{\sqrt P}$,
///
/// $$F = k A + \frac{q_1 q_2 D + k^2}{2\pi P\sqrt D}, \qquad
///   \dot F = A + \frac{k}{2\pi P \sqrt D}\Big(3 + q_1 + q_2 + \frac{k^2}{D}\Big)$$
///
/// (from $E[\Phi(u)\Phi(v)]$ by Gaussian integration by parts; derived in docs/theory).
#[derive(Debug)]
pub(super) struct Gelu;

/// $1 - \arctan(x)/x$ for $0 \le x \le 1$ without cancellation.
fn arctangent_defect(x: f64) -> f64 {
    if x > 0.5 {
        return 1.0 - x.atan() / x;
    }
    // x²/3 − x⁴/5 + …, below 1e-17 relative after 26 terms at x = 1/2.
    let square = x * x;
    square * (1..27).rev().fold(0.0, |sum, n| 1.0 / f64::from(2 * n + 1) - square * sum)
}

/// $t - \sin t$ for $0 \le t \le \pi$ without cancellation.
fn sine_lag(t: f64) -> f64 {
    if t > 1.0 {
        return t - t.sin();
    }
    // t³/6 (1 − t²/20 (1 − t²/42 (…))), below 1e-17 relative after 9 factors at t = 1.
    let square = t * t;
    let nested = (2..11).rev().map(f64::from).fold(1.0, |sum, n| 1.0 - square / (2.0 * n * (2.0 * n + 1.0)) * sum);
    t * square / 6.0 * nested
}

impl Nonlinearity for Gelu {
    fn name(&self) -> String {
        "gelu".into()
    }

    fn value(&self, z: f64) -> f64 {
        z * distribution(z)
    }

    fn slope(&self, z: f64) -> f64 {
        distribution(z) + z * density(z)
    }

    fn jet(&self, z: f64) -> Jet {
        (Taylor::variable(z) * distribution_series(z)).jet()
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
        f64::INFINITY
    }

    /// `None` only where $P$ overflows.
    fn dual(&self, c: &Covariance) -> Option<Dual> {
        let p = (1.0 + c.q1()) * (1.0 + c.q2());
        if !p.is_finite() {
            return None;
        }
        let arcsine = Arcsine::new(c);
        let Arcsine { root, root0, area, tangent: y, .. } = arcsine;
        let d0 = root0 * root0;
        if y >= -1.0 {
            let value = c.k() * arcsine.orthant() + (c.q1() / p * c.q2() * root + c.k() / p * y) / TAU;
            return Some(Dual { value, slope: arcsine.orthant() + y * ((d0 + 2.0 + y * y) / p) / TAU });
        }
        // For large negative k the two terms cancel: with x = √D/|k| and S = 1 − arctan(x)/x the leading parts drop out.
        let s = arctangent_defect(-1.0 / y);
        let value = root / TAU * (s - d0 / p + y * y / p);
        let bracket = root * (root / p) - s + y * y * (area * (area / p) - (2.0 + y * y) / p);
        Some(Dual { value, slope: bracket / (-y * TAU) })
    }

    /// `None` only where $P$ overflows.
    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        let p = (1.0 + c.q1()) * (1.0 + c.q2());
        if !p.is_finite() {
            return None;
        }
        let arcsine = Arcsine::new(c);
        let Arcsine { root, root0, rise, area, tangent: y, tangent0: y0, difference } = arcsine;
        let angle = arcsine.gap();
        // Every term is positive for either sign of k.
        let slope = angle + difference / p * (root0 * root0 + 2.0 + y0 * y0 + y0 * y + y * y);
        let value = if c.k() < 0.0 {
            // F(k) is far below F(g) there.
            self.dual(&c.aligned())?.value - self.dual(c)?.value
        } else {
            // g A(g) − k A(k) = (g − k) A(g) + k (angle)/(2π); the sine of that angle is (g r − k r0)/P, and k times it
            // takes up the negative part of the difference of the algebraic terms.
            let h = c.g() * c.gap();
            let (k, part) = (c.k() / p, area / p);
            let algebraic = (k * root * h - part * rise * area) + part * area / root0 + k * y * rise / root0;
            (h * 1.0_f64.atan2(-y0) + c.k() * sine_lag(angle) + algebraic) / TAU
        };
        Some(Dual { value, slope: slope / TAU })
    }
}
