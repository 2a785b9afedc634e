//! Derivatives of any order by truncated Taylor series: an activation writes its formula once and gets all of them.

use std::array::from_fn;
use std::ops::{Add, Div, Mul, Sub};

/// Number of coefficients: orders 0 to 6.
const ORDERS: usize = 7;

/// $\phi(z), \phi'(z), \dots, \phi^{(6)}(z)$, by index.
pub type Jet = [f64; ORDERS];

/// A Taylor series in $h$, truncated after $h^6$: coefficient $j$ is $f^{(j)}(z)/j!$.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taylor([f64; ORDERS]);

impl Taylor {
    /// $z + h$.
    pub(crate) fn variable(z: f64) -> Self {
        let mut c = [0.0; ORDERS];
        c[0] = z;
        c[1] = 1.0;
        Self(c)
    }

    /// A number.
    pub(crate) fn constant(value: f64) -> Self {
        let mut c = [0.0; ORDERS];
        c[0] = value;
        Self(c)
    }

    /// The derivatives.
    pub(crate) fn jet(self) -> Jet {
        let mut factorial = 1.0;
        from_fn(|j| {
            if j > 0 {
                factorial *= j as f64;
            }
            self.0[j] * factorial
        })
    }

    /// `self` times a number.
    pub(crate) fn scale(self, factor: f64) -> Self {
        Self(self.0.map(|c| c * factor))
    }

    /// The series with value `start` whose derivative is `self` (the last coefficient of `self` is not used).
    pub(crate) fn integral(self, start: f64) -> Self {
        Self(from_fn(|j| if j == 0 { start } else { self.0[j - 1] / j as f64 }))
    }

    /// $e^f$, from $g' = f' g$.
    pub(crate) fn exp(self) -> Self {
        let mut g = [0.0; ORDERS];
        g[0] = self.0[0].exp();
        for j in 1..ORDERS {
            g[j] = (1..=j).map(|i| i as f64 * self.0[i] * g[j - i]).sum::<f64>() / j as f64;
        }
        Self(g)
    }

    /// The solution of $g' = f' \cdot p(g)$ with value `start`, where `p` is evaluated on partial series.
    ///
    /// Coefficient $j$ of $p(g)$ depends on coefficients up to $j$ of $g$ only, so the series is built one order a step.
    pub(crate) fn solve(self, start: f64, p: impl Fn(Self) -> Self) -> Self {
        let mut g = Self::constant(start);
        for j in 1..ORDERS {
            let rate = p(g);
            g.0[j] = (1..=j).map(|i| i as f64 * self.0[i] * rate.0[j - i]).sum::<f64>() / j as f64;
        }
        g
    }

    /// $(\sin f, \cos f)$.
    pub(crate) fn sin_cos(self) -> (Self, Self) {
        let (mut s, mut c) = ([0.0; ORDERS], [0.0; ORDERS]);
        (s[0], c[0]) = self.0[0].sin_cos();
        for j in 1..ORDERS {
            s[j] = (1..=j).map(|i| i as f64 * self.0[i] * c[j - i]).sum::<f64>() / j as f64;
            c[j] = -(1..=j).map(|i| i as f64 * self.0[i] * s[j - i]).sum::<f64>() / j as f64;
        }
        (Self(s), Self(c))
    }
}

impl Add for Taylor {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(from_fn(|j| self.0[j] + other.0[j]))
    }
}

impl Sub for Taylor {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(from_fn(|j| self.0[j] - other.0[j]))
    }
}

impl Mul for Taylor {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(from_fn(|j| (0..=j).map(|i| self.0[i] * other.0[j - i]).sum()))
    }
}

impl Div for Taylor {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let mut q = [0.0; ORDERS];
        for j in 0..ORDERS {
            let known: f64 = (0..j).map(|i| q[i] * other.0[j - i]).sum();
            q[j] = (self.0[j] - known) / other.0[0];
        }
        Self(q)
    }
}
