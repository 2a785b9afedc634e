//! Scores of the candidates of a selection against depth.

use std::collections::BTreeMap;

use fathom_ntk::predict::{Criterion, Scores, Selection};
use fathom_ntk::report::number;

use crate::error::CommandError;
use crate::flags::AnyNetwork;
use crate::plot::figure::{Axis, Figure, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

/// Curves that can be told apart in one panel.
const STYLES: [(Colour, Dash, Marker); 6] = [
    (Colour::BLUE, Dash::Solid, Marker::Circle),
    (Colour::VERMILLION, Dash::Dashed, Marker::Square),
    (Colour::GREEN, Dash::Dotted, Marker::Diamond),
    (Colour::BLACK, Dash::Mixed, Marker::Circle),
    (Colour::ORANGE, Dash::Solid, Marker::Square),
    (Colour::SKY_BLUE, Dash::Dashed, Marker::Diamond),
];

/// Candidates of one activation and variances: the depth and the score of the best ridge, by depth.
type Curve = BTreeMap<usize, f64>;

/// A panel for each activation; the best ridge of every network; the best six combinations of variances.
///
/// # Errors
/// [`CommandError::Usage`] if no candidate has scores.
pub(crate) fn selection_figure(selection: &Selection<AnyNetwork>) -> Result<Figure, CommandError> {
    let (quantity, scale, sign) = match selection.criterion {
        Criterion::LeaveOneOut => ("mean squared leave-one-out error", Scale::Log, 1.0),
        Criterion::Accuracy => ("leave-one-out accuracy", Scale::Linear, -1.0),
        Criterion::MarginalLikelihood => ("log marginal likelihood", Scale::Linear, -1.0),
    };
    let score = |scores: &Scores| match selection.criterion {
        Criterion::LeaveOneOut => scores.loo_error.log10(),
        Criterion::Accuracy => scores.loo_accuracy.unwrap_or(f64::NAN),
        Criterion::MarginalLikelihood => scores.log_marginal_likelihood,
    };
    let mut panels: BTreeMap<String, BTreeMap<String, Curve>> = BTreeMap::new();
    for candidate in &selection.candidates {
        let Some(scores) = candidate.outcome.scores() else { continue };
        let network = &candidate.network;
        let (heading, label, depth) = match network {
            AnyNetwork::Layers(arch) => {
                let variances = arch.uniform_variances().unwrap_or((f64::NAN, f64::NAN));
                let label = format!("σ_w² = {}, σ_b² = {}", number(variances.0), number(variances.1));
                (arch.activation().to_string(), label, arch.depth())
            }
            AnyNetwork::Blocks(blocks) => {
                ("networks of blocks".into(), format!("{} blocks", blocks.blocks().len()), blocks.depth())
            }
        };
        let curve = panels.entry(heading).or_default().entry(label).or_default();
        let held = curve.entry(depth).or_insert(f64::INFINITY * sign);
        if sign * score(scores) < sign * *held {
            *held = score(scores);
        }
    }
    if panels.is_empty() {
        return Err(CommandError::Usage("no candidate has scores, so there is nothing to draw".into()));
    }
    let columns = if panels.len() > 1 { 2 } else { 1 };
    let panels = panels.into_iter().map(|(activation, curves)| panel(activation, curves, quantity, scale, sign));
    Ok(Figure {
        title: "Infinitely wide networks by what their kernel makes of the training data".into(),
        subtitle: "every network with its best ridge".into(),
        panels: panels.collect(),
        columns,
    })
}

fn panel(heading: String, curves: BTreeMap<String, Curve>, quantity: &str, scale: Scale, sign: f64) -> Panel {
    let best = |curve: &Curve| curve.values().map(|score| sign * score).fold(f64::INFINITY, f64::min);
    let mut curves: Vec<(String, Curve)> = curves.into_iter().collect();
    curves.sort_by(|a, b| best(&a.1).total_cmp(&best(&b.1)));
    let mut marks = Vec::new();
    for ((label, curve), (colour, dash, marker)) in curves.into_iter().zip(STYLES) {
        let places: Vec<[f64; 2]> = curve.iter().map(|(depth, score)| [(*depth as f64).log10(), *score]).collect();
        let points = places.iter().map(|&[x, y]| Point { x, y, error: None }).collect();
        marks.push(Mark::Line { label: label.clone(), colour, dash, points: places });
        marks.push(Mark::Points { label: String::new(), colour, marker, points });
    }
    Panel { heading, x: Axis::new("weight layers L", Scale::Log), y: Axis::new(quantity, scale), height: 320.0, marks }
}
