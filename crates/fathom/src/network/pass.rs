//! Forward and backward through the layers, in either precision.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{Layer, NetworkError};
use crate::activation::Activation;
use crate::linalg::{Real, multiply_tiled, rows};

/// A layer in the precision of a pass.
pub(super) struct Weights<'a, T: Clone> {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    weights: Cow<'a, [T]>,
    biases: Option<&'a [f64]>,
}

impl<'a> Weights<'a, f64> {
    pub(super) fn exact(layer: &'a Layer) -> Self {
        Self::new(layer, Cow::Borrowed(layer.weights()))
    }
}

impl<'a> Weights<'a, f32> {
    pub(super) fn rounded(layer: &'a Layer) -> Self {
        Self::new(layer, layer.weights().iter().map(|w| f32::from_f64(*w)).collect())
    }
}

impl<'a, T: Real> Weights<'a, T> {
    fn new(layer: &'a Layer, weights: Cow<'a, [T]>) -> Self {
        Self { inputs: layer.inputs(), outputs: layer.outputs(), weights, biases: layer.biases() }
    }

    fn row(&self, output: usize) -> &[T] {
        &self.weights[output * self.inputs..(output + 1) * self.inputs]
    }
}

/// The layers of a network with their activation, in one precision.
pub(super) struct Layers<'a, T: Clone> {
    pub(super) activation: &'a Activation,
    pub(super) layers: Vec<Weights<'a, T>>,
    /// Inputs that go through a product together.
    pub(super) tile: usize,
}

/// What the layers make of a batch: all pre-activations and activations, one input a row.
#[derive(Clone, Debug)]
pub(super) struct Pass<'a, T: Clone> {
    pub(super) rows: usize,
    /// $z^1, \dots, z^L$.
    pub(super) pre: Vec<Vec<T>>,
    /// $h^0, \dots, h^{L-1}$.
    pub(super) post: Vec<Cow<'a, [T]>>,
}

impl<T: Real> Layers<'_, T> {
    pub(super) fn depth(&self) -> usize {
        self.layers.len()
    }

    pub(super) fn outputs(&self) -> usize {
        self.layers[self.depth() - 1].outputs
    }

    /// Forward, from checked inputs.
    pub(super) fn forward<'x>(&self, inputs: Cow<'x, [T]>) -> Result<Pass<'x, T>, NetworkError> {
        let depth = self.depth();
        let batch = inputs.len() / self.layers[0].inputs;
        let mut pass = Pass { rows: batch, pre: Vec::with_capacity(depth), post: Vec::with_capacity(depth) };
        pass.post.push(inputs);
        for (i, layer) in self.layers.iter().enumerate() {
            let mut z = vec![T::default(); batch * layer.outputs];
            let weights = rows(&layer.weights, layer.outputs, layer.inputs);
            let biases = layer.biases;
            multiply_tiled(
                &mut z,
                rows(&pass.post[i], batch, layer.inputs),
                weights.transpose(),
                self.tile,
                |_, col, z| {
                    for (z, b) in z.iter_mut().zip(biases.into_iter().flat_map(|b| &b[col..])) {
                        *z += T::from_f64(*b);
                    }
                },
            );
            let overflow = NetworkError::ForwardOverflow { layer: i + 1, depth };
            if !all_finite(&z) {
                return Err(overflow);
            }
            if i + 1 < depth {
                let h = self.pointwise(&z, layer.outputs, |z| self.activation.value(z));
                if !all_finite(&h) {
                    return Err(overflow);
                }
                pass.post.push(Cow::Owned(h));
            }
            pass.pre.push(z);
        }
        Ok(pass)
    }

    /// A function of every entry, in parallel over rows.
    fn pointwise(&self, z: &[T], width: usize, f: impl Fn(f64) -> f64 + Sync) -> Vec<T> {
        let mut out = vec![T::default(); z.len()];
        let chunk = width * self.tile;
        out.par_chunks_mut(chunk).zip(z.par_chunks(chunk)).for_each(|(out, z)| {
            for (out, z) in out.iter_mut().zip(z) {
                *out = T::from_f64(f(z.to_f64()));
            }
        });
        out
    }

    /// $\phi'(z^l)$.
    pub(super) fn slopes(&self, pass: &Pass<'_, T>, layer: usize) -> Vec<T> {
        self.pointwise(&pass.pre[layer - 1], self.layers[layer - 1].outputs, |z| self.activation.slope(z))
    }

    /// $\delta^{L-1}$ of every output of every input, directly from the rows of $W^L$.
    pub(super) fn below_outputs(&self, pass: &Pass<'_, T>) -> Result<Vec<T>, NetworkError> {
        let depth = self.depth();
        let top = &self.layers[depth - 1];
        let slopes = self.slopes(pass, depth - 1);
        let mut delta = vec![T::default(); pass.rows * top.outputs * top.inputs];
        let per_input = top.outputs * top.inputs;
        delta.par_chunks_mut(per_input).zip(slopes.par_chunks(top.inputs)).for_each(|(delta, slopes)| {
            for (output, delta) in delta.chunks_mut(top.inputs).enumerate() {
                for ((d, w), s) in delta.iter_mut().zip(top.row(output)).zip(slopes) {
                    *d = *w * *s;
                }
            }
        });
        self.checked(delta, depth - 1)
    }

    /// $\delta^{l}$ from $\delta^{l+1}$, where $l$ is `layer`, with `per_input` rows for each input.
    pub(super) fn descend(
        &self,
        pass: &Pass<'_, T>,
        above: &[T],
        layer: usize,
        per_input: usize,
    ) -> Result<Vec<T>, NetworkError> {
        let upper = &self.layers[layer];
        let slopes = self.slopes(pass, layer);
        let mut delta = vec![T::default(); pass.rows * per_input * upper.inputs];
        let weights = rows(&upper.weights, upper.outputs, upper.inputs);
        let above = rows(above, pass.rows * per_input, upper.outputs);
        multiply_tiled(&mut delta, above, weights, self.tile * per_input, |row, col, delta| {
            let first = row / per_input * upper.inputs + col;
            for (d, s) in delta.iter_mut().zip(&slopes[first..]) {
                *d *= *s;
            }
        });
        self.checked(delta, layer)
    }

    fn checked(&self, delta: Vec<T>, layer: usize) -> Result<Vec<T>, NetworkError> {
        if all_finite(&delta) { Ok(delta) } else { Err(NetworkError::BackwardOverflow { layer, depth: self.depth() }) }
    }
}

/// Whether no number is NaN or infinite.
fn all_finite<T: Real>(values: &[T]) -> bool {
    values.par_chunks(1 << 16).all(|chunk| chunk.iter().all(|x| x.to_f64().is_finite()))
}
