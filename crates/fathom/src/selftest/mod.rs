//! High-precision test vectors, evaluated against this library.
//!
//! A vector file is a JSON object whose lists hold vectors: objects with exact inputs (decimal or rational strings, or
//! numbers) and the expected results. The kind of a vector is its `kind`, or the name of the list it stands in. Kinds
//! this version does not compute are reported as such, never passed over.
//!
//! [`evaluate`] reads the text of such a file; [`embedded`] are the vectors that travel with the library, made with 30 to
//! 400 digit arithmetic by other methods than those used here (two-dimensional quadrature, plain recursion in many
//! digits, exact rationals).

mod comparison;
mod decimal;
mod fields;
mod finite_relu;
mod infinite;
mod one_over_n;
mod outcome;
mod phases;
mod predictions;
mod summary;
mod tolerance;
mod two_inputs;

pub use outcome::{Outcome, SelftestError};
pub use summary::{KindSummary, summarise};
pub use tolerance::tolerance;

use fields::Fields;
use serde_json::Value;

/// The vectors that travel with the library: a name and the text of the file.
pub fn embedded() -> [(&'static str, &'static str); 3] {
    [
        ("infinite.json", include_str!("../../tests/golden/infinite.json")),
        ("finite-relu.json", include_str!("../../tests/golden/finite-relu.json")),
        ("one-over-n.json", include_str!("../../tests/golden/one-over-n.json")),
    ]
}

/// Computes every number of a vector file.
///
/// # Arguments
/// * `text`: the JSON document.
///
/// # Returns
/// One [`Outcome`] a number; one for each vector that could not be evaluated, with the reason. No vector, however wrong,
/// is an error: [`Outcome::failed`] and [`summarise`] tell what came of them. Vectors of more than $10^6$ weight layers
/// ($10^5$ unless φ is piecewise linear) are not evaluated.
///
/// # Errors
/// [`SelftestError::Json`] if the text is not a JSON object with at least one vector.
///
/// # Example
/// ```
/// use fathom_ntk::selftest::evaluate;
/// let file = r#"{"vectors": [{"kind": "dual", "act": "relu", "q1": "1", "q2": "1", "k": "0",
///                "value": "0.15915494309189533577", "deriv": "0.25"}]}"#;
/// let outcomes = evaluate(file)?;
/// assert_eq!(outcomes.len(), 2);
/// assert!(outcomes.iter().all(|o| o.relative_error.is_some_and(|e| e < 1e-15)));
/// # Ok::<(), fathom_ntk::selftest::SelftestError>(())
/// ```
pub fn evaluate(text: &str) -> Result<Vec<Outcome>, SelftestError> {
    let document: Value = serde_json::from_str(text).map_err(|e| SelftestError::Json { message: e.to_string() })?;
    let Value::Object(lists) = document else {
        return Err(SelftestError::Json { message: "expected an object with lists of vectors".into() });
    };
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for (list, value) in &lists {
        let vectors = match value {
            Value::Array(vectors) => vectors.as_slice(),
            // A list of one may be written as the vector itself.
            Value::Object(_) => std::slice::from_ref(value),
            _ => continue,
        };
        for vector in vectors {
            let kind = vector.get("kind").and_then(Value::as_str).unwrap_or(list);
            let index = seen.entry(kind.to_owned()).or_default();
            evaluate_one(kind, *index, vector, &mut outcomes);
            *index += 1;
        }
    }
    if outcomes.is_empty() {
        return Err(SelftestError::Json { message: "the document holds no vectors".into() });
    }
    Ok(outcomes)
}

fn evaluate_one(kind: &str, index: usize, vector: &Value, outcomes: &mut Vec<Outcome>) {
    let mut fields = Fields::new(kind, index, vector);
    let done = match kind {
        "dual" => infinite::dual(&mut fields),
        "mlp" => infinite::mlp(&mut fields),
        "resnet_relu" => infinite::resnet(&mut fields),
        "cnn_relu_circular" => infinite::circular(&mut fields),
        "relu_gap" => infinite::relu_gap(&mut fields),
        "depth_limit_relu_eoc" => infinite::depth_limit_relu(&mut fields),
        "depth_limit_erf_eoc" => infinite::depth_limit_erf(&mut fields),
        "krr" => predictions::regression(&mut fields),
        "dynamics" => predictions::dynamics(&mut fields),
        "phase" => phases::phase(&mut fields),
        "eoc" | "eoc_end" => phases::edge_of_chaos(&mut fields),
        "moments" => finite_relu::moments(&mut fields),
        "log_scaled" => finite_relu::log_scaled(&mut fields),
        "limits" => finite_relu::limits(&mut fields),
        "kink" => finite_relu::kink(&mut fields),
        "single_input" => one_over_n::single_input(&mut fields),
        "two_input_smooth" => two_inputs::smooth(&mut fields),
        "two_input_relu" => two_inputs::relu(&mut fields),
        "one_over_n" => two_inputs::one_over_n(&mut fields),
        "relu_exact_finite_width" => one_over_n::relu_exact_finite_width(&mut fields),
        "relu_closed_forms_sw2_2_sb2_0_q0_1" => one_over_n::relu_closed_forms(&mut fields),
        "per_layer_coefficients" => one_over_n::per_layer_coefficients(&mut fields),
        "relu_crossing_coefficient_sw2_2_sb2_0_q0_1_y0" => one_over_n::relu_crossing_coefficient(&mut fields),
        "relu_E_dH2_unit_widths" => one_over_n::relu_dh_squared(&mut fields),
        "half_stable_points" => one_over_n::half_stable_points(&mut fields),
        "chaotic_slopes" => one_over_n::chaotic_slopes(&mut fields),
        _ => Err("this kind is not covered by this version".into()),
    };
    outcomes.append(&mut fields.finish(done));
}
