//! The edge of chaos against 20-digit reference values, closed forms, and what is known of its ends.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use fathom_ntk::activation::Activation;
use fathom_ntk::analysis::{
    CurveRange, EocError, MeanField, Phase, edge_of_chaos, edge_of_chaos_curve, edge_of_chaos_start,
    nearest_edge_of_chaos, phase,
};
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

fn close(got: f64, want: f64, tolerance: f64) -> bool {
    (got - want).abs() <= tolerance * want.abs()
}

#[test]
fn edge_of_chaos_agrees_with_reference_values() {
    for kind in ["eoc", "eoc_end"] {
        for v in golden(kind) {
            let sigma_b = number(&v["sigma_b"]);
            let point = edge_of_chaos(&act(v["act"].as_str().unwrap()), sigma_b * sigma_b).unwrap();
            // Quadrature gives 1e-14; dq*/dσ_b² is of order 10 at most.
            let q = point.q_star.unwrap();
            assert!(close(point.weight_var, number(&v["sw2"]), 1e-12), "{point:?} for {v}");
            assert!(close(point.weight_var.sqrt(), number(&v["sigma_w"]), 1e-12), "{point:?} for {v}");
            assert!(close(q, number(&v["qstar"]), 1e-12), "{point:?} for {v}");
            assert!(close(point.lambda_q, number(&v["lambda_q"]), 1e-12), "{point:?} for {v}");
            assert_eq!(point.reachable, v["stable"].as_bool().unwrap_or(true), "{v}");
        }
    }
}

#[test]
fn phase_calls_every_reachable_reference_point_critical() {
    for v in golden("eoc").iter().filter(|v| v["stable"] == true) {
        let sigma_b = number(&v["sigma_b"]);
        let activation = act(v["act"].as_str().unwrap());
        let r = phase(&activation, number(&v["sw2"]), sigma_b * sigma_b, Some(number(&v["qstar"]))).unwrap();
        assert_eq!(r.phase, Phase::Critical, "χ₁ = {:?} for {v}", r.chi1);
    }
}

#[test]
fn erf_and_sine_follow_their_closed_forms() {
    for q in [1e-6_f64, 0.01, 0.5, 3.0, 200.0] {
        let curve = |name| edge_of_chaos_curve(&act(name), CurveRange::Variance { from: q, to: q }, 1).unwrap()[0];
        let erf = curve("erf");
        let weight_var = std::f64::consts::FRAC_PI_4 * (1.0 + 4.0 * q).sqrt();
        assert!(close(erf.weight_var, weight_var, 1e-14));
        let sine = curve("sin");
        assert!(close(sine.weight_var, 2.0 / (1.0 + (-2.0 * q).exp()), 1e-14));
        // λ = A2 E[φ'² + φφ''] = A2 e^{−2q}; beyond q = 100 only its size is known, to 1e-11.
        let slope = sine.weight_var * (-2.0 * q).exp();
        assert!((sine.lambda_q - slope).abs() < 1e-12, "{q}: {} {slope}", sine.lambda_q);
        // B2 = q − tanh q for sine, q³/3 (1 − 2q²/5) where q is small: no cancellation.
        let bias_var = if q < 1e-3 { q.powi(3) / 3.0 } else { q - q.tanh() };
        assert!(close(sine.bias_var, bias_var, 1e-9), "{q}: {} {bias_var}", sine.bias_var);
    }
}

#[test]
fn curves_start_where_theory_says() {
    // (activation, σ_w, q) at σ_b = 0.
    let starts = [
        ("tanh", 1.0, 0.0, 1e-15),
        ("erf", 0.5 * std::f64::consts::PI.sqrt(), 0.0, 1e-15),
        ("elu", 1.0, 0.0, 1e-15),
        ("selu", 0.690_486_073_6, 0.0, 1e-10),
        ("cos", 1.483_131_36, 1.199_678_64, 1e-8),
        ("gaussian", 1.0 + 0.5_f64.sqrt(), 0.5 * (1.0 + 2_f64.sqrt()), 1e-13),
    ];
    for (name, sigma_w, q, tolerance) in starts {
        let start = edge_of_chaos_start(&act(name)).unwrap();
        assert!(close(start.weight_var.sqrt(), sigma_w, tolerance), "{name}: {start:?}");
        assert!(close(start.q_star.unwrap(), q, tolerance), "{name}: {start:?}");
        assert!(start.reachable, "{name}: {start:?}");
    }
    assert!(close(edge_of_chaos(&act("tanh"), 0.05).unwrap().weight_var, 1.760_954_639_6, 1e-10));
}

#[test]
fn gelu_silu_and_mish_are_reachable_only_with_enough_bias() {
    for (name, sigma_b, q) in [
        ("gelu", 0.415_839_38, 3.561_552_81),
        ("silu", 0.745_079_30, 14.320_173_62),
        ("mish", 0.307_443_94, 1.670_169_13),
    ] {
        let activation = act(name);
        let at = |sigma_b: f64| edge_of_chaos(&activation, sigma_b * sigma_b).unwrap();
        assert!(at(sigma_b + 2e-8).reachable && !at(sigma_b - 2e-8).reachable, "{name}");
        assert!(close(at(sigma_b).q_star.unwrap(), q, 1e-6), "{name}: {:?}", at(sigma_b));
        assert!(!edge_of_chaos_start(&activation).unwrap().reachable);
        let advice = nearest_edge_of_chaos(&activation, 2.0, 0.0).unwrap();
        assert!(advice.reachable && advice.bias_var.sqrt() > sigma_b && advice.lambda_q <= 0.99, "{name}: {advice:?}");
        let reached = phase(&activation, advice.weight_var, advice.bias_var, advice.q_star).unwrap();
        assert_eq!(reached.phase, Phase::Critical, "{name}");
    }
}

#[test]
fn softplus_has_no_edge_of_chaos_and_relu_only_one_without_bias() {
    assert!(matches!(edge_of_chaos(&act("softplus"), 0.1), Err(EocError::Never { .. })));
    assert!(matches!(nearest_edge_of_chaos(&act("softplus"), 1.0, 0.1), Err(EocError::Never { .. })));
    assert!(
        matches!(edge_of_chaos(&act("relu"), 0.1), Err(EocError::OnlyWithoutBias { weight_var, .. }) if weight_var == 2.0)
    );
    let start = edge_of_chaos_start(&act("relu")).unwrap();
    assert_eq!((start.weight_var, start.q_star, start.reachable), (2.0, None, true));
    let square = edge_of_chaos(&act("rectified-power:2"), 0.1).unwrap();
    assert!(close(square.lambda_q, 1.5, 1e-13) && !square.reachable, "{square:?}");
    assert!(matches!(edge_of_chaos(&act("step"), 0.1), Err(EocError::Phase(_))));
    assert!(edge_of_chaos(&act("tanh"), -0.1).is_err());
}

#[test]
fn sigmoid_is_critical_only_with_large_weights() {
    let curve = edge_of_chaos_curve(&act("sigmoid"), CurveRange::Variance { from: 1.0, to: 1e3 }, 40).unwrap();
    assert!(curve.len() < 40 && curve.iter().all(|p| p.weight_var.sqrt() >= 10.149_263));
}

#[test]
fn every_point_of_a_curve_is_a_fixed_point_with_unit_susceptibility() {
    for name in ["tanh", "gelu", "elu", "arctan", "softsign"] {
        let activation = act(name);
        let curve = edge_of_chaos_curve(&activation, CurveRange::default(), 12).unwrap();
        assert_eq!(curve.len(), 12, "{name}");
        for p in &curve[1..] {
            let (q, map) = (p.q_star.unwrap(), MeanField::new(&activation, p.weight_var, p.bias_var));
            assert!(close(map.variance(q), q, 1e-13) && close(map.susceptibility(q), 1.0, 1e-14), "{name}: {p:?}");
            // λ against a difference quotient of V: 1e-5² truncation, ε/1e-5 rounding.
            let h = 1e-5 * q;
            let slope = (map.variance(q + h) - map.variance(q - h)) / (2.0 * h);
            assert!((slope - p.lambda_q).abs() < 1e-9, "{name}: {slope} {p:?}");
        }
    }
}

#[test]
fn bad_ranges_are_refused() {
    let tanh = act("tanh");
    for range in [
        CurveRange::Variance { from: 0.0, to: 1.0 },
        CurveRange::Variance { from: 2.0, to: 1.0 },
        CurveRange::BiasVar { from: -1.0, to: 1.0 },
        CurveRange::BiasVar { from: 0.0, to: f64::NAN },
    ] {
        assert!(matches!(edge_of_chaos_curve(&tanh, range, 3), Err(EocError::Range { .. })), "{range:?}");
    }
}
