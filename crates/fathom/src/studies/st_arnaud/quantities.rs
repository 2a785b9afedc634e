//! The numbers that claims are judged by.

use super::super::fit::{largest, line, mean, power_law, smallest};
use super::super::{Measured, Results, Row, StudyError, Table};
use super::along_depth::PREDICTIONS;
use super::{ACTIVATIONS, KERNEL, NEEDED, STOPPING};

pub(in super::super) fn quantities(results: &Results) -> Result<Measured, StudyError> {
    let mut measured = Measured::default();
    let kernel = results.table(KERNEL)?;
    of_kernels(kernel, &mut measured)?;
    of_predictors(kernel, &mut measured)?;
    of_condition(kernel, &mut measured)?;
    of_depths(results.table(NEEDED)?, &mut measured)?;
    of_activations(results.table(ACTIVATIONS)?, &mut measured)?;
    of_stopping(results.table(STOPPING)?, &mut measured)?;
    Ok(measured)
}

/// Numbers of a regime at its deepest, of all data sets.
fn deepest<const N: usize>(table: &Table, regime: &str, names: [&str; N]) -> Result<Vec<[f64; N]>, StudyError> {
    let of_regime = |row: &Row<'_>| row.word("regime") == Some(regime);
    let depths = table.numbers(["depth"], of_regime)?;
    let last = largest(depths.iter().map(|[depth]| *depth));
    table.numbers(names, |row| of_regime(row) && row.has("depth", last))
}

fn of_kernels(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let most = |regime: &str, name: &str| {
        Ok::<f64, StudyError>(largest(deepest(table, regime, [name])?.into_iter().map(|[value]| value)))
    };
    measured.insert("nngp_from_ones_critical", most("relu critical", "nngp_below_one_max")?, KERNEL);
    measured.insert("ntk_from_ones_ordered", most("relu ordered, bias", "below_one_max")?, KERNEL);
    let from = |regimes: &[&str], limit: f64| {
        let mut all = Vec::new();
        for regime in regimes {
            let rows = deepest(table, regime, ["below_one_rms", "depth"])?;
            // The ratio is above its limit by (⅜ ln L + const)/L: in units of that.
            all.extend(rows.into_iter().map(|[below, depth]| (1.0 - below - limit) * depth / depth.ln()));
        }
        Ok::<Vec<f64>, StudyError>(all)
    };
    let relu = from(&["relu small weights", "relu critical", "relu large weights"], 0.25)?;
    measured.insert("relu_excess_least", smallest(relu.iter().copied()), KERNEL);
    measured.insert("relu_excess_most", largest(relu), KERNEL);
    let tanh = deepest(table, "tanh critical", ["below_one_rms"])?;
    measured.insert("tanh_from_two_thirds", largest(tanh.iter().map(|[v]| (v - 2.0 / 3.0).abs())), KERNEL);
    let chaotic = deepest(table, "tanh chaotic", ["below_one_rms"])?;
    measured.insert("chaotic_from_identity", largest(chaotic.iter().map(|[v]| (v - 1.0).abs())), KERNEL);
    Ok(())
}

/// The constant that deep networks say everywhere: with n labels of sum Σ y, Σ y/(n + 3) and Σ y/(n + 2).
fn trivial(regime: &str, inputs: f64, label_sum: f64) -> f64 {
    match regime {
        "relu critical" => label_sum / (inputs + 3.0),
        "tanh critical" => label_sum / (inputs + 2.0),
        _ => 0.0,
    }
}

/// Root mean square distance of the predictions of a row from the constant.
fn from_constant(regime: &str, row: &[f64; 7]) -> f64 {
    let [_, inputs, label_sum, predictions @ ..] = row;
    let constant = trivial(regime, *inputs, *label_sum);
    (predictions.iter().map(|f| (f - constant).powi(2)).sum::<f64>() / predictions.len() as f64).sqrt()
}

const ROW: [&str; 7] = ["depth", "inputs", "label_sum", PREDICTIONS[0], PREDICTIONS[1], PREDICTIONS[2], PREDICTIONS[3]];

fn of_predictors(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let off = |regime: &str| {
        let rows = deepest(table, regime, ROW)?;
        Ok::<f64, StudyError>(largest(rows.iter().map(|row| from_constant(regime, row))))
    };
    measured.insert("relu_from_label_sum", off("relu critical")?, KERNEL);
    measured.insert("tanh_from_label_sum", off("tanh critical")?, KERNEL);
    measured.insert("chaotic_from_zero", off("tanh chaotic")?, KERNEL);
    let ordered = deepest(table, "relu ordered, bias", ["limit_distance"])?;
    measured.insert("ordered_from_kriging", largest(ordered.into_iter().map(|[v]| v)), KERNEL);

    let critical = |row: &Row<'_>| row.word("regime") == Some("relu critical");
    let rows = table.numbers(ROW, |row| critical(row) && row.number("depth").is_some_and(|depth| depth >= 1_000.0))?;
    let distances: Vec<_> = rows.iter().map(|row| (row[0], from_constant("relu critical", row))).collect();
    let points: Vec<_> = distances.iter().map(|(depth, d)| [*depth, *d, 0.1 * d]).collect();
    measured.insert("predictor_exponent", power_law(&points).slope, KERNEL);

    // Two sets of inputs that have nothing in common but their labels.
    let apart = |regime: &str| {
        let of = |data: &str| {
            let of_data = |row: &Row<'_>| row.word("regime") == Some(regime) && row.word("data") == Some(data);
            let mut rows = table.numbers(ROW, of_data)?;
            rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
            Ok::<_, StudyError>(rows.pop())
        };
        let (Some(first), Some(second)) = (of("sphere 1")?, of("sphere 2")?) else { return Ok(f64::NAN) };
        let squares = first.iter().zip(&second).skip(3).map(|(a, b)| (a - b).powi(2));
        Ok::<f64, StudyError>((squares.sum::<f64>() / 4.0).sqrt())
    };
    measured.insert("critical_sets_apart", apart("relu critical")?, KERNEL);
    measured.insert("chaotic_sets_apart", apart("tanh chaotic")?, KERNEL);
    measured.insert("ordered_sets_apart", apart("relu ordered, bias")?, KERNEL);
    Ok(())
}

fn of_condition(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let over = |regime: &str, limit: fn(f64) -> f64| {
        let rows = deepest(table, regime, ["log_condition", "inputs"])?;
        Ok::<f64, StudyError>(largest(rows.iter().map(|[log, n]| (log - limit(*n).ln()).abs())))
    };
    measured.insert("relu_condition_off", over("relu critical", |n| (n + 3.0) / 3.0)?, KERNEL);
    measured.insert("tanh_condition_off", over("tanh critical", |n| (n + 2.0) / 2.0)?, KERNEL);
    measured.insert("chaotic_condition_off", over("tanh chaotic", |_| 1.0)?, KERNEL);
    // χ₁ = 1/2: a^(−L/2).
    let ordered = |row: &Row<'_>| {
        row.word("regime") == Some("relu ordered, bias")
            && row.word("data") == Some("sphere 1")
            && row.number("depth").is_some_and(|depth| depth >= 100.0)
    };
    let rows = table.numbers(["depth", "log_condition"], ordered)?;
    let points: Vec<_> = rows.iter().map(|[depth, log]| [*depth, *log, 1.0]).collect();
    measured.insert("ordered_condition_growth", line(&points).slope / (0.5 * 2.0_f64.ln()), KERNEL);
    Ok(())
}

fn of_depths(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let relu = |row: &Row<'_>| row.word("regime") == Some("relu critical");
    let rows = table.numbers(["gap", "epsilon", "constant", "verified"], |row| {
        relu(row) && row.number("epsilon").is_some_and(|epsilon| epsilon <= 0.01)
    })?;
    // L = (⅜ ln L + C/4 − 1/8)/ε, whose solution is reached by iterating it.
    let formula = |epsilon: f64, constant: f64| {
        (0..50).fold(100.0, |depth: f64, _| (0.375 * depth.ln() + 0.25 * constant - 0.125) / epsilon)
    };
    let off = rows.iter().map(|[_, epsilon, constant, depth]| (depth / formula(*epsilon, *constant) - 1.0).abs());
    measured.insert("depth_formula_off", largest(off), NEEDED);
    let orthogonal = |epsilon: f64| {
        let found =
            table.numbers(["verified"], |row| relu(row) && row.has("gap", 1.0) && row.has("epsilon", epsilon))?;
        Ok::<f64, StudyError>(found.first().map_or(f64::NAN, |[depth]| *depth))
    };
    measured.insert("depth_for_tenfold", orthogonal(0.001)? / orthogonal(0.01)?, NEEDED);
    measured.insert("depth_for_one_per_cent", orthogonal(0.01)?, NEEDED);
    Ok(())
}

fn of_activations(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let exponent = |regime: &str, name: &str| {
        let rows = table.numbers(["width", name], |row| row.word("regime") == Some(regime))?;
        let mut widths: Vec<f64> = rows.iter().map(|[n, _]| *n).collect();
        widths.sort_by(f64::total_cmp);
        widths.dedup();
        let point = |n: f64| {
            let values: Vec<f64> = rows.iter().filter(|[width, _]| *width == n).map(|[_, v]| *v).collect();
            let [mean, error] = mean(&values);
            [n, mean, error]
        };
        Ok::<f64, StudyError>(power_law(&widths.into_iter().map(point).collect::<Vec<_>>()).slope)
    };
    measured.insert("relu_single_exponent", exponent("relu critical", "single")?, ACTIVATIONS);
    measured.insert("relu_norm_exponent", exponent("relu critical", "norm")?, ACTIVATIONS);
    measured.insert("tanh_single_exponent", exponent("tanh critical", "single")?, ACTIVATIONS);
    measured.insert("tanh_norm_exponent", exponent("tanh critical", "norm")?, ACTIVATIONS);
    let losses = table.numbers(["loss_share"], |_| true)?;
    measured.insert("loss_share", largest(losses.into_iter().map(|[share]| share)), ACTIVATIONS);
    Ok(())
}

fn of_stopping(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let exponent = |family: &str, time: Option<f64>, from: f64| {
        let rows = table.numbers(["depth", "spread"], |row| {
            row.word("family") == Some(family)
                && row.number("time") == time
                && row.number("depth").is_some_and(|depth| depth >= from)
        })?;
        let points: Vec<_> = rows.iter().map(|[depth, spread]| [*depth, *spread, 0.1 * spread]).collect();
        Ok::<f64, StudyError>(power_law(&points).slope)
    };
    measured.insert("spread_exponent_at_fixed_n", exponent("n = 20", None, 200.0)?, STOPPING);
    measured.insert("stopped_spread_exponent_at_fixed_n", exponent("n = 20", Some(0.3), 200.0)?, STOPPING);
    measured.insert("stopped_spread_exponent_at_fixed_ratio", exponent("n = L", Some(0.3), 0.0)?, STOPPING);
    let stopped = table
        .numbers(["depth", "spread", "accuracy"], |row| row.word("family") == Some("n = L") && row.has("time", 0.3))?;
    let last = stopped.iter().max_by(|a, b| a[0].total_cmp(&b[0])).copied().unwrap_or([f64::NAN; 3]);
    measured.insert("stopped_spread", last[1], STOPPING);
    measured.insert("stopped_accuracy", last[2], STOPPING);
    Ok(())
}
