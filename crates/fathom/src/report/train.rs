//! Trainings in words.

use super::format::{Lines, describe, number};
use crate::network::Precision;
use crate::train::{Ending, LearningRate, Record, TrainReport};

/// Most records that are listed.
const LISTED: usize = 16;
/// Width of a column of the list.
const COLUMN: usize = 11;

/// A training and how the NTK moved, as text.
///
/// # Arguments
/// * `source`: where the data comes from, in a few words.
pub fn train_text(report: &TrainReport, source: &str) -> String {
    let mut lines = Lines::default();
    lines.heading("Training of a finite network");
    describe(&mut lines, &report.architecture);
    let test = if report.test_inputs > 0 { format!(", {} for test", report.test_inputs) } else { String::new() };
    lines.row("inputs", format!("{} for training{test}; {source}", report.training_inputs));
    let options = &report.options;
    let batch = options.batch.map_or("all inputs".into(), |batch| format!("batches of {batch}"));
    let precision = match options.precision {
        Precision::F64 => "double precision",
        Precision::F32 => "single precision",
    };
    lines.row("loss", format!("{}, summed over inputs to train, a mean over inputs below", options.loss));
    lines.row("trained by", format!("{} on {batch}, {precision}", options.optimizer));
    lines.row("learning rate η", rate_words(report));
    lines.row("ended", ending_words(report));
    if !report.records.is_empty() {
        lines.heading(&heading(report));
        list(&mut lines, report);
        conclusions(&mut lines, report);
    }
    lines.finish()
}

fn rate_words(report: &TrainReport) -> String {
    let rate = number(report.learning_rate);
    match (report.options.learning_rate, report.largest_eigenvalue) {
        (LearningRate::Relative(share), Some(largest)) => {
            format!("{rate} = {} · 2/λ_max(Θ₀), λ_max(Θ₀) = {}", number(share), number(largest))
        }
        _ => rate,
    }
}

fn ending_words(report: &TrainReport) -> String {
    let last = report.records.last().map_or(0, |record| record.step);
    match report.ending {
        Ending::Steps => {
            let missed = report.options.stop.loss.map(|loss| format!(": a loss of {} was not reached", number(loss)));
            let time = number(report.learning_rate * last as f64);
            format!("after {}, at time {time}{}", steps(last), missed.unwrap_or_default())
        }
        Ending::Loss => format!("after {}: the loss is low enough", steps(last)),
        Ending::Diverged { step: 0 } => {
            "the outputs overflow before the first step: lower the variances, or use double precision".into()
        }
        Ending::Diverged { step } => format!("diverged after {}: try a lower learning rate", steps(step)),
        Ending::Interrupted => format!("interrupted; last recorded after {}", steps(last)),
    }
}

fn steps(count: u64) -> String {
    if count == 1 { "1 step".into() } else { format!("{count} steps") }
}

fn heading(report: &TrainReport) -> String {
    match report.probe_inputs {
        0 => "Along the way".into(),
        m => format!("Along the way, with the NTK on {m} inputs"),
    }
}

/// A column of the list: two lines of heading, and a value where there is one.
type Column = (&'static str, &'static str, fn(&Record) -> Option<f64>);

const COLUMNS: [Column; 9] = [
    ("train", "loss", |r| Some(r.train.loss)),
    ("train", "accuracy", |r| r.train.accuracy),
    ("test", "loss", |r| r.test.map(|test| test.loss)),
    ("test", "accuracy", |r| r.test.and_then(|test| test.accuracy)),
    ("|Θ−Θ₀|", "/|Θ₀|", |r| r.kernel.and_then(|kernel| kernel.drift)),
    ("alignment", "Θ, Θ₀", |r| r.kernel.and_then(|kernel| kernel.alignment_initial)),
    ("alignment", "Θ, Θ_∞", |r| r.kernel.and_then(|kernel| kernel.alignment_reference)),
    ("alignment", "labels", |r| r.kernel.and_then(|kernel| kernel.alignment_labels_centred)),
    ("λ_max", "of Θ", |r| r.kernel.map(|kernel| kernel.largest_eigenvalue)),
];

fn list(lines: &mut Lines, report: &TrainReport) {
    let records = &report.records;
    let columns: Vec<&Column> =
        COLUMNS.iter().filter(|column| records.iter().any(|record| column.2(record).is_some())).collect();
    let row = |first: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>COLUMN$}")).collect();
        format!("  {first:>8}{cells}")
    };
    lines.raw(&row("", columns.iter().map(|column| column.0.into()).collect()));
    lines.raw(&row("step", columns.iter().map(|column| column.1.into()).collect()));
    let shown = records.len().min(LISTED);
    for i in 0..shown {
        // Evenly, with the first and the last.
        let record = &records[if shown > 1 { i * (records.len() - 1) / (shown - 1) } else { 0 }];
        let cells = columns.iter().map(|column| column.2(record).map_or("—".into(), number)).collect();
        lines.raw(&row(&record.step.to_string(), cells));
    }
    if shown < records.len() {
        lines.row("", format!("{} more in the JSON form and the table", records.len() - shown));
    }
}

/// First and last record side by side.
fn conclusions(lines: &mut Lines, report: &TrainReport) {
    let (Some(first), Some(last)) = (report.records.first(), report.records.last()) else { return };
    lines.heading("From the first to the last record");
    if let (Some(then), Some(now)) = (first.kernel, last.kernel) {
        let change = |name: &str, then: Option<f64>, now: Option<f64>| {
            then.zip(now).map(|(then, now)| (name.to_owned(), format!("{} → {}", number(then), number(now))))
        };
        let rows = [
            change("trace of Θ", Some(then.trace), Some(now.trace)),
            change("condition number of Θ", then.condition, now.condition),
            change("mean entry within classes", then.within_classes, now.within_classes),
            change("mean entry between classes", then.between_classes, now.between_classes),
        ];
        for (name, words) in rows.into_iter().flatten() {
            lines.row(&name, words);
        }
    }
    let ends = |name: &str, values: Vec<f64>| match (values.first(), values.last()) {
        (Some(first), Some(last)) => {
            let most = values.iter().copied().fold(0.0, f64::max);
            let words = format!("first layer {}, last {}, most {}", number(*first), number(*last), number(most));
            Some((name.to_owned(), words))
        }
        _ => None,
    };
    let weights = last.layers.iter().filter_map(|layer| layer.weight_change).collect();
    let patterns = last.layers.iter().filter_map(|layer| layer.pattern_change).collect();
    let rows = [ends("|W−W₀|/|W₀|", weights), ends("share of changed signs", patterns)];
    for (name, words) in rows.into_iter().flatten() {
        lines.row(&name, words);
    }
}
