//! Closed-form duals against quadrature, derivatives, expansions and inequalities.

use std::f64::consts::{FRAC_PI_2, PI};

use fathom_ntk::activation::{Activation, Covariance, Dual, Nonlinearity};
use fathom_ntk::quadrature::gauss_legendre;

use super::samples;

/// $(q_1, q_2, c)$ where everything is well conditioned.
const TAME: [(f64, f64, f64); 8] = [
    (1.0, 1.0, 0.0),
    (1.0, 1.0, 0.9),
    (1.0, 1.0, -0.9),
    (0.7, 1.9, 0.52),
    (0.1, 2.0, -0.3),
    (2.0, 0.3, 0.97),
    (0.5, 0.5, 0.2),
    (1.5, 1.5, 1.0),
];

fn covariance((q1, q2, c): (f64, f64, f64)) -> Covariance {
    Covariance::new(q1, q2, c * (q1 * q2).sqrt()).unwrap()
}

/// $\int_a^b h$ by Gauss–Legendre.
fn integral(a: f64, b: f64, nodes: &[(f64, f64)], mut h: impl FnMut(f64) -> f64) -> f64 {
    let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
    half * nodes.iter().map(|(x, w)| w * h(middle + half * x)).sum::<f64>()
}

fn rule(n: usize) -> Vec<(f64, f64)> {
    let rule = gauss_legendre(n);
    rule.nodes.into_iter().zip(rule.weights).collect()
}

/// $E[f(u) f(v)]$ over the plane in polar coordinates, the angle cut where `u` or `v` changes sign.
fn polar(f: impl Fn(f64) -> f64, c: &Covariance) -> f64 {
    let (angles, radii) = (rule(40), rule(24));
    let theta = c.angle();
    let mut edges = [-FRAC_PI_2, FRAC_PI_2, theta - FRAC_PI_2, theta + FRAC_PI_2, 1.5 * PI];
    edges.sort_by(f64::total_cmp);
    let (s1, s2) = (c.q1().sqrt(), c.q2().sqrt());
    let mut total = 0.0;
    for sector in edges.windows(2) {
        total += integral(sector[0], sector[1], &angles, |psi| {
            let (x, y) = (s1 * psi.cos(), s2 * (psi - theta).cos());
            (0..8)
                .map(|i| {
                    let from = 2.0 * f64::from(i);
                    integral(from, from + 2.0, &radii, |r| r * (-0.5 * r * r).exp() * f(x * r) * f(y * r))
                })
                .sum::<f64>()
        });
    }
    total / (2.0 * PI)
}

/// Φ(b) − Φ(a).
fn between(a: f64, b: f64) -> f64 {
    0.5 * (libm::erf(b / 2.0_f64.sqrt()) - libm::erf(a / 2.0_f64.sqrt()))
}

/// $E$ of hard-tanh at both numbers, and the probability that both lie in [−1, 1]: the second number is integrated in
/// closed form given the first.
fn hard_tanh(c: &Covariance) -> Dual {
    let nodes = rule(40);
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
    let (s1, spread) = (c.q1().sqrt(), (c.determinant() / c.q1()).sqrt());
    let conditional = |u: f64| {
        let mean = u * c.k() / c.q1();
        if spread == 0.0 {
            return (mean.clamp(-1.0, 1.0), f64::from(mean.abs() < 1.0));
        }
        let (lo, hi) = ((-1.0 - mean) / spread, (1.0 - mean) / spread);
        let inside = mean * between(lo, hi) + spread * (density(lo) - density(hi));
        (inside + 0.5 * libm::erfc(hi / 2.0_f64.sqrt()) - 0.5 * libm::erfc(-lo / 2.0_f64.sqrt()), between(lo, hi))
    };
    let (mut value, mut slope) = (0.0, 0.0);
    // Panels end where u leaves [−1, 1], and are shorter than the scale on which the conditional law changes.
    for i in -64..64 {
        let (from, to) = (f64::from(i) * 0.125, f64::from(i + 1) * 0.125);
        value += integral(from, to, &nodes, |x| density(x) * (x * s1).clamp(-1.0, 1.0) * conditional(x * s1).0)
            + tail_kink(from, to, &nodes, |x| density(x) * (x * s1).clamp(-1.0, 1.0) * conditional(x * s1).0, s1);
        let (a, b) = (from.max(-1.0 / s1), to.min(1.0 / s1));
        if a < b {
            slope += integral(a, b, &nodes, |x| density(x) * conditional(x * s1).1);
        }
    }
    Dual { value, slope }
}

/// Correction of a panel that contains ±1/`s1`: the integral in two parts less the integral in one.
fn tail_kink(from: f64, to: f64, nodes: &[(f64, f64)], h: impl Fn(f64) -> f64, s1: f64) -> f64 {
    let kink = if to > 0.0 { 1.0 / s1 } else { -1.0 / s1 };
    if !(from < kink && kink < to) {
        return 0.0;
    }
    integral(from, kink, nodes, &h) + integral(kink, to, nodes, &h) - integral(from, to, nodes, &h)
}

fn with_dual() -> impl Iterator<Item = Activation> {
    samples().filter(|phi| phi.dual(&covariance(TAME[0])).is_some())
}

/// $\sqrt{F_{11} F_{22}}$ and the same of Ḟ: what rounding errors are relative to.
fn scale(phi: &dyn Nonlinearity, c: &Covariance) -> Dual {
    let top = |q: f64| phi.dual(&Covariance::from_gap(q, q, 0.0).unwrap()).unwrap();
    let (first, second) = (top(c.q1()), top(c.q2()));
    Dual { value: first.value.sqrt() * second.value.sqrt(), slope: first.slope.sqrt() * second.slope.sqrt() }
}

#[test]
fn the_expected_activations_have_closed_forms() {
    let missing: Vec<_> =
        samples().filter(|phi| phi.dual(&covariance(TAME[0])).is_none()).map(|phi| phi.to_string()).collect();
    let integrated =
        ["tanh", "sigmoid", "arctan", "softsign", "silu", "mish", "softplus", "elu", "elu:0.5", "elu:2", "selu"];
    assert_eq!(missing, integrated);
    assert!(with_dual().all(|phi| phi.dual_gap(&covariance(TAME[0])).is_some()));
}

#[test]
fn closed_forms_agree_with_quadrature_over_the_plane() {
    for phi in with_dual() {
        for case in TAME {
            let c = covariance(case);
            let dual = phi.dual(&c).unwrap();
            // The product of two rules integrates these to their rounding, 1e-14 of the scale.
            let scale = scale(&*phi, &c);
            let expected = if phi.name() == "hard-tanh" {
                if c.gap() == 0.0 {
                    continue; // the indicator of |v| ≤ 1 jumps inside a panel; golden values cover this
                }
                hard_tanh(&c)
            } else {
                Dual { value: polar(|z| phi.value(z), &c), slope: polar(|z| phi.slope(z), &c) }
            };
            let error = (dual.value - expected.value).abs() / scale.value;
            assert!(error < 3e-14, "{phi} at {case:?}: value {} not {} ({error:e})", dual.value, expected.value);
            if dual.slope.is_finite() {
                let error = (dual.slope - expected.slope).abs() / scale.slope;
                assert!(error < 3e-14, "{phi} at {case:?}: slope {} not {} ({error:e})", dual.slope, expected.slope);
            }
        }
    }
}

#[test]
fn slope_of_the_dual_is_its_derivative_in_the_covariance() {
    for phi in with_dual() {
        for (q1, q2, c) in TAME.into_iter().filter(|t| t.2 < 1.0) {
            let g = (q1 * q2).sqrt();
            let at = |k: f64| phi.dual(&Covariance::new(q1, q2, k).unwrap()).unwrap();
            let slope = at(c * g).slope;
            if slope.is_infinite() {
                continue;
            }
            // Order 8, step 0.002 g, at least 15 steps away from the singularity at |c| = 1: truncation below
            // 15^-8 = 4e-10, rounding 2e-16/0.002 = 1e-13 of the scale.
            let h = 0.002 * g;
            let difference = |i: f64| at(c * g + i * h).value - at(c * g - i * h).value;
            let weights = [4.0 / 5.0, -1.0 / 5.0, 4.0 / 105.0, -1.0 / 280.0];
            let numeric = (1..).zip(weights).map(|(i, w)| w * difference(f64::from(i))).sum::<f64>() / h;
            let scale = scale(&*phi, &covariance((q1, q2, c))).slope;
            assert!((slope - numeric).abs() < 1e-9 * scale, "{phi} at {q1}, {q2}, {c}: {slope} not {numeric}");
        }
    }
}

#[test]
fn gaps_are_differences_of_duals() {
    for phi in with_dual() {
        for case in TAME {
            let c = covariance(case);
            let top = phi.dual(&Covariance::from_gap(c.q1(), c.q2(), 0.0).unwrap()).unwrap();
            let (here, gap, scale) = (phi.dual(&c).unwrap(), phi.dual_gap(&c).unwrap(), scale(&*phi, &c));
            let error = (gap.value - (top.value - here.value)).abs() / scale.value;
            assert!(error < 1e-14, "{phi} at {case:?}: value gap {} ({error:e})", gap.value);
            if gap.slope.is_finite() {
                let error = (gap.slope - (top.slope - here.slope)).abs() / scale.slope;
                assert!(error < 1e-14, "{phi} at {case:?}: slope gap {} ({error:e})", gap.slope);
            }
        }
    }
}

#[test]
fn small_gaps_follow_their_leading_order() {
    // F(g) − F(k) = (g − k) Ḟ(g) (1 + O(√gap)), the remainder of order gap for φ without a kink. q1 = q2 = 1: g − k = gap.
    for phi in with_dual().filter(|phi| phi.name() != "step") {
        for gap in [1e-12, 1e-100, 1e-300] {
            let c = Covariance::from_gap(1.0, 1.0, gap).unwrap();
            let second = polar(|z| phi.slope(z).powi(2).sqrt(), &Covariance::from_gap(1.0, 1.0, 0.0).unwrap());
            let slope = if phi.name() == "hard-tanh" { libm::erf(0.5_f64.sqrt()) } else { second };
            let ratio = phi.dual_gap(&c).unwrap().value / (gap * slope);
            let kink = phi.breakpoints().iter().any(|b| b.order == 1);
            let allowed = if kink { 2.0 * gap.sqrt() } else { 100.0 * gap } + 1e-13;
            assert!((ratio - 1.0).abs() < allowed, "{phi} at gap {gap}: {ratio}");
        }
    }
}

#[test]
fn gram_matrices_are_positive() {
    for phi in with_dual() {
        for case in TAME {
            let c = covariance(case);
            let (dual, scale) = (phi.dual(&c).unwrap(), scale(&*phi, &c));
            assert!(dual.value.abs() <= scale.value * (1.0 + 1e-14), "{phi} at {case:?}");
            assert!(dual.slope.is_infinite() || dual.slope.abs() <= scale.slope * (1.0 + 1e-14), "{phi} at {case:?}");
        }
    }
}

#[test]
fn nothing_turns_nan_at_extreme_covariances() {
    let norms = [0.0, 1e-300, 1e-30, 1e-8, 1.0, 1e8, 1e30];
    for phi in with_dual() {
        for q1 in norms {
            for q2 in norms {
                for gap in [0.0, 1e-300, 1e-12, 0.5, 1.0, 1.5, 2.0] {
                    let c = Covariance::from_gap(q1, q2, gap).unwrap();
                    let (dual, difference) = (phi.dual(&c), phi.dual_gap(&c));
                    if q1.max(q2) > 1e8 && (dual.is_none() || difference.is_none()) {
                        continue; // given up for overflow, openly
                    }
                    let (dual, difference) = (dual.unwrap(), difference.unwrap());
                    for number in [dual.value, dual.slope, difference.value, difference.slope] {
                        assert!(!number.is_nan(), "{phi} at {q1}, {q2}, {gap}: {dual:?} {difference:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn rectified_powers_keep_their_digits_next_to_antipodal_inputs() {
    // J_n → 2^n (n!)³ η^(2n+1)/(2n+1)! as η = π − θ → 0, relative corrections of order η² = 2 · cogap.
    let factorial = |n: i32| (1..=n).map(f64::from).product::<f64>();
    let cogap = 1e-14_f64;
    let eta = (2.0 * cogap).sqrt();
    let c = Covariance::from_gaps(1.0, 1.0, 2.0 - cogap, cogap).unwrap();
    for n in 2..=8 {
        let limit = |m: i32| 2_f64.powi(m) * factorial(m).powi(3) * eta.powi(2 * m + 1) / factorial(2 * m + 1);
        let dual = format!("rectified-power:{n}").parse::<Activation>().unwrap().dual(&c).unwrap();
        assert!((dual.value / (limit(n) / (2.0 * PI)) - 1.0).abs() < 2e-14, "{n}");
        assert!((dual.slope / (f64::from(n * n) * limit(n - 1) / (2.0 * PI)) - 1.0).abs() < 2e-14, "{n}");
    }
}

#[test]
fn zero_variance_means_the_value_at_zero() {
    for phi in with_dual() {
        let dual = phi.dual(&Covariance::new(0.0, 0.0, 0.0).unwrap()).unwrap();
        assert!((dual.value - phi.value(0.0).powi(2)).abs() < 1e-15, "{phi}: {}", dual.value);
    }
}
