//! Against JAX: the loss before each of 50 steps and after the last.

use fathom_ntk::activation::Activation;
use fathom_ntk::network::{GradientScale, Layer, Network, Precision};
use fathom_ntk::train::{Examples, LearningRate, Loss, Optimizer, Stop, TrainOptions, Trainer};
use serde::Deserialize;

use crate::losses;

#[derive(Deserialize)]
struct File {
    rows: usize,
    widths: Vec<usize>,
    inputs: Vec<f64>,
    targets: Vec<f64>,
    layers: Vec<Parameters>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Parameters {
    weights: Vec<f64>,
    biases: Vec<f64>,
}

#[derive(Deserialize)]
struct Case {
    activation: String,
    loss: String,
    optimizer: Named,
    scales: Vec<[f64; 2]>,
    learning_rate: f64,
    losses: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Named {
    GradientDescent,
    Momentum { momentum: f64 },
    Adam { beta1: f64, beta2: f64, epsilon: f64 },
}

fn file() -> File {
    serde_json::from_str(include_str!("../golden/train.json")).unwrap()
}

fn trained(file: &File, case: &Case, precision: Precision) -> Vec<f64> {
    let layers =
        file.widths.windows(2).zip(&file.layers).zip(&case.scales).map(|((pair, layer), [weights, biases])| {
            let scale = GradientScale { weights: *weights, biases: *biases };
            Layer::new(pair[0], pair[1], layer.weights.clone(), Some(layer.biases.clone()), scale).unwrap()
        });
    let activation: Activation = case.activation.parse().unwrap();
    let network = Network::new(activation, layers.collect()).unwrap();
    let (features, outputs) = (network.inputs(), network.outputs());
    assert_eq!(file.rows * features, file.inputs.len());
    let examples = Examples::new(file.inputs.clone(), features, file.targets.clone(), outputs).unwrap();
    let options = TrainOptions {
        loss: case.loss.parse().unwrap(),
        optimizer: match case.optimizer {
            Named::GradientDescent => Optimizer::GradientDescent,
            Named::Momentum { momentum } => Optimizer::Momentum { momentum },
            Named::Adam { beta1, beta2, epsilon } => Optimizer::Adam { beta1, beta2, epsilon },
        },
        learning_rate: LearningRate::Absolute(case.learning_rate),
        precision,
        // One more step than listed, to see the loss after the last.
        stop: Stop { steps: Some(case.losses.len() as u64), ..Default::default() },
        ..Default::default()
    };
    losses(&mut Trainer::new(&network, &examples, &options).unwrap())
}

/// Rounding of some hundred operations a step, which training on a smooth loss does not amplify by more than the number of
/// steps: 50 · 100 · ε ≈ 1e-12.
#[test]
fn losses_are_those_of_jax_to_rounding() {
    let file = file();
    for case in &file.cases {
        let got = trained(&file, case, Precision::F64);
        assert_eq!(got.len(), 51);
        for (step, (got, exact)) in got.iter().zip(&case.losses).enumerate() {
            let name = format!("{} {}", case.activation, case.loss);
            assert!((got / exact - 1.0).abs() < 1e-12, "{name}, step {step}: {got} {exact}");
        }
    }
}

/// The same in single precision: 50 · 100 · 6e-8 = 3e-4 if all roundings added up; they come to less.
#[test]
fn single_precision_agrees_to_its_accuracy() {
    let file = file();
    for case in &file.cases {
        let got = trained(&file, case, Precision::F32);
        for (step, (got, exact)) in got.iter().zip(&case.losses).enumerate() {
            let error = (got / exact - 1.0).abs();
            assert!(error < 1e-4, "{} {}, step {step}: {error:e}", case.activation, case.loss);
        }
        let last = got[50] - case.losses[50];
        assert!(last != 0.0, "this was not single precision");
    }
}

#[test]
fn all_losses_and_optimisers_are_among_the_cases() {
    let file = file();
    for loss in [Loss::Squared, Loss::CrossEntropy] {
        assert!(file.cases.iter().any(|case| case.loss == loss.to_string()));
    }
    let kinds: std::collections::HashSet<_> =
        file.cases.iter().map(|case| std::mem::discriminant(&case.optimizer)).collect();
    assert_eq!(kinds.len(), 3);
}
