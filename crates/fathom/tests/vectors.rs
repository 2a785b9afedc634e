//! Every published test vector, within the tolerance of its kind.

use fathom_ntk::selftest::{Outcome, embedded, evaluate};

/// Largest error allowed for a kind (relative; absolute for logarithms).
fn tolerance(kind: &str) -> f64 {
    match kind {
        "dual" | "mlp" => 1e-12,
        "relu_gap" => 1e-13 * 100.0,
        "depth_limit_relu_eoc" | "depth_limit_erf_eoc" => 1e-11,
        _ => f64::NAN,
    }
}

#[test]
fn every_vector_is_reproduced_within_the_tolerance_of_its_kind() {
    let mut failures = Vec::new();
    for (name, text) in embedded() {
        for Outcome { kind, index, field, computed, expected, relative_error, not_evaluated, .. } in
            evaluate(text).unwrap()
        {
            let Some(error) = relative_error else {
                println!("{name} {kind}[{index}] not evaluated: {}", not_evaluated.unwrap());
                continue;
            };
            if !(error <= tolerance(&kind)) {
                failures.push(format!("{name} {kind}[{index}].{field:?}: {computed} for {expected}, error {error:e}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
