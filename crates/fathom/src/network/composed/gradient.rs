//! Gradients with respect to the weights of one layer.

use super::windows::Windows;
use crate::linalg::{MatMut, MatRef, multiply, rows, rows_mut};

/// Derivatives with respect to effective weights and biases.
pub(super) struct Gradient {
    /// One row for each channel.
    pub weights: Vec<f64>,
    pub biases: Vec<f64>,
}

impl Windows {
    /// What stands under each window of one image, a row for each; `scratch` holds it where it is not there already.
    pub fn patches<'a>(&self, image: &'a [f64], scratch: &'a mut Vec<f64>) -> MatRef<'a, f64> {
        if self.is_each() {
            return rows(image, self.count, image.len() / self.count);
        }
        let channels = image.len() / self.places;
        let fan_in = self.size * channels;
        scratch.resize(self.count * fan_in, 0.0);
        self.gather(image, channels, scratch);
        rows(scratch, self.count, fan_in)
    }

    /// $\sum_p \delta_p P_p^\top$ summed over inputs, with $P_p$ what stands under window $p$.
    pub fn gradient(&self, inputs: &[f64], deltas: &[f64], outputs: usize) -> Gradient {
        let images = deltas.len() / (self.count * outputs);
        let numbers = inputs.len() / images;
        let fan_in = numbers / self.places * self.size;
        let mut sum = Gradient { weights: vec![0.0; outputs * fan_in], biases: vec![0.0; outputs] };
        let (mut one, mut scratch) = (vec![0.0; outputs * fan_in], Vec::new());
        for (image, delta) in inputs.chunks_exact(numbers).zip(deltas.chunks_exact(self.count * outputs)) {
            let delta = rows(delta, self.count, outputs);
            multiply(rows_mut(&mut one, outputs, fan_in), delta.transpose(), self.patches(image, &mut scratch));
            sum.weights.iter_mut().zip(&one).for_each(|(s, g)| *s += g);
            sum_rows(delta, &mut sum.biases);
        }
        sum
    }
}

/// Adds all rows.
pub(super) fn sum_rows(matrix: MatRef<'_, f64>, sum: &mut [f64]) {
    for i in 0..matrix.nrows() {
        sum.iter_mut().enumerate().for_each(|(j, s)| *s += matrix[(i, j)]);
    }
}

/// The gradients of some channels for one image and one output, scaled so that their inner products are summands of the
/// kernel: weights row after row, then biases if there are any.
///
/// # Arguments
/// * `delta`: places × channels.
/// * `roots`: $\sqrt{g_w}$ and $\sqrt{g_b}$.
pub(super) fn scaled_gradient(delta: MatRef<'_, f64>, patches: MatRef<'_, f64>, roots: [f64; 2], out: &mut [f64]) {
    let (channels, fan_in) = (delta.ncols(), patches.ncols());
    let (weights, biases) = out.split_at_mut(channels * fan_in);
    let product: MatMut<'_, f64> = rows_mut(weights, channels, fan_in);
    multiply(product, delta.transpose(), patches);
    weights.iter_mut().for_each(|w| *w *= roots[0]);
    if !biases.is_empty() {
        biases.fill(0.0);
        sum_rows(delta, biases);
        biases.iter_mut().for_each(|b| *b *= roots[1]);
    }
}
