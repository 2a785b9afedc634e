//! The kernels that a prediction of a network needs, from its inputs.

use super::kernel::NARROW;
use super::{Kernel, KernelKind, PredictError, TestBlock};
use crate::Scaled;
use crate::infinite::matrix::{KernelEngine, KernelKind as Kinds, KernelMatrix, MatrixError, MatrixOptions, Watch};
use crate::infinite::{Gram, GramError, gram};
use crate::spec::Architecture;

/// Why the kernels of a network could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkKernelError {
    /// The matrices.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// The pairs.
    #[error(transparent)]
    Gram(#[from] GramError),
    /// Sizes, or a kernel that is zero.
    #[error(transparent)]
    Predict(#[from] PredictError),
}

/// Θ and Σ of the training and the test inputs of an infinitely wide network, as [`predict`](super::predict()) takes them.
///
/// # Arguments
/// * `train`, `test`: one input after the other, each of `features` numbers; `test` may be empty.
/// * `kinds`: which kernels; the results are in the same order.
/// * `block`: what is computed of the kernel between test inputs.
/// * `watch`: to look on and to stop; counts the matrix of the training inputs.
///
/// # Errors
/// [`NetworkKernelError`] for inputs that do not fit and kernels that do not exist.
///
/// # Accuracy and cost
/// Those of the [`KernelEngine`]; where all inputs are so alike that entries would lose digits, gaps pair by pair.
///
/// # Example
/// ```
/// use fathom_ntk::infinite::matrix::Watch;
/// use fathom_ntk::predict::{KernelKind, TestBlock, network_kernels};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(2), ..Default::default() })?;
/// let (train, test) = ([1.0, 1.0, -1.0, 1.0], [2.0, 2.0]);
/// let kinds = [KernelKind::Ntk, KernelKind::Nngp];
/// let kernels = network_kernels(&arch, 2, &train, &test, &kinds, TestBlock::Diagonal, &Watch::default())?;
/// assert_eq!((kernels[0].training_inputs(), kernels[1].test_inputs()), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn network_kernels(
    arch: &Architecture,
    features: usize,
    train: &[f64],
    test: &[f64],
    kinds: &[KernelKind],
    block: TestBlock,
    watch: &Watch,
) -> Result<Vec<Kernel>, NetworkKernelError> {
    let all = match (kinds.contains(&KernelKind::Ntk), kinds.contains(&KernelKind::Nngp)) {
        (true, true) => Kinds::Both,
        (false, true) => Kinds::Nngp,
        _ => Kinds::Ntk,
    };
    let inputs =
        Inputs { arch, features, train, test, block, options: MatrixOptions { kind: all, ..Default::default() } };
    let parts = inputs.parts(watch)?;
    let mut pairs = None;
    let mut kernels = Vec::with_capacity(kinds.len());
    for &kind in kinds {
        let wanted = if kind == KernelKind::Ntk { Kinds::Ntk } else { Kinds::Nngp };
        let Some(part) = parts.iter().find(|part| part.train.kind() == wanted) else { continue };
        kernels.push(if part.are_alike() {
            let rows: Vec<&[f64]> = train.chunks(features).chain(test.chunks(features)).collect();
            let pairs: &Gram = match &mut pairs {
                Some(pairs) => pairs,
                none => none.insert(gram(arch, &rows)?),
            };
            Kernel::from_gram(pairs, rows.len() - test.len() / features, kind, block)?
        } else {
            part.kernel(block)?
        });
    }
    Ok(kernels)
}

/// What the kernels are of.
struct Inputs<'a> {
    arch: &'a Architecture,
    features: usize,
    train: &'a [f64],
    test: &'a [f64],
    block: TestBlock,
    options: MatrixOptions,
}

/// One kernel: the matrices of training inputs, of test and training inputs, and what is known between test inputs.
struct Part {
    train: KernelMatrix<f64>,
    cross: Option<KernelMatrix<f64>>,
    test: Option<KernelMatrix<f64>>,
    test_diagonal: Vec<Scaled>,
}

impl Inputs<'_> {
    fn engine<'b>(&'b self, inputs: &[f64], others: Option<&[f64]>) -> Result<KernelEngine<'b>, MatrixError> {
        KernelEngine::new(self.arch, inputs, self.features, others, &self.options)
    }

    fn parts(&self, watch: &Watch) -> Result<Vec<Part>, MatrixError> {
        let train = self.engine(self.train, None)?.matrices_watched(watch)?;
        if self.test.is_empty() {
            let part = |train| Part { train, cross: None, test: None, test_diagonal: Vec::new() };
            return Ok(train.into_iter().map(part).collect());
        }
        let engine = self.engine(self.test, Some(self.train))?;
        let cross = engine.matrices_watched(watch)?;
        let mut test = match self.block {
            TestBlock::Full => self.engine(self.test, None)?.matrices_watched(watch)?,
            TestBlock::Diagonal => Vec::new(),
        }
        .into_iter();
        let part = |(train, cross): (KernelMatrix<f64>, KernelMatrix<f64>)| {
            let [test_diagonal, _] = engine.diagonals(train.kind());
            Part { train, cross: Some(cross), test: test.next(), test_diagonal }
        };
        Ok(train.into_iter().zip(cross).map(part).collect())
    }
}

impl Part {
    /// Whether all gaps between a training input and any other are narrow.
    fn are_alike(&self) -> bool {
        let exponent = self.train.exponent();
        let n = self.train.rows();
        let own: Vec<f64> = (0..n).map(|i| self.train.values()[i * (n + 1)]).collect();
        let in_units = |x: &Scaled| x.times_power_of_two(-exponent).to_f64();
        let test: Vec<f64> = self.test_diagonal.iter().map(in_units).collect();
        let scale = own.iter().chain(&test).fold(0.0_f64, |m, d| m.max(*d));
        let narrow = |diagonal: &f64, row: &[f64], factor: f64| {
            row.iter().zip(&own).all(|(entry, d)| 0.5 * (diagonal + d) - factor * entry < NARROW * scale)
        };
        let rows = self.train.values().chunks(n.max(1));
        own.iter().zip(rows).all(|(d, row)| narrow(d, row, 1.0))
            && self.cross.as_ref().is_none_or(|cross| {
                let factor = Scaled::ONE.times_power_of_two(cross.exponent() - exponent).to_f64();
                test.iter().zip(cross.values().chunks(n.max(1))).all(|(d, row)| narrow(d, row, factor))
            })
    }

    fn kernel(&self, block: TestBlock) -> Result<Kernel, PredictError> {
        let exponent = self.train.exponent();
        let entries = |matrix: &KernelMatrix<f64>| -> Vec<f64> {
            let factor = Scaled::ONE.times_power_of_two(matrix.exponent() - exponent).to_f64();
            matrix.values().iter().map(|value| value * factor).collect()
        };
        let cross = self.cross.as_ref().map(entries).unwrap_or_default();
        let test = match (block, &self.test) {
            (TestBlock::Full, Some(test)) => entries(test),
            _ => self.test_diagonal.iter().map(|d| d.times_power_of_two(-exponent).to_f64()).collect(),
        };
        let train = entries(&self.train);
        Kernel::from_entries(train, cross, test, Scaled::ONE.times_power_of_two(exponent))
    }
}
