//! The entries of one tile: a product, the cosines, the kernel, and what it is multiplied by.

use super::jobs::Job;
use super::method::PairFunction;
use super::rows::Rows;
use super::{Entry, MatrixError};
use crate::linalg::{MatMut, multiply, rows, rows_mut};

/// What a kernel's entries are multiplied by.
pub(super) struct Factors {
    /// Number of the kernel: 0 for Σ, 1 for Θ.
    pub kind: usize,
    /// Of rows and of columns.
    pub factors: [Vec<f64>; 2],
    /// The entries of each input with itself.
    pub diagonal: Vec<f64>,
}

/// Memory of one thread.
#[derive(Default)]
pub(super) struct Scratch<T> {
    products: Vec<T>,
    line: Line,
}

/// One row of a tile.
#[derive(Default)]
struct Line {
    cosines: Vec<f64>,
    values: [Vec<f64>; 2],
    /// Places of pairs that are nearly parallel or opposite.
    near: Vec<usize>,
}

/// What all tiles share.
pub(super) struct Batch<'e, T> {
    pub function: &'e dyn PairFunction,
    pub rows: [&'e Rows; 2],
    pub symmetric: bool,
    /// The scaled rows in the precision of the products.
    pub entries: [&'e [T]; 2],
    /// Of every kernel that is asked for.
    pub factors: Vec<Factors>,
}

impl<T: Entry> Batch<'_, T> {
    /// Computes one tile, and its mirror image.
    pub fn fill(&self, mut job: Job<'_, T>, scratch: &mut Scratch<T>) -> Result<(), MatrixError> {
        let width = job.width;
        self.multiply(&job, &mut scratch.products);
        let prepared = self.function.prepare(job.col..job.col + width);
        let on_diagonal = self.symmetric && job.row == job.col;
        let Scratch { products, line } = scratch;
        for kind in 0..2 {
            let wanted = self.factors.iter().any(|f| f.kind == kind);
            line.values[kind].resize(if wanted { width } else { 0 }, 0.0);
        }
        for (at, products) in products.chunks_exact(width).enumerate() {
            let i = job.row + at;
            // Of a tile on the diagonal the lower half suffices.
            let count = if on_diagonal { at } else { width };
            self.cosines(i, job.col, products, count, line);
            let [nngp, ntk] = &mut line.values;
            self.function.row(i, job.col..job.col + width, &prepared, &line.cosines, [nngp, ntk]);
            for near in &line.near {
                let (gap, cogap) = self.rows[0].gaps(i, self.rows[1], job.col + near);
                let pair = self.function.pair(i, job.col + near, gap, cogap)?;
                for (values, value) in line.values.iter_mut().zip(pair) {
                    if let Some(entry) = values.get_mut(*near) {
                        *entry = value;
                    }
                }
            }
            self.store(&mut job, at, count, &line.values)?;
        }
        for (tile, mirror) in &mut job.targets {
            match mirror {
                Some(mirror) => transpose(tile, mirror),
                None if on_diagonal => symmetrise(tile),
                None => {}
            }
        }
        Ok(())
    }

    fn multiply(&self, job: &Job<'_, T>, products: &mut Vec<T>) {
        let features = self.rows[0].features();
        products.resize(job.height * job.width, T::default());
        let part = |side: usize, first: usize, count: usize| {
            rows(&self.entries[side][first * features..][..count * features], count, features)
        };
        let out = rows_mut(products, job.height, job.width);
        multiply(out, part(0, job.row, job.height), part(1, job.col, job.width).transpose());
    }

    /// Cosines of a row of products, and which of the first `count` are near ±1.
    fn cosines(&self, i: usize, col: usize, products: &[T], count: usize, line: &mut Line) {
        let inverse = self.rows[0].inverse_norms()[i];
        line.cosines.clear();
        let others = &self.rows[1].inverse_norms()[col..];
        let cosines = products.iter().zip(others).map(|(p, other)| (p.to_f64() * (inverse * other)).clamp(-1.0, 1.0));
        line.cosines.extend(cosines);
        line.near.clear();
        let near = |c: &f64| 1.0 - c.abs() < T::NEAR;
        // Most rows have none, which is quickly seen.
        if line.cosines.iter().fold(false, |any, c| any | near(c)) {
            line.near.extend(line.cosines[..count].iter().enumerate().filter(|(_, c)| near(c)).map(|(at, _)| at));
        }
    }

    /// Writes a row of a tile, times its factors; on the diagonal, up to and with the diagonal.
    fn store(&self, job: &mut Job<'_, T>, at: usize, count: usize, values: &[Vec<f64>; 2]) -> Result<(), MatrixError> {
        let i = job.row + at;
        for (factors, (tile, _)) in self.factors.iter().zip(&mut job.targets) {
            let Some(row) = tile.as_mut().row_mut(at).try_as_row_major_mut() else { continue };
            let row = row.as_slice_mut();
            let factor = factors.factors[0][i];
            let others = &factors.factors[1][job.col..];
            let mut sum = 0.0;
            for ((out, value), other) in row[..count].iter_mut().zip(&values[factors.kind]).zip(others) {
                let entry = T::from_f64(value * factor * other);
                // 0 × ∞ and 0 × NaN are NaN.
                sum += 0.0 * entry.to_f64();
                *out = entry;
            }
            if count < row.len() {
                row[count] = T::from_f64(factors.diagonal[i]);
                sum += 0.0 * factors.diagonal[i];
            }
            if sum != 0.0 {
                let place = row[..count].iter().position(|x| !x.to_f64().is_finite()).unwrap_or(count);
                return Err(MatrixError::NotFinite { row: i, col: job.col + place });
            }
        }
        Ok(())
    }
}

/// Side of the squares that are transposed at a time.
const SQUARE: usize = 16;

fn transpose<T: Entry>(from: &MatMut<'_, T>, to: &mut MatMut<'_, T>) {
    let (height, width) = (from.nrows(), from.ncols());
    for (top, left) in (0..width).step_by(SQUARE).flat_map(|j| (0..height).step_by(SQUARE).map(move |i| (i, j))) {
        for j in left..(left + SQUARE).min(width) {
            for i in top..(top + SQUARE).min(height) {
                to[(j, i)] = from[(i, j)];
            }
        }
    }
}

fn symmetrise<T: Entry>(tile: &mut MatMut<'_, T>) {
    for i in 0..tile.nrows() {
        for j in 0..i {
            tile[(j, i)] = tile[(i, j)];
        }
    }
}
