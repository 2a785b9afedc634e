//! The numbers that the claims are about.

use super::accuracy::{REGRESSION, TRAINED};
use super::convolution::CONVOLUTION;
use super::exponential::EXPONENTIAL;
use super::rates::RATES;
use crate::studies::{Measured, Results, Row, StudyError, Table};

pub(in crate::studies) fn quantities(results: &Results) -> Result<Measured, StudyError> {
    let mut measured = Measured::default();
    rates(&mut measured, results.table(RATES)?)?;
    convolution(&mut measured, results.table(CONVOLUTION)?)?;
    exponential(&mut measured, results.table(EXPONENTIAL)?)?;
    regression(&mut measured, results.table(REGRESSION)?)?;
    trained(&mut measured, results.table(TRAINED)?)?;
    Ok(measured)
}

/// Depth, excess and diagonal of the two deepest rows that are a decade apart.
fn last_decade(table: &Table, keep: impl Fn(&Row<'_>) -> bool) -> Result<[[f64; 3]; 2], StudyError> {
    let rows = table.numbers(["depth", "excess", "diagonal"], keep)?;
    let last = rows.last().copied().unwrap_or([f64::NAN; 3]);
    let before = rows.iter().copied().find(|[depth, ..]| 10.0 * depth == last[0]).unwrap_or([f64::NAN; 3]);
    Ok([before, last])
}

/// The coefficient of ln L/L: ratio − limit = excess/diagonal, where the diagonal is a multiple of L and the excess a
/// constant and a multiple of ln L.
fn coefficient([[l0, e0, _], [l1, e1, d1]]: [[f64; 3]; 2]) -> f64 {
    (e1 - e0) / (l1 / l0).ln() * l1 / d1
}

/// The exponent of a power of L.
fn exponent([[l0, e0, d0], [l1, e1, d1]]: [[f64; 3]; 2]) -> f64 {
    ((e1 / d1) / (e0 / d0)).abs().ln() / (l1 / l0).ln()
}

fn rates(measured: &mut Measured, table: &Table) -> Result<(), StudyError> {
    let of = |name: &'static str| move |row: &Row<'_>| row.word("network") == Some(name);
    let predicted = |name: &'static str| {
        Ok::<_, StudyError>(table.numbers(["coefficient"], of(name))?.first().map_or(f64::NAN, |[c]| *c))
    };
    for (quantity, name) in [("relu_limit", "relu"), ("tanh_limit", "tanh")] {
        let [before, last] = last_decade(table, of(name))?;
        let limit = table.numbers(["limit"], of(name))?.first().map_or(f64::NAN, |[c]| *c);
        // How much faster the diagonal grows than what is off it.
        measured.insert(quantity, limit + (last[1] - before[1]) / (last[2] - before[2]), RATES);
    }
    measured.insert("relu_coefficient", coefficient(last_decade(table, of("relu"))?), RATES);
    for (quantity, name) in [("tanh_over_predicted", "tanh"), ("erf_over_predicted", "erf")] {
        measured.insert(quantity, coefficient(last_decade(table, of(name))?) / predicted(name)?, RATES);
    }
    // The excess of elu is a multiple of √L.
    let [[l0, e0, _], [l1, e1, d1]] = last_decade(table, of("elu"))?;
    let elu = (e1 - e0) / (l1.sqrt() - l0.sqrt()) * l1 / d1;
    measured.insert("elu_over_predicted", elu / predicted("elu")?, RATES);
    for (quantity, name) in [
        ("residual_1_coefficient", "residual relu, σ_w² = 1"),
        ("residual_2_coefficient", "residual relu, σ_w² = 2"),
        ("residual_4_coefficient", "residual relu, σ_w² = 4"),
    ] {
        measured.insert(quantity, coefficient(last_decade(table, of(name))?), RATES);
    }
    let root = last_decade(table, of("residual relu, λ² = l^-1/2"))?;
    measured.insert("residual_root_exponent", exponent(root), RATES);
    // A diagonal that grows like ln L, and an error that is a constant over it.
    let [[l0, _, d0], [l1, e1, d1]] = last_decade(table, of("residual relu, λ² = 1/l"))?;
    measured.insert("residual_harmonic_diagonal_slope", (d1 - d0) / (l1 / l0).ln(), RATES);
    measured.insert("residual_harmonic_error", e1 / d1, RATES);
    // The limit of λ² = 1/L depends on the data. Errors of a power of L keep their ratio when L is doubled.
    let ratios = table.numbers(["depth", "ratio"], of("residual relu, λ² = 1/L"))?;
    let ratio = |depth: f64| ratios.iter().find(|[l, _]| *l == depth).map_or(f64::NAN, |[_, ratio]| *ratio);
    let exponent = ((ratio(1_000.0) - ratio(500.0)) / (ratio(500.0) - ratio(250.0))).abs().log2();
    measured.insert("residual_inverse_exponent", exponent, RATES);
    Ok(())
}

fn convolution(measured: &mut Measured, table: &Table) -> Result<(), StudyError> {
    for (quantity, name, places) in [
        ("convolution_coefficient", "convolutional", "two images"),
        ("convolution_places_coefficient", "convolutional", "two places"),
        ("residual_convolution_coefficient", "residual convolutional", "two images"),
    ] {
        let keep = |row: &Row<'_>| row.word("network") == Some(name) && row.word("places") == Some(places);
        measured.insert(quantity, coefficient(last_decade(table, keep)?), CONVOLUTION);
    }
    Ok(())
}

fn exponential(measured: &mut Measured, table: &Table) -> Result<(), StudyError> {
    let (mut worst, mut half) = (0.0_f64, f64::NAN);
    for name in table.words("network")? {
        let keep = |row: &Row<'_>| row.word("network") == Some(name.as_str()) && row.number("log_error").is_some();
        let rows = table.numbers(["depth", "log_error", "slope", "chi"], keep)?;
        let (Some(first), Some(last)) = (rows.get(rows.len() / 2), rows.last()) else { continue };
        let layers = last[0] - first[0];
        // Of an error L e^{−L/ξ}, the factor L is taken out; relu-like networks have none.
        let power = if name.starts_with("relu") || last[3] > 1.0 { 0.0 } else { (last[0] / first[0]).ln() };
        let slope = (last[1] - first[1] - power) / layers;
        worst = worst.max((slope / last[2] - 1.0).abs());
        if name.starts_with("relu, σ_w² = 1,") {
            half = slope / last[3].ln();
        }
    }
    measured.insert("exponential_slopes_off", worst, EXPONENTIAL);
    measured.insert("relu_ordered_exponent", half, EXPONENTIAL);
    Ok(())
}

fn regression(measured: &mut Measured, table: &Table) -> Result<(), StudyError> {
    let deepest = table.distinct("depth")?.last().copied().unwrap_or(f64::NAN);
    let at = |name: &'static str, depth: f64, column| {
        let rows = table.numbers([column], |row| row.word("network") == Some(name) && row.has("depth", depth))?;
        Ok::<_, StudyError>(rows.first().map_or(f64::NAN, |[value]| *value))
    };
    measured.insert("chaotic_signal", at("tanh, chaotic", deepest, "signal")?, REGRESSION);
    let lost = at("tanh, chaotic", 2.0, "accuracy")? - at("tanh, chaotic", deepest, "accuracy")?;
    measured.insert("chaotic_accuracy_lost", lost, REGRESSION);
    let worst = |names: &[&'static str]| {
        let changes = names.iter().map(|&name| Ok(at(name, deepest, "accuracy")? - at(name, 2.0, "accuracy")?));
        changes.reduce(|a: Result<f64, StudyError>, b| Ok(a?.min(b?))).unwrap_or(Ok(f64::NAN))
    };
    let edge = worst(&["relu, edge of chaos", "tanh, edge of chaos", "residual relu"])?;
    measured.insert("edge_accuracy_change", edge, REGRESSION);
    measured.insert("ordered_accuracy_change", worst(&["relu, ordered", "tanh, ordered"])?, REGRESSION);
    Ok(())
}

/// Mean over networks of a column at the largest depth.
fn trained(measured: &mut Measured, table: &Table) -> Result<(), StudyError> {
    let deepest = table.distinct("depth")?.last().copied().unwrap_or(f64::NAN);
    let mean = |name: &'static str, column| {
        let rows = table.numbers([column], |row| row.word("network") == Some(name) && row.has("depth", deepest))?;
        let sum: f64 = rows.iter().map(|[value]| value).sum();
        Ok::<_, StudyError>(sum / rows.len() as f64)
    };
    for (quantity, name) in
        [("ordered_train_accuracy", "tanh, ordered"), ("edge_train_accuracy", "tanh, edge of chaos")]
    {
        measured.insert(quantity, mean(name, "train_accuracy")?, TRAINED);
    }
    let gain = mean("tanh, edge of chaos", "test_accuracy")? - mean("tanh, chaotic", "test_accuracy")?;
    measured.insert("edge_over_chaotic_test_accuracy", gain, TRAINED);
    Ok(())
}
