//! A band of the matrix cut into tiles, each with its mirror image.

use std::ops::Range;

use crate::linalg::{MatMut, Real, rows_mut, tiles};

/// Rows and columns of a tile: what is computed of it stays in the cache. A multiple of the 48 rows that products take at a
/// time.
pub(super) const TILE: usize = 240;

/// Pairs of a row that go through a recursion side by side: a divisor of [`TILE`], so that few lanes are idle.
pub(super) const LANES: usize = 48;

/// So many values, those after the end `rest`.
#[inline(always)]
pub(super) fn lanes(values: &[f64], rest: f64) -> [f64; LANES] {
    if let Some(full) = values.first_chunk() {
        return *full;
    }
    let mut lanes = [rest; LANES];
    lanes[..values.len()].copy_from_slice(values);
    lanes
}

/// One tile of every kernel.
pub(super) struct Job<'a, T> {
    /// First row and column.
    pub row: usize,
    pub col: usize,
    pub height: usize,
    pub width: usize,
    /// The tile itself, and the transposed place if there is one.
    pub targets: Vec<(MatMut<'a, T>, Option<MatMut<'a, T>>)>,
}

/// Where the entries of a band go, for one kernel.
pub(super) struct Target<'a, T> {
    /// The band up to its last column, row after row.
    pub band: &'a mut [T],
    /// Its mirror image above the diagonal: all rows before the band, as many columns as the band has rows.
    pub mirror: &'a mut [T],
}

/// The tiles of rows `band`; of a symmetric matrix those on and below the diagonal.
///
/// # Arguments
/// * `side`: rows and columns of a tile.
/// * `cols`: columns that the band reaches to (in a symmetric matrix, the end of the band).
pub(super) fn jobs<'a, T: Real>(
    side: usize,
    band: Range<usize>,
    cols: usize,
    symmetric: bool,
    targets: Vec<Target<'a, T>>,
) -> Vec<Job<'a, T>> {
    let mut jobs: Vec<Job<'a, T>> = Vec::new();
    let across = cols.div_ceil(side);
    let first = band.start / side;
    for target in targets {
        let mut own: Vec<_> =
            tiles(rows_mut(target.band, band.len(), cols), side, side).into_iter().map(|t| Some(t.values)).collect();
        let above = if symmetric { band.start } else { 0 };
        let mut mirrors: Vec<_> = if above > 0 {
            tiles(rows_mut(target.mirror, above, band.len()), side, side).into_iter().map(|t| Some(t.values)).collect()
        } else {
            Vec::new()
        };
        let down = band.len().div_ceil(side);
        let mut number = 0;
        for i in 0..down {
            let last = if symmetric { first + i + 1 } else { across };
            for j in 0..last {
                let Some(values) = own[i * across + j].take() else { continue };
                let mirror = if !symmetric || j == first + i {
                    None
                } else if j < first {
                    mirrors[j * down + i].take()
                } else {
                    own[(j - first) * across + first + i].take()
                };
                if number == jobs.len() {
                    let (height, width) = (values.nrows(), values.ncols());
                    let (row, col) = (band.start + i * side, j * side);
                    jobs.push(Job { row, col, height, width, targets: Vec::with_capacity(2) });
                }
                jobs[number].targets.push((values, mirror));
                number += 1;
            }
        }
    }
    jobs
}
