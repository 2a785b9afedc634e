//! Kernels that are only multiplied with.

use rayon::prelude::*;

use super::PredictError;
use super::error::check_length;
use crate::linalg::{Real, multiply_tiled, rows};

/// Rows of a product that one thread computes.
const TILE: usize = 64;

/// A symmetric, positive semi-definite kernel on $n$ inputs that can be multiplied with a block of vectors: held in
/// memory or in a file, or computed anew each time.
pub trait KernelOperator: Sync {
    /// $n$.
    fn size(&self) -> usize;

    /// `out` = $K$ `vectors`.
    ///
    /// # Arguments
    /// * `vectors`, `out`: $n \times$ `columns`, row after row.
    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]);

    /// $K_{ii}$ for all $i$.
    fn diagonal(&self) -> Vec<f64>;

    /// Row `i` of $K$.
    fn row(&self, i: usize) -> Vec<f64>;
}

/// A kernel held in memory in double precision.
#[derive(Clone, Copy, Debug)]
pub struct DenseKernel<'a> {
    entries: &'a [f64],
    n: usize,
}

/// A kernel held in memory in single precision; products are summed in double precision.
#[derive(Clone, Copy, Debug)]
pub struct SingleKernel<'a> {
    entries: &'a [f32],
    n: usize,
}

fn square_size(entries: usize) -> Result<usize, PredictError> {
    let n = entries.isqrt();
    check_length("the kernel of the training inputs", n * n, entries)?;
    if n == 0 { Err(PredictError::NoInputs) } else { Ok(n) }
}

impl<'a> DenseKernel<'a> {
    /// A symmetric matrix, row after row.
    ///
    /// # Errors
    /// [`PredictError::Length`] if the number of entries is not a square.
    pub fn new(entries: &'a [f64]) -> Result<Self, PredictError> {
        Ok(Self { entries, n: square_size(entries.len())? })
    }
}

impl<'a> SingleKernel<'a> {
    /// A symmetric matrix, row after row.
    ///
    /// # Errors
    /// [`PredictError::Length`] if the number of entries is not a square.
    pub fn new(entries: &'a [f32]) -> Result<Self, PredictError> {
        Ok(Self { entries, n: square_size(entries.len())? })
    }
}

impl KernelOperator for DenseKernel<'_> {
    fn size(&self) -> usize {
        self.n
    }

    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]) {
        multiply_tiled(out, rows(self.entries, self.n, self.n), rows(vectors, self.n, columns), TILE, |_, _, _| {});
    }

    fn diagonal(&self) -> Vec<f64> {
        (0..self.n).map(|i| self.entries[i * (self.n + 1)]).collect()
    }

    fn row(&self, i: usize) -> Vec<f64> {
        self.entries[i * self.n..(i + 1) * self.n].to_vec()
    }
}

impl KernelOperator for SingleKernel<'_> {
    fn size(&self) -> usize {
        self.n
    }

    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]) {
        apply_in_tiles(self.n, vectors, columns, out, |row, wide| {
            let narrow = &self.entries[row * self.n..row * self.n + wide.len()];
            wide.iter_mut().zip(narrow).for_each(|(wide, x)| *wide = x.to_f64());
        });
    }

    fn diagonal(&self) -> Vec<f64> {
        (0..self.n).map(|i| self.entries[i * (self.n + 1)].to_f64()).collect()
    }

    fn row(&self, i: usize) -> Vec<f64> {
        self.entries[i * self.n..(i + 1) * self.n].iter().map(|x| x.to_f64()).collect()
    }
}

/// A kernel whose rows are computed, or read, whenever they are needed.
pub struct TiledKernel<F> {
    diagonal: Vec<f64>,
    fill: F,
}

impl<F: Fn(usize, &mut [f64]) + Sync> TiledKernel<F> {
    /// From the diagonal and a function that writes whole rows: the first row it is asked for, and space for as many rows
    /// as fit.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::predict::{KernelOperator, TiledKernel};
    /// let brownian = TiledKernel::new(vec![1.0, 2.0, 3.0], |first, rows: &mut [f64]| {
    ///     for (i, row) in rows.chunks_exact_mut(3).enumerate() {
    ///         (0..3).for_each(|j| row[j] = 1.0 + (first + i).min(j) as f64);
    ///     }
    /// });
    /// let mut out = [0.0; 3];
    /// brownian.apply(&[1.0, 1.0, 1.0], 1, &mut out);
    /// assert_eq!(out, [3.0, 5.0, 6.0]);
    /// ```
    pub fn new(diagonal: Vec<f64>, fill: F) -> Self {
        Self { diagonal, fill }
    }
}

impl<F: Fn(usize, &mut [f64]) + Sync> KernelOperator for TiledKernel<F> {
    fn size(&self) -> usize {
        self.diagonal.len()
    }

    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]) {
        apply_in_tiles(self.size(), vectors, columns, out, &self.fill);
    }

    fn diagonal(&self) -> Vec<f64> {
        self.diagonal.clone()
    }

    fn row(&self, i: usize) -> Vec<f64> {
        let mut row = vec![0.0; self.size()];
        (self.fill)(i, &mut row);
        row
    }
}

/// Rows of the kernel, a tile at a time, times the vectors.
fn apply_in_tiles(n: usize, vectors: &[f64], columns: usize, out: &mut [f64], fill: impl Fn(usize, &mut [f64]) + Sync) {
    out.par_chunks_mut(TILE * columns).enumerate().for_each_init(Vec::new, |tile, (index, out)| {
        let height = out.len() / columns;
        tile.resize(height * n, 0.0);
        fill(index * TILE, tile);
        crate::linalg::multiply(
            crate::linalg::rows_mut(out, height, columns),
            rows(tile, height, n),
            rows(vectors, n, columns),
        );
    });
}
