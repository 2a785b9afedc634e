//! The outcome of test vectors as a table.

use super::format::{Lines, number};
use crate::selftest::{KindSummary, Outcome};

/// What came of test vectors: a line for each kind, and the numbers that failed.
pub fn selftest_text(outcomes: &[Outcome], summary: &[KindSummary]) -> String {
    let mut lines = Lines::default();
    lines.raw(&format!("{:<48} {:>8} {:>12}  {:<9} {}", "kind", "numbers", "worst error", "", "result"));
    for kind in summary {
        let of = if kind.absolute { "absolute" } else { "relative" };
        let (worst, of) = kind.worst_error.map_or(("—".into(), ""), |e| (number(e), of));
        let result = match kind {
            KindSummary { failed: 0, not_evaluated: 0, .. } => "passed".to_owned(),
            KindSummary { failed: 0, numbers: 0, not_evaluated, .. } => {
                format!("{not_evaluated} not evaluated: {}", reason(outcomes, &kind.kind))
            }
            KindSummary { failed: 0, not_evaluated, .. } => {
                format!("passed; {not_evaluated} not evaluated: {}", reason(outcomes, &kind.kind))
            }
            KindSummary { failed, .. } => format!("{failed} FAILED"),
        };
        lines.raw(&format!("{:<48} {:>8} {worst:>12}  {of:<9} {result}", kind.kind, kind.numbers));
    }
    for o in outcomes.iter().filter(|o| o.failed()) {
        let field = o.field.as_deref().unwrap_or_default();
        let (error, allowed) =
            (o.error().map_or_else(String::new, number), o.tolerance.map_or_else(String::new, number));
        lines.raw(&format!(
            "failed: {}[{}] {field}: computed {}, expected {}, error {error}, allowed {allowed}",
            o.kind, o.index, o.computed, o.expected
        ));
    }
    let (numbers, failed): (usize, usize) =
        summary.iter().fold((0, 0), |(n, f), kind| (n + kind.numbers, f + kind.failed));
    lines.heading(&format!("{numbers} numbers compared, {failed} failed."));
    lines.finish()
}

fn reason<'a>(outcomes: &'a [Outcome], kind: &str) -> &'a str {
    outcomes.iter().filter(|o| o.kind == kind).find_map(|o| o.not_evaluated.as_deref()).unwrap_or_default()
}
