//! Training of finite networks and what is recorded of it.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod comparison;
mod curves;
mod endings;
mod ensemble;
mod errors;
mod first_step;
mod gradients;
mod linearised;
mod rates;
mod records;
mod resume;
mod wide;

use fathom_ntk::Architecture;
use fathom_ntk::network::Network;
use fathom_ntk::random::Stream;
use fathom_ntk::sample::{Method, Sampler};
use fathom_ntk::spec::ArchitectureSpec;
use fathom_ntk::train::{Examples, LearningRate, Optimizer, Step, Stop, TrainOptions, Trainer};

/// Draw number `seed` of the network of a TOML description.
#[track_caller]
fn network(toml: &str, seed: u64) -> Network {
    let arch = Architecture::try_from(ArchitectureSpec::from_toml(toml).unwrap()).unwrap();
    let inputs = vec![1.0; arch.widths().unwrap()[0]];
    Sampler::new(&arch, &inputs, Some(Method::Direct)).unwrap().network(seed, 0).unwrap()
}

/// Normal inputs, and targets that are one-hot for classes in turn.
fn examples(rows: usize, features: usize, outputs: usize) -> Examples {
    let mut inputs = vec![0.0; rows * features];
    Stream::new(77, rows as u64).fill_normals(&mut inputs);
    let classes: Vec<usize> = (0..rows).map(|i| i % outputs.max(2)).collect();
    let target = |class: usize, output: usize| {
        if outputs == 1 { 2.0 * class as f64 - 1.0 } else { f64::from(u8::from(class == output)) }
    };
    let targets = classes.iter().flat_map(|&class| (0..outputs).map(move |c| target(class, c))).collect();
    Examples::new(inputs, features, targets, outputs).unwrap().with_classes(classes).unwrap()
}

/// So many steps at this rate.
fn options(learning_rate: f64, steps: u64) -> TrainOptions {
    TrainOptions {
        learning_rate: LearningRate::Absolute(learning_rate),
        stop: Stop { steps: Some(steps), ..Default::default() },
        ..Default::default()
    }
}

/// Trains to the end; the losses before the steps.
fn losses(trainer: &mut Trainer<'_>) -> Vec<f64> {
    std::iter::from_fn(|| match trainer.advance() {
        Step::Taken { loss } => Some(loss),
        Step::Ended(_) => None,
    })
    .collect()
}

/// Every way of making steps.
const OPTIMIZERS: [Optimizer; 3] = [Optimizer::GradientDescent, Optimizer::Momentum { momentum: 0.9 }, Optimizer::ADAM];
