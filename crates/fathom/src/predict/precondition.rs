//! A low-rank picture of a kernel, to speed conjugate gradients up.

use super::error::check_finite;
use super::{KernelOperator, PredictError};
use crate::linalg::Cholesky;

/// The part of a pivot that is left when nothing more can be gained.
const EXHAUSTED: f64 = 1e-14;

/// $P = F F^\top + \rho$ with $F$ the pivoted Cholesky factor of $r$ columns: the $r$ inputs that explain most of the
/// kernel, chosen greedily.
///
/// Source: Harbrecht, Peters & Schneider (2012), Appl. Numer. Math. 62, 428; its inverse by Woodbury's identity
/// $P^{-1} = \rho^{-1}(1 - F(\rho + F^\top F)^{-1}F^\top)$.
pub struct Preconditioner {
    n: usize,
    /// $r$ columns of $n$ values.
    factor: Vec<f64>,
    ridge: f64,
    inner: Cholesky,
    pivots: Vec<usize>,
}

impl Preconditioner {
    /// Pivoted Cholesky with at most `rank` columns.
    ///
    /// # Arguments
    /// * `ridge`: ρ, positive.
    ///
    /// # Errors
    /// [`PredictError::OutOfRange`] if ρ is not positive; [`PredictError::NotFinite`] for kernels that are not.
    ///
    /// # Accuracy and cost
    /// $r$ rows of the kernel, $O(n r^2)$; $n r$ numbers.
    pub fn pivoted_cholesky(kernel: &dyn KernelOperator, rank: usize, ridge: f64) -> Result<Self, PredictError> {
        if !(ridge.is_finite() && ridge > 0.0) {
            let name = "the ridge of a preconditioned system";
            return Err(PredictError::OutOfRange { name, allowed: "positive and finite", got: ridge });
        }
        let n = kernel.size();
        let mut left = kernel.diagonal();
        check_finite("the diagonal of the kernel", &left)?;
        let first = left.iter().copied().fold(0.0, f64::max);
        let mut factor: Vec<f64> = Vec::new();
        let mut pivots = Vec::new();
        while pivots.len() < rank.min(n) {
            let Some(pivot) = (0..n).max_by(|&a, &b| left[a].total_cmp(&left[b]).then(b.cmp(&a))) else { break };
            if left[pivot] <= EXHAUSTED * first {
                break;
            }
            let mut column = kernel.row(pivot);
            check_finite("a row of the kernel", &column)?;
            for known in factor.chunks_exact(n) {
                let at_pivot = known[pivot];
                column.iter_mut().zip(known).for_each(|(c, k)| *c -= at_pivot * k);
            }
            let scale = left[pivot].sqrt().recip();
            column.iter_mut().for_each(|c| *c *= scale);
            left.iter_mut().zip(&column).for_each(|(l, c)| *l = (*l - c * c).max(0.0));
            left[pivot] = 0.0;
            factor.extend(column);
            pivots.push(pivot);
        }
        let r = pivots.len();
        let columns: Vec<&[f64]> = factor.chunks_exact(n).collect();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let inner = (0..r * r)
            .map(|k| product(columns[k / r], columns[k % r]) + if k / r == k % r { ridge } else { 0.0 })
            .collect();
        let inner = Cholesky::new(inner, r).map_err(|row| PredictError::Singular { row })?;
        Ok(Self { n, factor, ridge, inner, pivots })
    }

    /// The inputs chosen, the most telling first.
    pub fn pivots(&self) -> &[usize] {
        &self.pivots
    }

    /// $P^{-1}$ times $n \times$ `columns` numbers, row after row.
    pub(super) fn solve(&self, vectors: &[f64], columns: usize) -> Vec<f64> {
        let r = self.pivots.len();
        let mut small = vec![0.0; r * columns];
        for (k, f) in self.factor.chunks_exact(self.n).enumerate() {
            for (row, f) in vectors.chunks_exact(columns).zip(f) {
                for (c, v) in row.iter().enumerate() {
                    small[c * r + k] += f * v;
                }
            }
        }
        self.inner.solve(&mut small);
        let mut out = vectors.to_vec();
        for (k, f) in self.factor.chunks_exact(self.n).enumerate() {
            for (row, f) in out.chunks_exact_mut(columns).zip(f) {
                for (c, v) in row.iter_mut().enumerate() {
                    *v -= f * small[c * r + k];
                }
            }
        }
        out.iter_mut().for_each(|v| *v /= self.ridge);
        out
    }
}
