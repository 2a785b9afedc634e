//! A training as a picture: loss, drift and alignment against steps, and the NTK sorted by class at both ends.

use fathom_ntk::analysis::training::{OnData, StepComparison};
use fathom_ntk::train::{KernelRecord, Record, TrainReport};

use super::depths::{subtitle, title};
use crate::plot::figure::{Axis, Figure, HeatMap, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

const HEIGHT: f64 = 260.0;
/// Inputs along a side of a heat map.
const CELLS: usize = 150;

/// The picture of a training.
///
/// # Arguments
/// * `beside`: theories at the steps recorded, where there are some.
/// * `kernels`: the NTK on the probe at every record, if it was kept.
/// * `classes`: of the inputs of the probe, where they are known.
pub(crate) fn training_figure(
    report: &TrainReport,
    beside: &[StepComparison],
    kernels: &[Vec<f64>],
    classes: Option<&[usize]>,
) -> Figure {
    let mut panels = vec![losses(report), accuracies(report), drift(report), alignments(report), distances(beside)];
    panels.retain(|panel| !panel.marks.is_empty());
    panels.extend(heat_maps(report, kernels, classes));
    let arch = &report.architecture;
    Figure { title: format!("Trained: {}", title(arch)), subtitle: subtitle(arch), panels, columns: 2 }
}

/// Where a step lies on a logarithmic axis; step 0 at its left edge.
pub(super) fn place(step: u64) -> f64 {
    if step == 0 { STEP_ZERO } else { (step as f64).log10() }
}

/// Half a step.
const STEP_ZERO: f64 = -0.301;
/// What the axis of steps says.
pub(super) const STEPS: &str = "steps; at the left edge, before the first";

/// A curve over the steps; `None` if it has no point.
fn curve(report: &TrainReport, look: (&str, Colour, Dash), value: impl Fn(&Record) -> Option<f64>) -> Option<Mark> {
    line(look, report.records.iter().filter_map(|record| Some([place(record.step), value(record)?])))
}

/// A curve through points; `None` without any.
pub(super) fn line(
    (label, colour, dash): (&str, Colour, Dash),
    points: impl Iterator<Item = [f64; 2]>,
) -> Option<Mark> {
    let points: Vec<[f64; 2]> = points.collect();
    let label = label.into();
    match points[..] {
        [] => None,
        [[x, y]] => {
            let points = vec![Point { x, y, error: None }];
            Some(Mark::Points { label, colour, marker: Marker::Circle, points })
        }
        _ => Some(Mark::Line { label, colour, dash, points }),
    }
}

pub(super) fn panel(heading: &str, y: Axis, marks: impl IntoIterator<Item = Option<Mark>>) -> Panel {
    let marks = marks.into_iter().flatten().collect();
    Panel { heading: heading.into(), x: Axis::new(STEPS, Scale::Log), y, height: HEIGHT, marks }
}

pub(super) fn log(value: f64) -> Option<f64> {
    (value > 0.0).then(|| value.log10())
}

const TRAIN: (&str, Colour, Dash) = ("training inputs", Colour::BLUE, Dash::Solid);
const TEST: (&str, Colour, Dash) = ("test inputs", Colour::VERMILLION, Dash::Dashed);

fn losses(report: &TrainReport) -> Panel {
    let axis = Axis::new(format!("{} loss, mean over inputs", report.options.loss), Scale::Log);
    let marks = [
        curve(report, TRAIN, |record| log(record.train.loss)),
        curve(report, TEST, |record| record.test.and_then(|test| log(test.loss))),
    ];
    panel("Loss", axis, marks)
}

fn accuracies(report: &TrainReport) -> Panel {
    let axis = Axis::new("share of inputs", Scale::Linear).over(0.0, 1.0);
    let marks = [
        curve(report, TRAIN, |record| record.train.accuracy),
        curve(report, TEST, |record| record.test.and_then(|test| test.accuracy)),
    ];
    panel("Accuracy", axis, marks)
}

fn drift(report: &TrainReport) -> Panel {
    let kernel = ("|Θ − Θ₀|/|Θ₀|", Colour::BLUE, Dash::Solid);
    let weights = ("|W − W₀|/|W₀|, most of all layers", Colour::ORANGE, Dash::Dashed);
    let patterns = ("changed signs, most of all layers", Colour::GREEN, Dash::Mixed);
    let most = |values: &mut dyn Iterator<Item = f64>| values.reduce(f64::max).and_then(log);
    let marks = [
        curve(report, kernel, |record| record.kernel.and_then(|kernel| log(kernel.drift?))),
        curve(report, weights, |record| most(&mut record.layers.iter().filter_map(|layer| layer.weight_change))),
        curve(report, patterns, |record| most(&mut record.layers.iter().filter_map(|layer| layer.pattern_change))),
    ];
    panel("Movement since initialisation", Axis::new("relative change", Scale::Log), marks)
}

fn alignments(report: &TrainReport) -> Panel {
    type Line = ((&'static str, Colour, Dash), fn(KernelRecord) -> Option<f64>);
    let lines: [Line; 3] = [
        (("with Θ₀", Colour::BLUE, Dash::Solid), |kernel| kernel.alignment_initial),
        (("with infinite width", Colour::VERMILLION, Dash::Dashed), |kernel| kernel.alignment_reference),
        (("with labels, centred", Colour::GREEN, Dash::Mixed), |kernel| kernel.alignment_labels_centred),
    ];
    let marks = lines.into_iter().map(|(look, value)| curve(report, look, |record| record.kernel.and_then(value)));
    panel("Alignment of the NTK", Axis::new("⟨Θ, A⟩/(|Θ| |A|)", Scale::Linear), marks)
}

/// Distances in the space of functions, on the test inputs where there are some.
fn distances(beside: &[StepComparison]) -> Panel {
    type Curve = ((&'static str, Colour, Dash), fn(&OnData) -> Option<f64>);
    let curves: [Curve; 4] = [
        (("moved, |f − f₀|", Colour::BLACK, Dash::Solid), |data| log(data.movement)),
        (("from the linearised network", Colour::BLUE, Dash::Solid), |data| log(data.linearised?.rms)),
        (("from infinite width, same start", Colour::VERMILLION, Dash::Dashed), |data| {
            log(data.infinite_width?.from_own.rms)
        }),
        (("from the mean of infinite width", Colour::GREEN, Dash::Mixed), |data| {
            log(data.infinite_width?.from_mean.rms)
        }),
    ];
    let tested = beside.iter().any(|at| at.test.is_some());
    let data = |at: &StepComparison| if tested { at.test } else { Some(at.train) };
    let marks = curves
        .into_iter()
        .map(|(look, value)| line(look, beside.iter().filter_map(|at| Some([place(at.step), value(&data(at)?)?]))));
    let heading = if tested { "Beside theory, test inputs" } else { "Beside theory, training inputs" };
    panel(heading, Axis::new("root mean square over inputs and outputs", Scale::Log), marks)
}

/// The first and the last kernel with one colour bar, inputs sorted by class.
fn heat_maps(report: &TrainReport, kernels: &[Vec<f64>], classes: Option<&[usize]>) -> Vec<Panel> {
    let (Some(first), Some(last), Some(classes)) = (kernels.first(), kernels.last(), classes) else {
        return Vec::new();
    };
    let (Some(start), Some(end)) = (report.records.first(), report.records.last()) else { return Vec::new() };
    let m = classes.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by_key(|&i| classes[i]);
    let stride = m.div_ceil(CELLS);
    let order: Vec<usize> = order.into_iter().step_by(stride).collect();
    let entries = first.iter().chain(last).copied();
    let (low, high) = entries.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), e| (low.min(e), high.max(e)));
    // A colour bar needs two ends.
    let high = if high > low { high } else { low + low.abs().max(1.0) };
    let map = |kernel: &[f64], step: u64| {
        let side = order.len();
        let edges: Vec<f64> = (0..=side).map(|i| i as f64).collect();
        let row = |&i: &usize| order.iter().map(|&j| kernel.get(i * m + j).copied()).collect();
        let map = HeatMap {
            x: edges.clone(),
            y: edges,
            values: order.iter().map(row).collect(),
            bar: Axis::new("mean NTK over outputs", Scale::Linear).over(low, high),
            missing: String::new(),
        };
        Panel {
            heading: format!("NTK after {step} steps"),
            x: Axis::new("input x′, by class", Scale::Whole).over(0.0, side as f64),
            y: Axis::new("input x, by class", Scale::Whole).over(0.0, side as f64).downwards(),
            height: HEIGHT,
            marks: vec![Mark::HeatMap(map)],
        }
    };
    vec![map(first, start.step), map(last, end.step)]
}
