//! Records as a table of comma-separated values.

use fathom_ntk::train::{KernelRecord, Record};

/// A column and its value.
type Column<T> = (&'static str, fn(&T) -> Option<f64>);

const FITS: [Column<Record>; 5] = [
    ("time", |r| Some(r.time)),
    ("train_loss", |r| Some(r.train.loss)),
    ("train_accuracy", |r| r.train.accuracy),
    ("test_loss", |r| r.test.map(|test| test.loss)),
    ("test_accuracy", |r| r.test.and_then(|test| test.accuracy)),
];

const KERNEL: [Column<KernelRecord>; 11] = [
    ("ntk_drift", |k| k.drift),
    ("ntk_alignment_initial", |k| k.alignment_initial),
    ("ntk_alignment_infinite", |k| k.alignment_reference),
    ("ntk_alignment_labels", |k| k.alignment_labels),
    ("ntk_alignment_labels_centred", |k| k.alignment_labels_centred),
    ("ntk_trace", |k| Some(k.trace)),
    ("ntk_largest_eigenvalue", |k| Some(k.largest_eigenvalue)),
    ("ntk_smallest_eigenvalue", |k| Some(k.smallest_eigenvalue)),
    ("ntk_condition", |k| k.condition),
    ("ntk_within_classes", |k| k.within_classes),
    ("ntk_between_classes", |k| k.between_classes),
];

/// One line a record; a cell is empty where there is no number.
pub(super) fn csv(records: &[Record]) -> String {
    let layers = records.first().map_or(0, |record| record.layers.len());
    let names = FITS.iter().map(|column| column.0).chain(KERNEL.iter().map(|column| column.0)).map(String::from);
    let names = ["step".into()].into_iter().chain(names);
    let names = names.chain((1..=layers).map(|layer| format!("weight_change_{layer}")));
    let names = names.chain((1..layers).map(|layer| format!("pattern_change_{layer}")));
    let mut table = names.collect::<Vec<String>>().join(",") + "\n";
    for record in records {
        let fits = FITS.iter().map(|column| column.1(record));
        let kernel = KERNEL.iter().map(|column| record.kernel.as_ref().and_then(column.1));
        let weights = record.layers.iter().map(|layer| layer.weight_change);
        let patterns = record.layers.iter().take(layers.saturating_sub(1)).map(|layer| layer.pattern_change);
        let cells = fits.chain(kernel).chain(weights).chain(patterns);
        let cells = cells.map(|cell| cell.map_or(String::new(), |value| value.to_string()));
        table += &[record.step.to_string()].into_iter().chain(cells).collect::<Vec<String>>().join(",");
        table.push('\n');
    }
    table
}
