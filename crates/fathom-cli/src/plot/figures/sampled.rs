//! A simulation as a picture.

use std::f64::consts::LN_10;

use fathom_ntk::Scaled;
use fathom_ntk::analysis::sampled::{Deviation, ObservableReport, SampleReport, Source, dispersion_at_one_input};
use fathom_ntk::moments::InputNorm;
use fathom_ntk::report::composition_words;
use fathom_ntk::sample::{Entry, Observable};
use fathom_ntk::spec::{AnyNetwork, Composition};

use super::depths::{at_depth, depths};
use super::distribution::drawn_panel;
use super::sample::{Bins, Measured, SampleFigure, sample_figure};
use crate::error::CommandError;
use crate::plot::figure::{Figure, Scale};

/// Depths at which the dispersion is simulated for the picture, the last of them being that of the run itself.
const MOST_DEPTHS: usize = 8;
/// Most time for each of them.
const SECONDS: f64 = 2.0;

/// The place of the first observable that is an NTK at one input and the first output, and that input.
///
/// # Errors
/// [`CommandError::Usage`] if there is none: then there is nothing to draw.
pub(crate) fn pictured(observables: &[Observable]) -> Result<(usize, usize), CommandError> {
    let of_one_input = |observable: &Observable| match *observable {
        Observable::Ntk(Entry { inputs: (a, b), outputs: (0, 0) }) if a == b => Some(a),
        _ => None,
    };
    let found = observables.iter().enumerate().find_map(|(place, observable)| Some((place, of_one_input(observable)?)));
    found.ok_or_else(|| CommandError::Usage("a picture shows Θ at one input: record ntk(A,A) with --observe".into()))
}

/// The histogram of the [`pictured`] observable; of fully connected networks also its dispersion against depth, of
/// networks of blocks the kernel of infinite width.
///
/// # Errors
/// [`CommandError::Usage`] if none was recorded, or if there is no draw of networks of blocks to show.
pub(crate) fn sampled_figure(
    report: &SampleReport,
    observables: &[Observable],
    inputs: &[f64],
) -> Result<Figure, CommandError> {
    let (place, input) = pictured(observables)?;
    let observable = &report.observables[place];
    let arch = match &report.architecture {
        AnyNetwork::Layers(arch) => arch,
        AnyNetwork::Blocks(blocks) => return blocks_figure(blocks, observable),
    };
    let features = arch.widths().map_or(inputs.len(), |widths| widths[0]);
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

/// The draws beside the kernel of infinite width.
fn blocks_figure(network: &Composition, observable: &ObservableReport) -> Result<Figure, CommandError> {
    let infinite = observable.mean_theory.iter().find(|known| known.source == Source::InfiniteWidth);
    let panel = bins(observable).and_then(|bins| {
        let place = |known: &Deviation| Some(coordinate(bins.scale, known.value / observable.mean?.value));
        drawn_panel(&bins, infinite.and_then(place))
    });
    let Some(panel) = panel else {
        return Err(CommandError::Usage(format!("no draw of {} can be shown in a picture", observable.name)));
    };
    let [title, blocks, law] = composition_words(network);
    Ok(Figure { title, subtitle: format!("{law}; {blocks}"), panels: vec![panel], columns: 1 })
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
    let place = |value: Scaled| coordinate(scale, value / mean);
    let edges = histogram.bins.iter().map(|bin| place(bin.low)).chain([place(last.high)]).collect();
    let counts = histogram.bins.iter().map(|bin| bin.count.round() as u64).collect();
    Some(Bins { scale, edges, counts, draws: observable.draws, mean: place(mean), median: place(median) })
}

/// Where a value of Θ/EΘ lies on the axis.
fn coordinate(scale: Scale, relative: Scaled) -> f64 {
    if scale == Scale::Log { relative.ln() / LN_10 } else { relative.to_f64() }
}
