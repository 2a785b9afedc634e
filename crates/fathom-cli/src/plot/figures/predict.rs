//! Predictions as a picture: errors in the course of training, and means against targets.

use fathom_ntk::predict::{AtTime, LossSpread, Metrics, Prediction, Time, loss_spread};
use fathom_ntk::report::time_words;

use super::depths::{subtitle, title};
use crate::error::CommandError;
use crate::flags::AnyNetwork;
use crate::plot::figure::{Axis, Figure, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

/// Test inputs that are drawn with their error bars.
const DRAWN: usize = 400;

/// What is drawn.
pub(crate) struct Curves<'a> {
    pub(crate) network: &'a AnyNetwork,
    pub(crate) prediction: &'a Prediction,
    /// Targets of the test inputs.
    pub(crate) targets: Option<&'a [f64]>,
    pub(crate) metrics: Option<&'a [Metrics]>,
}

/// Learning curves where there are several times, and predictions against targets where these are known.
///
/// # Errors
/// [`CommandError::Usage`] if there is neither.
pub(crate) fn prediction_figure(curves: &Curves<'_>) -> Result<Figure, CommandError> {
    let panels: Vec<Panel> = [learning(curves), scatter(curves)].into_iter().flatten().collect();
    if panels.is_empty() {
        return Err(CommandError::Usage(
            "a picture shows several times, or predictions against targets: give --time T,T,… or test targets".into(),
        ));
    }
    let (title, subtitle) = match curves.network {
        AnyNetwork::Layers(arch) => (title(arch), subtitle(arch)),
        AnyNetwork::Blocks(blocks) => {
            let (count, depth) = (blocks.blocks().len(), blocks.depth());
            (format!("network of {count} blocks, depth {depth}"), format!("on {}", blocks.input()))
        }
    };
    Ok(Figure { title: format!("Trained, infinitely wide: {title}"), subtitle, panels, columns: 1 })
}

/// Where a time lies on a logarithmic axis.
fn place(time: Time) -> Option<f64> {
    let t = match time {
        Time::Infinite => return None,
        Time::Flow(t) => t,
        Time::Steps { steps, .. } => steps as f64,
    };
    (t > 0.0 && t.is_finite()).then(|| t.log10())
}

fn learning(curves: &Curves<'_>) -> Option<Panel> {
    let at = &curves.prediction.at;
    let mut placed: Vec<(f64, usize)> = at.iter().enumerate().filter_map(|(i, a)| Some((place(a.time)?, i))).collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    if placed.len() < 2 {
        return None;
    }
    let line = |label: &str, colour, dash, value: &dyn Fn(usize) -> f64| Mark::Line {
        label: label.into(),
        colour,
        dash,
        points: placed.iter().map(|&(x, i)| [x, value(i).log10()]).collect(),
    };
    let mut marks: Vec<Mark> = spread_band(curves, &placed).into_iter().collect();
    marks.push(line("training inputs, mean network", Colour::BLUE, Dash::Solid, &|i| at[i].train_error));
    if let Some(metrics) = curves.metrics {
        marks.push(line("test inputs, mean network", Colour::VERMILLION, Dash::Dashed, &|i| metrics[i].error));
        if metrics.iter().all(|m| m.error_of_one_network.is_some()) {
            let one = |i: usize| metrics[i].error_of_one_network.unwrap_or(f64::NAN);
            marks.push(line("test inputs, one network", Colour::GREEN, Dash::Mixed, &one));
        }
    }
    let steps = at.iter().any(|a| matches!(a.time, Time::Steps { .. }));
    let x = if steps { "steps of gradient descent" } else { "training time ηt of gradient flow" };
    Some(Panel {
        heading: "Squared error in the course of training".into(),
        x: Axis::new(x, Scale::Log),
        y: Axis::new("mean squared error", Scale::Log),
        height: 340.0,
        marks,
    })
}

/// Mean ± 2 standard deviations over initialisations of the test error, where all covariances are known.
fn spread_band(curves: &Curves<'_>, placed: &[(f64, usize)]) -> Option<Mark> {
    let targets = curves.targets?;
    let edge = |&(x, i): &(f64, usize)| {
        let at = &curves.prediction.at[i];
        let LossSpread { mean, std } =
            loss_spread(&at.mean, at.covariance.as_ref()?, targets, curves.prediction.outputs).ok()?;
        // On a logarithmic axis the lower end stays above a tenth of the mean.
        Some([x, (mean - 2.0 * std).max(0.1 * mean).log10(), (mean + 2.0 * std).log10()])
    };
    let edges = placed.iter().map(edge).collect::<Option<Vec<_>>>()?;
    let label = "test inputs, one network, mean ± 2 std over initialisations".into();
    Some(Mark::Band { label, colour: Colour::GREEN.tint(0.7), edges })
}

fn scatter(curves: &Curves<'_>) -> Option<Panel> {
    let targets = curves.targets?;
    let at: &AtTime = curves.prediction.at.last()?;
    let outputs = curves.prediction.outputs;
    let point = |(i, (&x, &y)): (usize, (&f64, &f64))| {
        let std = at.variance.as_ref().map(|v| v[i / outputs].sqrt());
        Point { x, y, error: std.map(|std| [y - 2.0 * std, y + 2.0 * std]) }
    };
    let points: Vec<Point> = targets.iter().zip(&at.mean).take(DRAWN).enumerate().map(point).collect();
    let ends = targets.iter().take(DRAWN).fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], x| [a.min(*x), b.max(*x)]);
    let label = if at.variance.is_some() { "mean ± 2 std over initialisations" } else { "mean" };
    Some(Panel {
        heading: format!("Predictions on test inputs at time {}", time_words(at.time)),
        x: Axis::new("target", Scale::Linear),
        y: Axis::new("prediction", Scale::Linear),
        height: 380.0,
        marks: vec![
            Mark::Line {
                label: "prediction = target".into(),
                colour: Colour::BLACK,
                dash: Dash::Dashed,
                points: vec![[ends[0], ends[0]], [ends[1], ends[1]]],
            },
            Mark::Points { label: label.into(), colour: Colour::BLUE, marker: Marker::Circle, points },
        ],
    })
}
