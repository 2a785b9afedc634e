//! std Θ / E Θ against depth to first order in 1/width, for any activation.

use fathom_ntk::Scaled;
use fathom_ntk::moments::first_order::{FirstOrder, Trust, first_order};
use fathom_ntk::spec::Architecture;

use super::depths::{at_depth, depths_by_ratio};
use super::dispersion::error_bar;
use super::distribution::Surrogate;
use super::sample::Measured;
use crate::error::CommandError;
use crate::plot::figure::{Axis, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

/// Most depths on a curve, and what bounds the layers walked through for all of them together: each may need an integral.
const MOST_DEPTHS: usize = 60;
const MOST_LAYERS: usize = 200_000;
const FEWEST_DEPTHS: usize = 6;
/// Curves with fewer depths show each of them.
const FEW: usize = 25;

/// The panel, and the law at full depth.
pub(super) fn first_order_panel(
    arch: &Architecture,
    sq_norm: f64,
    measured: &[Measured],
) -> Result<(Panel, Option<Surrogate>), CommandError> {
    let most = (MOST_LAYERS / arch.depth()).clamp(FEWEST_DEPTHS, MOST_DEPTHS);
    let mut found: Vec<(usize, FirstOrder)> = Vec::new();
    let mut heading = String::from("Randomness of the NTK against depth, at these widths");
    for depth in depths_by_ratio(arch.depth(), most) {
        let Some(shallower) = at_depth(arch, depth) else { continue };
        match first_order(&shallower, sq_norm) {
            Ok(result) => found.push((depth, result)),
            Err(reason) if depth == arch.depth() => {
                if found.is_empty() && measured.is_empty() {
                    return Err(CommandError::Usage(format!("cannot draw the moments: {reason}")));
                }
                heading += &format!("; at full depth, {reason}");
            }
            Err(_) => {}
        }
    }
    let scale = if arch.depth() > MOST_DEPTHS { Scale::Log } else { Scale::Whole };
    let across = |depth: f64| if scale == Scale::Log { depth.log10() } else { depth };
    let place =
        |(depth, result): &(usize, FirstOrder)| [across(*depth as f64), result.relative_variance.max(0.0).sqrt()];
    let points: Vec<[f64; 2]> = found.iter().map(place).collect();
    let mut marks = trust_bands(&found, across);
    let curve: Vec<Point> = points.iter().map(|&[x, y]| Point { x, y, error: None }).collect();
    let label = "first order in 1/width".into();
    marks.push(Mark::Line { label, colour: Colour::BLUE, dash: Dash::Solid, points });
    if curve.len() <= FEW {
        marks.push(Mark::Points { label: String::new(), colour: Colour::BLUE, marker: Marker::Circle, points: curve });
    }
    if !measured.is_empty() {
        let label = "Monte Carlo, ± one standard error".into();
        let std = |variance: Scaled| if variance < Scaled::ZERO { 0.0 } else { variance.sqrt().to_f64() };
        let points = measured.iter().map(|m| Point { x: across(m.depth as f64), ..error_bar(m, std) }).collect();
        marks.push(Mark::Points { label, colour: Colour::VERMILLION, marker: Marker::Square, points });
    }
    let usable = |(depth, result): &&(usize, FirstOrder)| {
        *depth == arch.depth() && result.reliability.statistics != Trust::Beyond
    };
    let surrogate = found.last().filter(usable);
    let surrogate = surrogate.map(|(_, r)| Surrogate::new(Scaled::from(r.relative_variance.max(0.0)), false));
    let panel = Panel {
        heading,
        x: Axis::new("depth (weight layers)", scale),
        y: Axis::new("std Θ / E Θ, dimensionless", Scale::Linear),
        height: 380.0,
        marks,
    };
    Ok((panel, surrogate))
}

/// Shades the depths at which first order is not quantitative.
fn trust_bands(found: &[(usize, FirstOrder)], across: impl Fn(f64) -> f64) -> Vec<Mark> {
    let shades = [
        (Trust::Indicative, "right to about 20 % only", Colour::ORANGE.tint(0.22)),
        (Trust::Beyond, "beyond first order: draw networks at random instead", Colour::BLACK.tint(0.16)),
    ];
    let mut bands = Vec::new();
    for (trust, label, colour) in shades {
        let runs =
            found.chunk_by(|a, b| (a.1.reliability.statistics == trust) == (b.1.reliability.statistics == trust));
        let (mut start, mut first) = (0, true);
        for run in runs {
            let end = start + run.len();
            if run[0].1.reliability.statistics == trust {
                // From halfway to the neighbour below to halfway to the one above.
                let halfway = |i: usize| 0.5 * (found[i - 1].0 + found[i].0) as f64;
                let from = if start == 0 { found[0].0 as f64 - 0.5 } else { halfway(start) };
                let to = if end == found.len() { found[end - 1].0 as f64 + 0.5 } else { halfway(end) };
                let (from, to) = (across(from), across(to));
                let label = if first { label.into() } else { String::new() };
                bands.push(Mark::Band {
                    label,
                    colour,
                    edges: vec![[from, f64::NEG_INFINITY, f64::INFINITY], [to, f64::NEG_INFINITY, f64::INFINITY]],
                });
                first = false;
            }
            start = end;
        }
    }
    bands
}
