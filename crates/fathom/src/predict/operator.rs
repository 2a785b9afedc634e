//! Kernels that are only multiplied with.

use rayon::prelude::*;

use super::PredictError;
use super::error::check_length;
use crate::linalg::{multiply, multiply_tiled, rows, rows_mut};

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
    ///
    /// # Errors
    /// [`PredictError`] if the kernel cannot be computed or read.
    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]) -> Result<(), PredictError>;

    /// $K_{ii}$ for all $i$.
    fn diagonal(&self) -> Vec<f64>;

    /// Some rows of $K$, one after the other.
    ///
    /// # Errors
    /// As [`Self::apply`].
    fn rows(&self, which: &[usize]) -> Result<Vec<f64>, PredictError>;
}

/// A kernel held in memory in double precision.
#[derive(Clone, Copy, Debug)]
pub struct DenseKernel<'a> {
    entries: &'a [f64],
    n: usize,
}

impl<'a> DenseKernel<'a> {
    /// A symmetric matrix, row after row.
    ///
    /// # Errors
    /// [`PredictError::Length`] if the number of entries is not a square.
    pub fn new(entries: &'a [f64]) -> Result<Self, PredictError> {
        let n = entries.len().isqrt();
        check_length("the kernel of the training inputs", n * n, entries.len())?;
        if n == 0 { Err(PredictError::NoInputs) } else { Ok(Self { entries, n }) }
    }
}

impl KernelOperator for DenseKernel<'_> {
    fn size(&self) -> usize {
        self.n
    }

    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]) -> Result<(), PredictError> {
        multiply_tiled(out, rows(self.entries, self.n, self.n), rows(vectors, self.n, columns), TILE, |_, _, _| {});
        Ok(())
    }

    fn diagonal(&self) -> Vec<f64> {
        (0..self.n).map(|i| self.entries[i * (self.n + 1)]).collect()
    }

    fn rows(&self, which: &[usize]) -> Result<Vec<f64>, PredictError> {
        Ok(which.iter().flat_map(|i| &self.entries[i * self.n..(i + 1) * self.n]).copied().collect())
    }
}

/// A kernel whose rows are computed, or read, whenever they are needed.
pub struct TiledKernel<F> {
    diagonal: Vec<f64>,
    fill: F,
}

impl<F: Fn(usize, &mut [f64]) -> Result<(), PredictError> + Sync> TiledKernel<F> {
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
    ///     Ok(())
    /// });
    /// let mut out = [0.0; 3];
    /// brownian.apply(&[1.0, 1.0, 1.0], 1, &mut out)?;
    /// assert_eq!(out, [3.0, 5.0, 6.0]);
    /// # Ok::<(), fathom_ntk::predict::PredictError>(())
    /// ```
    pub fn new(diagonal: Vec<f64>, fill: F) -> Self {
        Self { diagonal, fill }
    }
}

impl<F: Fn(usize, &mut [f64]) -> Result<(), PredictError> + Sync> KernelOperator for TiledKernel<F> {
    fn size(&self) -> usize {
        self.diagonal.len()
    }

    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]) -> Result<(), PredictError> {
        let n = self.size();
        out.par_chunks_mut(TILE * columns).enumerate().try_for_each_init(Vec::new, |tile, (index, out)| {
            let height = out.len() / columns;
            tile.resize(height * n, 0.0);
            (self.fill)(index * TILE, tile)?;
            multiply(rows_mut(out, height, columns), rows(tile, height, n), rows(vectors, n, columns));
            Ok(())
        })
    }

    fn diagonal(&self) -> Vec<f64> {
        self.diagonal.clone()
    }

    fn rows(&self, which: &[usize]) -> Result<Vec<f64>, PredictError> {
        let n = self.size();
        let mut rows = vec![0.0; which.len() * n];
        rows.par_chunks_exact_mut(n).zip(which).try_for_each(|(row, &i)| (self.fill)(i, row))?;
        Ok(rows)
    }
}
