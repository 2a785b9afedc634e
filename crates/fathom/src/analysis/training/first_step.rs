//! How the first step changes the NTK.

use serde::Serialize;

use super::comparison::apart;
use super::{ComparisonError, Setting};
use crate::activation::Regularity;
use crate::moments::first_order::first_order;
use crate::moments::{InputNorm, crossing_update};
use crate::network::{KernelOptions, Network};
use crate::spec::Architecture;
use crate::train::{Examples, LearningRate, Loss, Optimizer, TrainOptions, Trainer};

/// What the theory of finite width expects of the first step, over initialisations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExpectedChange {
    /// Mean of $\Delta\Theta/\Theta_\infty$.
    pub mean: f64,
    /// Its root mean square, where it is known: for smooth activations, linear in η.
    pub rms: Option<f64>,
}

/// The relative change of $\Theta(x, x)$, a mean over outputs, in the first step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FirstStepChange {
    /// Inputs it was measured on: the first of the training data.
    pub inputs: usize,
    /// Mean over these inputs.
    pub mean: f64,
    /// Root mean square over these inputs.
    pub rms: f64,
    /// What theory expects of a network of this architecture.
    pub expected: Option<ExpectedChange>,
    /// Why it does not say.
    pub not_expected: Option<ComparisonError>,
}

/// The relative change of the NTK on its diagonal in the first step, beside the theory of finite width.
///
/// Theory speaks of one output that is trained by gradient descent on the squared loss of one input: for smooth activations
/// [`Movement`](crate::moments::first_order::Movement), for relu [`crossing_update`].
///
/// # Arguments
/// * `probe`: measured on so many of the first training inputs.
///
/// # Errors
/// [`ComparisonError::Train`] for a probe that is not within the data, [`ComparisonError::Network`] if the step overflows.
///
/// # Accuracy and cost
/// Rounding errors, relative to Θ. A step, and two kernels of the probe.
///
/// # Example
/// One weight layer has an NTK that never changes.
/// ```
/// use fathom_ntk::analysis::training::{Setting, first_step_change};
/// use fathom_ntk::sample::{Method, Sampler};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// use fathom_ntk::train::{Examples, TrainOptions};
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("1,1".parse()?), ..Default::default() })?;
/// let train = Examples::new(vec![1.0], 1, vec![4.0], 1)?;
/// let options = TrainOptions::default();
/// let setting = Setting { train: &train, test: None, options: &options, learning_rate: 0.25 };
/// let initial = Sampler::new(&arch, train.inputs(), Some(Method::Direct))?.network(0, 0)?;
/// assert_eq!(first_step_change(&arch, &initial, &setting, 1)?.mean, 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn first_step_change(
    arch: &Architecture,
    initial: &Network,
    setting: &Setting<'_>,
    probe: usize,
) -> Result<FirstStepChange, ComparisonError> {
    let train = setting.train;
    if !(1..=train.rows()).contains(&probe) {
        return Err(crate::train::TrainError::Probe { rows: train.rows(), got: probe }.into());
    }
    let mut options = setting.options.clone();
    options.learning_rate = LearningRate::Absolute(setting.learning_rate);
    options.stop = crate::train::Stop { steps: Some(1), ..Default::default() };
    let mut trainer = Trainer::new(initial, train, &options)?;
    trainer.advance();
    let inputs = &train.inputs()[..probe * train.features()];
    let (before, after) = (diagonal(initial, inputs)?, diagonal(&trainer.network(), inputs)?);
    let pairs = before.iter().zip(&after).filter(|(before, _)| **before > 0.0);
    let changes: Vec<f64> = pairs.map(|(before, after)| after / before - 1.0).collect();
    let count = changes.len().max(1) as f64;
    let (expected, not_expected) = apart(expected(arch, setting));
    Ok(FirstStepChange {
        inputs: changes.len(),
        mean: changes.iter().sum::<f64>() / count,
        rms: (changes.iter().map(|change| change * change).sum::<f64>() / count).sqrt(),
        expected,
        not_expected,
    })
}

/// $\sum_a \Theta_{aa}(x, x)$.
fn diagonal(network: &Network, inputs: &[f64]) -> Result<Vec<f64>, ComparisonError> {
    let rows = inputs.len() / network.inputs();
    let kernel = network.empirical_ntk(inputs, &KernelOptions::default())?.into_matrices().swap_remove(0);
    Ok((0..rows).map(|i| kernel[i * (rows + 1)]).collect())
}

fn expected(arch: &Architecture, setting: &Setting<'_>) -> Result<ExpectedChange, ComparisonError> {
    let Setting { train, options, learning_rate: rate, .. } = *setting;
    covered(train, options)?;
    let sq_norm: f64 = train.inputs().iter().map(|x| x * x).sum();
    let target = train.targets()[0];
    let theory = first_order(arch, sq_norm)?;
    if let Ok(movement) = theory.movement {
        let relative = |change: crate::Scaled| (change / theory.ntk).to_f64();
        let rms = theory.reliability.rms_movement.then(|| relative(movement.rms_step(rate, target)));
        return Ok(ExpectedChange { mean: relative(movement.mean_step(rate, target)), rms });
    }
    let relu = arch.activation().name() == "relu" && arch.activation().regularity() == Regularity::Kinked;
    match arch.constants().filter(|_| relu) {
        Some(constants) => {
            let fourth = train.inputs().iter().map(|x| x.powi(4)).sum();
            let update = crossing_update(&constants, &InputNorm::new(sq_norm, Some(fourth))?, target)?;
            Ok(ExpectedChange { mean: (update.finite_step * rate / theory.ntk).to_f64(), rms: None })
        }
        None => {
            let known = "relu and smooth activations";
            Err(ComparisonError::FirstStep { known, got: arch.activation().to_string() })
        }
    }
}

/// That theory speaks of this training at all.
fn covered(train: &Examples, options: &TrainOptions) -> Result<(), ComparisonError> {
    let refused = |known, got: String| Err(ComparisonError::FirstStep { known, got });
    if options.optimizer != Optimizer::GradientDescent {
        return refused("gradient descent", options.optimizer.to_string());
    }
    if options.loss != Loss::Squared {
        return refused("the squared loss", format!("the {} loss", options.loss));
    }
    if train.rows() != 1 || train.outputs() != 1 {
        let got = format!("{} inputs and {} outputs", train.rows(), train.outputs());
        return refused("one training input and one output", got);
    }
    Ok(())
}
