//! Dispersion of the ReLU NTK against depth: exact, in the limit, and measured.

use std::f64::consts::LN_10;

use fathom_ntk::Scaled;
use fathom_ntk::moments::{InputNorm, relu_limit_for, relu_moments};
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
/// Probability that no layer is entirely inactive from which Θ may be called log-normal.
const MOSTLY_ALIVE: f64 = 0.95;
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
            r if r > 0.0 && r < 0.01 => Self::RelativeVariance,
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
    let (mut exact, mut limit, mut alive) = (Vec::new(), Vec::new(), 0.0);
    for depth in depths(arch.depth(), most) {
        let constants = at_depth(arch, depth).and_then(|a| a.constants());
        let Some(constants) = constants else { continue };
        let moments = match relu_moments(&constants, input) {
            Ok(moments) => moments,
            Err(error) if depth == arch.depth() => return Err(error.into()),
            Err(_) => continue,
        };
        exact.push((depth, moments.relative_variance));
        alive = moments.alive_probability.to_f64();
        if let Ok(found) = relu_limit_for(&constants, input) {
            limit.push((depth, found.dispersion + -1.0));
        }
    }
    let largest = exact.iter().map(|e| e.1).fold(Scaled::ZERO, Scaled::max);
    let quantity = Quantity::for_largest(largest);
    // An entirely inactive layer makes Θ 0, which no log-normal law knows of.
    let last = exact.last().filter(|_| alive >= MOSTLY_ALIVE);
    let surrogate = last.map(|&(_, variance)| Surrogate::new(variance, true));
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

#[cfg(test)]
mod tests {
    use fathom_ntk::spec::ArchitectureSpec;

    use super::*;

    fn curve(marks: &[Mark], name: &str) -> Vec<[f64; 2]> {
        let points = marks.iter().find_map(|mark| match mark {
            Mark::Line { label, points, .. } if label.starts_with(name) => Some(points.clone()),
            _ => None,
        });
        points.unwrap_or_else(|| panic!("no curve {name}"))
    }

    #[test]
    fn the_curves_are_the_known_dispersions() {
        let spec = ArchitectureSpec { widths: Some("3,10x40,1".parse().unwrap()), ..Default::default() };
        let arch = Architecture::try_from(ArchitectureSpec { biases: Some("none".parse().unwrap()), ..spec }).unwrap();
        let (panel, surrogate) = dispersion_panel(&arch, &InputNorm::new(3.0, None).unwrap(), &[]).unwrap();
        assert_eq!(panel.y.scale, Scale::Log);
        let exact = curve(&panel.marks, "exact");
        assert_eq!(exact.len(), 41);
        // Without hidden layer Θ is a number; with one of width n, the dispersion is 1 + 3/n.
        assert_eq!(exact[0], [1.0, 0.0]);
        assert!((exact[1][1] - 1.3_f64.log10()).abs() < 1e-14);
        // D_w(λ) = exp(5λ)(1/3 + 4/3 ψ(6λ)), ψ(a) = (a − 1 + exp(−a))/a², at λ = 41/10.
        let psi = (24.6 - 1.0 + (-24.6_f64).exp()) / 24.6_f64.powi(2);
        let limit = (5.0 * 4.1 + (1.0 / 3.0 + 4.0 / 3.0 * psi).ln()) / LN_10;
        assert!((curve(&panel.marks, "limit")[39][1] - limit).abs() < 1e-12);
        // A layer of ten is entirely inactive once in 1024: some layer of forty with probability 4 %.
        assert!((surrogate.unwrap().log_dispersion / LN_10 - exact[40][1]).abs() < 1e-12);
    }

    #[test]
    fn networks_that_are_often_dead_have_no_surrogate() {
        let spec = ArchitectureSpec { widths: Some("3,2x9,1".parse().unwrap()), ..Default::default() };
        let arch = Architecture::try_from(spec).unwrap();
        let (_, surrogate) = dispersion_panel(&arch, &InputNorm::new(3.0, None).unwrap(), &[]).unwrap();
        assert!(surrogate.is_none());
    }

    #[test]
    fn error_bars_reach_one_standard_error_to_either_side() {
        let measured = |standard_error: f64| Measured {
            depth: 7,
            dispersion: Scaled::from(2.0),
            standard_error: Scaled::from(standard_error),
        };
        let point = error_bar(&measured(0.5), |variance| Quantity::LogDispersion.of(variance));
        assert_eq!(point.x, 7.0);
        let [low, high] = point.error.unwrap();
        for (found, expected) in [(point.y, 2.0_f64), (low, 1.5), (high, 2.5)] {
            assert!((found - expected.log10()).abs() < 1e-15);
        }
        let [low, _] = error_bar(&measured(3.0), |variance| Quantity::LogDispersion.of(variance)).error.unwrap();
        assert_eq!(low, f64::NEG_INFINITY, "2 − 3 has no logarithm");
        let linear = error_bar(&measured(0.25), |variance| Quantity::Dispersion.of(variance));
        assert_eq!((linear.y, linear.error), (2.0, Some([1.75, 2.25])));
    }
}
