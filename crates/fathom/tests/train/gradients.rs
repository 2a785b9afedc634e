//! The gradient that a step follows, against central differences of the loss.

use fathom_ntk::network::Network;
use fathom_ntk::train::{Examples, Loss, TrainOptions, Trainer};

use crate::{examples, network, options};

/// The loss that is minimised, a sum over inputs.
fn total(network: &Network, examples: &Examples, loss: Loss) -> f64 {
    let forward = network.forward(examples.inputs()).unwrap();
    let rows = forward.outputs().chunks(examples.outputs()).zip(examples.targets().chunks(examples.outputs()));
    rows.map(|(f, y)| loss.of(f, y)).sum()
}

/// The derivative of the loss in one direction of the effective parameters.
fn difference(network: &Network, examples: &Examples, loss: Loss, change: impl Fn(&mut Network, f64)) -> f64 {
    const STEP: f64 = 1e-5;
    let at = |step: f64| {
        let mut moved = network.clone();
        change(&mut moved, step);
        total(&moved, examples, loss)
    };
    (at(STEP) - at(-STEP)) / (2.0 * STEP)
}

/// A step of size 1 moves every parameter by −c² times its derivative. Central differences at 1e-5 are good to 1e-10 of the
/// third derivative, and to ε/1e-5 = 2e-11 of the loss (some 10): 1e-8 in all, away from kinks.
#[test]
fn steps_follow_central_differences_in_every_layer() {
    for (toml, loss) in [
        ("widths = '3,4,5,2'\nactivation = 'tanh'\nbias_var = 0.3", Loss::Squared),
        ("widths = '3,4,5,2'\nactivation = 'gelu'\nparameterization = 'standard'\nbias_var = 0.1", Loss::CrossEntropy),
        ("widths = '3,6,4,2'\nparameterization = 'hanin-nica'", Loss::CrossEntropy),
        ("widths = '3,4,2'\nbiases = 'untrained'\nbias_var = 0.5\nactivation = 'elu'", Loss::Squared),
        ("widths = '3,5,3,2'\nbiases = 'none'\nweight_var = [1, 2, 3]", Loss::Squared),
        ("widths = '3,2'\nbias_var = 0.2", Loss::CrossEntropy),
    ] {
        let (network, data) = (network(toml, 5), examples(7, 3, 2));
        let options = TrainOptions { loss, ..options(1.0, 1) };
        let mut trainer = Trainer::new(&network, &data, &options).unwrap();
        trainer.advance();
        let moved = trainer.network();
        let mut checked = 0;
        for (l, (then, now)) in network.layers().iter().zip(moved.layers()).enumerate() {
            let scale = then.scale();
            for i in 0..then.weights().len() {
                let derivative = difference(&network, &data, loss, |network, step| {
                    network.layers_mut().nth(l).unwrap().weights_mut()[i] += step;
                });
                let step = now.weights()[i] - then.weights()[i];
                assert!((step + scale.weights * derivative).abs() < 1e-8, "{toml}: weight {i} of layer {l}");
                checked += usize::from(step.abs() > 1e-3);
            }
            for i in 0..then.biases().map_or(0, <[f64]>::len) {
                let derivative = difference(&network, &data, loss, |network, step| {
                    network.layers_mut().nth(l).unwrap().biases_mut().unwrap()[i] += step;
                });
                let step = now.biases().unwrap()[i] - then.biases().unwrap()[i];
                assert!((step + scale.biases * derivative).abs() < 1e-8, "{toml}: bias {i} of layer {l}");
            }
        }
        assert!(checked > 5, "{toml}: hardly anything moves");
    }
}

/// 2500 inputs go through in three chunks, with the gradient of the sum.
#[test]
fn chunks_add_up_to_the_whole() {
    let (network, data) = (network("widths = '3,8,6,2'\nactivation = 'tanh'\nbias_var = 0.2", 5), examples(2500, 3, 2));
    let mut trainer = Trainer::new(&network, &data, &options(1e-3, 1)).unwrap();
    trainer.advance();
    let moved = trainer.network();
    let forward = network.forward(data.inputs()).unwrap();
    let residuals = forward.outputs().iter().zip(data.targets()).map(|(f, y)| f - y).collect();
    let deltas = network.backward(&forward, residuals).unwrap();
    for (l, (then, now)) in (1..).zip(network.layers().iter().zip(moved.layers())) {
        let (inputs, outputs) = (then.inputs(), then.outputs());
        for (i, j) in [(0, 0), (outputs - 1, inputs - 1), (1, 2)] {
            let products = deltas.layer(l).chunks(outputs).zip(forward.activations(l - 1).chunks(inputs));
            let gradient: f64 = products.map(|(delta, h)| delta[i] * h[j]).sum();
            let step = now.weights()[i * inputs + j] - then.weights()[i * inputs + j];
            // Sums of 2500 terms of order one: rounding below 1e-12.
            assert!((step + 1e-3 * then.scale().weights * gradient).abs() < 1e-12 * gradient.abs().max(1.0));
        }
    }
}

/// With a small rate, the steps of an epoch of equal batches add up to n/b steps of all inputs: the gradient of a batch stands for
/// all inputs, and every input comes once. The rest is of second order in the rate.
#[test]
fn an_epoch_of_batches_takes_every_input_once() {
    let (network, data) = (network("widths = '3,10,2'\nactivation = 'tanh'", 5), examples(24, 3, 2));
    let step = |batch, steps, rate: f64| {
        let mut trainer = Trainer::new(&network, &data, &TrainOptions { batch, ..options(rate, steps) }).unwrap();
        while trainer.steps() < steps {
            trainer.advance();
        }
        let moved = trainer.network();
        let change = |l: usize| {
            let pairs = moved.layers()[l].weights().iter().zip(network.layers()[l].weights());
            pairs.map(|(now, then)| (now - then) / rate).collect::<Vec<f64>>()
        };
        [change(0), change(1)].concat()
    };
    let error = |rate: f64| {
        let (whole, epoch) = (step(None, 1, rate), step(Some(6), 4, rate));
        let size = whole.iter().map(|x| x * x).sum::<f64>().sqrt();
        let off = epoch.iter().zip(&whole).map(|(e, w)| (e - 4.0 * w).powi(2)).sum::<f64>().sqrt();
        off / (4.0 * size)
    };
    let (coarse, fine) = (error(1e-4), error(1e-5));
    assert!(coarse < 0.05, "{coarse}");
    assert!((coarse / fine - 10.0).abs() < 0.5, "first order in the rate: {coarse} {fine}");
}
