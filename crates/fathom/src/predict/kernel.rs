//! The kernel of training and test inputs.

use std::ops::Range;

use rayon::prelude::*;
use serde::Serialize;

use super::PredictError;
use super::direct::dot;
use super::error::{check_finite, check_length};
use crate::Scaled;
use crate::infinite::{Gram, PairKernel};

/// Gaps below this share of the diagonal: entries would lose digits that gaps keep.
pub(super) const NARROW: f64 = 0.125;
/// Differences of diagonal entries below this share of them are rounding errors of the recursion over layers.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// Which kernel of an infinitely wide network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KernelKind {
    /// Θ, which drives training.
    Ntk,
    /// Σ, the covariance of the outputs over initialisations.
    Nngp,
}

/// What is known of the kernel between two test inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestBlock {
    /// The diagonal.
    Diagonal,
    /// All pairs.
    Full,
}

/// A kernel on $n$ training and $m$ test inputs, as entries $K_{ij}$ or as gaps
/// $\Gamma_{ij} = \frac12(K_{ii} + K_{jj}) - K_{ij}$.
///
/// In the ordered phase, and for the NNGP at great depth, all entries are equal but for a part that `f64` cannot hold
/// beside them; the gaps are that part.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(super) n: usize,
    pub(super) m: usize,
    /// $K_{ii}$ of training and of test inputs, in units of `scale`.
    pub(super) diagonal: Vec<f64>,
    pub(super) test_diagonal: Vec<f64>,
    /// $n \times n$, $m \times n$, and $m \times m$ if all of it is known; entries in units of `scale`, or gaps in units
    /// of `gap_scale`.
    pub(super) train: Vec<f64>,
    pub(super) cross: Vec<f64>,
    pub(super) test: Option<Vec<f64>>,
    pub(super) scale: Scaled,
    /// `None` if these are entries.
    pub(super) gap_scale: Option<Scaled>,
}

impl Kernel {
    /// From the entries, each times `scale`.
    ///
    /// # Arguments
    /// * `train`: $n \times n$, row after row, symmetric.
    /// * `cross`: $m \times n$, a test input a row; may be empty.
    /// * `test`: the $m$ diagonal entries, or all $m \times m$.
    ///
    /// # Errors
    /// [`PredictError`] for sizes that do not fit, values that are not finite, and a kernel that is zero.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::{Scaled, predict::Kernel};
    /// let kernel = Kernel::from_entries(vec![2.0, 1.0, 1.0, 2.0], vec![1.5, 0.5], vec![2.0], Scaled::ONE)?;
    /// assert_eq!((kernel.training_inputs(), kernel.test_inputs()), (2, 1));
    /// # Ok::<(), fathom_ntk::predict::PredictError>(())
    /// ```
    pub fn from_entries(train: Vec<f64>, cross: Vec<f64>, test: Vec<f64>, scale: Scaled) -> Result<Self, PredictError> {
        let n = train.len().isqrt();
        if n == 0 {
            return Err(PredictError::NoInputs);
        }
        check_length("the kernel of the training inputs", n * n, train.len())?;
        let m = cross.len() / n;
        check_length("the kernel of test and training inputs", m * n, cross.len())?;
        for (name, values) in [("the kernel of the training inputs", &train), ("the kernel of the test inputs", &test)]
        {
            check_finite(name, values)?;
        }
        check_finite("the kernel of test and training inputs", &cross)?;
        let diagonal: Vec<f64> = (0..n).map(|i| train[i * (n + 1)]).collect();
        let full = test.len() == m * m && m != 1;
        if !full {
            check_length("the kernel of the test inputs", m, test.len())?;
        }
        let test_diagonal = if full { (0..m).map(|i| test[i * (m + 1)]).collect() } else { test.clone() };
        let test = (full || m == 1).then_some(test);
        let kernel = Self { n, m, diagonal, test_diagonal, train, cross, test, scale, gap_scale: None };
        kernel.checked()
    }

    /// From the kernels of all pairs of $n$ training inputs, the first ones, and the test inputs after them.
    ///
    /// # Errors
    /// As [`Self::from_pairs`].
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::infinite::gram;
    /// use fathom_ntk::predict::{Kernel, KernelKind, TestBlock};
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(2), ..Default::default() })?;
    /// let gram = gram(&arch, &[&[1.0, 1.0], &[-1.0, 1.0], &[2.0, 2.0]])?;
    /// let ntk = Kernel::from_gram(&gram, 2, KernelKind::Ntk, TestBlock::Diagonal)?;
    /// assert_eq!((ntk.training_inputs(), ntk.test_inputs(), ntk.has_gaps()), (2, 1, false));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_gram(gram: &Gram, training: usize, kind: KernelKind, block: TestBlock) -> Result<Self, PredictError> {
        Self::from_pairs(gram.size(), training, kind, block, |i, j| *gram.pair(i, j))
    }

    /// From a function that gives the kernel of inputs $i \le j$, of which the first `training` are trained on.
    ///
    /// Takes gaps where entries would lose digits: where all gaps are below an eighth of the diagonal.
    ///
    /// # Errors
    /// [`PredictError`] if `training` is 0 or more than there are, or the kernel of the training inputs is zero.
    pub fn from_pairs(
        inputs: usize,
        training: usize,
        kind: KernelKind,
        block: TestBlock,
        pair: impl Fn(usize, usize) -> PairKernel,
    ) -> Result<Self, PredictError> {
        if training == 0 {
            return Err(PredictError::NoInputs);
        }
        let name = "the kernels of training and test inputs (training inputs)";
        let m = inputs.checked_sub(training).ok_or(PredictError::Length { name, expected: training, got: inputs })?;
        let pair = |i: usize, j: usize| Values::of(&pair(i.min(j), i.max(j)), kind);
        let all = || (0..inputs).flat_map(|i| (i..inputs).map(move |j| (i, j)));
        let scale = (0..inputs).fold(Scaled::ZERO, |s, i| s.max(pair(i, i).entry.abs()));
        let widest = all().fold(Scaled::ZERO, |s, (i, j)| s.max(pair(i, j).gap));
        if scale.is_zero() {
            return Err(PredictError::ZeroKernel);
        }
        // Nothing but copies of one input: any scale will do.
        let widest = if widest.is_zero() { scale * (0.5 * NARROW) } else { widest };
        let narrow = widest < scale * NARROW;
        let value = |(i, j): (usize, usize)| {
            let values = pair(i, j);
            if narrow { (values.gap / widest).to_f64() } else { (values.entry / scale).to_f64() }
        };
        let block_of = |rows: Range<usize>, cols: Range<usize>| -> Vec<f64> {
            rows.flat_map(|i| cols.clone().map(move |j| (i, j))).map(value).collect()
        };
        let diagonal_of = |rows: Range<usize>| rows.map(|i| (pair(i, i).entry / scale).to_f64()).collect();
        let (train, test) = (0..training, training..inputs);
        let kernel = Self {
            n: training,
            m,
            diagonal: diagonal_of(train.clone()),
            test_diagonal: diagonal_of(test.clone()),
            train: block_of(train.clone(), train.clone()),
            cross: block_of(test.clone(), train),
            test: (block == TestBlock::Full).then(|| block_of(test.clone(), test)),
            scale,
            gap_scale: narrow.then_some(widest),
        };
        kernel.checked()
    }

    fn checked(self) -> Result<Self, PredictError> {
        if self.diagonal.iter().all(|d| *d == 0.0) || self.scale.is_zero() {
            return Err(PredictError::ZeroKernel);
        }
        match self.diagonal.iter().find(|d| **d < 0.0) {
            Some(&got) => {
                Err(PredictError::OutOfRange { name: "a diagonal entry of the kernel", allowed: "at least 0", got })
            }
            None => Ok(self),
        }
    }

    /// $n$.
    pub fn training_inputs(&self) -> usize {
        self.n
    }

    /// $m$.
    pub fn test_inputs(&self) -> usize {
        self.m
    }

    /// Whether the kernel is held as gaps.
    pub fn has_gaps(&self) -> bool {
        self.gap_scale.is_some()
    }

    /// The factor of all entries and diagonals.
    pub fn scale(&self) -> Scaled {
        self.scale
    }

    /// Mean of $K_{ii}$ over the training inputs, in units of [`Self::scale`].
    pub fn mean_diagonal(&self) -> f64 {
        self.diagonal.iter().sum::<f64>() / self.n as f64
    }

    /// $\gamma/d$: the unit of gaps in units of entries.
    pub(super) fn gap_ratio(&self) -> f64 {
        self.gap_scale.map_or(1.0, |gap| (gap / self.scale).to_f64())
    }

    /// $K_{ij}$ of two training inputs in units of `scale`.
    pub(super) fn entry(&self, i: usize, j: usize) -> f64 {
        self.entry_of(i, j, self.train[i * self.n + j])
    }

    /// The same from the entry or gap that is held.
    pub(super) fn entry_of(&self, i: usize, j: usize, value: f64) -> f64 {
        match self.gap_scale {
            None => value,
            Some(_) => 0.5 * (self.diagonal[i] + self.diagonal[j]) - self.gap_ratio() * value,
        }
    }

    /// The training kernel times a vector, in units of `scale`.
    pub(super) fn apply(&self, vector: &[f64]) -> Vec<f64> {
        let products = self.train.par_chunks_exact(self.n).map(|row| dot(row, vector));
        if self.gap_scale.is_none() {
            return products.collect();
        }
        let (sum, along) = (vector.iter().sum::<f64>(), dot(&self.diagonal, vector));
        let ratio = self.gap_ratio();
        products.zip(&self.diagonal).map(|(gaps, d)| 0.5 * (d * sum + along) - ratio * gaps).collect()
    }

    /// Entries between test and training inputs in units of `scale`, where the kernel is held as gaps.
    pub(super) fn cross_entries(&self) -> Vec<f64> {
        let ratio = self.gap_ratio();
        let rows = self.cross.chunks_exact(self.n).zip(&self.test_diagonal);
        rows.flat_map(|(row, d)| row.iter().zip(&self.diagonal).map(move |(g, e)| 0.5 * (d + e) - ratio * g)).collect()
    }

    /// $K_{ii} - \bar d$ for training and test inputs with a mean $\bar d$ of the training diagonal of these weights;
    /// rounding errors left out.
    pub(super) fn diagonal_excess(&self, weights: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
        let total: f64 = weights.iter().sum();
        let mean = self.diagonal.iter().zip(weights).map(|(d, w)| d * w).sum::<f64>() / total;
        let clear = |d: &f64| if (d - mean).abs() <= ROUNDING * mean { 0.0 } else { d - mean };
        (mean, self.diagonal.iter().map(clear).collect(), self.test_diagonal.iter().map(clear).collect())
    }
}

/// Entry and gap of a pair.
struct Values {
    entry: Scaled,
    gap: Scaled,
}

impl Values {
    fn of(pair: &PairKernel, kind: KernelKind) -> Self {
        match kind {
            KernelKind::Ntk => Self { entry: pair.ntk[2], gap: pair.ntk_gap },
            KernelKind::Nngp => Self { entry: pair.nngp[2], gap: pair.nngp_gap },
        }
    }
}
