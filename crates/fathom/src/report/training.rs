//! Trainings beside theory, and ensembles, in words.

use super::format::{Lines, Part, describe, number};
use super::train::{Table, options_rows};
use crate::analysis::training::{
    Answer, Comparison, EnsembleReport, EnsembleStep, FirstStepChange, Holds, OnData, StepComparison,
};
use crate::statistics::MeanWithError;

/// Most steps that are listed.
const LISTED: usize = 10;

/// Two lines of heading, and a value where there is one.
type Column<T, V> = ([&'static str; 2], fn(&T) -> Option<V>);

/// A training beside the linearised network and infinite width, as text.
///
/// The distances are those on the test data where there is some.
pub fn comparison_text(comparison: &Comparison) -> String {
    comparison_lines(comparison).finish()
}

/// The same as headings, labels, values and tables.
pub fn comparison_parts(comparison: &Comparison) -> Vec<Part> {
    comparison_lines(comparison).parts()
}

fn comparison_lines(comparison: &Comparison) -> Lines {
    let mut lines = Lines::default();
    let tested = comparison.at.iter().any(|at| at.test.is_some());
    let on = |at: &StepComparison| if tested { at.test } else { Some(at.train) };
    let which = if tested { "test" } else { "training" };
    lines.raw("");
    lines.begin(&format!("Beside theory on the {which} inputs, root mean squares over inputs and outputs"));
    let value = |get: fn(&OnData) -> Option<f64>| move |at: &StepComparison| on(at).and_then(|data| get(&data));
    let mut table = Table::new(comparison.at.iter().map(|at| at.step), LISTED);
    table.column(["moved", "|f−f₀|"], comparison.at.iter().map(value(|data| Some(data.movement))));
    let columns: [Column<OnData, f64>; 6] = [
        (["linearised", "|f−f_lin|"], |data| Some(data.linearised?.rms)),
        (["share", "of |f−f₀|"], |data| data.linearised?.relative),
        (["same start", "|f−f_∞|"], |data| Some(data.infinite_width?.from_own.rms)),
        (["share", "of |f−f₀|"], |data| data.infinite_width?.from_own.relative),
        (["mean", "|f−μ_∞|"], |data| Some(data.infinite_width?.from_mean.rms)),
        (["in spreads", "σ_∞"], |data| data.infinite_width?.in_spreads),
    ];
    for (heading, get) in columns {
        table.column(heading, comparison.at.iter().map(value(get)));
    }
    table.write(&mut lines);
    for (what, reason) in
        [("linearised network", &comparison.no_linearised), ("infinite width", &comparison.no_infinite_width)]
    {
        if let Some(reason) = reason {
            lines.row(what, reason.to_string());
        }
    }
    if let Some(change) = &comparison.first_step {
        lines.row("Θ(x, x) in the first step", first_step_words(change));
    }
    lines.heading("Did theory hold?");
    let verdict = comparison.verdict;
    answer(&mut lines, "kernel near its start", verdict.kernel_stayed, "largest |Θ−Θ₀|/|Θ₀|");
    answer(&mut lines, "linearised network", verdict.linearised_held, "distance over movement, at the end");
    answer(&mut lines, "infinite width, same start", verdict.infinite_width_held, "distance over movement, at the end");
    lines
}

fn first_step_words(change: &FirstStepChange) -> String {
    let percent = |share: f64| format!("{} %", number(100.0 * share));
    let measured = format!("mean change {}, rms {}", percent(change.mean), percent(change.rms));
    match (&change.expected, &change.not_expected) {
        (Some(expected), _) => {
            let rms = expected.rms.map_or(String::new(), |rms| format!(", rms {}", percent(rms)));
            format!("{measured}; over networks, mean {}{rms} is expected", percent(expected.mean))
        }
        (None, Some(reason)) => format!("{measured}; {reason}"),
        (None, None) => measured,
    }
}

fn answer(lines: &mut Lines, what: &str, answer: Option<Answer>, number_of: &str) {
    let Some(Answer { holds, value, thresholds }) = answer else { return };
    let word = match holds {
        Holds::Yes => "yes",
        Holds::Roughly => "roughly",
        Holds::No => "no",
    };
    let [yes, roughly] = thresholds.map(number);
    lines.row(what, format!("{word}: {} ({number_of}; yes up to {yes}, roughly up to {roughly})", number(value)));
}

/// An ensemble beside infinite width, as text.
///
/// # Arguments
/// * `source`: where the data comes from, in a few words.
pub fn ensemble_text(report: &EnsembleReport, source: &str) -> String {
    let mut lines = Lines::default();
    lines.heading("Training of an ensemble of finite networks");
    describe(&mut lines, &report.architecture);
    let diverged = match report.diverged {
        0 => "none diverged".into(),
        count => format!("{count} diverged and are left out below"),
    };
    lines.row("networks", format!("{}: draws 0 to {} of the seed; {diverged}", report.members, report.members - 1));
    options_rows(&mut lines, &report.options, [report.training_inputs, report.test_inputs], source);
    lines.row("learning rate η", number(report.learning_rate));
    if report.at.is_empty() {
        return lines.finish();
    }
    fits(&mut lines, report);
    for (which, get) in [("training", false), ("test", true)] {
        spreads(&mut lines, report, which, get);
    }
    if let Some(reason) = &report.no_infinite_width {
        lines.row("infinite width", reason.to_string());
    }
    lines.raw("");
    lines.raw("Did theory hold?");
    let verdict = report.verdict;
    answer(&mut lines, "kernel near its start", verdict.kernel_stayed, "largest mean |Θ−Θ₀|/|Θ₀|");
    answer(&mut lines, "mean of infinite width", verdict.mean_held, "distance beyond noise over rms μ_∞, at the end");
    answer(&mut lines, "variance of infinite width", verdict.variance_held, "|s²/σ_∞² − 1| at the end");
    lines.finish()
}

/// Losses, accuracies and drift.
fn fits(lines: &mut Lines, report: &EnsembleReport) {
    let at = &report.at;
    lines.heading("Along the way, means over networks ± standard errors");
    let mut table = Table::new(at.iter().map(|at| at.step), LISTED).wide();
    let columns: [Column<EnsembleStep, MeanWithError>; 5] = [
        (["train", "loss"], |at| at.train.loss),
        (["train", "accuracy"], |at| at.train.accuracy),
        (["test", "loss"], |at| at.test.as_ref()?.loss),
        (["test", "accuracy"], |at| at.test.as_ref()?.accuracy),
        (["|Θ−Θ₀|", "/|Θ₀|"], |at| at.drift),
    ];
    for (heading, get) in columns {
        table.words(heading, at.iter().map(|at| get(at).map(with_error)));
    }
    table.write(lines);
}

/// Variances and means beside infinite width.
fn spreads(lines: &mut Lines, report: &EnsembleReport, which: &str, test: bool) {
    let at = &report.at;
    let data = |at: &EnsembleStep| if test { at.test.clone() } else { Some(at.train.clone()) };
    if at.iter().all(|at| data(at).is_none()) {
        return;
    }
    lines.heading(&format!("Outputs on the {which} inputs over networks, beside infinite width"));
    let mut table = Table::new(at.iter().map(|at| at.step), LISTED).wide();
    let outputs = |at: &EnsembleStep| data(at).map(|data| data.outputs);
    table.words(["variance", "s²"], at.iter().map(|at| outputs(at)?.variance.map(with_error)));
    table.words(["infinite", "σ_∞²"], at.iter().map(|at| Some(number(outputs(at)?.infinite_width?.variance))));
    table.words(["ratio", "s²/σ_∞²"], at.iter().map(|at| outputs(at)?.infinite_width?.variance_ratio.map(with_error)));
    table.words(
        ["means", "|f̄−μ_∞|"],
        at.iter().map(|at| {
            let wide = outputs(at)?.infinite_width?;
            let noise = wide.mean_noise.map_or(String::new(), |noise| format!(" ({} by chance)", number(noise)));
            Some(format!("{}{noise}", number(wide.mean_distance)))
        }),
    );
    table.words(["|z| < 2", "share"], at.iter().map(|at| Some(number(outputs(at)?.infinite_width?.within_two?))));
    table.write(lines);
}

/// A mean with its standard error, to the digits that it has.
fn with_error(value: MeanWithError) -> String {
    match value.standard_error {
        Some(error) => format!("{} ± {}", number(value.mean), format_error(error)),
        None => number(value.mean),
    }
}

/// A standard error to two digits.
fn format_error(error: f64) -> String {
    number(format!("{error:.1e}").parse().unwrap_or(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_two_digits() {
        let value = MeanWithError { mean: 0.123_456, standard_error: Some(0.004_567) };
        assert_eq!(with_error(value), "0.1235 ± 0.0046");
        assert_eq!(with_error(MeanWithError { standard_error: None, ..value }), "0.1235");
    }
}
