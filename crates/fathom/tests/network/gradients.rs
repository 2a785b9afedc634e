//! The empirical NTK against finite differences over every parameter.

use fathom_ntk::network::{GradientScale, KernelForm, KernelOptions, Layer, Network};

use crate::{Numbers, network};

/// ∂f/∂θ by central differences, over every parameter: one row for each input and output, scaled by √g.
fn jacobian(network: &Network, inputs: &[f64]) -> Vec<Vec<f64>> {
    // The error is step²·f‴/6 + ε·f/step: some 1e-10 for functions of order one.
    const STEP: f64 = 1e-5;
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for layer in 0..network.depth() {
        let scale = network.layers()[layer].scale();
        let weights = network.layers()[layer].weights().len();
        let biases = network.layers()[layer].biases().map_or(0, <[f64]>::len);
        for parameter in 0..weights + biases {
            let outputs = |shift: f64| {
                let mut changed = network.clone();
                let layer = changed.layers_mut().nth(layer).unwrap();
                match parameter.checked_sub(weights) {
                    None => layer.weights_mut()[parameter] += shift,
                    Some(bias) => layer.biases_mut().unwrap()[bias] += shift,
                }
                changed.forward(inputs).unwrap().outputs().to_vec()
            };
            let factor = if parameter < weights { scale.weights } else { scale.biases }.sqrt();
            let pairs = outputs(STEP).into_iter().zip(outputs(-STEP));
            columns.push(pairs.map(|(up, down)| factor * (up - down) / (2.0 * STEP)).collect());
        }
    }
    (0..columns[0].len()).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn the_kernel_is_the_product_of_gradients_by_finite_differences() {
    let cases = [
        ("tanh", &[3, 4, 5, 2][..], true),
        ("gelu", &[2, 6, 3], false),
        ("erf", &[4, 3, 3, 3, 1], true),
        ("relu", &[3, 7, 4, 3], true),
        ("leaky-relu:0.1", &[3, 5, 5, 2], false),
        ("elu", &[1, 4, 1], true),
        ("sin", &[3, 2], true),
    ];
    for (seed, (activation, widths, biases)) in cases.into_iter().enumerate() {
        let network = network(activation, widths, biases, seed as u64);
        let inputs = Numbers(99).list(5 * widths[0], 1.0);
        let outputs = widths[widths.len() - 1];
        let jacobian = jacobian(&network, &inputs);
        let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
        let kernel = network.empirical_ntk(&inputs, &options).unwrap();
        assert_eq!((kernel.rows(), kernel.cols()), (5 * outputs, 5 * outputs));
        let scale = (0..jacobian.len()).map(|i| dot(&jacobian[i], &jacobian[i])).fold(0.0, f64::max);
        for (i, a) in jacobian.iter().enumerate() {
            for (j, b) in jacobian.iter().enumerate() {
                let got = kernel.matrices()[0][i * kernel.cols() + j];
                // Two gradients known to 1e-9 of their size.
                assert!((got - dot(a, b)).abs() < 3e-9 * scale, "{activation} ({i}, {j}): {got} {}", dot(a, b));
            }
        }
    }
}

#[test]
fn derivatives_at_every_pre_activation_are_those_of_a_shifted_bias() {
    let network = network("tanh", &[3, 4, 5, 2], true, 8);
    let inputs = Numbers(3).list(6, 1.0);
    let forward = network.forward(&inputs).unwrap();
    let deltas = network.deltas(&forward).unwrap();
    for layer in 1..=3 {
        let width = network.layers()[layer - 1].outputs();
        for neuron in 0..width {
            let outputs = |shift: f64| {
                let mut changed = network.clone();
                changed.layers_mut().nth(layer - 1).unwrap().biases_mut().unwrap()[neuron] += shift;
                changed.forward(&inputs).unwrap().outputs().to_vec()
            };
            for (row, (up, down)) in outputs(1e-5).into_iter().zip(outputs(-1e-5)).enumerate() {
                let got = deltas.layer(layer)[row * width + neuron];
                assert!((got - (up - down) / 2e-5).abs() < 1e-9, "{layer} {neuron} {row}: {got}");
            }
        }
    }
    assert_eq!(deltas.layer(0).len() + deltas.layer(4).len(), 0);
}

/// ∂(½Σf²)/∂W by finite differences; the cotangent of ½Σf² is f.
#[test]
fn a_loss_is_pulled_back_to_the_weights() {
    let mut network = network("gelu", &[3, 4, 2], true, 5);
    let inputs = Numbers(4).list(9, 1.0);
    let forward = network.forward(&inputs).unwrap();
    let backward = network.backward(&forward, forward.outputs().to_vec()).unwrap();
    let gradient: f64 = (0..3).map(|row| backward.layer(1)[row * 4 + 2] * forward.activations(0)[row * 3 + 1]).sum();
    let mut loss = |shift: f64| {
        network.layers_mut().next().unwrap().weights_mut()[2 * 3 + 1] += shift;
        let value: f64 = network.forward(&inputs).unwrap().outputs().iter().map(|f| 0.5 * f * f).sum();
        network.layers_mut().next().unwrap().weights_mut()[2 * 3 + 1] -= shift;
        value
    };
    let expected = (loss(1e-5) - loss(-1e-5)) / 2e-5;
    assert!((gradient - expected).abs() < 1e-9 * expected.abs().max(1.0), "{gradient} {expected}");
}

/// relu′(0) = 0: neurons whose pre-activation is exactly zero do not pass anything on.
#[test]
fn kinks_take_the_slope_from_the_left() {
    let layer = |n, m, w: &[f64]| Layer::new(n, m, w.to_vec(), None, GradientScale::STANDARD).unwrap();
    let build = |name: &str| {
        Network::new(name.parse().unwrap(), vec![layer(2, 2, &[1.0, -1.0, 1.0, 1.0]), layer(2, 1, &[5.0, 3.0])])
            .unwrap()
    };
    let theta =
        |name: &str| build(name).empirical_ntk(&[1.0, 1.0], &KernelOptions::default()).unwrap().matrices()[0][0];
    // z = (0, 2): Θ = |h|² + |x|² Σ (v φ′)² = 4 + 2 (0 + 9).
    assert_eq!(theta("relu"), 22.0);
    // Slope 1/2 from the left: 4 + 2 (25/4 + 9).
    assert_eq!(theta("leaky-relu:0.5"), 34.5);
}
