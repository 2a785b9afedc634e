//! Weight matrices drawn entry by entry.

use super::recursion::Weights;
use super::shape::LayerShape;
use crate::linalg::{Reflectors, by_columns, product};
use crate::random::{Stream, fill};
use crate::spec::WeightLaw;

/// One layer's random matrix, its biases as the last column; entries have variance 1.
pub(super) struct Direct {
    law: WeightLaw,
    inputs: usize,
    rows: usize,
    outputs: usize,
    k: usize,
    /// Outputs × rows, column by column.
    matrix: Vec<f64>,
    signals: Vec<f64>,
    /// For orthogonal matrices.
    reflectors: Option<Reflectors>,
}

impl Direct {
    /// A layer that meets `k` inputs.
    pub(super) fn new(law: WeightLaw, layer: &LayerShape, k: usize) -> Self {
        let (inputs, rows, outputs) = (layer.inputs, layer.rows(), layer.outputs);
        let (long, short) = (inputs.max(outputs), inputs.min(outputs));
        Self {
            law,
            inputs,
            rows,
            outputs,
            k,
            matrix: vec![0.0; rows * outputs],
            signals: vec![0.0; rows * k],
            reflectors: (law == WeightLaw::Orthogonal).then(|| Reflectors::new(long, short)),
        }
    }

    /// Draws the matrix: column by column, weights before biases.
    pub(super) fn draw(&mut self, stream: &mut Stream) {
        let (weights, biases) = self.matrix.split_at_mut(self.inputs * self.outputs);
        match &mut self.reflectors {
            None => fill(self.law, stream, weights),
            Some(reflectors) => fill_orthogonal(reflectors, stream, weights, self.outputs),
        }
        fill(self.law, stream, biases);
    }

    /// The drawn matrix, outputs × rows, column by column.
    pub(super) fn matrix(&self) -> &[f64] {
        &self.matrix
    }
}

/// A uniform matrix with orthogonal rows or columns, of mean square 1: the orthogonal factor of a Gaussian matrix, with
/// the signs that make its triangular factor positive (Stewart 1980).
fn fill_orthogonal(reflectors: &mut Reflectors, stream: &mut Stream, weights: &mut [f64], outputs: usize) {
    let inputs = weights.len() / outputs;
    let (long, short) = (inputs.max(outputs), inputs.min(outputs));
    let mut upper = vec![0.0; short * short];
    stream.fill_normals(reflectors.matrix_mut());
    reflectors.factorise(&mut upper);
    reflectors.gather();
    let size = (long as f64).sqrt();
    let mut columns = vec![0.0; long * short];
    for (j, column) in columns.chunks_exact_mut(long).enumerate() {
        column[j] = size.copysign(upper[j * short + j]);
    }
    reflectors.apply(&mut columns);
    if outputs >= inputs {
        weights.copy_from_slice(&columns);
    } else {
        for (i, column) in columns.chunks_exact(long).enumerate() {
            column.iter().enumerate().for_each(|(j, q)| weights[j * outputs + i] = *q);
        }
    }
}

impl Weights for Direct {
    type Scratch = ();

    fn input_mut(&mut self) -> &mut [f64] {
        &mut self.signals
    }

    fn forward(&mut self, stream: &mut Stream, z: &mut [f64]) {
        self.draw(stream);
        let signals = by_columns(&self.signals, self.rows, self.k);
        product(by_columns(&self.matrix, self.outputs, self.rows), signals, z, self.outputs, 0);
    }

    fn forward_again(&mut self, stream: &mut Stream, z: &mut [f64]) {
        self.forward(stream, z);
    }

    fn backward(&mut self, _stream: &mut Stream, d: &[f64], v: &mut [f64], (): &mut ()) {
        let matrix = by_columns(&self.matrix, self.outputs, self.rows);
        product(matrix.transpose(), by_columns(d, self.outputs, d.len() / self.outputs), v, self.rows, 0);
    }
}
