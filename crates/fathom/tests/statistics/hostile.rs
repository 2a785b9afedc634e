//! Stored statistics that are damaged, by accident or on purpose.

use fathom_ntk::Scaled;
use fathom_ntk::statistics::{Ledger, Observables};
use serde_json::{Value, json};

use super::ledger;

fn stored() -> Value {
    let observables = Observables::new(["x", "y"]).unwrap().with_joint(&[0, 1]).unwrap();
    let draw =
        |i: u64| vec![Some(Scaled::from(i as f64 - 300.0)), (!i.is_multiple_of(5)).then_some(Scaled::from(i as f64))];
    serde_json::to_value(ledger(&observables, 800, draw)).unwrap()
}

/// The message with which the ledger is refused after a change.
fn refusal(place: &str, value: Value) -> String {
    let mut stored = stored();
    *stored.pointer_mut(place).unwrap() = value;
    serde_json::from_value::<Ledger>(stored).unwrap_err().to_string()
}

#[test]
fn every_inconsistency_is_refused_with_its_name() {
    assert!(serde_json::from_value::<Ledger>(stored()).is_ok());
    let x = "/nodes/0/summary/marginals/0";
    for (place, value, reason) in [
        ("/observables/names", json!(["x"]), "observable must be below 1"),
        ("/observables/names", json!(["x", "x"]), "differ"),
        ("/observables/names", json!(["x", "y", "z"]), "their number"),
        ("/observables/joint", json!([0]), "which of them are joint"),
        ("/observables/joint", json!([1, 0]), "not ascending"),
        ("/nodes/0/first", json!(1), "out of place"),
        ("/nodes/0/first", json!(u64::MAX), "out of place"),
        ("/nodes/0/level", json!(64), "out of place"),
        ("/nodes/0/level", json!(u32::MAX), "out of place"),
        ("/nodes/0/level", json!(2), "wrong number of draws"),
        ("/nodes/1/first", json!(0), "twice or out of order"),
        ("/nodes/0/first", json!(8), "twice or out of order"),
        ("/tails/0/first", json!(1), "twice or out of order"),
        ("/tails/0/level", json!(1), "not full is out of place"),
        ("/tails/0/first", json!(u64::MAX), "not full is out of place"),
        ("/nodes/0/summary/draws", json!(0), "number of draws"),
        ("/nodes/0/summary/draws", json!(u64::MAX), "number of draws"),
        (&format!("{x}/count"), json!(511), "another number of draws"),
        (&format!("{x}/undefined"), json!(u64::MAX), "another number of draws"),
        (&format!("{x}/m2"), json!([-1.0, 0]), "even powers"),
        (&format!("{x}/m4/1"), json!(i64::MAX), "out of range"),
        (&format!("{x}/mean"), json!([0.0, 1]), "not normalised"),
        (&format!("{x}/mean"), json!([1e300, 0]), "not normalised"),
        (&format!("{x}/mean"), json!([null, 0]), "null"),
        (&format!("{x}/least"), json!([900.0, 0]), "least value is above"),
        (&format!("{x}/greatest"), json!([0.0, 0]), "disagree in sign"),
        (&format!("{x}/log_m2"), json!(-1.0), "logarithm"),
        (&format!("{x}/log_mean"), json!(1e300), "logarithm"),
        (&format!("{x}/sketch/zero"), json!(2), "another number of draws"),
        (&format!("{x}/sketch/zero"), json!(u64::MAX), "count of a histogram"),
        (&format!("{x}/sketch/coarsening"), json!(61), "too large"),
        (&format!("{x}/sketch/positive"), json!(vec![(0, 1); 2]), "not ascending"),
        (&format!("{x}/sketch/positive"), json!([[i64::MIN, 1]]), "out of range"),
        (&format!("{x}/sketch/positive"), json!([[0, 0]]), "count of a histogram"),
        (&format!("{x}/sketch/positive"), json!((0..5_000).map(|i| (i, 1)).collect::<Vec<_>>()), "too large"),
        ("/nodes/0/summary/joint/products", json!([[1.0, 0]]), "wrong size"),
        ("/nodes/0/summary/joint/products/0/0", json!(-1.0), "sum of squares"),
        ("/nodes/0/summary/joint/count", json!(500), "more draws than there are"),
        ("/nodes/0/summary/joint/members", json!((0..300).collect::<Vec<_>>()), "at most 256"),
        ("/nodes/0/summary/marginals", json!([]), "more draws than there are"),
    ] {
        let message = refusal(place, value);
        assert!(message.contains(reason), "{place}: {message:?} does not say {reason:?}");
    }
}

#[test]
fn halves_that_are_not_merged_are_refused() {
    let mut stored = stored();
    let half = stored["nodes"][1].clone();
    let (mut left, mut right) = (half.clone(), half);
    left["first"] = json!(4);
    right["first"] = json!(5);
    stored["nodes"] = json!([left, right]);
    let message = serde_json::from_value::<Ledger>(stored).unwrap_err().to_string();
    assert!(message.contains("halves"), "{message}");
}

#[test]
fn truncated_and_altered_text_never_panics() {
    let text = serde_json::to_string(&stored()).unwrap();
    for end in (0..text.len()).step_by(97) {
        assert!(serde_json::from_str::<Ledger>(&text[..end]).is_err());
    }
    // Any digit replaced: refused, or a ledger that can be used.
    let mut read = 0;
    for place in (0..text.len()).step_by(53).filter(|&place| text.as_bytes()[place].is_ascii_digit()) {
        let altered = format!("{}9{}", &text[..place], &text[place + 1..]);
        if let Ok(ledger) = serde_json::from_str::<Ledger>(&altered) {
            let total = ledger.total().unwrap();
            let x = total.marginal(0).unwrap();
            assert!(x.mean().unwrap().value.is_finite());
            x.quantile(0.37).unwrap();
            x.tails(None).unwrap().warnings();
            read += 1;
        }
    }
    assert!(read > 10, "only {read} altered files were readable");
}
