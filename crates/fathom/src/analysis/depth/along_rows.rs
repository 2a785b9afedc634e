//! Kernels of all pairs of rows at many depths.

use rayon::prelude::*;

use super::DepthError;
use super::family::Family;
use crate::infinite::PairKernel;
use crate::infinite::matrix::Watch;

/// Kernels of $N$ inputs at several depths.
pub(super) struct AlongRows {
    size: usize,
    /// All depths of the pair $(0, 0)$, then of $(0, 1)$, …
    kernels: Vec<Vec<PairKernel>>,
}

impl AlongRows {
    /// The pairs of `rows` at `depths`; `watch` counts rows, where they are followed alone first, and pairs.
    pub fn new(family: Family<'_>, rows: &[&[f64]], depths: &[usize], watch: &Watch) -> Result<Self, DepthError> {
        let size = rows.len();
        let pairs: Vec<(usize, usize)> = (0..size).flat_map(|i| (i..size).map(move |j| (i, j))).collect();
        family.follow(rows, depths, watch, |of_pair| {
            let kernels = pairs.par_iter().map(|&(i, j)| {
                if watch.is_stopped() {
                    return Err(DepthError::Stopped);
                }
                let kernels = of_pair(i, j)?;
                watch.advance();
                if kernels.len() < depths.len() { Err(DepthError::Stopped) } else { Ok(kernels) }
            });
            Ok(Self { size, kernels: kernels.collect::<Result<_, _>>()? })
        })
    }

    /// The pair $(i, j)$, in either order, at the depth of this index.
    pub fn pair(&self, depth: usize, i: usize, j: usize) -> &PairKernel {
        &self.kernels[pair_index(self.size, i.min(j), i.max(j))][depth]
    }
}

/// Place of the pair $i \le j$ among the pairs of `size` rows.
pub(super) fn pair_index(size: usize, i: usize, j: usize) -> usize {
    i * size - i * (i + 1) / 2 + j
}
