//! Phases against 20-digit reference values and against what theory says of special cases.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use fathom_ntk::activation::Activation;
use fathom_ntk::analysis::{Note, Phase, PhaseReport, Stability, phase, phase_diagram};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

fn act(name: &str) -> Activation {
    name.parse().unwrap()
}

fn golden(kind: &str) -> Vec<Value> {
    let text = include_str!("golden/infinite.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let list = all["vectors"].as_array().unwrap();
    list.iter().filter(|v| v["kind"] == kind).cloned().collect()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

/// Relative error, or absolute where the reference is zero.
fn error(got: f64, want: f64) -> f64 {
    if got == want { 0.0 } else { (got - want).abs() / if want == 0.0 { 1.0 } else { want.abs() } }
}

fn report(name: &str, weight_var: f64, bias_var: f64) -> PhaseReport {
    phase(&act(name), weight_var, bias_var, None).unwrap()
}

#[test]
fn phase_agrees_with_reference_values() {
    for v in golden("phase") {
        let r = report(v["act"].as_str().unwrap(), number(&v["sw2"]), number(&v["sb2"]));
        assert_eq!(serde_json::to_value(r.phase).unwrap(), v["phase"], "{v}");
        // Quadrature gives 1e-14; 1/(1 − χ₁) up to 20 and 1/(1 − λ) up to 20 multiply it.
        let fields = [
            ("qstar", r.q_star),
            ("chi1", r.chi1),
            ("lambda_q", r.lambda_q),
            ("cstar", r.c_star),
            ("chi_cstar", r.chi_at_c_star),
            ("xi_c", r.xi_c),
            ("xi_q", r.xi_q),
            ("ntk_offdiag_limit", r.ntk_offdiag_limit),
            ("ntk_diag_limit", r.ntk_diag_limit),
        ];
        for (field, got) in fields {
            let got = got.unwrap();
            assert!(error(got, number(&v[field])) < 1e-12, "{field}: {got} for {v}");
        }
        assert_eq!(r.ntk_ratio_limit, Some(if r.phase == Phase::Chaotic { 0.0 } else { 1.0 }));
        assert!(!r.depends_on_norm && r.fixed_points.iter().filter(|p| p.q > 0.0).count() == 1, "{v}");
    }
}

/// C* with a quadrature independent of the one under test: the gap vanishes and 1 − f(c) = 1 − c.
#[test]
fn chaotic_correlation_of_tanh_is_a_fixed_point_of_the_correlation_map() {
    let r = report("tanh", 4.0, 0.3);
    let (q, c) = (r.q_star.unwrap(), r.c_star.unwrap());
    // E[tanh u tanh v] by the trapezoidal rule over independent normals, which converges geometrically.
    let (s, h) = (q.sqrt(), 0.05);
    let nodes: Vec<f64> = (-170..=170).map(|i| f64::from(i) * h).collect();
    let weight = |x: f64| h * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let mut sums = [0.0; 2];
    for &x in &nodes {
        for &y in &nodes {
            let (u, v) = (s * x, s * (c * x + (1.0 - c * c).sqrt() * y));
            let w = weight(x) * weight(y);
            sums[0] += w * u.tanh() * v.tanh();
            sums[1] += w / (u.cosh() * v.cosh()).powi(2);
        }
    }
    assert!(c > 0.1 && c < 0.9, "{c}");
    // The rule errs by exp(−2π·(π/2)/(s h)) ≈ 1e-50 times O(1): rounding only, over 1e5 terms.
    assert!((4.0 * sums[0] + 0.3 - q * c).abs() < 1e-12);
    assert!(error(r.chi_at_c_star.unwrap(), 4.0 * sums[1]) < 1e-12);
}

#[test]
fn gelu_below_its_stable_curve_rests_or_diverges_according_to_the_norm() {
    // The 15 digits of σ_w leave χ₁ − 1 = O(1e-15/(λ − 1)) = O(1e-14).
    let (weight_var, bias_var) = (1.727078275308699_f64.powi(2), 0.1 * 0.1);
    let gelu = act("gelu");
    let from_above = phase(&gelu, weight_var, bias_var, None).unwrap();
    assert_eq!(from_above.phase, Phase::Divergent);
    assert!(from_above.depends_on_norm);
    assert!(from_above.notes.contains(&Note::DependsOnNorm));
    let [low, high] = from_above.fixed_points[..] else { panic!("{from_above:?}") };
    assert!((low.q - 0.0546525).abs() < 5e-8 && (low.chi1 - 0.8392).abs() < 5e-5, "{low:?}");
    assert_eq!((low.stability, low.phase), (Stability::Stable, Phase::Ordered));
    assert!((high.q - 0.183483193107065).abs() < 1e-12 && (high.lambda_q - 1.097932).abs() < 5e-7, "{high:?}");
    assert_eq!((high.stability, high.phase), (Stability::Unstable, Phase::Critical));
    assert_eq!(from_above.basin_boundaries, [high.q]);
    for (q0, want) in [(0.01, Phase::Ordered), (0.18, Phase::Ordered), (0.19, Phase::Divergent)] {
        let r = phase(&gelu, weight_var, bias_var, Some(q0)).unwrap();
        assert_eq!(r.phase, want, "from {q0}");
    }
}

#[test]
fn gelu_at_the_half_stable_weight_variance_without_bias_is_not_critical() {
    let gelu = act("gelu");
    let weight_var = 1.983_058_257_437_547_5;
    let small = phase(&gelu, weight_var, 0.0, Some(1.0)).unwrap();
    assert_eq!((small.phase, small.q_star), (Phase::Collapsing, Some(0.0)));
    // χ₁(0) = σ_w² φ′(0)² = σ_w²/4.
    assert!(error(small.chi1.unwrap(), weight_var / 4.0) < 1e-15);
    assert_eq!(small.ntk_ratio_limit, None);
    assert_eq!(small.notes.last(), Some(&Note::DataDependentLimit));
}

#[test]
fn gelu_at_the_half_stable_point_is_critical_from_above_only() {
    // K* = (3 + √17)/2 with χ₁ = λ = 1; V lies below the diagonal on both sides of it and crosses it once more, at
    // 3.034981: V/q − 1 is 1.27e-6 at 3.0 and −2.13e-6 at 3.2 (mpmath, 25 digits).
    let at = |q0| phase(&act("gelu"), 1.983_058_257_437_547_5, 0.172_922_390_756_067_3, q0).unwrap();
    let above = at(Some(10.0));
    assert_eq!((above.phase, above.ntk_ratio_limit), (Phase::Critical, None));
    assert!(above.notes.contains(&Note::HalfStable) && above.depends_on_norm, "{above:?}");
    assert_eq!(above.fixed_points[1].stability, Stability::FromAbove);
    // The tangency is found from V′ = V/q, a simple root, not from the values of V, which are flat there.
    assert!((above.q_star.unwrap() - (3.0 + 17_f64.sqrt()) / 2.0).abs() < 1e-11, "{:?}", above.q_star);
    let below = at(Some(1.0));
    assert_eq!(below.phase, Phase::Ordered);
    assert!(below.notes.iter().any(|n| matches!(n, Note::CriticalPointNotReached { .. })));
    assert!((below.q_star.unwrap() - 3.034_981_4).abs() < 1e-7, "{:?}", below.q_star);
}

#[test]
fn mish_just_inside_its_stable_curve_still_diverges_from_large_inputs() {
    // Critical and stable at q*, but V(q) > q again above an unstable fixed point near 2.0.
    let mish = act("mish");
    let point = fathom_ntk::analysis::edge_of_chaos(&mish, 0.099).unwrap();
    assert!(point.reachable);
    let at = |q0| phase(&mish, point.weight_var, point.bias_var, q0).unwrap();
    assert_eq!((at(point.q_star).phase, at(None).phase), (Phase::Critical, Phase::Divergent));
    let map = fathom_ntk::analysis::MeanField::new(&mish, point.weight_var, point.bias_var);
    let [boundary] = at(None).basin_boundaries[..] else { panic!() };
    let far = |q: f64| (0..20_000).fold(q, |q, _| if q > 1e6 { q } else { map.variance(q) });
    // 20000 layers at V′ − 1 ≈ 2e-3 and −1.6e-3: the orbit has decided long before.
    assert!((far(boundary * 0.99) - point.q_star.unwrap()).abs() < 1e-9);
    assert!(far(boundary * 1.01) > boundary * 1.5);
}

#[test]
fn relu_like_networks_are_never_chaotic() {
    for name in ["relu", "abs", "leaky-relu:0.1"] {
        let mean_square = act(name).homogeneous().unwrap().mean_square();
        let at = |a: f64, bias_var: f64| phase(&act(name), a / mean_square, bias_var, Some(0.7)).unwrap();
        let cases = [
            (at(1.0, 0.0), Phase::Critical, Some(0.7), 0.25),
            (at(0.5, 0.0), Phase::Collapsing, Some(0.0), 0.25),
            (at(1.5, 0.0), Phase::Divergent, Some(f64::INFINITY), 0.25),
            (at(1.5, 0.1), Phase::Divergent, Some(f64::INFINITY), 0.25),
            (at(1.0, 0.1), Phase::Divergent, Some(f64::INFINITY), 4.0 / 7.0),
        ];
        for (r, want, q, ratio) in cases {
            assert_eq!((r.phase, r.q_star, r.ntk_ratio_limit, r.c_star), (want, q, Some(ratio), Some(1.0)), "{r:?}");
        }
        let ordered = at(0.5, 0.1);
        assert_eq!((ordered.phase, ordered.ntk_ratio_limit), (Phase::Ordered, Some(1.0)));
        assert!(error(ordered.q_star.unwrap(), 0.2) < 1e-15 && error(ordered.ntk_diag_limit.unwrap(), 0.4) < 1e-15);
    }
    assert_eq!(report("linear", 1.0, 0.0).notes.last(), Some(&Note::DataDependentLimit));
}

#[test]
fn activations_that_look_like_relu_far_out_diverge_like_relu() {
    for name in ["gelu", "elu", "silu"] {
        let r = report(name, 3.0, 0.1);
        assert_eq!((r.phase, r.chi1, r.ntk_ratio_limit), (Phase::Divergent, Some(1.5), Some(0.25)), "{name}");
    }
    // relu² squares the variance: fixed point 2/(3 σ_w²), unstable with slope 2.
    let square = phase(&act("rectified-power:2"), 1.0, 0.0, Some(0.6)).unwrap();
    assert_eq!(square.phase, Phase::Collapsing);
    let point = square.fixed_points[1];
    assert!(error(point.q, 2.0 / 3.0) < 1e-13 && error(point.lambda_q, 2.0) < 1e-13, "{point:?}");
    assert_eq!(report("rectified-power:2", 1.0, 0.0).phase, Phase::Divergent);
}

#[test]
fn tanh_at_the_origin_of_its_curve_is_critical_with_a_limit_that_depends_on_the_data() {
    let r = phase(&act("tanh"), 1.0, 0.0, Some(1.0)).unwrap();
    assert_eq!((r.phase, r.q_star, r.chi1), (Phase::Critical, Some(0.0), Some(1.0)));
    assert_eq!((r.c_star, r.ntk_ratio_limit), (None, None));
    assert!(r.notes.contains(&Note::DataDependentLimit));
    // |tanh′(0)/tanh‴(0)| = 1/2.
    assert_eq!(r.ntk_diag_limit, Some(0.5));
}

#[test]
fn critical_ratio_is_a_quarter_with_a_kink_and_a_third_without() {
    // tanh from the reference curve, selu from its table (15 digits of σ_w).
    let tanh = report("tanh", 1.700_796_372_136_703_9, 0.04);
    assert_eq!((tanh.phase, tanh.ntk_ratio_limit), (Phase::Critical, Some(1.0 / 3.0)));
    let selu = report("selu", 0.937_475_582_105_322_f64.powi(2), 0.04);
    assert_eq!((selu.phase, selu.ntk_ratio_limit), (Phase::Critical, Some(0.25)));
    assert_eq!(report("tanh", 1.700_796_372_136_703_9 * 1.001, 0.04).phase, Phase::Chaotic);
    assert_eq!(report("tanh", 1.700_796_372_136_703_9 / 1.001, 0.04).phase, Phase::Ordered);
}

#[test]
fn hard_tanh_without_bias_has_no_spurious_fixed_points() {
    // E[φ²] = q to all digits for small q: rounding must not be taken for roots.
    let r = report("hard-tanh", 1.0, 0.0);
    assert_eq!((r.phase, r.fixed_points.len()), (Phase::Critical, 1), "{r:?}");
}

#[test]
fn diagram_agrees_with_single_reports() {
    let tanh = act("tanh");
    let diagram = phase_diagram(&tanh, &[1.0, 3.0], &[0.0, 0.05], None).unwrap();
    for (i, &bias_var) in diagram.bias_vars.iter().enumerate() {
        for (j, &weight_var) in diagram.weight_vars.iter().enumerate() {
            let (cell, r) = (diagram.cells[i][j], phase(&tanh, weight_var, bias_var, None).unwrap());
            assert_eq!((cell.phase, cell.chi1, cell.q_star, cell.xi_c), (r.phase, r.chi1, r.q_star, r.xi_c));
        }
    }
    assert_eq!(diagram.cells[1][0].phase, Phase::Ordered);
}

#[test]
fn infinite_results_are_written_as_text_and_bad_input_is_refused() {
    let json = serde_json::to_value(report("erf", 4.0, 0.3)).unwrap();
    assert_eq!(json["ntk_diag_limit"], "inf");
    assert_eq!(json["phase"], "chaotic");
    let relu = Activation::relu();
    for (weight_var, bias_var, q0) in
        [(0.0, 0.0, None), (f64::NAN, 0.0, None), (1.0, -1.0, None), (1.0, 0.0, Some(-1.0))]
    {
        assert!(phase(&relu, weight_var, bias_var, q0).is_err());
    }
    assert!(phase(&act("step"), 1.0, 0.0, None).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn no_result_is_not_a_number_and_orbits_end_where_the_report_says(
        which in 0..Activation::catalogue().len(),
        log_weight_var in -6.0..6.0_f64,
        log_bias_var in -12.0..6.0_f64,
        with_bias in any::<bool>(),
        log_q0 in -8.0..8.0_f64,
    ) {
        let entry = &Activation::catalogue()[which];
        let Ok(activation) = entry.name.parse::<Activation>() else { return Ok(()) };
        let (weight_var, bias_var) = (log_weight_var.exp(), if with_bias { log_bias_var.exp() } else { 0.0 });
        let Ok(r) = phase(&activation, weight_var, bias_var, Some(log_q0.exp())) else { return Ok(()) };
        let numbers = [
            r.q_star, r.chi1, r.lambda_q, r.c_star, r.chi_at_c_star, r.xi_c, r.xi_q, r.ntk_diag_limit, r.ntk_offdiag_limit,
        ];
        prop_assert!(numbers.iter().flatten().all(|x| !x.is_nan()), "{r:?}");
        let map = fathom_ntk::analysis::MeanField::new(&activation, weight_var, bias_var);
        for point in &r.fixed_points {
            prop_assert!((map.variance(point.q) - point.q).abs() <= 1e-12 * point.q, "{r:?}");
        }
        if let (Some(i), Some(slope)) = (r.reached, r.lambda_q.filter(|s| s.abs() < 0.9)) {
            // 0.95^400 < 1e-8 covers what e^±8 can start away from the fixed point.
            let q = (0..400).fold(log_q0.exp(), |q, _| map.variance(q));
            let target = r.fixed_points[i].q;
            prop_assert!((q - target).abs() <= 1e-6 * target.max(1e-3), "{q} for slope {slope} in {r:?}");
        }
    }
}
