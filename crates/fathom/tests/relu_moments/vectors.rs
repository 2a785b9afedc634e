//! High-precision values: 40 digits from 60-digit arithmetic, exact rationals.

use fathom_ntk::Scaled;
use fathom_ntk::moments::{
    InputNorm, ReluMoments, crossing_update, mean_first_update, relu_limits, relu_moments, weights_only,
};
use fathom_ntk::spec::Constants;
use serde_json::Value;

use super::{assert_relative, constant_width, constants};

/// The `f64` of a decimal or rational string, within 1.5 ε.
fn number(value: &Value) -> f64 {
    match value {
        Value::Number(n) => n.as_f64().unwrap(),
        Value::String(text) => match text.split_once('/') {
            Some((p, q)) => p.parse::<f64>().unwrap() / q.parse::<f64>().unwrap(),
            None => text.parse().unwrap(),
        },
        other => panic!("not a number: {other}"),
    }
}

fn layers(value: &Value, depth: usize) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().map(number).collect(),
        one => vec![number(one); depth],
    }
}

fn golden(file: &str, table: &str) -> Vec<Value> {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let data: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    data[table].as_array().unwrap().clone()
}

fn widths(entry: &Value) -> Vec<usize> {
    entry["widths"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

fn network(entry: &Value) -> (Constants, InputNorm) {
    let widths = widths(entry);
    let depth = widths.len() - 1;
    let fourth = (!entry["x4"].is_null()).then(|| number(&entry["x4"]));
    let c = Constants {
        widths,
        weight_var: layers(&entry["sw2"], depth),
        bias_var: layers(&entry["sb2"], depth),
        alpha: layers(&entry["alpha"], depth),
        beta: layers(&entry["beta"], depth),
        weight_kurtosis: number(&entry["kap"]),
        bias_kurtosis: number(&entry["kapb"]),
    };
    (c, InputNorm::new(number(&entry["x2"]), fourth).unwrap())
}

/// Asks for a relative difference of 1e-12: at most 1000 layers of about 10 roundings, and rounded inputs.
#[track_caller]
fn agrees(entry: &Value, field: &str, got: Scaled) {
    let want = number(&entry[field]);
    assert_relative(got.to_f64(), want, 1e-12, &format!("{} {field}", entry["id"]));
}

#[test]
fn moments_agree_with_high_precision_values() {
    for entry in golden("finite-relu.json", "moments") {
        let (c, input) = network(&entry);
        let m: ReluMoments = relu_moments(&c, &input).unwrap();
        agrees(&entry, "mean", m.mean);
        agrees(&entry, "second_moment", m.second_moment);
        agrees(&entry, "dispersion", m.dispersion);
        let log = number(&entry["dispersion"]).ln();
        // The logarithm of a reference rounded to f64 is known to ε absolutely.
        assert!((m.log_dispersion - log).abs() < 1e-12 * log + f64::EPSILON, "{}", entry["id"]);
        if let Some(outputs) = &m.outputs {
            agrees(&entry, "E_Taa_Tbb", outputs.diagonal_product);
            agrees(&entry, "E_Tab_sq", outputs.off_diagonal_square);
            assert!(mean_first_update(&c, &input).is_err());
        } else {
            agrees(&entry, "S", m.update_sum);
            agrees(&entry, "dK_ae_over_eta", mean_first_update(&c, &input).unwrap());
        }
        if entry.get("mean_without_dead_correction").is_some() {
            let coins = m.without_dead_layers.unwrap();
            agrees(&entry, "mean_without_dead_correction", coins.mean);
            agrees(&entry, "second_moment_without_dead_correction", coins.second_moment);
        }
    }
}

/// 1e-10 absolute in a logarithm: random rounding of 1e5 layers, sqrt(1e5) ε ≈ 1e-13 for each of tens of operations,
/// and ε times the size 1e5 of the logarithm itself.
#[test]
fn logarithms_at_great_depth_agree_with_high_precision_values() {
    for entry in golden("finite-relu.json", "log_scaled") {
        let size = |key: &str| entry[key].as_u64().unwrap() as usize;
        let (n0, n, depth) = (size("n0"), size("n_hidden"), size("L"));
        let widths = constant_width(n0, n, depth);
        let c = constants(&widths, number(&entry["sw2"]), 0.0, 1.0, 0.0);
        let m = relu_moments(&c, &InputNorm::new(number(&entry["x2"]), None).unwrap()).unwrap();
        let closed = weights_only(&widths).unwrap();
        for (field, got) in [
            ("log_mean", m.mean.ln()),
            ("log_dispersion", m.log_dispersion),
            ("log_second_moment", m.second_moment.ln()),
            ("log_S", m.update_sum.ln()),
            ("log_P", closed.log_p),
            ("g", closed.g),
            ("log_dispersion", closed.log_dispersion),
            ("log_S", closed.log_update_ratio + 2.0 * m.mean.ln()),
        ] {
            let want = number(&entry[field]);
            assert!((got - want).abs() < 1e-10, "L {depth} n {n} {field}: got {got}, want {want}");
        }
    }
}

#[test]
fn limits_agree_with_high_precision_values() {
    for entry in golden("finite-relu.json", "limits") {
        let limits = relu_limits(number(&entry["lam"])).unwrap();
        for (field, got) in [("D_w", limits.d_w), ("D_b", limits.d_b), ("C", limits.cross), ("sigma", limits.sigma)] {
            // e^{25} at λ = 5 costs 25 ε.
            assert_relative(got.to_f64(), number(&entry[field]), 1e-14, &format!("λ {} {field}", entry["lam"]));
        }
    }
}

/// The reference is in f64, with at most some ten layers.
#[test]
fn crossing_term_agrees_with_reference_values() {
    for entry in golden("finite-relu.json", "kink") {
        let c = constants(&widths(&entry), number(&entry["sw2"]), 0.0, 1.0, 0.0);
        let input = InputNorm::new(number(&entry["x2"]), None).unwrap();
        let update = crossing_update(&c, &input, number(&entry["y"])).unwrap();
        let want = number(&entry["kink_leading_over_eta"]);
        assert_relative(update.crossing.to_f64(), want, 1e-13, "crossing");
        assert_relative(update.finite_step.to_f64(), want + update.fixed_pattern.to_f64(), 1e-13, "step");
    }
}

/// Rationals and decimals of another derivation, at |x|² = n_0; 1e-13 for at most some hundred roundings.
#[test]
fn second_moments_agree_with_exact_rationals() {
    for entry in golden("one-over-n.json", "relu_exact_finite_width") {
        let mut list = vec![4];
        list.extend(widths(&entry));
        list.push(1);
        let c = constants(&list, number(&entry["sw2"]), number(&entry["sb2"]), 1.0, 0.0);
        let m = relu_moments(&c, &InputNorm::new(4.0 * number(&entry["q0"]), None).unwrap()).unwrap();
        assert_relative(m.mean.to_f64(), number(&entry["E_Theta"]), 1e-15, "mean");
        assert_relative(m.second_moment.to_f64(), number(&entry["E_Theta2_exact"]), 1e-13, "second moment");
        assert_relative(m.relative_variance.to_f64(), number(&entry["relvar_exact"]), 1e-13, "relative variance");
    }
}
