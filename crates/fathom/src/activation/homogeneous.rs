//! The function $a z + b|z|$ and its duals.

use std::f64::consts::{FRAC_2_PI, TAU};

use pulp::{Arch, NullaryFnOnce};

use super::{Covariance, Dual};

/// A function of the form $a z + b |z|$.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Homogeneous {
    /// Slope of the odd part.
    pub a: f64,
    /// Slope of the even part.
    pub b: f64,
}

impl Homogeneous {
    /// $\max(0, z)$.
    pub const RELU: Self = Self { a: 0.5, b: 0.5 };
    /// The identity.
    pub const IDENTITY: Self = Self { a: 1.0, b: 0.0 };

    /// $\phi$ and $\phi'$ (from the left at 0) of every entry of `z`.
    pub(super) fn values_and_slopes(self, z: &[f64], values: &mut [f64], slopes: &mut [f64]) {
        Arch::new().dispatch(Evaluate { right: self.a + self.b, left: self.a - self.b, z, values, slopes });
    }

    /// $E[\phi(Z)^2] = a^2 + b^2$ for a standard normal $Z$.
    pub fn mean_square(self) -> f64 {
        self.a * self.a + self.b * self.b
    }

    /// $F = a^2 k + b^2 g \frac 2\pi (\sin\theta + (\pi/2 - \theta)\cos\theta)$,
    /// $\dot F = a^2 + b^2 (1 - 2\theta/\pi)$ (Cho & Saul 2009, degree 1, for $a = b = 1/2$).
    pub fn dual(self, c: &Covariance) -> Dual {
        let Self { a, b } = self;
        if b == 0.0 {
            return Dual { value: a * a * c.k(), slope: a * a };
        }
        // By quadrants, with η = π − θ, so that nothing cancels near θ = π: equal signs give g (sin η − η cos η)/(2π)
        // each, opposite signs −g (sin θ − θ cos θ)/(2π).
        let (left, right) = (a - b, a + b);
        let (theta, eta) = (c.angle(), c.coangle());
        let (equal, opposite) = (left * left + right * right, 2.0 * left * right);
        let value = c.g() * (equal * sine_defect(eta) - opposite * sine_defect(theta)) / TAU;
        Dual { value, slope: (equal * eta + opposite * theta) / TAU }
    }

    /// $F(g) - F(k) = g [(a^2 + b^2)(1 - c) - \frac{2 b^2}\pi (\sin\theta - \theta\cos\theta)]$ and
    /// $\dot F(g) - \dot F(k) = 2 b^2 \theta/\pi$.
    pub fn dual_gap(self, c: &Covariance) -> Dual {
        let Self { a, b } = self;
        // The gap of |z|, 1 − cos θ − (2/π)(sin θ − θ cos θ), is the same at θ and π − θ and loses nothing at the
        // smaller of them.
        let (theta, eta) = (c.angle(), c.coangle());
        let even = c.gap().min(c.cogap()) - FRAC_2_PI * sine_defect(theta.min(eta));
        Dual { value: c.g() * (a * a * c.gap() + b * b * even), slope: b * b * FRAC_2_PI * theta }
    }
}

struct Evaluate<'a> {
    right: f64,
    left: f64,
    z: &'a [f64],
    values: &'a mut [f64],
    slopes: &'a mut [f64],
}

impl NullaryFnOnce for Evaluate<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for ((z, value), slope) in self.z.iter().zip(self.values).zip(self.slopes) {
            *slope = if *z > 0.0 { self.right } else { self.left };
            *value = *slope * z;
        }
    }
}

/// $\sin t - t\cos t$ to full relative accuracy; $t^3/3$ at first order.
fn sine_defect(t: f64) -> f64 {
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
