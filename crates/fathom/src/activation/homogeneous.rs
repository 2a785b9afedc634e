//! The function $a z + b|z|$ and its duals.

use std::f64::consts::{FRAC_2_PI, PI};

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
        let (theta, eta) = (c.angle(), c.coangle());
        let (left, right) = (a - b, a + b);
        // By quadrants, so that no term cancels near θ = π: u and v of equal sign contribute
        // g (sin θ + η cos θ)/(2π) each way, of opposite sign −g (sin θ − θ cos θ)/(2π), with η = π − θ.
        let same = if eta < 0.6 { sine_defect(eta) } else { theta.sin() + eta * theta.cos() };
        let opposite = sine_defect(theta);
        let value = c.g() * ((left * left + right * right) * same - 2.0 * left * right * opposite) / (2.0 * PI);
        let slope = if a == b { right * right * eta / (2.0 * PI) } else { a * a + b * b * (1.0 - FRAC_2_PI * theta) };
        Dual { value, slope }
    }

    /// $F(g) - F(k) = g [(a^2 + b^2)(1 - c) - \frac{2 b^2}\pi (\sin\theta - \theta\cos\theta)]$ and
    /// $\dot F(g) - \dot F(k) = 2 b^2 \theta/\pi$.
    pub fn dual_gap(self, c: &Covariance) -> Dual {
        let theta = c.angle();
        let b_sq = self.b * self.b;
        let value = c.g() * (self.mean_square() * c.gap() - b_sq * FRAC_2_PI * sine_defect(theta));
        Dual { value: value.max(0.0), slope: b_sq * FRAC_2_PI * theta }
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
