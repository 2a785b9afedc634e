//! An ensemble of trained networks beside infinite width: mean and spread of two outputs, variances, loss and drift.

use fathom_ntk::analysis::training::{Ensemble, EnsembleFit, EnsembleReport, EnsembleStep, InfiniteWidth};
use fathom_ntk::statistics::MeanWithError;

use super::depths::{subtitle, title};
use super::train::{line, log, panel, place};
use crate::plot::figure::{Axis, Figure, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

/// The picture of an ensemble.
///
/// # Arguments
/// * `ensemble`: the sums that the report is of.
/// * `wide`: infinite width at the same steps.
/// * `outputs`: of an input.
pub(crate) fn ensemble_figure(
    report: &EnsembleReport,
    ensemble: &Ensemble,
    wide: Option<&InfiniteWidth>,
    outputs: usize,
) -> Figure {
    let mut panels = vec![
        course(report, ensemble, wide, outputs, false),
        course(report, ensemble, wide, outputs, true),
        variances(report, "training", |at| Some(&at.train)),
        variances(report, "test", |at| at.test.as_ref()),
        losses(report),
        drift(report),
    ];
    panels.retain(|panel| !panel.marks.is_empty());
    let arch = &report.architecture;
    let title = format!("{} trained networks: {}", report.members - report.diverged, title(arch));
    Figure { title, subtitle: subtitle(arch), panels, columns: 2 }
}

/// The first output on the first input of some data.
fn course(
    report: &EnsembleReport,
    ensemble: &Ensemble,
    wide: Option<&InfiniteWidth>,
    outputs: usize,
    test: bool,
) -> Panel {
    let x = |i: usize| place(report.at[i].step);
    let mut marks = Vec::new();
    let infinite = |i: usize| {
        let at = &wide?.at[i];
        let (mean, variance) =
            if test { (&at.mean.test, &at.variance.test) } else { (&at.mean.train, &at.variance.train) };
        Some((*mean.first()?, variance.first()?.sqrt()))
    };
    let places = 0..report.at.len();
    let edges: Vec<[f64; 3]> = places
        .clone()
        .filter_map(|i| infinite(i).map(|(mean, std)| [x(i), mean - 2.0 * std, mean + 2.0 * std]))
        .collect();
    if edges.len() > 1 {
        let label = "infinite width, mean ± 2 std".into();
        marks.push(Some(Mark::Band { label, colour: Colour::SKY_BLUE.tint(0.4), edges }));
        let look = ("infinite width, mean", Colour::BLUE, Dash::Solid);
        marks.push(line(look, places.clone().filter_map(|i| Some([x(i), infinite(i)?.0]))));
    }
    let point = |i: usize| {
        let (train, rest) = ensemble.mean(i)?;
        let y = *if test { rest } else { train }.first()?;
        let variances = ensemble.variances(i).map(|(train, rest)| if test { rest } else { train });
        let std = variances.and_then(|variances| variances.first().copied()).map(f64::sqrt);
        Some(Point { x: x(i), y, error: std.map(|std| [y - 2.0 * std, y + 2.0 * std]) })
    };
    let points: Vec<Point> = places.filter_map(point).collect();
    if !points.is_empty() {
        let label = "networks, mean ± 2 std".into();
        marks.push(Some(Mark::Points { label, colour: Colour::VERMILLION, marker: Marker::Circle, points }));
    }
    let which = if outputs > 1 { "output 0 of the first" } else { "the first" };
    let heading = format!("Output: {which} {} input", if test { "test" } else { "training" });
    panel(&heading, Axis::new("f(x)", Scale::Linear), marks)
}

/// The variance of the outputs, a mean over inputs and outputs.
fn variances(report: &EnsembleReport, which: &str, data: fn(&EnsembleStep) -> Option<&EnsembleFit>) -> Panel {
    let infinite = |at: &EnsembleStep| log(data(at)?.outputs.infinite_width?.variance);
    let own = |at: &EnsembleStep| data(at)?.outputs.variance;
    let marks = [
        line(
            ("infinite width", Colour::BLUE, Dash::Solid),
            report.at.iter().filter_map(|at| Some([place(at.step), infinite(at)?])),
        ),
        points(report, "networks ± standard error", (Colour::VERMILLION, Marker::Circle), own),
    ];
    let heading = format!("Variance over networks, {which} inputs");
    panel(&heading, Axis::new("variance of an output, mean over inputs and outputs", Scale::Log), marks)
}

fn losses(report: &EnsembleReport) -> Panel {
    let marks = [
        points(report, "training inputs", (Colour::BLUE, Marker::Circle), |at| at.train.loss),
        points(report, "test inputs", (Colour::VERMILLION, Marker::Diamond), |at| at.test.as_ref()?.loss),
    ];
    let axis = Axis::new(format!("{} loss, mean over inputs", report.options.loss), Scale::Log);
    panel("Loss of a network, mean ± standard error", axis, marks)
}

fn drift(report: &EnsembleReport) -> Panel {
    let marks = [points(report, "|Θ − Θ₀|/|Θ₀|", (Colour::BLUE, Marker::Circle), |at| at.drift)];
    let axis = Axis::new("relative change", Scale::Log);
    panel("Movement of the NTK, mean ± standard error", axis, marks)
}

/// Means with their errors on a logarithmic axis.
fn points(
    report: &EnsembleReport,
    label: &str,
    (colour, marker): (Colour, Marker),
    value: impl Fn(&EnsembleStep) -> Option<MeanWithError>,
) -> Option<Mark> {
    let point = |at: &EnsembleStep| {
        let MeanWithError { mean, standard_error } = value(at)?;
        let error = standard_error.and_then(|error| Some([log(mean - error)?, log(mean + error)?]));
        Some(Point { x: place(at.step), y: log(mean)?, error })
    };
    let points: Vec<Point> = report.at.iter().filter_map(point).collect();
    (!points.is_empty()).then(|| Mark::Points { label: label.into(), colour, marker, points })
}
