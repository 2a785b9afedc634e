//! Predictions as a picture: errors in the course of training, and means against targets.

use fathom_ntk::predict::{AtTime, LossSpread, Metrics, Prediction, Time, loss_spread};
use fathom_ntk::report::time_words;

use super::depths::{subtitle, title};
use crate::error::CommandError;
use crate::flags::AnyNetwork;
use crate::plot::figure::{Axis, Figure, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

/// Predictions that are drawn, and with how many of them error bars can be told apart.
const DRAWN: usize = 400;
const WITH_BARS: usize = 120;
/// Decades of error that are drawn.
const DECADES: f64 = 8.0;
/// Targets with so many different values or fewer are those of classes.
const FEW_VALUES: usize = 12;

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
    let train: Option<Vec<LossSpread>> = placed.iter().map(|&(_, i)| at[i].train_spread).collect();
    let test = test_spread(curves, &placed);
    let of_one = |label: &str, colour: Colour, spreads: &[LossSpread]| {
        let edge = |(&(x, _), &LossSpread { mean, std }): (&(f64, usize), &LossSpread)| {
            // On a logarithmic axis the lower end stays above a tenth of the mean.
            [x, (mean - 2.0 * std).max(0.1 * mean).log10(), (mean + 2.0 * std).log10()]
        };
        let label = format!("{label} inputs, one network, mean ± 2 std over initialisations");
        Mark::Band { label, colour: colour.tint(0.7), edges: placed.iter().zip(spreads).map(edge).collect() }
    };
    let mut marks: Vec<Mark> = Vec::new();
    marks.extend(train.map(|spreads| of_one("training", Colour::BLUE, &spreads)));
    marks.extend(test.map(|spreads| of_one("test", Colour::GREEN, &spreads)));
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
    let y = Axis::new("mean squared error", Scale::Log);
    let drawn = || marks.iter().flat_map(Mark::ys).filter(|y| y.is_finite());
    let (low, high) = (drawn().fold(f64::INFINITY, f64::min), drawn().fold(f64::NEG_INFINITY, f64::max));
    let y = if high - low > DECADES { y.over(high - DECADES, high + 0.3) } else { y };
    Some(Panel {
        heading: "Squared error in the course of training".into(),
        x: Axis::new(x, Scale::Log),
        y,
        height: 340.0,
        marks,
    })
}

/// Mean and standard deviation over initialisations of the test error, where all covariances are known.
fn test_spread(curves: &Curves<'_>, placed: &[(f64, usize)]) -> Option<Vec<LossSpread>> {
    let targets = curves.targets?;
    let spread = |&(_, i): &(f64, usize)| {
        let at = &curves.prediction.at[i];
        loss_spread(&at.mean, at.covariance.as_ref()?, targets, curves.prediction.outputs).ok()
    };
    placed.iter().map(spread).collect()
}

fn scatter(curves: &Curves<'_>) -> Option<Panel> {
    let targets = curves.targets?;
    let at: &AtTime = curves.prediction.at.last()?;
    let outputs = curves.prediction.outputs;
    let shown = &targets[..targets.len().min(DRAWN)];
    let Places { x, identity, label } = Places::of(shown);
    let variance = at.variance.as_ref().filter(|_| shown.len() <= WITH_BARS);
    let point = |(i, (x, &y)): (usize, (f64, &f64))| {
        let std = variance.map(|v| v[i / outputs].sqrt());
        Point { x, y, error: std.map(|std| [y - 2.0 * std, y + 2.0 * std]) }
    };
    let points: Vec<Point> = x.into_iter().zip(&at.mean).enumerate().map(point).collect();
    let name = if variance.is_some() { "mean ± 2 std over initialisations" } else { "mean" };
    let first = if shown.len() < targets.len() { format!(", the first {DRAWN}") } else { String::new() };
    Some(Panel {
        heading: format!("Predictions on test inputs at time {}{first}", time_words(at.time)),
        x: Axis::new(label, Scale::Linear),
        y: Axis::new("prediction", Scale::Linear),
        height: 380.0,
        marks: vec![
            Mark::Points { label: name.into(), colour: Colour::BLUE, marker: Marker::Circle, points },
            Mark::Line {
                label: "prediction = target".into(),
                colour: Colour::BLACK,
                dash: Dash::Dashed,
                points: identity,
            },
        ],
    })
}

/// Where targets lie on the horizontal axis, and where predictions are equal to them.
struct Places {
    x: Vec<f64>,
    identity: Vec<[f64; 2]>,
    label: &'static str,
}

impl Places {
    /// Targets at their values; where these are few, as those of classes, equal ones side by side, so that all are seen.
    fn of(targets: &[f64]) -> Self {
        let mut values: Vec<f64> = targets.to_vec();
        values.sort_by(f64::total_cmp);
        values.dedup();
        if values.len() > FEW_VALUES || targets.len() < 4 * values.len() {
            let identity = values.first().into_iter().chain(values.last()).map(|&y| [y, y]).collect();
            return Self { x: targets.to_vec(), identity, label: "target" };
        }
        let gap = values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        let reach = 0.8 * if gap.is_finite() { gap } else { 1.0 };
        let place = |(i, &y): (usize, &f64)| {
            let before = targets[..i].iter().filter(|t| **t == y).count() as f64;
            let count = targets.iter().filter(|t| **t == y).count() as f64;
            y + reach * ((before + 0.5) / count - 0.5)
        };
        // A line is interrupted where it is not a number.
        let level = |&y: &f64| [[y - 0.5 * reach, y], [y + 0.5 * reach, y], [f64::NAN; 2]];
        Self {
            x: targets.iter().enumerate().map(place).collect(),
            identity: values.iter().flat_map(level).collect(),
            label: "target (equal ones side by side)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_targets_are_side_by_side_and_different_ones_apart() {
        let places = Places::of(&[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
        for (got, expected) in places.x.iter().zip([-0.3, 0.7, -0.1, 0.1, 0.9, 0.3, 1.1, 1.3]) {
            assert!((got - expected).abs() < 1e-12, "{:?}", places.x);
        }
        assert_eq!(places.identity[..2], [[-0.4, 0.0], [0.4, 0.0]]);
        let spread = Places::of(&[0.4, 0.1, 0.2, 0.3]);
        assert_eq!((spread.x, spread.identity), (vec![0.4, 0.1, 0.2, 0.3], vec![[0.1, 0.1], [0.4, 0.4]]));
    }
}
