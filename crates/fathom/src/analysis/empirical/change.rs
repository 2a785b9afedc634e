//! Two checkpoints of one network.

use serde::Serialize;

use super::comparison::{KernelComparison, compare_kernels};
use super::report::{EmpiricalError, EmpiricalReport};
use super::spectrum::Spectrum;
use crate::network::{EmpiricalKernel, Network};

/// How far the parameters of a layer moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LayerChange {
    /// $|W_1 - W_0|/|W_0|$ (Frobenius); `None` if $W_0$ is zero.
    pub weights: Option<f64>,
    /// The same of the biases; `None` if they are zero or missing.
    pub biases: Option<f64>,
}

/// How the eigenvalues of one matrix changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SpectrumChange {
    /// $\lambda_{\max}$ after over before; `None` if it was zero.
    pub largest_ratio: Option<f64>,
    /// $\lambda_{\min}$ after over before; `None` unless both are resolved.
    pub smallest_ratio: Option<f64>,
    /// Effective rank before and after.
    pub effective_rank: [f64; 2],
}

/// What changed from one checkpoint to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckpointChange {
    /// The later kernel against the earlier: `relative_distance` is $|\Theta_1 - \Theta_0|/|\Theta_0|$.
    #[serde(flatten)]
    pub kernel: KernelComparison,
    /// Of each matrix; `None` if eigenvalues are not available.
    pub spectra: Option<Vec<SpectrumChange>>,
    /// Of each weight layer.
    pub layers: Vec<LayerChange>,
}

/// The change from the first checkpoint to the second; both with the kernel and report of the same inputs and options
/// ([`empirical_report`](super::empirical_report)).
///
/// # Errors
/// [`EmpiricalError::Widths`] if the networks or kernels do not have the same shape.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::empirical::{EmpiricalOptions, checkpoint_change, empirical_report, measured_spec};
/// use fathom_ntk::network::{GradientScale, Layer, Network};
/// use fathom_ntk::spec::{Architecture, Parameterization};
/// let checkpoint = |w: f64| -> Result<_, Box<dyn std::error::Error>> {
///     let layer = |w| Layer::new(1, 1, vec![w], None, GradientScale::STANDARD);
///     let network = Network::new("relu".parse()?, vec![layer(w)?, layer(1.0)?])?;
///     let arch = Architecture::try_from(measured_spec(&network, Parameterization::Standard, true));
///     let (kernel, report) = empirical_report(&network, &[1.0], arch, &EmpiricalOptions::default())?;
///     Ok((network, kernel, report))
/// };
/// let (before, after) = (checkpoint(1.0)?, checkpoint(2.0)?);
/// let change = checkpoint_change((&before.0, &before.1, &before.2), (&after.0, &after.1, &after.2))?;
/// assert_eq!(change.kernel.relative_distance, Some(1.5)); // from 1 + 1 to 4 + 1
/// assert_eq!(change.layers[0].weights, Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn checkpoint_change(
    before: (&Network, &EmpiricalKernel, &EmpiricalReport),
    after: (&Network, &EmpiricalKernel, &EmpiricalReport),
) -> Result<CheckpointChange, EmpiricalError> {
    let different = || EmpiricalError::Widths { first: before.0.widths(), second: after.0.widths() };
    if before.0.widths() != after.0.widths() {
        return Err(different());
    }
    let kernel = compare_kernels(after.1, before.1).ok_or_else(different)?;
    let spectra = before.2.spectra.get().zip(after.2.spectra.get());
    let spectra = spectra.map(|(before, after)| before.iter().zip(after).map(|(b, a)| spectrum_change(b, a)).collect());
    let layers = before.0.layers().iter().zip(after.0.layers()).map(|(before, after)| LayerChange {
        weights: relative_change(before.weights(), after.weights()),
        biases: before.biases().zip(after.biases()).and_then(|(before, after)| relative_change(before, after)),
    });
    Ok(CheckpointChange { kernel, spectra, layers: layers.collect() })
}

fn spectrum_change(before: &Spectrum, after: &Spectrum) -> SpectrumChange {
    let resolved = before.condition.is_some() && after.condition.is_some();
    SpectrumChange {
        largest_ratio: (before.largest != 0.0).then(|| after.largest / before.largest),
        smallest_ratio: resolved.then(|| after.smallest / before.smallest),
        effective_rank: [before.effective_rank, after.effective_rank],
    }
}

fn relative_change(before: &[f64], after: &[f64]) -> Option<f64> {
    let norm = before.iter().map(|x| x * x).sum::<f64>().sqrt();
    let moved = before.iter().zip(after).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    Some(moved / norm).filter(|change| change.is_finite())
}
