//! Kernels of all pairs of rows at many depths.

use rayon::prelude::*;

use super::network::check_depths;
use super::{DepthError, DepthNetwork};
use crate::infinite::matrix::Watch;
use crate::infinite::{PairInput, PairKernel};

/// Kernels of $N$ inputs at several depths.
pub(super) struct AlongRows {
    size: usize,
    /// All depths of the pair $(0, 0)$, then of $(0, 1)$, …
    kernels: Vec<Vec<PairKernel>>,
}

impl AlongRows {
    /// The pairs of `rows` at `depths`; `watch` counts rows, which are followed alone first, and pairs.
    pub fn new(network: &DepthNetwork, rows: &[&[f64]], depths: &[usize], watch: &Watch) -> Result<Self, DepthError> {
        let deepest = check_depths(depths)?;
        let size = rows.len();
        let pairs: Vec<(usize, usize)> = (0..size).flat_map(|i| (i..size).map(move |j| (i, j))).collect();
        let inputs = pairs.iter().map(|&(i, j)| {
            PairInput::from_vectors(rows[i], rows[j]).map_err(|source| DepthError::Input { row: j, source })
        });
        let inputs: Vec<PairInput> = inputs.collect::<Result<_, _>>()?;
        watch.begin(size + pairs.len());
        network.with_recursion(deepest, |recursion| {
            let own = |i: usize| inputs[pair_index(size, i, i)].mean_squares()[0];
            let prepare = |i: usize| {
                if watch.is_stopped() {
                    return Err(DepthError::Stopped);
                }
                let prepared = recursion.prepare(own(i));
                watch.advance();
                Ok(prepared)
            };
            let prepared = (0..size).into_par_iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
            let kernels = pairs.par_iter().zip(&inputs).map(|(&(i, j), input)| {
                if watch.is_stopped() {
                    return Err(DepthError::Stopped);
                }
                let kernels = recursion.pair(input, [&prepared[i], &prepared[j]], depths)?;
                watch.advance();
                Ok(kernels)
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
fn pair_index(size: usize, i: usize, j: usize) -> usize {
    i * size - i * (i + 1) / 2 + j
}
