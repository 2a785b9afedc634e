//! The network linearised at its start.

use super::tangent::Tangent;
use super::{ComparisonError, Setting};
use crate::Scaled;
use crate::network::{KernelForm, KernelOptions, Network};
use crate::predict::{Distinct, Kernel, PredictError, PredictOptions, Targets, Time, memory_in_all, predict_owned};
use crate::train::{Loss, Optimizer, Outputs};

/// Eigenvectors of the kernel of $N$ numbers take about as long as this many times $N$ steps.
const STEPS_OF_EIGENVECTORS: u64 = 2;

/// What a network does that is linear in its parameters and is at first the one given, with the same derivatives:
/// $f(x; \omega) = f_0(x) + J_0(x)(\omega - \omega_0)$, trained as the network is.
///
/// With $\Theta_0 = J_0 J_0^\top$ of all training inputs and outputs, $f = f_0 - \Theta_0(\cdot, X)\, a$. For gradient descent
/// with full batches on the squared loss, $a_t = p_t(\Theta_0)(f_0(X) - y)$ with $p_t(\lambda) = (1 - (1 - \eta\lambda)^t)/\lambda$,
/// from the eigenvectors of $\Theta_0$ where that is faster than the steps themselves. Otherwise, and with momentum,
/// mini-batches or cross-entropy, step by step: $a \leftarrow a + \eta m$, $m \leftarrow \mu m + \partial\mathcal L/\partial f$,
/// with the batches of the trainer. Derived in docs/theory/training.md.
///
/// # Arguments
/// * `initial`: the network at step 0; its gradient scales say what is trained.
/// * `steps`: at which to look, ascending.
/// * `memory`: most bytes for the kernels.
///
/// # Returns
/// The outputs at each of the steps.
///
/// # Errors
/// [`ComparisonError::NoCourse`] for Adam, [`ComparisonError::Memory`] before anything is computed,
/// [`ComparisonError::Diverges`] where a linear network does; [`ComparisonError::Network`] for data that does not fit.
///
/// # Accuracy and cost
/// Exact up to rounding, some ε for each step. With $N = nC$ numbers on the training inputs and $M$ on the test inputs,
/// $8 N (N + M)$ bytes, and $2N^2$ operations a step or $9N^3$ in all. The same bits on any number of threads.
///
/// # Example
/// One weight layer is linear, so its course is that of the network: $w = 1$, $x = 1$, $y = 0$ has $f \leftarrow (1 - \eta) f$.
/// ```
/// use fathom_ntk::analysis::training::{Setting, linearised};
/// use fathom_ntk::network::{GradientScale, Layer, Network};
/// use fathom_ntk::train::{Examples, TrainOptions};
/// let layer = Layer::new(1, 1, vec![1.0], None, GradientScale::STANDARD)?;
/// let network = Network::new(fathom_ntk::activation::Activation::relu(), vec![layer])?;
/// let train = Examples::new(vec![1.0], 1, vec![0.0], 1)?;
/// let options = TrainOptions::default();
/// let setting = Setting { train: &train, test: None, options: &options, learning_rate: 0.25 };
/// let course = linearised(&network, &setting, &[0, 2], 1 << 20)?;
/// assert_eq!((course[0].train[0], course[1].train[0]), (1.0, 0.5625));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn linearised(
    initial: &Network,
    setting: &Setting<'_>,
    steps: &[u64],
    memory: u64,
) -> Result<Vec<Outputs>, ComparisonError> {
    check_linearised(setting, memory)?;
    if let Some(pair) = steps.windows(2).find(|pair| pair[0] > pair[1]) {
        return Err(ComparisonError::Steps { got: pair[1], before: pair[0] });
    }
    let start = outputs(initial, setting)?;
    let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
    let inputs = setting.train.inputs();
    let kernel = initial.empirical_ntk(inputs, &options)?.into_matrices().swap_remove(0);
    let cross = match setting.test {
        Some(test) => initial.empirical_ntk_between(test.inputs(), inputs, &options)?.into_matrices().swap_remove(0),
        None => Vec::new(),
    };
    let last = steps.last().copied().unwrap_or(0);
    let [n, m] = setting.sizes();
    let plain = setting.options.optimizer == Optimizer::GradientDescent && setting.options.loss == Loss::Squared;
    if plain && setting.has_full_batches() && last > STEPS_OF_EIGENVECTORS * n as u64 {
        let options = course_options(setting, steps);
        if memory_in_all(n, m, 1, &options) <= memory {
            return by_eigenvectors(start, kernel, cross, setting, &options);
        }
    }
    let mut tangent = Tangent::new(setting, &kernel, &start)?;
    let at = |step: &u64| {
        tangent.advance_to(*step)?;
        Ok(tangent.outputs(&start, &cross))
    };
    steps.iter().map(at).collect()
}

/// Whether a linearised network can be computed, before it is.
///
/// # Errors
/// [`ComparisonError::NoCourse`], [`ComparisonError::Memory`].
pub fn check_linearised(setting: &Setting<'_>, memory: u64) -> Result<(), ComparisonError> {
    if let other @ Optimizer::Adam { .. } = setting.options.optimizer {
        return Err(ComparisonError::NoCourse { optimizer: other.to_string() });
    }
    let [n, m] = setting.sizes().map(|size| size as u64);
    let needed = n.saturating_mul(n.saturating_add(m)).saturating_mul(size_of::<f64>() as u64);
    if needed > memory {
        let what = "the initial NTK of all training inputs and outputs with themselves and with those for test, rows";
        return Err(ComparisonError::Memory { what, rows: setting.sizes()[0], needed, allowed: memory });
    }
    Ok(())
}

/// What a network says of all data.
pub(super) fn outputs(network: &Network, setting: &Setting<'_>) -> Result<Outputs, ComparisonError> {
    let train = network.forward(setting.train.inputs())?.outputs().to_vec();
    let test = match setting.test {
        Some(test) => network.forward(test.inputs())?.outputs().to_vec(),
        None => Vec::new(),
    };
    let sizes = [train.len(), test.len()];
    for (expected, got) in setting.sizes().into_iter().zip(sizes) {
        if expected != got {
            return Err(ComparisonError::Length { what: "the outputs of the network", expected, got });
        }
    }
    Ok(Outputs { train, test })
}

fn course_options(setting: &Setting<'_>, steps: &[u64]) -> PredictOptions {
    let learning_rate = setting.learning_rate;
    PredictOptions {
        times: steps.iter().map(|&steps| Time::Steps { learning_rate, steps }).collect(),
        ..Default::default()
    }
}

/// All numbers as those of one output, that starts at $f_0$.
fn by_eigenvectors(
    start: Outputs,
    kernel: Vec<f64>,
    cross: Vec<f64>,
    setting: &Setting<'_>,
    options: &PredictOptions,
) -> Result<Vec<Outputs>, ComparisonError> {
    let [n, m] = setting.sizes();
    // Of the kernel among test inputs nothing is needed without a covariance.
    let kernel = Kernel::from_entries(kernel, cross, vec![1.0; m], Scaled::ONE)?;
    let residuals: Vec<f64> = setting.train.targets().iter().zip(&start.train).map(|(y, f)| y - f).collect();
    let targets = Targets::new(&residuals, 1, &Distinct::all(n))?;
    let prediction = predict_owned(Some(kernel), None, &targets, options).map_err(|error| match error {
        PredictError::Diverges { learning_rate, .. } => {
            let step = options
                .times
                .iter()
                .filter_map(|time| if let Time::Steps { steps, .. } = time { Some(*steps) } else { None });
            ComparisonError::Diverges { step: step.max().unwrap_or(0), learning_rate }
        }
        other => other.into(),
    })?;
    let moved = |from: &[f64], change: &[f64]| from.iter().zip(change).map(|(f, change)| f + change).collect();
    let at = |at: &crate::predict::AtTime| Outputs {
        train: moved(&start.train, &at.train_mean),
        test: moved(&start.test, &at.mean),
    };
    Ok(prediction.at.iter().map(at).collect())
}
