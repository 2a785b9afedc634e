//! Gradients of the loss, in either precision.

use std::borrow::Cow;

use rayon::prelude::*;

use super::Loss;
use super::optimizer::{Optimizer, update};
use super::parameters::{Place, count, places, read, write};
use super::pointwise::{activate, add, scale};
use crate::activation::Activation;
use crate::linalg::{Real, TransposedProduct, multiply_beside, multiply_tiled, multiply_transposed, rows};
use crate::network::Network;

/// Most inputs whose signals are in memory at a time.
const CHUNK: usize = 1024;
/// As many at least, if there are, so that the loss of all inputs does not take small steps.
const LEAST_CHUNK: usize = 256;
/// Rows of activations in a product: four tasks for two threads at a thousand inputs.
const TILE_ROWS: usize = 128;
/// Most rows of weights in a product.
const WEIGHT_ROWS: usize = 128;

/// Which inputs a gradient is taken over.
#[derive(Clone, Copy)]
pub(super) enum Batch<'a> {
    All,
    Rows(&'a [usize]),
}

/// What a trainer needs of an engine, whatever its precision.
pub(super) trait Steps: Send {
    /// The mean loss of a batch. Its gradient, as if the batch were all inputs, is kept for [`Steps::update`].
    fn differentiate(&mut self, batch: Batch<'_>, loss: Loss, targets: &[f64]) -> f64;
    /// The mean loss of all inputs.
    fn mean_loss(&mut self, loss: Loss, targets: &[f64]) -> f64;
    /// Takes step number `step`, counted from 1.
    fn update(&mut self, optimizer: Optimizer, learning_rate: f64, step: u64);
    /// Puts the parameters into a network of this shape.
    fn write(&self, network: &mut Network);
    /// Parameters, then the moments of the optimiser, exactly.
    fn lists(&self) -> [Vec<f64>; 3];
    /// Takes over what [`Steps::lists`] gave.
    fn set_lists(&mut self, lists: [&[f64]; 3]);
}

/// A layer's numbers for a chunk of inputs, row after row.
struct Signals<T> {
    /// $z$, then $\phi'(z)$.
    slopes: Vec<T>,
    /// $\phi(z)$.
    values: Vec<T>,
    /// $\partial\mathcal L/\partial z$; in the last layer, $f$ at first.
    deltas: Vec<T>,
}

/// A network in training.
pub(super) struct Engine<'x, T: Clone> {
    activation: Activation,
    places: Vec<Place>,
    parameters: Vec<T>,
    gradient: Vec<T>,
    moments: [Vec<T>; 2],
    /// All training inputs.
    inputs: Cow<'x, [T]>,
    features: usize,
    /// Inputs that the lists below have room for.
    chunk: usize,
    gathered: Vec<T>,
    signals: Vec<Signals<T>>,
}

impl<'x, T: Real> Engine<'x, T> {
    /// Ready for batches of at most `batch` inputs.
    pub(super) fn new(network: &Network, inputs: Cow<'x, [T]>, batch: usize, moments: usize) -> Self {
        let places = places(network);
        let features = network.inputs();
        let total = inputs.len() / features;
        let chunk = batch.max(LEAST_CHUNK).min(total).min(CHUNK);
        let last = places.len() - 1;
        let zeros = |count: usize| vec![T::default(); count];
        let signals = places.iter().enumerate().map(|(layer, place)| {
            let hidden = if layer < last { chunk * place.outputs } else { 0 };
            Signals { slopes: zeros(hidden), values: zeros(hidden), deltas: zeros(chunk * place.outputs) }
        });
        let parameters = count(&places);
        Self {
            activation: network.activation().clone(),
            signals: signals.collect(),
            parameters: read(network),
            gradient: zeros(parameters),
            moments: [1, 2].map(|needed| zeros(if moments >= needed { parameters } else { 0 })),
            gathered: zeros(if batch == total { 0 } else { chunk * features }),
            places,
            inputs,
            features,
            chunk,
        }
    }

    /// Goes through a batch chunk by chunk, and back if its gradient is wanted; the sum of its losses.
    fn sweep(&mut self, batch: Batch<'_>, loss: Loss, targets: &[f64], gradient: bool) -> f64 {
        let total = self.inputs.len() / self.features;
        let outputs = targets.len() / total;
        let size = match batch {
            Batch::All => total,
            Batch::Rows(rows) => rows.len(),
        };
        let factor = total as f64 / size as f64;
        let mut sum = 0.0;
        for first in (0..size).step_by(self.chunk) {
            let chunk = first..(first + self.chunk).min(size);
            let count = chunk.len();
            let row_of = |i: usize| match batch {
                Batch::All => i,
                Batch::Rows(rows) => rows[i],
            };
            let x = match batch {
                Batch::All => &self.inputs[first * self.features..][..count * self.features],
                Batch::Rows(_) => {
                    for (to, i) in self.gathered.chunks_exact_mut(self.features).zip(chunk.clone()) {
                        to.copy_from_slice(&self.inputs[row_of(i) * self.features..][..self.features]);
                    }
                    &self.gathered[..count * self.features]
                }
            };
            let net = Weights { activation: &self.activation, places: &self.places, parameters: &self.parameters };
            net.forward(x, count, &mut self.signals);
            if let Some(last) = self.signals.last_mut() {
                for (f, i) in last.deltas.chunks_exact_mut(outputs).zip(chunk) {
                    sum += loss.differentiate(f, &targets[row_of(i) * outputs..][..outputs], factor);
                }
            }
            if gradient {
                net.backward(count, &mut self.signals);
                net.collect(x, count, &self.signals, &mut self.gradient, first > 0);
            }
        }
        sum
    }
}

/// The parameters, as they are read.
struct Weights<'a, T> {
    activation: &'a Activation,
    places: &'a [Place],
    parameters: &'a [T],
}

impl<T: Real> Weights<'_, T> {
    /// $z^l$, $h^l$ and $\phi'(z^l)$ of every layer; the outputs go to the last one's `deltas`.
    fn forward(&self, x: &[T], count: usize, signals: &mut [Signals<T>]) {
        for (layer, place) in self.places.iter().enumerate() {
            let (below, rest) = signals.split_at_mut(layer);
            let input = below.last().map_or(x, |below| &below.values[..count * place.inputs]);
            let input = rows(input, count, place.inputs);
            let weights = rows(&self.parameters[place.weights.clone()], place.outputs, place.inputs).transpose();
            let biases = &self.parameters[place.biases.clone()];
            let add_biases = |col: usize, z: &mut [T]| {
                if !biases.is_empty() {
                    add(z, &biases[col..]);
                }
            };
            let Signals { slopes, values, deltas } = &mut rest[0];
            let filled = count * place.outputs;
            if layer + 1 == self.places.len() {
                multiply_tiled(&mut deltas[..filled], input, weights, TILE_ROWS, |_, col, z| add_biases(col, z));
            } else {
                let (slopes, values) = (&mut slopes[..filled], &mut values[..filled]);
                multiply_beside(slopes, values, input, weights, TILE_ROWS, |col, z, values| {
                    add_biases(col, z);
                    activate(self.activation, z, values);
                });
            }
        }
    }

    /// $\partial\mathcal L/\partial z^l$ of every layer from that of the last.
    fn backward(&self, count: usize, signals: &mut [Signals<T>]) {
        for layer in (1..self.places.len()).rev() {
            let place = &self.places[layer];
            let (below, above) = signals.split_at_mut(layer);
            let Some(Signals { slopes, deltas, .. }) = below.last_mut() else { return };
            let above = rows(&above[0].deltas[..count * place.outputs], count, place.outputs);
            let weights = rows(&self.parameters[place.weights.clone()], place.outputs, place.inputs);
            let width = place.inputs;
            multiply_tiled(&mut deltas[..count * width], above, weights, TILE_ROWS, |row, col, deltas| {
                scale(deltas, &slopes[row * width + col..]);
            });
        }
    }

    /// $\partial\mathcal L/\partial W^l = \delta^\top h$ and $\partial\mathcal L/\partial b^l = \sum \delta$ of every
    /// layer that is trained, in place of what is in `gradient` or added to it.
    fn collect(&self, x: &[T], count: usize, signals: &[Signals<T>], gradient: &mut [T], more: bool) {
        let mut products = Vec::with_capacity(self.places.len());
        let mut sums = Vec::with_capacity(self.places.len());
        let mut rest = gradient;
        for (layer, place) in self.places.iter().enumerate() {
            let (weights, after) = rest.split_at_mut(place.weights.len());
            let (biases, after) = after.split_at_mut(place.biases.len());
            rest = after;
            let deltas = &signals[layer].deltas[..count * place.outputs];
            let input = if layer == 0 { x } else { &signals[layer - 1].values[..count * place.inputs] };
            if place.weight_scale > 0.0 {
                let (a, b) = (rows(deltas, count, place.outputs), rows(input, count, place.inputs));
                products.push(TransposedProduct { out: weights, a, b });
            }
            if place.bias_scale > 0.0 {
                sums.push((biases, deltas));
            }
        }
        multiply_transposed(products, WEIGHT_ROWS, more);
        sums.into_par_iter().for_each(|(biases, deltas)| {
            if !more {
                biases.fill(T::default());
            }
            deltas.chunks_exact(biases.len()).for_each(|row| add(biases, row));
        });
    }
}

impl<T: Real> Steps for Engine<'_, T> {
    fn differentiate(&mut self, batch: Batch<'_>, loss: Loss, targets: &[f64]) -> f64 {
        let sum = self.sweep(batch, loss, targets, true);
        let size = match batch {
            Batch::All => self.inputs.len() / self.features,
            Batch::Rows(rows) => rows.len(),
        };
        sum / size as f64
    }

    fn mean_loss(&mut self, loss: Loss, targets: &[f64]) -> f64 {
        let rows = self.inputs.len() / self.features;
        self.sweep(Batch::All, loss, targets, false) / rows as f64
    }

    fn update(&mut self, optimizer: Optimizer, learning_rate: f64, step: u64) {
        let Self { places, parameters, gradient, moments: [first, second], .. } = self;
        for place in &*places {
            for (range, scale) in [(&place.weights, place.weight_scale), (&place.biases, place.bias_scale)] {
                if scale > 0.0 {
                    let of = |list: &'_ mut Vec<T>| if list.is_empty() { 0..0 } else { range.clone() };
                    let ranges = [of(first), of(second)];
                    let moments = [&mut first[ranges[0].clone()], &mut second[ranges[1].clone()]];
                    let numbers = (learning_rate, scale, step);
                    update(optimizer, numbers, &mut parameters[range.clone()], &gradient[range.clone()], moments);
                }
            }
        }
    }

    fn write(&self, network: &mut Network) {
        write(&self.parameters, network);
    }

    fn lists(&self) -> [Vec<f64>; 3] {
        [&self.parameters, &self.moments[0], &self.moments[1]]
            .map(|list| list.iter().map(|value| value.to_f64()).collect())
    }

    fn set_lists(&mut self, lists: [&[f64]; 3]) {
        let [first, second] = &mut self.moments;
        for (to, from) in [&mut self.parameters, first, second].into_iter().zip(lists) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = T::from_f64(*from));
        }
    }
}
