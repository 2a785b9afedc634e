//! What can be measured on a network with explicit weights.

use serde::Serialize;

use crate::network::{Layer, Network, NetworkError};
use crate::spec::{ArchitectureSpec, Biases, Parameterization, PerLayer, Widths};

/// Inputs that go through the network together.
const CHUNK: usize = 256;

/// One weight layer, measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerMeasures {
    /// $n_{l-1}$.
    pub inputs: usize,
    /// $n_l$.
    pub outputs: usize,
    /// $n_{l-1}$ times the mean square of the effective weights: an estimate of $\sigma_w^2$ at initialisation.
    pub weight_var: f64,
    /// Mean square of the biases: an estimate of $\sigma_b^2$; `None` for a layer without biases.
    pub bias_var: Option<f64>,
    /// Neurons with $\phi' = 0$ on every input: no gradient passes them. `None` in the last layer.
    pub dead: Option<usize>,
}

/// The outputs on the inputs, all outputs together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OutputMeasures {
    /// Mean over inputs and outputs.
    pub mean: f64,
    /// Variance over inputs and outputs around that mean.
    pub variance: f64,
}

/// The description of a network, with variances estimated from its weights: each layer's mean square weight times its
/// fan-in, and its mean square bias.
///
/// The estimates have relative errors of some $\sqrt{2/(n_l n_{l-1})}$ and $\sqrt{2/n_l}$ for Gaussian weights at
/// initialisation. A trained network has other weights than it was drawn with, and the estimates follow them.
///
/// # Arguments
/// * `trained_biases`: whether biases, where there are any, are trained.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::empirical::measured_spec;
/// use fathom_ntk::network::{GradientScale, Layer, Network};
/// use fathom_ntk::spec::{Parameterization, PerLayer};
/// let layer = Layer::new(2, 2, vec![1.0, -1.0, 1.0, 1.0], None, GradientScale::STANDARD)?;
/// let network = Network::new(fathom_ntk::activation::Activation::relu(), vec![layer])?;
/// let spec = measured_spec(&network, Parameterization::Standard, true);
/// assert_eq!(spec.weight_var, Some(PerLayer::Layers(vec![2.0])));
/// # Ok::<(), fathom_ntk::network::NetworkError>(())
/// ```
pub fn measured_spec(network: &Network, parameterization: Parameterization, trained_biases: bool) -> ArchitectureSpec {
    let layers = network.layers();
    let has_biases = layers.iter().any(|layer| layer.biases().is_some());
    let biases = match (has_biases, trained_biases) {
        (false, _) => Biases::None,
        (true, true) => Biases::Trained,
        (true, false) => Biases::Untrained,
    };
    ArchitectureSpec {
        widths: Widths::new(network.widths()).ok(),
        depth: None,
        activation: Some(network.activation().clone()),
        weight_var: Some(PerLayer::Layers(layers.iter().map(weight_var).collect())),
        bias_var: Some(PerLayer::Layers(layers.iter().map(|layer| bias_var(layer).unwrap_or(0.0)).collect())),
        biases: Some(biases),
        parameterization: Some(parameterization),
        weight_law: None,
    }
}

/// $n_{l-1}$ times the mean square weight.
fn weight_var(layer: &Layer) -> f64 {
    mean_square(layer.weights()) * layer.inputs() as f64
}

fn bias_var(layer: &Layer) -> Option<f64> {
    layer.biases().map(mean_square)
}

fn mean_square(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64
}

/// Every layer and the outputs, on a batch of inputs.
pub(super) fn measure(network: &Network, inputs: &[f64]) -> Result<(Vec<LayerMeasures>, OutputMeasures), NetworkError> {
    let mut alive: Vec<Vec<bool>> = network.layers().iter().map(|layer| vec![false; layer.outputs()]).collect();
    let mut outputs = Vec::new();
    for chunk in inputs.chunks(CHUNK * network.inputs()) {
        let forward = network.forward(chunk)?;
        for (l, alive) in alive.iter_mut().enumerate() {
            for z in forward.pre_activations(l + 1).chunks(alive.len()) {
                for (alive, z) in alive.iter_mut().zip(z) {
                    *alive = *alive || network.activation().slope(*z) != 0.0;
                }
            }
        }
        outputs.extend_from_slice(forward.outputs());
    }
    let last = network.depth() - 1;
    let layers = network.layers().iter().zip(alive).enumerate().map(|(l, (layer, alive))| LayerMeasures {
        inputs: layer.inputs(),
        outputs: layer.outputs(),
        weight_var: weight_var(layer),
        bias_var: bias_var(layer),
        dead: (l < last).then(|| alive.iter().filter(|alive| !**alive).count()),
    });
    Ok((layers.collect(), measure_outputs(&outputs)))
}

/// All outputs on all inputs.
pub(super) fn measure_outputs(outputs: &[f64]) -> OutputMeasures {
    let count = outputs.len() as f64;
    let mean = outputs.iter().map(|f| f / count).sum::<f64>();
    OutputMeasures { mean, variance: outputs.iter().map(|f| (f - mean).powi(2) / count).sum() }
}
