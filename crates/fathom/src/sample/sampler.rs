//! Networks of one architecture on given inputs, drawn one by one.

use super::chain::Chain;
use super::direct::Direct;
use super::projected::Projected;
use super::recursion::{Recursion, largest, rescale};
use super::shape::Shape;
use super::{Draw, Method, SampleError};
use crate::Scaled;
use crate::activation::Regularity;
use crate::network::{GradientScale, Layer, Network, NetworkError};
use crate::random::Stream;
use crate::spec::Architecture;

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
    arch: Architecture,
    shape: Shape,
    method: Method,
    k: usize,
    /// The inputs, row after row, divided by $2^{\text{exponent}}$.
    inputs: Vec<f64>,
    exponent: i64,
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
        Ok(Self { arch: arch.clone(), shape, method, k, inputs, exponent })
    }

    /// The architecture.
    pub fn architecture(&self) -> &Architecture {
        &self.arch
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

    /// $C = n_L$.
    pub fn outputs(&self) -> usize {
        self.shape.outputs()
    }

    /// Bytes that each [`worker`](Self::worker) uses.
    pub fn bytes(&self) -> u64 {
        self.method.bytes(&self.arch, &self.shape, self.k)
    }

    /// Roughly how long a draw takes on one core; the cost model that chooses the method.
    pub fn nanoseconds(&self) -> f64 {
        self.method.nanoseconds(&self.arch, &self.shape, self.k)
    }

    /// The buffers of one thread.
    pub fn worker(&self) -> Worker<'_> {
        let (shape, k) = (&self.shape, self.k);
        let engine = match self.method {
            Method::Chain => {
                let sq_norm: f64 = self.inputs.iter().map(|x| x * x).sum();
                Engine::Chain(Box::new(Chain::new(shape, Scaled::from(sq_norm).times_power_of_two(2 * self.exponent))))
            }
            Method::Projected => Engine::Projected(Recursion::new(shape, k, |l| Projected::new(&shape.layers[l], k))),
            Method::Direct => {
                let law = self.arch.weight_law();
                Engine::Direct(Recursion::new(shape, k, |l| Direct::new(law, &shape.layers[l], k)))
            }
        };
        Worker { sampler: self, engine, draw: Draw::default() }
    }

    /// Draw `index` of `seed` as a network with explicit weights, in the direct way: the network whose NTK the direct
    /// sampler gives for this draw.
    ///
    /// # Errors
    /// [`NetworkError`] if an effective weight is not finite.
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
        let mut stream = Stream::new(seed, index);
        let layers = self.shape.layers.iter().enumerate().map(|(l, shape)| {
            let (inputs, outputs) = (shape.inputs, shape.outputs);
            let mut drawn = Direct::new(self.arch.weight_law(), shape, 0);
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
            let scale = GradientScale::of(&self.arch, l + 1).unwrap_or(GradientScale::FROZEN);
            Layer::new(inputs, outputs, weights, biases, scale)
        });
        Network::new(self.shape.activation.clone(), layers.collect::<Result<_, _>>()?)
    }
}

/// One thread's way through the draws of a [`Sampler`].
pub struct Worker<'a> {
    sampler: &'a Sampler,
    engine: Engine,
    draw: Draw,
}

enum Engine {
    Chain(Box<Chain>),
    Projected(Recursion<Projected>),
    Direct(Recursion<Direct>),
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
    /// `f64`. Homogeneous networks (relu, leaky relu, linear) of any depth have none.
    pub fn draw(&mut self, seed: u64, index: u64) -> Result<&Draw, SampleError> {
        let Sampler { shape, inputs, exponent, .. } = self.sampler;
        let stream = &mut Stream::new(seed, index);
        match &mut self.engine {
            Engine::Chain(chain) => chain.draw(stream, &mut self.draw),
            Engine::Projected(recursion) => recursion.draw(shape, inputs, *exponent, stream, &mut self.draw)?,
            Engine::Direct(recursion) => recursion.draw(shape, inputs, *exponent, stream, &mut self.draw)?,
        }
        Ok(&self.draw)
    }
}
