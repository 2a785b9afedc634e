//! Studies: everything runs, and a wrong number turns a claim red.

mod every_study;
mod hayou;

use std::sync::atomic::AtomicBool;

use fathom_ntk::studies::{JudgedClaim, Labelled, Material, Piece, Results, Scale, Study, Value, judge};

/// Images of `side²` pixels of ten classes, which differ in a stripe and by noise.
pub struct Images {
    side: usize,
    values: Vec<f64>,
    classes: Vec<f64>,
}

impl Images {
    /// So many of them.
    pub fn new(side: usize, rows: usize) -> Self {
        // Numbers that look random: the fractional parts of multiples of an irrational number.
        let noise = (0..rows * side * side).map(|i| (i as f64 * 0.618_033_988_749_895).fract());
        let classes: Vec<usize> = (0..rows).map(|row| row % 10).collect();
        let stripe = |i: usize| {
            let (row, pixel) = (i / (side * side), i % (side * side));
            if pixel % 10 == classes[row] { 2.0 } else { 0.0 }
        };
        let values = noise.enumerate().map(|(i, noise)| noise + stripe(i)).collect();
        Self { side, values, classes: classes.iter().map(|&class| class as f64).collect() }
    }

    /// As data of a study.
    pub fn labelled(&self) -> Labelled<'_> {
        Labelled { name: "stripes", features: self.side * self.side, values: &self.values, classes: &self.classes }
    }
}

/// Tables from those pieces of a study of which `chosen` holds.
pub fn results_of(study: Study, scale: Scale, seed: u64, chosen: impl Fn(&Piece<'_>) -> bool) -> Results {
    let (digits, images) = (Images::new(8, 600), Images::new(14, 600));
    let material = Material { digits: digits.labelled(), images: images.labelled() };
    let pieces = study.pieces(scale, seed, &material).unwrap();
    let mut results = study.tables();
    for piece in pieces.iter().filter(|piece| chosen(piece)) {
        let rows = piece.run(&AtomicBool::new(false)).unwrap().unwrap();
        results.add(piece.table, rows).unwrap();
    }
    results
}

/// Multiplies the numbers of a column, as a broken formula would.
pub fn scaled(results: &Results, table: &str, column: &str, factor: f64) -> Results {
    let mut broken = results.clone();
    let table = broken.tables.iter_mut().find(|found| found.name == table).unwrap();
    let place = table.column(column).unwrap();
    for row in &mut table.rows {
        if let Value::Number(number) = &mut row[place] {
            *number *= factor;
        }
    }
    broken
}

/// What becomes of a claim.
pub fn judged(study: Study, results: &Results, claim: &str) -> JudgedClaim {
    let measured = study.quantities(results).unwrap();
    judge(study, &measured).unwrap().into_iter().find(|judged| judged.claim.id == claim).unwrap()
}
