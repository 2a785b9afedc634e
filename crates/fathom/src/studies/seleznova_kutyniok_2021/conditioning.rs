//! How the kernel of infinite width loses what tells inputs apart.

use std::slice::from_ref;

use super::network::{Cell, columns};
use crate::infinite::matrix::{KernelEngine, KernelMatrix, KernelScale, MatrixOptions};
use crate::linalg::symmetric_eigenvalues;
use crate::studies::{Labelled, Piece, Scale, StudyError, Table, Value};

/// The name of the table.
pub(super) const TABLE: &str = "conditioning";
/// Inputs: two digits of each of four classes.
const CLASSES: usize = 4;

pub(super) fn table() -> Table {
    let columns = columns(&[
        ("depth", "weight layers, L"),
        ("smallest", "λ_min/λ_max of Θ at infinite width on eight digits; empty where it is lost in rounding"),
    ]);
    Table::new(TABLE, "The smallest eigenvalue of the kernel of infinite width against depth.", &columns)
}

pub(super) fn pieces<'a>(scale: Scale, digits: &Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let depths = scale.pick(&[10, 20, 30][..], &[5, 10, 15, 20, 30, 40], &[5, 10, 15, 20, 25, 30, 35, 40]);
    let digits = *digits;
    let mut pieces = Vec::new();
    for cell in Cell::all(true)? {
        let Cell { activation, weight_var, .. } = cell;
        let description = format!("{activation}, weight_var {weight_var}, depths {depths:?}, {}", digits.name);
        pieces.push(Piece::new(TABLE, description, 0.2, move |_| {
            let rows = depths.iter().map(|depth| row(&cell, *depth, &digits));
            Ok(Some(rows.collect::<Result<_, _>>()?))
        }));
    }
    Ok(pieces)
}

fn row(cell: &Cell, depth: usize, digits: &Labelled<'_>) -> Result<Vec<Value>, StudyError> {
    let examples = digits.few_classes(CLASSES, from_ref(&(0..2)), digits.features as f64)?;
    // The kernels of infinite width do not know the width.
    let architecture = cell.network([digits.features, 2, depth, 1])?;
    let options = MatrixOptions { scale: KernelScale::Depth, ..MatrixOptions::default() };
    let engine = KernelEngine::new(&architecture, examples.inputs(), digits.features, None, &options)?;
    let matrices = engine.matrices::<f64>()?;
    let size = examples.rows();
    let kernel = matrices.first().map(KernelMatrix::values).unwrap_or_default();
    let eigenvalues = symmetric_eigenvalues(size, |i, j| kernel.get(i * size + j).copied().unwrap_or(f64::NAN));
    let ends = eigenvalues.and_then(|values| Some((*values.first()?, *values.last()?)));
    // Entries near 1 have rounding errors of some ε, and are known to no more.
    let share = ends.map(|(least, largest)| least / largest).filter(|share| *share > 1e3 * f64::EPSILON);
    let mut row = cell.values();
    row.extend([depth.into(), Value::from(share)]);
    Ok(row)
}
