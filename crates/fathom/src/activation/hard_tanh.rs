//! The piecewise linear sigmoid.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, PI};

use super::{Breakpoint, Covariance, Dual, Jet, Nonlinearity, Parity, Regularity};
use crate::quadrature::panel_rule;

/// $z$ clamped to $[-1, 1]$: odd, kinked at ±1.
///
/// $\dot F$ is the probability of the rectangle $|u|, |v| \le 1$. With $a = 1/\sqrt{q_1}$, $b = 1/\sqrt{q_2}$ its derivative in
/// the correlation is twice the difference of the densities at $(a, b)$ and $(a, -b)$ (Plackett 1954), so that in the
/// angle, $e = \mathrm{erf}(a/\sqrt 2)\,\mathrm{erf}(b/\sqrt 2)$ being the rectangle at $\theta = \pi/2$,
///
/// $$\dot F = e + \frac 1\pi\int_\theta^{\pi/2} W\,d\varphi, \quad
///   F = g \cos\theta\, e + \frac g\pi\int_\theta^{\pi/2} (\cos\theta - \cos\varphi)\, W\, d\varphi, \quad
///   W = e^{-\frac{(a - b)^2}{2\sin^2\varphi} - \frac{ab}{1 + \cos\varphi}}
///       \Big(1 - e^{-\frac{2ab\cos\varphi}{\sin^2\varphi}}\Big)$$
///
/// (the second by parts from $F = \int_0^k \dot F\,dk$). Everything is positive for $k \ge 0$; $F$ is odd in $k$.
#[derive(Debug)]
pub(super) struct HardTanh;

/// What $W$ is made of.
struct Window {
    /// $ab$.
    product: f64,
    /// $(a - b)^2/2$.
    offset: f64,
    /// Below this angle $W$ is smooth (if $a = b$) or below $e^{-240}$.
    floor: f64,
    /// $e$.
    independent: f64,
}

impl Window {
    /// For two positive variances.
    fn new(c: &Covariance) -> Self {
        let (a, b) = (1.0 / c.q1().sqrt(), 1.0 / c.q2().sqrt());
        let product = a * b;
        let offset = product * product * c.half_square_offset();
        // e^{−2ab/φ²} and e^{−(a − b)²/(2φ²)} are below e^{−240} there.
        let floor = if offset == 0.0 { (product / 120.0).sqrt() } else { (offset / 240.0).sqrt() };
        let independent = libm::erf(a * FRAC_1_SQRT_2) * libm::erf(b * FRAC_1_SQRT_2);
        Self { product, offset, floor, independent }
    }

    fn weight(&self, angle: f64) -> f64 {
        let (sin, cos) = angle.sin_cos();
        let square = sin * sin;
        let exponent = -self.offset / square - self.product / (1.0 + cos);
        -exponent.exp() * (-2.0 * self.product * cos / square).exp_m1()
    }

    /// $\frac 1\pi\int_{from}^{to} W\,d\varphi$ and $\frac 1\pi\int_{from}^{to} h\,W\,d\varphi$.
    ///
    /// $W$ varies on the scale of φ itself, hence panels that double in length away from 0.
    fn integrals(&self, from: f64, to: f64, h: impl Fn(f64) -> f64) -> [f64; 2] {
        let mut sums = [0.0; 2];
        // e^{−ab/2} bounds W.
        if self.product > 1500.0 {
            return sums;
        }
        let rule = panel_rule();
        let mut high = to;
        while high > from {
            let low = if 0.5 * high > from.max(self.floor) { 0.5 * high } else { from };
            let (middle, half) = (0.5 * (high + low), 0.5 * (high - low));
            for (x, w) in rule.nodes.iter().zip(&rule.weights) {
                let angle = middle + half * x;
                let part = w * half / PI * self.weight(angle);
                sums[0] += part;
                sums[1] += part * h(angle);
            }
            high = low;
        }
        sums
    }
}

/// $\cos\theta - \cos\varphi$.
fn cosine_difference(angle: f64, larger: f64) -> f64 {
    2.0 * (0.5 * (larger + angle)).sin() * (0.5 * (larger - angle)).sin()
}

/// The dual for $k \ge 0$ and two positive variances.
fn dual(c: &Covariance) -> Dual {
    let (window, angle) = (Window::new(c), c.angle());
    let [plain, weighted] = window.integrals(angle, FRAC_PI_2, |larger| cosine_difference(angle, larger));
    Dual { value: c.k() * window.independent + c.g() * weighted, slope: window.independent + plain }
}

/// The gap for $k \ge 0$ and two positive variances: by parts from the other end,
/// $F(g) - F(k) = (g - k)\dot F(k) + \frac g\pi\int_0^\theta (1 - \cos\varphi) W\,d\varphi$.
fn dual_gap(c: &Covariance) -> Dual {
    let (window, angle) = (Window::new(c), c.angle());
    let [below, weighted] = window.integrals(0.0, angle, |smaller| cosine_difference(0.0, smaller));
    let [above, _] = window.integrals(angle, FRAC_PI_2, |_| 0.0);
    Dual { value: c.g() * (c.gap() * (window.independent + above) + weighted), slope: below }
}

impl Nonlinearity for HardTanh {
    fn name(&self) -> String {
        "hard-tanh".into()
    }

    fn value(&self, z: f64) -> f64 {
        z.clamp(-1.0, 1.0)
    }

    fn slope(&self, z: f64) -> f64 {
        if z > -1.0 && z <= 1.0 { 1.0 } else { 0.0 }
    }

    fn jet(&self, z: f64) -> Jet {
        [self.value(z), self.slope(z), 0.0, 0.0, 0.0, 0.0, 0.0]
    }

    fn regularity(&self) -> Regularity {
        Regularity::Kinked
    }

    fn parity(&self) -> Parity {
        Parity::Odd
    }

    fn breakpoints(&self) -> Vec<Breakpoint> {
        vec![Breakpoint { at: -1.0, order: 1, jump: 1.0 }, Breakpoint { at: 1.0, order: 1, jump: -1.0 }]
    }

    fn strip(&self) -> f64 {
        0.0
    }

    /// One-dimensional integrals of some ten panels of 24 nodes.
    fn dual(&self, c: &Covariance) -> Option<Dual> {
        if c.g() == 0.0 {
            let larger = c.q1().max(c.q2());
            let slope = if larger > 0.0 { libm::erf(FRAC_1_SQRT_2 / larger.sqrt()) } else { 1.0 };
            return Some(Dual { value: 0.0, slope });
        }
        if c.k() >= 0.0 {
            return Some(dual(c));
        }
        let Dual { value, slope } = dual(&c.reflected());
        Some(Dual { value: -value, slope })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        if c.g() == 0.0 {
            return Some(Dual { value: 0.0, slope: 0.0 });
        }
        if c.k() >= 0.0 {
            return Some(dual_gap(c));
        }
        let reflected = c.reflected();
        let value = dual(&c.aligned()).value + dual(&reflected).value;
        Some(Dual { value, slope: dual_gap(&reflected).slope })
    }
}
