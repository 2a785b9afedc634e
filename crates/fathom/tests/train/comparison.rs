//! The linearised network and infinite width against ways of computing them that share no code.

use std::ops::ControlFlow;

use fathom_ntk::Architecture;
use fathom_ntk::analysis::training::{
    Comparison, ComparisonError, ComparisonOptions, FirstStepChange, Holds, Setting, check_infinite_width,
    check_linearised, compare, first_step_change, infinite_width, linearised,
};
use fathom_ntk::network::Network;
use fathom_ntk::spec::ArchitectureSpec;
use fathom_ntk::statistics::Running;
use fathom_ntk::train::{
    Event, Examples, Loss, Optimizer, Outputs, Probe, Recorder, Step, TrainOptions, Trainer, train,
};
use rayon::prelude::*;

use crate::{OPTIMIZERS, examples, network, options};

const MEMORY: u64 = 1 << 30;

fn outputs(network: &Network, data: &Examples) -> Vec<f64> {
    network.forward(data.inputs()).unwrap().outputs().to_vec()
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Derivatives of all outputs with respect to every parameter ω = W/c by central differences, a parameter a row.
fn jacobian(network: &Network, data: &Examples) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for l in 0..network.depth() {
        let layer = &network.layers()[l];
        let (weights, biases) = (layer.weights().len(), layer.biases().map_or(0, <[f64]>::len));
        for p in 0..weights + biases {
            let at = |h: f64| {
                let mut moved = network.clone();
                let layer = moved.layers_mut().nth(l).unwrap();
                match p.checked_sub(weights) {
                    None => layer.weights_mut()[p] += h,
                    Some(b) => layer.biases_mut().unwrap()[b] += h,
                }
                outputs(&moved, data)
            };
            let scale = if p < weights { layer.scale().weights } else { layer.scale().biases };
            let (up, down) = (at(1e-5), at(-1e-5));
            rows.push(up.iter().zip(&down).map(|(u, d)| scale.sqrt() * (u - d) / 2e-5).collect());
        }
    }
    rows
}

/// ∂L/∂f of the sum over inputs, written down again.
fn derivatives(loss: Loss, f: &[f64], targets: &[f64], count: usize) -> Vec<f64> {
    let rows = f.chunks(count).zip(targets.chunks(count));
    let of_row = |(f, y): (&[f64], &[f64])| -> Vec<f64> {
        let sum: f64 = f.iter().map(|f| f.exp()).sum();
        f.iter().zip(y).map(|(f, y)| if loss == Loss::Squared { f - y } else { f.exp() / sum - y }).collect()
    };
    rows.flat_map(of_row).collect()
}

/// Steps of ω with the loss of f₀ + J(ω − ω₀).
fn tangent_descent(
    network: &Network,
    train: &Examples,
    test: &Examples,
    (loss, momentum, rate, steps): (Loss, f64, f64, u64),
) -> Outputs {
    let (on_train, on_test) = (jacobian(network, train), jacobian(network, test));
    let moved = |start: Vec<f64>, rows: &[Vec<f64>], omega: &[f64]| {
        rows.iter().zip(omega).fold(start, |f, (row, w)| f.iter().zip(row).map(|(f, j)| f + j * w).collect())
    };
    let mut omega = vec![0.0; on_train.len()];
    let mut velocity = omega.clone();
    for _ in 0..steps {
        let f: Vec<f64> = moved(outputs(network, train), &on_train, &omega);
        let g = derivatives(loss, &f, train.targets(), train.outputs());
        for ((w, v), row) in omega.iter_mut().zip(&mut velocity).zip(&on_train) {
            *v = momentum * *v + row.iter().zip(&g).map(|(j, g)| j * g).sum::<f64>();
            *w -= rate * *v;
        }
    }
    let train = moved(outputs(network, train), &on_train, &omega);
    Outputs { train, test: moved(outputs(network, test), &on_test, &omega) }
}

/// Central differences are right to h² = 1e-10 of third derivatives and ε/h = 1e-11, and forty steps add those up.
#[test]
fn the_linearised_network_is_that_of_its_finite_differences() {
    let (train, test) = (examples(5, 4, 3), examples(3, 4, 3));
    for toml in [
        "widths = '4,6,5,3'\nactivation = 'tanh'\nbias_var = 0.2\nparameterization = 'standard'",
        "widths = '4,7,3'\nactivation = 'gelu'\nbias_var = 0.4",
        "widths = '4,6,5,3'\nactivation = 'erf'\nparameterization = 'hanin-nica'",
    ] {
        let network = network(toml, 3);
        for (optimizer, momentum) in [(Optimizer::GradientDescent, 0.0), (Optimizer::Momentum { momentum: 0.7 }, 0.7)] {
            for loss in [Loss::Squared, Loss::CrossEntropy] {
                let options = TrainOptions { optimizer, loss, ..options(0.01, 40) };
                let setting = Setting { train: &train, test: Some(&test), options: &options, learning_rate: 0.01 };
                let course = linearised(&network, &setting, &[0, 3, 40], MEMORY).unwrap();
                let exact = tangent_descent(&network, &train, &test, (loss, momentum, 0.01, 40));
                let moved = largest_difference(&exact.train, &outputs(&network, &train));
                assert!(moved > 0.1, "{toml} {loss}: nothing was learnt");
                assert!(largest_difference(&course[2].train, &exact.train) < 1e-7 * moved, "{toml} {optimizer} {loss}");
                assert!(largest_difference(&course[2].test, &exact.test) < 1e-7 * moved, "{toml} {optimizer} {loss}");
                assert!(largest_difference(&course[0].train, &outputs(&network, &train)) < 1e-13);
            }
        }
    }
}

/// One weight layer is linear in its parameters, so its own training is the linearised one: also with mini-batches in their order.
#[test]
fn one_layer_is_its_linearisation_also_in_mini_batches() {
    let (network, train) = (network("widths = '4,2'\nbias_var = 0.3", 1), examples(7, 4, 2));
    for optimizer in OPTIMIZERS {
        for (loss, batch) in [(Loss::Squared, Some(3)), (Loss::CrossEntropy, Some(2)), (Loss::Squared, None)] {
            let options = TrainOptions { optimizer, loss, batch, seed: 5, ..options(0.02, 23) };
            let setting = Setting { train: &train, test: None, options: &options, learning_rate: 0.02 };
            let mut trainer = Trainer::new(&network, &train, &options).unwrap();
            while let Step::Taken { .. } = trainer.advance() {}
            match linearised(&network, &setting, &[23], MEMORY) {
                // Some hundred roundings.
                Ok(course) => {
                    let distance = largest_difference(&course[0].train, &outputs(&trainer.network(), &train));
                    assert!(distance < 1e-12, "{optimizer} {loss} {batch:?}: {distance}");
                }
                Err(reason) => {
                    assert!(matches!(reason, ComparisonError::NoCourse { .. }) && optimizer == Optimizer::ADAM);
                }
            }
        }
    }
}

/// 3 × 12 numbers: 100 steps are more than twice as many, so eigenvectors answer. Eigenvalues are right to some ε λ_max.
#[test]
fn eigenvectors_and_steps_agree() {
    let (train, test) = (examples(12, 4, 3), examples(5, 4, 3));
    let network = network("widths = '4,20,3'\nbias_var = 0.1", 2);
    let options = options(0.01, 100);
    let setting = Setting { train: &train, test: Some(&test), options: &options, learning_rate: 0.01 };
    let by_steps = linearised(&network, &setting, &[1, 10, 60], MEMORY).unwrap();
    let by_vectors = linearised(&network, &setting, &[1, 10, 60, 100], MEMORY).unwrap();
    for (a, b) in by_steps.iter().zip(&by_vectors) {
        assert!(largest_difference(&a.train, &b.train) < 1e-12);
        assert!(largest_difference(&a.test, &b.test) < 1e-12);
    }
    assert!(by_steps[2] != by_vectors[2], "both were computed in the same way");
    let moved = largest_difference(&by_vectors[3].train, &by_vectors[2].train);
    assert!(moved > 1e-3, "nothing happens after step 60");
}

/// Means and variances of a linear network f = Wx, by hand: at infinite width of its (missing) hidden layers it is itself.
#[test]
fn infinite_width_of_one_layer_is_known_by_hand() {
    // x₁ = (1, 0), x₂ = (0, 2), σ_w² = n₀ = 2: Θ = K = diag(1, 4); at rate 0.1 what is left is 0.9 and 0.6 in each step.
    let train = Examples::new(vec![1.0, 0.0, 0.0, 2.0], 2, vec![3.0, -1.0], 1).unwrap();
    let test = Examples::new(vec![1.0, 1.0], 2, vec![0.0], 1).unwrap();
    let arch = architecture("widths = '2,1'\nweight_var = 2.0");
    let options = options(0.1, 3);
    let setting = Setting { train: &train, test: Some(&test), options: &options, learning_rate: 0.1 };
    let start = Outputs { train: vec![0.5, 0.25], test: vec![0.625] };
    let wide = infinite_width(&arch, &setting, &[3], Some(&start), MEMORY).unwrap();
    let [a, b] = [0.9_f64.powi(3), 0.6_f64.powi(3)];
    let close = |got: &[f64], want: &[f64]| assert!(largest_difference(got, want) < 1e-13, "{got:?} {want:?}");
    close(&wide.at[0].mean.train, &[3.0 * (1.0 - a), -(1.0 - b)]);
    close(&wide.at[0].mean.test, &[3.0 * (1.0 - a) - 0.5 * (1.0 - b)]);
    close(&wide.at[0].variance.train, &[a * a, 4.0 * b * b]);
    close(&wide.at[0].variance.test, &[a * a + b * b]);
    let own = wide.at[0].from_initial.as_ref().unwrap();
    close(&own.train, &[3.0 - 2.5 * a, -1.0 + 1.25 * b]);
    close(&own.test, &[0.5 + 2.5 * (1.0 - a) + 0.125 - 0.625 * (1.0 - b)]);
    assert!((wide.max_learning_rate - 0.5).abs() < 1e-12);
}

fn architecture(toml: &str) -> Architecture {
    Architecture::try_from(ArchitectureSpec::from_toml(toml).unwrap()).unwrap()
}

/// Trains and compares.
fn compared(toml: &str, seed: u64, options: &TrainOptions) -> Comparison {
    let (train_data, test) = (examples(5, 4, 2), examples(4, 4, 2));
    let initial = network(toml, seed);
    let mut trainer = Trainer::new(&initial, &train_data, options).unwrap();
    let probe = Probe { rows: 5, ..Default::default() };
    let recorder = Recorder::new(&initial, &train_data, Some(&test), options.loss, Some(probe)).unwrap();
    let (mut records, mut outputs) = (Vec::new(), Vec::new());
    train(&mut trainer, &recorder, &"0,10,50".parse().unwrap(), None, |_, event| {
        if let Event::Recorded(snapshot) = event {
            records.push(snapshot.record.clone());
            outputs.push(snapshot.outputs.clone());
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let learning_rate = trainer.learning_rate();
    let setting = Setting { train: &train_data, test: Some(&test), options, learning_rate };
    let wanted = ComparisonOptions { linearised: true, infinite_width: true, probe: 5, memory: MEMORY };
    compare(&architecture(toml), &initial, &setting, &records, &outputs, wanted).unwrap()
}

#[test]
fn the_verdict_tells_wide_networks_from_narrow_ones() {
    let wide = compared("widths = '4,20000,2'\nactivation = 'tanh'", 1, &options(0.02, 50)).verdict;
    for answer in [wide.kernel_stayed, wide.linearised_held, wide.infinite_width_held] {
        assert_eq!(answer.map(|answer| answer.holds), Some(Holds::Yes), "{answer:?}");
    }
    let narrow = compared("widths = '4,4x4,2'\nactivation = 'tanh'\nweight_var = 3", 1, &options(0.02, 50)).verdict;
    for answer in [narrow.kernel_stayed, narrow.linearised_held, narrow.infinite_width_held] {
        assert_eq!(answer.map(|answer| answer.holds), Some(Holds::No), "{answer:?}");
    }
    assert_eq!(narrow.kernel_stayed.unwrap().thresholds, [0.1, 0.3]);
}

/// In the standard parameterization, with the rate scaled, a wide network learns the same function of its own start.
#[test]
fn the_standard_parameterization_has_the_limit_of_its_widths() {
    let toml = "widths = '4,20000,2'\nactivation = 'tanh'\nparameterization = 'standard'";
    let last = *compared(toml, 1, &options(0.02 / 20_000.0, 50)).at.last().unwrap();
    let distance = last.train.infinite_width.unwrap().from_own;
    assert!(distance.relative.unwrap() < 0.05 && last.train.movement > 0.1, "{last:?}");
}

#[test]
fn what_cannot_be_compared_says_why() {
    let at = compared("widths = '4,30,2'", 1, &TrainOptions { optimizer: Optimizer::ADAM, ..options(1e-3, 50) });
    assert!(at.no_linearised.unwrap().to_string().starts_with("steps of Adam"));
    assert!(at.no_infinite_width.unwrap().to_string().contains("not for Adam"));
    let (train, normal) = (examples(5, 4, 2), options(0.1, 3));
    let setting = Setting { train: &train, test: None, options: &normal, learning_rate: 0.1 };
    let error = check_linearised(&setting, 799).unwrap_err();
    assert!(matches!(error, ComparisonError::Memory { needed: 800, allowed: 799, rows: 10, .. }), "{error}");
    assert!(check_linearised(&setting, 800).is_ok() && check_infinite_width(&setting, 3, 100).is_err());
    let reason = |change: TrainOptions| {
        let setting = Setting { options: &change, ..setting };
        check_infinite_width(&setting, 3, MEMORY).unwrap_err().to_string()
    };
    assert!(reason(TrainOptions { batch: Some(2), ..normal.clone() }).ends_with("not for batches of 2"));
    assert!(reason(TrainOptions { loss: Loss::CrossEntropy, ..normal.clone() }).contains("the cross-entropy loss"));
    let network = network("widths = '4,30,2'", 1);
    let fast = Setting { learning_rate: 10.0, ..setting };
    for steps in [300, 3000] {
        let error = linearised(&network, &fast, &[0, steps], MEMORY).unwrap_err();
        assert!(matches!(error, ComparisonError::Diverges { learning_rate: 10.0, .. }), "{error}");
    }
    let error = linearised(&network, &setting, &[4, 2], MEMORY).unwrap_err();
    assert!(matches!(error, ComparisonError::Steps { got: 2, before: 4 }));
    let error = first_step_change(&architecture("widths = '4,30,2'"), &network, &setting, 6).unwrap_err();
    assert!(error.to_string().contains("between 1 and 5"), "{error}");
    let change = first_step_change(&architecture("widths = '4,30,2'"), &network, &setting, 5).unwrap();
    assert!(change.not_expected.unwrap().to_string().contains("not for 5 inputs and 2 outputs"));
}

/// Mean and mean square over networks of the change in one step on one input. The theory is right up to relative corrections of
/// order L/n, some per cent, and relu's crossings to a few per cent at width 100.
#[test]
fn the_first_step_changes_the_ntk_as_finite_width_theory_expects() {
    let train = Examples::new(vec![0.7, -1.1, 0.4, 0.9], 4, vec![0.5], 1).unwrap();
    for (toml, networks) in [
        ("widths = '4,80x2,1'\nactivation = 'gelu'\nweight_var = 2\nbias_var = 0.1", 6000),
        ("widths = '4,100x2,1'\nactivation = 'relu'", 1500),
    ] {
        let rate = 0.02;
        let options = options(rate, 1);
        let setting = Setting { train: &train, test: None, options: &options, learning_rate: rate };
        let arch = architecture(toml);
        let change = |seed| first_step_change(&arch, &network(toml, seed), &setting, 1).unwrap();
        let changes: Vec<FirstStepChange> = (0..networks).into_par_iter().map(change).collect();
        let (mut first, mut square) = (Running::default(), Running::default());
        for change in &changes {
            first.push(change.mean);
            square.push(change.mean.powi(2));
        }
        let (expected, mean) = (changes[0].expected.unwrap(), first.with_error().unwrap());
        let error = mean.standard_error.unwrap();
        let allowed = 4.0 * error + 0.08 * expected.mean.abs();
        assert!((mean.mean - expected.mean).abs() < allowed, "{toml}: {mean:?} {expected:?}");
        assert!(error < 0.15 * expected.mean.abs(), "too noisy to tell: {mean:?} {expected:?}");
        if let Some(rms) = expected.rms {
            let measured = square.mean().unwrap().sqrt();
            assert!((measured / rms - 1.0).abs() < 0.12, "{measured} {rms}");
        }
    }
}
