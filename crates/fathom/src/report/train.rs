//! Trainings in words.

use super::format::{Lines, Part, describe, number};
use crate::network::Precision;
use crate::train::{Ending, LearningRate, Loss, Record, TrainOptions, TrainReport};

/// Most records that are listed.
const LISTED: usize = 16;
/// Width of a column of the list.
const COLUMN: usize = 11;
/// The same with standard errors.
const WIDE_COLUMN: usize = 12;

/// A training and how the NTK moved, as text.
///
/// # Arguments
/// * `source`: where the data comes from, in a few words.
pub fn train_text(report: &TrainReport, source: &str) -> String {
    train_lines(report, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn train_parts(report: &TrainReport, source: &str) -> Vec<Part> {
    train_lines(report, source).parts()
}

fn train_lines(report: &TrainReport, source: &str) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Training of a finite network");
    describe(&mut lines, &report.architecture);
    options_rows(&mut lines, &report.options, [report.training_inputs, report.test_inputs], source);
    lines.row("learning rate η", rate_words(report));
    lines.row("ended", ending_words(report));
    if !report.records.is_empty() {
        lines.heading(&heading(report));
        list(&mut lines, report);
        conclusions(&mut lines, report);
    }
    lines
}

/// What was trained on, and how.
pub(super) fn options_rows(lines: &mut Lines, options: &TrainOptions, [train, test]: [usize; 2], source: &str) {
    let test = if test > 0 { format!(", {test} for test") } else { String::new() };
    lines.row("inputs", format!("{train} for training{test}; {source}"));
    let batch = options.batch.map_or("all inputs".into(), |batch| format!("batches of {batch}"));
    let precision = match options.precision {
        Precision::F64 => "double precision",
        Precision::F32 => "single precision",
    };
    let loss = match options.loss {
        Loss::Squared => "squared, ½ |f − y|² summed over outputs (predict reports |f − y|², a mean over outputs)",
        Loss::CrossEntropy => "cross-entropy",
    };
    lines.row("loss", format!("{loss}; summed over inputs to train, a mean over inputs below"));
    lines.row("trained by", format!("{} on {batch}, {precision}", options.optimizer));
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
    let mut table = Table::new(records.iter().map(|record| record.step), LISTED);
    for (above, below, value) in COLUMNS {
        table.column([above, below], records.iter().map(value));
    }
    table.write(lines);
}

/// Numbers by steps, of which some are shown: evenly, with the first and the last.
pub(super) struct Table {
    steps: Vec<u64>,
    most: usize,
    width: usize,
    columns: Vec<([&'static str; 2], Vec<Option<String>>)>,
}

impl Table {
    /// At these steps, of which at most so many are shown.
    pub(super) fn new(steps: impl Iterator<Item = u64>, most: usize) -> Self {
        Self { steps: steps.collect(), most, width: COLUMN, columns: Vec::new() }
    }

    /// With room for standard errors.
    pub(super) fn wide(self) -> Self {
        Self { width: WIDE_COLUMN, ..self }
    }

    /// A column of numbers with two lines of heading.
    pub(super) fn column(&mut self, heading: [&'static str; 2], values: impl Iterator<Item = Option<f64>>) {
        self.words(heading, values.map(|value| value.map(number)));
    }

    /// A column of words; one without any is left out.
    pub(super) fn words(&mut self, heading: [&'static str; 2], values: impl Iterator<Item = Option<String>>) {
        let values: Vec<Option<String>> = values.collect();
        if values.iter().any(Option::is_some) {
            self.columns.push((heading, values));
        }
    }

    pub(super) fn write(&self, lines: &mut Lines) {
        let width_of = |(heading, values): &([&str; 2], Vec<Option<String>>)| {
            let words = values.iter().flatten().map(|word| word.chars().count());
            words.chain(heading.map(|word| word.chars().count())).max().unwrap_or(0).max(self.width - 2) + 2
        };
        let widths: Vec<usize> = self.columns.iter().map(width_of).collect();
        let row = |first: &str, cells: &mut dyn Iterator<Item = &str>| {
            let cells: String = cells.zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
            format!("  {first:>8}{cells}")
        };
        for (line, first) in ["", "step"].into_iter().enumerate() {
            lines.raw(&row(first, &mut self.columns.iter().map(|column| column.0[line])));
        }
        let (count, shown) = (self.steps.len(), self.steps.len().min(self.most));
        let place = |i: usize| if shown > 1 { i * (count - 1) / (shown - 1) } else { 0 };
        let headings = self.columns.iter().map(|([above, below], _)| format!("{above} {below}").trim().to_owned());
        let kept = |at: usize| {
            let cells = self.columns.iter().map(|column| column.1[at].clone().unwrap_or_else(|| "—".into()));
            std::iter::once(self.steps[at].to_string()).chain(cells).collect()
        };
        let headings = std::iter::once("step".to_owned()).chain(headings).collect();
        lines.keep_table(std::iter::once(headings).chain((0..shown).map(place).map(kept)));
        for i in 0..shown {
            let at = place(i);
            let cells = &mut self.columns.iter().map(|column| column.1[at].as_deref().unwrap_or("—"));
            lines.raw(&row(&self.steps[at].to_string(), cells));
        }
        if shown < count {
            lines.row("", format!("{} more in the JSON form and the table", count - shown));
        }
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
