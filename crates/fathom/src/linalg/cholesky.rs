//! Cholesky factorization and triangular solves, the same bits for every number of threads.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{LltError, cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::tiles;

/// Columns that are eliminated together.
const BLOCK: usize = 192;
/// Rows of a tile that one thread works on.
const TILE: usize = 384;
/// Right-hand sides that one thread solves together.
const RIGHT_SIDES: usize = 32;

/// The lower factor of a symmetric positive definite matrix $A = L L^\top$.
pub(crate) struct Cholesky {
    n: usize,
    /// Column after column; above the diagonal lies what was there before.
    factor: Vec<f64>,
}

impl Cholesky {
    /// Factorizes a matrix of $n$ rows in place; only $i \ge j$ of `matrix[i + n j]` is read.
    ///
    /// # Errors
    /// The first column whose pivot is not positive, counted from 0.
    pub fn new(mut matrix: Vec<f64>, n: usize) -> Result<Self, usize> {
        let mut rest = MatMut::from_column_major_slice_mut(&mut matrix, n, n);
        let mut first = 0;
        while rest.ncols() > 0 {
            let width = BLOCK.min(rest.ncols());
            let (left, right) = rest.split_at_col_mut(width);
            let (mut head, mut below) = left.split_at_row_mut(width);
            factorize(head.rb_mut()).map_err(|column| first + column)?;
            solve_rows(head.rb(), below.rb_mut());
            let mut trailing = right.split_at_row_mut(width).1;
            update(trailing.rb_mut(), below.rb());
            rest = trailing;
            first += width;
        }
        Ok(Self { n, factor: matrix })
    }

    fn lower(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.factor, self.n, self.n)
    }

    /// The diagonal of $L$.
    pub fn pivots(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.n).map(|i| self.factor[i * (self.n + 1)])
    }

    /// $(\max_i L_{ii} / \min_i L_{ii})^2$, which is at most the condition number.
    pub fn condition_estimate(&self) -> f64 {
        let (low, high) = self.pivots().fold((f64::INFINITY, 0.0_f64), |(l, h), p| (l.min(p), h.max(p)));
        (high / low).powi(2)
    }

    /// Replaces each column of `n` values by $A^{-1}$ times it.
    pub fn solve(&self, columns: &mut [f64]) {
        let n = self.n;
        columns.par_chunks_mut(n.max(1) * RIGHT_SIDES).for_each(|chunk| {
            let width = chunk.len() / n;
            let mut b = MatMut::from_column_major_slice_mut(chunk, n, width);
            solve_lower_triangular_in_place(self.lower(), b.rb_mut(), Par::Seq);
            solve_upper_triangular_in_place(self.lower().transpose(), b, Par::Seq);
        });
    }
}

/// `right` becomes $L^{-1}$ `right`, on this thread.
pub(crate) fn solve_lower(lower: MatRef<'_, f64>, right: MatMut<'_, f64>) {
    solve_lower_triangular_in_place(lower, right, Par::Seq);
}

/// The factor of a small matrix, on this thread.
fn factorize(block: MatMut<'_, f64>) -> Result<(), usize> {
    let size = block.nrows();
    let finite = (0..size).find(|&i| !block[(i, i)].is_finite());
    if let Some(column) = finite {
        return Err(column);
    }
    let mut memory = MemBuffer::new(cholesky_in_place_scratch::<f64>(size, Par::Seq, Default::default()));
    let done = cholesky_in_place(block, Default::default(), Par::Seq, MemStack::new(&mut memory), Default::default());
    match done {
        Ok(_) => Ok(()),
        Err(LltError::NonPositivePivot { index }) => Err(index),
    }
}

/// `below` becomes `below` $L^{-\top}$, in tiles of rows.
fn solve_rows(head: MatRef<'_, f64>, below: MatMut<'_, f64>) {
    let width = below.ncols();
    tiles(below, TILE, width).into_par_iter().for_each(|tile| {
        solve_lower_triangular_in_place(head, tile.values.transpose_mut(), Par::Seq);
    });
}

/// Subtracts `panel` `panel`ᵀ from the lower tiles of `trailing`.
fn update(trailing: MatMut<'_, f64>, panel: MatRef<'_, f64>) {
    let tiles = tiles(trailing, TILE, TILE);
    tiles.into_par_iter().filter(|tile| tile.row >= tile.col).for_each(|tile| {
        let left = panel.subrows(tile.row, tile.values.nrows());
        let right = panel.subrows(tile.col, tile.values.ncols());
        matmul(tile.values, Accum::Add, left, right.transpose(), -1.0, Par::Seq);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// $A_{ij} = \min(i, j) + 1$: its factor is the lower triangle of ones, its inverse tridiagonal.
    #[test]
    fn factor_and_solution_of_the_brownian_matrix_are_exact() {
        for n in [1, 2, 191, 192, 193, 500, 801] {
            let matrix: Vec<f64> = (0..n * n).map(|k| ((k / n).min(k % n) + 1) as f64).collect();
            let cholesky = Cholesky::new(matrix, n).unwrap();
            assert!(cholesky.pivots().all(|p| (p - 1.0).abs() < 1e-12), "n = {n}");
            let mut columns: Vec<f64> = (0..3 * n).map(|k| if k < n { (k + 1) as f64 } else { 1.0 }).collect();
            cholesky.solve(&mut columns);
            // The column 1, 2, … n is the last of A.
            for i in 0..n {
                let last = if i + 1 == n { 1.0 } else { 0.0 };
                assert!((columns[i] - last).abs() < 1e-9, "n = {n}, {i}: {}", columns[i]);
                let first = if i == 0 { 1.0 } else { 0.0 };
                assert!((columns[n + i] - first).abs() < 1e-9, "n = {n}, {i}: {}", columns[n + i]);
            }
        }
    }

    #[test]
    fn the_column_that_breaks_down_is_named() {
        let n = 400;
        let identity = |k: usize| if k / n == k % n { 1.0 } else { 0.0 };
        let mut matrix: Vec<f64> = (0..n * n).map(identity).collect();
        matrix[300 * (n + 1)] = -1.0;
        assert_eq!(Cholesky::new(matrix.clone(), n).err(), Some(300));
        matrix[300 * (n + 1)] = f64::NAN;
        assert_eq!(Cholesky::new(matrix, n).err(), Some(300));
    }
}
