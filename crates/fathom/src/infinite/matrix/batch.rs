//! The entries of one tile: a product, the cosines, the kernel, and what it is multiplied by.

use pulp::{Arch, NullaryFnOnce};

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

/// Cosines that are computed side by side.
const LANES: usize = 8;

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
        if self.function.reads_inputs() {
            return self.fill_directly(job, &mut scratch.line);
        }
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
        mirror(&mut job, on_diagonal);
        Ok(())
    }

    /// The same without cosines.
    fn fill_directly(&self, mut job: Job<'_, T>, line: &mut Line) -> Result<(), MatrixError> {
        let on_diagonal = self.symmetric && job.row == job.col;
        for at in 0..job.height {
            let i = job.row + at;
            let count = if on_diagonal { at } else { job.width };
            for kind in 0..2 {
                let wanted = self.factors.iter().any(|f| f.kind == kind);
                line.values[kind].resize(if wanted { count } else { 0 }, 0.0);
            }
            let [nngp, ntk] = &mut line.values;
            self.function.row(i, job.col..job.col + count, &[], &[], [nngp, ntk]);
            self.store(&mut job, at, count, &line.values)?;
        }
        mirror(&mut job, on_diagonal);
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
        line.cosines.resize(products.len(), 0.0);
        let nearest = Arch::new().dispatch(Cosines {
            products,
            inverse: self.rows[0].inverse_norms()[i],
            others: &self.rows[1].inverse_norms()[col..col + products.len()],
            cosines: &mut line.cosines,
        });
        line.near.clear();
        // Most rows have none.
        if nearest > 1.0 - T::NEAR {
            let near = |(at, c): (usize, &f64)| (1.0 - c.abs() < T::NEAR).then_some(at);
            line.near.extend(line.cosines[..count].iter().enumerate().filter_map(near));
        }
    }

    /// Writes a row of a tile, times its factors; on the diagonal, up to and with the diagonal.
    fn store(&self, job: &mut Job<'_, T>, at: usize, count: usize, values: &[Vec<f64>; 2]) -> Result<(), MatrixError> {
        let i = job.row + at;
        for (factors, (tile, _)) in self.factors.iter().zip(&mut job.targets) {
            let Some(row) = tile.as_mut().row_mut(at).try_as_row_major_mut() else { continue };
            let row = row.as_slice_mut();
            let mut finite = Arch::new().dispatch(Product {
                values: &values[factors.kind][..count],
                factor: factors.factors[0][i],
                others: &factors.factors[1][job.col..],
                out: row,
            });
            if count < row.len() {
                row[count] = T::from_f64(factors.diagonal[i]);
                finite &= row[count].to_f64().is_finite();
            }
            if !finite {
                let place = row.iter().take(count).position(|x| !x.to_f64().is_finite()).unwrap_or(count);
                return Err(MatrixError::NotFinite { row: i, col: job.col + place });
            }
        }
        Ok(())
    }
}

/// Cosines from products; the result is the largest $|c|$. Structs like this one, because their loops are compiled for the
/// processor at hand only when they are inlined into their method.
struct Cosines<'a, T> {
    products: &'a [T],
    inverse: f64,
    others: &'a [f64],
    cosines: &'a mut [f64],
}

impl<T: Entry> NullaryFnOnce for Cosines<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let mut nearest = [0.0_f64; LANES];
        let (cosines, cosines_rest) = self.cosines.as_chunks_mut::<LANES>();
        let (products, products_rest) = self.products.as_chunks::<LANES>();
        let (others, others_rest) = self.others.as_chunks::<LANES>();
        for ((cosines, products), others) in cosines.iter_mut().zip(products).zip(others) {
            for i in 0..LANES {
                cosines[i] = cosine(products[i], self.inverse * others[i]);
                nearest[i] = nearest[i].max(cosines[i].abs());
            }
        }
        for ((c, product), other) in cosines_rest.iter_mut().zip(products_rest).zip(others_rest) {
            *c = cosine(*product, self.inverse * other);
            nearest[0] = nearest[0].max(c.abs());
        }
        nearest.into_iter().fold(0.0, f64::max)
    }
}

#[inline(always)]
fn cosine<T: Entry>(product: T, inverse: f64) -> f64 {
    (product.to_f64() * inverse).clamp(-1.0, 1.0)
}

/// Entries from values of the kernel; the result is whether all are finite.
struct Product<'a, T> {
    values: &'a [f64],
    factor: f64,
    others: &'a [f64],
    out: &'a mut [T],
}

impl<T: Entry> NullaryFnOnce for Product<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let mut finite = true;
        for ((out, value), other) in self.out.iter_mut().zip(self.values).zip(self.others) {
            *out = T::from_f64(value * self.factor * other);
            finite &= out.to_f64().abs() < f64::INFINITY;
        }
        finite
    }
}

/// Fills the transposed place of every tile.
fn mirror<T: Entry>(job: &mut Job<'_, T>, on_diagonal: bool) {
    for (tile, mirror) in &mut job.targets {
        match mirror {
            Some(mirror) => transpose(tile, mirror),
            None if on_diagonal => symmetrise(tile),
            None => {}
        }
    }
}

/// Side of the squares that are transposed at a time.
const SQUARE: usize = 32;

fn transpose<T: Entry>(from: &mut MatMut<'_, T>, to: &mut MatMut<'_, T>) {
    let (height, width) = (from.nrows(), from.ncols());
    let mut square = [[T::default(); SQUARE]; SQUARE];
    for (top, left) in (0..height).step_by(SQUARE).flat_map(|i| (0..width).step_by(SQUARE).map(move |j| (i, j))) {
        let (down, across) = (SQUARE.min(height - top), SQUARE.min(width - left));
        for (i, line) in square.iter_mut().enumerate().take(down) {
            let Some(row) = from.as_mut().row_mut(top + i).try_as_row_major_mut() else { continue };
            line[..across].copy_from_slice(&row.as_slice_mut()[left..left + across]);
        }
        for j in 0..across {
            let Some(row) = to.as_mut().row_mut(left + j).try_as_row_major_mut() else { continue };
            for (out, line) in row.as_slice_mut()[top..top + down].iter_mut().zip(&square) {
                *out = line[j];
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
