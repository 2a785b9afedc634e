//! An ensemble beside infinite width, as one result.

use serde::Serialize;

use super::ensemble::DataSums;
use super::{
    ComparisonError, Ensemble, EnsembleVerdict, InfiniteOutputs, InfiniteWidth, Setting, comparison::rms_between,
};
use crate::spec::Architecture;
use crate::statistics::MeanWithError;
use crate::train::{Examples, Outputs, TrainOptions};

/// Mean and variance of an ensemble beside those of infinite width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct InfiniteSpread {
    /// The variance of infinitely wide networks, a mean over inputs.
    pub variance: f64,
    /// The variance of the ensemble over it; `None` where it is 0, and from one network.
    pub variance_ratio: Option<MeanWithError>,
    /// $\operatorname{rms}(\bar f - \mu_\infty)$ of the two means.
    pub mean_distance: f64,
    /// What so few networks would have if both had the same law: $\sqrt{s^2/K}$.
    pub mean_noise: Option<f64>,
    /// The distance beyond that noise, $\sqrt{\max(0, \text{distance}^2 - \text{noise}^2)}$, over
    /// $\operatorname{rms}(\mu_\infty)$; `None` where that is 0.
    pub relative_excess: Option<f64>,
    /// Root mean square over inputs and outputs of $z = (\bar f - \mu_\infty)/(s/\sqrt K)$; near 1 if both have the same mean.
    pub rms_z: Option<f64>,
    /// Share of the inputs and outputs with $|z| < 2$; 0.95 for many networks of the same mean.
    pub within_two: Option<f64>,
}

/// The outputs of an ensemble.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OutputSpread {
    /// The variance over networks, a mean over inputs and outputs; `None` from one network.
    pub variance: Option<MeanWithError>,
    /// The mean square of the mean over networks.
    pub mean_square: f64,
    /// Beside infinite width.
    pub infinite_width: Option<InfiniteSpread>,
}

/// An ensemble on some data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnsembleFit {
    /// The loss of a network, a mean over inputs.
    pub loss: Option<MeanWithError>,
    /// Its accuracy.
    pub accuracy: Option<MeanWithError>,
    /// Its outputs.
    pub outputs: OutputSpread,
}

/// An ensemble after some steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnsembleStep {
    /// Steps taken.
    pub step: u64,
    /// $t = \eta \cdot$ steps.
    pub time: f64,
    /// On the training data.
    pub train: EnsembleFit,
    /// On the test data.
    pub test: Option<EnsembleFit>,
    /// $|\Theta_t - \Theta_0|_F/|\Theta_0|_F$ on the probe.
    pub drift: Option<MeanWithError>,
    /// Alignment of the NTK with $\Theta_0$.
    pub alignment_initial: Option<MeanWithError>,
}

/// An ensemble of trained networks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnsembleReport {
    /// The networks that were drawn.
    pub architecture: Architecture,
    /// How they were trained.
    pub options: TrainOptions,
    /// η of all of them.
    pub learning_rate: f64,
    /// Training inputs.
    pub training_inputs: usize,
    /// Test inputs.
    pub test_inputs: usize,
    /// Inputs on which drift was recorded; 0 for none.
    pub probe_inputs: usize,
    /// Networks trained: draws $0, 1, \dots$ of the seed.
    pub members: u64,
    /// Those that diverged, which the numbers below leave out.
    pub diverged: u64,
    /// At every step recorded.
    pub at: Vec<EnsembleStep>,
    /// Why there is no infinitely wide network.
    pub no_infinite_width: Option<ComparisonError>,
    /// Whether infinite width described them.
    pub verdict: EnsembleVerdict,
}

/// The report of an ensemble.
///
/// # Arguments
/// * `infinite`: infinitely wide networks at the steps of the ensemble, or why there are none.
/// * `probe`: inputs on which drift was recorded.
///
/// # Errors
/// [`ComparisonError::NoMembers`], and [`ComparisonError::Length`] for infinitely wide networks at other steps.
///
/// # Accuracy and cost
/// Standard errors as in [`RunningList`](crate::statistics::RunningList). One pass over all outputs.
pub fn ensemble_report(
    arch: &Architecture,
    setting: &Setting<'_>,
    ensemble: &Ensemble,
    infinite: Result<&InfiniteWidth, ComparisonError>,
    probe: usize,
) -> Result<EnsembleReport, ComparisonError> {
    if ensemble.members() == 0 {
        return Err(ComparisonError::NoMembers);
    }
    let (expected, got) = (ensemble.steps.len(), infinite.as_ref().map_or(ensemble.steps.len(), |wide| wide.at.len()));
    if expected != got {
        return Err(ComparisonError::Length { what: "the steps of infinite width", expected, got });
    }
    let step = |(i, sums): (usize, &super::ensemble::StepSums)| {
        let wide = infinite.as_ref().ok().map(|wide| &wide.at[i]);
        let test = setting.test.map(|_| fit(&sums.test, wide, |outputs| &outputs.test));
        EnsembleStep {
            step: sums.step,
            time: sums.time,
            train: fit(&sums.train, wide, |outputs| &outputs.train),
            test,
            drift: sums.drift.with_error(),
            alignment_initial: sums.alignment.with_error(),
        }
    };
    let at: Vec<EnsembleStep> = ensemble.steps.iter().enumerate().map(step).collect();
    Ok(EnsembleReport {
        architecture: arch.clone(),
        options: setting.options.clone(),
        learning_rate: setting.learning_rate,
        training_inputs: setting.train.rows(),
        test_inputs: setting.test.map_or(0, Examples::rows),
        probe_inputs: probe,
        members: ensemble.members(),
        diverged: ensemble.diverged(),
        verdict: EnsembleVerdict::of(&at),
        at,
        no_infinite_width: infinite.err(),
    })
}

fn fit(sums: &DataSums, wide: Option<&InfiniteOutputs>, data: impl Fn(&Outputs) -> &Vec<f64>) -> EnsembleFit {
    let mean = sums.outputs.mean();
    let zero = vec![0.0; mean.len()];
    let infinite_width = wide.map(|wide| spread(sums, data(&wide.mean), data(&wide.variance)));
    EnsembleFit {
        loss: sums.loss.with_error(),
        accuracy: sums.accuracy.with_error(),
        outputs: OutputSpread {
            variance: sums.outputs.mean_variance(),
            mean_square: rms_between(mean, &zero).powi(2),
            infinite_width,
        },
    }
}

/// Beside the mean of every output and the variance of every input.
fn spread(sums: &DataSums, mean: &[f64], variances: &[f64]) -> InfiniteSpread {
    let (own, count) = (sums.outputs.mean(), sums.outputs.count() as f64);
    let variance = variances.iter().sum::<f64>() / variances.len().max(1) as f64;
    let own_variance = sums.outputs.mean_variance();
    let mean_distance = rms_between(own, mean);
    let mean_noise = own_variance.map(|own| (own.mean / count).sqrt());
    let size = rms_between(mean, &vec![0.0; mean.len()]);
    let excess = (mean_distance.powi(2) - mean_noise.unwrap_or(0.0).powi(2)).max(0.0).sqrt();
    let scores: Option<Vec<f64>> = sums.outputs.variances().map(|own_variances| {
        let triples = own.iter().zip(mean).zip(own_variances).filter(|(_, variance)| *variance > 0.0);
        triples.map(|((own, mean), variance)| (own - mean) / (variance / count).sqrt()).collect()
    });
    let scores = scores.filter(|scores| !scores.is_empty());
    let share = |scores: &Vec<f64>, counts: fn(f64) -> f64| {
        scores.iter().map(|z| counts(*z)).sum::<f64>() / scores.len() as f64
    };
    let over = |own: MeanWithError| MeanWithError {
        mean: own.mean / variance,
        standard_error: own.standard_error.map(|error| error / variance),
    };
    InfiniteSpread {
        variance,
        variance_ratio: own_variance.filter(|_| variance > 0.0).map(over),
        mean_distance,
        mean_noise,
        relative_excess: (size > 0.0).then(|| excess / size),
        rms_z: scores.as_ref().map(|scores| share(scores, |z| z * z).sqrt()),
        within_two: scores.as_ref().map(|scores| share(scores, |z| f64::from(u8::from(z.abs() < 2.0)))),
    }
}
