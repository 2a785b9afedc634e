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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;

    /// Products that the corrections in 1 / width average, among them the highest derivatives and powers.
    fn products(u: &Jet, v: &Jet) -> [f64; 7] {
        [
            u[0] * v[0],
            u[1] * v[1],
            u[5] * v[1],
            u[3] * v[3],
            u[0] * u[0] * v[0] * v[0],
            u[3] * v[1] * u[1] * v[1],
            u[2] * v[2] * u[1] * v[1],
        ]
    }

    /// The averages, and those of the absolute values: their size.
    fn by_plane(activation: &Activation, covariance: &Covariance) -> [[f64; 7]; 2] {
        let mut sums = [[0.0; 7]; 2];
        let done = plane(&**activation, covariance, |w, u, v| {
            for (i, product) in products(u, v).into_iter().enumerate() {
                sums[0][i] += w * product;
                sums[1][i] += w * product.abs();
            }
        });
        assert!(done.is_some(), "{activation}");
        sums
    }

    /// The trapezoid rule in two independent standard normal variables, whose error is exponentially small in 1 / step.
    fn by_trapezoid(activation: &Activation, covariance: &Covariance, step: f64, reach: f64) -> [f64; 7] {
        let (s1, s2) = (covariance.q1().sqrt(), covariance.q2().sqrt());
        let cosine = covariance.k() / (s1 * s2);
        let sine = (1.0 - cosine * cosine).sqrt();
        let count = (reach / step).ceil() as i32;
        let mut sums = [0.0; 7];
        for i in -count..=count {
            let x = step * f64::from(i);
            let u = activation.jet(s1 * x);
            for j in -count..=count {
                let y = step * f64::from(j);
                let weight = step * step / (2.0 * std::f64::consts::PI) * (-0.5 * (x * x + y * y)).exp();
                for (sum, product) in sums.iter_mut().zip(products(&u, &activation.jet(s2 * (cosine * x + sine * y)))) {
                    *sum += weight * product;
                }
            }
        }
        sums
    }

    /// exp at variance 10 has the bulk of its fourth power at 13 standard deviations, polynomials of degree 12 at 7; the
    /// steps resolve poles at 1/√10 of the tenth order. 1e-12 of the size leaves room for 2·10⁵ roundings.
    #[test]
    fn every_analytic_activation_is_integrated_at_small_and_large_variances() {
        for name in [
            "tanh",
            "erf",
            "sigmoid",
            "probit",
            "arctan",
            "gelu",
            "silu",
            "mish",
            "softplus",
            "sin",
            "cos",
            "gaussian",
            "exp",
            "polynomial:0.5,1,-0.3,0.2,0,0.1,0,0.01",
        ] {
            let activation: Activation = name.parse().unwrap();
            for (q1, q2, k, step) in [(0.01, 0.04, 0.005, 0.3), (1.0, 0.6, -0.5, 0.12), (10.0, 7.0, 8.2, 0.045)] {
                let covariance = Covariance::new(q1, q2, k).unwrap();
                let [means, sizes] = by_plane(&activation, &covariance);
                let reach = if name == "exp" && q1 > 1.0 { 22.0 } else { 11.0 };
                let expected = by_trapezoid(&activation, &covariance, step, reach);
                for i in 0..7 {
                    let error = (means[i] - expected[i]).abs();
                    assert!(
                        error <= 1e-12 * sizes[i],
                        "{name} at {q1}: product {i}, {} {}: {error:e}",
                        means[i],
                        expected[i]
                    );
                }
            }
        }
    }

    /// Closed forms of $E\phi\phi$ and $E\phi'\phi'$ where no trapezoid reaches: at large variances and next to ±1.
    #[test]
    fn closed_forms_are_reproduced_at_extreme_covariances() {
        for name in ["erf", "gelu", "probit", "sin"] {
            let activation: Activation = name.parse().unwrap();
            let largest = if name == "sin" { 30.0 } else { 1e6 };
            for (q1, q2, gap) in
                [(1e-6, 1.0, 0.4), (largest, 2.0, 0.7), (largest, largest, 1e-7), (3.0, 1.0, 2.0 - 1e-9)]
            {
                let covariance = Covariance::from_gap(q1, q2, gap).unwrap();
                let dual = activation.dual(&covariance).unwrap();
                let [means, sizes] = by_plane(&activation, &covariance);
                for (i, expected) in [dual.value, dual.slope].into_iter().enumerate() {
                    let error = (means[i] - expected).abs() / sizes[i];
                    assert!(error < 1e-12, "{name} at {q1}, {q2}, {gap}: {} {expected}: {error:e}", means[i]);
                }
            }
        }
    }

    #[test]
    fn degenerate_covariances_are_nothing_special() {
        let tanh: Activation = "tanh".parse().unwrap();
        let [duplicates, _] = by_plane(&tanh, &Covariance::from_gap(1.0, 1.0, 0.0).unwrap());
        let square = crate::quadrature::Line::new(&*tanh, 1.0).mean(|z| z.tanh().powi(2));
        assert!((duplicates[0] - square).abs() < 1e-14);
        let cos: Activation = "cos".parse().unwrap();
        let [with_zero, _] = by_plane(&cos, &Covariance::new(0.0, 1.0, 0.0).unwrap());
        // E[cos(0) cos(Z)] = e^{-1/2}.
        assert!((with_zero[0] - (-0.5_f64).exp()).abs() < 1e-14);
    }

    #[test]
    fn variances_out_of_reach_are_refused() {
        for (name, q) in [("exp", 1e3), ("sin", 1e6), ("tanh", 1e13)] {
            let activation: Activation = name.parse().unwrap();
            let covariance = Covariance::new(q, q, 0.0).unwrap();
            assert!(plane(&*activation, &covariance, |_, _, _| ()).is_none(), "{name}");
        }
    }
}
