//! Convolutional networks of any padding and ending that differ in depth alone.

use rayon::prelude::*;
use serde::Serialize;

use super::{DepthError, DepthNetwork};
use crate::Scaled;
use crate::infinite::PairKernel;
use crate::infinite::matrix::{BlockPairs, MatrixError, Watch};
use crate::predict::{Kernel, KernelKind, PredictError};
use crate::spec::{CnnEnding, CnnSpec, Composition, Padding};

/// Convolutional networks of one window at every depth, with any padding and any ending.
///
/// The depth counts weight layers: $L$ convolutions, or $L - 1$ and the dense layer of the ending. No limit is derived for them;
/// those with circular padding and without pooling are a [`CircularNetwork`](super::CircularNetwork) too, which has limits.
///
/// # Example
/// Windows of three without padding leave one of nine places after four layers:
/// ```
/// use fathom_ntk::analysis::depth::ConvolutionalNetwork;
/// use fathom_ntk::spec::{CnnEnding, CnnSpec, Padding};
/// let spec = CnnSpec {
///     input: vec![9, 1],
///     depth: 2,
///     filter: vec![3],
///     padding: Padding::Valid,
///     activation: "relu".parse()?,
///     weight_var: 2.0,
///     bias_var: 0.0,
///     scaling: None,
/// };
/// let network = ConvolutionalNetwork::new(&spec, CnnEnding::Flatten)?;
/// assert_eq!(network.composition(5)?.depth(), 5);
/// assert!(network.composition(6).is_err() && network.composition(1).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConvolutionalNetwork {
    layers: DepthNetwork,
    spec: CnnSpec,
    ending: CnnEnding,
}

/// What a convolutional network does at the edges of an image, and behind the last convolution.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConvolutionalFacts {
    /// `[length]` or `[height, width]` of the images.
    pub sizes: Vec<usize>,
    /// Size of the window in each dimension.
    pub filter: Vec<usize>,
    /// What stands beyond the edges.
    pub padding: Padding,
    /// What comes after the last convolution.
    pub ending: CnnEnding,
}

impl ConvolutionalNetwork {
    /// The networks that share all but the depth with this one.
    ///
    /// # Arguments
    /// * `spec`: its depth counts convolutions.
    ///
    /// # Errors
    /// [`DepthError`] for variances out of range and activations that jump; [`DepthError::Composition`] for images, windows and
    /// scalings that do not fit.
    pub fn new(spec: &CnnSpec, ending: CnnEnding) -> Result<Self, DepthError> {
        let layers = match spec.scaling {
            None => DepthNetwork::mlp(&spec.activation, spec.weight_var, spec.bias_var)?,
            Some(scaling) => DepthNetwork::resnet(&spec.activation, spec.weight_var, spec.bias_var, scaling)?,
        };
        spec.clone().with_ending(ending)?;
        Ok(Self { layers, spec: spec.clone(), ending })
    }

    /// φ, variances and scaling.
    pub fn layers(&self) -> &DepthNetwork {
        &self.layers
    }

    /// Images, window, padding and ending.
    pub fn facts(&self) -> ConvolutionalFacts {
        let CnnSpec { filter, padding, .. } = &self.spec;
        ConvolutionalFacts {
            sizes: self.sizes().to_vec(),
            filter: filter.clone(),
            padding: *padding,
            ending: self.ending,
        }
    }

    /// `[length]` or `[height, width]` of the images.
    pub(super) fn sizes(&self) -> &[usize] {
        self.spec.input.split_last().map_or(&[], |(_, sizes)| sizes)
    }

    /// The network with so many weight layers.
    ///
    /// # Errors
    /// [`DepthError::Composition`] for depths that leave no convolution, or nothing of the image.
    pub fn composition(&self, depth: usize) -> Result<Composition, DepthError> {
        let behind = if self.ending == CnnEnding::None { 0 } else { 1 };
        let spec = CnnSpec { depth: depth.saturating_sub(behind), ..self.spec.clone() };
        Ok(spec.with_ending(self.ending)?)
    }

    /// The kernels of all pairs $i \le j$ of rows, the pairs in this order, at each depth.
    ///
    /// # Arguments
    /// * `rest`: steps that are counted after these.
    /// * `watch`: counts rows and pairs at every depth, each as many times as there are layers.
    pub(super) fn kernels(
        &self,
        rows: &[&[f64]],
        depths: &[usize],
        rest: usize,
        watch: &Watch,
    ) -> Result<Vec<Vec<PairKernel>>, DepthError> {
        let networks = depths.iter().map(|depth| self.composition(*depth)).collect::<Result<Vec<_>, _>>()?;
        let (values, features) = (rows.concat(), rows.first().map_or(0, |row| row.len()));
        let size = rows.len();
        let pairs: Vec<(usize, usize)> = (0..size).flat_map(|i| (i..size).map(move |j| (i, j))).collect();
        let steps = depths.iter().map(|depth| depth.saturating_mul(size + pairs.len()));
        watch.together(steps.fold(rest, usize::saturating_add), || {
            let at = |(network, depth): (&Composition, &usize)| {
                watch.weigh(*depth);
                let of_pairs = BlockPairs::new(network, &values, features, watch)?;
                let one = |&(i, j): &(usize, usize)| {
                    if watch.is_stopped() {
                        return Err(MatrixError::Stopped);
                    }
                    let kernels = of_pairs.kernels(i, j)?;
                    watch.advance();
                    Ok(of_entries(i == j, kernels))
                };
                Ok(pairs.par_iter().map(one).collect::<Result<_, MatrixError>>()?)
            };
            networks.iter().zip(depths).map(at).collect()
        })
    }
}

/// A pair whose gaps are differences of entries.
fn of_entries(same: bool, [nngp, ntk]: [[Scaled; 3]; 2]) -> PairKernel {
    let below = |[first, second, both]: [Scaled; 3]| {
        if same { Scaled::ZERO } else { (first + second) * 0.5 - both }
    };
    let norms = nngp[0].sqrt() * nngp[1].sqrt();
    let gap = if same { Scaled::ZERO } else { (Scaled::ONE - nngp[2] / norms).max(Scaled::ZERO) };
    PairKernel { nngp, ntk, gap, nngp_gap: below(nngp), ntk_gap: below(ntk) }
}

/// The kernel of $n$ training inputs, the first ones, and the test inputs after them by their entries alone: differences of
/// entries are no gaps that could stand for digits below their rounding.
pub(super) fn kernel_of_entries(
    inputs: usize,
    n: usize,
    kind: KernelKind,
    pair: impl Fn(usize, usize) -> PairKernel,
) -> Result<Kernel, PredictError> {
    let entry = |i: usize, j: usize| {
        let pair = pair(i.min(j), i.max(j));
        if kind == KernelKind::Ntk { pair.ntk[2] } else { pair.nngp[2] }
    };
    let scale = (0..inputs).fold(Scaled::ZERO, |scale, i| scale.max(entry(i, i)));
    if scale.is_zero() {
        return Err(PredictError::ZeroKernel);
    }
    let value = |i: usize, j: usize| (entry(i, j) / scale).to_f64();
    let block = |from: usize, to: usize| (from..to).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| value(i, j));
    let test = (n..inputs).map(|i| value(i, i)).collect();
    Kernel::from_entries(block(0, n).collect(), block(n, inputs).collect(), test, scale)
}
