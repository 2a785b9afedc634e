//! Expectations at a variance that has come to rest, tabulated over the angle.

use std::f64::consts::PI;
use std::sync::Arc;

use super::{Expectations, Side};
use crate::activation::{Covariance, Regularity};

/// Chebyshev nodes on $[0, \pi/2]$.
const NODES: usize = 48;
/// Half the interval.
const HALF: f64 = PI / 4.0;

/// $E[(\phi(u)-\phi(v))^2]$ and $E[(\phi'(u)-\phi'(v))^2]$ at equal variances as functions of the angle θ up to $\pi/2$.
///
/// The polar rule is analytic in θ, since kinks at 0 stay on the edges of its sectors. So are the two expectations divided
/// by what they vanish like ($\theta^2$, and θ where φ′ jumps, else $\theta^2$), and Chebyshev interpolation of the
/// quotients converges exponentially, relative accuracy at $\theta \to 0$ included.
#[derive(Clone, Debug)]
pub(super) struct Table {
    value: Vec<f64>,
    slope: Vec<f64>,
    kinked: bool,
}

impl Table {
    /// At the variance of `side`, by one polar rule a node. `None` where φ has breakpoints off 0, at which the expectations
    /// are not analytic in θ, and where the series has not converged (saturating activations at large variance).
    pub fn new(expectations: &Expectations, side: &Side) -> Option<Arc<Self>> {
        let activation = expectations.activation();
        if activation.breakpoints().iter().any(|b| b.at != 0.0) {
            return None;
        }
        let kinked = activation.regularity() == Regularity::Kinked;
        let q = side.variance();
        let (mut value, mut slope) = (Vec::with_capacity(NODES), Vec::with_capacity(NODES));
        for i in 0..NODES {
            let theta = HALF * (1.0 - node(i));
            let gap = 2.0 * (0.5 * theta).sin().powi(2);
            let m = expectations.pair(side, side, &Covariance::unchecked(q, q, gap, 2.0 - gap));
            value.push(m.value_gap_sq / (theta * theta));
            slope.push(m.slope_gap_sq / if kinked { theta } else { theta * theta });
        }
        let table = Self { value: coefficients(&value), slope: coefficients(&slope), kinked };
        (resolved(&table.value) && resolved(&table.slope)).then(|| Arc::new(table))
    }

    /// Both expectations at the angle θ of `covariance`; `None` for obtuse angles.
    pub fn at(&self, covariance: &Covariance) -> Option<(f64, f64)> {
        if covariance.gap() > 1.0 {
            return None;
        }
        let theta = covariance.angle();
        let x = 1.0 - theta / HALF;
        let square = theta * theta;
        let slope = clenshaw(&self.slope, x) * if self.kinked { theta } else { square };
        Some((clenshaw(&self.value, x) * square, slope))
    }
}

/// The Chebyshev node $\cos((i + \frac12)\pi/N)$.
fn node(i: usize) -> f64 {
    ((i as f64 + 0.5) * PI / NODES as f64).cos()
}

/// Coefficients of the interpolant through values at the nodes.
fn coefficients(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    (0..values.len())
        .map(|k| {
            let sum: f64 =
                values.iter().enumerate().map(|(i, v)| v * (k as f64 * (i as f64 + 0.5) * PI / n).cos()).sum();
            sum * if k == 0 { 1.0 } else { 2.0 } / n
        })
        .collect()
}

/// Whether the last coefficients are rounding.
fn resolved(c: &[f64]) -> bool {
    let largest = |part: &[f64]| part.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    largest(&c[c.len() - 4..]) <= 1e-14 * largest(c)
}

/// $\sum_k c_k T_k(x)$.
fn clenshaw(c: &[f64], x: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &ck in c.iter().skip(1).rev() {
        (b1, b2) = (2.0 * x * b1 - b2 + ck, b1);
    }
    x * b1 - b2 + c.first().copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the polar rule itself between the nodes, down to angles far below the first node.
    #[test]
    fn the_table_agrees_with_the_polar_rule() {
        for (name, q) in [("elu", 1.3), ("selu", 0.8), ("softsign", 2.5), ("elu:0.5", 4.0)] {
            let expectations = Expectations::new(&name.parse().unwrap());
            let side = expectations.side(q);
            let table = Table::new(&expectations, &side).unwrap_or_else(|| panic!("{name} {q}"));
            for gap in [1e-24, 1e-12, 1e-7, 3e-3, 0.21, 0.77, 1.0] {
                let covariance = Covariance::unchecked(q, q, gap, 2.0 - gap);
                let m = expectations.pair(&side, &side, &covariance);
                let (value, slope) = table.at(&covariance).unwrap();
                // Rounding of the polar sums, and of θ² and the interpolant: some ten ε each; differences of slopes by
                // Taylor series at tiny angles, 1e-13.
                assert!((value / m.value_gap_sq - 1.0).abs() < 1e-13, "{name} {gap} {value} {}", m.value_gap_sq);
                assert!((slope / m.slope_gap_sq - 1.0).abs() < 1e-12, "{name} {gap} {slope} {}", m.slope_gap_sq);
            }
        }
    }
}
