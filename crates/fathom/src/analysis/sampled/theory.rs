//! What is known of an observable without a simulation.

use std::collections::HashMap;

use super::report::{Known, Source};
use crate::Scaled;
use crate::infinite::{PairInput, PairKernel, pair_kernel};
use crate::moments::first_order::{FirstOrder, TwoInputs, first_order, two_inputs};
use crate::moments::{InputNorm, ReluMoments, crossing_update, mean_first_update, relu_moments};
use crate::sample::{Change, Entry, FirstStep, Observable};
use crate::spec::{Architecture, NetworkRef};

/// Inputs up to which the expansion between each pair is computed.
const MOST_INPUTS: usize = 12;

/// Theory of one network on some inputs; what is costly is computed once.
pub(super) struct Theory<'a> {
    arch: &'a Architecture,
    inputs: Vec<&'a [f64]>,
    step: FirstStep,
    exact: HashMap<usize, Option<ReluMoments>>,
    kernels: HashMap<(usize, usize), Option<PairKernel>>,
    pairs: HashMap<(usize, usize), Option<TwoInputs>>,
    expansions: HashMap<usize, Option<FirstOrder>>,
}

/// Logarithm of the dispersion of an observable, where it is known exactly: for relu, one input and one output.
///
/// # Arguments
/// * `inputs`: rows of $n_0$ numbers, row after row.
/// * `observable`: one that a [`Recorder`](crate::sample::Recorder) of these inputs accepts; `None` of others.
///
/// # Example
/// One hidden layer of width 8, $|x|^2 = n_0$: $E\Theta = 4$ and $E\Theta^2/(E\Theta)^2$ as in the exact moments.
/// ```
/// use fathom_ntk::analysis::sampled::log_dispersion;
/// use fathom_ntk::moments::{InputNorm, relu_moments};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("2,8,1".parse()?), ..Default::default() };
/// let (arch, x) = (Architecture::try_from(spec)?, [1.0, 1.0]);
/// let exact = relu_moments(&arch.constants().expect("all variances are equal"), &InputNorm::of(&x)?)?;
/// assert_eq!(log_dispersion(&arch, &x, "ntk(0,0)".parse()?), Some(exact.log_dispersion));
/// assert_eq!(log_dispersion(&arch, &x, "output(0)".parse()?), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn log_dispersion<'a>(network: impl Into<NetworkRef<'a>>, inputs: &[f64], observable: Observable) -> Option<f64> {
    let NetworkRef::Layers(arch) = network.into() else { return None };
    let Observable::Ntk(Entry { inputs: (a, b), outputs: (c, d) }) = observable else { return None };
    let mut theory = Theory::new(arch, inputs, FirstStep::default());
    (a == b && c == d && a < theory.inputs.len()).then(|| theory.exact(a).map(|m| m.log_dispersion))?
}

impl<'a> Theory<'a> {
    pub(super) fn new(arch: &'a Architecture, inputs: &'a [f64], step: FirstStep) -> Self {
        let features = arch.widths().map_or(1, |widths| widths[0]);
        Self {
            arch,
            inputs: inputs.chunks(features).collect(),
            step,
            exact: HashMap::new(),
            kernels: HashMap::new(),
            pairs: HashMap::new(),
            expansions: HashMap::new(),
        }
    }

    /// What is known of an observable; nothing is no error.
    pub(super) fn of(&mut self, observable: Observable) -> Known {
        match observable {
            Observable::Ntk(entry) => self.ntk(entry),
            Observable::Output { input, .. } => self.output(input),
            Observable::Trace => self.trace(),
            Observable::Update(change, Entry { inputs: (0, 0), outputs: (0, 0) }) => self.update(change),
            Observable::Update(change, Entry { inputs: (a, b), outputs: (0, 0) }) => self.update_between(change, a, b),
            _ => Known::default(),
        }
    }

    fn outputs(&self) -> usize {
        self.arch.widths().and_then(<[usize]>::last).copied().unwrap_or(1)
    }

    fn exact(&mut self, input: usize) -> Option<&ReluMoments> {
        let (arch, x) = (self.arch, self.inputs[input]);
        let compute = || {
            let known = arch.activation().name() == "relu" || arch.depth() == 1;
            known.then(|| relu_moments(&arch.constants()?, &InputNorm::of(x).ok()?).ok()).flatten()
        };
        self.exact.entry(input).or_insert_with(compute).as_ref()
    }

    fn kernel(&mut self, a: usize, b: usize) -> Option<PairKernel> {
        let (arch, x, y) = (self.arch, self.inputs[a], self.inputs[b]);
        let compute = || pair_kernel(arch, &PairInput::from_vectors(x, y).ok()?).ok();
        *self.kernels.entry((a, b)).or_insert_with(compute)
    }

    /// First order in 1/width between two inputs; of few pairs only, because it is costly.
    fn pair(&mut self, a: usize, b: usize) -> Option<&TwoInputs> {
        if self.inputs.len() > MOST_INPUTS {
            return None;
        }
        let (arch, x, y) = (self.arch, self.inputs[a], self.inputs[b]);
        let compute = || two_inputs(arch, &PairInput::from_vectors(x, y).ok()?).ok();
        self.pairs.entry((a, b)).or_insert_with(compute).as_ref()
    }

    fn expansion(&mut self, input: usize) -> Option<&FirstOrder> {
        let (arch, sq_norm) = (self.arch, self.inputs[input].iter().map(|x| x * x).sum());
        self.expansions.entry(input).or_insert_with(|| first_order(arch, sq_norm).ok()).as_ref()
    }

    fn ntk(&mut self, entry: Entry) -> Known {
        let ((a, b), (c, d)) = (entry.inputs, entry.outputs);
        let mut known = Known::default();
        if c != d {
            // The parameters into output c may change sign alone.
            known.mean.push((Source::Exact, Scaled::ZERO));
            if a == b
                && let Some(square) = self.exact(a).and_then(|m| Some(m.outputs.as_ref()?.off_diagonal_square))
            {
                known.variance.push((Source::Exact, square));
            }
            return known;
        }
        if a == b
            && let Some(m) = self.exact(a)
        {
            known.mean.push((Source::Exact, m.mean));
            known.variance.push((Source::Exact, m.variance));
            known.dispersion.push((Source::Exact, m.dispersion));
            known.log_dispersion = Some(m.log_dispersion);
            return known;
        }
        if let Some(kernel) = self.kernel(a, b) {
            known.mean.push((Source::InfiniteWidth, kernel.ntk[2]));
        }
        let first_order = if a == b {
            let of = |m: &FirstOrder| (m.ntk + m.ntk_mean_shift, m.ntk_variance, Some(m.relative_variance), false);
            self.expansion(a).map(of)
        } else {
            let of = |m: &TwoInputs| (m.ntk[1] + m.ntk_mean_shift[1], m.ntk_covariance[1][1], None, m.exact);
            self.pair(a, b).map(of)
        };
        if let Some((mean, variance, relative_variance, exact)) = first_order {
            let source = if exact { Source::Exact } else { Source::FirstOrder };
            known.mean.push((source, mean));
            known.variance.push((source, variance));
            known.dispersion.extend(relative_variance.map(|r| (source, Scaled::from(1.0 + r))));
        }
        known
    }

    fn output(&mut self, input: usize) -> Known {
        let mut known = Known::default();
        // The parameters into an output may change sign alone.
        known.mean.push((Source::Exact, Scaled::ZERO));
        let source = if self.exact(input).is_some() { Source::Exact } else { Source::InfiniteWidth };
        if let Some(kernel) = self.kernel(input, input) {
            known.variance.push((source, kernel.nngp[0]));
        }
        if let (Source::InfiniteWidth, Some(m)) = (source, self.expansion(input)) {
            known.variance.push((Source::FirstOrder, m.nngp + m.nngp_mean_shift));
        }
        known
    }

    fn trace(&mut self) -> Known {
        let mut known = Known::default();
        let outputs = self.outputs() as f64;
        let sum = (0..self.inputs.len()).try_fold(Scaled::ZERO, |sum, a| Some(sum + self.exact(a)?.mean));
        if let Some(sum) = sum {
            known.mean.push((Source::Exact, sum * outputs));
        } else {
            let sum = (0..self.inputs.len()).try_fold(Scaled::ZERO, |sum, a| Some(sum + self.kernel(a, a)?.ntk[0]));
            known.mean.extend(sum.map(|sum| (Source::InfiniteWidth, sum * outputs)));
        }
        if self.inputs.len() == 1
            && let Some(m) = self.exact(0).and_then(|m| m.outputs.as_ref())
        {
            let mean = m.trace_mean;
            known.variance.push((Source::Exact, m.trace_relative_variance * mean * mean));
        }
        known
    }

    /// Of Θ at the input that is trained on.
    fn update(&mut self, change: Change) -> Known {
        let mut known = Known::default();
        if self.outputs() > 1 {
            return known;
        }
        let FirstStep { target, step } = self.step;
        if self.exact(0).is_some() {
            let (constants, norm) = (self.arch.constants(), InputNorm::of(self.inputs[0]).ok());
            if let (Some(constants), Some(norm)) = (constants, norm) {
                known.mean.extend(match change {
                    Change::Derivative => mean_first_update(&constants, &norm).ok().map(|v| (Source::Exact, v)),
                    Change::RealStep => {
                        let update = crossing_update(&constants, &norm, target);
                        update.ok().map(|u| (Source::LargeWidth, u.finite_step))
                    }
                });
            }
        } else if let Some(movement) = self.expansion(0).and_then(|m| m.movement.as_ref().ok()) {
            let value = match change {
                Change::Derivative => movement.mean_gradient * -2.0,
                Change::RealStep => movement.mean_step(step, target) * step.recip(),
            };
            known.mean.push((Source::FirstOrder, value));
        }
        known
    }

    /// Of Θ where the other input is not trained on: the pair is that of input 0 and the other one.
    fn update_between(&mut self, change: Change, a: usize, b: usize) -> Known {
        let mut known = Known::default();
        let place = match (a, b) {
            (0, _) | (_, 0) => 1,
            (a, b) if a == b => 2,
            _ => return known,
        };
        let FirstStep { target, step } = self.step;
        if self.outputs() > 1 {
            return known;
        }
        if let Some(movement) = self.pair(0, a.max(b)).and_then(|m| m.movement.as_ref().ok()) {
            // The derivative is what remains of the step as it goes to zero; the target drops out of its mean.
            let value = match change {
                Change::Derivative => -movement.mean_gradient[0][place],
                Change::RealStep => movement.mean_step(step, [Some(target), None])[place] * step.recip(),
            };
            known.mean.push((Source::FirstOrder, value));
        }
        known
    }
}
