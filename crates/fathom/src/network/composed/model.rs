//! A network of blocks with explicit weights.

use rayon::prelude::*;

use super::parts::{Part, Plan};
use super::pass::Parts;
use crate::linalg::by_columns;
use crate::network::{Layer, NetworkError};
use crate::random::Stream;
use crate::spec::{Biases, Composition};

/// A network of blocks with explicit weights: what [`Network`](crate::network::Network) is for fully connected layers.
///
/// # Example
/// ```
/// use fathom_ntk::network::{ComposedNetwork, GradientScale, Layer};
/// use fathom_ntk::spec::{Composition, CompositionSpec};
/// let spec = "input = [4, 1]\n[[block]]\ntype = \"conv\"\nfilter = [2]\npadding = \"valid\"\nchannels = 1";
/// let blocks = Composition::try_from(CompositionSpec::from_toml(spec)?)?;
/// let difference = Layer::new(2, 1, vec![-1.0, 1.0], None, GradientScale::STANDARD)?;
/// let network = ComposedNetwork::new(&blocks, vec![difference])?;
/// assert_eq!(network.forward(&[1.0, 2.0, 4.0, 8.0])?, [1.0, 2.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ComposedNetwork {
    composition: Composition,
    pub(super) plan: Plan,
    layers: Vec<Layer>,
}

/// Numbers of a tile: as many inputs go through the network together as have about so many signals and derivatives.
const TILE_NUMBERS: usize = 1 << 20;
/// Most inputs in a tile.
const LARGEST_TILE: usize = 64;

impl ComposedNetwork {
    /// From its layers of weights, in the order of the data, those of a branch before those of its shortcut.
    ///
    /// # Arguments
    /// * `composition`: the blocks, with their widths; what it says of variances is not looked at.
    /// * `layers`: one for each block of weights. The inputs of a convolution are the places of its window, line by line,
    ///   each with all its channels.
    ///
    /// # Errors
    /// [`NetworkError::MissingWidth`], [`NetworkError::LayerCount`], [`NetworkError::LayerShape`].
    pub fn new(composition: &Composition, layers: Vec<Layer>) -> Result<Self, NetworkError> {
        let plan = Plan::new(composition)?;
        let (expected, got) = (plan.layers.len(), layers.len());
        if expected != got {
            return Err(NetworkError::LayerCount { expected, got });
        }
        for (i, (plan, layer)) in plan.layers.iter().zip(&layers).enumerate() {
            let (expected, got) = ([plan.inputs, plan.outputs], [layer.inputs(), layer.outputs()]);
            if expected != got {
                return Err(NetworkError::LayerShape { layer: i + 1, expected, got });
            }
        }
        Ok(Self { composition: composition.clone(), plan, layers })
    }

    /// Draw `index` of `seed`: independent normal weights and biases with the variances of the description, trained as it
    /// says.
    ///
    /// [Stream](crate::random) `index` of the seed gives the layers one after the other, of each the weights column by
    /// column and then the biases. A composition of dense blocks and one activation is drawn with the weights that
    /// [`Sampler::network`](crate::sample::Sampler::network) gives the same architecture.
    ///
    /// # Errors
    /// [`NetworkError::MissingWidth`] for a block without a width ([`Composition::with_widths`] gives them all one), and
    /// [`NetworkError::TooManyWeights`] for more weights than memory holds.
    ///
    /// # Accuracy and cost
    /// About 4 ns for each weight; the same bits on every machine.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::network::ComposedNetwork;
    /// use fathom_ntk::spec::{BranchScaling, Composition, ResNetSpec};
    /// let (activation, scaling) = ("relu".parse()?, BranchScaling::InverseDepth);
    /// let spec = ResNetSpec { features: 2, depth: 3, activation, weight_var: 2.0, bias_var: 0.0, scaling };
    /// let blocks = Composition::try_from(spec)?.with_widths(64, 1)?;
    /// let network = ComposedNetwork::draw(&blocks, 7, 0)?;
    /// assert_eq!((network.layers().len(), network.outputs()), (3, 64));
    /// assert_eq!(network, ComposedNetwork::draw(&blocks, 7, 0)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn draw(composition: &Composition, seed: u64, index: u64) -> Result<Self, NetworkError> {
        let plan = Plan::new(composition)?;
        let mut stream = Stream::new(seed, index);
        let has_biases = composition.biases() != Biases::None;
        let layers = plan.layers.iter().map(|plan| {
            let too_large = |_| NetworkError::TooManyWeights { inputs: plan.inputs, outputs: plan.outputs };
            let mut drawn = Vec::new();
            drawn.try_reserve_exact(plan.inputs * plan.outputs).map_err(too_large)?;
            drawn.resize(plan.inputs * plan.outputs, 0.0);
            stream.fill_normals(&mut drawn);
            let by_column = by_columns(&drawn, plan.outputs, plan.inputs);
            let mut weights = vec![0.0; drawn.len()];
            for (i, row) in weights.chunks_exact_mut(plan.inputs).enumerate() {
                row.iter_mut().enumerate().for_each(|(j, w)| *w = by_column[(i, j)] * plan.weight_scale);
            }
            let biases = has_biases.then(|| {
                let mut biases = vec![0.0; plan.outputs];
                if plan.bias_scale > 0.0 {
                    stream.fill_normals(&mut biases);
                    biases.iter_mut().for_each(|b| *b *= plan.bias_scale);
                }
                biases
            });
            Layer::new(plan.inputs, plan.outputs, weights, biases, plan.scale)
        });
        let layers = layers.collect::<Result<_, _>>()?;
        Ok(Self { composition: composition.clone(), plan, layers })
    }

    /// The description.
    pub fn composition(&self) -> &Composition {
        &self.composition
    }

    /// The layers of weights, in the order of the data, those of a branch before those of its shortcut.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layers of weights, to be changed; their shapes stay.
    pub fn layers_mut(&mut self) -> impl Iterator<Item = &mut Layer> {
        self.layers.iter_mut()
    }

    /// Numbers of an input.
    pub fn features(&self) -> usize {
        self.composition.features()
    }

    /// Numbers of an output; of an image, all channels at all places.
    pub fn outputs(&self) -> usize {
        self.plan.outputs
    }

    /// The outputs on a batch, one row for each input; of images place after place, channels last.
    ///
    /// # Arguments
    /// * `inputs`: rows of as many numbers as an input has, row after row.
    ///
    /// # Errors
    /// [`NetworkError::Inputs`] and [`NetworkError::InputNotFinite`] for unusable inputs,
    /// [`NetworkError::ForwardOverflow`] with the layer, and [`NetworkError::ZeroNorm`] where layer normalisation meets
    /// nothing but zeros.
    ///
    /// # Accuracy and cost
    /// Rounding errors of the sums. Twice as many operations as weights times places; the same bits for every number of
    /// threads.
    pub fn forward(&self, inputs: &[f64]) -> Result<Vec<f64>, NetworkError> {
        self.check_inputs(inputs)?;
        let features = self.features();
        let tile = |rows: &[f64]| Ok(self.parts().forward(rows.to_vec(), rows.len() / features, false)?.outputs);
        let size = self.tile(1) * features;
        if inputs.len() <= size {
            return tile(inputs);
        }
        let tiles = inputs.par_chunks(size).map(tile).collect::<Result<Vec<_>, NetworkError>>()?;
        Ok(tiles.concat())
    }

    /// The network after a step of gradient descent, $\theta - \eta \nabla$, with the gradient taken with respect to the
    /// parameters ([`GradientScale`](crate::network::GradientScale)).
    ///
    /// # Arguments
    /// * `inputs`: $n$ rows.
    /// * `cotangents`: derivatives of the loss with respect to the outputs, a row for each input.
    /// * `learning_rate`: η.
    ///
    /// # Errors
    /// As [`Self::forward`]; [`NetworkError::Cotangents`] for a wrong number of values, [`NetworkError::NoNtk`] for a step
    /// function, [`NetworkError::BackwardOverflow`] with the layer.
    ///
    /// # Accuracy and cost
    /// Three times a forward pass, and its signals in memory.
    pub fn gradient_step(&self, inputs: &[f64], cotangents: &[f64], learning_rate: f64) -> Result<Self, NetworkError> {
        self.check_inputs(inputs)?;
        self.check_differentiable()?;
        let (rows, outputs) = (inputs.len() / self.features(), self.outputs());
        if cotangents.len() != rows * outputs {
            return Err(NetworkError::Cotangents { rows, outputs, got: cotangents.len() });
        }
        let pass = self.parts().forward(inputs.to_vec(), rows, true)?;
        let (pass, deltas) = self.parts().backward(pass, cotangents.to_vec(), 1)?;
        let mut moved = self.clone();
        self.plan.visit(&mut |layer, windows| {
            let gradient = windows.gradient(&pass.inputs[layer], &deltas[layer], self.layers[layer].outputs());
            let (target, scale) = (&mut moved.layers[layer], self.layers[layer].scale());
            let rate = learning_rate * scale.weights;
            target.weights_mut().iter_mut().zip(&gradient.weights).for_each(|(w, g)| *w -= rate * g);
            if let Some(biases) = target.biases_mut() {
                let rate = learning_rate * scale.biases;
                biases.iter_mut().zip(&gradient.biases).for_each(|(b, g)| *b -= rate * g);
            }
        });
        Ok(moved)
    }

    pub(super) fn parts(&self) -> Parts<'_> {
        Parts { parts: &self.plan.parts, layers: &self.layers }
    }

    /// Inputs that go through the network together, with so many derivatives of each: a power of two that depends on the
    /// network alone, so that results do too.
    pub(super) fn tile(&self, derivatives: usize) -> usize {
        let numbers = self.plan.signals.saturating_add(self.plan.derivatives.saturating_mul(derivatives));
        let fit = (TILE_NUMBERS / numbers.max(1)).clamp(1, LARGEST_TILE);
        1 << fit.ilog2()
    }

    pub(super) fn check_inputs(&self, inputs: &[f64]) -> Result<(), NetworkError> {
        let features = self.features();
        if inputs.is_empty() || !inputs.len().is_multiple_of(features) {
            return Err(NetworkError::Inputs { features, got: inputs.len() });
        }
        match inputs.iter().position(|x| !x.is_finite()) {
            Some(place) => Err(NetworkError::InputNotFinite { row: place / features, got: inputs[place] }),
            None => Ok(()),
        }
    }

    pub(super) fn check_differentiable(&self) -> Result<(), NetworkError> {
        match &self.plan.jump {
            Some(activation) => Err(NetworkError::NoNtk { activation: activation.clone() }),
            None => Ok(()),
        }
    }
}

impl Plan {
    /// Every layer of weights with its windows.
    pub(super) fn visit(&self, see: &mut impl FnMut(usize, &super::windows::Windows)) {
        fn all(parts: &[Part], see: &mut impl FnMut(usize, &super::windows::Windows)) {
            for part in parts {
                match part {
                    Part::Weights { layer, windows } => see(*layer, windows),
                    Part::Residual { branch, shortcut, .. } => {
                        all(branch, see);
                        all(shortcut, see);
                    }
                    _ => {}
                }
            }
        }
        all(&self.parts, see);
    }
}
