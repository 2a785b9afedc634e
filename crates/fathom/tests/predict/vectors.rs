//! Vectors of many digits, in every phase.

use fathom_ntk::selftest::evaluate;

/// Condition numbers up to $10^{120}$; kernels and solvers lose a few dozen roundings.
#[test]
fn regression_and_dynamics_agree_with_many_digits() {
    let outcomes = evaluate(include_str!("../golden/predict.json")).unwrap();
    let checked: Vec<_> = outcomes.iter().filter(|o| o.kind == "krr" || o.kind == "dynamics").collect();
    assert!(checked.len() > 150, "only {} numbers", checked.len());
    for outcome in checked {
        let error = outcome.error().unwrap_or(f64::INFINITY);
        assert!(error < 1e-12, "{outcome:?}");
    }
}
