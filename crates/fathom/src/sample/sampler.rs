//! Networks of one architecture on given inputs, drawn one by one.

use super::blocks::Blocks;
use super::chain::Chain;
use super::direct::Direct;
use super::projected::Projected;
use super::recursion::{Recursion, largest, rescale};
use super::shape::Shape;
use super::{Draw, Method, Observable, SampleError};
use crate::Scaled;
use crate::activation::Regularity;
use crate::network::{ComposedNetwork, GradientScale, Layer, Network, NetworkError};
use crate::random::Stream;
use crate::spec::{Architecture, Composition, NetworkRef};

/// Most bytes that one thread may use.
pub const MAX_BYTES: u64 = 8 << 30;

/// Draws networks of one architecture and gives their NTK on given inputs.
///
/// Draw $i$ of seed $s$ uses [stream](crate::random) $i$ of $s$, so it has the same bits in whatever order, portion or
/// thread it is drawn.
///
/// # Example
/// The mean of Θ(x, x) of a relu network does not depend on its widths: $2 L |x|^2/n_0$.
/// ```
/// use fathom_ntk::sample::Sampler;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("2,20,20,1".parse()?), ..Default::default() };
/// let sampler = Sampler::new(&Architecture::try_from(spec)?, &[1.0, 1.0], None)?;
/// let mut worker = sampler.worker();
/// let (mut sum, mut squares) = (0.0, 0.0);
/// for i in 0..4000 {
///     let theta = worker.draw(7, i)?.ntk((0, 0), (0, 0)).to_f64();
///     sum += theta;
///     squares += theta * theta;
/// }
/// let (mean, variance) = (sum / 4000.0, squares / 4000.0 - (sum / 4000.0).powi(2));
/// assert!((mean - 6.0).abs() < 4.0 * (variance / 4000.0).sqrt());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sampler {
    law: Law,
    method: Method,
    k: usize,
    /// The inputs, row after row, divided by $2^{\text{exponent}}$.
    inputs: Vec<f64>,
    exponent: i64,
}

/// What networks are drawn of.
#[derive(Clone, Debug)]
enum Law {
    Layers { arch: Architecture, shape: Shape },
    Blocks(Box<Blocks>),
}

impl Sampler {
    /// Networks of an architecture with widths, on the rows of `inputs`.
    ///
    /// # Arguments
    /// * `inputs`: $k$ rows of $n_0$ numbers, row after row.
    /// * `method`: how to draw; `None` for the fastest by a cost model.
    ///
    /// # Errors
    /// [`SampleError`] for an architecture without widths or NTK, inputs that do not fit or are not finite, a method
    /// that cannot draw this network, and networks that need more than [`MAX_BYTES`] a thread.
    pub fn new(arch: &Architecture, inputs: &[f64], method: Option<Method>) -> Result<Self, SampleError> {
        let shape = Shape::new(arch)?;
        if shape.activation.regularity() == Regularity::Discontinuous {
            return Err(SampleError::NoNtk { activation: shape.activation.name() });
        }
        let features = shape.layers[0].inputs;
        if inputs.is_empty() || !inputs.len().is_multiple_of(features) {
            return Err(SampleError::InputShape { expected: features, got: inputs.len() });
        }
        if let Some(i) = inputs.iter().position(|x| !x.is_finite()) {
            return Err(SampleError::Input { row: i / features, column: i % features, got: inputs[i] });
        }
        let k = inputs.len() / features;
        let method = method.unwrap_or_else(|| Method::fastest(arch, &shape, k));
        method.check(arch, &shape, k).map_err(|(needs, got)| SampleError::Method { method, needs, got })?;
        let needed = method.bytes(arch, &shape, k);
        if needed > MAX_BYTES {
            return Err(SampleError::Memory { method, needed, allowed: MAX_BYTES });
        }
        let mut inputs = inputs.to_vec();
        let largest = largest(&inputs);
        let exponent = rescale(&mut inputs, largest);
        Ok(Self { law: Law::Layers { arch: arch.clone(), shape }, method, k, inputs, exponent })
    }

    /// Networks of blocks with widths, on the rows of `inputs`, always drawn with every weight
    /// ([`ComposedNetwork::draw`](crate::network::ComposedNetwork::draw)).
    ///
    /// # Arguments
    /// * `inputs`: $k$ rows of as many numbers as an input has, row after row.
    /// * `observables`: what will be recorded; of several outputs only those are followed back that they see: the first, or
    ///   all.
    ///
    /// # Errors
    /// [`SampleError`] for blocks without widths, functions without NTK, inputs that do not fit or are not finite, and
    /// networks that need more than [`MAX_BYTES`] a thread.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::sample::Sampler;
    /// use fathom_ntk::spec::{CnnSpec, Composition, Padding};
    /// let spec = CnnSpec {
    ///     input: vec![4, 1], depth: 2, filter: vec![3], padding: Padding::Circular, activation: "relu".parse()?,
    ///     weight_var: 2.0, bias_var: 0.0, scaling: None,
    /// };
    /// let network = Composition::try_from(spec)?.with_widths(8, 1)?;
    /// let sampler = Sampler::of_blocks(&network, &[1.0, 0.0, -1.0, 2.0], &["ntk(0,0)".parse()?])?;
    /// assert!(sampler.worker().draw(7, 3)?.ntk((0, 0), (0, 0)).to_f64() > 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_blocks(network: &Composition, inputs: &[f64], observables: &[Observable]) -> Result<Self, SampleError> {
        let blocks = Blocks::new(network, inputs, observables, MAX_BYTES)?;
        let (k, inputs) = (inputs.len() / network.features(), inputs.to_vec());
        Ok(Self { law: Law::Blocks(Box::new(blocks)), method: Method::Direct, k, inputs, exponent: 0 })
    }

    /// The description of the networks.
    pub fn description(&self) -> NetworkRef<'_> {
        match &self.law {
            Law::Layers { arch, .. } => NetworkRef::Layers(arch),
            Law::Blocks(blocks) => NetworkRef::Blocks(&blocks.composition),
        }
    }

    /// How networks are drawn.
    pub fn method(&self) -> Method {
        self.method
    }

    /// $k$, the number of inputs.
    pub fn inputs(&self) -> usize {
        self.k
    }

    /// The inputs, row after row; beyond the range of `f64`, ∞ or 0.
    pub(super) fn input_values(&self) -> Vec<f64> {
        self.inputs.iter().map(|x| Scaled::from(*x).times_power_of_two(self.exponent).to_f64()).collect()
    }

    /// $C = n_L$; of blocks, the outputs that are observed.
    pub fn outputs(&self) -> usize {
        match &self.law {
            Law::Layers { shape, .. } => shape.outputs(),
            Law::Blocks(blocks) => blocks.outputs,
        }
    }

    /// Bytes that each [`worker`](Self::worker) uses.
    pub fn bytes(&self) -> u64 {
        match &self.law {
            Law::Layers { arch, shape } => self.method.bytes(arch, shape, self.k),
            Law::Blocks(blocks) => blocks.cost.bytes,
        }
    }

    /// Roughly how long a draw takes on one core; the cost model that chooses the method.
    pub fn nanoseconds(&self) -> f64 {
        match &self.law {
            Law::Layers { arch, shape } => self.method.nanoseconds(arch, shape, self.k),
            Law::Blocks(blocks) => blocks.cost.nanoseconds,
        }
    }

    /// The buffers of one thread.
    pub fn worker(&self) -> Worker<'_> {
        let k = self.k;
        let engine = match (&self.law, self.method) {
            (Law::Blocks(blocks), _) => Engine::Blocks(blocks),
            (Law::Layers { shape, .. }, Method::Chain) => {
                let sq_norm: f64 = self.inputs.iter().map(|x| x * x).sum();
                let sq_norm = Scaled::from(sq_norm).times_power_of_two(2 * self.exponent);
                Engine::Chain(Box::new(Chain::new(shape, sq_norm)))
            }
            (Law::Layers { shape, .. }, Method::Projected) => {
                Engine::Projected(shape, Recursion::new(shape, k, |l| Projected::new(&shape.layers[l], k)))
            }
            (Law::Layers { arch, shape }, Method::Direct) => {
                let law = arch.weight_law();
                Engine::Direct(shape, Recursion::new(shape, k, |l| Direct::new(law, &shape.layers[l], k)))
            }
        };
        Worker { sampler: self, engine, draw: Draw::default() }
    }

    /// Draw `index` of `seed` as a network with explicit weights, in the direct way: the network whose NTK the direct
    /// sampler gives for this draw.
    ///
    /// # Errors
    /// [`NetworkError`] if an effective weight is not finite; [`NetworkError::Blocks`] for a sampler of networks of blocks
    /// ([`Self::composed_network`]).
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::network::{KernelForm, KernelOptions};
    /// use fathom_ntk::sample::{Method, Sampler};
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let spec = ArchitectureSpec { widths: Some("2,5,1".parse()?), ..Default::default() };
    /// let sampler = Sampler::new(&Architecture::try_from(spec)?, &[1.0, -0.5], Some(Method::Direct))?;
    /// let drawn = sampler.worker().draw(7, 3)?.ntk((0, 0), (0, 0)).to_f64();
    /// let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
    /// let kernel = sampler.network(7, 3)?.empirical_ntk(&[1.0, -0.5], &options)?;
    /// assert!((kernel.matrices()[0][0] / drawn - 1.0).abs() < 1e-14);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn network(&self, seed: u64, index: u64) -> Result<Network, NetworkError> {
        let Law::Layers { arch, shape } = &self.law else { return Err(NetworkError::Blocks) };
        let mut stream = Stream::new(seed, index);
        let layers = shape.layers.iter().enumerate().map(|(l, shape)| {
            let (inputs, outputs) = (shape.inputs, shape.outputs);
            let mut drawn = Direct::new(arch.weight_law(), shape, 0);
            drawn.draw(&mut stream);
            let (columns, biases) = drawn.matrix().split_at(inputs * outputs);
            let mut weights = vec![0.0; inputs * outputs];
            for (j, column) in columns.chunks_exact(outputs).enumerate() {
                column.iter().enumerate().for_each(|(i, w)| weights[i * inputs + j] = w * shape.weight_scale);
            }
            let biases = (shape.beta > 0.0 || !biases.is_empty()).then(|| {
                let random = biases.iter().map(|b| b * shape.bias_scale);
                random.chain(std::iter::repeat(0.0)).take(outputs).collect()
            });
            let scale = GradientScale::of(arch, l + 1).unwrap_or(GradientScale::FROZEN);
            Layer::new(inputs, outputs, weights, biases, scale)
        });
        Network::new(shape.activation.clone(), layers.collect::<Result<_, _>>()?)
    }

    /// Draw `index` of `seed` as a network of blocks with explicit weights; `None` where the layers are fully connected.
    ///
    /// # Errors
    /// As [`ComposedNetwork::draw`].
    pub fn composed_network(&self, seed: u64, index: u64) -> Result<Option<ComposedNetwork>, NetworkError> {
        match &self.law {
            Law::Layers { .. } => Ok(None),
            Law::Blocks(blocks) => ComposedNetwork::draw(&blocks.composition, seed, index).map(Some),
        }
    }
}

/// One thread's way through the draws of a [`Sampler`].
pub struct Worker<'a> {
    sampler: &'a Sampler,
    engine: Engine<'a>,
    draw: Draw,
}

enum Engine<'a> {
    Chain(Box<Chain>),
    Projected(&'a Shape, Recursion<Projected>),
    Direct(&'a Shape, Recursion<Direct>),
    Blocks(&'a Blocks),
}

impl<'a> Worker<'a> {
    /// Whose networks it draws.
    pub fn sampler(&self) -> &'a Sampler {
        self.sampler
    }

    /// Draw `index` of `seed`.
    ///
    /// # Errors
    /// [`SampleError::Overflow`] if the signals of a network whose activation is not homogeneous leave the range of
    /// `f64`. Homogeneous networks (relu, leaky relu, linear) of any depth have none. [`SampleError::Network`] with the
    /// layer, of networks of blocks.
    pub fn draw(&mut self, seed: u64, index: u64) -> Result<&Draw, SampleError> {
        let Sampler { inputs, exponent, .. } = self.sampler;
        let stream = &mut Stream::new(seed, index);
        match &mut self.engine {
            Engine::Chain(chain) => chain.draw(stream, &mut self.draw),
            Engine::Projected(shape, recursion) => recursion.draw(shape, inputs, *exponent, stream, &mut self.draw)?,
            Engine::Direct(shape, recursion) => recursion.draw(shape, inputs, *exponent, stream, &mut self.draw)?,
            Engine::Blocks(blocks) => blocks.draw(inputs, seed, index, &mut self.draw)?,
        }
        Ok(&self.draw)
    }
}
