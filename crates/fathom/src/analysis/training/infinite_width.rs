//! The infinitely wide network on the same data at the same steps.

use serde::Serialize;

use super::{ComparisonError, Setting};
use crate::infinite::matrix::{KernelKind, Watch};
use crate::predict::{
    AtTime, Covariance, Distinct, Kernels, PredictOptions, Prediction, Targets, TestBlock, Time, memory_in_all, predict,
};
use crate::spec::Architecture;
use crate::train::{Examples, Loss, Optimizer, Outputs};

/// Outputs of infinitely wide networks after some steps, over initialisations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InfiniteOutputs {
    /// Their mean.
    pub mean: Outputs,
    /// The variance of each output, one number for each input: it is the same for all outputs.
    pub variance: Outputs,
    /// The course of the one among them that starts with the outputs given, on the data: $f_0 - A_t (f_0(X) - y)$.
    pub from_initial: Option<Outputs>,
}

/// Infinitely wide networks along a training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InfiniteWidth {
    /// For each of the steps.
    pub at: Vec<InfiniteOutputs>,
    /// $2/\lambda_{\max}(\Theta_\infty)$, above which they diverge.
    pub max_learning_rate: f64,
}

/// Whether infinitely wide networks can be predicted, before they are.
///
/// # Errors
/// [`ComparisonError::NoInfiniteWidth`] for another optimiser, loss or batch; [`ComparisonError::Memory`].
pub fn check_infinite_width(setting: &Setting<'_>, steps: usize, memory: u64) -> Result<(), ComparisonError> {
    let options = setting.options;
    let unknown = |got: String| Err(ComparisonError::NoInfiniteWidth { got });
    match options.optimizer {
        Optimizer::GradientDescent => {}
        other => return unknown(other.to_string()),
    }
    if options.loss != Loss::Squared {
        return unknown(format!("the {} loss", options.loss));
    }
    if !setting.has_full_batches() {
        return unknown(format!("batches of {}", options.batch.unwrap_or(1)));
    }
    let (n, m) = (setting.train.rows(), setting.test.map_or(0, Examples::rows));
    let times = vec![Time::Steps { learning_rate: setting.learning_rate, steps: 1 }];
    let plan = PredictOptions { times, covariance: Covariance::Diagonal, ..Default::default() };
    // Two groups of targets, and once more their means apart.
    let numbers = (2 * n + m).saturating_mul(setting.train.outputs()) as u64;
    let answers = (steps as u64).saturating_mul(numbers).saturating_mul(4 * size_of::<f64>() as u64);
    let needed = memory_in_all(n, n + m, 2 * setting.train.outputs(), &plan).saturating_add(answers);
    if needed > memory {
        let what = "the kernels of infinite width and their eigenvectors, rows";
        return Err(ComparisonError::Memory { what, rows: n, needed, allowed: memory });
    }
    Ok(())
}

/// Mean and variance over initialisations of infinitely wide networks, trained on the same data by the same steps
/// ([`predict()`]).
///
/// The kernels are those of the architecture with its parameterization. In the standard one the NTK grows with the widths;
/// it is then taken at the widths given, to leading order, and the learning rate stands as it is: the limit is that of
/// growing widths at a fixed product of rate and width.
///
/// # Arguments
/// * `steps`: at which to look.
/// * `initial`: the outputs of one network at step 0, whose own course is wanted too.
/// * `memory`: most bytes.
///
/// # Errors
/// As of [`check_infinite_width`]; [`ComparisonError::Predict`] for kernels that do not exist, and rates that diverge.
///
/// # Accuracy and cost
/// Those of [`predict()`]: an eigendecomposition, $9n^3$, for the kernel of $n$ training inputs.
///
/// # Example
/// One weight layer, $x = 1$, $\Theta = K = \sigma_w^2 = 2$: at rate ¼ each step halves what is left.
/// ```
/// use fathom_ntk::analysis::training::{Setting, infinite_width};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// use fathom_ntk::train::{Examples, TrainOptions};
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("1,1".parse()?), ..Default::default() })?;
/// let train = Examples::new(vec![1.0], 1, vec![4.0], 1)?;
/// let options = TrainOptions::default();
/// let setting = Setting { train: &train, test: None, options: &options, learning_rate: 0.25 };
/// let wide = infinite_width(&arch, &setting, &[2], None, 1 << 20)?;
/// assert!((wide.at[0].mean.train[0] - 3.0).abs() < 1e-14);
/// assert!((wide.at[0].variance.train[0] - 2.0 / 16.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn infinite_width(
    arch: &Architecture,
    setting: &Setting<'_>,
    steps: &[u64],
    initial: Option<&Outputs>,
    memory: u64,
) -> Result<InfiniteWidth, ComparisonError> {
    check_infinite_width(setting, steps.len(), memory)?;
    let prediction = prediction(arch, setting, steps, initial)?;
    let at = prediction.at.iter().map(|at| apart(at, setting, initial)).collect();
    Ok(InfiniteWidth { at, max_learning_rate: prediction.max_learning_rate.to_f64() })
}

/// Of the training inputs and the test inputs after them, with the targets, and what is left of them from `initial`.
fn prediction(
    arch: &Architecture,
    setting: &Setting<'_>,
    steps: &[u64],
    initial: Option<&Outputs>,
) -> Result<Prediction, ComparisonError> {
    let (train, features) = (setting.train, setting.train.features());
    let distinct = Distinct::rows(train.inputs(), features)?;
    let row = |&i: &usize| &train.inputs()[i * features..(i + 1) * features];
    let different: Vec<f64> = distinct.representatives().iter().flat_map(row).copied().collect();
    let points = [train.inputs(), setting.test.map_or(&[], |test| test.inputs())].concat();
    let (kind, block, watch) = (KernelKind::Both, TestBlock::Diagonal, Watch::default());
    let kernels = Kernels::compute(arch, &different, &points, features, kind, block, &watch)?;
    let outputs = train.outputs();
    let targets: Vec<f64> = match initial {
        None => train.targets().to_vec(),
        Some(initial) => {
            let rows = train.targets().chunks_exact(outputs).zip(initial.train.chunks_exact(outputs));
            rows.flat_map(|(y, f)| y.iter().copied().chain(y.iter().zip(f).map(|(y, f)| y - f))).collect()
        }
    };
    let targets = Targets::new(&targets, outputs * (1 + usize::from(initial.is_some())), &distinct)?;
    let learning_rate = setting.learning_rate;
    let times = steps.iter().map(|&steps| Time::Steps { learning_rate, steps }).collect();
    let options = PredictOptions { times, covariance: Covariance::Diagonal, ..Default::default() };
    Ok(predict(kernels.ntk.as_ref(), kernels.nngp.as_ref(), &targets, &options)?)
}

/// Training inputs and test inputs apart, and the two groups of targets.
fn apart(at: &AtTime, setting: &Setting<'_>, initial: Option<&Outputs>) -> InfiniteOutputs {
    let (rows, outputs) = (setting.train.rows(), setting.train.outputs());
    let groups = 1 + usize::from(initial.is_some());
    let group = |which: usize| {
        let values =
            at.mean.chunks_exact(groups * outputs).flat_map(|row| &row[which * outputs..(which + 1) * outputs]);
        split(values.copied().collect(), rows * outputs)
    };
    let from_initial = initial.map(|initial| {
        let Outputs { train, test } = group(1);
        let moved = |from: &[f64], change: Vec<f64>| from.iter().zip(change).map(|(f, change)| f + change).collect();
        Outputs { train: moved(&initial.train, train), test: moved(&initial.test, test) }
    });
    // Rounding can make a variance that vanishes negative.
    let variance = at.variance.iter().flatten().map(|v| v.max(0.0)).collect();
    InfiniteOutputs { mean: group(0), variance: split(variance, rows), from_initial }
}

fn split(mut values: Vec<f64>, training: usize) -> Outputs {
    let test = values.split_off(training.min(values.len()));
    Outputs { train: values, test }
}
