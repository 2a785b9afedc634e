//! Kernels of networks of blocks pair by pair, beyond the range of `f64`.

use super::blocks::Blocks;
use super::rows::Rows;
use super::{KernelKind, MatrixError, MatrixOptions, Watch};
use crate::Scaled;
use crate::spec::Composition;

/// Σ and Θ of pairs of rows in a network of blocks.
pub(crate) struct BlockPairs<'a>(Blocks<'a>);

impl<'a> BlockPairs<'a> {
    /// # Arguments
    /// * `values`: row after row, each of `features` numbers.
    /// * `watch`: counts rows of images, and can stop their preparation.
    ///
    /// # Errors
    /// Those of [`KernelEngine::watched`](super::KernelEngine::watched), and [`MatrixError::ZeroDiagonal`].
    pub fn new(network: &'a Composition, values: &[f64], features: usize, watch: &Watch) -> Result<Self, MatrixError> {
        if network.features() != features {
            return Err(MatrixError::Features { network: network.features(), data: features });
        }
        let rows = Rows::new(values, features, false)?;
        let options = MatrixOptions { kind: KernelKind::Both, ..MatrixOptions::default() };
        let blocks = Blocks::new(network, [&rows; 2], false, &options, watch)?;
        match blocks.diagonals[0].iter().position(|own| own.iter().any(|entry| entry.is_zero())) {
            Some(row) => Err(MatrixError::ZeroDiagonal { second: false, row }),
            None => Ok(Self(blocks)),
        }
    }

    /// $K_{ii}$, $K_{jj}$ and $K_{ij}$ of Σ and of Θ.
    pub fn kernels(&self, i: usize, j: usize) -> Result<[[Scaled; 3]; 2], MatrixError> {
        let own = &self.0.diagonals[0];
        let across = if i == j { own[i] } else { self.0.kernel(i, j)? };
        Ok([0, 1].map(|kind| [own[i][kind], own[j][kind], across[kind]]))
    }
}
