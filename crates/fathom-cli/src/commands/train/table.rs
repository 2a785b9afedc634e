//! Records as a table of comma-separated values.

use fathom_ntk::train::Record;

/// One line a record; a cell is empty where there is no number.
pub(super) fn csv(records: &[Record]) -> String {
    let Some(first) = records.first() else { return String::new() };
    let names = first.quantities().map(|(name, _)| name.to_owned());
    let names = names.chain(first.layer_quantities().map(|(name, _)| name));
    let mut table = names.collect::<Vec<String>>().join(",") + "\n";
    for record in records {
        let values = record.quantities().map(|(_, value)| value);
        let values = values.chain(record.layer_quantities().map(|(_, value)| value));
        let cells = values.map(|cell| cell.map_or(String::new(), |value| value.to_string()));
        table += &cells.collect::<Vec<String>>().join(",");
        table.push('\n');
    }
    table
}
