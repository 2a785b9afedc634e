//! Pairs at moderate depth against brute-force integration in 42 digits (golden/pairs.py).

use serde_json::Value;

use super::{assert_close, kernel, network};

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

/// Σ and Θ are sums of positive terms, a few dozen roundings a layer. The gaps are squares of differences of φ: the same.
/// For unequal norms the gap is what $(\sqrt{q_1} - \sqrt{q_2})^2$ leaves of $E[(u - v)^2]$; where only a thousandth is
/// left, three digits are lost.
const ENTRIES: f64 = 1e-13;
const GAPS: f64 = 1e-12;

#[test]
fn kernels_and_gaps_agree_with_brute_force_integration() {
    let file: Value = serde_json::from_str(include_str!("../golden/pairs.json")).unwrap();
    let mut failures = Vec::new();
    for case in file["cases"].as_array().unwrap() {
        let get = |key: &str| case[key].as_f64().unwrap();
        for row in case["rows"].as_array().unwrap() {
            let depth = row["depth"].as_u64().unwrap() as usize;
            let name = case["activation"].as_str().unwrap();
            let arch = network(name, depth, get("weight_var"), get("bias_var"));
            let k = kernel(&arch, get("xx"), get("yy"), get("gap"));
            let mut check = |field: &str, got: f64, expected: f64, tolerance: f64| {
                let error = (got / expected - 1.0).abs();
                if error.is_nan() || error > tolerance {
                    let what = format!("{name} gap {:e} norms {} {} depth {depth}", get("gap"), get("xx"), get("yy"));
                    failures.push(format!("{what} {field}: {got:e} for {expected:e}, error {error:.1e}"));
                }
            };
            for i in 0..3 {
                check("nngp", k.nngp[i].to_f64(), number(&row["nngp"][i]), ENTRIES * depth as f64);
                check("ntk", k.ntk[i].to_f64(), number(&row["ntk"][i]), ENTRIES * depth as f64);
            }
            check("gap", k.gap.to_f64(), number(&row["gap"]), GAPS);
            check("ntk_gap", k.ntk_gap.to_f64(), number(&row["ntk_gap"]), GAPS);
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn exponentials_are_integrated_where_their_weight_lies() {
    // E exp(√q Z)² = exp(2q) has its mass around z = 2√q, far outside the usual range of integration.
    use fathom_ntk::activation::{Activation, Covariance};
    use fathom_ntk::infinite::Expectations;
    let exp: Activation = "exp".parse().unwrap();
    let expectations = Expectations::new(&exp);
    for q in [0.5_f64, 9.0, 36.0, 100.0_f64] {
        // exp amplifies the rounding of q.
        assert_close("value_sq", expectations.side(q).value_sq(), (2.0 * q).exp(), 1e-14 + 4e-16 * q);
        // E(e^u − e^v)² = e^{2 q1} + e^{2 q2} − 2 e^{(q1 + q2)/2 + k}.
        let (q2, c) = (0.5 * q, 0.25);
        let k = c * (q * q2).sqrt();
        let expected = (2.0 * q).exp() + (2.0 * q2).exp() - 2.0 * (0.5 * (q + q2) + k).exp();
        let moments = expectations.at(&Covariance::new(q, q2, k).unwrap());
        assert_close("value_gap_sq", moments.value_gap_sq, expected, 1e-12);
    }
}
