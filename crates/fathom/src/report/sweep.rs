//! Sweeps in words, and tables as comma-separated values.

use super::format::{Lines, Part, number};
use crate::analysis::sweep::{Column, Key, Quantity, Row, Status, SweepCommand, Table, TableCell};

/// Most rows that are listed.
const LISTED: usize = 40;
/// Most cells whose failure is explained.
const EXPLAINED: usize = 4;

/// The quantities that are listed; the first number decides what is best.
fn shown(command: SweepCommand) -> &'static [&'static str] {
    match command {
        SweepCommand::Sample => &["mean", "dispersion", "relative_std", "dispersion_exact"],
        SweepCommand::Train => &["train_loss", "test_accuracy", "ntk_drift", "ntk_alignment_initial", "weight_change"],
        SweepCommand::Verdict => &["verdict", "random", "moves", "steps_needed"],
    }
}

/// A sweep as text: how many cells have their numbers, the extremes, and the means over seeds.
///
/// # Arguments
/// * `source`: where the data comes from, in a few words.
pub fn sweep_text(command: SweepCommand, table: &Table, source: &str) -> String {
    sweep_lines(command, table, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn sweep_parts(command: SweepCommand, table: &Table, source: &str) -> Vec<Part> {
    sweep_lines(command, table, source).parts()
}

fn sweep_lines(command: SweepCommand, table: &Table, source: &str) -> Lines {
    let mut lines = Lines::default();
    lines.heading(&format!("Sweep of fathom {}", command.name()));
    lines.row("inputs", source);
    let grid = table.keys().iter().map(|key| format!("{key} ({})", different(table, *key))).collect::<Vec<_>>();
    lines.row("grid", if grid.is_empty() { "one network".into() } else { grid.join(" × ") });
    let of = |status: Status| format!("{} {}", table.count(status), status.name());
    let states = [Status::Done, Status::Diverged, Status::Failed].map(of).join(", ");
    lines.row("cells", format!("{}: {states}", table.rows().len()));
    for row in table.rows().iter().filter(|row| row.outcome.reason.is_some()).take(EXPLAINED) {
        let reason = row.outcome.reason.as_deref().unwrap_or_default();
        lines.row(&format!("cell {}", row.index), format!("{}: {reason}", settings(table.keys(), row)));
    }
    let means = table.over_seeds();
    extremes(&mut lines, command, &means);
    let seeds = || means.rows().iter().filter_map(|row| row.outcome.quantity("seeds")?.value);
    let most = seeds().fold(0.0, f64::max);
    let up_to = if seeds().all(|count| count == most) { "" } else { "up to " };
    lines.heading(&match most {
        1.0 => "Cells".to_owned(),
        _ => format!("Means over {up_to}{most} seeds, ± standard error"),
    });
    list(&mut lines, command, &means);
    lines
}

/// Different values of a key.
fn different(table: &Table, key: Key) -> usize {
    let Some(place) = table.keys().iter().position(|other| *other == key) else { return 0 };
    let mut values: Vec<_> = Vec::new();
    for row in table.rows() {
        if !values.contains(&&row.settings[place]) {
            values.push(&row.settings[place]);
        }
    }
    values.len()
}

fn settings(keys: &[Key], row: &Row) -> String {
    let pairs = keys.iter().zip(&row.settings).map(|(key, value)| format!("{key} = {value}"));
    let text = pairs.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "the network".into() } else { text }
}

/// Where the first number is smallest and largest.
fn extremes(lines: &mut Lines, command: SweepCommand, means: &Table) {
    let value = |row: &Row, name: &str| row.outcome.quantity(name).and_then(|quantity| quantity.value);
    let names = shown(command).iter().filter(|name| means.rows().iter().any(|row| value(row, name).is_some()));
    let candidates = |name: &'static str| means.rows().iter().filter_map(move |row| Some((value(row, name)?, row)));
    for name in names.copied().take(2) {
        let least = candidates(name).min_by(|a, b| a.0.total_cmp(&b.0));
        let most = candidates(name).max_by(|a, b| a.0.total_cmp(&b.0));
        if let (Some(least), Some(most)) = (least, most)
            && least.0 < most.0
        {
            for (word, (value, row)) in [("smallest", least), ("largest", most)] {
                lines.row(&format!("{word} {name}"), format!("{}: {}", number(value), settings(means.keys(), row)));
            }
        }
    }
}

/// A row for each network, in columns as wide as needed.
fn list(lines: &mut Lines, command: SweepCommand, means: &Table) {
    let names: Vec<&str> = shown(command).iter().copied().filter(|name| has(means, name)).collect();
    let phase = if means.keys().iter().any(|key| matches!(key, Key::WeightVar | Key::BiasVar | Key::Activation)) {
        vec!["phase"]
    } else {
        Vec::new()
    };
    let names: Vec<&str> = phase.into_iter().chain(names).collect();
    let heading = means.keys().iter().map(|key| key.name()).chain(["status"]).chain(names.iter().copied());
    let mut rows: Vec<Vec<String>> = vec![heading.map(str::to_owned).collect()];
    for row in means.rows().iter().take(LISTED) {
        let mut line: Vec<String> = row.settings.iter().map(ToString::to_string).collect();
        line.push(row.outcome.status.name().into());
        line.extend(names.iter().map(|name| row.outcome.quantity(name).map_or("-".into(), words)));
        rows.push(line);
    }
    lines.keep_table(rows.iter().cloned());
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
        lines.raw(&format!("  {}", cells.collect::<Vec<_>>().join("  ")));
    }
    if means.rows().len() > LISTED {
        lines.raw(&format!("  … and {} more", means.rows().len() - LISTED));
    }
}

fn has(table: &Table, name: &str) -> bool {
    let known = |quantity: &Quantity| quantity.value.is_some() || quantity.text.is_some();
    table.rows().iter().any(|row| row.outcome.quantity(name).is_some_and(known))
}

fn words(quantity: &Quantity) -> String {
    match (&quantity.text, quantity.value, quantity.standard_error) {
        (Some(text), ..) => text.clone(),
        (None, Some(value), Some(error)) => format!("{} ± {}", number(value), short(error)),
        (None, Some(value), None) => number(value),
        (None, None, _) => "-".into(),
    }
}

/// An error to two significant digits.
fn short(error: f64) -> String {
    let rounded: f64 = format!("{error:.1e}").parse().unwrap_or(error);
    number(rounded)
}

/// A table of comma-separated values: names, then one line a row. A place is empty where there is nothing.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::sweep::{Column, TableCell};
/// use fathom_ntk::report::table_csv;
/// let values = vec![TableCell::Number(0.5), TableCell::Nothing, TableCell::Text("a, b".into())];
/// assert_eq!(table_csv(&[Column { name: "x".into(), values }]), "x\n0.5\n\n\"a, b\"\n");
/// ```
pub fn table_csv(columns: &[Column]) -> String {
    let rows = columns.first().map_or(0, |column| column.values.len());
    let mut text = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(",") + "\n";
    for row in 0..rows {
        let place = |column: &Column| match column.values.get(row) {
            Some(TableCell::Number(number)) => number.to_string(),
            Some(TableCell::Text(text)) => quoted(text),
            Some(TableCell::Nothing) | None => String::new(),
        };
        text += &columns.iter().map(place).collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    text
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}
