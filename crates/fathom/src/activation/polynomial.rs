//! Polynomials.

use super::jet::Taylor;
use super::{Covariance, Dual, Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $\sum_i p_i z^i$: smooth.
///
/// Expanding in Hermite polynomials of variance $q$,
///
/// $$F = \sum_n n!\, b_n(q_1) b_n(q_2) k^n, \qquad b_n(q) = \frac{E[\phi^{(n)}(\sqrt q Z)]}{n!}
///     = \sum_j p_{n+2j} \frac{(n + 2j)!}{n!\, j!} \Big(\frac q2\Big)^j$$
///
/// (Mehler's formula), and $\dot F$ is its derivative in $k$. All terms are non-negative for $q_1 = q_2$, $k \ge 0$.
#[derive(Debug)]
pub(super) struct Polynomial {
    /// $p_0, p_1, \dots$; at least two, the last one not zero.
    coefficients: Vec<f64>,
}

/// Largest degree offered.
pub(super) const MAX_DEGREE: usize = 12;

impl Polynomial {
    /// `None` for a constant, which passes no signal on, and for degrees above [`MAX_DEGREE`].
    pub(super) fn new(coefficients: &[f64]) -> Option<Self> {
        let degree = coefficients.iter().rposition(|&p| p != 0.0)?;
        (1..=MAX_DEGREE).contains(&degree).then(|| Self { coefficients: coefficients[..=degree].to_vec() })
    }

    fn has(&self, remainder: usize) -> bool {
        self.coefficients.iter().skip(remainder).step_by(2).any(|&p| p != 0.0)
    }

    /// $b_n(q)$.
    fn hermite(&self, n: usize, q: f64) -> f64 {
        let (mut sum, mut factor) = (0.0, 1.0);
        for (j, m) in (n..self.coefficients.len()).step_by(2).enumerate() {
            if j > 0 {
                factor *= (m * (m - 1)) as f64 * 0.5 * q / j as f64;
            }
            // A power of q that overflowed must not meet a coefficient that is absent.
            if self.coefficients[m] != 0.0 {
                sum += self.coefficients[m] * factor;
            }
        }
        sum
    }

    /// $\sum_n n!\, b_n(q_1) b_n(q_2) g^n t_n$ and its counterpart for $\dot F$, $t_n$ being a function of the correlation.
    ///
    /// `None` where two infinities of opposite sign meet.
    fn series(&self, c: &Covariance, t: impl Fn(usize) -> f64) -> Option<Dual> {
        // 0 · ∞ is 0 here: a factor of 0 is exact.
        let times = |x: f64, y: f64| if x == 0.0 || y == 0.0 { 0.0 } else { x * y };
        let (mut value, mut slope) = (0.0, 0.0);
        // n! g^n, and n · n! g^(n−1).
        let (mut weight, mut slope_weight) = (1.0, 0.0);
        for n in 0..self.coefficients.len() {
            if n > 0 {
                slope_weight = (n * n) as f64 * weight;
                weight *= n as f64 * c.g();
            }
            let product = times(self.hermite(n, c.q1()), self.hermite(n, c.q2()));
            value += times(times(product, weight), t(n));
            if n > 0 {
                slope += times(times(product, slope_weight), t(n - 1));
            }
        }
        (!value.is_nan() && !slope.is_nan()).then_some(Dual { value, slope })
    }
}

/// $c^n$.
fn power(c: &Covariance, n: usize) -> f64 {
    let correlation = if c.gap() <= 1.0 { 1.0 - c.gap() } else { c.cogap() - 1.0 };
    correlation.powi(n as i32)
}

/// $1 - c^n$ without cancellation near $c = \pm 1$.
fn power_gap(c: &Covariance, n: usize) -> f64 {
    let small = c.gap().min(c.cogap());
    let even = -(n as f64 * (-small).ln_1p()).exp_m1();
    if n == 0 {
        0.0
    } else if c.gap() <= 1.0 || n.is_multiple_of(2) {
        even
    } else {
        2.0 - even
    }
}

impl Nonlinearity for Polynomial {
    fn name(&self) -> String {
        let list: Vec<_> = self.coefficients.iter().map(f64::to_string).collect();
        format!("polynomial:{}", list.join(","))
    }

    fn value(&self, z: f64) -> f64 {
        self.coefficients.iter().rev().fold(0.0, |sum, p| sum * z + p)
    }

    fn slope(&self, z: f64) -> f64 {
        let terms = self.coefficients.iter().enumerate().skip(1).rev();
        terms.fold(0.0, |sum, (i, p)| sum * z + i as f64 * p)
    }

    fn jet(&self, z: f64) -> Jet {
        let t = Taylor::variable(z);
        self.coefficients.iter().rev().fold(Taylor::constant(0.0), |sum, &p| sum * t + Taylor::constant(p)).jet()
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        match (self.has(0), self.has(1)) {
            (false, _) => Parity::Odd,
            (_, false) => Parity::Even,
            _ => Parity::Neither,
        }
    }

    fn homogeneous(&self) -> Option<Homogeneous> {
        self.asymptote().filter(|_| self.coefficients[0] == 0.0)
    }

    fn asymptote(&self) -> Option<Homogeneous> {
        (self.coefficients.len() == 2).then(|| Homogeneous { a: self.coefficients[1], b: 0.0 })
    }

    fn strip(&self) -> f64 {
        f64::INFINITY
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        self.series(c, |n| power(c, n))
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        self.series(c, |n| power_gap(c, n))
    }
}
