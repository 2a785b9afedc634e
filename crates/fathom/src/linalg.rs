//! The one door to the linear algebra library.

use faer::linalg::matmul::matmul;
use faer::prelude::ReborrowMut;
use faer::traits::RealField;
use faer::{Accum, Mat, Par, Side};
use rayon::prelude::*;

pub(crate) use faer::{MatMut, MatRef};

/// A number that matrices are made of: `f64` or `f32`.
pub trait Real: RealField + Copy + Default {
    /// Rounded to this type.
    fn from_f64(x: f64) -> Self;
    /// Exactly this number.
    fn to_f64(self) -> f64;
}

impl Real for f64 {
    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
}

impl Real for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x as Self
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.into()
    }
}

/// Columns of a tile of a product: wide enough for full speed, narrow enough to give work to many threads.
const PANEL: usize = 512;

/// `values`, row after row, as a matrix.
pub(crate) fn rows<T: Real>(values: &[T], rows: usize, cols: usize) -> MatRef<'_, T> {
    MatRef::from_row_major_slice(values, rows, cols)
}

/// `values`, row after row, as a matrix to write to.
pub(crate) fn rows_mut<T: Real>(values: &mut [T], rows: usize, cols: usize) -> MatMut<'_, T> {
    MatMut::from_row_major_slice_mut(values, rows, cols)
}

/// `out` = `a` `b` on this thread.
pub(crate) fn multiply<T: Real>(out: MatMut<'_, T>, a: MatRef<'_, T>, b: MatRef<'_, T>) {
    matmul(out, Accum::Replace, a, b, T::from_f64(1.0), Par::Seq);
}

/// `out` = `a` `b`, `out` row after row, in tiles of `tile_rows` rows that are computed side by side.
///
/// Each tile is one sequential product, so the bits depend on `tile_rows` and not on the number of threads.
///
/// # Arguments
/// * `finish`: called on each row of each finished tile, with the row, its first column, and its values.
pub(crate) fn multiply_tiled<T: Real>(
    out: &mut [T],
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    tile_rows: usize,
    finish: impl Fn(usize, usize, &mut [T]) + Sync,
) {
    let tiles = tiles(rows_mut(out, a.nrows(), b.ncols()), tile_rows, PANEL);
    tiles.into_par_iter().for_each(|mut tile| {
        let (height, width) = (tile.values.nrows(), tile.values.ncols());
        let left = a.submatrix(tile.row, 0, height, a.ncols());
        multiply(tile.values.rb_mut(), left, b.submatrix(0, tile.col, b.nrows(), width));
        for i in 0..height {
            if let Some(values) = tile.values.rb_mut().row_mut(i).try_as_row_major_mut() {
                finish(tile.row + i, tile.col, values.as_slice_mut());
            }
        }
    });
}

/// As [`multiply_tiled`], with a second matrix of the same shape at hand.
///
/// # Arguments
/// * `beside`: row after row, as large as `out`.
/// * `finish`: called on each row of each finished tile, with its first column, its values, and those of `beside`.
pub(crate) fn multiply_beside<T: Real>(
    out: &mut [T],
    beside: &mut [T],
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    tile_rows: usize,
    finish: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) {
    let (height, width) = (a.nrows(), b.ncols());
    let first = tiles(rows_mut(out, height, width), tile_rows, PANEL);
    let second = tiles(rows_mut(beside, height, width), tile_rows, PANEL);
    first.into_par_iter().zip(second).for_each(|(mut tile, mut other)| {
        let (height, width) = (tile.values.nrows(), tile.values.ncols());
        let left = a.submatrix(tile.row, 0, height, a.ncols());
        multiply(tile.values.rb_mut(), left, b.submatrix(0, tile.col, b.nrows(), width));
        for i in 0..height {
            let rows = [tile.values.rb_mut().row_mut(i), other.values.rb_mut().row_mut(i)];
            if let [Some(values), Some(others)] = rows.map(faer::RowMut::try_as_row_major_mut) {
                finish(tile.col, values.as_slice_mut(), others.as_slice_mut());
            }
        }
    });
}

/// A product $a^\top b$ that goes into `out`, row after row.
pub(crate) struct TransposedProduct<'a, T> {
    /// Where the product goes.
    pub(crate) out: &'a mut [T],
    /// $a$, with one row for each term of the sum.
    pub(crate) a: MatRef<'a, T>,
    /// $b$, with as many rows.
    pub(crate) b: MatRef<'a, T>,
}

/// Computes products side by side, all in tiles of `tile_rows` rows, each one sequential.
///
/// # Arguments
/// * `add`: whether the products are added to what is there.
pub(crate) fn multiply_transposed<T: Real>(products: Vec<TransposedProduct<'_, T>>, tile_rows: usize, add: bool) {
    let accum = if add { Accum::Add } else { Accum::Replace };
    let tasks = products.into_par_iter().flat_map_iter(|TransposedProduct { out, a, b }| {
        tiles(rows_mut(out, a.ncols(), b.ncols()), tile_rows, PANEL).into_iter().map(move |tile| (tile, a, b))
    });
    tasks.for_each(|(tile, a, b)| {
        let (height, width) = (tile.values.nrows(), tile.values.ncols());
        let left = a.submatrix(0, tile.row, a.nrows(), height).transpose();
        matmul(tile.values, accum, left, b.submatrix(0, tile.col, b.nrows(), width), T::from_f64(1.0), Par::Seq);
    });
}

/// A rectangle of a matrix.
pub(crate) struct Tile<'a, T> {
    /// First row.
    pub(crate) row: usize,
    /// First column.
    pub(crate) col: usize,
    /// The entries.
    pub(crate) values: MatMut<'a, T>,
}

/// A matrix cut into rectangles of `height` × `width`, those at the end smaller; row after row.
pub(crate) fn tiles<T>(matrix: MatMut<'_, T>, height: usize, width: usize) -> Vec<Tile<'_, T>> {
    let mut tiles = Vec::with_capacity(matrix.nrows().div_ceil(height) * matrix.ncols().div_ceil(width));
    let (mut below, mut row) = (matrix, 0);
    while below.nrows() > 0 {
        let rows = height.min(below.nrows());
        let (mut right, rest) = below.split_at_row_mut(rows);
        let mut col = 0;
        while right.ncols() > 0 {
            let cols = width.min(right.ncols());
            let (values, rest) = right.split_at_col_mut(cols);
            tiles.push(Tile { row, col, values });
            col += cols;
            right = rest;
        }
        row += rows;
        below = rest;
    }
    tiles
}

/// Eigenvalues of a symmetric matrix, ascending; `None` if the iteration does not converge or an entry is not finite.
///
/// Sequential, so that the same matrix gives the same bits whatever the number of threads.
///
/// # Arguments
/// * `n`: rows.
/// * `entry`: the entry $(i, j)$ for $i \ge j$.
pub(crate) fn symmetric_eigenvalues(n: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Vec<f64>> {
    let matrix = Mat::from_fn(n, n, |i, j| if i >= j { entry(i, j) } else { 0.0 });
    if !(0..n).all(|j| (j..n).all(|i| matrix[(i, j)].is_finite())) {
        return None;
    }
    let mut values = matrix.self_adjoint_eigenvalues(Side::Lower).ok()?;
    values.sort_by(f64::total_cmp);
    Some(values)
}

mod cholesky;
mod eigen;
mod reflectors;

pub(crate) use cholesky::{Cholesky, solve_lower};
pub(crate) use eigen::{Eigen, symmetric_eigen};
pub(crate) use reflectors::Reflectors;

/// `rows × cols` values, column after column, as a matrix.
pub(crate) fn by_columns(values: &[f64], rows: usize, cols: usize) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(&values[..rows * cols], rows, cols)
}

/// `a` `b` on this thread, into rows `first..` of columns of `stride` values.
pub(crate) fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>, out: &mut [f64], stride: usize, first: usize) {
    let out = MatMut::from_column_major_slice_mut(&mut out[..stride * b.ncols()], stride, b.ncols());
    multiply(out.subrows_mut(first, a.nrows()), a, b);
}

/// Subtracts `a` `b` from a matrix held column by column, on this thread.
pub(crate) fn subtract_product(a: MatRef<'_, f64>, b: MatRef<'_, f64>, from: &mut [f64]) {
    let from = MatMut::from_column_major_slice_mut(from, a.nrows(), b.ncols());
    matmul(from, Accum::Add, a, b, -1.0, Par::Seq);
}
