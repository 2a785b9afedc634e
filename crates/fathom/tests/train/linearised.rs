//! Against networks that are linear in their parameters.

use fathom_ntk::network::{KernelForm, KernelOptions, Network};
use fathom_ntk::train::{Ending, Examples, LearningRate, Step, TrainOptions, Trainer};

use crate::{examples, network, options};

/// $\Theta$ of all inputs and outputs, row after row.
fn full_kernel(network: &Network, examples: &Examples) -> Vec<f64> {
    let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
    network.empirical_ntk(examples.inputs(), &options).unwrap().into_matrices().swap_remove(0)
}

fn outputs(network: &Network, examples: &Examples) -> Vec<f64> {
    network.forward(examples.inputs()).unwrap().outputs().to_vec()
}

/// $f \leftarrow f - \eta\Theta(f - y)$, so many times.
fn linear_descent(kernel: &[f64], start: &[f64], targets: &[f64], rate: f64, steps: u64) -> Vec<f64> {
    let mut f = start.to_vec();
    for _ in 0..steps {
        let residuals: Vec<f64> = f.iter().zip(targets).map(|(f, y)| f - y).collect();
        for (f, row) in f.iter_mut().zip(kernel.chunks(residuals.len())) {
            *f -= rate * row.iter().zip(&residuals).map(|(k, r)| k * r).sum::<f64>();
        }
    }
    f
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn train_to_the_end(network: &Network, examples: &Examples, options: &TrainOptions) -> (Network, Ending, f64) {
    let mut trainer = Trainer::new(network, examples, options).unwrap();
    loop {
        if let Step::Ended(ending) = trainer.advance() {
            return (trainer.network(), ending, trainer.learning_rate());
        }
    }
}

/// One weight layer is linear in its parameters, so descent with its NTK is exact.
#[test]
fn one_layer_descends_exactly_with_its_kernel() {
    let (network, data) = (network("widths = '4,2'\nbias_var = 0.3", 1), examples(6, 4, 2));
    let kernel = full_kernel(&network, &data);
    let (trained, _, _) = train_to_the_end(&network, &data, &options(0.05, 40));
    let expected = linear_descent(&kernel, &outputs(&network, &data), data.targets(), 0.05, 40);
    assert!(distance(&outputs(&trained, &data), &expected) < 1e-13);
    assert!(distance(&outputs(&network, &data), &expected) > 0.1, "nothing was learnt");
}

/// Gradient descent on a quadratic loss is stable up to 2/λ_max and not beyond.
#[test]
fn the_relative_rate_is_a_fraction_of_the_largest_stable_one() {
    let (network, data) = (network("widths = '4,2'\nbias_var = 0.3", 1), examples(9, 4, 2));
    let end = |share| {
        let options = TrainOptions { learning_rate: LearningRate::Relative(share), ..options(1.0, 4000) };
        train_to_the_end(&network, &data, &options).1
    };
    assert_eq!(end(0.99), Ending::Steps);
    assert!(matches!(end(1.01), Ending::Diverged { step } if step > 100));
}

/// The function after training differs from that of the network linearised with its own initial kernel by O(1/n) (Dyer &
/// Gur-Ari 2020). The distance of one network varies by about its size, so means over 40 are known to 16 %, and the slope between
/// widths a factor of 16 apart to 0.08; below width 1000 the next order still shows.
#[test]
fn wide_networks_follow_their_linearisation() {
    let data = examples(6, 4, 1);
    let mean_distance = |width: usize| {
        let draws = 40;
        let one = |seed| {
            let network = network(&format!("widths = '4,{width},1'\nactivation = 'tanh'\nweight_var = 1.5"), seed);
            let kernel = full_kernel(&network, &data);
            let (trained, _, _) = train_to_the_end(&network, &data, &options(0.02, 50));
            let expected = linear_descent(&kernel, &outputs(&network, &data), data.targets(), 0.02, 50);
            distance(&outputs(&trained, &data), &expected)
        };
        (0..draws).map(one).sum::<f64>() / draws as f64
    };
    let (narrow, wide) = (mean_distance(1024), mean_distance(16_384));
    let slope = (narrow / wide).log2() / 4.0;
    assert!((slope - 1.0).abs() < 0.2, "{narrow} {wide}: slope {slope}");
}

/// In the limit of small steps at fixed time: the difference to half the rate halves.
#[test]
fn small_steps_approach_gradient_flow() {
    let (network, data) = (network("widths = '4,40x2,1'\nactivation = 'gelu'", 2), examples(6, 4, 1));
    let at = |rate: f64| outputs(&train_to_the_end(&network, &data, &options(rate, (0.5 / rate) as u64)).0, &data);
    let (coarse, middle, fine) = (at(1.0 / 256.0), at(1.0 / 512.0), at(1.0 / 1024.0));
    let ratio = distance(&coarse, &middle) / distance(&middle, &fine);
    // 2 at first order; the second adds a share of the rate times λ_max ≈ 10.
    assert!((ratio - 2.0).abs() < 0.2, "{ratio}");
}
