//! Two-dimensional Gaussian expectations of analytic activations, whether or not the covariance is singular.

use std::sync::OnceLock;

use super::{Rule, gauss_legendre};
use crate::activation::{Covariance, Jet, Nonlinearity};

/// Nodes a panel.
const NODES: usize = 16;
/// No panel is wider, in units of the standard normal variables.
const WIDEST_PANEL: f64 = 2.0;
/// No panel is wider, in units of the argument of φ, where φ keeps bending: four factors of sin turn 12 radians in it.
const WIDEST_BEND: f64 = 3.0;
/// The disc ends where a product of four factors, weight included, has fallen by $e^{-40}$.
const DECADES: f64 = 40.0;
/// The disc reaches at least this far: without growth, the weight has fallen by $e^{-40}$ there.
const LEAST_REACH: f64 = 9.0;
/// Beyond, the weight leaves the range of `f64`.
const LONGEST_REACH: f64 = 37.0;
/// Most panels on an axis where φ bends everywhere: 10 million nodes, a second.
const MOST_PANELS: f64 = 200.0;
/// At larger scales panels at zeros of the argument of φ would be too short beside the position of the zero.
const LARGEST_SCALE: f64 = 1e6;

fn rule() -> &'static Rule {
    static RULE: OnceLock<Rule> = OnceLock::new();
    RULE.get_or_init(|| gauss_legendre(NODES))
}

/// Calls `visit` with the weight and the jets of an analytic φ at $u$ and $v$, for every node of a rule for expectations
/// of products of up to four derivatives of φ over $(u, v)$ normal with the given covariance; `None` if the variances
/// are too large to be integrated.
///
/// With $u = \sqrt{q_1}\,x$ and $v = (k/\sqrt{q_1})\,x + \sqrt{q_2 - k^2/q_1}\;y$ for standard normal $x$, $y$ (the
/// larger variance comes first), $x$ and, for each $x$, $y$ run over composite Gauss–Legendre rules. Panels grow by a
/// factor of two away from the points where $u$ or $v$ is 0, from the distance of the nearest singularity of φ in the
/// complex plane. No covariance is inverted, so duplicated inputs and zero variances are nothing special.
///
/// # Accuracy and cost
/// About $10^{-13}$ relative for the analytic activations of the catalogue whose products do not overflow. 30,000 nodes
/// at unit variances (some milliseconds), growing like $\log^2 q$; like $q$ for functions that bend everywhere (sin).
pub(crate) fn plane(
    activation: &dyn Nonlinearity,
    covariance: &Covariance,
    mut visit: impl FnMut(f64, &Jet, &Jet),
) -> Option<()> {
    if covariance.q1() >= covariance.q2() {
        ordered(activation, [covariance.q1(), covariance.q2()], covariance, visit)
    } else {
        ordered(activation, [covariance.q2(), covariance.q1()], covariance, |w, u, v| visit(w, v, u))
    }
}

/// The same for variances in falling order.
fn ordered(
    activation: &dyn Nonlinearity,
    [q1, q2]: [f64; 2],
    covariance: &Covariance,
    mut visit: impl FnMut(f64, &Jet, &Jet),
) -> Option<()> {
    let (s1, s2) = (q1.sqrt(), q2.sqrt());
    // The correlation from the smaller of its two gaps, so that the part of v along u keeps its digits.
    let cosine = if covariance.gap() <= 1.0 { 1.0 - covariance.gap() } else { covariance.cogap() - 1.0 };
    let (along, across) = (s2 * cosine, s2 * (covariance.gap() * covariance.cogap()).sqrt());
    let reach = reach(activation, s1)?;
    let grading = Grading::new(activation);
    if s1 > LARGEST_SCALE || (grading.bends && reach * s1 > MOST_PANELS * 0.5 * WIDEST_BEND) {
        return None;
    }
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    grading.nodes(s1, 0.0, reach, &mut outer);
    for &(x, outer_weight) in &outer {
        let first = activation.jet(s1 * x);
        let centre = along * x;
        inner.clear();
        grading.nodes(across, centre, (reach * reach - x * x).max(0.0).sqrt(), &mut inner);
        for &(y, weight) in &inner {
            visit(outer_weight * weight, &first, &activation.jet(centre + across * y));
        }
    }
    Some(())
}

/// Radius beyond which products of four factors of φ or φ′ do not matter; `None` if the weight does not suppress them.
fn reach(activation: &dyn Nonlinearity, scale: f64) -> Option<f64> {
    let size = |r: f64| {
        let largest = [-r, r].map(|x| activation.value(scale * x).abs().max(activation.slope(scale * x).abs()));
        4.0 * largest[0].max(largest[1]).ln() - 0.5 * r * r
    };
    let mut peak = f64::NEG_INFINITY;
    let mut r = 0.0;
    while r <= LONGEST_REACH {
        let here = size(r);
        peak = peak.max(here);
        if r >= LEAST_REACH && here < peak - DECADES {
            return peak.is_finite().then_some(r);
        }
        r += 0.5;
    }
    None
}

/// How wide panels may be.
struct Grading {
    /// At a zero of the argument of φ, in its units.
    finest: f64,
    /// Whether φ bends at any distance from 0.
    bends: bool,
}

impl Grading {
    fn new(activation: &dyn Nonlinearity) -> Self {
        // arctan″ is 1e-5 there; odd distances, so that no oscillation hides in its zeros.
        let bends = [-65.3, -64.0, 64.0, 65.3].iter().any(|&z| {
            let bend = activation.jet(z)[2].abs();
            bend.is_nan() || bend > 1e-3
        });
        Self { finest: activation.strip().min(1.0), bends }
    }

    /// Nodes and weights, density included, for $x$ in $[-r, r]$ and functions of $o + s x$; one node if $s$ or $r$ is 0.
    fn nodes(&self, scale: f64, offset: f64, r: f64, nodes: &mut Vec<(f64, f64)>) {
        if scale == 0.0 || r == 0.0 {
            nodes.push((0.0, if scale == 0.0 { 1.0 } else { 0.0 }));
            return;
        }
        let norm = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
        let rule = rule();
        let (zero, finest) = (-offset / scale, self.finest / scale);
        let widest = if self.bends { WIDEST_PANEL.min(WIDEST_BEND / scale) } else { WIDEST_PANEL };
        let mut left = -r;
        while left < r {
            let distance = (zero - left).abs();
            let graded = if left < zero {
                // Half the way to the zero, all of it where that is short.
                if distance <= 1.5 * finest { distance } else { (0.5 * distance).max(finest) }
            } else {
                distance.max(finest)
            };
            let mut right = left + graded.min(widest);
            if r - right < 0.25 * (right - left) {
                right = r;
            }
            let (middle, half) = (0.5 * (left + right), 0.5 * (right - left));
            for (t, w) in rule.nodes.iter().zip(&rule.weights) {
                let x = middle + half * t;
                nodes.push((x, w * half * norm * (-0.5 * x * x).exp()));
            }
            left = right;
        }
    }
}
