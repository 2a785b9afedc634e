//! Outcomes counted by kind.

use serde::Serialize;

use super::Outcome;

/// What came of all vectors of one kind; made by [`summarise`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindSummary {
    /// The kind.
    pub kind: String,
    /// Numbers (and words) that were computed and compared.
    pub numbers: usize,
    /// Numbers, or whole vectors, that were not evaluated.
    pub not_evaluated: usize,
    /// Numbers whose error exceeds the [tolerance](super::tolerance) of the kind.
    pub failed: usize,
    /// Largest error; `None` if nothing was compared. Infinite for a wrong word or infinity, and where NaN was computed.
    pub worst_error: Option<f64>,
    /// Whether the largest error is an absolute difference of logarithms.
    pub absolute: bool,
}

/// Counts outcomes by kind, in the order in which the kinds appear.
///
/// # Example
/// ```
/// use fathom_ntk::selftest::{evaluate, summarise};
/// let file = r#"{"limits": [{"lam": "2", "D_w": "9585.592848992582526941789"}], "krr": [{"L": 5}]}"#;
/// let summary = summarise(&evaluate(file)?);
/// let limits = summary.iter().find(|s| s.kind == "limits").ok_or("no such kind")?;
/// assert_eq!((limits.numbers, limits.failed), (1, 0));
/// assert!(summary.iter().any(|s| s.kind == "krr" && s.not_evaluated == 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn summarise(outcomes: &[Outcome]) -> Vec<KindSummary> {
    let mut kinds: Vec<KindSummary> = Vec::new();
    for outcome in outcomes {
        let place = kinds.iter().position(|s| s.kind == outcome.kind).unwrap_or_else(|| {
            kinds.push(KindSummary {
                kind: outcome.kind.clone(),
                numbers: 0,
                not_evaluated: 0,
                failed: 0,
                worst_error: None,
                absolute: false,
            });
            kinds.len() - 1
        });
        let summary = &mut kinds[place];
        let Some(error) = outcome.error() else {
            summary.not_evaluated += 1;
            continue;
        };
        let error = if error.is_nan() { f64::INFINITY } else { error };
        summary.numbers += 1;
        summary.failed += usize::from(outcome.failed());
        if summary.worst_error.is_none_or(|worst| error > worst) {
            summary.worst_error = Some(error);
            summary.absolute = outcome.absolute_error.is_some();
        }
    }
    kinds
}
