//! A recorded training beside the linearised network and the infinitely wide one.

use serde::Serialize;

use super::first_step::first_step_change;
use super::linearised::outputs;
use super::{
    ComparisonError, FirstStepChange, InfiniteOutputs, InfiniteWidth, Setting, Verdict, check_infinite_width,
    check_linearised, infinite_width, linearised,
};
use crate::network::Network;
use crate::spec::Architecture;
use crate::train::{Outputs, Record};

/// What a training is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparisonOptions {
    /// The linearised network.
    pub linearised: bool,
    /// The infinitely wide network.
    pub infinite_width: bool,
    /// Training inputs on which the change of the NTK in the first step is measured; 0 for none.
    pub probe: usize,
    /// Most bytes of memory.
    pub memory: u64,
}

/// How far apart two functions are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distance {
    /// The root mean square over inputs and outputs.
    pub rms: f64,
    /// As a share of how far training has moved the network; `None` if it has not.
    pub relative: Option<f64>,
}

/// A network beside infinitely wide ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct InfiniteDistance {
    /// From their mean over initialisations.
    pub from_mean: Distance,
    /// Their standard deviation over initialisations, a root mean square over inputs.
    pub spread: f64,
    /// The distance from the mean over the spread: about 1 for one of them. `None` without spread.
    pub in_spreads: Option<f64>,
    /// From the course of the one that starts with the same outputs.
    pub from_own: Distance,
}

/// The network on some data beside the theories.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OnData {
    /// $\operatorname{rms}(f_t - f_0)$.
    pub movement: f64,
    /// From the linearised network.
    pub linearised: Option<Distance>,
    /// From infinite width.
    pub infinite_width: Option<InfiniteDistance>,
}

/// The network after some steps beside the theories.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepComparison {
    /// Steps taken.
    pub step: u64,
    /// On the training data.
    pub train: OnData,
    /// On the test data.
    pub test: Option<OnData>,
}

/// A training beside the theories.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// At every step recorded.
    pub at: Vec<StepComparison>,
    /// Why there is no linearised network.
    pub no_linearised: Option<ComparisonError>,
    /// Why there is no infinitely wide network.
    pub no_infinite_width: Option<ComparisonError>,
    /// $2/\lambda_{\max}(\Theta_\infty)$.
    pub infinite_max_learning_rate: Option<f64>,
    /// How the first step changes the NTK.
    pub first_step: Option<FirstStepChange>,
    /// Why that is not known.
    pub no_first_step: Option<ComparisonError>,
    /// Whether the theories held.
    pub verdict: Verdict,
}

/// Compares a recorded training with what theories say of it.
///
/// # Arguments
/// * `initial`: the network at step 0.
/// * `records`: what was recorded, by ascending steps.
/// * `outputs`: what the network said at the same steps ([`Snapshot::outputs`](crate::train::Snapshot)).
///
/// # Errors
/// [`ComparisonError`] if lists do not fit each other. A theory that does not exist for this training, or is not asked for, is
/// left out with its reason.
///
/// # Accuracy and cost
/// Those of [`linearised()`], [`infinite_width()`] and [`first_step_change`].
///
/// # Example
/// One weight layer is its own linearisation:
/// ```
/// use fathom_ntk::analysis::training::{ComparisonOptions, Setting, compare};
/// use fathom_ntk::sample::{Method, Sampler};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// use fathom_ntk::train::{Event, Examples, Loss, Recorder, TrainOptions, Trainer, train};
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("2,1".parse()?), ..Default::default() })?;
/// let data = Examples::new(vec![1.0, 0.5, -0.3, 1.2], 2, vec![1.0, -1.0], 1)?;
/// let initial = Sampler::new(&arch, &data.inputs()[..2], Some(Method::Direct))?.network(0, 0)?;
/// let options = TrainOptions::default();
/// let mut trainer = Trainer::new(&initial, &data, &options)?;
/// let recorder = Recorder::new(&initial, &data, None, Loss::Squared, None)?;
/// let (mut records, mut outputs) = (Vec::new(), Vec::new());
/// train(&mut trainer, &recorder, &"0,10,50".parse()?, None, |_, event| {
///     if let Event::Recorded(snapshot) = event {
///         records.push(snapshot.record.clone());
///         outputs.push(snapshot.outputs.clone());
///     }
///     std::ops::ControlFlow::Continue(())
/// })?;
/// let setting = Setting { train: &data, test: None, options: &options, learning_rate: trainer.learning_rate() };
/// let wanted = ComparisonOptions { linearised: true, infinite_width: true, probe: 0, memory: 1 << 20 };
/// let comparison = compare(&arch, &initial, &setting, &records, &outputs, wanted)?;
/// let last = comparison.at[2].train;
/// assert!(last.movement > 0.1 && last.linearised.is_some_and(|distance| distance.rms < 1e-13));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare(
    arch: &Architecture,
    initial: &Network,
    setting: &Setting<'_>,
    records: &[Record],
    outputs: &[Outputs],
    wanted: ComparisonOptions,
) -> Result<Comparison, ComparisonError> {
    if records.len() != outputs.len() {
        let (expected, got) = (records.len(), outputs.len());
        return Err(ComparisonError::Length { what: "the outputs at the steps recorded", expected, got });
    }
    let start = self::outputs(initial, setting)?;
    let steps: Vec<u64> = records.iter().map(|record| record.step).collect();
    let line = match wanted.linearised {
        true => linearised(initial, setting, &steps, wanted.memory),
        false => check_linearised(setting, wanted.memory).and(Err(ComparisonError::NotAskedFor)),
    };
    let wide = match wanted.infinite_width {
        true => infinite_width(arch, setting, &steps, Some(&start), wanted.memory),
        false => check_infinite_width(setting, steps.len(), wanted.memory).and(Err(ComparisonError::NotAskedFor)),
    };
    let mut at = Vec::with_capacity(steps.len());
    for (i, (&step, now)) in steps.iter().zip(outputs).enumerate() {
        let theories = Theories {
            start: &start,
            linearised: line.as_ref().ok().map(|line| &line[i]),
            infinite: wide.as_ref().ok().map(|wide| &wide.at[i]),
        };
        let train = theories.beside(now, |outputs| &outputs.train);
        let test = setting.test.map(|_| theories.beside(now, |outputs| &outputs.test));
        at.push(StepComparison { step, train, test });
    }
    let first_step = match wanted.probe {
        0 => Err(ComparisonError::NotAskedFor),
        probe => first_step_change(arch, initial, setting, probe),
    };
    let (first_step, no_first_step) = apart(first_step);
    Ok(Comparison {
        verdict: Verdict::of(records, &at),
        at,
        infinite_max_learning_rate: wide.as_ref().ok().map(|wide: &InfiniteWidth| wide.max_learning_rate),
        no_linearised: line.err(),
        no_infinite_width: wide.err(),
        first_step,
        no_first_step,
    })
}

/// A value, or the reason why there is none.
pub(super) fn apart<T>(result: Result<T, ComparisonError>) -> (Option<T>, Option<ComparisonError>) {
    match result {
        Ok(value) => (Some(value), None),
        Err(reason) => (None, Some(reason)),
    }
}

/// What theories say at one step.
struct Theories<'a> {
    start: &'a Outputs,
    linearised: Option<&'a Outputs>,
    infinite: Option<&'a InfiniteOutputs>,
}

impl Theories<'_> {
    /// The network beside them on one kind of data.
    fn beside(&self, now: &Outputs, data: impl Fn(&Outputs) -> &Vec<f64>) -> OnData {
        let now = data(now);
        let movement = rms_between(now, data(self.start));
        let distance = |other: &Outputs| {
            let rms = rms_between(now, data(other));
            Distance { rms, relative: (movement > 0.0).then(|| rms / movement) }
        };
        let infinite = self.infinite.and_then(|infinite| {
            let variances = data(&infinite.variance);
            let spread = (variances.iter().sum::<f64>() / variances.len().max(1) as f64).sqrt();
            let from_mean = distance(&infinite.mean);
            Some(InfiniteDistance {
                from_mean,
                spread,
                in_spreads: (spread > 0.0).then(|| from_mean.rms / spread),
                from_own: distance(infinite.from_initial.as_ref()?),
            })
        });
        OnData { movement, linearised: self.linearised.map(distance), infinite_width: infinite }
    }
}

/// $\operatorname{rms}(a - b)$.
pub(super) fn rms_between(a: &[f64], b: &[f64]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    (sum / a.len().max(1) as f64).sqrt()
}
