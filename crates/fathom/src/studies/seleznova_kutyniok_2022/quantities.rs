//! The numbers that the claims of the study are about.

use super::network::{NONE, TRAINED};
use super::{initial, limits, pairs, training};
use crate::statistics::Running;
use crate::studies::fit::largest;
use crate::studies::{Measured, Results, Row, StudyError, Table};

/// Phases with the names of their quantities.
const PHASES: [&str; 3] = ["ordered", "critical", "chaotic"];

pub(in crate::studies) fn quantities(results: &Results) -> Result<Measured, StudyError> {
    let mut measured = Measured::default();
    of_initial(results.table(initial::TABLE)?, &mut measured)?;
    of_limits(results.table(limits::TABLE)?, &mut measured)?;
    of_pairs(results.table(pairs::TABLE)?, &mut measured)?;
    of_training(results.table(training::TABLE)?, &mut measured)?;
    Ok(measured)
}

fn mean(values: impl Iterator<Item = f64>) -> Running {
    let mut running = Running::default();
    values.for_each(|value| running.push(value));
    running
}

fn end(values: &[f64], last: bool) -> f64 {
    let found = if last { values.last() } else { values.first() };
    found.copied().unwrap_or(f64::NAN)
}

fn of_initial(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    // Beyond a quarter, too few draws carry the second moment for standard errors to be trusted.
    let names = ["dispersion", "dispersion_error", "dispersion_exact"];
    let rows = table.numbers(names, |row| row.number("ratio").is_some_and(|ratio| ratio <= 0.26))?;
    let off = largest(rows.iter().map(|[sampled, error, exact]| (sampled - exact).abs() / error));
    measured.insert("sampled_off_exact", off, initial::TABLE);

    // Where the logarithm of the kernel is the better guide.
    let width = end(&table.distinct("width")?, true);
    let names = ["log_typical", "dispersion_exact"];
    let far = |row: &Row<'_>| row.has("width", width) && row.number("ratio").is_some_and(|ratio| ratio > 0.4);
    let rows = table.numbers(names, |row| far(row) && of_weights(row))?;
    let off = largest(rows.iter().map(|[typical, exact]| (-2.0 * typical / exact.ln() - 1.0).abs()));
    measured.insert("typical_off_log_normal", off, initial::TABLE);

    let names = ["sampled_growth_ordered", "sampled_growth_critical", "sampled_growth_chaotic"];
    for (name, phase) in names.into_iter().zip(PHASES) {
        let of = |row: &Row<'_>| row.word("biases") == Some(TRAINED) && row.word("phase") == Some(phase);
        let growth = typical_growth(table, |row| of(row) && row.has("width", width))?;
        measured.insert(name, growth, initial::TABLE);
    }
    let below = |row: &Row<'_>| row.word("biases") == Some(NONE) && row.word("phase") == Some("ordered");
    let growth = typical_growth(table, |row| below(row) && row.has("width", width))?;
    measured.insert("sampled_growth_without_biases", growth, initial::TABLE);
    Ok(())
}

/// Whether the gradients of the weights make nearly all of the kernel, which is then close to log-normal.
fn of_weights(row: &Row<'_>) -> bool {
    row.word("biases") == Some(NONE) || row.word("phase") == Some("chaotic")
}

/// How much $-2\,E \ln(\Theta/E\Theta)$, which is $\ln E\Theta^2/(E\Theta)^2$ of a log-normal law, grows for each unit of L/n,
/// over the upper half of the ratios; a mean over weight variances.
fn typical_growth(table: &Table, keep: impl Fn(&Row<'_>) -> bool) -> Result<f64, StudyError> {
    let rows = table.numbers(["weight_var", "ratio", "log_typical"], keep)?;
    let last = largest(rows.iter().map(|row| row[1]));
    let first = largest(rows.iter().map(|row| row[1]).filter(|ratio| *ratio <= 0.51 * last));
    let at = |ratio: f64| mean(rows.iter().filter(|row| row[1] == ratio).map(|row| row[2])).mean().unwrap_or(f64::NAN);
    Ok(-2.0 * (at(last) - at(first)) / (last - first))
}

fn of_limits(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let widths = table.distinct("width")?;
    let (Some(&wide), Some(&half)) = (widths.last(), widths.iter().rev().nth(1)) else {
        return Err(StudyError::Unmeasured { what: "limits".into(), reason: "fewer than two widths".into() });
    };
    let of = |phase: &'static str, width: f64| {
        move |row: &Row<'_>| {
            row.word("biases") == Some(TRAINED) && row.word("phase") == Some(phase) && row.has("width", width)
        }
    };
    // What is left of a distance to the limit if the part that falls like 1/n is taken off.
    let left = |near: &[f64], far: &[f64]| {
        largest(near.iter().zip(far).map(|(near, far)| ((wide * near - half * far) / (wide - half)).abs()))
    };
    for (name, phase) in ["limit_ordered", "limit_critical", "limit_chaotic"].into_iter().zip(PHASES) {
        let distances = |width: f64| -> Result<Vec<f64>, StudyError> {
            let rows = table.numbers(["log_dispersion", "log_limit"], of(phase, width))?;
            Ok(rows.into_iter().map(|[exact, limit]| exact - limit).collect())
        };
        measured.insert(name, left(&distances(wide)?, &distances(half)?), limits::TABLE);
    }
    for (name, phase) in ["growth_ordered", "growth_critical", "growth_chaotic"].into_iter().zip(PHASES) {
        let rows = table.numbers(["ratio", "log_dispersion"], of(phase, wide))?;
        let at = |ratio: f64| mean(rows.iter().filter(|row| row[0] == ratio).map(|row| row[1])).mean();
        let growth = at(2.0).zip(at(1.0)).map_or(f64::NAN, |(two, one)| two - one);
        measured.insert(name, growth, limits::TABLE);
    }
    let movements = |width: f64| -> Result<Vec<f64>, StudyError> {
        let rows = table.numbers(["movement", "movement_limit"], of("chaotic", width))?;
        Ok(rows.into_iter().map(|[exact, limit]| exact / limit - 1.0).collect())
    };
    measured.insert("movement_chaotic", left(&movements(wide)?, &movements(half)?), limits::TABLE);
    let ordered = table.numbers(["movement"], of("ordered", wide))?;
    measured.insert("movement_ordered", largest(ordered.into_iter().map(|[movement]| movement)), limits::TABLE);

    let names = ["ratio", "width", "log_dispersion"];
    let none = |weight_var: Option<f64>| {
        move |row: &Row<'_>| row.word("biases") == Some(NONE) && weight_var.is_none_or(|var| row.has("weight_var", var))
    };
    let critical = table.numbers(names, none(Some(2.0)))?;
    let all = table.numbers(names, none(None))?;
    let apart = all.iter().filter_map(|[ratio, width, exact]| {
        let same = critical.iter().find(|row| row[0] == *ratio && row[1] == *width)?;
        Some((exact - same[2]).abs())
    });
    measured.insert("phases_without_biases", largest(apart), limits::TABLE);
    Ok(())
}

fn of_pairs(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let ratios = table.distinct("ratio")?;
    let (small, large) = (end(&ratios, false), end(&ratios, true));
    let other = |row: &Row<'_>| row.number("cosine").is_some_and(|cosine| cosine < 0.95);
    let rows = table.numbers(["dispersion", "dispersion_first_order"], |row| row.has("ratio", small) && other(row))?;
    let shares = mean(rows.iter().map(|[sampled, first]| (sampled - 1.0) / (first - 1.0)));
    measured.insert("pairs_first_order", shares.mean().unwrap_or(f64::NAN), pairs::TABLE);

    let ordered =
        table.numbers(["dispersion"], |row| row.word("phase") == Some("ordered") && row.has("ratio", large))?;
    measured.insert("pairs_ordered", largest(ordered.into_iter().map(|[dispersion]| dispersion - 1.0)), pairs::TABLE);

    // At the largest ratio up to a quarter, the entries of different inputs beside that of one.
    let trusted = largest(ratios.iter().copied().filter(|ratio| *ratio <= 0.27));
    for (least, most, phase) in [
        ("pairs_critical_least", "pairs_critical_most", "critical"),
        ("pairs_chaotic_least", "pairs_chaotic_most", "chaotic"),
    ] {
        let of = |row: &Row<'_>| row.word("phase") == Some(phase) && row.has("ratio", trusted);
        let own = table.numbers(["dispersion"], |row| of(row) && !other(row))?;
        let own = own.first().map_or(f64::NAN, |row| row[0].ln());
        let shares: Vec<f64> =
            table.numbers(["dispersion"], |row| of(row) && other(row))?.iter().map(|row| row[0].ln() / own).collect();
        measured.insert(least, -largest(shares.iter().map(|share| -share)), pairs::TABLE);
        measured.insert(most, largest(shares), pairs::TABLE);
    }
    Ok(())
}

fn of_training(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let deepest = end(&table.distinct("ratio")?, true);
    let of = |phase: &'static str| move |row: &Row<'_>| row.word("phase") == Some(phase) && row.has("ratio", deepest);
    for (name, column, phase) in [
        ("drift_ordered", "drift", "ordered"),
        ("shape_ordered", "shape", "ordered"),
        ("drift_critical", "drift", "critical"),
        ("shape_critical", "shape", "critical"),
        ("drift_chaotic", "drift", "chaotic"),
        ("shape_chaotic", "shape", "chaotic"),
    ] {
        let values = table.numbers([column], of(phase))?;
        measured.insert(name, mean(values.into_iter().map(|[v]| v)).mean().unwrap_or(f64::NAN), training::TABLE);
    }
    let loss = table.numbers(["loss_ratio"], of("ordered"))?;
    measured.insert("loss_ordered", mean(loss.into_iter().map(|[v]| v)).mean().unwrap_or(f64::NAN), training::TABLE);
    let critical = |row: &Row<'_>| row.word("phase") == Some("critical");
    let columns = ["within_before", "between_before", "within_after", "between_after"];
    let contrast = table.numbers(columns, critical)?;
    let gains = contrast.iter().map(|[a, b, c, d]| ((c / d) / (a / b)).ln());
    measured.insert("contrast_gain_critical", in_errors(gains), training::TABLE);
    let labels = table.numbers(["labels_before", "labels_after"], critical)?;
    let gains = labels.iter().map(|[before, after]| after - before);
    measured.insert("labels_gain_critical", in_errors(gains), training::TABLE);
    let labels = table.numbers(["labels_before", "labels_after"], of("chaotic"))?;
    let gain = mean(labels.iter().map(|[before, after]| after - before)).mean().unwrap_or(f64::NAN);
    measured.insert("labels_gain_chaotic", gain, training::TABLE);
    Ok(())
}

/// The mean in standard errors.
fn in_errors(values: impl Iterator<Item = f64>) -> f64 {
    let found = mean(values).with_error();
    found.and_then(|found| Some(found.mean / found.standard_error?)).unwrap_or(f64::NAN)
}
