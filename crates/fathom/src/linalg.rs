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
