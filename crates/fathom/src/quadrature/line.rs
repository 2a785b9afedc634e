//! One-dimensional Gaussian expectations.

use std::sync::OnceLock;

use super::{Rule, gauss_legendre};
use crate::activation::Nonlinearity;

/// Where the weight $e^{-z^2/2}$ is cut off, for activations that grow at most like a low power.
const REACH: f64 = 14.0;
/// Where it is cut off at the latest; beyond, the weight leaves the range of `f64`.
const LONGEST_REACH: f64 = 38.0;
/// No panel is wider, so that each resolves $e^{-z^2/2}$ wherever the integrand moves its bulk.
const WIDEST_PANEL: f64 = 4.0;
/// The same for oscillating functions.
const FINE_PANEL: f64 = 0.5;
/// Nodes a panel.
const NODES: usize = 24;

/// The Gauss–Legendre rule of one panel.
pub(crate) fn panel_rule() -> &'static Rule {
    static RULE: OnceLock<Rule> = OnceLock::new();
    RULE.get_or_init(|| gauss_legendre(NODES))
}

/// A rule for $E[h(Z)]$ with $Z$ standard normal, where $h$ varies on the scale of an activation at variance `q`.
///
/// Composite Gauss–Legendre on $[-14, 14]$, or wider for exponential growth, with 24 nodes a panel. Panels end at 0 and at the breakpoints
/// $z_0/\sqrt q$ of the activation, and grow by a factor of two away from each of those points, starting from the
/// scale $\min(1, 1/\sqrt q)$ on which a saturating activation varies.
///
/// # Accuracy and cost
/// About $10^{-15}$ relative for the activations of the catalogue, $q$ from $10^{-12}$ to $10^{12}$. Some hundred to
/// some thousand evaluations.
///
/// # Example
/// ```
/// use fathom_ntk::{activation::Activation, quadrature::Line};
/// let tanh: Activation = "tanh".parse()?;
/// let second_moment = Line::new(&*tanh, 1.0).mean(|z| z * z);
/// assert!((second_moment - 1.0).abs() < 1e-14);
/// # Ok::<(), fathom_ntk::activation::ActivationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Line {
    rule: Rule,
}

/// Where $\phi(\sqrt q z)^2 e^{-z^2/2}$ has become negligible.
fn reach(activation: &dyn Nonlinearity, scale: f64) -> f64 {
    let size = |z: f64| {
        let (left, right) = (activation.value(-scale * z), activation.value(scale * z));
        left.abs().max(right.abs()) * (-0.25 * z * z).exp()
    };
    let mut largest = (0..REACH as u32).map(|z| size(f64::from(z))).fold(0.0, f64::max);
    let mut reach = REACH;
    while reach < LONGEST_REACH && size(reach) > 1e-10 * largest {
        largest = size(reach).max(largest);
        reach += 2.0;
    }
    reach
}

impl Line {
    /// The rule that suits `activation` at variance `q > 0`.
    pub fn new(activation: &dyn Nonlinearity, q: f64) -> Self {
        Self::for_pair(activation, q, q)
    }

    /// The rule for $\phi(\sqrt q Z)$ times functions that oscillate, up to some forty radians a unit of $Z$.
    pub(crate) fn fine(activation: &dyn Nonlinearity, q: f64) -> Self {
        Self::with_panels(activation, q, q, [FINE_PANEL; 2])
    }

    /// The rule for functions of $\phi(\sqrt{q_1} Z)$ and $\phi(\sqrt{q_2} Z)$ together: the breakpoints of both.
    pub(crate) fn for_pair(activation: &dyn Nonlinearity, q1: f64, q2: f64) -> Self {
        Self::with_panels(activation, q1, q2, [1.0, WIDEST_PANEL])
    }

    /// The same with panels of these widths at most, next to special points and elsewhere.
    fn with_panels(activation: &dyn Nonlinearity, q1: f64, q2: f64, [finest, widest]: [f64; 2]) -> Self {
        let scale = q1.max(q2).sqrt();
        let mut special: Vec<f64> = activation.breakpoints().iter().map(|b| b.at / scale).collect();
        if q1 != q2 && q1.min(q2) > 0.0 {
            special.extend(activation.breakpoints().iter().map(|b| b.at / q1.min(q2).sqrt()));
        }
        special.push(0.0);
        let reach = reach(activation, scale);
        special.retain(|z| z.abs() < reach);
        special.sort_by(f64::total_cmp);
        special.dedup();
        Self { rule: Self::composite(&special, (1.0 / scale).min(finest), reach, widest) }
    }

    fn composite(special: &[f64], finest: f64, reach: f64, widest: f64) -> Rule {
        let mut edges = vec![-reach, reach];
        edges.extend_from_slice(special);
        for (i, &point) in special.iter().enumerate() {
            // Halfway to the neighbours, the neighbour's own grading takes over.
            let left = if i == 0 { reach + point } else { 0.5 * (point - special[i - 1]) };
            let right = if i + 1 == special.len() { reach - point } else { 0.5 * (special[i + 1] - point) };
            for (limit, sign) in [(left, -1.0), (right, 1.0)] {
                let mut step = finest;
                while step < 0.75 * limit {
                    edges.push(point + sign * step);
                    step = (2.0 * step).min(step + widest);
                }
            }
        }
        edges.sort_by(f64::total_cmp);
        let base = panel_rule();
        let norm = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
        let (mut nodes, mut weights) = (Vec::new(), Vec::new());
        for pair in edges.windows(2) {
            let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
            for (x, w) in base.nodes.iter().zip(&base.weights) {
                let z = middle + half * x;
                nodes.push(z);
                weights.push(w * half * norm * (-0.5 * z * z).exp());
            }
        }
        Rule { nodes, weights }
    }

    /// The nodes $z_i$ and their weights, Gaussian density included.
    pub fn nodes(&self) -> (&[f64], &[f64]) {
        (&self.rule.nodes, &self.rule.weights)
    }

    /// $E[h(Z)]$.
    pub fn mean(&self, h: impl Fn(f64) -> f64) -> f64 {
        self.rule.nodes.iter().zip(&self.rule.weights).map(|(&z, w)| w * h(z)).sum()
    }

    /// $E[h(Z)]$ of several functions at once, from one pass over the nodes.
    pub fn means<const N: usize>(&self, h: impl Fn(f64) -> [f64; N]) -> [f64; N] {
        let mut sums = [0.0; N];
        for (&z, w) in self.rule.nodes.iter().zip(&self.rule.weights) {
            for (sum, value) in sums.iter_mut().zip(h(z)) {
                *sum += w * value;
            }
        }
        sums
    }
}
