//! The page of `fathom sweep`.

use fathom_ntk::analysis::sweep::{Status, SweepCommand, Table};
use fathom_ntk::report::sweep_parts;

use super::document::{Page, Tone};
use super::references::{BEYOND, HANIN_NICA, TRUST};
use super::story::{Meaning, Story};
use crate::plot::Figure;

const MEANINGS: &[Meaning] = &[
    (
        "Sweep",
        "Every combination of the settings is a cell, and every cell one run of the command, with a seed that its settings and \
         nothing else decide. The cells with the smallest and the largest values are named.",
    ),
    (
        "Means over",
        "Cells that differ in their seed alone are one row: the mean, and its standard error, which is the spread over the seeds \
         divided by the root of their number. Two rows differ where they are several standard errors apart.",
    ),
    ("Cells", "One row for each cell."),
];

/// What was found, with what each number means.
///
/// # Arguments
/// * `missing`: cells that are planned, but not done.
pub(crate) fn sweep_page(
    (command_swept, table): (SweepCommand, &Table),
    source: &str,
    missing: usize,
    figure: Option<Figure>,
    command: &str,
) -> Page {
    let [done, diverged, failed] = [Status::Done, Status::Diverged, Status::Failed].map(|status| table.count(status));
    let tone = match (missing, diverged + failed) {
        (0, 0) => Tone::Good,
        _ if done > 0 => Tone::Doubtful,
        _ => Tone::Bad,
    };
    let answer = format!("Cells: {done} done, {diverged} diverged, {failed} failed, {missing} missing.");
    let parameters = vec![["swept command".into(), command_swept.name().into()], ["inputs".into(), source.into()]];
    Story::new(format!("Sweep of fathom {}", command_swept.name()), tone, answer, MEANINGS)
        .parts(sweep_parts(command_swept, table, source))
        .figure(
            "Against the settings",
            "Means over seeds with their standard errors, against the settings that vary most.",
            figure,
            "Quantities of the sweep against its settings.",
        )
        .finish(command, parameters, vec![&HANIN_NICA, &BEYOND, &TRUST])
}
