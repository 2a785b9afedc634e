//! Predictions as a picture: errors in the course of training, and means against targets.

use fathom_ntk::predict::{AtTime, LossSpread, Metrics, Prediction, Time, loss_spread};
use fathom_ntk::report::time_words;
use fathom_ntk::spec::Architecture;

use super::depths::{subtitle, title};
use crate::error::CommandError;
use crate::plot::figure::{Axis, Figure, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

/// Test inputs that are drawn with their error bars.
const DRAWN: usize = 400;
/// Targets with so many different values or fewer are those of classes.
const FEW_VALUES: usize = 12;

/// What is drawn.
pub(crate) struct Curves<'a> {
    pub(crate) architecture: &'a Architecture,
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
    let arch = curves.architecture;
    let title = format!("Trained, infinitely wide: {}", title(arch));
    Ok(Figure { title, subtitle: subtitle(arch), panels, columns: 1 })
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
    Some(Panel {
        heading: "Squared error in the course of training".into(),
        x: Axis::new(x, Scale::Log),
        y: Axis::new("mean squared error", Scale::Log),
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
    let point = |(i, (&x, &y)): (usize, (&f64, &f64))| {
        let std = at.variance.as_ref().map(|v| v[i / outputs].sqrt());
        Point { x, y, error: std.map(|std| [y - 2.0 * std, y + 2.0 * std]) }
    };
    let shown = &targets[..targets.len().min(DRAWN)];
    let places = apart(shown);
    let points: Vec<Point> = places.as_deref().unwrap_or(shown).iter().zip(&at.mean).enumerate().map(point).collect();
    let ends = targets.iter().take(DRAWN).fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], x| [a.min(*x), b.max(*x)]);
    let label = if at.variance.is_some() { "mean ± 2 std over initialisations" } else { "mean" };
    Some(Panel {
        heading: format!("Predictions on test inputs at time {}", time_words(at.time)),
        x: Axis::new(if places.is_some() { "target (equal ones side by side)" } else { "target" }, Scale::Linear),
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

/// Places of targets that take few values, as those of classes do: equal ones side by side, so that all are seen.
fn apart(targets: &[f64]) -> Option<Vec<f64>> {
    let mut values: Vec<f64> = targets.to_vec();
    values.sort_by(f64::total_cmp);
    values.dedup();
    if values.len() > FEW_VALUES || targets.len() < 4 * values.len() {
        return None;
    }
    let gap = values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let reach = 0.8 * if gap.is_finite() { gap } else { 1.0 };
    let place = |(i, &y): (usize, &f64)| {
        let before = targets[..i].iter().filter(|t| **t == y).count() as f64;
        let count = targets.iter().filter(|t| **t == y).count() as f64;
        y + reach * ((before + 0.5) / count - 0.5)
    };
    Some(targets.iter().enumerate().map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_targets_are_side_by_side_and_different_ones_apart() {
        let targets = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0];
        let places = apart(&targets).unwrap();
        for (got, expected) in places.iter().zip([-0.3, 0.7, -0.1, 0.1, 0.9, 0.3, 1.1, 1.3]) {
            assert!((got - expected).abs() < 1e-12, "{places:?}");
        }
        assert!(apart(&[0.1, 0.2, 0.3, 0.4]).is_none());
    }
}
