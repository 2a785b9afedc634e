//! The empirical NTK of a network of blocks, beside the infinite-width kernel.

use serde::Serialize;

use super::comparison::KernelComparison;
use super::measure::{OutputMeasures, measure_outputs};
use super::report::{EmpiricalError, EmpiricalOptions, compare_with};
use super::spectrum::{Spectrum, spectra};
use crate::Scaled;
use crate::analysis::Available;
use crate::infinite::matrix::{KernelEngine, KernelKind, KernelScale, MatrixOptions};
use crate::network::{ComposedNetwork, EmpiricalKernel, KernelForm};
use crate::spec::Composition;

/// The empirical NTK set beside that of the infinitely wide network.
#[derive(Clone, Debug, Serialize)]
pub struct ComposedComparison {
    /// The first so many inputs are compared.
    pub rows: usize,
    /// The empirical NTK against the infinite-width one, whose outputs are independent: $\delta_{ab}\,\Theta_\infty$.
    #[serde(flatten)]
    pub comparison: KernelComparison,
}

/// What [`composed_report`] found.
#[derive(Clone, Debug, Serialize)]
pub struct ComposedReport {
    /// The blocks with their widths.
    pub architecture: Composition,
    /// Weights and biases.
    pub parameters: usize,
    /// Number of inputs.
    pub inputs: usize,
    /// Which entries.
    pub form: KernelForm,
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
    /// Beside the infinite-width kernel.
    pub infinite: Available<ComposedComparison>,
}

/// Computes the empirical NTK of a network of blocks on a batch of inputs and measures it.
///
/// # Arguments
/// * `inputs`: $n$ rows of as many numbers as an input has.
/// * `options`: the precision is always double.
///
/// # Errors
/// [`EmpiricalError::Network`]. What fails beyond the kernel itself is left out with its reason.
///
/// # Accuracy and cost
/// [`ComposedNetwork::empirical_ntk`] and one more forward pass; the eigenvalues of matrices up to
/// [`SPECTRUM_LIMIT`](super::SPECTRUM_LIMIT) rows; the infinite-width kernel of `infinite_rows` inputs.
///
/// # Example
/// A linear network with one layer has the kernel of infinite width, whatever its weights:
/// ```
/// use fathom_ntk::analysis::empirical::{EmpiricalOptions, composed_report};
/// use fathom_ntk::network::ComposedNetwork;
/// use fathom_ntk::spec::{Composition, CompositionSpec};
/// let spec = CompositionSpec::from_toml("input = [2, 1]\n[[block]]\ntype = \"flatten\"\n[[block]]\ntype = \"dense\"")?;
/// let network = ComposedNetwork::draw(&Composition::try_from(spec)?.with_widths(1, 1)?, 7, 0)?;
/// let (_, report) = composed_report(&network, &[1.0, 0.0, 0.0, 2.0], &EmpiricalOptions::default())?;
/// assert_eq!(report.mean_diagonal, 2.5);
/// assert!(report.infinite.get().and_then(|i| i.comparison.relative_distance).unwrap() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn composed_report(
    network: &ComposedNetwork,
    inputs: &[f64],
    options: &EmpiricalOptions,
) -> Result<(EmpiricalKernel, ComposedReport), EmpiricalError> {
    let kernel = network.empirical_ntk(inputs, options.kernel.form, options.kernel.memory)?;
    let outputs = network.forward(inputs)?;
    let count = inputs.len() / network.features();
    let trace: f64 = kernel.matrices().iter().map(|m| m.iter().step_by(kernel.rows() + 1).sum::<f64>()).sum();
    let numbers = |layer: &crate::network::Layer| layer.weights().len() + layer.biases().map_or(0, <[f64]>::len);
    let report = ComposedReport {
        architecture: network.composition().clone(),
        parameters: network.layers().iter().map(numbers).sum(),
        inputs: count,
        form: kernel.form(),
        shape: [kernel.matrices().len(), kernel.rows(), kernel.cols()],
        trace,
        mean_diagonal: trace / (count * network.outputs()) as f64,
        spectra: spectra(&kernel, f64::EPSILON),
        outputs: measure_outputs(&outputs),
        infinite: beside_infinite(network, &kernel, &inputs[..count.min(options.infinite_rows) * network.features()]),
    };
    Ok((kernel, report))
}

fn beside_infinite(
    network: &ComposedNetwork,
    kernel: &EmpiricalKernel,
    inputs: &[f64],
) -> Available<ComposedComparison> {
    if inputs.is_empty() {
        return Available::no("not asked for");
    }
    let blocks = network.composition();
    if kernel.form() != KernelForm::Trace && !blocks.output().space().is_empty() {
        return Available::no("outputs at different places have kernels of their own: only their sum is compared");
    }
    let count = inputs.len() / network.features();
    let options = MatrixOptions { kind: KernelKind::Ntk, scale: KernelScale::None, memory: usize::MAX };
    let matrices =
        KernelEngine::new(blocks, inputs, network.features(), None, &options).and_then(|e| e.matrices::<f64>());
    let matrix = match matrices.map(|mut matrices| matrices.pop()) {
        Ok(Some(matrix)) => matrix,
        Ok(None) => return Available::no("there is no kernel of infinite width"),
        Err(reason) => return Available::no(&reason.to_string()),
    };
    let entry = |i: usize, j: usize| {
        Scaled::from(matrix.values()[i * count + j]).times_power_of_two(matrix.exponent()).to_f64()
    };
    match compare_with(kernel, count, network.outputs(), entry) {
        Some(comparison) => Available::Yes(ComposedComparison { rows: count, comparison }),
        None => Available::no("the infinite-width kernel leaves the range of f64"),
    }
}
