//! Records as a table of comma-separated values.

use fathom_ntk::analysis::training::{EnsembleFit, EnsembleStep, OnData, StepComparison};
use fathom_ntk::statistics::MeanWithError;
use fathom_ntk::train::Record;

/// A column and its value.
type Column<T, V = f64> = (&'static str, fn(&T) -> Option<V>);

/// For the training data and for the test data.
const BESIDE: [Column<OnData>; 8] = [
    ("movement", |d| Some(d.movement)),
    ("linearised_distance", |d| Some(d.linearised?.rms)),
    ("linearised_relative", |d| d.linearised?.relative),
    ("infinite_own_distance", |d| Some(d.infinite_width?.from_own.rms)),
    ("infinite_own_relative", |d| d.infinite_width?.from_own.relative),
    ("infinite_mean_distance", |d| Some(d.infinite_width?.from_mean.rms)),
    ("infinite_spread", |d| Some(d.infinite_width?.spread)),
    ("infinite_in_spreads", |d| d.infinite_width?.in_spreads),
];

/// One line a record; a cell is empty where there is no number.
///
/// # Arguments
/// * `beside`: theories at the same steps; empty if there are none.
pub(super) fn csv(records: &[Record], beside: &[StepComparison]) -> String {
    let Some(first) = records.first() else { return String::new() };
    let names = first.quantities().map(|(name, _)| name.to_owned());
    let names = names.chain(first.layer_quantities().map(|(name, _)| name));
    let both = |data: &str| BESIDE.iter().map(|column| format!("{data}_{}", column.0)).collect::<Vec<String>>();
    let names = names.chain(if beside.is_empty() { Vec::new() } else { [both("train"), both("test")].concat() });
    let mut table = names.collect::<Vec<String>>().join(",") + "\n";
    for (i, record) in records.iter().enumerate() {
        let values = record.quantities().map(|(_, value)| value);
        let values = values.chain(record.layer_quantities().map(|(_, value)| value));
        let beside = beside.get(i).into_iter().flat_map(|at| [Some(at.train), at.test]);
        let beside = beside.flat_map(|data| BESIDE.iter().map(move |column| data.as_ref().and_then(column.1)));
        add_line(&mut table, values.chain(beside));
    }
    table
}

fn add_line(table: &mut String, cells: impl Iterator<Item = Option<f64>>) {
    let cells = cells.map(|cell| cell.map_or(String::new(), |value| value.to_string()));
    *table += &cells.collect::<Vec<String>>().join(",");
    table.push('\n');
}

/// Of means over networks, with a column for each and one for its standard error.
const ENSEMBLE: [Column<EnsembleFit, MeanWithError>; 4] = [
    ("loss", |fit| fit.loss),
    ("accuracy", |fit| fit.accuracy),
    ("variance", |fit| fit.outputs.variance),
    ("variance_ratio", |fit| fit.outputs.infinite_width?.variance_ratio),
];

const SPREAD: [Column<EnsembleFit>; 6] = [
    ("infinite_variance", |fit| Some(fit.outputs.infinite_width?.variance)),
    ("mean_distance", |fit| Some(fit.outputs.infinite_width?.mean_distance)),
    ("mean_noise", |fit| fit.outputs.infinite_width?.mean_noise),
    ("relative_excess", |fit| fit.outputs.infinite_width?.relative_excess),
    ("rms_z", |fit| fit.outputs.infinite_width?.rms_z),
    ("within_two", |fit| fit.outputs.infinite_width?.within_two),
];

/// One line a record of an ensemble.
pub(super) fn ensemble_csv(at: &[EnsembleStep]) -> String {
    let with_error = |name: String| [name.clone(), format!("{name}_error")];
    let of_data = |data: &str| -> Vec<String> {
        let means = ENSEMBLE.iter().flat_map(|column| with_error(format!("{data}_{}", column.0)));
        means.chain(SPREAD.iter().map(|column| format!("{data}_{}", column.0))).collect()
    };
    let names = [of_data("train"), of_data("test")].concat().into_iter();
    let names = ["step".into(), "time".into()].into_iter().chain(names);
    let names =
        names.chain(["ntk_drift", "ntk_alignment_initial"].into_iter().flat_map(|name| with_error(name.into())));
    let mut table = names.collect::<Vec<String>>().join(",") + "\n";
    let cells_of = |value: Option<MeanWithError>| [value.map(|v| v.mean), value.and_then(|v| v.standard_error)];
    for at in at {
        let of_data = |fit: Option<&EnsembleFit>| -> Vec<Option<f64>> {
            let means = ENSEMBLE.iter().flat_map(|column| cells_of(fit.and_then(column.1)));
            means.chain(SPREAD.iter().map(|column| fit.and_then(column.1))).collect()
        };
        let data = [of_data(Some(&at.train)), of_data(at.test.as_ref())].concat();
        let kernel = [at.drift, at.alignment_initial].into_iter().flat_map(cells_of);
        add_line(&mut table, [Some(at.step as f64), Some(at.time)].into_iter().chain(data).chain(kernel));
    }
    table
}
