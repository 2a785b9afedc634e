//! The report of a simulation.

use serde::Serialize;

use super::blocks::BlocksTheory;
use super::theory::Theory;
use crate::Scaled;
use crate::sample::{FirstStep, Method, Observable};
use crate::spec::{AnyNetwork, NetworkRef};
use crate::statistics::{
    Estimate, Histogram, HistogramScale, Marginal, Quantile, StatisticsError, Summary, TailWarning,
};

/// What was simulated.
#[derive(Clone, Copy, Debug)]
pub struct Simulation<'a> {
    /// The network.
    pub architecture: NetworkRef<'a>,
    /// Its inputs, rows of $n_0$ numbers, row after row.
    pub inputs: &'a [f64],
    /// How networks were drawn.
    pub method: Method,
    /// The seed.
    pub seed: u64,
    /// What was recorded, in the order of the statistics.
    pub observables: &'a [Observable],
    /// The first gradient step, if one was recorded.
    pub first_step: FirstStep,
    /// The statistics of all draws.
    pub summary: &'a Summary,
}

/// Where a theoretical value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Exact at these widths.
    Exact,
    /// The limit of infinite width.
    InfiniteWidth,
    /// With the corrections of first order in 1/width.
    FirstOrder,
    /// Leading order at large width.
    LargeWidth,
}

/// A theoretical value, and how far the simulation is from it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Deviation {
    /// Where it comes from.
    pub source: Source,
    /// The value.
    pub value: Scaled,
    /// (Simulated − theoretical)/standard error; `None` without a standard error.
    pub deviation: Option<f64>,
}

/// One observable.
#[derive(Clone, Debug, Serialize)]
pub struct ObservableReport {
    /// Its name, such as `ntk(0,1)`.
    pub name: String,
    /// Draws that have it.
    pub draws: u64,
    /// Draws that do not.
    pub undefined: u64,
    /// Mean.
    pub mean: Option<Estimate>,
    /// Theory of the mean.
    pub mean_theory: Vec<Deviation>,
    /// Variance.
    pub variance: Option<Estimate>,
    /// Theory of the variance.
    pub variance_theory: Vec<Deviation>,
    /// $E x^2/(E x)^2$; only of observables that are never negative.
    pub dispersion: Option<Estimate>,
    /// Theory of the dispersion.
    pub dispersion_theory: Vec<Deviation>,
    /// Standard deviation over mean, of the same observables.
    pub relative_std: Option<Estimate>,
    /// Quantiles of probability 0.05, 0.25, 0.5, 0.75, 0.95.
    pub quantiles: Option<[Quantile; 5]>,
    /// Smallest and largest draw.
    pub range: Option<(Scaled, Scaled)>,
    /// Mean and variance of the logarithm, if all draws are positive.
    pub log_moments: Option<(f64, f64)>,
    /// Draws in bins.
    pub histogram: Option<Histogram>,
    /// What must not be relied upon.
    pub warnings: Vec<TailWarning>,
}

/// A simulation beside the theory.
#[derive(Clone, Debug, Serialize)]
pub struct SampleReport {
    /// The network.
    pub architecture: AnyNetwork,
    /// $|x|^2$ of the inputs.
    pub sq_norms: Vec<f64>,
    /// How networks were drawn.
    pub method: Method,
    /// The seed.
    pub seed: u64,
    /// Draws.
    pub draws: u64,
    /// The first gradient step, if one was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_step: Option<FirstStep>,
    /// The observables.
    pub observables: Vec<ObservableReport>,
    /// Covariances of the joint observables, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covariances: Option<Covariances>,
}

/// A covariance matrix.
#[derive(Clone, Debug, Serialize)]
pub struct Covariances {
    /// Names of its rows and columns.
    pub names: Vec<String>,
    /// Its entries; `None` where the draws do not tell.
    pub matrix: Vec<Vec<Option<Estimate>>>,
}

/// The probabilities of [`ObservableReport::quantiles`].
const PROBABILITIES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
/// Bins of a histogram.
const BINS: usize = 60;
/// Spread of the logarithm from which bins are of equal ratio.
const WIDE: f64 = 0.5;

/// Sets a simulation beside the theory.
///
/// # Errors
/// [`StatisticsError`] if the summary is not one of these observables.
///
/// # Accuracy and cost
/// Exact moments cost $O(L)$; infinite-width kernels as [`pair_kernel`](crate::infinite::pair_kernel) for each pair.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::sampled::{Simulation, Source, sample_report};
/// use fathom_ntk::sample::{FirstStep, Observable, Recorder, Sampler, run};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// use fathom_ntk::statistics::Ledger;
/// let architecture = Architecture::try_from(ArchitectureSpec { widths: Some("2,8,1".parse()?), ..Default::default() })?;
/// let inputs = [1.0, 1.0];
/// let sampler = Sampler::new(&architecture, &inputs, None)?;
/// let observables: Vec<Observable> = vec!["ntk(0,0)".parse()?];
/// let recorder = Recorder::new(&sampler, &observables)?;
/// let mut ledger = Ledger::new(recorder.names());
/// run(&sampler, &recorder, 7, &[0..8], 2048, 2, |event| {
///     if let fathom_ntk::sample::Event::Block(block) = event {
///         ledger.insert(block.block, block.summary).expect("each block comes once");
///     }
///     std::ops::ControlFlow::Continue(())
/// })?;
/// let simulation = Simulation {
///     architecture: (&architecture).into(),
///     inputs: &inputs,
///     method: sampler.method(),
///     seed: 7,
///     observables: &observables,
///     first_step: FirstStep::default(),
///     summary: &ledger.total().expect("there are draws"),
/// };
/// let report = sample_report(&simulation)?;
/// let exact = &report.observables[0].mean_theory[0];
/// assert_eq!((exact.source, exact.value.to_f64()), (Source::Exact, 4.0));
/// assert!(exact.deviation.expect("there is a standard error").abs() < 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sample_report(simulation: &Simulation<'_>) -> Result<SampleReport, StatisticsError> {
    let Simulation { architecture, inputs, method, seed, observables, first_step, summary } = *simulation;
    let features = architecture.features().unwrap_or(1);
    let mut theory: Box<dyn FnMut(Observable) -> Known> = match architecture {
        NetworkRef::Layers(arch) => {
            let mut theory = Theory::new(arch, inputs, first_step);
            Box::new(move |observable| theory.of(observable))
        }
        NetworkRef::Blocks(blocks) => {
            let mut theory = BlocksTheory::new(blocks, inputs);
            Box::new(move |observable| theory.of(observable))
        }
    };
    let reports = observables.iter().enumerate().map(|(i, &observable)| {
        let marginal = summary.marginal(i)?;
        observable_report(observable, marginal, &theory(observable))
    });
    let observable_reports = reports.collect::<Result<_, _>>()?;
    let steps = observables.iter().any(|o| matches!(o, Observable::Update(..)));
    Ok(SampleReport {
        architecture: architecture.into(),
        sq_norms: inputs.chunks(features).map(|x| x.iter().map(|v| v * v).sum()).collect(),
        method,
        seed,
        draws: summary.draws(),
        first_step: steps.then_some(first_step),
        observables: observable_reports,
        covariances: covariances(observables, summary)?,
    })
}

/// What theory says of the moments of an observable.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) mean: Vec<(Source, Scaled)>,
    pub(super) variance: Vec<(Source, Scaled)>,
    pub(super) dispersion: Vec<(Source, Scaled)>,
    /// Exact ln of the dispersion.
    pub(super) log_dispersion: Option<f64>,
}

fn observable_report(
    observable: Observable,
    marginal: &Marginal,
    known: &Known,
) -> Result<ObservableReport, StatisticsError> {
    let tails = marginal.tails(known.log_dispersion)?;
    let range = marginal.range();
    let one_sign =
        range.is_some_and(|(least, _)| least >= Scaled::ZERO) && !matches!(observable, Observable::LogNtk(_));
    let (mean, variance) = (tails.mean(), tails.variance());
    let dispersion = if one_sign { tails.dispersion() } else { None };
    let quantiles = PROBABILITIES.map(|p| marginal.quantile(p));
    let quantiles = quantiles.into_iter().collect::<Result<Option<Vec<_>>, _>>()?;
    let (log_moments, least) = (marginal.log_moments(), range.map(|(least, _)| least));
    // A few zeros, from networks with a dead layer, do not make a narrow distribution of a wide one.
    let scale = match log_moments.filter(|_| least >= Some(Scaled::ZERO)) {
        Some((_, variance)) if variance > WIDE * WIDE => HistogramScale::Logarithmic,
        _ => HistogramScale::Linear,
    };
    let log_moments = log_moments.filter(|_| least > Some(Scaled::ZERO));
    Ok(ObservableReport {
        name: observable.to_string(),
        draws: marginal.count(),
        undefined: marginal.undefined(),
        mean_theory: deviations(mean, &known.mean),
        variance_theory: deviations(variance, &known.variance),
        dispersion_theory: deviations(dispersion, &known.dispersion),
        mean,
        variance,
        dispersion,
        relative_std: dispersion.and_then(|dispersion| relative_std(marginal, dispersion)),
        quantiles: quantiles.and_then(|q| q.try_into().ok()),
        range,
        log_moments,
        histogram: marginal.histogram(BINS, scale)?,
        warnings: tails.warnings(),
    })
}

/// The root of the relative variance, with the standard error that the dispersion leaves it.
fn relative_std(marginal: &Marginal, dispersion: Estimate) -> Option<Estimate> {
    let Estimate { value, .. } = marginal.relative_std()?;
    let standard_error = dispersion.standard_error.filter(|_| !value.is_zero()).map(|error| error / (value * 2.0));
    Some(Estimate { value, standard_error })
}

fn deviations(estimate: Option<Estimate>, known: &[(Source, Scaled)]) -> Vec<Deviation> {
    let of = |&(source, value): &(Source, Scaled)| {
        let error = estimate.and_then(|e| Some((e.value, e.standard_error.filter(|error| !error.is_zero())?)));
        Deviation { source, value, deviation: error.map(|(sampled, error)| ((sampled - value) / error).to_f64()) }
    };
    known.iter().map(of).collect()
}

fn covariances(observables: &[Observable], summary: &Summary) -> Result<Option<Covariances>, StatisticsError> {
    let members = summary.joint().members();
    if members.is_empty() {
        return Ok(None);
    }
    let row = |&i: &usize| members.iter().map(|&j| summary.covariance(i, j)).collect::<Result<Vec<_>, _>>();
    Ok(Some(Covariances {
        names: members.iter().map(|&i| observables[i].to_string()).collect(),
        matrix: members.iter().map(row).collect::<Result<_, _>>()?,
    }))
}
