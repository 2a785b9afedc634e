//! A network with explicit weights.

use std::borrow::Cow;

use super::pass::{Layers, Pass, Weights};
use super::{GradientScale, Layer, NetworkError};
use crate::activation::{Activation, Regularity};
use crate::spec::Architecture;

/// A fully connected network with explicit weights: layers that fit together, and the activation between them.
///
/// # Example
/// One hidden layer of two relu neurons, of which only the first is active:
/// ```
/// use fathom_ntk::activation::Activation;
/// use fathom_ntk::network::{GradientScale, Layer, Network};
/// let first = Layer::new(1, 2, vec![1.0, -1.0], None, GradientScale::STANDARD)?;
/// let second = Layer::new(2, 1, vec![3.0, 5.0], None, GradientScale::STANDARD)?;
/// let network = Network::new(Activation::relu(), vec![first, second])?;
/// assert_eq!(network.forward(&[2.0])?.outputs(), [6.0]);
/// # Ok::<(), fathom_ntk::network::NetworkError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    activation: Activation,
    layers: Vec<Layer>,
}

impl Network {
    /// From its layers, first to last.
    ///
    /// # Errors
    /// [`NetworkError::NoLayers`], [`NetworkError::Chain`].
    pub fn new(activation: Activation, layers: Vec<Layer>) -> Result<Self, NetworkError> {
        if layers.is_empty() {
            return Err(NetworkError::NoLayers);
        }
        for (i, pair) in layers.windows(2).enumerate() {
            let (expected, got) = (pair[0].outputs(), pair[1].inputs());
            if expected != got {
                return Err(NetworkError::Chain { layer: i + 2, expected, got });
            }
        }
        Ok(Self { activation, layers })
    }

    /// The same weights with gradients taken as an architecture says ([`GradientScale::of`]).
    ///
    /// # Errors
    /// [`NetworkError::Widths`] if the architecture does not have the widths of this network.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::network::{GradientScale, Layer, Network};
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let layer = Layer::new(4, 1, vec![1.0; 4], None, GradientScale::STANDARD)?;
    /// let network = Network::new(fathom_ntk::activation::Activation::relu(), vec![layer])?;
    /// let spec = ArchitectureSpec { widths: Some("4,1".parse()?), ..Default::default() };
    /// let network = network.trained_as(&Architecture::try_from(spec)?)?;
    /// assert_eq!(network.layers()[0].scale().weights, 0.5); // σ_w²/n = 2/4
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trained_as(self, arch: &Architecture) -> Result<Self, NetworkError> {
        let scales: Option<Vec<_>> = (1..=self.depth()).map(|layer| GradientScale::of(arch, layer)).collect();
        match scales {
            Some(scales) if arch.widths() == Some(&self.widths()) => {
                let layers = self.layers.into_iter().zip(scales).map(|(layer, scale)| layer.with_scale(scale));
                Ok(Self { activation: self.activation, layers: layers.collect::<Result<_, _>>()? })
            }
            _ => Err(NetworkError::Widths {
                network: self.widths(),
                architecture: arch.widths().unwrap_or_default().to_vec(),
            }),
        }
    }

    /// φ.
    pub fn activation(&self) -> &Activation {
        &self.activation
    }

    /// The weight layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The weight layers, to be changed by training; their shapes stay.
    pub fn layers_mut(&mut self) -> impl Iterator<Item = &mut Layer> {
        self.layers.iter_mut()
    }

    /// $L$, the number of weight layers.
    pub fn depth(&self) -> usize {
        self.layers.len()
    }

    /// $n_0$.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    /// $n_L$.
    pub fn outputs(&self) -> usize {
        self.layers[self.depth() - 1].outputs()
    }

    /// $n_0, \dots, n_L$.
    pub fn widths(&self) -> Vec<usize> {
        std::iter::once(self.inputs()).chain(self.layers.iter().map(Layer::outputs)).collect()
    }

    /// Pre-activations and activations of every layer on a batch.
    ///
    /// # Arguments
    /// * `inputs`: rows of $n_0$ features, row after row.
    ///
    /// # Errors
    /// [`NetworkError::Inputs`] and [`NetworkError::InputNotFinite`] for unusable inputs,
    /// [`NetworkError::ForwardOverflow`] with the layer.
    ///
    /// # Accuracy and cost
    /// Rounding errors of the matrix products. $2 n \sum_l n_l n_{l-1}$ operations; the same bits for every number of
    /// threads.
    pub fn forward<'x>(&self, inputs: &'x [f64]) -> Result<Forward<'x>, NetworkError> {
        self.check_inputs(inputs)?;
        Ok(Forward(self.exact().forward(Cow::Borrowed(inputs))?))
    }

    /// Derivatives of all outputs with respect to the pre-activations of every layer,
    /// $\delta^l_a = \partial f_a/\partial z^l$.
    ///
    /// The rows of an input stand together, one for each output $a$.
    ///
    /// # Arguments
    /// * `forward`: what [`Self::forward`] made of the inputs, on this network with these weights.
    ///
    /// # Errors
    /// [`NetworkError::NoNtk`] for a step, [`NetworkError::BackwardOverflow`] with the layer.
    ///
    /// # Accuracy and cost
    /// As the forward pass, $n_L$ times.
    ///
    /// # Example
    /// ```
    /// # use fathom_ntk::network::{GradientScale, Layer, Network};
    /// let first = Layer::new(1, 2, vec![1.0, -1.0], None, GradientScale::STANDARD)?;
    /// let second = Layer::new(2, 1, vec![3.0, 5.0], None, GradientScale::STANDARD)?;
    /// let network = Network::new(fathom_ntk::activation::Activation::relu(), vec![first, second])?;
    /// let deltas = network.deltas(&network.forward(&[2.0])?)?;
    /// assert_eq!((deltas.layer(1), deltas.layer(2)), (&[3.0, 0.0][..], &[1.0][..]));
    /// # Ok::<(), fathom_ntk::network::NetworkError>(())
    /// ```
    pub fn deltas(&self, forward: &Forward<'_>) -> Result<Backward, NetworkError> {
        let outputs = self.outputs();
        let mut unit = vec![0.0; forward.rows() * outputs * outputs];
        for rows in unit.chunks_mut(outputs * outputs) {
            rows.iter_mut().step_by(outputs + 1).for_each(|entry| *entry = 1.0);
        }
        self.pull_back(forward, unit, outputs)
    }

    /// Derivatives of a loss with respect to the pre-activations of every layer, one row for each input.
    ///
    /// The gradient with respect to $W^l$ is the sum over inputs of $\delta^l (h^{l-1})^\top$, that with respect to $b^l$
    /// the sum of $\delta^l$.
    ///
    /// # Arguments
    /// * `forward`: what [`Self::forward`] made of the inputs.
    /// * `cotangents`: derivatives of the loss with respect to the outputs, a row of $n_L$ for each input.
    ///
    /// # Errors
    /// [`NetworkError::Cotangents`] for a wrong number of values, otherwise as [`Self::deltas`].
    pub fn backward(&self, forward: &Forward<'_>, cotangents: Vec<f64>) -> Result<Backward, NetworkError> {
        let (rows, outputs, got) = (forward.rows(), self.outputs(), cotangents.len());
        if rows * outputs != got {
            return Err(NetworkError::Cotangents { rows, outputs, got });
        }
        self.pull_back(forward, cotangents, 1)
    }

    fn pull_back(&self, forward: &Forward<'_>, top: Vec<f64>, per_input: usize) -> Result<Backward, NetworkError> {
        self.check_differentiable()?;
        let layers = self.exact();
        let mut deltas = Vec::with_capacity(self.depth());
        deltas.push(top);
        for layer in (1..self.depth()).rev() {
            let below = layers.descend(&forward.0, &deltas[deltas.len() - 1], layer, per_input)?;
            deltas.push(below);
        }
        deltas.reverse();
        Ok(Backward { deltas })
    }

    pub(super) fn exact(&self) -> Layers<'_, f64> {
        self.in_precision(Weights::exact)
    }

    pub(super) fn rounded(&self) -> Layers<'_, f32> {
        self.in_precision(Weights::rounded)
    }

    fn in_precision<'a, T: Clone>(&'a self, convert: fn(&'a Layer) -> Weights<'a, T>) -> Layers<'a, T> {
        let layers = self.layers.iter().map(convert).collect();
        Layers { activation: &self.activation, layers, tile: tile(self.outputs()) }
    }

    pub(super) fn check_inputs(&self, inputs: &[f64]) -> Result<(), NetworkError> {
        let features = self.inputs();
        if inputs.is_empty() || !inputs.len().is_multiple_of(features) {
            return Err(NetworkError::Inputs { features, got: inputs.len() });
        }
        match inputs.iter().position(|x| !x.is_finite()) {
            Some(place) => Err(NetworkError::InputNotFinite { row: place / features, got: inputs[place] }),
            None => Ok(()),
        }
    }

    pub(super) fn check_differentiable(&self) -> Result<(), NetworkError> {
        if self.depth() > 1 && self.activation.regularity() == Regularity::Discontinuous {
            return Err(NetworkError::NoNtk { activation: self.activation.name() });
        }
        Ok(())
    }
}

/// Rows of derivatives in a product.
const TILE_ROWS: usize = 1024;
/// Most inputs in a tile.
const LARGEST_TILE: usize = 256;

/// Inputs that go through a product together: a power of two that depends on the network alone, so that results do too.
fn tile(outputs: usize) -> usize {
    let fit = (TILE_ROWS / outputs).clamp(1, LARGEST_TILE);
    1 << fit.ilog2()
}

/// Pre-activations and activations of every layer on a batch of inputs.
#[derive(Clone, Debug)]
pub struct Forward<'x>(pub(super) Pass<'x, f64>);

impl Forward<'_> {
    /// Number of inputs $n$.
    pub fn rows(&self) -> usize {
        self.0.rows
    }

    /// $z^l$, `layer` = $l$ from 1 to $L$: $n$ rows of $n_l$. Empty for other layers.
    pub fn pre_activations(&self, layer: usize) -> &[f64] {
        layer.checked_sub(1).and_then(|i| self.0.pre.get(i)).map_or(&[], Vec::as_slice)
    }

    /// $h^l$, `layer` = $l$ from 0 (the inputs) to $L-1$: $n$ rows of $n_l$. Empty for other layers.
    pub fn activations(&self, layer: usize) -> &[f64] {
        self.0.post.get(layer).map_or(&[], |h| h.as_ref())
    }

    /// $f = z^L$, $n$ rows of $n_L$.
    pub fn outputs(&self) -> &[f64] {
        self.pre_activations(self.0.pre.len())
    }
}

/// Derivatives with respect to the pre-activations of every layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Backward {
    deltas: Vec<Vec<f64>>,
}

impl Backward {
    /// $\delta^l$, `layer` = $l$ from 1 to $L$, rows of $n_l$. Empty for other layers.
    pub fn layer(&self, layer: usize) -> &[f64] {
        layer.checked_sub(1).and_then(|i| self.deltas.get(i)).map_or(&[], Vec::as_slice)
    }
}
