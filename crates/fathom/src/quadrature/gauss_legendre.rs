//! Gauss–Legendre rules.

use std::f64::consts::PI;

/// Nodes and weights of a quadrature rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Where the integrand is evaluated.
    pub nodes: Vec<f64>,
    /// The weight of each node.
    pub weights: Vec<f64>,
}

/// The Gauss–Legendre rule with `n` nodes on $[-1, 1]$: exact for polynomials of degree $2n - 1$.
///
/// Nodes are roots of $P_n$, by Newton's method on the three-term recurrence from the usual cosine guess; weights are
/// $2 / ((1 - x^2) P_n'(x)^2)$. Accurate to about $10^{-15}$ for `n` up to several hundred. $O(n^2)$.
///
/// # Example
/// ```
/// let rule = fathom_ntk::quadrature::gauss_legendre(5);
/// let integral: f64 = rule.nodes.iter().zip(&rule.weights).map(|(x, w)| w * x.powi(8)).sum();
/// assert!((integral - 2.0 / 9.0).abs() < 1e-15);
/// ```
pub fn gauss_legendre(n: usize) -> Rule {
    let mut nodes = vec![0.0; n];
    let mut weights = vec![0.0; n];
    for i in 0..n.div_ceil(2) {
        let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        if 2 * i + 1 == n {
            x = 0.0;
        }
        let mut slope = 0.0;
        for _ in 0..8 {
            let (p, d) = legendre(n, x);
            slope = d;
            let step = p / d;
            x -= step;
            if step.abs() <= 1e-16 {
                break;
            }
        }
        nodes[i] = -x;
        nodes[n - 1 - i] = x;
        let weight = 2.0 / ((1.0 - x * x) * slope * slope);
        weights[i] = weight;
        weights[n - 1 - i] = weight;
    }
    Rule { nodes, weights }
}

/// $P_n(x)$ and $P_n'(x)$, for $|x| < 1$.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut p) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
    }
    if n == 0 {
        return (1.0, 0.0);
    }
    (p, n as f64 * (x * p - before) / (x * x - 1.0))
}
