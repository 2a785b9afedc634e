//! How Θ is distributed: a histogram, and the log-normal law of the same mean and variance.

use std::f64::consts::{LN_10, PI};

use super::sample::Bins;
use crate::plot::figure::{At, Axis, Mark, Panel, Scale};
use crate::plot::style::{Colour, Dash};

/// The law of $\log\Theta \sim \mathcal N(\log E\Theta - \tfrac12 \log D, \log D)$.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surrogate {
    /// $\log D$, natural.
    pub(super) log_dispersion: f64,
    /// Whether D is exact, not of first order in 1/width.
    pub(super) exact: bool,
}

/// Standard deviation of $\log\Theta$ from which the axis is logarithmic.
const WIDE: f64 = 0.5;
/// Below this Θ is a number, not a distribution.
const NARROWEST: f64 = 1e-9;
/// How many standard deviations are drawn.
const REACH: f64 = 4.0;
/// Up to how many above the median on a linear axis.
const THIN: f64 = 3.3;
const POINTS: usize = 301;

/// The panel; `None` if there is neither a histogram nor a spread.
pub(super) fn distribution_panel(surrogate: Option<Surrogate>, bins: Option<&Bins>) -> Option<Panel> {
    let surrogate = surrogate.filter(|s| s.log_dispersion.is_finite() && s.log_dispersion.sqrt() > NARROWEST);
    let scale = match (bins, surrogate) {
        (Some(bins), _) => bins.scale,
        (None, Some(s)) if s.log_dispersion.sqrt() < WIDE => Scale::Linear,
        (None, Some(_)) => Scale::Log,
        (None, None) => return None,
    };
    let mut marks = Vec::new();
    if let Some(bins) = bins {
        marks.push(histogram(bins));
    }
    if let Some(surrogate) = surrogate {
        marks.push(surrogate.curve(scale));
    }
    // Without draws, mean and median are those of the curve.
    let (mean, median, of) = match (bins, surrogate) {
        (Some(bins), _) => (bins.mean, bins.median, " of the draws"),
        (None, Some(s)) => (s.coordinate(0.0, scale), s.coordinate(-0.5 * s.log_dispersion, scale), ""),
        (None, None) => return None,
    };
    let line = |label: &str, colour, dash, at| Mark::Reference { label: label.into(), colour, dash, at: At::X(at) };
    marks.push(line(&format!("mean{of}"), Colour::BLACK, Dash::Dashed, mean));
    marks.push(line(&format!("median{of}"), Colour::GREEN, Dash::Mixed, median));
    let density = if scale == Scale::Log { "probability density per decade" } else { "probability density" };
    Some(Panel {
        heading: "Distribution of the NTK over initialisations".into(),
        x: Axis { range: ends(surrogate, bins), ..Axis::new("Θ(x, x) / E Θ(x, x), dimensionless", scale) },
        y: Axis { range: top(&marks).map(|top| [0.0, 1.05 * top]), ..Axis::new(density, Scale::Linear) },
        height: 380.0,
        marks,
    })
}

/// The panel of draws alone, with the place of the kernel of infinite width if it is known.
pub(super) fn drawn_panel(bins: &Bins, infinite: Option<f64>) -> Option<Panel> {
    let mut panel = distribution_panel(None, Some(bins))?;
    if let Some(at) = infinite.filter(|at| at.is_finite()) {
        let label = "infinite width".into();
        panel.marks.push(Mark::Reference { label, colour: Colour::VERMILLION, dash: Dash::Solid, at: At::X(at) });
        // Narrow networks may be far from it.
        panel.x.range = panel.x.range.map(|[low, high]| {
            let margin = 0.03 * (high.max(at) - low.min(at));
            [low.min(at - margin), high.max(at + margin)]
        });
    }
    Some(panel)
}

/// The bins with the lines at mean and median; without draws, the curve without its thin end to the right.
fn ends(surrogate: Option<Surrogate>, bins: Option<&Bins>) -> Option<[f64; 2]> {
    match (bins, surrogate) {
        (Some(bins), _) => {
            let all = bins.edges.iter().chain([&bins.mean, &bins.median]).copied().filter(|x| x.is_finite());
            let [low, high] = all.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], x| [a.min(x), b.max(x)]);
            let margin = 0.03 * (high - low);
            (low < high).then_some([low - margin, high + margin])
        }
        (None, Some(s)) if s.log_dispersion.sqrt() < WIDE => {
            let at = |z: f64| (z * s.log_dispersion.sqrt() - 0.5 * s.log_dispersion).exp();
            Some([at(-REACH), at(THIN)])
        }
        _ => None,
    }
}

/// The largest density.
fn top(marks: &[Mark]) -> Option<f64> {
    let largest = marks.iter().flat_map(Mark::ys).filter(|y| y.is_finite()).fold(0.0, f64::max);
    (largest > 0.0).then_some(largest)
}

/// Counts as a density, so that all draws have probability 1.
fn histogram(bins: &Bins) -> Mark {
    let height = |(pair, &count): (&[f64], &u64)| count as f64 / bins.draws.max(1) as f64 / (pair[1] - pair[0]);
    let label = format!("{} {}", bins.draws, if bins.draws == 1 { "draw" } else { "draws" });
    let heights = bins.edges.windows(2).zip(&bins.counts).map(height).collect();
    Mark::Histogram { label, colour: Colour::SKY_BLUE.tint(0.7), edges: bins.edges.clone(), heights }
}

impl Surrogate {
    /// Where a value of $\log(\Theta/E\Theta)$ lies on the axis.
    fn coordinate(&self, log: f64, scale: Scale) -> f64 {
        if scale == Scale::Log { log / LN_10 } else { log.exp() }
    }

    fn curve(&self, scale: Scale) -> Mark {
        let std = self.log_dispersion.sqrt();
        let point = |i: usize| {
            let z = REACH * (2.0 * i as f64 / (POINTS - 1) as f64 - 1.0);
            let log = z * std - 0.5 * self.log_dispersion;
            let per_log = (-0.5 * z * z).exp() / (std * (2.0 * PI).sqrt());
            let density = if scale == Scale::Log { per_log * LN_10 } else { per_log / log.exp() };
            [self.coordinate(log, scale), density]
        };
        let label = match self.exact {
            true => "log-normal surrogate with the exact mean and variance",
            false => "log-normal surrogate with the first-order variance",
        };
        let points = (0..POINTS).map(point).collect();
        Mark::Line { label: label.into(), colour: Colour::VERMILLION, dash: Dash::Solid, points }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(log_dispersion: f64, scale: Scale) -> Vec<[f64; 2]> {
        match (Surrogate { log_dispersion, exact: true }).curve(scale) {
            Mark::Line { points, .. } => points,
            other => panic!("{other:?}"),
        }
    }

    /// $\int x^k\, p(x)\, dx$ by the trapezoidal rule.
    fn moment(points: &[[f64; 2]], value: impl Fn(f64) -> f64) -> f64 {
        points
            .windows(2)
            .map(|w| 0.5 * (w[1][0] - w[0][0]) * (w[0][1] * value(w[0][0]) + w[1][1] * value(w[1][0])))
            .sum()
    }

    #[test]
    fn the_curve_has_the_mean_and_the_dispersion_on_either_axis() {
        let log_dispersion: f64 = 0.04;
        for scale in [Scale::Linear, Scale::Log] {
            let points = curve(log_dispersion, scale);
            let theta = |x: f64| if scale == Scale::Log { 10_f64.powf(x) } else { x };
            // Four standard deviations leave out 6e-5 of the probability, and with Θ² (a shift of two small standard
            // deviations of 0.2) at most twice that; the rule itself is exact to 1e-4 at 300 steps.
            assert!((moment(&points, |_| 1.0) - 1.0).abs() < 3e-4);
            assert!((moment(&points, theta) - 1.0).abs() < 3e-4);
            assert!((moment(&points, |x| theta(x).powi(2)) / log_dispersion.exp() - 1.0).abs() < 5e-4);
        }
    }

    #[test]
    fn bars_have_the_area_of_their_share_of_the_draws() {
        let bins = Bins {
            scale: Scale::Linear,
            edges: vec![0.0, 0.5, 2.5],
            counts: vec![1, 2],
            draws: 4,
            mean: 1.0,
            median: 0.9,
        };
        let Mark::Histogram { heights, .. } = histogram(&bins) else { panic!("a histogram") };
        assert_eq!(heights, [0.5, 0.25]);
    }

    #[test]
    fn the_kernel_of_infinite_width_is_on_the_sheet_wherever_it_lies() {
        let bins = Bins {
            scale: Scale::Linear,
            edges: vec![0.5, 1.0, 1.5],
            counts: vec![2, 2],
            draws: 4,
            mean: 1.0,
            median: 0.9,
        };
        for at in [0.1, 1.2, 3.0] {
            let panel = drawn_panel(&bins, Some(at)).unwrap();
            let [low, high] = panel.x.range.unwrap();
            assert!(low < at.min(0.5) && high > at.max(1.5), "{low} to {high}");
            assert!(matches!(panel.marks.last(), Some(Mark::Reference { at: At::X(x), .. }) if *x == at));
        }
        assert_eq!(drawn_panel(&bins, Some(f64::NAN)).unwrap().marks.len(), 3, "bars, mean and median");
    }

    #[test]
    fn a_number_that_is_not_random_has_no_panel() {
        assert!(distribution_panel(Some(Surrogate { log_dispersion: 0.0, exact: true }), None).is_none());
        assert!(distribution_panel(None, None).is_none());
        assert!(distribution_panel(Some(Surrogate { log_dispersion: f64::INFINITY, exact: true }), None).is_none());
        let wide = distribution_panel(Some(Surrogate { log_dispersion: 5e4, exact: true }), None).unwrap();
        assert_eq!(wide.x.scale, Scale::Log);
    }
}
