//! The numbers that claims are judged by.

use super::super::fit::{largest, mean, power_law, smallest};
use super::super::{Measured, Results, Row, StudyError, Table};
use super::{CONSTANT_WIDTH, EXACT, FEATURES, LAWS, LAWS_EXACT, SHAPES, UPDATE};
use crate::moments::relu_limits;

pub(in super::super) fn quantities(results: &Results) -> Result<Measured, StudyError> {
    let mut measured = Measured::default();
    of_constant_width(results.table(CONSTANT_WIDTH)?, &mut measured)?;
    of_shapes(results.table(SHAPES)?, &mut measured)?;
    of_laws(results.table(LAWS)?, &mut measured)?;
    of_laws_exact(results.table(LAWS_EXACT)?, &mut measured)?;
    of_exact(results.table(EXACT)?, &mut measured)?;
    of_updates(results.table(UPDATE)?, &mut measured)?;
    of_features(results.table(FEATURES)?, &mut measured)?;
    Ok(measured)
}

/// The largest distance of a sampled number from a formula, in standard errors.
fn off(table: &Table, name: [&str; 3], keep: impl Fn(&Row<'_>) -> bool) -> Result<f64, StudyError> {
    let rows = table.numbers(name, keep)?;
    Ok(largest(rows.iter().map(|[sampled, error, known]| (sampled - known).abs() / error)))
}

const DISPERSION: [&str; 3] = ["dispersion", "dispersion_error", "dispersion_exact"];
const MEAN: [&str; 3] = ["mean", "mean_error", "mean_exact"];

fn of_constant_width(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let trained = |row: &Row<'_>| row.word("biases") == Some("trained");
    let none = |row: &Row<'_>| row.word("biases") == Some("none");
    // With |x|² = 4·0.25 = 1, n₀ = 4 and weight variance 2 in every layer: the mean is twice L(1/2 + |x|²/n₀).
    let rows = table.numbers(["depth", "mean", "mean_error"], trained)?;
    let means = rows.iter().map(|[depth, mean, error]| (mean - 2.0 * depth * (0.5 + 0.25)).abs() / error);
    measured.insert("mean_off_linear", largest(means), CONSTANT_WIDTH);
    measured.insert("dispersion_off", off(table, DISPERSION, |_| true)?, CONSTANT_WIDTH);

    // Depth a fifth of the width: what is random stays so. Depth 5: it goes away.
    let columns = ["width", "dispersion", "dispersion_error"];
    let excess = |row: &[f64; 3]| [row[0], row[1] - 1.0, row[2]];
    let at_ratio =
        |row: &Row<'_>| none(row) && row.number("depth").zip(row.number("width")).is_some_and(|(l, n)| 5.0 * l == n);
    let fixed_ratio: Vec<_> = table.numbers(columns, at_ratio)?.iter().map(excess).collect();
    let fixed_depth: Vec<_> =
        table.numbers(columns, |row| none(row) && row.has("depth", 5.0))?.iter().map(excess).collect();
    measured.insert("excess_exponent_at_fixed_ratio", power_law(&fixed_ratio).slope, CONSTANT_WIDTH);
    measured.insert("excess_exponent_at_fixed_depth", power_law(&fixed_depth).slope, CONSTANT_WIDTH);
    let widest = fixed_ratio.iter().max_by(|a, b| a[0].total_cmp(&b[0]));
    let limit = relu_limits(0.2)?.d_w.to_f64() - 1.0;
    measured.insert("excess_over_limit", widest.map_or(f64::NAN, |row| row[1] / limit), CONSTANT_WIDTH);
    Ok(())
}

fn of_shapes(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    // Thirteen layers, each of which adds 2 |x|²/n₀ = 1/2.
    let means = table.numbers(["mean", "mean_error"], |_| true)?;
    let means = means.iter().map(|[mean, error]| (mean - 13.0 * 0.5).abs() / error);
    measured.insert("mean_off_at_any_widths", largest(means), SHAPES);
    measured.insert("dispersion_off_at_any_widths", off(table, DISPERSION, |_| true)?, SHAPES);
    Ok(())
}

fn of_laws(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let without_atoms = |row: &Row<'_>| row.word("law") != Some("signs");
    measured.insert("mean_off_for_any_law", off(table, MEAN, without_atoms)?, LAWS);
    measured.insert("dispersion_off_for_any_law", off(table, DISPERSION, without_atoms)?, LAWS);
    let signs =
        table.numbers(["mean", "mean_exact"], |row| row.word("law") == Some("signs") && row.has("depth", 2.0))?;
    let share = signs.first().map_or(f64::NAN, |[mean, exact]| mean / exact);
    measured.insert("mean_with_atoms", share, LAWS);
    Ok(())
}

/// How much the law matters, from narrow to wide networks.
fn of_laws_exact(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let of = |law: &str| {
        table.numbers(["width", "dispersion"], |row| row.word("law") == Some(law) && row.number("width") >= Some(128.0))
    };
    let (laplace, gaussian) = (of("laplace")?, of("gaussian")?);
    let gap = |(a, b): (&[f64; 2], &[f64; 2])| {
        let gap = (a[1] / b[1]).ln();
        [a[0], gap, 0.1 * gap]
    };
    let gaps: Vec<_> = laplace.iter().zip(&gaussian).map(gap).collect();
    measured.insert("law_exponent", power_law(&gaps).slope, LAWS_EXACT);
    Ok(())
}

fn of_exact(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let shares = table.numbers(["share"], |_| true)?;
    measured.insert("least_share", smallest(shares.iter().map(|[g]| *g)), EXACT);
    measured.insert("largest_share", largest(shares.iter().map(|[g]| *g)), EXACT);

    let at = |name: &str, ratio: f64| {
        let found = table.numbers([name], |row| row.has("width", 10_000.0) && row.has("ratio", ratio))?;
        Ok::<f64, StudyError>(found.first().map_or(f64::NAN, |[value]| *value))
    };
    measured.insert("growth_at_small_ratio", at("log_dispersion", 0.01)?.exp_m1() / 0.01, EXACT);
    let rise = at("log_dispersion", 4.0)? - at("log_dispersion", 2.0)?;
    measured.insert("growth_at_large_ratio", rise / (at("beta", 4.0)? - at("beta", 2.0)?), EXACT);

    let distance = |width: f64| {
        let of_width = |row: &Row<'_>| row.has("width", width) && row.has("ratio", 1.0);
        let found = table.numbers(["log_dispersion", "log_limit"], of_width)?;
        Ok::<f64, StudyError>(found.first().map_or(f64::NAN, |[finite, limit]| limit - finite))
    };
    measured.insert("approach_of_limit", distance(1_000.0)? / distance(10_000.0)?, EXACT);

    let update =
        |ratio: f64| Ok::<f64, StudyError>((at("log_update", ratio)? - at("log_update_envelope", ratio)?).exp());
    measured.insert("update_at_small_ratio", update(0.01)?, EXACT);
    measured.insert("update_at_large_ratio", update(4.0)? * 4.0, EXACT);
    Ok(())
}

fn of_updates(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let derivative = off(table, ["derivative", "derivative_error", "derivative_exact"], |_| true)?;
    measured.insert("derivative_off", derivative, UPDATE);

    let rows = table.numbers(["real", "real_error", "real_predicted", "derivative_exact", "width"], |_| true)?;
    // What is left after 4.5 standard errors, relative to the prediction, in units of the expected n^(-1/2).
    let beyond = |[real, error, predicted, _, width]: &[f64; 5]| {
        ((real - predicted).abs() - 4.5 * error).max(0.0) / predicted.abs() * width.sqrt()
    };
    measured.insert("real_step_off", largest(rows.iter().map(beyond)), UPDATE);
    // The crossing law itself, over all networks of width 64 or more.
    let ratio = |[real, error, predicted, derivative, _]: &[f64; 5]| {
        let crossing = predicted - derivative;
        [(real - derivative) / crossing, error / crossing.abs()]
    };
    let ratios: Vec<[f64; 2]> = rows.iter().filter(|row| row[4] >= 64.0).map(ratio).collect();
    measured.insert("crossing_over_law", weighted_mean(&ratios), UPDATE);
    let from_derivative = rows.iter().map(|[real, error, _, derivative, _]| (derivative - real) / error);
    measured.insert("real_step_from_derivative", smallest(from_derivative), UPDATE);

    let plain = |row: &Row<'_>| row.word("biases") == Some("none") && row.has("depth", 2.0) && row.has("target", 0.0);
    let rows = table.numbers(["width", "real", "real_error", "derivative_exact"], plain)?;
    let crossing: Vec<_> = rows.iter().map(|[n, real, error, derivative]| [*n, derivative - real, *error]).collect();
    measured.insert("crossing_exponent", power_law(&crossing).slope, UPDATE);
    let rows = table.numbers(["width", "derivative", "derivative_error"], plain)?;
    let held: Vec<_> = rows.iter().map(|[n, derivative, error]| [*n, -derivative, *error]).collect();
    measured.insert("derivative_exponent", power_law(&held).slope, UPDATE);
    Ok(())
}

fn of_features(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let fixed_depth = |row: &Row<'_>| row.word("family") == Some("depth 4");
    let exponent = |deep: bool| {
        let rows = table.numbers(["width", "drift"], |row| fixed_depth(row) != deep)?;
        Ok::<f64, StudyError>(power_law(&by_width(&rows)).slope)
    };
    measured.insert("drift_exponent_at_fixed_depth", exponent(false)?, FEATURES);
    measured.insert("drift_exponent_at_fixed_ratio", exponent(true)?, FEATURES);
    let rows = table.numbers(["width", "labels", "labels_first"], |row| !fixed_depth(row))?;
    let [gain, error] = mean(&rows.iter().map(|[_, after, before]| after - before).collect::<Vec<_>>());
    measured.insert("label_gain", gain / error, FEATURES);
    let losses = table.numbers(["loss", "loss_first"], |_| true)?;
    measured.insert("loss_left", largest(losses.iter().map(|[last, first]| last / first)), FEATURES);
    Ok(())
}

/// The mean of values with standard errors.
fn weighted_mean(values: &[[f64; 2]]) -> f64 {
    let total: f64 = values.iter().map(|[_, error]| error.powi(-2)).sum();
    values.iter().map(|[value, error]| value * error.powi(-2)).sum::<f64>() / total
}

/// Mean and standard error over draws of each width, by ascending width.
fn by_width(rows: &[[f64; 2]]) -> Vec<[f64; 3]> {
    let mut widths: Vec<f64> = rows.iter().map(|[n, _]| *n).collect();
    widths.sort_by(f64::total_cmp);
    widths.dedup();
    let of = |width: f64| {
        let values: Vec<f64> = rows.iter().filter(|[n, _]| *n == width).map(|[_, v]| *v).collect();
        let [mean, error] = mean(&values);
        [width, mean, error]
    };
    widths.into_iter().map(of).collect()
}
