//! The numbers that the claims of the study are about.

use super::network::{SIGMOID, TRAINED};
use super::{conditioning, ensembles, initial, training};
use crate::statistics::Running;
use crate::studies::fit::{largest, smallest};
use crate::studies::{Measured, Results, Row, StudyError, Table};

pub(in crate::studies) fn quantities(results: &Results) -> Result<Measured, StudyError> {
    let mut measured = Measured::default();
    of_initial(results.table(initial::TABLE)?, &mut measured)?;
    of_conditioning(results.table(conditioning::TABLE)?, &mut measured)?;
    of_training(results.table(training::TABLE)?, &mut measured)?;
    of_slow(results.table(training::TABLE)?, &mut measured)?;
    of_ensembles(results.table(ensembles::TABLE)?, &mut measured)?;
    Ok(measured)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let mut running = Running::default();
    values.for_each(|value| running.push(value));
    running.mean().unwrap_or(f64::NAN)
}

fn deepest(table: &Table) -> Result<f64, StudyError> {
    Ok(largest(table.distinct("depth")?))
}

/// Largest χ_1 at which gradients count as vanishing fast.
const FAST: f64 = 0.6;

/// Whether a row is of an activation whose gradients do this; if they vanish, fast.
fn is(activation: &'static str, gradients: &'static str) -> impl Fn(&Row<'_>) -> bool {
    move |row| {
        let slow = row.word("gradients") == Some("vanish") && row.number("chi").is_some_and(|chi| chi > FAST);
        row.word("activation") == Some(activation) && row.word("gradients") == Some(gradients) && !slow
    }
}

/// Whether a row is of tanh with gradients that vanish slowly.
fn is_slow(row: &Row<'_>) -> bool {
    row.word("activation") == Some(TRAINED[1].0)
        && row.word("gradients") == Some("vanish")
        && row.number("chi").is_some_and(|chi| chi > FAST)
}

fn of_initial(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    // Beyond, too few draws carry the second moment for standard errors to be trusted.
    let shallow = |row: &Row<'_>| row.number("ratio").is_some_and(|ratio| ratio <= 0.21 || row.has("depth", 2.0));
    let rows = table.numbers(["dispersion", "dispersion_error", "dispersion_exact"], shallow)?;
    let off = largest(rows.iter().map(|[sampled, error, exact]| (sampled - exact).abs() / error));
    measured.insert("relu_off_exact", off, initial::TABLE);

    let first = smallest(table.distinct("depth")?.into_iter().filter(|depth| *depth > 2.0));
    let names = ["dispersion", "dispersion_first_order"];
    let rows = table.numbers(names, |row| row.has("depth", first))?;
    let shares = mean(rows.iter().map(|[sampled, first]| (sampled - 1.0) / (first - 1.0)));
    measured.insert("smooth_over_first_order", shares, initial::TABLE);

    let depth = deepest(table)?;
    let spread = |activation, gradients| -> Result<f64, StudyError> {
        let of = is(activation, gradients);
        Ok(mean(table.numbers(["spread"], |row| of(row) && row.has("depth", depth))?.into_iter().map(|[v]| v)))
    };
    for (name, activation, gradients) in [
        ("spread_vanish_relu", TRAINED[0].0, "vanish"),
        ("spread_vanish_tanh", TRAINED[1].0, "vanish"),
        ("spread_vanish_sigmoid", SIGMOID.0, "vanish"),
        ("spread_explode_relu", TRAINED[0].0, "explode"),
        ("spread_explode_tanh", TRAINED[1].0, "explode"),
    ] {
        measured.insert(name, spread(activation, gradients)?, initial::TABLE);
    }
    Ok(())
}

fn of_conditioning(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    // λ_min falls like L χ^L for smooth activations, and like χ^(L/2) for relu.
    for (name, activation, power, halves) in
        [("conditioning_relu", TRAINED[0].0, 0.0, 0.5), ("conditioning_tanh", TRAINED[1].0, 1.0, 1.0)]
    {
        let rows = table.numbers(["depth", "smallest", "chi"], is(activation, "vanish"))?;
        let exponent = match (rows.iter().find(|row| row[0] == 20.0), rows.last()) {
            (Some([from, first, chi]), Some([to, last, _])) if to > from => {
                let fall = (last / to.powf(power) / (first / from.powf(power))).ln();
                fall / (to - from) / (halves * chi.ln())
            }
            _ => f64::NAN,
        };
        measured.insert(name, exponent, conditioning::TABLE);
    }
    Ok(())
}

fn of_training(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let depth = deepest(table)?;
    for (name, column, activation, gradients) in [
        ("shape_vanish_relu", "shape", TRAINED[0].0, "vanish"),
        ("shape_vanish_tanh", "shape", TRAINED[1].0, "vanish"),
        ("shape_explode_relu", "shape", TRAINED[0].0, "explode"),
        ("shape_explode_tanh", "shape", TRAINED[1].0, "explode"),
        ("loss_vanish_relu", "loss_left", TRAINED[0].0, "vanish"),
        ("loss_vanish_tanh", "loss_left", TRAINED[1].0, "vanish"),
        ("loss_vanish_sigmoid", "loss_left", SIGMOID.0, "vanish"),
    ] {
        let of = is(activation, gradients);
        let values = table.numbers([column], |row| of(row) && row.has("depth", depth))?;
        measured.insert(name, mean(values.into_iter().map(|[v]| v)), training::TABLE);
    }
    Ok(())
}

fn of_slow(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let depth = deepest(table)?;
    for (name, column) in [("loss_vanish_slowly", "loss_left"), ("shape_vanish_slowly", "shape")] {
        let values = table.numbers([column], |row| is_slow(row) && row.has("depth", depth))?;
        measured.insert(name, mean(values.into_iter().map(|[v]| v)), training::TABLE);
    }
    Ok(())
}

fn of_ensembles(table: &Table, measured: &mut Measured) -> Result<(), StudyError> {
    let depths = table.distinct("depth")?;
    let (shallow, deep) = (smallest(depths.iter().copied()), largest(depths.iter().copied()));
    let last = largest(table.distinct("step")?);
    let logarithms = |step: f64, keep: &dyn Fn(&Row<'_>) -> bool| -> Result<Vec<f64>, StudyError> {
        let rows = table.numbers(["variance_ratio"], |row| row.has("step", step) && keep(row))?;
        Ok(rows.into_iter().map(|[ratio]| ratio.ln()).collect())
    };
    let of = |gradients: &'static str| move |row: &Row<'_>| row.word("gradients") == Some(gradients);
    let sizes = |values: Vec<f64>| values.into_iter().map(f64::abs);

    let before = logarithms(0.0, &|_| true)?;
    measured.insert("variance_before", mean(before.into_iter()), ensembles::TABLE);
    let all = logarithms(last, &|row| row.has("depth", shallow))?;
    measured.insert("variance_shallow", largest(sizes(all)), ensembles::TABLE);
    let edge = logarithms(last, &|row| is(TRAINED[1].0, "stay")(row) && row.has("depth", deep))?;
    measured.insert("variance_edge_tanh", largest(sizes(edge)), ensembles::TABLE);
    // The same networks at the largest depth and at the least.
    let at = |depth: f64| logarithms(last, &|row| of("explode")(row) && row.has("depth", depth));
    let (near, far) = (at(shallow)?, at(deep)?);
    let falls = near.iter().zip(&far).map(|(near, far)| far - near);
    measured.insert("variance_explode", largest(falls), ensembles::TABLE);
    let vanish = logarithms(last, &of("vanish"))?;
    measured.insert("variance_vanish", largest(vanish), ensembles::TABLE);
    Ok(())
}
