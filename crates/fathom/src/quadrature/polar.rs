//! Two-dimensional Gaussian expectations by polar sectors.

use std::f64::consts::PI;
use std::sync::OnceLock;

use super::{Rule, gauss_legendre};
use crate::activation::Covariance;

/// Where the radial weight $r e^{-r^2/2}$ is cut off.
const REACH: f64 = 10.0;
const ANGULAR_NODES: usize = 28;
const RADIAL_NODES: usize = 52;

fn rules() -> &'static (Rule, Rule) {
    static RULES: OnceLock<(Rule, Rule)> = OnceLock::new();
    RULES.get_or_init(|| (gauss_legendre(ANGULAR_NODES), gauss_legendre(RADIAL_NODES)))
}

/// One node of a [`polar`] rule: the pair $(u, v)$ and the difference $u - v$ without cancellation.
#[derive(Clone, Copy, Debug)]
pub struct PolarPoint {
    /// First number.
    pub u: f64,
    /// Second number.
    pub v: f64,
    /// $u - v$, accurate even where both are nearly equal.
    pub difference: f64,
}

/// $E[h(u, v)]$ of several functions at once, for $(u, v)$ normal with the given covariance.
///
/// With $u = \sqrt{q_1}\, r \cos\psi$, $v = \sqrt{q_2}\, r\cos(\psi - \theta)$ the plane splits into four sectors in
/// which neither changes sign, so that a kink at 0 lies on their edges; two of them are the mirror images of the other
/// two. Each is integrated by Gauss–Legendre in angle and radius. Where $q$ is large, panels shrink towards the edges
/// and the origin with the scale $1/\sqrt q$ of a saturating activation.
///
/// # Arguments
/// * `covariance`: of $(u, v)$; both variances positive.
/// * `h`: the functions; called at every node and its mirror image.
///
/// # Accuracy and cost
/// About $10^{-14}$ relative for functions that are smooth but for kinks at 0; kinks elsewhere cost accuracy.
/// 5,824 calls for $q \le 2$, growing with $\log^2 q$.
///
/// # Example
/// ```
/// use fathom_ntk::{activation::Covariance, quadrature::polar};
/// let covariance = Covariance::new(1.0, 1.0, 0.5)?;
/// let [product, both] = polar(&covariance, |p| [p.u * p.v, f64::from(p.u > 0.0 && p.v > 0.0)]);
/// assert!((product - 0.5).abs() < 1e-14 && (both - 1.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), fathom_ntk::activation::CovarianceError>(())
/// ```
pub fn polar<const N: usize>(covariance: &Covariance, h: impl Fn(PolarPoint) -> [f64; N]) -> [f64; N] {
    let (s1, s2) = (covariance.q1().sqrt(), covariance.q2().sqrt());
    let shift = (covariance.q1() - covariance.q2()) / (s1 + s2);
    let (theta, eta) = (covariance.angle(), covariance.coangle());
    let scale = s1.max(s2).max(f64::MIN_POSITIVE).recip();
    let radial = panels(&radial_edges(scale), &rules().1);
    let mut sums = [0.0; N];
    let mut add = |weight: f64, p: PolarPoint| {
        let mirrored = PolarPoint { u: -p.u, v: -p.v, difference: -p.difference };
        for ((sum, x), y) in sums.iter_mut().zip(h(p)).zip(h(mirrored)) {
            *sum += weight * (x + y);
        }
    };
    // Opposite signs, t ∈ (0, θ): u ∝ sin t, v ∝ −sin(θ − t).
    for (t, angular_weight) in panels(&angular_edges(theta, scale), &rules().0) {
        let (x, y) = (s1 * t.sin(), s2 * (theta - t).sin());
        for &(r, w) in &radial {
            add(angular_weight * w, PolarPoint { u: r * x, v: -r * y, difference: r * (x + y) });
        }
    }
    // Equal signs, s ∈ (0, π − θ): u ∝ sin(π − θ − s), v ∝ sin s.
    let half_sine = (0.5 * theta).sin();
    for (s, angular_weight) in panels(&angular_edges(eta, scale), &rules().0) {
        let (a, b) = ((eta - s).sin(), s.sin());
        let difference = shift * a + 2.0 * s2 * half_sine * (0.5 * eta - s).sin();
        for &(r, w) in &radial {
            add(angular_weight * w, PolarPoint { u: r * s1 * a, v: r * s2 * b, difference: r * difference });
        }
    }
    sums
}

/// Nodes and weights of the composite rule; the radial measure is added by [`radial_edges`]' caller.
fn panels(edges: &Edges, base: &Rule) -> Vec<(f64, f64)> {
    let mut nodes = Vec::with_capacity((edges.points.len().max(1) - 1) * base.nodes.len());
    for pair in edges.points.windows(2) {
        let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
        for (x, w) in base.nodes.iter().zip(&base.weights) {
            let t = middle + half * x;
            let density = if edges.radial { t * (-0.5 * t * t).exp() / (2.0 * PI) } else { 1.0 };
            nodes.push((t, w * half * density));
        }
    }
    nodes
}

struct Edges {
    points: Vec<f64>,
    radial: bool,
}

fn radial_edges(scale: f64) -> Edges {
    let mut points = vec![0.0];
    let mut edge = 4.0 * scale;
    while edge < 0.6 * REACH {
        points.push(edge);
        edge *= 2.5;
    }
    points.push(REACH);
    Edges { points, radial: true }
}

fn angular_edges(length: f64, scale: f64) -> Edges {
    if length <= 0.0 {
        return Edges { points: Vec::new(), radial: false };
    }
    let mut inner = Vec::new();
    let mut edge = 1.2 * scale;
    while edge < 0.4 * length {
        inner.push(edge);
        edge *= 3.0;
    }
    let mut points = vec![0.0];
    points.extend(&inner);
    points.extend(inner.iter().rev().map(|e| length - e));
    points.push(length);
    Edges { points, radial: false }
}
