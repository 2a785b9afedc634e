//! Unusual data, options and networks.

use std::time::Instant;

use fathom_ntk::analysis::verdict::{
    Class, Inputs, Level, MovementMethod, RandomnessMethod, Reliability, Threshold, Verdict, VerdictError,
    VerdictOptions, verdict,
};

use crate::{arch, at_unit};

fn on(toml: &str, rows: &[&[f64]]) -> Result<Verdict, VerdictError> {
    let values = rows.concat();
    verdict(&arch(toml), Inputs::Rows { values: &values, features: rows[0].len() }, &VerdictOptions::default())
}

const PLAIN: &str = "widths = \"2,50x2,1\"";
const BIASED: &str = "widths = \"2,50x2,1\"\nbias_var = 0.1";

#[test]
fn a_zero_row_is_left_out_without_biases_and_used_with_them() {
    let rows: [&[f64]; 4] = [&[0.0, 0.0], &[1.0, 0.0], &[0.0, 2.0], &[1.0, 1.0]];
    let without = on(PLAIN, &rows).unwrap();
    assert_eq!((without.input.zero_rows, without.input.sampled_rows), (1, 3));
    assert_eq!(without.input.typical_sq_norm, 2.0);
    let with = on(BIASED, &rows).unwrap();
    assert_eq!((with.input.zero_rows, with.input.sampled_rows), (1, 4));
    assert_eq!(with.kernel.conditioning.unwrap().inputs, 4);
}

#[test]
fn repeated_rows_are_counted_and_left_out() {
    let verdict = on(PLAIN, &[&[1.0, 0.0], &[1.0, 0.0], &[0.0, 1.0], &[1.0, -0.0]]).unwrap();
    assert_eq!((verdict.input.repeated_rows, verdict.input.sampled_rows), (2, 2));
    assert!(verdict.kernel.conditioning.unwrap().resolved);
}

#[test]
fn a_single_row_has_no_spectrum_but_a_verdict() {
    let verdict = on(PLAIN, &[&[1.0, 2.0]]).unwrap();
    assert_eq!((verdict.class, verdict.findings[2].level), (Class::InRegime, Level::Unknown));
    assert!(verdict.kernel.conditioning.is_none() && !verdict.kernel.undefined.is_empty());
}

#[test]
fn nothing_but_zeros_is_an_error_without_biases_only() {
    assert_eq!(on(PLAIN, &[&[0.0, 0.0], &[0.0, -0.0]]).unwrap_err(), VerdictError::AllZero);
    let verdict = on(BIASED, &[&[0.0, 0.0]]).unwrap();
    assert_eq!((verdict.input.typical_sq_norm, verdict.input.sampled_rows), (0.0, 1));
    assert!(verdict.randomness.is_some());
}

#[test]
fn data_of_extreme_size_have_the_spread_of_ordinary_data() {
    // Fourth powers over- and underflow here, squares do not.
    for toml in [PLAIN, "widths = \"2,50x2,1\"\nweight_law = \"uniform\""] {
        let spread = |scale: f64| {
            let verdict = on(toml, &[&[scale, 0.5 * scale], &[0.0, scale]]).unwrap();
            verdict.randomness.unwrap().relative_std.to_f64()
        };
        for scale in [1e-120, 1e-90, 1e90, 1e150] {
            assert!((spread(scale) / spread(1.0) - 1.0).abs() < 1e-12, "{toml} {scale}");
        }
    }
}

#[test]
fn unusable_data_are_errors_that_say_where() {
    let judge = |values: &[f64], features| {
        verdict(&arch(PLAIN), Inputs::Rows { values, features }, &VerdictOptions::default()).unwrap_err()
    };
    assert_eq!(judge(&[], 2), VerdictError::NoRows);
    assert_eq!(judge(&[1.0], 0), VerdictError::NoRows);
    assert_eq!(judge(&[1.0, 2.0, 3.0], 2), VerdictError::Ragged { values: 3, features: 2 });
    assert_eq!(judge(&[1.0, 2.0, 3.0], 3), VerdictError::Features { features: 3, inputs: 2 });
    let infinite = VerdictError::NotFinite { row: 1, position: 0, got: f64::INFINITY };
    assert_eq!(judge(&[1.0, 2.0, f64::INFINITY, 0.0], 2), infinite);
    let VerdictError::NotFinite { row: 0, position: 1, got } = judge(&[1.0, f64::NAN], 2) else { panic!() };
    assert!(got.is_nan());
    assert!(matches!(judge(&[1e200, 0.0], 2), VerdictError::SquaredNorm { .. }));
    for norm in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = verdict(&arch(PLAIN), Inputs::SquaredNorm(norm), &VerdictOptions::default()).unwrap_err();
        assert!(matches!(error, VerdictError::SquaredNorm { .. }), "{norm}");
    }
}

#[test]
fn unusable_options_are_errors_that_name_them() {
    let judge = |options: VerdictOptions| verdict(&arch(PLAIN), Inputs::Unit, &options).unwrap_err();
    let base = VerdictOptions::default;
    for (within, outside) in [(1.0, 0.5), (0.0, 1.0), (-1.0, 1.0), (f64::NAN, 1.0), (0.5, f64::INFINITY)] {
        let bad = Threshold { within, outside };
        for (name, options) in [
            ("random", VerdictOptions { random: bad, ..base() }),
            ("moves", VerdictOptions { moves: bad, ..base() }),
            ("steps", VerdictOptions { steps: bad, ..base() }),
        ] {
            assert!(judge(options).to_string().contains(name), "{within} {outside}");
        }
    }
    for rate in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        let error = judge(VerdictOptions { learning_rate: Some(rate), ..base() });
        assert!(error.to_string().contains("learning rate"), "{error}");
        let error = judge(VerdictOptions { tolerance: rate, ..base() });
        assert!(error.to_string().contains("tolerance"), "{error}");
    }
    assert!(matches!(judge(VerdictOptions { target: f64::NAN, ..base() }), VerdictError::Target { .. }));
    assert_eq!(judge(VerdictOptions { sample: Some(1), ..base() }), VerdictError::Sample { got: 1 });
}

#[test]
fn an_infinitely_wide_network_is_judged_by_its_trainability() {
    for (toml, class) in [
        ("depth = 3", Class::InRegime),
        ("depth = 200\nactivation = \"tanh\"\nweight_var = 0.8\nbias_var = 0.1", Class::InRegimeUntrainable),
    ] {
        let verdict = at_unit(&arch(toml));
        assert_eq!(verdict.class, class, "{toml}");
        assert_eq!(verdict.randomness.unwrap().method, RandomnessMethod::Deterministic);
        assert_eq!(verdict.movement.unwrap().method, MovementMethod::Constant);
    }
}

/// Θ = |x|²/n₀ · σ_w² of a linear map is not random.
#[test]
fn a_single_layer_is_deterministic() {
    let verdict = at_unit(&arch("widths = \"4,3\"\nactivation = \"tanh\"\nbias_var = 0.5"));
    assert_eq!(verdict.class, Class::InRegime);
    let randomness = verdict.randomness.unwrap();
    assert_eq!(randomness.method, RandomnessMethod::Deterministic);
    assert!((randomness.mean.to_f64() - 2.5).abs() < 1e-15);
    assert_eq!(verdict.findings[1].value, Some(0.0));
}

#[test]
fn variances_by_layer_have_no_phase() {
    let verdict = at_unit(&arch("widths = \"4,90,90,1\"\nweight_var = [1.0, 2.0, 3.0]"));
    assert!(verdict.phase.is_none() && verdict.advice.edge_of_chaos.is_none() && verdict.advice.depth.is_none());
    assert!(verdict.advice.missing.iter().any(|m| m.contains("edge of chaos")));
    assert_eq!(verdict.randomness.unwrap().reliability, Reliability::Exact);
}

#[test]
fn a_step_activation_has_no_ntk() {
    let network = arch("widths = \"4,90,1\"\nactivation = \"step\"");
    let error = verdict(&network, Inputs::Unit, &VerdictOptions::default()).unwrap_err();
    assert!(error.to_string().contains("step"), "{error}");
}

#[test]
fn weights_that_are_not_normal_are_exact_for_relu_and_unknown_for_tanh() {
    let relu = at_unit(&arch("widths = \"4,90x3,1\"\nweight_law = \"laplace\""));
    assert_eq!(relu.randomness.unwrap().reliability, Reliability::Exact);
    assert_eq!(relu.movement.unwrap().method, MovementMethod::ExactWithoutCrossings);
    let tanh = at_unit(&arch("widths = \"4,90x3,1\"\nactivation = \"tanh\"\nweight_law = \"laplace\""));
    assert_eq!((tanh.class, tanh.findings[0].level), (Class::Borderline, Level::Unknown));
    assert!(tanh.findings[0].unknown_because.as_ref().unwrap().contains("laplace"));
}

#[test]
fn extreme_shapes_have_a_verdict_in_reasonable_time() {
    let start = Instant::now();
    let deep = at_unit(&arch("widths = \"4,100x99999,1\""));
    assert_eq!(deep.class, Class::Outside);
    let wide = at_unit(&arch("widths = \"4,1000000000000x4,1\""));
    assert_eq!(wide.class, Class::InRegime);
    for activation in ["relu", "tanh", "gelu"] {
        let narrow = at_unit(&arch(&format!("widths = \"4,1x4,1\"\nactivation = \"{activation}\"\nbias_var = 0.1")));
        assert_ne!(narrow.class, Class::InRegime, "{activation}");
    }
    // Some seconds on a busy machine; without the caps on the searches it takes minutes.
    assert!(start.elapsed().as_secs() < 30);
}

/// Two orthogonal inputs of |x|² = 25 under bias-free critical relu, three layers: Θ = 75 on the diagonal and, with
/// κ₁(0) = 1/π and θ = arccos(1/π), 25 [κ₁(θ) + (1 − θ/π)/π] off it. The eigenvalues are their sum and difference.
#[test]
fn two_inputs_have_the_spectrum_and_rates_worked_out_by_hand() {
    use std::f64::consts::PI;
    let arch = arch("widths = \"2,100x2,1\"");
    let values = [3.0, 4.0, -4.0, 3.0];
    let inputs = Inputs::Rows { values: &values, features: 2 };
    let verdict = verdict(&arch, inputs, &VerdictOptions::default()).unwrap();
    let found = verdict.kernel.conditioning.unwrap();
    let theta = (1.0 / PI).acos();
    let off = 25.0 * ((theta.sin() + (PI - theta) / PI) / PI + (1.0 - theta / PI) / PI);
    let (together, apart) = (75.0 + off, 75.0 - off);
    for (what, number, expected) in [
        ("largest", found.lambda_max, together),
        ("median", found.lambda_median, apart),
        ("smallest", found.lambda_min, apart),
        ("condition", found.condition, together / apart),
        ("rate", found.max_learning_rate, 2.0 / together),
        ("steps", found.steps_typical, together / apart),
    ] {
        // A dozen roundings.
        assert!((number.to_f64() / expected - 1.0).abs() < 1e-13, "{what} {} {expected}", number.to_f64());
    }
    assert!(found.resolved && found.inputs == 2);
}

#[test]
fn a_linear_model_is_not_untrainable_for_lack_of_features() {
    let mut seed = 1_u64;
    let values: Vec<f64> = (0..500)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / f64::from(1 << 23) - 1.0
        })
        .collect();
    let inputs = Inputs::Rows { values: &values, features: 5 };
    for network in ["widths = \"5,1\"", "widths = \"5,1000,1\"\nactivation = \"linear\"\nweight_var = 1.0"] {
        let verdict = verdict(&arch(network), inputs, &VerdictOptions::default()).unwrap();
        assert_eq!(verdict.class, Class::InRegime, "{network}");
        assert_eq!(verdict.input.sampled_rows, 5);
    }
}
