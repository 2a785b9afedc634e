//! A low-rank picture of a kernel, to speed conjugate gradients up.

use rayon::prelude::*;

use super::error::check_finite;
use super::{KernelOperator, PredictError};
use crate::linalg::{Cholesky, by_columns, multiply, rows, rows_mut, solve_lower, tiles};
use crate::random::Stream;

/// The part of the trace that is left when nothing more can be gained.
const EXHAUSTED: f64 = 1e-14;
/// Inputs that are proposed together.
const BLOCK: usize = 128;
/// Rows that one thread works on.
const CHUNK: usize = 1024;
/// Rows and columns of a tile of $F^\top F$.
const TILE: usize = 256;
/// The stream of random numbers, under the seed.
const STREAM: u64 = 0x7069_766f_7473;

/// $P = F F^\top + \rho$ with $F$ the Cholesky factor of the kernel on $r$ inputs, chosen at random in proportion to what
/// those before them leave unexplained of each.
///
/// Source: Chen, Epperly, Tropp & Webber (2022), arXiv:2207.06503, algorithm 1, in blocks with rejection as in Epperly, Tropp
/// & Webber (2024), arXiv:2410.03969; the inverse by Woodbury's identity
/// $P^{-1} = \rho^{-1}(1 - F(\rho + F^\top F)^{-1}F^\top)$.
pub struct Preconditioner {
    n: usize,
    /// $n \times$ `stride` values, row after row, of which the first $r$ of each row are used.
    factor: Vec<f64>,
    stride: usize,
    ridge: f64,
    inner: Cholesky,
    pivots: Vec<usize>,
    unexplained: f64,
}

/// A factor that grows.
struct Growth<'k> {
    kernel: &'k dyn KernelOperator,
    factor: Vec<f64>,
    stride: usize,
    pivots: Vec<usize>,
    /// $K_{ii} - \sum_k F_{ik}^2$.
    left: Vec<f64>,
    stream: Stream,
}

impl Preconditioner {
    /// Randomly pivoted Cholesky with at most `rank` columns.
    ///
    /// # Arguments
    /// * `ridge`: ρ, positive.
    /// * `seed`: of the choice of inputs.
    ///
    /// # Errors
    /// [`PredictError::OutOfRange`] if ρ is not positive; [`PredictError::NotFinite`] for kernels that are not; those of the
    /// kernel.
    ///
    /// # Accuracy and cost
    /// A little more than $r$ rows of the kernel, $2 n r^2$ multiplications; $n r$ numbers. The same bits on any number of
    /// threads.
    pub fn pivoted_cholesky(
        kernel: &dyn KernelOperator,
        rank: usize,
        ridge: f64,
        seed: u64,
    ) -> Result<Self, PredictError> {
        if !(ridge.is_finite() && ridge > 0.0) {
            let name = "the ridge of a preconditioned system";
            return Err(PredictError::OutOfRange { name, allowed: "positive and finite", got: ridge });
        }
        let n = kernel.size();
        let left = kernel.diagonal();
        check_finite("the diagonal of the kernel", &left)?;
        let total: f64 = left.iter().sum();
        let stride = rank.min(n);
        let stream = Stream::new(seed, STREAM);
        let mut growth =
            Growth { kernel, factor: vec![0.0; n * stride], stride, pivots: Vec::with_capacity(stride), left, stream };
        while growth.pivots.len() < stride && growth.unexplained() > EXHAUSTED * total {
            growth.add_block(EXHAUSTED * total / n as f64)?;
        }
        let unexplained = growth.unexplained();
        let Growth { factor, pivots, .. } = growth;
        let inner = inner_matrix(&factor, n, stride, pivots.len(), ridge);
        let inner = Cholesky::new(inner, pivots.len()).map_err(|row| PredictError::Singular { row })?;
        Ok(Self { n, factor, stride, ridge, inner, pivots, unexplained })
    }

    /// Bytes for a kernel of $n$ inputs.
    pub fn bytes(n: usize, rank: usize) -> u64 {
        let (n, rank) = (n as u64, rank.min(n) as u64);
        8 * (n.saturating_mul(rank).saturating_add(rank * rank).saturating_add(2 * n * BLOCK as u64))
    }

    /// The inputs chosen, in their order.
    pub fn pivots(&self) -> &[usize] {
        &self.pivots
    }

    /// $\operatorname{tr}(K - F F^\top)$, in the kernel's units.
    pub fn unexplained(&self) -> f64 {
        self.unexplained
    }

    /// $P^{-1}$ times $n \times$ `columns` numbers, row after row.
    pub(super) fn solve(&self, vectors: &[f64], columns: usize) -> Vec<f64> {
        let r = self.pivots.len();
        let factor = rows(&self.factor, self.n, self.stride).subcols(0, r);
        let chunks = vectors.par_chunks(CHUNK * columns).enumerate();
        let partial = chunks.map(|(chunk, vectors)| {
            let height = vectors.len() / columns;
            let mut sums = vec![0.0; columns * r];
            let (left, right) = (rows(vectors, height, columns), factor.subrows(chunk * CHUNK, height));
            multiply(rows_mut(&mut sums, columns, r), left.transpose(), right);
            sums
        });
        let mut small = vec![0.0; columns * r];
        for part in partial.collect::<Vec<Vec<f64>>>() {
            small.iter_mut().zip(part).for_each(|(s, p)| *s += p);
        }
        self.inner.solve(&mut small);
        let mut out = vec![0.0; vectors.len()];
        out.par_chunks_mut(CHUNK * columns).enumerate().for_each(|(chunk, out)| {
            let height = out.len() / columns;
            let left = factor.subrows(chunk * CHUNK, height);
            multiply(rows_mut(out, height, columns), left, by_columns(&small, r, columns));
            let vectors = &vectors[chunk * CHUNK * columns..];
            out.iter_mut().zip(vectors).for_each(|(out, v)| *out = (v - *out) / self.ridge);
        });
        out
    }
}

/// $\rho + F^\top F$; only the part that a factorization reads.
fn inner_matrix(factor: &[f64], n: usize, stride: usize, r: usize, ridge: f64) -> Vec<f64> {
    let mut inner = vec![0.0; r * r];
    let factor = rows(factor, n, stride).subcols(0, r);
    let tiles = tiles(rows_mut(&mut inner, r, r), TILE, TILE);
    tiles.into_par_iter().filter(|tile| tile.row <= tile.col).for_each(|tile| {
        let (height, width) = (tile.values.nrows(), tile.values.ncols());
        let left = factor.subcols(tile.row, height).transpose();
        multiply(tile.values, left, factor.subcols(tile.col, width));
    });
    (0..r).for_each(|i| inner[i * (r + 1)] += ridge);
    inner
}

impl Growth<'_> {
    fn unexplained(&self) -> f64 {
        self.left.iter().sum()
    }

    /// Proposes a block of inputs, and adds a column for each that is accepted.
    fn add_block(&mut self, least: f64) -> Result<(), PredictError> {
        let (n, done) = (self.kernel.size(), self.pivots.len());
        let proposals = self.proposals(BLOCK.min(self.stride - done));
        let known = self.kernel.rows(&proposals)?;
        check_finite("a row of the kernel", &known)?;
        let row = |i: usize| &self.factor[i * self.stride..i * self.stride + done];
        let remainder = |a: usize, b: usize| {
            let explained: f64 = row(proposals[a]).iter().zip(row(proposals[b])).map(|(x, y)| x * y).sum();
            known[a * n + proposals[b]] - explained
        };
        let count = proposals.len();
        let block: Vec<f64> = (0..count * count).into_par_iter().map(|k| remainder(k / count, k % count)).collect();
        let (accepted, lower) = accept(block, count, least, &mut self.stream);
        proposals.iter().for_each(|&i| self.left[i] = if accepted.is_empty() { 0.0 } else { self.left[i] });
        let t = accepted.len();
        let chosen: Vec<f64> = accepted.iter().flat_map(|&a| row(proposals[a])).copied().collect();
        let stride = self.stride;
        let chunks = self.factor.par_chunks_mut(CHUNK * stride.max(1)).zip(self.left.par_chunks_mut(CHUNK));
        chunks.enumerate().for_each(|(chunk, (factor, left))| {
            let height = left.len();
            let mut new = vec![0.0; height * t];
            let old = rows(factor, height, stride).subcols(0, done);
            multiply(rows_mut(&mut new, height, t), old, rows(&chosen, t, done).transpose());
            for (i, new) in new.chunks_exact_mut(t.max(1)).enumerate() {
                let at = chunk * CHUNK + i;
                new.iter_mut().zip(&accepted).for_each(|(new, a)| *new = known[a * n + at] - *new);
            }
            solve_lower(rows(&lower, t, t), rows_mut(&mut new, height, t).transpose_mut());
            let rows = factor.chunks_exact_mut(stride).zip(new.chunks_exact(t.max(1)));
            for ((factor, new), left) in rows.zip(left) {
                factor[done..done + t].copy_from_slice(new);
                *left = (*left - new.iter().map(|x| x * x).sum::<f64>()).max(0.0);
            }
        });
        for &a in &accepted {
            self.left[proposals[a]] = 0.0;
            self.pivots.push(proposals[a]);
        }
        Ok(())
    }

    /// Different inputs, drawn in proportion to what is left of each.
    fn proposals(&mut self, count: usize) -> Vec<usize> {
        let mut sums = Vec::with_capacity(self.left.len());
        let mut total = 0.0;
        for left in &self.left {
            total += left;
            sums.push(total);
        }
        let mut proposals: Vec<usize> = Vec::with_capacity(count);
        for _ in 0..count {
            let at = self.stream.uniform() * total;
            let place = sums.partition_point(|sum| *sum < at).min(sums.len() - 1);
            if !proposals.contains(&place) {
                proposals.push(place);
            }
        }
        proposals
    }
}

/// Which of some inputs are taken, one after the other, each with the probability that those before it leave of what was
/// left of it; and the Cholesky factor of the block of those.
fn accept(mut block: Vec<f64>, count: usize, least: f64, stream: &mut Stream) -> (Vec<usize>, Vec<f64>) {
    let before: Vec<f64> = (0..count).map(|i| block[i * (count + 1)]).collect();
    let (mut accepted, mut columns) = (Vec::new(), Vec::new());
    for i in 0..count {
        let pivot = block[i * (count + 1)];
        if pivot <= least || stream.uniform() * before[i] > pivot {
            continue;
        }
        let column: Vec<f64> = (0..count).map(|j| block[j * count + i] / pivot.sqrt()).collect();
        for (row, x) in block.chunks_exact_mut(count).zip(&column) {
            row.iter_mut().zip(&column).for_each(|(entry, y)| *entry -= x * y);
        }
        accepted.push(i);
        columns.push(column);
    }
    let t = accepted.len();
    let lower = (0..t * t).map(|k| if k / t >= k % t { columns[k % t][accepted[k / t]] } else { 0.0 }).collect();
    (accepted, lower)
}
