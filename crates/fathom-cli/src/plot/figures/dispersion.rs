//! Dispersion of the ReLU NTK against depth: exact, in the limit, and measured.

use std::f64::consts::LN_10;

use fathom_ntk::Scaled;
use fathom_ntk::moments::{InputNorm, MomentsError, relu_limit_for, relu_moments};
use fathom_ntk::spec::Architecture;

use super::depths::{at_depth, depths};
use super::distribution::Surrogate;
use super::sample::Measured;
use crate::error::CommandError;
use crate::plot::figure::{At, Axis, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

/// Most depths on a curve, and most layers to walk through for all of them together.
const MOST_DEPTHS: usize = 120;
const MOST_LAYERS: usize = 4_000_000;
/// Fewest depths of a very deep network.
const FEWEST_DEPTHS: usize = 8;
/// Curves with fewer depths show each of them.
const FEW: usize = 25;

/// What is drawn upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    /// $D - 1$, where D is so close to 1 that its ticks could not be read.
    RelativeVariance,
    /// D.
    Dispersion,
    /// D by its logarithm.
    LogDispersion,
}

impl Quantity {
    fn for_largest(relative_variance: Scaled) -> Self {
        match relative_variance.to_f64() {
            r if r < 0.01 => Self::RelativeVariance,
            r if r < 9.0 => Self::Dispersion,
            _ => Self::LogDispersion,
        }
    }

    fn of(self, relative_variance: Scaled) -> f64 {
        match self {
            Self::RelativeVariance => relative_variance.to_f64(),
            Self::Dispersion => relative_variance.to_f64() + 1.0,
            Self::LogDispersion => (relative_variance + 1.0).ln() / LN_10,
        }
    }

    fn axis(self) -> Axis {
        match self {
            Self::RelativeVariance => Axis::new("relative variance Var Θ / (E Θ)² = dispersion − 1", Scale::Linear),
            Self::Dispersion => Axis::new("dispersion E Θ² / (E Θ)²", Scale::Linear),
            Self::LogDispersion => Axis::new("dispersion E Θ² / (E Θ)²", Scale::Log),
        }
    }
}

/// The panel, and the law at full depth.
pub(super) fn dispersion_panel(
    arch: &Architecture,
    input: &InputNorm,
    measured: &[Measured],
) -> Result<(Panel, Option<Surrogate>), CommandError> {
    let most = (2 * MOST_LAYERS / arch.depth()).clamp(FEWEST_DEPTHS, MOST_DEPTHS);
    let (mut exact, mut limit) = (Vec::new(), Vec::new());
    for depth in depths(arch.depth(), most) {
        let constants = at_depth(arch, depth).and_then(|a| a.constants());
        let Some(constants) = constants else { continue };
        let moments = match relu_moments(&constants, input) {
            Ok(moments) => moments,
            Err(error) if depth == arch.depth() => return Err(error.into()),
            Err(MomentsError::Value { .. }) | Err(_) => continue,
        };
        exact.push((depth, moments.relative_variance));
        if let Ok(found) = relu_limit_for(&constants, input) {
            limit.push((depth, found.dispersion + -1.0));
        }
    }
    let largest = exact.iter().map(|e| e.1).fold(Scaled::ZERO, Scaled::max);
    let quantity = Quantity::for_largest(largest);
    let surrogate = exact.last().map(|&(_, variance)| Surrogate::new(variance, true));
    let panel = Panel {
        heading: "Randomness of the NTK against depth, at these widths".into(),
        x: Axis::new("depth (weight layers)", Scale::Whole),
        y: quantity.axis(),
        height: 380.0,
        marks: marks(quantity, &exact, &limit, measured),
    };
    Ok((panel, surrogate))
}

fn marks(quantity: Quantity, exact: &[(usize, Scaled)], limit: &[(usize, Scaled)], measured: &[Measured]) -> Vec<Mark> {
    let places = |curve: &[(usize, Scaled)]| -> Vec<[f64; 2]> {
        curve.iter().map(|&(depth, variance)| [depth as f64, quantity.of(variance)]).collect()
    };
    let line = |label: &str, colour, dash, points| Mark::Line { label: label.into(), colour, dash, points };
    let mut marks = Vec::new();
    // A mean that says little: std Θ = E Θ.
    if exact.iter().any(|e| e.1 >= Scaled::ONE) {
        let (label, at) = ("std Θ = E Θ (dispersion 2)".into(), At::Y(quantity.of(Scaled::ONE)));
        marks.push(Mark::Reference { label, colour: Colour::BLACK, dash: Dash::Dotted, at });
    }
    if limit.len() > 1 {
        let label = "limit of large width at the same depth / width";
        marks.push(line(label, Colour::ORANGE, Dash::Dashed, places(limit)));
    }
    if exact.len() > 1 {
        marks.push(line("exact", Colour::BLUE, Dash::Solid, places(exact)));
    }
    if exact.len() <= FEW && measured.is_empty() {
        let points = places(exact).into_iter().map(|[x, y]| Point { x, y, error: None }).collect();
        let label = if exact.len() > 1 { String::new() } else { "exact".into() };
        marks.push(Mark::Points { label, colour: Colour::BLUE, marker: Marker::Circle, points });
    }
    if !measured.is_empty() {
        let label = "Monte Carlo, ± one standard error".into();
        let points = measured.iter().map(|m| error_bar(m, |variance| quantity.of(variance))).collect();
        marks.push(Mark::Points { label, colour: Colour::VERMILLION, marker: Marker::Square, points });
    }
    marks
}

/// A measured dispersion with the ends of its error bar, in the units of an axis of functions of $D - 1$.
pub(super) fn error_bar(measured: &Measured, coordinate: impl Fn(Scaled) -> f64) -> Point {
    let variance = measured.dispersion + -1.0;
    let [low, high] = [-1.0, 1.0].map(|sign| coordinate(variance + measured.standard_error * sign));
    // The lower end may be a dispersion below 0, which has no logarithm.
    let low = if low.is_nan() { f64::NEG_INFINITY } else { low };
    Point { x: measured.depth as f64, y: coordinate(variance), error: Some([low, high]) }
}
