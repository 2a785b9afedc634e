//! A simulation as a picture.

use std::f64::consts::LN_10;

use fathom_ntk::Scaled;
use fathom_ntk::analysis::sampled::{ObservableReport, SampleReport, dispersion_at_one_input};
use fathom_ntk::moments::InputNorm;
use fathom_ntk::sample::{Entry, Observable};
use fathom_ntk::spec::{AnyNetwork, Architecture};

use super::depths::{at_depth, depths};
use super::sample::{Bins, Measured, SampleFigure, sample_figure};
use crate::error::CommandError;
use crate::plot::figure::{Figure, Scale};

/// Depths at which the dispersion is simulated for the picture, the last of them being that of the run itself.
const MOST_DEPTHS: usize = 8;
/// Most time for each of them.
const SECONDS: f64 = 2.0;

/// The fully connected network, the place of the first observable that is an NTK at one input and the first output, and
/// that input.
///
/// # Errors
/// [`CommandError::Usage`] if there is none: then there is nothing to draw. So it is with networks of blocks: the picture
/// sets the exact law of fully connected networks beside the draws.
pub(crate) fn pictured<'a>(
    network: &'a AnyNetwork,
    observables: &[Observable],
) -> Result<(&'a Architecture, usize, usize), CommandError> {
    let AnyNetwork::Layers(arch) = network else {
        let message = "the picture shows the law of fully connected networks beside the draws: not of --network";
        return Err(CommandError::Usage(message.into()));
    };
    let of_one_input = |observable: &Observable| match *observable {
        Observable::Ntk(Entry { inputs: (a, b), outputs: (0, 0) }) if a == b => Some(a),
        _ => None,
    };
    let found = observables.iter().enumerate().find_map(|(place, observable)| Some((place, of_one_input(observable)?)));
    let found = found.map(|(place, input)| (arch, place, input));
    found.ok_or_else(|| CommandError::Usage("a picture shows Θ at one input: record ntk(A,A) with --observe".into()))
}

/// The histogram of the [`pictured`] observable, and its dispersion against depth.
///
/// # Errors
/// [`CommandError::Usage`] if none was recorded.
pub(crate) fn sampled_figure(
    report: &SampleReport,
    observables: &[Observable],
    inputs: &[f64],
) -> Result<Figure, CommandError> {
    let (arch, place, input) = pictured(&report.architecture, observables)?;
    let features = arch.widths().map_or(inputs.len(), |widths| widths[0]);
    let observable = &report.observables[place];
    let x = &inputs[input * features..(input + 1) * features];
    let mut measured = Vec::new();
    let full = arch.depth();
    for depth in depths(full, MOST_DEPTHS) {
        let dispersion = match at_depth(arch, depth) {
            Some(shallow) if depth < full && depth > 1 => {
                dispersion_at_one_input(&shallow, x, report.draws, report.seed, SECONDS)?
            }
            _ if depth == full => observable.dispersion,
            _ => None,
        };
        measured.extend(dispersion.and_then(|d| {
            let standard_error = d.standard_error?;
            Some(Measured { depth, dispersion: d.value, standard_error })
        }));
    }
    sample_figure(&SampleFigure { architecture: arch, input: &InputNorm::of(x)?, bins: bins(observable), measured })
}

/// The histogram of Θ/EΘ, with the sampled mean.
fn bins(observable: &ObservableReport) -> Option<Bins> {
    let (histogram, mean) = (observable.histogram.as_ref()?, observable.mean?.value);
    let median = observable.quantiles?[2].value;
    let first = histogram.bins.first()?;
    // Bins of equal ratio, unless they are of equal width.
    let last = histogram.bins.last()?;
    let ratio = (first.high / first.low).to_f64() - (last.high / last.low).to_f64();
    let scale = if histogram.bins.len() > 1 && ratio.abs() < 1e-6 { Scale::Log } else { Scale::Linear };
    let coordinate = |value: Scaled| match scale {
        Scale::Log => (value / mean).ln() / LN_10,
        _ => (value / mean).to_f64(),
    };
    let edges = histogram.bins.iter().map(|bin| coordinate(bin.low)).chain([coordinate(last.high)]).collect();
    let counts = histogram.bins.iter().map(|bin| bin.count.round() as u64).collect();
    Some(Bins { scale, edges, counts, draws: observable.draws, mean: coordinate(mean), median: coordinate(median) })
}
