//! Every published test vector, within the tolerance of its kind; and files that are wrong.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeMap;

use fathom_ntk::selftest::{KindSummary, Outcome, embedded, evaluate, summarise, tolerance};
use serde_json::{Value, json};

/// The fields of a kind that are not expected numbers, and the error allowed (absolute for `log_scaled`).
///
/// The errors allowed are those of a user who compares by hand; where they come from: [`tolerance`].
const KINDS: &[(&str, &[&str], f64)] = &[
    ("dual", &["act", "q1", "q2", "k"], 1e-12),
    ("mlp", &["act", "sw2", "sb2", "xx", "yy", "xy", "L"], 1e-12),
    // The longest vectors are 100,000 layers deep.
    ("relu_gap", &["sw2", "sb2", "q_start", "u0", "L"], 1e-11),
    ("depth_limit_relu_eoc", &["sw2", "sb2", "q", "u0", "L"], 1e-11),
    ("depth_limit_erf_eoc", &["qstar", "sw2", "sb2", "u0", "L", "beta"], 1e-11),
    ("phase", &["act", "sw2", "sb2"], 1e-11),
    ("eoc", &["act", "sigma_b", "residual"], 1e-11),
    ("eoc_end", &["act", "sigma_b"], 1e-11),
    ("moments", &["widths", "sw2", "x2", "x4", "sb2", "alpha", "beta", "kap", "kapb", "mean_is_for"], 1e-12),
    ("log_scaled", &["L", "n0", "n_hidden", "nL", "sw2", "x2"], 1e-10),
    ("limits", &["lam"], 1e-12),
    ("cnn_relu_circular", &["residual", "sw2", "sb2", "kernel_half_width", "X", "Y", "L", "order"], 1e-11),
    ("resnet_relu", &["lambda_sq", "sw2", "sb2", "xx", "yy", "xy", "L"], 1e-11),
    ("krr", &["act", "sw2", "sb2", "L", "data"], 1e-11),
    ("dynamics", &["act", "sw2", "sb2", "L", "data"], 1e-11),
    ("kink", &["precision", "widths", "sw2", "x2", "y"], 1e-8),
    ("single_input", &["activation", "L", "widths", "sw2", "sb2", "q0"], 1e-11),
    ("two_input_smooth", &["activation", "L", "widths", "sw2", "sb2", "gram", "quadrature_rel_agreement"], 1e-10),
    ("two_input_relu", &["activation", "L", "widths", "sw2", "sb2", "gram"], 1e-11),
    ("one_over_n", &["precision", "act", "sw2", "sb2", "beta", "widths", "X", "entry_order"], 1e-10),
    ("relu_exact_finite_width", &["widths", "sw2", "sb2", "q0"], 1e-11),
    ("relu_closed_forms_sw2_2_sb2_0_q0_1", &["L"], 1e-11),
    ("per_layer_coefficients", &["activation", "L", "sw2", "sb2", "q0"], 1e-11),
    ("relu_crossing_coefficient_sw2_2_sb2_0_q0_1_y0", &[], 1e-11),
    ("relu_E_dH2_unit_widths", &[], 1e-11),
    ("half_stable_points", &[], 1e-11),
    ("chaotic_slopes", &["activation", "sw2", "sb2"], 1e-11),
];

const NOT_COVERED: [&str; 0] = [];

fn leaves(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Array(list) => list.iter().map(leaves).sum(),
        Value::Object(fields) => fields.values().map(leaves).sum(),
        _ => 1,
    }
}

/// Counts the expected numbers of every kind without the code under test.
fn expected_numbers(text: &str) -> BTreeMap<String, usize> {
    let document: Value = serde_json::from_str(text).unwrap();
    let mut counts = BTreeMap::new();
    for (list, value) in document.as_object().unwrap() {
        let vectors: Vec<&Value> = match value {
            Value::Array(vectors) => vectors.iter().collect(),
            Value::Object(_) => vec![value],
            _ => continue,
        };
        for vector in vectors {
            let kind = vector.get("kind").and_then(Value::as_str).unwrap_or(list);
            let Some((_, inputs, _)) = KINDS.iter().find(|(known, ..)| *known == kind) else { continue };
            let fields = vector.as_object().unwrap().iter();
            let expected = fields.filter(|(key, _)| !["kind", "id", "note"].contains(&key.as_str()));
            *counts.entry(kind.to_owned()).or_insert(0) += expected
                .filter(|(key, _)| !inputs.contains(&key.as_str()))
                .map(|(_, value)| leaves(value))
                .sum::<usize>();
        }
    }
    counts
}

#[test]
fn every_vector_is_reproduced_within_the_tolerance_of_its_kind() {
    let mut failures = Vec::new();
    for (name, text) in embedded() {
        for outcome in evaluate(text).unwrap() {
            let error = outcome.error();
            let Outcome { kind, index, field, computed, expected, .. } = outcome;
            let Some((_, _, allowed)) = KINDS.iter().find(|(known, ..)| *known == kind) else { continue };
            if !error.is_some_and(|error| error <= *allowed) {
                failures.push(format!("{name} {kind}[{index}].{field:?}: {computed} for {expected}, {error:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_number_of_every_covered_kind_is_evaluated_and_within_the_stated_tolerance() {
    let mut not_covered = Vec::new();
    for (name, text) in embedded() {
        let summary = summarise(&evaluate(text).unwrap());
        let mut counts = expected_numbers(text);
        for KindSummary { kind, numbers, not_evaluated, failed, worst_error, .. } in summary {
            if NOT_COVERED.contains(&kind.as_str()) {
                assert!(numbers == 0 && not_evaluated > 0, "{kind}");
                assert_eq!(tolerance(&kind, 1, false), None);
                not_covered.push(kind);
                continue;
            }
            assert_eq!((not_evaluated, failed), (0, 0), "{name} {kind}: worst error {worst_error:?}");
            assert_eq!(counts.remove(&kind), Some(numbers), "{name} {kind}");
        }
        assert!(counts.is_empty(), "{name}: {counts:?}");
    }
    not_covered.sort();
    assert_eq!(not_covered, NOT_COVERED);
}

#[test]
fn stated_tolerances_are_those_of_the_table() {
    for (kind, _, allowed) in KINDS {
        let depth = if *kind == "relu_gap" { 100_000 } else { 10 };
        let stated = tolerance(kind, depth, *kind == "log_scaled").unwrap();
        // 100,000 layers times 1e-13 / 1000 rounds.
        assert!((stated - allowed).abs() < 1e-12 * allowed, "{kind}");
    }
    assert_eq!(tolerance("relu_gap", 10, false), Some(1e-13));
    assert_eq!(tolerance("log_scaled", 10, false), Some(1e-12));
}

/// Each kind once, with one expected number off by a factor 1 + 1e-6 (or by 1e-6 in a logarithm).
#[test]
fn a_wrong_number_is_reported_with_its_error() {
    for (_, text) in embedded() {
        let original: Value = serde_json::from_str(text).unwrap();
        for outcome in evaluate(text).unwrap() {
            let (Some(field), Some(computed)) = (&outcome.field, outcome.computed.as_f64()) else { continue };
            if outcome.index > 0 || field.contains(['[', '.']) || computed == 0.0 {
                continue;
            }
            let wrong = if outcome.absolute_error.is_some() { computed + 1e-6 } else { computed * (1.0 + 1e-6) };
            let mut document = original.clone();
            let slot = document.as_object_mut().unwrap().iter_mut().find_map(|(list, value)| match value {
                Value::Array(vectors) => vectors.iter_mut().find(|v| match v.get("kind") {
                    Some(kind) => kind == outcome.kind.as_str(),
                    None => *list == outcome.kind,
                }),
                one => (*list == outcome.kind).then_some(one),
            });
            slot.unwrap()[field] = json!(wrong);
            // Only the vector that was changed, so that the test stays fast.
            let vector = slot_of(&document, &outcome.kind);
            let file = json!({ outcome.kind.clone(): [vector] }).to_string();
            let again = evaluate(&file).unwrap();
            let failed: Vec<&Outcome> = again.iter().filter(|o| o.failed()).collect();
            assert_eq!(failed.len(), 1, "{} {field}", outcome.kind);
            assert_eq!(failed[0].field.as_ref(), Some(field));
            let error = failed[0].error().unwrap();
            // The logarithms have up to 1e5 ε of their own.
            assert!((error - 1e-6).abs() < 1e-9, "{} {field}: {error:e}", outcome.kind);
            let summary = summarise(&again);
            assert_eq!((summary[0].failed, summary[0].worst_error), (1, Some(error)));
        }
    }
}

fn slot_of(document: &Value, kind: &str) -> Value {
    let lists = document.as_object().unwrap();
    let vectors = lists.iter().find_map(|(list, value)| match value {
        Value::Array(vectors) => vectors.iter().find(|v| v.get("kind").map_or(list == kind, |named| named == kind)),
        one => (list == kind).then_some(one),
    });
    vectors.unwrap().clone()
}

fn outcomes(kind: &str, vector: &Value) -> Vec<Outcome> {
    evaluate(&json!({ kind: [vector] }).to_string()).unwrap()
}

#[track_caller]
fn refused(kind: &str, vector: Value, because: &str) {
    let outcomes = outcomes(kind, &vector);
    let reasons: Vec<&str> = outcomes.iter().filter_map(|o| o.not_evaluated.as_deref()).collect();
    assert!(reasons.iter().any(|r| r.contains(because)), "{kind} {vector}: {outcomes:?}");
    assert!(outcomes.iter().all(|o| !o.failed()), "{outcomes:?}");
}

#[test]
fn wrong_words_and_infinities_fail() {
    let vector = json!({ "act": "erf", "sw2": "4", "sb2": "0.3", "phase": "ordered", "ntk_diag_limit": "1" });
    let outcomes = outcomes("phase", &vector);
    assert_eq!(outcomes.iter().filter(|o| o.failed() && o.relative_error == Some(f64::INFINITY)).count(), 2);
}

#[test]
fn malformed_vectors_are_not_evaluated_for_a_stated_reason() {
    refused("dual", json!({ "act": "relu", "q1": "1", "q2": "1" }), "the field k is missing");
    refused("dual", json!({ "act": "relo", "q1": "1", "q2": "1", "k": "0" }), "unknown activation");
    refused("dual", json!({ "act": 7, "q1": "1", "q2": "1", "k": "0" }), "act is not a text");
    refused("dual", json!({ "act": "leaky", "q1": "1", "q2": "1", "k": "0" }), "unknown activation");
    for bad in ["", "abc", "1/0", "1/2/3", "1e999", "1e-2147483648", "--1", ".", "1.2.3", "NaN", "inf", "١"] {
        refused("dual", json!({ "act": "relu", "q1": bad, "q2": "1", "k": "0" }), "the field q1 is not a number");
    }
    refused("dual", json!({ "act": "relu", "q1": "-1", "q2": "1", "k": "0" }), "");
    refused("dual", json!("text"), "missing");
    refused("dual", json!([1, 2]), "missing");
    let good = json!({ "act": "relu", "q1": "1", "q2": "1", "k": "0" });
    for (name, value) in [("value", json!("one")), ("value", json!([1])), ("value", json!("1e2000000000"))] {
        let mut vector = good.clone();
        vector[name] = value;
        refused("dual", vector, "the expected value is not a number");
    }
    let mut misspelt = good.clone();
    misspelt["derivative"] = json!("0.25");
    refused("dual", misspelt, "no such field");
    refused("moments", json!({ "widths": [3, 0, 1], "sw2": "2" }), "missing");
    refused("no_such_kind", json!({}), "not covered");
}

#[test]
fn lists_of_other_lengths_are_not_passed_over() {
    let mlp = |nngp: Value| json!({ "act": "linear", "sw2": "1", "sb2": "0", "xx": "1", "yy": "1", "xy": "0", "L": 1, "nngp": nngp });
    refused("mlp", mlp(json!(["1", "1", "0", "5"])), "3 entries");
    refused("mlp", mlp(json!("1")), "not a list");
}

#[test]
fn bad_networks_are_not_evaluated_for_the_reason_of_the_library() {
    let moments = |widths: Value, sw2: Value| {
        json!({ "widths": widths, "sw2": sw2, "x2": "3", "x4": null, "sb2": "0", "alpha": "1", "beta": "0", "kap": "0",
                "kapb": "0", "mean": "1" })
    };
    refused("moments", moments(json!([3, 0, 1]), json!("2")), "at least 1");
    refused("moments", moments(json!([3]), json!("2")), "at least one weight layer");
    refused("moments", moments(json!([]), json!("2")), "at least one weight layer");
    refused("moments", moments(json!([3, 4, 1]), json!(["2"])), "sw2 lists 1 values");
    refused("moments", moments(json!([3, 4, 1]), json!("-2")), "weight_var");
    refused("moments", moments(json!([3, -4, 1]), json!("2")), "not a count");
    refused("moments", moments(json!([3, 4.5, 1]), json!("2")), "not a count");
    refused("limits", json!({ "lam": "-1", "C": "1" }), "lambda");
    refused("relu_gap", json!({ "q_start": ["1"], "sw2": "2", "sb2": "0", "u0": "1", "L": 3 }), "two numbers");
    refused("relu_gap", json!({ "q_start": ["1", "1"], "sw2": "2", "sb2": "0", "u0": "3", "L": 3 }), "");
    refused("chaotic_slopes", json!({ "activation": "relu", "sw2": "2", "sb2": "0", "SL": 1 }), "fixed point");
    refused("half_stable_points", json!({ "tanh": { "c": "1" } }), "tanh");
    refused("relu_E_dH2_unit_widths", json!({ "two": "1" }), "number of weight layers");
    refused("eoc", json!({ "act": "softplus", "sigma_b": "0.1", "sw2": "1" }), "edge of chaos");
    refused("phase", json!({ "act": "relu", "sw2": "2", "sb2": "0", "qstar": "1" }), "no value");
    let single =
        json!({ "activation": "tanh", "L": 3, "widths": [1], "sw2": "1", "sb2": "0", "q0": "1", "values": {} });
    refused("single_input", single, "L - 1");
    refused(
        "single_input",
        json!({ "activation": "tanh", "L": 2, "widths": [1], "sw2": "1", "sb2": "0", "q0": "1",
                                    "values": { "Kay": "1" } }),
        "no such field",
    );
}

#[test]
fn bad_vectors_of_two_inputs_are_not_evaluated_for_a_reason() {
    let smooth = |gram: Value| {
        json!({ "activation": "tanh", "L": 2, "widths": [4], "sw2": 1.5, "sb2": 0.1, "gram": gram,
                "values": { "Theta01": "1" } })
    };
    refused("two_input_smooth", smooth(json!([[1, 0.3], [0.4, 1]])), "not symmetric");
    refused("two_input_smooth", smooth(json!([[1, 0.3]])), "2 by 2");
    refused("two_input_smooth", smooth(json!([[1, 0.3], [0.3]])), "2 by 2");
    refused("two_input_smooth", smooth(json!([[1, "x"], [0.3, 1]])), "not a list of numbers");
    refused("two_input_smooth", smooth(json!([[1, 2], [2, 1]])), "inner products");
    let mut vector = smooth(json!([[1, 0.3], [0.3, 1]]));
    vector["activation"] = json!("relu");
    refused("two_input_smooth", vector.clone(), "kink");
    vector["activation"] = json!("elu");
    refused("two_input_relu", vector.clone(), "analytic");
    vector["widths"] = json!([4, 4]);
    refused("two_input_relu", vector, "L - 1");
    let sixty = |widths: Value, beta: f64, x: &str| {
        json!({ "act": "tanh", "widths": widths, "sw2": 1.5, "sb2": 0.1, "beta": beta, "X": x, "entry_order": "[11,12,22]",
                "precision": "float64", "variance": [1, 1, 1] })
    };
    let x = "columns sqrt(3)*(1,0,0) and sqrt(3)*(1/2,sqrt(3)/2,0)";
    refused("one_over_n", sixty(json!([3, 4, 1]), 0.1, "columns (1,0,0) and (0,1,0)"), "the field X");
    refused("one_over_n", sixty(json!([4, 4, 1]), 0.1, x), "begin with 3");
    refused("one_over_n", sixty(json!([3, 4, 1]), 0.7, x), "beta");
}

/// A file must not be able to take the machine's memory or days of its time.
#[test]
fn excessive_depths_are_refused() {
    for depth in [json!(1_000_000_000_000_u64), json!("18446744073709551615"), json!(0)] {
        let pair = json!({ "act": "tanh", "q": "1", "qstar": "0.5", "sw2": "2", "sb2": "0.1", "xx": "1", "yy": "1",
                           "xy": "0", "u0": "0.5", "q_start": ["1", "1"], "L": depth, "n0": 1, "n_hidden": 1, "nL": 1,
                           "x2": "1", "activation": "tanh", "q0": 1, "widths": [] });
        for kind in [
            "mlp",
            "relu_gap",
            "depth_limit_relu_eoc",
            "depth_limit_erf_eoc",
            "log_scaled",
            "single_input",
            "relu_closed_forms_sw2_2_sb2_0_q0_1",
            "per_layer_coefficients",
        ] {
            refused(kind, pair.clone(), "must be between 1 and");
        }
    }
    let by_depth = json!({ "1000000000000": "1" });
    refused("relu_E_dH2_unit_widths", by_depth.clone(), "must be between 1 and");
    refused("relu_crossing_coefficient_sw2_2_sb2_0_q0_1_y0", by_depth, "must be between 1 and");
    refused("relu_closed_forms_sw2_2_sb2_0_q0_1", json!({ "L": 1e300 }), "not a count");
}

#[test]
fn hostile_texts_are_errors_or_reasons() {
    for text in ["", "[]", "{}", "null", "{\"vectors\": []}", "{\"vectors\": 3}", "{\"vectors\": [{\"kind\":"] {
        assert!(evaluate(text).is_err(), "{text}");
    }
    assert!(evaluate(&"[".repeat(1_000_000)).is_err());
    assert!(evaluate("{\"dual\": [1e999]}").is_err());
    let long = format!("1{}", "/1".repeat(1_000_000));
    refused("dual", json!({ "act": "relu", "q1": long, "q2": "1", "k": "0" }), "not a number");
    let digits = "9".repeat(1_000_000);
    refused("dual", json!({ "act": "relu", "q1": digits, "q2": "1", "k": "0" }), "not a number");
}

/// F = (π − θ)/(2π) at a right angle, and one layer above orthogonal inputs.
#[test]
fn an_activation_without_an_ntk_is_compared_by_its_nngp() {
    let dual = json!({ "act": "step", "q1": "2", "q2": "1", "k": "0", "value": "0.25", "deriv": null });
    let mlp = json!({ "act": "step", "sw2": "2", "sb2": "0", "xx": "1", "yy": "3", "xy": "0", "L": 2,
                      "nngp": ["1", "1", "0.5"] });
    for (kind, vector, numbers) in [("dual", dual, 1), ("mlp", mlp, 3)] {
        let summary = summarise(&outcomes(kind, &vector));
        assert_eq!((summary[0].numbers, summary[0].failed, summary[0].not_evaluated), (numbers, 0, 0));
    }
}
