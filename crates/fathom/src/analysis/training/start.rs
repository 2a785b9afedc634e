//! What a training begins with: the network of a seed, and the NTK of infinite width on the probe.

use crate::infinite::matrix::{KernelEngine, KernelScale, MatrixOptions};
use crate::network::{Network, NetworkError};
use crate::sample::{Method, SampleError, Sampler};
use crate::spec::Architecture;
use crate::train::{Examples, Probe, TrainError};

/// Why there is no initial network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InitialError {
    /// The network does not fit the data.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The network cannot be drawn.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The network cannot be made.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// The network number 0 of a seed, as [`sample`](crate::sample) draws it.
///
/// # Errors
/// [`TrainError::Shape`] if the network has another number of inputs than the data, and [`SampleError`] for infinite width.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::training::initial_network;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// use fathom_ntk::train::Examples;
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("2,7,1".parse()?), ..Default::default() })?;
/// let examples = Examples::new(vec![1.0, -1.0], 2, vec![0.5], 1)?;
/// assert_eq!(initial_network(&arch, &examples, 3)?.widths(), [2, 7, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn initial_network(arch: &Architecture, examples: &Examples, seed: u64) -> Result<Network, InitialError> {
    let got = examples.features();
    if let Some(&expected) = arch.widths().and_then(<[usize]>::first).filter(|&&inputs| inputs != got) {
        return Err(TrainError::Shape { what: "inputs", expected, data: "training data", got }.into());
    }
    let sampler = Sampler::new(arch, &examples.inputs()[..got], Some(Method::Direct))?;
    Ok(sampler.network(seed, 0)?)
}

/// The first `rows` training inputs as a probe, with the kernel of infinite width on them where there is one; `None` for no
/// rows.
///
/// # Arguments
/// * `keep`: whether the kernels themselves are kept.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::training::probe;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// use fathom_ntk::train::Examples;
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("2,7,1".parse()?), ..Default::default() })?;
/// let examples = Examples::new(vec![1.0, 0.0, 0.0, 1.0], 2, vec![0.5, 0.0], 1)?;
/// let reference = probe(&arch, &examples, 2, false).and_then(|probe| probe.reference).unwrap_or_default();
/// // Two layers of a critical network, orthogonal inputs: off the diagonal 1/2π of the diagonal.
/// assert!((reference[1] / reference[0] - 0.5 / std::f64::consts::PI).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn probe(arch: &Architecture, examples: &Examples, rows: usize, keep: bool) -> Option<Probe> {
    if rows == 0 {
        return None;
    }
    let features = examples.features();
    let inputs = examples.inputs().get(..rows.saturating_mul(features)).unwrap_or_default();
    // One number divides all entries, so that alignment stays as it is and nothing overflows.
    let options = MatrixOptions { scale: KernelScale::Depth, ..Default::default() };
    let kernel = KernelEngine::new(arch, inputs, features, None, &options).and_then(|engine| engine.matrices::<f64>());
    let reference = kernel.ok().and_then(|matrices| Some(matrices.first()?.values().to_vec()));
    Some(Probe { rows, reference, keep })
}
