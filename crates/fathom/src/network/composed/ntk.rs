//! The empirical NTK of a network of blocks.

use rayon::prelude::*;

use super::gradient::scaled_gradient;
use super::model::ComposedNetwork;
use super::windows::Windows;
use crate::linalg::rows;
use crate::network::tiles::{Accumulator, Batch};
use crate::network::{EmpiricalKernel, GradientScale, KernelForm, Layer, NetworkError};

/// Numbers of the gradient of one output at one input that are held at a time.
pub(super) const GRADIENT_NUMBERS: usize = 1 << 16;

/// Signals and derivatives of a batch, layer by layer, one input after the other.
struct Held {
    inputs: Vec<Vec<f64>>,
    deltas: Vec<Vec<f64>>,
    outputs: Vec<f64>,
}

/// The kernel and outputs of one network on some inputs, and what each layer adds to the first entry.
pub(crate) struct Evaluation {
    /// In the full form over the outputs asked for.
    pub(crate) kernel: Vec<f64>,
    /// All outputs, one row for each input.
    pub(crate) outputs: Vec<f64>,
    /// Of each layer of weights.
    pub(crate) layers: Vec<f64>,
}

impl ComposedNetwork {
    /// The empirical NTK of a batch of inputs (formula on the [module page](crate::network)).
    ///
    /// # Arguments
    /// * `inputs`: $n$ rows of as many numbers as an input has.
    /// * `form`: which entries.
    /// * `memory`: most bytes of working memory, beyond the weights, the inputs and the result.
    ///
    /// # Returns
    /// Symmetric matrices: the lower half is computed and mirrored. Outputs on images are counted place after place,
    /// channels last.
    ///
    /// # Errors
    /// [`NetworkError`] for unusable inputs, activations without a derivative, overflow with the layer, and a memory
    /// budget that does not hold one tile of inputs.
    ///
    /// # Accuracy and cost
    /// Rounding errors of the sums. With $C$ outputs, the backward pass costs $C$ forward passes for each input. A layer
    /// with one window for each input then takes $n^2 (n_{l-1} + C n_l)$ operations; one of many windows forms the
    /// gradients of its weights, a slice of its channels at a time, for $2 C n$ times places times weights, and their inner
    /// products for $n^2 C$ times weights ($C^2$ in the full form). Inputs go in batches that fit the memory; $T$ batches
    /// take $T$ times the work of the passes. The result is the same, bit for bit, for every number of threads and every
    /// memory budget.
    ///
    /// # Example
    /// A window of two without bias at three places, as outputs: $\Theta_{pp'} = \langle P_p, P_{p'}\rangle$.
    /// ```
    /// use fathom_ntk::network::{ComposedNetwork, GradientScale, KernelForm, Layer};
    /// use fathom_ntk::spec::{Composition, CompositionSpec};
    /// let spec = "input = [4, 1]\n[[block]]\ntype = \"conv\"\nfilter = [2]\npadding = \"valid\"\nchannels = 1";
    /// let blocks = Composition::try_from(CompositionSpec::from_toml(spec)?)?;
    /// let layer = Layer::new(2, 1, vec![-1.0, 1.0], None, GradientScale::STANDARD)?;
    /// let network = ComposedNetwork::new(&blocks, vec![layer])?;
    /// let kernel = network.empirical_ntk(&[1.0, 2.0, 4.0, 8.0], KernelForm::Full, 1 << 30)?;
    /// assert_eq!(kernel.matrices()[0], [5.0, 10.0, 20.0, 10.0, 20.0, 40.0, 20.0, 40.0, 80.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn empirical_ntk(
        &self,
        inputs: &[f64],
        form: KernelForm,
        memory: usize,
    ) -> Result<EmpiricalKernel, NetworkError> {
        self.check_inputs(inputs)?;
        self.kernel(inputs, None, form, memory)
    }

    /// The empirical NTK between two batches of inputs.
    ///
    /// # Arguments
    /// * `left`, `right`: rows of inputs; they become rows and columns of the result.
    /// * `form`, `memory`: as for [`Self::empirical_ntk`].
    ///
    /// # Errors
    /// As [`Self::empirical_ntk`].
    ///
    /// # Accuracy and cost
    /// As [`Self::empirical_ntk`], with $2 n m$ for $n^2$.
    pub fn empirical_ntk_between(
        &self,
        left: &[f64],
        right: &[f64],
        form: KernelForm,
        memory: usize,
    ) -> Result<EmpiricalKernel, NetworkError> {
        self.check_inputs(left)?;
        self.check_inputs(right)?;
        self.kernel(left, Some(right), form, memory)
    }

    /// Kernel and outputs on a few inputs, which are held at once; the kernel of the first `outputs` outputs alone.
    pub(crate) fn evaluate(&self, inputs: &[f64], outputs: usize) -> Result<Evaluation, NetworkError> {
        self.check_inputs(inputs)?;
        self.check_differentiable()?;
        let count = inputs.len() / self.features();
        let held = self.hold(inputs, outputs)?;
        let mut kernel = Accumulator::new(KernelForm::Full, outputs, [count; 2], true)?;
        let mut layers = vec![0.0; self.layers().len()];
        self.add_layers(&held, None, outputs, &mut kernel, [0, 0], |layer, first| layers[layer] = first)?;
        let kernel = kernel.finish().pop().unwrap_or_default();
        Ok(Evaluation { kernel, outputs: held.outputs, layers })
    }

    fn kernel(
        &self,
        left: &[f64],
        right: Option<&[f64]>,
        form: KernelForm,
        memory: usize,
    ) -> Result<EmpiricalKernel, NetworkError> {
        self.check_differentiable()?;
        let (features, outputs) = (self.features(), self.outputs());
        let [n, m] = [left, right.unwrap_or(left)].map(|inputs| inputs.len() / features);
        let batch = self.batch(n, right.map(|_| m), form, memory)?;
        let mut kernel = Accumulator::new(form, outputs, [n, m], right.is_none())?;
        for (i, rows) in left.chunks(batch * features).enumerate() {
            let held = self.hold(rows, outputs)?;
            for (j, cols) in right.unwrap_or(left).chunks(batch * features).enumerate() {
                let at = [i * batch, j * batch];
                if right.is_some() || j < i {
                    let other = self.hold(cols, outputs)?;
                    self.add_layers(&held, Some(&other), outputs, &mut kernel, at, |_, _| ())?;
                } else if j == i {
                    self.add_layers(&held, None, outputs, &mut kernel, at, |_, _| ())?;
                }
            }
        }
        let [rows, cols] = kernel.shape();
        Ok(EmpiricalKernel { form, rows, cols, matrices: kernel.finish() })
    }

    /// Inputs of a batch: all of them, or as many tiles as fit the memory twice.
    fn batch(&self, n: usize, m: Option<usize>, form: KernelForm, memory: usize) -> Result<usize, NetworkError> {
        let (outputs, tile) = (self.outputs(), self.tile(self.outputs()));
        let gradients = self.layers().iter().map(|layer| slice(layer).saturating_mul(layer.inputs() + 1)).max();
        let of_output = self.plan.derivatives.saturating_add(gradients.unwrap_or(0));
        let numbers = self.plan.signals.saturating_add(outputs.saturating_mul(of_output));
        let per_input = numbers.saturating_mul(size_of::<f64>());
        // On its way back, a tile has its derivatives twice.
        let moving = tile.saturating_mul(per_input).saturating_mul(2);
        let scratch = Accumulator::scratch(form, outputs, tile).saturating_mul(size_of::<f64>());
        let fixed = scratch.saturating_add(moving).saturating_mul(rayon::current_num_threads());
        let available = memory.saturating_sub(fixed);
        let all = n.saturating_add(m.unwrap_or(0)).saturating_mul(per_input);
        if all <= available {
            return Ok(n.max(m.unwrap_or(0)));
        }
        let fit = available / per_input.saturating_mul(2) / tile * tile;
        if fit == 0 {
            let needed = per_input.saturating_mul(2).saturating_mul(tile).saturating_add(fixed);
            return Err(NetworkError::Budget { needed, got: memory });
        }
        Ok(fit)
    }

    /// Sends a batch forward, and the derivatives of its first `outputs` outputs back, tile by tile.
    fn hold(&self, inputs: &[f64], outputs: usize) -> Result<Held, NetworkError> {
        let features = self.features();
        let tile = |rows: &[f64]| {
            let count = rows.len() / features;
            let pass = self.parts().forward(rows.to_vec(), count, true)?;
            let mut unit = vec![0.0; count * outputs * self.outputs()];
            for rows in unit.chunks_exact_mut(outputs * self.outputs()) {
                rows.iter_mut().step_by(self.outputs() + 1).for_each(|entry| *entry = 1.0);
            }
            let (pass, deltas) = self.parts().backward(pass, unit, outputs)?;
            Ok(Held { inputs: pass.inputs, deltas, outputs: pass.outputs })
        };
        let size = self.tile(outputs) * features;
        if inputs.len() <= size {
            return tile(inputs);
        }
        let mut tiles = inputs.par_chunks(size).map(tile).collect::<Result<Vec<_>, NetworkError>>()?.into_iter();
        let Some(mut all) = tiles.next() else { return tile(inputs) };
        for tile in tiles {
            all.inputs.iter_mut().zip(tile.inputs).for_each(|(all, tile)| all.extend(tile));
            all.deltas.iter_mut().zip(tile.deltas).for_each(|(all, tile)| all.extend(tile));
            all.outputs.extend(tile.outputs);
        }
        Ok(all)
    }

    /// Adds what all layers contribute to the kernel of one batch with another, or with itself.
    ///
    /// # Arguments
    /// * `first`: where the batches begin among all inputs.
    /// * `see`: told what each layer added to the first entry.
    fn add_layers(
        &self,
        left: &Held,
        right: Option<&Held>,
        outputs: usize,
        kernel: &mut Accumulator,
        first: [usize; 2],
        mut see: impl FnMut(usize, f64),
    ) -> Result<(), NetworkError> {
        let depth = self.layers().len();
        let mut result = Ok(());
        self.plan.visit(&mut |layer, windows| {
            let before = kernel.first();
            let sum =
                LayerSum { layer: &self.layers()[layer], number: layer, windows, outputs, tile: self.tile(outputs) };
            if result.is_ok() && !sum.add(left, right, kernel, first) {
                result = Err(NetworkError::KernelOverflow { layer: layer + 1, depth });
            }
            see(layer, kernel.first() - before);
        });
        result
    }
}

/// Channels of a layer whose gradients are formed together.
fn slice(layer: &Layer) -> usize {
    (GRADIENT_NUMBERS / (layer.inputs() + 1)).clamp(1, layer.outputs())
}

/// The contribution of one layer.
struct LayerSum<'a> {
    layer: &'a Layer,
    number: usize,
    windows: &'a Windows,
    outputs: usize,
    tile: usize,
}

impl LayerSum<'_> {
    /// Whether the kernel is finite afterwards.
    fn add(&self, left: &Held, right: Option<&Held>, kernel: &mut Accumulator, first: [usize; 2]) -> bool {
        let scale = self.layer.scale();
        if scale == GradientScale::FROZEN {
            return true;
        }
        if self.windows.count == 1 {
            let [one, other] = [Some(left), right].map(|held| held.map(|held| self.single(held)));
            let batches =
                [one.as_ref().map(|h| self.batch(left, h)), right.zip(other.as_ref()).map(|(r, h)| self.batch(r, h))];
            let [Some(one), other] = batches else { return true };
            return kernel.add(scale, self.tile, &one, other.as_ref(), first);
        }
        let channels = self.layer.outputs();
        let step = slice(self.layer);
        (0..channels).step_by(step).all(|from| {
            let count = step.min(channels - from);
            let one = self.gradients(left, from, count);
            let other = right.map(|right| self.gradients(right, from, count));
            let batch = |gradients| Batch { inputs: self.inputs(left), activations: &[], deltas: Some(gradients) };
            let beside = |gradients| right.map(|r| Batch { inputs: self.inputs(r), ..batch(gradients) });
            let inner = GradientScale { weights: 0.0, biases: 1.0 };
            kernel.add(inner, self.tile, &batch(&one), other.as_deref().and_then(beside).as_ref(), first)
        })
    }

    fn inputs(&self, held: &Held) -> usize {
        held.deltas[self.number].len() / (self.outputs * self.windows.count * self.layer.outputs())
    }

    /// What stands under the one window of each input.
    fn single<'h>(&self, held: &'h Held) -> std::borrow::Cow<'h, [f64]> {
        let signals = &held.inputs[self.number];
        if self.windows.is_each() {
            return signals.into();
        }
        let (fan_in, numbers) = (self.layer.inputs(), signals.len() / self.inputs(held));
        let mut patches = vec![0.0; self.inputs(held) * fan_in];
        for (patch, image) in patches.chunks_exact_mut(fan_in).zip(signals.chunks_exact(numbers)) {
            self.windows.gather(image, fan_in / self.windows.size, patch);
        }
        patches.into()
    }

    fn batch<'h>(&self, held: &'h Held, activations: &'h [f64]) -> Batch<'h, f64> {
        Batch { inputs: self.inputs(held), activations, deltas: Some(&held.deltas[self.number]) }
    }

    /// The scaled gradients of some channels: one row for each input and output.
    fn gradients(&self, held: &Held, from: usize, channels: usize) -> Vec<f64> {
        let GradientScale { weights, biases } = self.layer.scale();
        let roots = [weights.sqrt(), biases.sqrt()];
        let (inputs, places, all) = (self.inputs(held), self.windows.count, self.layer.outputs());
        let width = channels * (self.layer.inputs() + usize::from(biases > 0.0));
        let mut gradients = vec![0.0; inputs * self.outputs * width];
        let per_input = places * all * self.outputs;
        let (signals, deltas) = (&held.inputs[self.number], &held.deltas[self.number]);
        let numbers = signals.len() / inputs;
        let one = |scratch: &mut Vec<f64>, (input, rows_out): (usize, &mut [f64])| {
            let patches = self.windows.patches(&signals[input * numbers..][..numbers], scratch);
            let deltas = deltas[input * per_input..][..per_input].chunks_exact(places * all);
            for (out, delta) in rows_out.chunks_exact_mut(width).zip(deltas) {
                let delta = rows(delta, places, all).submatrix(0, from, places, channels);
                scaled_gradient(delta, patches, roots, out);
            }
        };
        let each = self.outputs * width;
        if inputs <= self.tile {
            let mut scratch = Vec::new();
            gradients.chunks_exact_mut(each).enumerate().for_each(|task| one(&mut scratch, task));
        } else {
            gradients.par_chunks_exact_mut(each).enumerate().for_each_init(Vec::new, one);
        }
        gradients
    }
}
