//! The empirical NTK of one network, measured and set beside the infinite-width kernel.

use serde::Serialize;

use super::comparison::{KernelComparison, Sums};
use super::measure::{LayerMeasures, OutputMeasures, measure};
use super::spectrum::{Spectrum, spectra};
use crate::analysis::Available;
use crate::infinite::{Gram, gram};
use crate::network::{EmpiricalKernel, KernelForm, KernelOptions, Network, NetworkError, Precision};
use crate::spec::{Architecture, ArchitectureError};

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EmpiricalError {
    /// The network or its inputs.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Two networks of different shape.
    #[error("checkpoints of the same network are compared, got widths {first:?} and {second:?}")]
    Widths {
        /// Widths of the first.
        first: Vec<usize>,
        /// Widths of the second.
        second: Vec<usize>,
    },
}

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmpiricalOptions {
    /// The empirical NTK.
    pub kernel: KernelOptions,
    /// Most inputs on which the infinite-width kernel is computed; 0 leaves it out. Its cost grows with the square.
    pub infinite_rows: usize,
}

impl Default for EmpiricalOptions {
    /// The default kernel; the infinite-width kernel of at most 100 inputs.
    fn default() -> Self {
        Self { kernel: KernelOptions::default(), infinite_rows: 100 }
    }
}

/// The empirical NTK set beside that of the infinitely wide network.
#[derive(Clone, Debug, Serialize)]
pub struct InfiniteComparison {
    /// The network whose widths go to infinity, with the variances it is drawn with.
    pub architecture: Architecture,
    /// The first so many inputs are compared.
    pub rows: usize,
    /// The empirical NTK against the infinite-width one, whose outputs are independent: $\delta_{ab}\,\Theta_\infty$.
    #[serde(flatten)]
    pub comparison: KernelComparison,
}

/// What [`empirical_report`] found.
#[derive(Clone, Debug, Serialize)]
pub struct EmpiricalReport {
    /// The activation.
    pub activation: String,
    /// $n_0, \dots, n_L$.
    pub widths: Vec<usize>,
    /// Number of inputs.
    pub inputs: usize,
    /// Which entries.
    pub form: KernelForm,
    /// The precision of the products.
    pub precision: Precision,
    /// Number of matrices, rows, columns.
    pub shape: [usize; 3],
    /// Sum of the diagonal over all matrices: $\sum_{i,a} \Theta_{aa}(x_i, x_i)$.
    pub trace: f64,
    /// Mean over inputs and outputs of $\Theta_{aa}(x, x)$.
    pub mean_diagonal: f64,
    /// Eigenvalues of each matrix.
    pub spectra: Available<Vec<Spectrum>>,
    /// The outputs on the inputs.
    pub outputs: OutputMeasures,
    /// The weight layers.
    pub layers: Vec<LayerMeasures>,
    /// Beside the infinite-width kernel.
    pub infinite: Available<InfiniteComparison>,
}

/// Computes the empirical NTK of a network on a batch of inputs and measures it.
///
/// # Arguments
/// * `inputs`: $n$ rows of $n_0$ features.
/// * `arch`: the description whose infinite-width kernel the result is set beside, for example from
///   [`measured_spec`](super::measured_spec); or why there is none.
///
/// # Errors
/// [`EmpiricalError::Network`]. What fails beyond the kernel itself is left out with its reason.
///
/// # Accuracy and cost
/// [`Network::empirical_ntk`] and one more forward pass, 256 inputs at a time; the eigenvalues of matrices up to
/// [`SPECTRUM_LIMIT`](super::SPECTRUM_LIMIT) rows; the infinite-width kernel of `infinite_rows` inputs.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::empirical::{EmpiricalOptions, empirical_report, measured_spec};
/// use fathom_ntk::network::{GradientScale, Layer, Network};
/// use fathom_ntk::spec::{Architecture, Parameterization};
/// let layer = Layer::new(2, 2, vec![1.0, -1.0, 1.0, 1.0], None, GradientScale::STANDARD)?;
/// let network = Network::new("relu".parse()?, vec![layer])?;
/// let arch = Architecture::try_from(measured_spec(&network, Parameterization::Standard, true));
/// let (kernel, report) = empirical_report(&network, &[1.0, 0.0, 0.0, 2.0], arch, &EmpiricalOptions::default())?;
/// assert_eq!(kernel.matrices()[0], [2.0, 0.0, 0.0, 8.0]);
/// assert_eq!(report.mean_diagonal, 2.5);
/// assert_eq!(report.infinite.get().and_then(|i| i.comparison.relative_distance), Some(0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn empirical_report(
    network: &Network,
    inputs: &[f64],
    arch: Result<Architecture, ArchitectureError>,
    options: &EmpiricalOptions,
) -> Result<(EmpiricalKernel, EmpiricalReport), EmpiricalError> {
    let kernel = network.empirical_ntk(inputs, &options.kernel)?;
    let (layers, outputs) = measure(network, inputs)?;
    let rows: Vec<&[f64]> = inputs.chunks(network.inputs()).collect();
    let trace: f64 = kernel.matrices().iter().map(|m| m.iter().step_by(kernel.rows() + 1).sum::<f64>()).sum();
    let report = EmpiricalReport {
        activation: network.activation().name(),
        widths: network.widths(),
        inputs: rows.len(),
        form: kernel.form(),
        precision: options.kernel.precision,
        shape: [kernel.matrices().len(), kernel.rows(), kernel.cols()],
        trace,
        mean_diagonal: trace / (rows.len() * network.outputs()) as f64,
        spectra: spectra(&kernel, epsilon(options.kernel.precision)),
        outputs,
        layers,
        infinite: beside_infinite(network, &kernel, &rows, arch, options.infinite_rows),
    };
    Ok((kernel, report))
}

fn epsilon(precision: Precision) -> f64 {
    match precision {
        Precision::F64 => f64::EPSILON,
        Precision::F32 => f32::EPSILON.into(),
    }
}

fn beside_infinite(
    network: &Network,
    kernel: &EmpiricalKernel,
    rows: &[&[f64]],
    arch: Result<Architecture, ArchitectureError>,
    most: usize,
) -> Available<InfiniteComparison> {
    if most == 0 {
        return Available::no("not asked for");
    }
    let biased = network.layers().iter().filter(|layer| layer.biases().is_some()).count();
    if biased != 0 && biased != network.depth() {
        return Available::no("only some layers have biases, and the infinite-width theory here takes all or none");
    }
    let arch = match arch {
        Ok(arch) => arch,
        Err(reason) => return Available::no(&reason.to_string()),
    };
    let count = rows.len().min(most);
    match gram(&arch, &rows[..count]) {
        Ok(gram) => match compare_with_gram(kernel, &gram, network.outputs()) {
            Some(comparison) => Available::Yes(InfiniteComparison { architecture: arch, rows: count, comparison }),
            None => Available::no("the infinite-width kernel leaves the range of f64"),
        },
        Err(reason) => Available::no(&reason.to_string()),
    }
}

/// The kernel of the first inputs against $\delta_{ab}\,\Theta_\infty$; `None` if that is not finite.
fn compare_with_gram(kernel: &EmpiricalKernel, gram: &Gram, outputs: usize) -> Option<KernelComparison> {
    let entry = |i: usize, j: usize| gram.pair(i, j).ntk[if i == j { 0 } else { 2 }].to_f64();
    compare_with(kernel, gram.size(), outputs, entry)
}

/// The kernel of the first $n$ inputs against $\delta_{ab}\,\Theta_\infty$ with these entries; `None` if one is not finite.
pub(super) fn compare_with(
    kernel: &EmpiricalKernel,
    n: usize,
    outputs: usize,
    entry: impl Fn(usize, usize) -> f64,
) -> Option<KernelComparison> {
    let each = if kernel.form() == KernelForm::Full { outputs } else { 1 };
    let factor = if kernel.form() == KernelForm::Trace { outputs as f64 } else { 1.0 };
    let infinite = |i: usize, j: usize| factor * entry(i, j);
    let reference = |i: usize, j: usize| if i % each == j % each { infinite(i / each, j / each) } else { 0.0 };
    let size = n * each;
    let rows =
        || kernel.matrices().iter().flat_map(|m| m.chunks(kernel.cols()).take(size).map(|r| &r[..size]).enumerate());
    let mut largest = [0.0_f64; 2];
    for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
        largest[1] = largest[1].max(infinite(i, j).abs());
    }
    if !largest[1].is_finite() {
        return None;
    }
    largest[0] = rows().flat_map(|(_, row)| row).fold(0.0, |m, x| x.abs().max(m));
    let mut sums = Sums::new(largest);
    for (i, row) in rows() {
        sums.add_row(i, row.iter().enumerate().map(|(j, a)| (*a, reference(i, j))));
    }
    Some(sums.finish(true))
}
