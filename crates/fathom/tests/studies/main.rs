//! Studies: everything runs, and a wrong number turns a claim red.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

mod every_study;
mod hanin_nica;
mod hayou;
mod seleznova_kutyniok_2021;
mod seleznova_kutyniok_2022;
mod st_arnaud;

use std::sync::atomic::AtomicBool;

use fathom_ntk::studies::{JudgedCheck, Labelled, Material, Piece, Results, Scale, Study, Value, claims, judge};

/// Images of `side²` pixels of ten classes that are easy to tell apart, the same every time.
struct Images {
    side: usize,
    values: Vec<f64>,
    classes: Vec<f64>,
}

impl Images {
    fn new(side: usize) -> Self {
        let (rows, pixels) = (600, side * side);
        // Numbers that look random: the fractional parts of multiples of an irrational number.
        let noise = |row: usize, pixel: usize| ((row * pixels + pixel) as f64 * 0.618_033_988_749_895).fract();
        let value = |row, pixel| noise(row, pixel) + if pixel % 10 == row % 10 { 2.0 } else { 0.0 };
        let values = (0..rows).flat_map(|row| (0..pixels).map(move |pixel| value(row, pixel))).collect();
        Self { side, values, classes: (0..rows).map(|row| (row % 10) as f64).collect() }
    }

    fn labelled(&self) -> Labelled<'_> {
        Labelled { name: "stripes", features: self.side * self.side, values: &self.values, classes: &self.classes }
    }
}

/// The pieces of a study.
fn with_pieces<T>(study: Study, scale: Scale, seed: u64, then: impl FnOnce(&[Piece<'_>]) -> T) -> T {
    let (digits, images) = (Images::new(8), Images::new(14));
    let material = Material { digits: digits.labelled(), images: images.labelled() };
    then(&study.pieces(scale, seed, &material).unwrap())
}

/// The tables with the rows of those pieces of a study that are wanted.
fn results(study: Study, scale: Scale, seed: u64, wanted: impl Fn(&Piece<'_>) -> bool) -> Results {
    let mut results = study.tables();
    with_pieces(study, scale, seed, |pieces| {
        for piece in pieces.iter().filter(|piece| wanted(piece)) {
            let rows = piece.run(&AtomicBool::new(false)).unwrap_or_else(|error| panic!("{piece:?}: {error}"));
            results.add(piece.table, rows.unwrap()).unwrap();
        }
    });
    results
}

/// That a trial fills every table, and every cell but those of columns that may be empty (of one table, or of any: ""); and
/// that claims name exactly the quantities that there are.
fn a_trial_is_whole(study: Study, may_be_empty: &[(&str, &str)]) {
    let results = results(study, Scale::Trial, 0, |_| true);
    for table in &results.tables {
        assert!(!table.rows.is_empty(), "{} is empty", table.name);
        for (place, column) in table.columns.iter().enumerate() {
            let missing = table.rows.iter().filter(|row| row[place] == Value::Nothing).count();
            let allowed = [table.name, ""].iter().any(|name| may_be_empty.contains(&(*name, column.name)));
            assert!(missing == 0 || allowed, "{}.{}: {missing} missing", table.name, column.name);
        }
    }
    let measured = study.quantities(&results).unwrap();
    let claims = claims(study).unwrap();
    let named: Vec<&str> = claims.iter().flat_map(|claim| &claim.checks).map(|check| check.quantity.as_str()).collect();
    for name in &named {
        let (_, table) = measured.get(name).unwrap_or_else(|| panic!("no quantity {name}"));
        assert!(results.table(table).is_ok(), "{name} is said to come from {table}, which there is not");
    }
    for name in measured.names() {
        assert_eq!(named.iter().filter(|other| **other == name).count(), 1, "{name} is named once");
    }
}

/// What became of a check.
fn check(study: Study, results: &Results, quantity: &str) -> JudgedCheck {
    let judged = judge(study, &study.quantities(results).unwrap()).unwrap();
    let found = judged.into_iter().find_map(|claim| {
        let check = claim.checks.iter().find(|check| check.check.quantity == quantity)?.clone();
        assert!(check.passed || !claim.passed, "{} passes although {quantity} does not", claim.claim.id);
        Some(check)
    });
    found.unwrap_or_else(|| panic!("no check of {quantity}"))
}

/// That a check passes, and fails when a column is multiplied by something: a formula that is a little wrong.
fn check_fails_when(study: Study, results: &Results, quantity: &str, (table, column, factor): (&str, &str, f64)) {
    let before = check(study, results, quantity);
    assert!(before.passed, "{quantity} = {:?}", before.measured);
    let mut wrong = results.clone();
    let table = wrong.tables.iter_mut().find(|other| other.name == table).unwrap();
    let place = table.column(column).unwrap();
    for row in &mut table.rows {
        if let Value::Number(number) = &mut row[place] {
            *number *= factor;
        }
    }
    let after = check(study, &wrong, quantity);
    assert!(!after.passed, "{quantity} = {:?} with {column} × {factor}", after.measured);
}
