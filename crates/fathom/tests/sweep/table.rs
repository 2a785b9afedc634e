//! The table of a sweep.

use fathom_ntk::analysis::sweep::{
    Column, Key, Outcome, Quantity, Row, Setting, Status, SweepCommand, Table, TableCell,
};
use fathom_ntk::report::{sweep_text, table_csv};

fn row(index: usize, depth: usize, seed: u64, status: Status, loss: f64) -> Row {
    let quantities = vec![Quantity::text("phase", "critical"), Quantity::number("train_loss", Some(loss))];
    let reason = (status != Status::Done).then(|| "it went, \"boom\"".into());
    let settings = vec![Setting::Depth(depth), Setting::Seed(seed)];
    Row { index, settings, outcome: Outcome { status, reason, quantities }, seconds: Some(0.5) }
}

/// Depth 2: losses 1, 2 and 6; depth 3: one divergence and a loss of 4.
fn table() -> Table {
    let rows = vec![
        row(4, 3, 1, Status::Done, 4.0),
        row(0, 2, 0, Status::Done, 1.0),
        row(1, 2, 1, Status::Done, 2.0),
        row(2, 2, 2, Status::Done, 6.0),
        row(3, 3, 0, Status::Diverged, 1e9),
    ];
    Table::new(vec![Key::Depth, Key::Seed], rows)
}

fn column<'a>(columns: &'a [Column], name: &str) -> &'a [TableCell] {
    &columns.iter().find(|column| column.name == name).unwrap().values
}

fn numbers(columns: &[Column], name: &str) -> Vec<Option<f64>> {
    column(columns, name).iter().map(TableCell::number).collect()
}

#[test]
fn rows_are_in_order_and_columns_have_names() {
    let columns = table().columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["cell", "depth", "seed", "status", "phase", "train_loss", "reason", "seconds"]);
    assert_eq!(numbers(&columns, "cell"), [0, 1, 2, 3, 4].map(|i| Some(f64::from(i))));
    assert_eq!(column(&columns, "status")[3], TableCell::Text("diverged".into()));
    let csv = table_csv(&columns);
    assert_eq!(csv.lines().nth(4), Some("3,3,0,diverged,critical,1000000000,\"it went, \"\"boom\"\"\",0.5"));
    assert_eq!(csv.lines().nth(1), Some("0,2,0,done,critical,1,,0.5"));
}

/// By hand: the mean of 1, 2, 6 is 3, their variance 7, so the standard error of the mean is √(7/3).
#[test]
fn seeds_are_one_row_with_standard_errors() {
    let means = table().over_seeds();
    assert_eq!(means.keys(), [Key::Depth]);
    let columns = means.columns();
    assert_eq!(numbers(&columns, "train_loss"), [Some(3.0), Some(4.0)]);
    let errors = numbers(&columns, "train_loss_se");
    assert!((errors[0].unwrap() - (7.0_f64 / 3.0).sqrt()).abs() < 1e-15 && errors[1].is_none());
    assert_eq!(numbers(&columns, "seeds"), [Some(3.0), Some(2.0)]);
    assert_eq!(numbers(&columns, "diverged"), [Some(0.0), Some(1.0)]);
    assert_eq!(numbers(&columns, "seconds"), [Some(1.5), Some(1.0)]);
    assert_eq!(column(&columns, "phase")[1], TableCell::Text("critical".into()));
    assert_eq!(column(&columns, "status")[1], TableCell::Text("diverged".into()));
}

/// A third of 0.33 + 0.33 + 0.33 is not 0.33 in floating point.
#[test]
fn equal_values_have_no_spread() {
    let rows = (0..3).map(|seed| row(seed, 2, seed as u64, Status::Done, 0.33)).collect();
    let columns = Table::new(vec![Key::Depth, Key::Seed], rows).over_seeds().columns();
    assert_eq!(
        (numbers(&columns, "train_loss"), numbers(&columns, "train_loss_se")),
        (vec![Some(0.33)], vec![Some(0.0)])
    );
}

#[test]
fn the_text_counts_and_explains() {
    let text = sweep_text(SweepCommand::Train, &table(), "a circle");
    for words in ["5: 4 done, 1 diverged, 0 failed", "depth = 3, seed = 0: it went", "3 ± 1.5", "smallest train_loss"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
}
