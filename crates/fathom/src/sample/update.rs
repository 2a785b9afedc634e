//! How the NTK of a drawn network moves in its first gradient step.

use crate::linalg::{multiply, rows, rows_mut};
use crate::network::{Backward, ComposedNetwork, Forward, KernelForm, KernelOptions, Network, NetworkError};

/// The first gradient step: on $\tfrac12 \sum_c (f_c(x_0) - y)^2$ at the first input, with the parameters going to
/// $\theta - \eta \nabla$.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstStep {
    /// $y$, the same for all outputs.
    pub target: f64,
    /// η of a real step.
    pub step: f64,
}

impl Default for FirstStep {
    fn default() -> Self {
        Self { target: 0.0, step: 1e-3 }
    }
}

/// Which change of the NTK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// $d\Theta/d\eta$ at $\eta = 0$, with the activation pattern of kinked activations held fixed.
    Derivative,
    /// $(\Theta(\theta - \eta\nabla) - \Theta(\theta))/\eta$ at the η of [`FirstStep`].
    RealStep,
}

/// A change of the NTK of one network over all inputs and outputs, row $a\,C + c$ for output $c$ and input $a$.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Changes {
    values: Vec<f64>,
    outputs: usize,
}

impl Changes {
    /// Of $\Theta_{cd}(x_a, x_b)$.
    pub(super) fn of(&self, (c, a): (usize, usize), (d, b): (usize, usize)) -> f64 {
        let side = self.values.len().isqrt();
        self.values[(a * self.outputs + c) * side + b * self.outputs + d]
    }

    /// $d\Theta/d\eta$: weights move along $\dot W^l = -g_w^l e^l (h_0^{l-1})^\top$ with $e^l = \sum_c r_c \delta^l_c(x_0)$,
    /// $r = f(x_0) - y$, and everything else follows by the product rule.
    pub(super) fn derivative(network: &Network, inputs: &[f64], rule: FirstStep) -> Result<Self, NetworkError> {
        let forward = network.forward(inputs)?;
        let deltas = network.deltas(&forward)?;
        let residuals = residuals(network, &forward, rule);
        let tangent = Tangent { network, forward: &forward, deltas: &deltas, residuals: &residuals };
        Ok(Self { values: tangent.kernel(), outputs: network.outputs() })
    }

    /// The change in a real step, divided by η.
    pub(super) fn real_step(network: &Network, inputs: &[f64], rule: FirstStep) -> Result<Self, NetworkError> {
        let forward = network.forward(inputs)?;
        let deltas = network.deltas(&forward)?;
        let residuals = residuals(network, &forward, rule);
        let mut moved = network.clone();
        for (l, layer) in (1..).zip(moved.layers_mut()) {
            let error = combine(&deltas.layer(l)[..residuals.len() * layer.outputs()], &residuals);
            let (scale, fan_in) = (layer.scale(), layer.inputs());
            let h = &forward.activations(l - 1)[..fan_in];
            for (row, e) in layer.weights_mut().chunks_exact_mut(fan_in).zip(&error) {
                row.iter_mut().zip(h).for_each(|(w, h)| *w -= rule.step * scale.weights * e * h);
            }
            if let Some(biases) = layer.biases_mut() {
                biases.iter_mut().zip(&error).for_each(|(b, e)| *b -= rule.step * scale.biases * e);
            }
        }
        let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
        let (before, after) = (network.empirical_ntk(inputs, &options)?, moved.empirical_ntk(inputs, &options)?);
        Ok(Self::between(&before.matrices()[0], &after.matrices()[0], rule, network.outputs()))
    }

    /// The same of a network of blocks.
    pub(super) fn composed_step(
        network: &ComposedNetwork,
        inputs: &[f64],
        rule: FirstStep,
    ) -> Result<Self, NetworkError> {
        let outputs = network.outputs();
        let before = network.evaluate(inputs, outputs)?;
        let residuals: Vec<f64> = before.outputs[..outputs].iter().map(|f| f - rule.target).collect();
        let moved = network.gradient_step(&inputs[..network.features()], &residuals, rule.step)?;
        let after = moved.evaluate(inputs, outputs)?;
        Ok(Self::between(&before.kernel, &after.kernel, rule, outputs))
    }

    fn between(before: &[f64], after: &[f64], rule: FirstStep, outputs: usize) -> Self {
        let values = after.iter().zip(before).map(|(after, before)| (after - before) / rule.step).collect();
        Self { values, outputs }
    }
}

/// $f_c(x_0) - y$.
fn residuals(network: &Network, forward: &Forward<'_>, rule: FirstStep) -> Vec<f64> {
    forward.outputs()[..network.outputs()].iter().map(|f| f - rule.target).collect()
}

/// The sum of the rows with these factors.
fn combine(values: &[f64], factors: &[f64]) -> Vec<f64> {
    let width = values.len() / factors.len();
    let mut sum = vec![0.0; width];
    for (row, factor) in values.chunks_exact(width).zip(factors) {
        sum.iter_mut().zip(row).for_each(|(s, v)| *s += factor * v);
    }
    sum
}

struct Tangent<'a> {
    network: &'a Network,
    forward: &'a Forward<'a>,
    deltas: &'a Backward,
    residuals: &'a [f64],
}

impl Tangent<'_> {
    fn kernel(&self) -> Vec<f64> {
        let (depth, k, outputs) = (self.network.depth(), self.forward.rows(), self.network.outputs());
        let side = k * outputs;
        let (z_dot, h_dot) = self.signals();
        let mut delta_dot = vec![0.0; side * outputs];
        let mut kernel = vec![0.0; side * side];
        for l in (1..=depth).rev() {
            let layer = &self.network.layers()[l - 1];
            let (fan_in, fan_out, scale) = (layer.inputs(), layer.outputs(), layer.scale());
            let (h, delta) = (self.forward.activations(l - 1), self.deltas.layer(l));
            let (hh, hh_dot) = (inner(h, h, fan_in), inner(h, &h_dot[l - 1], fan_in));
            let (dd, dd_dot) = (inner(delta, delta, fan_out), inner(delta, &delta_dot, fan_out));
            for i in 0..side {
                for j in 0..side {
                    let (a, b) = (i / outputs, j / outputs);
                    let moving = hh_dot[a * k + b] + hh_dot[b * k + a];
                    let coefficient = scale.weights * hh[a * k + b] + scale.biases;
                    kernel[i * side + j] += scale.weights * moving * dd[i * side + j]
                        + coefficient * (dd_dot[i * side + j] + dd_dot[j * side + i]);
                }
            }
            if l > 1 {
                delta_dot = self.descend(l, &delta_dot, &z_dot[l - 2]);
            }
        }
        kernel
    }

    /// $e^l$.
    fn error(&self, l: usize) -> Vec<f64> {
        let width = self.network.layers()[l - 1].outputs();
        combine(&self.deltas.layer(l)[..self.residuals.len() * width], self.residuals)
    }

    /// $\dot z^l$ for $l = 1, \dots, L$ and $\dot h^l$ for $l = 0, \dots, L - 1$, one row for each input.
    fn signals(&self) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let (depth, k) = (self.network.depth(), self.forward.rows());
        let phi = self.network.activation();
        let mut z_dots = Vec::with_capacity(depth);
        let mut h_dots = vec![vec![0.0; k * self.network.inputs()]];
        for l in 1..=depth {
            let layer = &self.network.layers()[l - 1];
            let (fan_in, fan_out, scale) = (layer.inputs(), layer.outputs(), layer.scale());
            let (h, error) = (self.forward.activations(l - 1), self.error(l));
            let mut z_dot = vec![0.0; k * fan_out];
            let weights = rows(layer.weights(), fan_out, fan_in);
            multiply(rows_mut(&mut z_dot, k, fan_out), rows(&h_dots[l - 1], k, fan_in), weights.transpose());
            for (row, h) in z_dot.chunks_exact_mut(fan_out).zip(h.chunks_exact(fan_in)) {
                let factor = scale.weights * dot(&self.forward.activations(l - 1)[..fan_in], h) + scale.biases;
                row.iter_mut().zip(&error).for_each(|(z, e)| *z -= factor * e);
            }
            if l < depth {
                let z = self.forward.pre_activations(l);
                h_dots.push(z.iter().zip(&z_dot).map(|(z, z_dot)| phi.slope(*z) * z_dot).collect());
            }
            z_dots.push(z_dot);
        }
        (z_dots, h_dots)
    }

    /// $\dot\delta^{l-1} = \phi''(z) \dot z \circ (W^\top \delta) + \phi'(z) \circ (W^\top \dot\delta + \dot W^\top \delta)$.
    fn descend(&self, l: usize, delta_dot: &[f64], z_dot: &[f64]) -> Vec<f64> {
        let layer = &self.network.layers()[l - 1];
        let (fan_in, fan_out, outputs) = (layer.inputs(), layer.outputs(), self.network.outputs());
        let side = self.forward.rows() * outputs;
        let (delta, error) = (self.deltas.layer(l), self.error(l));
        let weights = rows(layer.weights(), fan_out, fan_in);
        let pull = |from: &[f64]| {
            let mut below = vec![0.0; side * fan_in];
            multiply(rows_mut(&mut below, side, fan_in), rows(from, side, fan_out), weights);
            below
        };
        let (plain, moving) = (pull(delta), pull(delta_dot));
        let (h, z, phi) = (
            &self.forward.activations(l - 1)[..fan_in],
            self.forward.pre_activations(l - 1),
            self.network.activation(),
        );
        let mut below = vec![0.0; side * fan_in];
        for (i, row) in below.chunks_exact_mut(fan_in).enumerate() {
            let a = i / outputs;
            let factor = layer.scale().weights * dot(&error, &delta[i * fan_out..][..fan_out]);
            for (j, to) in row.iter_mut().enumerate() {
                let (z, z_dot) = (z[a * fan_in + j], z_dot[a * fan_in + j]);
                let [_, slope, curvature, ..] = phi.jet(z);
                *to = curvature * z_dot * plain[i * fan_in + j] + slope * (moving[i * fan_in + j] - factor * h[j]);
            }
        }
        below
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Inner products of all rows of `a` with all rows of `b`.
fn inner(a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    let (m, n) = (a.len() / width, b.len() / width);
    let mut products = vec![0.0; m * n];
    multiply(rows_mut(&mut products, m, n), rows(a, m, width), rows(b, n, width).transpose());
    products
}
