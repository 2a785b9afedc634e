//! Outcomes as lines of a terminal.

use std::path::Path;

use fathom_ntk::report::number;
use fathom_ntk::studies::JudgedClaim;

use super::Reproduced;
use crate::page::{conclusion, expected};

/// All claims with what was measured.
pub(super) fn text(all: &[Reproduced], folder: &Path) -> String {
    let mut text = String::new();
    for done in all {
        let Reproduced { study, claims, pieces, seconds, .. } = done;
        let good = claims.iter().filter(|claim| claim.passed).count();
        let outcome = match claims.len() {
            0 => "a trial, claims not judged".to_owned(),
            all => format!("{good} of {all} claims as recorded"),
        };
        text += &format!("{study}: {outcome} ({pieces} pieces, {seconds:.0} s of work)\n");
        for claim in claims {
            text += &of_claim(claim);
        }
        text += &format!("  {}\n\n", folder.join(format!("{study}.html")).display());
    }
    text + &format!("{}\n", folder.join("index.html").display())
}

fn of_claim(judged: &JudgedClaim) -> String {
    let (_, words) = conclusion(judged);
    let mut text = format!("  {:<32}{}\n", words, judged.claim.id);
    for check in &judged.checks {
        let sign = if check.passed { "✓" } else { "✗" };
        let measured = check.measured.map_or("not measured".into(), number);
        text += &format!("    {sign} {measured}, {}: {}\n", expected(&check.check), check.check.what);
    }
    text
}
