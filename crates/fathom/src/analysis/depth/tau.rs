//! The depth that a residual network counts: $\tau_L = 1 + \sum_{l=2}^L \rho_l$.

use crate::quadrature::gauss_legendre;

/// Terms that are summed; beyond, the sum is an integral from one half integer to the other to $10^{-12}$.
const SUMMED: usize = 1 << 16;
/// Nodes of the integral for a factor e.
const NODES: usize = 16;

/// $\tau_L$ of a network, by depth.
#[derive(Clone, Debug)]
pub(super) enum Tau {
    /// $\tau_L = L$: fully connected.
    Depth,
    /// $\tau_L = 1 + \rho(L - 1)$.
    Constant(f64),
    /// $\rho_l = a l^{-p}/(1 + a l^{-p})$.
    Power { a: f64, p: f64, sums: Vec<f64> },
}

impl Tau {
    /// Of branches that add $a l^{-p}$ of the variance.
    pub fn power(a: f64, p: f64) -> Self {
        let mut tau = 0.0;
        let sums = (1..=SUMMED).map(|l| {
            tau += if l == 1 { 1.0 } else { share(a, p, l as f64) };
            tau
        });
        Self::Power { a, p, sums: sums.collect() }
    }

    /// $\tau_L$.
    pub fn at(&self, depth: f64) -> f64 {
        match self {
            Self::Depth => depth,
            Self::Constant(rho) => 1.0 + rho * (depth - 1.0),
            Self::Power { a, p, sums } => {
                if depth <= SUMMED as f64 {
                    return sums.get((depth.round() as usize).max(1) - 1).copied().unwrap_or(f64::NAN);
                }
                let summed = sums.last().copied().unwrap_or(f64::NAN);
                summed + integral(*a, *p, (SUMMED as f64 + 0.5).ln(), (depth + 0.5).ln())
            }
        }
    }
}

fn share(a: f64, p: f64, l: f64) -> f64 {
    let branch = a * l.powf(-p);
    branch / (1.0 + branch)
}

/// $\int \rho(x)\,dx$ over $\ln x$ from `from` to `to`.
fn integral(a: f64, p: f64, from: f64, to: f64) -> f64 {
    let panels = (to - from).ceil().max(1.0);
    let rule = gauss_legendre(NODES);
    let half = 0.5 * (to - from) / panels;
    let panel = |i: f64| {
        let middle = from + (2.0 * i + 1.0) * half;
        let at = |x: f64| {
            let l = (middle + half * x).exp();
            l * share(a, p, l)
        };
        half * rule.nodes.iter().zip(&rule.weights).map(|(x, w)| w * at(*x)).sum::<f64>()
    };
    (0..panels as u64).map(|i| panel(i as f64)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// $1 + \sum_{l=2}^L a/(l + a)$ is a difference of digamma functions; for a = 1 of harmonic numbers,
    /// $\tau_L = 1 + H_{L+1} - H_2$, and $H_n = \ln n + \gamma + 1/(2n) - 1/(12 n^2) + \dots$.
    #[test]
    fn sums_of_reciprocals_are_harmonic_numbers_at_every_depth() {
        let tau = Tau::power(1.0, 1.0);
        let harmonic = |n: f64| n.ln() + 0.577_215_664_901_532_9 + 0.5 / n - 1.0 / (12.0 * n * n);
        for depth in [1000.0, 65_536.0, 65_537.0, 1e6, 1e12] {
            let exact = harmonic(depth + 1.0) - 0.5;
            // 65536 roundings of numbers near 12, and the rule of midpoints from there on.
            assert!((tau.at(depth) - exact).abs() < 3e-11, "{depth}: {} against {exact}", tau.at(depth));
        }
        assert_eq!(tau.at(2.0), 1.0 + 1.0 / 3.0);
    }
}
