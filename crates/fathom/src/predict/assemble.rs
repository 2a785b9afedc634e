//! Kernels of training and test inputs from the kernel engine.

use std::f64::consts::LN_2;

use rayon::prelude::*;

use super::kernel::NARROW;
use super::{Kernel, KernelKind, PredictError, TestBlock};
use crate::Scaled;
use crate::infinite::matrix::{
    self, KernelEngine, KernelInputs, KernelMatrix, MatrixError, MatrixOptions, Network, Watch,
};
use crate::infinite::{PairInput, PairKernel, composed_pair_kernel, gram};

/// Most inputs of which gaps are computed pair by pair.
const GAPS: usize = 2000;
/// Binary orders of a kernel that need no other unit.
const ROOM: f64 = 300.0;

/// Σ and Θ on training and test inputs, as far as they were asked for.
#[derive(Clone, Debug)]
pub struct Kernels {
    /// Σ.
    pub nngp: Option<Kernel>,
    /// Θ.
    pub ntk: Option<Kernel>,
}

impl Kernels {
    /// The kernels of a network: entries from one product of matrices, as [`KernelEngine`] computes them.
    ///
    /// Where all gaps are below an eighth of the diagonal and there are no more than 2000 inputs, gaps from
    /// [`gram`](fn@crate::infinite::gram) instead, pair by pair.
    ///
    /// # Arguments
    /// * `network`: an [`Architecture`](crate::spec::Architecture) or a [`Composition`](crate::spec::Composition).
    /// * `train`, `test`: inputs of `features` numbers, one after the other; there may be no test inputs.
    /// * `kind`: which kernels.
    /// * `block`: what is needed of the test inputs.
    /// * `watch`: to look on and to stop; counts the tiles of one matrix after the other.
    ///
    /// # Errors
    /// [`PredictError::Matrix`] and [`PredictError::Gram`] for unusable inputs and kernels that do not exist;
    /// [`PredictError::ZeroKernel`].
    ///
    /// # Accuracy and cost
    /// Those of the engine; $8 n (n + m)$ bytes a kernel.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::infinite::matrix::{KernelKind, Watch};
    /// use fathom_ntk::predict::{Kernels, TestBlock};
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(3), ..Default::default() })?;
    /// let (train, test) = ([1.0, 1.0, -1.0, 1.0], [2.0, 2.0]);
    /// let watch = Watch::default();
    /// let kernels = Kernels::compute(&arch, &train, &test, 2, KernelKind::Ntk, TestBlock::Diagonal, &watch)?;
    /// // A critical ReLU network: 2 L |x|²/n₀.
    /// assert!((kernels.ntk.is_some_and(|ntk| (ntk.mean_diagonal() - 6.0).abs() < 1e-13)));
    /// assert!(kernels.nngp.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compute<'n>(
        network: impl Into<Network<'n>>,
        train: &[f64],
        test: &[f64],
        features: usize,
        kind: matrix::KernelKind,
        block: TestBlock,
        watch: &Watch,
    ) -> Result<Self, PredictError> {
        let network = network.into();
        let options = MatrixOptions { kind, ..Default::default() };
        let prepared = |inputs, others| {
            KernelEngine::watched(network, KernelInputs::new(inputs, features, others)?, &options, watch)
        };
        let inner = prepared(train, None)?;
        let mut inner_blocks = inner.matrices_watched::<f64>(watch)?.into_iter();
        let across = (!test.is_empty()).then(|| prepared(test, Some(train)));
        let across = across.transpose()?;
        let watched = |engine: &KernelEngine<'_>| engine.matrices_watched::<f64>(watch);
        let mut across_blocks = across.as_ref().map_or(Ok(Vec::new()), watched)?.into_iter();
        let whole = block == TestBlock::Full && !test.is_empty();
        let own = whole.then(|| prepared(test, None)).transpose()?;
        let mut own_blocks = own.as_ref().map_or(Ok(Vec::new()), watched)?.into_iter();
        let mut kernels = Self { nngp: None, ntk: None };
        for &kind in kind.each() {
            let Some(train) = inner_blocks.next() else { break };
            let blocks = Blocks { train, across: across_blocks.next(), own: own_blocks.next() };
            let [own, _] = inner.diagonals(kind);
            let diagonals = [own, across.as_ref().map_or_else(Vec::new, |across| across.diagonals(kind)[0].clone())];
            let kernel = blocks.join(&diagonals)?;
            match kind {
                matrix::KernelKind::Nngp => kernels.nngp = Some(kernel),
                _ => kernels.ntk = Some(kernel),
            }
        }
        kernels.refine(network, train, test, features, block)
    }

    /// Gaps in place of entries where they are narrow and not too many.
    fn refine(
        mut self,
        network: Network<'_>,
        train: &[f64],
        test: &[f64],
        features: usize,
        block: TestBlock,
    ) -> Result<Self, PredictError> {
        let rows: Vec<&[f64]> = train.chunks_exact(features).chain(test.chunks_exact(features)).collect();
        let narrow = |kernel: &Option<Kernel>| kernel.as_ref().is_some_and(Kernel::is_narrow);
        let (nngp, ntk) = (narrow(&self.nngp), narrow(&self.ntk));
        if rows.len() > GAPS || !(nngp || ntk) {
            return Ok(self);
        }
        let training = train.len() / features;
        let of: Box<dyn Fn(KernelKind) -> Result<Kernel, PredictError>> = match network {
            Network::Layers(arch) => {
                let gram = gram(arch, &rows)?;
                Box::new(move |kind| Kernel::from_gram(&gram, training, kind, block))
            }
            // On images no gap of the NTK is known.
            Network::Blocks(blocks) if !blocks.input().space().is_empty() => return Ok(self),
            Network::Blocks(blocks) => {
                let count = rows.len();
                let pairs: Vec<(usize, usize)> = (0..count).flat_map(|i| (i..count).map(move |j| (i, j))).collect();
                let pair = |(i, j): &(usize, usize)| {
                    let input = PairInput::from_vectors(rows[*i], rows[*j]);
                    let input = input.map_err(|source| MatrixError::Input { second: false, row: *j, source })?;
                    composed_pair_kernel(blocks, &input).map_err(MatrixError::from)
                };
                let kernels = pairs.par_iter().map(pair).collect::<Result<Vec<PairKernel>, MatrixError>>()?;
                let at = move |i: usize, j: usize| kernels[i * (2 * count + 1 - i) / 2 + j - i];
                Box::new(move |kind| Kernel::from_pairs(count, training, kind, block, &at))
            }
        };
        if nngp {
            self.nngp = Some(of(KernelKind::Nngp)?);
        }
        if ntk {
            self.ntk = Some(of(KernelKind::Ntk)?);
        }
        Ok(self)
    }
}

/// The kernel of training inputs alone, row after row, as [`select`](super::select()) takes it.
///
/// # Arguments
/// * `network`: an [`Architecture`](crate::spec::Architecture) or a [`Composition`](crate::spec::Composition).
/// * `inputs`: inputs of `features` numbers, one after the other.
///
/// # Errors
/// [`PredictError::Matrix`] for unusable inputs and kernels that do not exist; [`PredictError::BeyondRange`].
///
/// # Accuracy and cost
/// Those of [`KernelEngine`].
///
/// # Example
/// ```
/// use fathom_ntk::predict::{KernelKind, training_kernel};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(3), ..Default::default() })?;
/// let kernel = training_kernel(&arch, &[1.0, 1.0, -1.0, 1.0], 2, KernelKind::Ntk)?;
/// assert!((kernel[0] - 6.0).abs() < 1e-13 && kernel[1] == kernel[2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn training_kernel<'n>(
    network: impl Into<Network<'n>>,
    inputs: &[f64],
    features: usize,
    kind: KernelKind,
) -> Result<Vec<f64>, PredictError> {
    training_kernel_watched(network, inputs, features, kind, &Watch::default())
}

/// The same, watched.
///
/// # Errors
/// Those of [`training_kernel`], and [`MatrixError::Stopped`] within [`PredictError`].
pub fn training_kernel_watched<'n>(
    network: impl Into<Network<'n>>,
    inputs: &[f64],
    features: usize,
    kind: KernelKind,
    watch: &Watch,
) -> Result<Vec<f64>, PredictError> {
    let kind = match kind {
        KernelKind::Ntk => matrix::KernelKind::Ntk,
        KernelKind::Nngp => matrix::KernelKind::Nngp,
    };
    let options = MatrixOptions { kind, ..Default::default() };
    let engine = KernelEngine::watched(network, KernelInputs::new(inputs, features, None)?, &options, watch)?;
    if engine.exponent::<f64>(kind) != 0 {
        return Err(PredictError::BeyondRange);
    }
    let matrix = engine.matrices_watched::<f64>(watch)?.pop();
    Ok(matrix.map_or_else(Vec::new, KernelMatrix::into_values))
}

/// The blocks of one kernel.
struct Blocks {
    train: KernelMatrix<f64>,
    across: Option<KernelMatrix<f64>>,
    own: Option<KernelMatrix<f64>>,
}

impl Blocks {
    /// As one kernel, in a unit that leaves room for squares.
    fn join(self, diagonals: &[Vec<Scaled>; 2]) -> Result<Kernel, PredictError> {
        let largest = diagonals.iter().flatten().fold(Scaled::ZERO, |m, d| m.max(*d));
        let order = (largest.ln() / LN_2).floor();
        let unit = if order.is_finite() && order.abs() > ROOM { order as i64 } else { 0 };
        let entry = |own: &Scaled| own.times_power_of_two(-unit).to_f64();
        let in_unit = |matrix: KernelMatrix<f64>| {
            let factor = Scaled::ONE.times_power_of_two(matrix.exponent() - unit).to_f64();
            let mut values = matrix.into_values();
            if factor != 1.0 {
                values.par_iter_mut().for_each(|v| *v *= factor);
            }
            values
        };
        let test = match self.own {
            Some(own) => in_unit(own),
            None => diagonals[1].iter().map(entry).collect(),
        };
        let across = self.across.map_or_else(Vec::new, in_unit);
        Kernel::from_entries(in_unit(self.train), across, test, Scaled::ONE.times_power_of_two(unit))
    }
}

impl Kernel {
    /// Whether all entries are so nearly those of the diagonal that gaps would keep more digits of them.
    pub fn is_narrow(&self) -> bool {
        let largest = self.diagonal.iter().chain(&self.test_diagonal).fold(0.0_f64, |m, d| m.max(*d));
        let wide = |(row, own): (&[f64], &f64)| {
            row.iter().zip(&self.diagonal).any(|(k, d)| 0.5 * (own + d) - k >= NARROW * largest)
        };
        let rows = self.train.par_chunks_exact(self.n).zip(&self.diagonal);
        let tests = self.cross.par_chunks_exact(self.n).zip(&self.test_diagonal);
        !self.has_gaps() && !rows.chain(tests).any(wide)
    }
}
