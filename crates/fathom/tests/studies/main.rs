//! Studies: what a trial gives, and that claims fail where numbers are wrong.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod hanin_nica;
mod st_arnaud;

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use fathom_ntk::studies::{JudgedClaim, Labelled, Material, Piece, Results, Scale, Study, Value, claims, judge};

const FEATURES: usize = 16;
const ROWS: usize = 450;

/// Ten classes of inputs that are not random and not alike.
struct Images {
    values: Vec<f64>,
    classes: Vec<f64>,
}

impl Images {
    fn new() -> Self {
        let classes: Vec<f64> = (0..ROWS).map(|row| (row % 10) as f64).collect();
        let value = |i: usize| {
            let (row, place) = ((i / FEATURES) as f64, (i % FEATURES) as f64);
            1.0 + (0.7 * (row % 10.0) * place).sin() + 0.8 * (1.3 * row * (place + 1.0)).cos()
        };
        Self { values: (0..ROWS * FEATURES).map(value).collect(), classes }
    }

    fn material(&self) -> Material<'_> {
        let data = Labelled { name: "waves", features: FEATURES, values: &self.values, classes: &self.classes };
        Material { digits: data, fashion: data }
    }
}

/// The tables with the rows of some of the pieces.
fn results(study: Study, scale: Scale, seed: u64, wanted: impl Fn(&Piece<'_>) -> bool) -> Results {
    let images = Images::new();
    let mut results = study.tables();
    let pieces = study.pieces(scale, seed, &images.material()).unwrap();
    let mut descriptions = BTreeSet::new();
    for piece in &pieces {
        assert!(descriptions.insert((piece.table, piece.description.clone())), "twice: {}", piece.description);
        assert!(piece.seconds > 0.0);
        if wanted(piece) {
            let rows = piece.run(&AtomicBool::new(false)).unwrap().unwrap();
            results.add(piece.table, rows).unwrap();
        }
    }
    results
}

/// A trial fills all tables, with numbers in all but some columns, and gives the quantities that claims name, and no others.
fn a_trial_is_whole(study: Study, may_lack: &[&str]) {
    let results = results(study, Scale::Trial, 0, |_| true);
    for table in &results.tables {
        assert!(!table.rows.is_empty(), "{} has no rows", table.name);
        for (place, column) in table.columns.iter().enumerate() {
            let lacking = table.rows.iter().any(|row| row[place] == Value::Nothing);
            assert!(!lacking || may_lack.contains(&column.name), "{}.{} lacks numbers", table.name, column.name);
        }
    }
    let measured = study.quantities(&results).unwrap();
    let given: BTreeSet<String> = measured.names().map(str::to_owned).collect();
    let claims = claims(study).unwrap();
    let named = claims.iter().flat_map(|claim| claim.checks.iter().map(|check| check.quantity.clone()));
    assert_eq!(given, named.collect::<BTreeSet<_>>());
    for name in &given {
        assert!(results.table(measured.get(name).unwrap().1).is_ok(), "{name}");
    }
}

/// A claim on these tables.
fn judged(study: Study, results: &Results, id: &str) -> JudgedClaim {
    let claims = judge(study, &study.quantities(results).unwrap()).unwrap();
    claims.into_iter().find(|judged| judged.claim.id == id).unwrap()
}

/// Whether one check of a claim passes.
fn passes(study: Study, results: &Results, id: &str, quantity: &str) -> bool {
    let claim = judged(study, results, id);
    let check = claim.checks.iter().find(|check| check.check.quantity == quantity).unwrap();
    assert!(check.passed || !claim.passed);
    check.passed
}

/// The tables as a wrong formula would make them: a column multiplied by a factor.
fn altered(results: &Results, table: &str, column: &str, factor: f64) -> Results {
    let mut results = results.clone();
    let table = results.tables.iter_mut().find(|t| t.name == table).unwrap();
    let place = table.column(column).unwrap();
    for row in &mut table.rows {
        if let Value::Number(value) = &mut row[place] {
            *value *= factor;
        }
    }
    results
}
