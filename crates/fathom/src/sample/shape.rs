//! What a sampler needs to know of a network, worked out once.

use super::SampleError;
use crate::activation::Activation;
use crate::spec::{Architecture, Biases};

/// One weight layer.
#[derive(Clone, Debug)]
pub(super) struct LayerShape {
    /// $n_{l-1}$.
    pub(super) inputs: usize,
    /// $n_l$.
    pub(super) outputs: usize,
    /// $\sigma_{w,l} / \sqrt{n_{l-1}}$.
    pub(super) weight_scale: f64,
    /// $\sigma_{b,l}$; 0 without random biases.
    pub(super) bias_scale: f64,
    /// $\alpha_{l-1}$.
    pub(super) alpha: f64,
    /// $\beta_{l-1}$.
    pub(super) beta: f64,
}

impl LayerShape {
    /// Rows of the layer's input: the neurons below, and a constant one if there are random biases.
    pub(super) fn rows(&self) -> usize {
        self.inputs + usize::from(self.bias_scale > 0.0)
    }

    /// The exponent to be taken out of an input with signals of about $2^{\text{exponent}}$: that of the biases where the
    /// signals are tiny beside them.
    pub(super) fn carried(&self, exponent: i64) -> i64 {
        if exponent >= 0 || self.bias_scale == 0.0 {
            return exponent;
        }
        let biases = ((self.bias_scale.to_bits() >> 52) & 0x7FF) as i64 - 1023;
        exponent.max(biases.min(0))
    }
}

/// Layers and activation of a finite network.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) activation: Activation,
    pub(super) layers: Vec<LayerShape>,
    /// Whether signals may be multiplied by a power of two, layer by layer.
    pub(super) homogeneous: bool,
}

impl Shape {
    pub(super) fn new(arch: &Architecture) -> Result<Self, SampleError> {
        let widths = arch.widths().ok_or(SampleError::InfiniteWidth)?;
        let layers = (1..=arch.depth()).map(|l| {
            let (alpha, beta) = arch.ntk_coefficients(l).ok_or(SampleError::InfiniteWidth)?;
            let bias_var = if arch.biases() == Biases::None { 0.0 } else { arch.bias_var(l) };
            Ok(LayerShape {
                inputs: widths[l - 1],
                outputs: widths[l],
                weight_scale: (arch.weight_var(l) / widths[l - 1] as f64).sqrt(),
                bias_scale: bias_var.sqrt(),
                alpha,
                beta,
            })
        });
        let activation = arch.activation().clone();
        let homogeneous = activation.homogeneous().is_some();
        Ok(Self { layers: layers.collect::<Result<_, SampleError>>()?, activation, homogeneous })
    }

    /// $C = n_L$.
    pub(super) fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.outputs)
    }
}
