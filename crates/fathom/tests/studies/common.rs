//! Runs of studies on made-up images.

use std::sync::atomic::AtomicBool;

use fathom_ntk::studies::{JudgedCheck, Labelled, Material, Piece, Results, Scale, Study, Value, claims, judge};

/// Images of ten classes that are easy to tell apart, the same every time.
pub struct Images {
    values: Vec<f64>,
    classes: Vec<f64>,
}

const FEATURES: usize = 16;

impl Images {
    pub fn new() -> Self {
        let rows = 300;
        let classes: Vec<f64> = (0..rows).map(|row| (row % 10) as f64).collect();
        let value = |row: usize, at: usize| {
            let noise = ((row * FEATURES + at) as f64 * 12.9898).sin() * 43758.5453;
            f64::from(u8::from(at == row % 10)) + 0.5 * (noise - noise.floor())
        };
        let values = (0..rows).flat_map(|row| (0..FEATURES).map(move |at| value(row, at))).collect();
        Self { values, classes }
    }

    pub fn material(&self) -> Material<'_> {
        let data = Labelled { name: "made up", features: FEATURES, values: &self.values, classes: &self.classes };
        Material { digits: data, fashion: data }
    }
}

/// The tables with the rows of those pieces of a study that are wanted.
pub fn results(study: Study, scale: Scale, wanted: impl Fn(&Piece<'_>) -> bool) -> Results {
    let images = Images::new();
    let mut results = study.tables();
    let stop = AtomicBool::new(false);
    for piece in study.pieces(scale, 0, &images.material()).unwrap().iter().filter(|piece| wanted(piece)) {
        let rows = piece.run(&stop).unwrap_or_else(|error| panic!("{piece:?}: {error}"));
        results.add(piece.table, rows.unwrap()).unwrap();
    }
    results
}

/// That every table has rows, and every cell a number or a word but those in columns that may be empty.
pub fn check_full(results: &Results, may_be_empty: &[(&str, &str)]) {
    for table in &results.tables {
        assert!(!table.rows.is_empty(), "{} is empty", table.name);
        for (place, column) in table.columns.iter().enumerate() {
            let missing = table.rows.iter().filter(|row| row[place] == Value::Nothing).count();
            let allowed = may_be_empty.contains(&(table.name, column.name));
            assert!(missing == 0 || allowed, "{}.{}: {missing} missing", table.name, column.name);
        }
    }
}

/// That claims name exactly the quantities that there are, and that there is a number for each.
pub fn check_names(study: Study, results: &Results) {
    let measured = study.quantities(results).unwrap();
    let claims = claims(study).unwrap();
    let named: Vec<&str> = claims.iter().flat_map(|claim| &claim.checks).map(|check| check.quantity.as_str()).collect();
    for name in &named {
        let value = measured.get(name).unwrap_or_else(|| panic!("no quantity {name}")).0;
        assert!(value.is_finite(), "{name} = {value}");
    }
    for name in measured.names() {
        assert_eq!(named.iter().filter(|other| **other == name).count(), 1, "{name} is named once");
    }
}

/// What became of a check.
pub fn check(study: Study, results: &Results, quantity: &str) -> JudgedCheck {
    let judged = judge(study, &study.quantities(results).unwrap()).unwrap();
    let mut checks = judged.into_iter().flat_map(|claim| claim.checks);
    checks.find(|check| check.check.quantity == quantity).unwrap_or_else(|| panic!("no check of {quantity}"))
}

/// That a check passes, and fails when a column is multiplied by something: a formula that is a little wrong.
pub fn check_fails_when(study: Study, results: &Results, quantity: &str, (table, column, factor): (&str, &str, f64)) {
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
