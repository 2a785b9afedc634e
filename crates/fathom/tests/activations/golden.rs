//! Duals against numbers computed with many digits by other formulas.

use fathom_ntk::activation::{Activation, Covariance};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_str().map_or_else(|| value.as_f64().unwrap(), |text| text.parse().unwrap())
}

/// 1 − |k| of a decimal text below 1 in size: exact up to one rounding, since 20 decimals fit into a `u128`.
fn gap_of_unit_decimal(text: &str) -> f64 {
    let digits = text.trim_start_matches('-').strip_prefix("0.").unwrap();
    let scale = 10_u128.pow(digits.len() as u32);
    (scale - digits.parse::<u128>().unwrap()) as f64 / scale as f64
}

/// The covariance of decimal strings, read as exact decimals.
fn covariance(q1: &str, q2: &str, k: &str) -> Covariance {
    let (a, b, c) = (q1.parse::<f64>().unwrap(), q2.parse::<f64>().unwrap(), k.parse::<f64>().unwrap());
    if (a, b) != (1.0, 1.0) {
        return Covariance::new(a, b, c).unwrap();
    }
    let small = gap_of_unit_decimal(k);
    if c > 0.0 {
        Covariance::from_gaps(1.0, 1.0, small, 2.0 - small).unwrap()
    } else {
        Covariance::from_gaps(1.0, 1.0, 2.0 - small, small).unwrap()
    }
}

fn assert_close(what: &str, got: f64, expected: f64, tolerance: f64) {
    let error = if expected == 0.0 { got.abs() } else { (got / expected - 1.0).abs() };
    assert!(error <= tolerance, "{what}: {got:e}, not {expected:e} ({error:e})");
}

#[test]
fn dual_vectors_are_reproduced() {
    let file: Value = serde_json::from_str(include_str!("../golden/infinite.json")).unwrap();
    let mut checked = 0;
    for v in file["vectors"].as_array().unwrap().iter().filter(|v| v["kind"] == "dual") {
        let name = match v["act"].as_str().unwrap() {
            "leaky0.1" => "leaky-relu:0.1",
            "poly" => "polynomial:0.25,1,-0.5,0.125",
            other => other,
        };
        let phi: Activation = name.parse().unwrap();
        let text = |key: &str| v[key].as_str().unwrap();
        let Some(dual) = phi.dual(&covariance(text("q1"), text("q2"), text("k"))) else { continue };
        // A few roundings; the vectors have 20 digits.
        assert_close(&format!("{name} value {v}"), dual.value, number(&v["value"]), 4e-15);
        assert_close(&format!("{name} slope {v}"), dual.slope, number(&v["deriv"]), 4e-15);
        checked += 1;
    }
    assert_eq!(checked, 27);
}

#[test]
fn duals_and_gaps_keep_relative_accuracy_at_harsh_covariances() {
    let entries: Vec<Value> = serde_json::from_str(include_str!("../golden/dual.json")).unwrap();
    assert!(entries.len() > 300);
    for v in &entries {
        let phi: Activation = v["act"].as_str().unwrap().parse().unwrap();
        let [q1, q2, gap, cogap] = ["q1", "q2", "gap", "cogap"].map(|key| v[key].as_f64().unwrap());
        let c = if gap <= 1.0 {
            Covariance::from_gaps(q1, q2, gap, 2.0 - gap).unwrap()
        } else {
            Covariance::from_gaps(q1, q2, 2.0 - cogap, cogap).unwrap()
        };
        let (dual, difference) = (phi.dual(&c).unwrap(), phi.dual_gap(&c).unwrap());
        for (what, got) in [
            ("value", dual.value),
            ("slope", dual.slope),
            ("value_gap", difference.value),
            ("slope_gap", difference.slope),
        ] {
            // Some ten roundings; the exponents of exp reach 61, each half of whose last place counts as much.
            assert_close(&format!("{what} of {v}"), got, number(&v[what]), 1e-14);
        }
    }
}

#[test]
fn values_slopes_and_jets_are_reproduced() {
    let entries: Vec<Value> = serde_json::from_str(include_str!("../golden/jets.json")).unwrap();
    assert!(entries.len() > 290);
    for v in &entries {
        let phi: Activation = v["act"].as_str().unwrap().parse().unwrap();
        let z = v["z"].as_f64().unwrap();
        let jet = phi.jet(z);
        let expected: Vec<f64> = v["jet"].as_array().unwrap().iter().map(number).collect();
        // Rounding z²/2 in an exponent costs z²/2 · ε.
        let rounding = 2.3e-16 * (5.0 + 0.5 * z * z);
        assert_close(&format!("value of {v}"), phi.value(z), expected[0], rounding);
        assert_close(&format!("slope of {v}"), phi.slope(z), expected[1], rounding);
        for order in 0..jet.len() {
            // Quotient recurrences amplify a rounding up to a hundred times over six orders. Next to a zero of
            // one derivative its neighbours set the size of the terms that cancel.
            let neighbours = expected[order.saturating_sub(1)].abs() + expected[(order + 1).min(6)].abs();
            let allowed = (3e-14 + rounding) * expected[order].abs() + 4e-16 * neighbours;
            let error = (jet[order] - expected[order]).abs();
            assert!(error <= allowed, "order {order} of {v}: {:e} (allowed {allowed:e})", jet[order]);
        }
    }
}
