//! The piecewise linear family $a z + b|z|$: relu, leaky relu, abs.

use std::f64::consts::{FRAC_2_PI, TAU};

use super::{Breakpoint, Covariance, Dual, Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $\phi(z) = a z + b|z|$ under the name a user gave it.
///
/// $F = a^2 k + b^2 g \frac 2\pi (\sin\theta + (\pi/2 - \theta)\cos\theta)$, $\dot F = a^2 + b^2 (1 - 2\theta/\pi)$
/// (Cho & Saul 2009, degree 1, for $a = b = 1/2$).
#[derive(Debug)]
pub(super) struct PiecewiseLinear {
    name: String,
    /// φ′ for z < 0.
    left: f64,
    /// φ′ for z > 0.
    right: f64,
}

impl PiecewiseLinear {
    /// $\max(0, z)$.
    pub(super) fn relu() -> Self {
        Self { name: "relu".into(), left: 0.0, right: 1.0 }
    }

    /// $z$ for $z > 0$, `slope` · $z$ otherwise.
    pub(super) fn leaky_relu(slope: f64) -> Self {
        Self { name: format!("leaky-relu:{slope}"), left: slope, right: 1.0 }
    }

    /// $|z|$.
    pub(super) fn abs() -> Self {
        Self { name: "abs".into(), left: -1.0, right: 1.0 }
    }

    fn parts(&self) -> Homogeneous {
        Homogeneous { a: 0.5 * (self.right + self.left), b: 0.5 * (self.right - self.left) }
    }
}

/// $\sin t - t\cos t$ to full relative accuracy; $t^3/3$ at first order.
pub(crate) fn sine_defect(t: f64) -> f64 {
    if t >= 0.6 {
        return t.sin() - t * t.cos();
    }
    // Ratio of consecutive terms: −t² (n + 1) / (n (2n + 2) (2n + 3)).
    let square = t * t;
    let mut term = t * square / 3.0;
    let mut sum = term;
    for n in 1..12 {
        let n = f64::from(n);
        term *= -square * (n + 1.0) / (n * (2.0 * n + 2.0) * (2.0 * n + 3.0));
        sum += term;
    }
    sum
}

impl Nonlinearity for PiecewiseLinear {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn value(&self, z: f64) -> f64 {
        self.slope(z) * z
    }

    fn slope(&self, z: f64) -> f64 {
        if z > 0.0 { self.right } else { self.left }
    }

    fn jet(&self, z: f64) -> Jet {
        [self.value(z), self.slope(z), 0.0, 0.0, 0.0, 0.0, 0.0]
    }

    fn regularity(&self) -> Regularity {
        if self.left == self.right { Regularity::Smooth } else { Regularity::Kinked }
    }

    fn parity(&self) -> Parity {
        match (self.left == -self.right, self.left == self.right) {
            (_, true) => Parity::Odd,
            (true, false) => Parity::Even,
            _ => Parity::Neither,
        }
    }

    fn breakpoints(&self) -> Vec<Breakpoint> {
        if self.left == self.right {
            return Vec::new();
        }
        vec![Breakpoint { at: 0.0, order: 1, jump: self.right - self.left }]
    }

    fn homogeneous(&self) -> Option<Homogeneous> {
        Some(self.parts())
    }

    fn strip(&self) -> f64 {
        if self.left == self.right { f64::INFINITY } else { 0.0 }
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        // By quadrants, with η = π − θ, so that nothing cancels near θ = π: equal signs give g (sin η − η cos η)/(2π)
        // each, opposite signs −g (sin θ − θ cos θ)/(2π).
        let (theta, eta) = (c.angle(), c.coangle());
        let (equal, opposite) = (self.left * self.left + self.right * self.right, 2.0 * self.left * self.right);
        let value = c.g() * (equal * sine_defect(eta) - opposite * sine_defect(theta)) / TAU;
        Some(Dual { value, slope: (equal * eta + opposite * theta) / TAU })
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        // F(g) − F(k) = a² (g − k) + b² g H(θ) with H = 1 − cos θ − (2/π)(sin θ − θ cos θ), the gap of |z|, which is
        // the same at θ and π − θ and loses nothing at the smaller of them.
        let Homogeneous { a, b } = self.parts();
        let (theta, eta) = (c.angle(), c.coangle());
        let even = c.gap().min(c.cogap()) - FRAC_2_PI * sine_defect(theta.min(eta));
        let value = c.g() * (a * a * c.gap() + b * b * even);
        Some(Dual { value, slope: b * b * FRAC_2_PI * theta })
    }
}
