//! The piecewise linear family $a z + b|z|$: relu, leaky relu, abs.

use super::{Breakpoint, Covariance, Dual, Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $\phi(z) = a z + b|z|$ under the name a user gave it.
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
        Some(self.parts().dual(c))
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        Some(self.parts().dual_gap(c))
    }
}
