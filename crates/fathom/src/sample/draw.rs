//! The NTK and the outputs of one random network.

use super::recursion::{Gradients, power_of_two};
use super::shape::LayerShape;
use crate::Scaled;
use crate::network::Evaluation;

/// One network drawn at random, as far as its inputs see it.
///
/// Rows of the NTK are numbered $c\,k + a$ for output $c$ and input $a$.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draw {
    inputs: usize,
    outputs: usize,
    /// Upper triangle of Θ, column by column in a square; Θ is $2^{\text{exponent}}$ times it.
    ntk: Vec<f64>,
    ntk_exponent: Option<i64>,
    /// $f_c(x_a)$ at `a * outputs + c`, times $2^{\text{exponent}}$.
    f: Vec<f64>,
    f_exponent: i64,
    layers: Vec<Scaled>,
}

impl Draw {
    /// $k$, the number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// $C$, the number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// $\Theta_{c c'}(x_a, x_{a'})$.
    ///
    /// # Arguments
    /// * `(c, a)`, `(d, b)`: output and input, counted from zero, in range.
    ///
    /// # Accuracy and cost
    /// Entries share an exponent: those below about $10^{-300}$ of the largest are 0.
    pub fn ntk(&self, (c, a): (usize, usize), (d, b): (usize, usize)) -> Scaled {
        Scaled::from(self.entry(c * self.inputs + a, d * self.inputs + b)).times_power_of_two(self.exponent())
    }

    /// $f_c(x_a)$.
    pub fn output(&self, c: usize, a: usize) -> Scaled {
        Scaled::from(self.f[a * self.outputs + c]).times_power_of_two(self.f_exponent)
    }

    /// The contribution $c_{l-1} |\delta^l|^2$ of weight layer `l` (1 to $L$) to Θ of the first output at the first
    /// input.
    pub fn layer(&self, l: usize) -> Scaled {
        self.layers[l - 1]
    }

    /// Rows of the NTK, $C k$.
    pub(super) fn rows(&self) -> usize {
        self.inputs * self.outputs
    }

    /// The mantissa of an entry by row and column.
    pub(super) fn entry(&self, i: usize, j: usize) -> f64 {
        self.ntk[i.max(j) * self.rows() + i.min(j)]
    }

    /// The power of two that multiplies every [`entry`](Self::entry).
    pub(super) fn exponent(&self) -> i64 {
        self.ntk_exponent.unwrap_or(0)
    }

    /// Forgets the last network.
    pub(super) fn reset(&mut self, inputs: usize, outputs: usize, depth: usize) {
        (self.inputs, self.outputs) = (inputs, outputs);
        let rows = inputs * outputs;
        self.ntk.clear();
        self.ntk.resize(rows * rows, 0.0);
        self.ntk_exponent = None;
        self.f.clear();
        self.layers.clear();
        self.layers.resize(depth, Scaled::ZERO);
    }

    /// Sets the outputs.
    pub(super) fn set_outputs(&mut self, z: &[f64], exponent: i64) {
        self.f.extend_from_slice(z);
        self.f_exponent = exponent;
    }

    /// A network that was evaluated as a whole.
    pub(super) fn set_all(&mut self, inputs: usize, outputs: usize, found: &Evaluation) {
        self.reset(inputs, outputs, found.layers.len());
        self.ntk_exponent = Some(0);
        let rows = self.rows();
        let place = |row: usize| (row % inputs) * outputs + row / inputs;
        for j in 0..rows {
            for i in 0..=j {
                self.ntk[j * rows + i] = found.kernel[place(j) * rows + place(i)];
            }
        }
        self.f_exponent = 0;
        let each = found.outputs.len() / inputs;
        self.f.extend(found.outputs.chunks_exact(each).flat_map(|f| &f[..outputs]));
        self.layers.iter_mut().zip(&found.layers).for_each(|(to, from)| *to = Scaled::from(*from));
    }

    /// Begins a network of one input and one output.
    pub(super) fn begin_scalar(&mut self, depth: usize, f: Scaled) {
        self.reset(1, 1, depth);
        let (mantissa, exponent) = f.mantissa_and_exponent();
        self.set_outputs(&[mantissa], exponent);
    }

    /// Sets the contribution of layer `l` (from zero).
    pub(super) fn set_scalar_layer(&mut self, l: usize, contribution: Scaled) {
        self.layers[l] = contribution;
    }

    /// Sums the contributions.
    pub(super) fn end_scalar(&mut self) {
        let theta = self.layers.iter().fold(Scaled::ZERO, |sum, layer| sum + *layer);
        let (mantissa, exponent) = theta.mantissa_and_exponent();
        (self.ntk[0], self.ntk_exponent) = (mantissa, Some(exponent));
    }

    /// Adds the contribution of layer `l` (from zero), whose input has these inner products, times $2^{2 e}$.
    pub(super) fn add_layer(&mut self, l: usize, layer: &LayerShape, inner: &[f64], e: i64, gradients: Gradients<'_>) {
        let shift = if layer.beta > 0.0 { (2 * e).max(0) } else { 2 * e };
        let alpha = layer.alpha * power_of_two(2 * e - shift);
        let beta = if layer.beta > 0.0 { layer.beta * power_of_two(-shift) } else { 0.0 };
        let exponent = shift + 2 * gradients.exponent;
        let own = *self.ntk_exponent.get_or_insert(exponent);
        if exponent > own {
            let factor = power_of_two(own - exponent);
            self.ntk.iter_mut().for_each(|entry| *entry *= factor);
            self.ntk_exponent = Some(exponent);
        }
        let factor = power_of_two((exponent - own).min(0));
        let (k, rows) = (self.inputs, self.rows());
        let distinct = self.outputs * gradients.per_output;
        let place = |row: usize| if gradients.per_output == k { row } else { row / k };
        for j in 0..rows {
            let (coefficients, products) = (&inner[j % k * k..], &gradients.gram[place(j) * distinct..]);
            for i in 0..=j {
                self.ntk[j * rows + i] += factor * (alpha * coefficients[i % k] + beta) * products[place(i)];
            }
        }
        let first = (alpha * inner[0] + beta) * gradients.gram[0];
        self.layers[l] = Scaled::from(first).times_power_of_two(exponent);
    }
}
