//! The largest eigenvalue of the NTK of all inputs and outputs, without the NTK.

use super::TrainError;
use crate::linalg::{TransposedProduct, multiply_tiled, multiply_transposed, rows, symmetric_eigenvalues};
use crate::network::{Forward, Network, NetworkError};
use crate::random::Stream;

/// Most products with the NTK.
const MOST_PRODUCTS: usize = 100;
/// Relative change of the eigenvalue below which it has converged.
const TOLERANCE: f64 = 1e-7;
/// Inputs that go through the network together.
const CHUNK: usize = 1024;
/// Rows of a product.
const TILE_ROWS: usize = 128;

/// $\lambda_{\max}(\Theta)$ of the NTK of all inputs and outputs of a network, $nC \times nC$.
///
/// By the method of Lanczos, from products $\Theta v = J (J^\top v)$: a backward pass, and a forward pass of the tangent.
///
/// # Arguments
/// * `inputs`: $n$ rows of $n_0$ features.
///
/// # Errors
/// [`NetworkError`] for unusable inputs, an activation without a derivative, and overflow.
///
/// # Accuracy and cost
/// From below, to about $10^{-7}$ of the value; some ten to thirty products, each as dear as about two training steps.
/// Deterministic.
///
/// # Example
/// Two hidden relu units that are active, $f = W^2 W^1 x$, inputs $x$ and $2x$: Θ has the one eigenvalue
/// $(|W^2|^2 + |W^1|^2)(x^2 + 4 x^2)$.
/// ```
/// use fathom_ntk::network::{GradientScale, Layer, Network};
/// let first = Layer::new(1, 2, vec![1.0, 2.0], None, GradientScale::STANDARD)?;
/// let second = Layer::new(2, 1, vec![3.0, 1.0], None, GradientScale::STANDARD)?;
/// let network = Network::new(fathom_ntk::activation::Activation::relu(), vec![first, second])?;
/// let largest = fathom_ntk::train::largest_eigenvalue(&network, &[1.0, 2.0])?;
/// assert!((largest / 75.0 - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn largest_eigenvalue(network: &Network, inputs: &[f64]) -> Result<f64, TrainError> {
    let size = inputs.len() / network.inputs() * network.outputs();
    let mut basis = vec![vec![0.0; size]];
    Stream::new(0, 0).fill_normals(&mut basis[0]);
    normalise(&mut basis[0]);
    let (mut diagonal, mut off_diagonal) = (Vec::new(), Vec::new());
    let mut largest = 0.0;
    loop {
        let current = basis.len() - 1;
        let mut next = times_ntk(network, inputs, &basis[current])?;
        diagonal.push(dot(&next, &basis[current]));
        // Twice, so that the basis stays orthogonal to rounding.
        for _ in 0..2 {
            for vector in &basis {
                let along = dot(&next, vector);
                next.iter_mut().zip(vector).for_each(|(x, v)| *x -= along * v);
            }
        }
        let entry = |i: usize, j: usize| match i - j {
            0 => diagonal[i],
            1 => off_diagonal[j],
            _ => 0.0,
        };
        let values = symmetric_eigenvalues(diagonal.len(), entry);
        let value = values
            .and_then(|values| values.last().copied())
            .ok_or(NetworkError::KernelOverflow { layer: network.depth(), depth: network.depth() })?;
        let rest = normalise(&mut next);
        let converged = value - largest <= TOLERANCE * value.abs() && current > 0;
        largest = value;
        // What is left is rounding: the basis spans all that the first vector meets.
        let complete = rest <= 1e-13 * largest || basis.len() == size;
        if converged || complete || basis.len() == MOST_PRODUCTS {
            return Ok(largest.max(0.0));
        }
        off_diagonal.push(rest);
        basis.push(next);
    }
}

/// $J (J^\top v)$.
fn times_ntk(network: &Network, inputs: &[f64], v: &[f64]) -> Result<Vec<f64>, NetworkError> {
    let (features, outputs) = (network.inputs(), network.outputs());
    let mut direction = Direction::zero(network);
    let chunks = || inputs.chunks(CHUNK * features);
    for (i, (inputs, v)) in chunks().zip(v.chunks(CHUNK * outputs)).enumerate() {
        direction.pull_back(network, &network.forward(inputs)?, v, i > 0)?;
    }
    let mut product = Vec::with_capacity(v.len());
    for inputs in chunks() {
        product.extend(direction.push_forward(network, &network.forward(inputs)?));
    }
    Ok(product)
}

/// A direction in which effective parameters move.
struct Direction {
    weights: Vec<Vec<f64>>,
    /// Empty for layers without biases.
    biases: Vec<Vec<f64>>,
}

impl Direction {
    fn zero(network: &Network) -> Self {
        let layers = network.layers().iter();
        Self {
            weights: layers.clone().map(|layer| vec![0.0; layer.weights().len()]).collect(),
            biases: layers.map(|layer| vec![0.0; layer.biases().map_or(0, <[f64]>::len)]).collect(),
        }
    }

    /// Becomes $c^2 \partial(v^\top f)/\partial W$ of these inputs, or adds it.
    fn pull_back(
        &mut self,
        network: &Network,
        forward: &Forward<'_>,
        v: &[f64],
        more: bool,
    ) -> Result<(), NetworkError> {
        let deltas = network.backward(forward, v.to_vec())?;
        let n = forward.rows();
        let mut scaled: Vec<Vec<f64>> = (1..=network.depth()).map(|l| deltas.layer(l).to_vec()).collect();
        for (layer, (delta, biases)) in network.layers().iter().zip(scaled.iter_mut().zip(&mut self.biases)) {
            for row in delta.chunks_exact(layer.outputs()) {
                biases.iter_mut().zip(row).for_each(|(b, d)| *b += layer.scale().biases * d);
            }
            delta.iter_mut().for_each(|d| *d *= layer.scale().weights);
        }
        let products = network.layers().iter().zip(self.weights.iter_mut().zip(&scaled)).enumerate().map(
            |(l, (layer, (out, delta)))| TransposedProduct {
                out,
                a: rows(delta, n, layer.outputs()),
                b: rows(forward.activations(l), n, layer.inputs()),
            },
        );
        multiply_transposed(products.collect(), TILE_ROWS, more);
        Ok(())
    }

    /// $\dot f$: $\dot z^l = W \dot h^{l-1} + \dot W h^{l-1} + \dot b$, $\dot h^l = \phi'(z^l) \dot z^l$.
    fn push_forward(&self, network: &Network, forward: &Forward<'_>) -> Vec<f64> {
        let n = forward.rows();
        let mut h_dot = vec![0.0; n * network.inputs()];
        for (l, layer) in network.layers().iter().enumerate() {
            let (inputs, outputs) = (layer.inputs(), layer.outputs());
            let mut z_dot = vec![0.0; n * outputs];
            let moving = rows(&self.weights[l], outputs, inputs).transpose();
            multiply_tiled(&mut z_dot, rows(forward.activations(l), n, inputs), moving, TILE_ROWS, |_, col, z| {
                if let Some(biases) = self.biases[l].get(col..) {
                    z.iter_mut().zip(biases).for_each(|(z, b)| *z += b);
                }
            });
            let mut carried = vec![0.0; n * outputs];
            let still = rows(layer.weights(), outputs, inputs).transpose();
            multiply_tiled(&mut carried, rows(&h_dot, n, inputs), still, TILE_ROWS, |_, _, _| ());
            z_dot.iter_mut().zip(&carried).for_each(|(z, carried)| *z += carried);
            if l + 1 < network.depth() {
                let phi = network.activation();
                let z = forward.pre_activations(l + 1);
                z_dot.iter_mut().zip(z).for_each(|(z_dot, z)| *z_dot *= phi.slope(*z));
            }
            h_dot = z_dot;
        }
        h_dot
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Divides by the norm, which it returns.
fn normalise(vector: &mut [f64]) -> f64 {
    let norm = dot(vector, vector).sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|x| *x /= norm);
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{KernelForm, KernelOptions};
    use crate::sample::{Method, Sampler};
    use crate::spec::{Architecture, ArchitectureSpec};

    #[test]
    fn it_is_the_largest_eigenvalue_of_the_full_kernel() {
        for (widths, activation, parameterization, bias_var) in [
            ("5,30x3,4", "relu", "ntk", 0.0),
            ("5,20x2,3", "tanh", "standard", 0.3),
            ("5,7,1", "gelu", "hanin-nica", 0.0),
        ] {
            let spec = ArchitectureSpec {
                widths: Some(widths.parse().unwrap()),
                activation: Some(activation.parse().unwrap()),
                parameterization: Some(parameterization.parse().unwrap()),
                bias_var: Some(crate::spec::PerLayer::Uniform(bias_var)),
                ..Default::default()
            };
            let arch = Architecture::try_from(spec).unwrap();
            let mut inputs = vec![0.0; 40 * 5];
            Stream::new(1, 1).fill_normals(&mut inputs);
            let network = Sampler::new(&arch, &inputs, Some(Method::Direct)).unwrap().network(3, 0).unwrap();
            let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
            let kernel = network.empirical_ntk(&inputs, &options).unwrap();
            let side = kernel.rows();
            let exact = symmetric_eigenvalues(side, |i, j| kernel.matrices()[0][i * side + j]).unwrap()[side - 1];
            let found = largest_eigenvalue(&network, &inputs).unwrap();
            // Converged when a step gains less than 1e-7; the rest of a geometric sequence is not much more.
            assert!((found / exact - 1.0).abs() < 1e-6 && found < exact * (1.0 + 1e-12), "{found} {exact}");
        }
    }
}
