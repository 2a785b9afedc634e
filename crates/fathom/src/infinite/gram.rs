//! NNGP and NTK of all pairs of a small set of inputs.

use super::general::{Chain, Detail};
use super::pair::PairRecursion;
use super::{InputError, KernelError, PairInput, PairKernel};
use crate::spec::Architecture;

/// Why the kernels of a set of inputs could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GramError {
    /// The inputs.
    #[error("row {row}: {source}")]
    Input {
        /// Row of the offending input, counted from 0.
        row: usize,
        /// What is wrong.
        source: InputError,
    },
    /// The kernel.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

/// Kernels of $n$ inputs: entry $(i, j)$ of the upper triangle, diagonal included.
#[derive(Clone, Debug)]
pub struct Gram {
    size: usize,
    pairs: Vec<PairKernel>,
}

impl Gram {
    /// Number of inputs.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The pair $(i, j)$, in either order.
    pub fn pair(&self, i: usize, j: usize) -> &PairKernel {
        let (i, j) = if i <= j { (i, j) } else { (j, i) };
        &self.pairs[i * self.size - i * (i + 1) / 2 + j]
    }
}

/// NNGP and NTK of every pair of rows.
///
/// # Arguments
/// * `rows`: the inputs, all of the same length.
///
/// # Errors
/// [`GramError`] for unusable inputs, with the row, and for kernels that do not exist ([`KernelError`]).
///
/// # Accuracy and cost
/// As [`pair_kernel`](super::pair_kernel), but for activations that are not piecewise linear gaps above $10^{-6}$ are
/// known to ten digits only. $O(n^2 L)$; what depends on one input alone is computed once.
///
/// # Example
/// ```
/// use fathom_ntk::infinite::gram;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(2), ..Default::default() })?;
/// let gram = gram(&arch, &[&[1.0, 0.0], &[0.0, 1.0], &[2.0, 0.0]])?;
/// assert_eq!(gram.pair(2, 0).ntk[2].to_f64(), 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn gram(arch: &Architecture, rows: &[&[f64]]) -> Result<Gram, GramError> {
    let recursion = PairRecursion::new(arch, Detail::Bulk)?;
    let at = |row: usize| move |source: InputError| GramError::Input { row, source };
    let mut chains: Vec<Chain> = Vec::with_capacity(rows.len());
    for (row, x) in rows.iter().enumerate() {
        chains.push(recursion.chain(PairInput::from_vectors(x, x).map_err(at(row))?.mean_squares()[0]));
    }
    let mut pairs = Vec::with_capacity(rows.len() * (rows.len() + 1) / 2);
    for (i, x) in rows.iter().enumerate() {
        for (j, y) in rows.iter().enumerate().skip(i) {
            let input = PairInput::from_vectors(x, y).map_err(at(j))?;
            pairs.push(recursion.run(&input, [&chains[i], &chains[j]])?);
        }
    }
    Ok(Gram { size: rows.len(), pairs })
}
