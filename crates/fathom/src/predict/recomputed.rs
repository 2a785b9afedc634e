//! A kernel that is computed anew for every product.

use rayon::prelude::*;

use super::{KernelOperator, PackedKernel, PredictError};
use crate::Scaled;
use crate::infinite::matrix::{Block, KernelEngine, KernelKind, MatrixOptions, Network};
use crate::linalg::{multiply, rows, rows_mut};

/// Rows of a band that one thread multiplies.
const TILE: usize = 48;

/// Σ or Θ of all pairs of some inputs, in double precision, computed band by band whenever it is multiplied with.
///
/// # Accuracy and cost
/// The entries of [`KernelEngine`], which it computes once for each product, whatever the number of vectors. Memory: two
/// copies of the inputs and a band, at most some 2000 rows of the matrix.
///
/// # Example
/// ```
/// use fathom_ntk::predict::{KernelKind, KernelOperator, RecomputedKernel};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(1), ..Default::default() })?;
/// let kernel = RecomputedKernel::new(&arch, &[1.0, 1.0, 1.0, 0.0], 2, KernelKind::Nngp)?;
/// let mut out = [0.0; 2];
/// kernel.apply(&[1.0, 1.0], 1, &mut out)?;
/// // Σ = x·x′, as the weights have variance two over two inputs.
/// assert_eq!(out, [3.0, 2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RecomputedKernel<'a> {
    network: Network<'a>,
    inputs: &'a [f64],
    features: usize,
    kind: super::KernelKind,
    engine: KernelEngine<'a>,
    exponent: i64,
}

fn options(kind: super::KernelKind) -> MatrixOptions {
    let kind = match kind {
        super::KernelKind::Ntk => KernelKind::Ntk,
        super::KernelKind::Nngp => KernelKind::Nngp,
    };
    MatrixOptions { kind, ..Default::default() }
}

impl<'a> RecomputedKernel<'a> {
    /// The kernel of a network on inputs of so many features, one after the other.
    ///
    /// # Errors
    /// [`PredictError::Matrix`] for unusable inputs and kernels that do not exist; [`PredictError::ZeroKernel`].
    pub fn new(
        network: impl Into<Network<'a>>,
        inputs: &'a [f64],
        features: usize,
        kind: super::KernelKind,
    ) -> Result<Self, PredictError> {
        let network = network.into();
        let engine = KernelEngine::new(network, inputs, features, None, &options(kind))?;
        let exponent = engine.exponent::<f64>(options(kind).kind);
        let kernel = Self { network, inputs, features, kind, engine, exponent };
        if kernel.diagonal().iter().all(|d| *d == 0.0) { Err(PredictError::ZeroKernel) } else { Ok(kernel) }
    }

    /// What its entries are multiplied by: one, unless the kernel leaves the range of `f64`.
    pub fn scale(&self) -> Scaled {
        Scaled::ONE.times_power_of_two(self.exponent)
    }

    /// How many bands there are.
    pub fn bands(&self) -> usize {
        self.engine.bands()
    }

    /// Calls `with` on the first row, the columns and the entries of the part of a band that lies on and before the diagonal.
    fn band(
        &self,
        band: usize,
        with: impl FnOnce(usize, usize, &[f64]) -> Result<(), PredictError>,
    ) -> Result<(), PredictError> {
        let band = self.engine.band::<f64>(band)?;
        let own = band.blocks().map(|(_, block)| block).find(|block| block.place()[1] == 0);
        own.map_or(Ok(()), |block: &Block<f64>| with(block.place()[0], block.cols(), block.values()))
    }

    /// Writes one band to a packed kernel of the same inputs.
    ///
    /// # Errors
    /// Those of the engine and of [`PackedKernel::set_rows`].
    pub fn pack(&self, band: usize, to: &mut PackedKernel) -> Result<(), PredictError> {
        self.band(band, |first, cols, values| to.set_rows(first, cols, values))
    }

    /// The kernel between other inputs and these times coefficients, in units of [`Self::scale`].
    ///
    /// # Arguments
    /// * `others`: one after the other.
    /// * `coefficients`: $n \times$ `columns`.
    /// * `out`: as many rows of `columns` as there are others.
    ///
    /// # Errors
    /// [`PredictError::Matrix`] for unusable inputs.
    pub fn apply_between(
        &self,
        others: &[f64],
        coefficients: &[f64],
        columns: usize,
        out: &mut [f64],
    ) -> Result<(), PredictError> {
        let options = options(self.kind);
        let engine = KernelEngine::new(self.network, others, self.features, Some(self.inputs), &options)?;
        let unit = Scaled::ONE.times_power_of_two(engine.exponent::<f64>(options.kind) - self.exponent).to_f64();
        for band in 0..engine.bands() {
            for (_, block) in engine.band::<f64>(band)?.blocks() {
                let (first, n) = (block.place()[0], block.cols());
                let height = block.values().len() / n;
                let out = &mut out[first * columns..(first + height) * columns];
                out.par_chunks_mut(TILE * columns).zip(block.values().par_chunks(TILE * n)).for_each(
                    |(out, values)| {
                        let height = out.len() / columns;
                        multiply(
                            rows_mut(out, height, columns),
                            rows(values, height, n),
                            rows(coefficients, n, columns),
                        );
                        out.iter_mut().for_each(|out| *out *= unit);
                    },
                );
            }
        }
        Ok(())
    }
}

impl KernelOperator for RecomputedKernel<'_> {
    fn size(&self) -> usize {
        self.engine.shape()[0]
    }

    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]) -> Result<(), PredictError> {
        out.fill(0.0);
        for band in 0..self.bands() {
            self.band(band, |first, cols, values| {
                let (before, rest) = out.split_at_mut(first * columns);
                let own = &mut rest[..(cols - first) * columns];
                let right = rows(vectors, self.size(), columns).subrows(0, cols);
                own.par_chunks_mut(TILE * columns).zip(values.par_chunks(TILE * cols)).for_each(|(out, values)| {
                    let height = out.len() / columns;
                    let mut sums = vec![0.0; out.len()];
                    multiply(rows_mut(&mut sums, height, columns), rows(values, height, cols), right);
                    out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
                });
                // The mirror image, above the diagonal.
                let height = cols - first;
                let left = rows(values, height, cols).transpose();
                let right = rows(vectors, self.size(), columns).subrows(first, height);
                before.par_chunks_mut(TILE * columns).enumerate().for_each(|(chunk, out)| {
                    let wide = out.len() / columns;
                    let mut sums = vec![0.0; out.len()];
                    multiply(rows_mut(&mut sums, wide, columns), left.subrows(chunk * TILE, wide), right);
                    out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
                });
                Ok(())
            })?;
        }
        Ok(())
    }

    fn diagonal(&self) -> Vec<f64> {
        let entry = |own: &Scaled| own.times_power_of_two(-self.exponent).to_f64();
        self.engine.diagonals(options(self.kind).kind)[0].iter().map(entry).collect()
    }

    fn rows(&self, which: &[usize]) -> Result<Vec<f64>, PredictError> {
        let row = |i: &usize| &self.inputs[i * self.features..(i + 1) * self.features];
        let chosen: Vec<f64> = which.iter().flat_map(row).copied().collect();
        let options = options(self.kind);
        let engine = KernelEngine::new(self.network, &chosen, self.features, Some(self.inputs), &options)?;
        let unit = Scaled::ONE.times_power_of_two(engine.exponent::<f64>(options.kind) - self.exponent).to_f64();
        let Some(matrix) = engine.matrices::<f64>()?.pop() else { return Ok(Vec::new()) };
        let mut values = matrix.into_values();
        if unit != 1.0 {
            values.iter_mut().for_each(|v| *v *= unit);
        }
        Ok(values)
    }
}
