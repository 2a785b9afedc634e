//! Where the variance map rests, what each resting point attracts, and where an orbit ends.

use serde::Serialize;

use super::mean_field::{MeanField, one_sided_slopes, value_sq};
use super::phase_report::Phase;
use super::roots::{Root, roots};
use crate::activation::Activation;

/// The scan covers variances from 10 to this power …
const FIRST_DECADE: i32 = -12;
/// … to 10 to this power,
const LAST_DECADE: i32 = 12;
/// with this many points a decade.
const PER_DECADE: i32 = 8;
/// Above the scan the map is followed decade by decade up to 10 to this power.
const FARTHEST_DECADE: i32 = 30;
/// Between samples of V(q)/q − 1 below this, several roots may hide,
const CLOSE: f64 = 0.01;
/// and the interval is divided into this many.
const SUBDIVISIONS: f64 = 8.0;
/// Layers after which an orbit that has not been classified is taken to end at the root it moves towards.
const MAX_LAYERS: usize = 10_000;

/// Which side of a fixed point of the variance map is drawn to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stability {
    /// Both sides: $|V'(q)| < 1$, or tangency of higher order.
    Stable,
    /// Only smaller variances: the map touches the diagonal from above.
    FromBelow,
    /// Only larger variances: the map touches the diagonal from below.
    FromAbove,
    /// Neither.
    Unstable,
}

/// A variance that the network maps to itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FixedPoint {
    /// $q^* = V(q^*)$.
    pub q: f64,
    /// What it attracts.
    pub stability: Stability,
    /// $\lambda_q = V'(q^*)$.
    pub lambda_q: f64,
    /// $\chi_1$ there.
    pub chi1: f64,
    /// The phase of a network that rests there.
    pub phase: Phase,
}

/// $E[\phi^2]$ on a logarithmic grid of variances; the same for all weight and bias variances.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    /// $\ln q$.
    pub(super) logs: Vec<f64>,
    values: Vec<f64>,
}

/// Standard deviations that averages over a Gaussian number reach to.
const BULK: f64 = 14.0;

/// $\ln q$ of the points of the scan.
pub(super) fn log_grid() -> Vec<f64> {
    let step = std::f64::consts::LN_10 / f64::from(PER_DECADE);
    (FIRST_DECADE * PER_DECADE..=LAST_DECADE * PER_DECADE).map(|i| f64::from(i) * step).collect()
}

impl Scan {
    pub(super) fn new(activation: &Activation) -> Self {
        let logs = log_grid();
        let values = logs.iter().map(|x| value_sq(activation, x.exp())).collect();
        Self { logs, values }
    }
}

/// Where the variance ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    /// The fixed point of that index.
    Point(usize),
    /// It grows without bound.
    Infinity,
}

/// The fixed points of one variance map, in increasing order, and the direction of motion between them.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    roots: Vec<Root>,
    /// Whether the variance grows below the first root above zero (everywhere, if there is none).
    grows_at_bottom: bool,
    has_zero: bool,
}

impl Flow {
    pub(super) fn new(activation: &Activation, weight_var: f64, bias_var: f64, scan: &Scan) -> Self {
        let map = MeanField::new(activation, weight_var, bias_var);
        let relative = |x: f64| relative_growth(map.variance(x.exp()), x.exp());
        let mut gs: Vec<f64> = (scan.logs.iter().zip(&scan.values))
            .map(|(x, value)| relative_growth(weight_var * value + bias_var, x.exp()))
            .collect();
        let mut xs = scan.logs.clone();
        let at_zero = map.variance(0.0);
        if at_zero > 0.0 {
            // V(q)/q → ∞ below: a root below the scan is bracketed by a fraction of V(0).
            let bottom = (0.25 * at_zero).ln();
            if bottom < xs[0] {
                xs.insert(0, bottom);
                gs.insert(0, relative(bottom));
            }
        }
        for decade in LAST_DECADE + 1..=FARTHEST_DECADE {
            if gs.last().is_none_or(|&g| g <= 0.0) {
                break;
            }
            let x = f64::from(decade) * std::f64::consts::LN_10;
            xs.push(x);
            gs.push(relative(x));
        }
        // Where φ is not known, neither is the map.
        let known = |x: f64| BULK * (0.5 * x).exp() <= activation.reach();
        (xs, gs) = xs.into_iter().zip(gs).filter(|(x, _)| known(*x)).unzip();
        refine(&mut xs, &mut gs, relative);
        let slope = |x: f64| map.variance_slope(x.exp()) - map.variance(x.exp()) / x.exp();
        let roots = roots(&xs, &gs, relative, slope);
        let grows_at_bottom = roots.first().map_or(gs.last().is_some_and(|&g| g > 0.0), |r| r.positive_below);
        Self { roots, grows_at_bottom, has_zero: at_zero == 0.0 }
    }

    /// Fixed points in increasing order, zero included.
    pub(super) fn fixed_points(&self, map: &MeanField<'_>) -> Vec<FixedPoint> {
        let zero = self.has_zero.then(|| {
            let stability = if self.grows_at_bottom { Stability::Unstable } else { Stability::Stable };
            fixed_point(map, 0.0, stability)
        });
        let others = self.roots.iter().map(|root| {
            let stability = match (root.positive_below, root.positive_above) {
                (true, false) => Stability::Stable,
                (true, true) => Stability::FromBelow,
                (false, false) => Stability::FromAbove,
                (false, true) => Stability::Unstable,
            };
            fixed_point(map, root.x.exp(), stability)
        });
        zero.into_iter().chain(others).collect()
    }

    /// Whether the variance grows between fixed point `index − 1` and fixed point `index` (0: below the first).
    fn grows_below(&self, index: usize) -> bool {
        let positive = index.saturating_sub(usize::from(self.has_zero));
        if positive == 0 { self.grows_at_bottom } else { self.roots[positive - 1].positive_above }
    }

    /// Where ever larger variances end.
    pub(super) fn above_all(&self) -> Limit {
        let count = self.roots.len() + usize::from(self.has_zero);
        if count == 0 || self.grows_below(count) { Limit::Infinity } else { Limit::Point(count - 1) }
    }

    /// The intervals between the fixed points that repel, and where each ends: (from, to, limit).
    pub(super) fn basins(&self, points: &[FixedPoint]) -> Vec<(f64, f64, Limit)> {
        let mut basins: Vec<(f64, f64, Limit)> = Vec::new();
        for index in usize::from(self.has_zero)..=points.len() {
            let from = if index == 0 { 0.0 } else { points[index - 1].q };
            let to = points.get(index).map_or(f64::INFINITY, |p| p.q);
            let limit = match (self.grows_below(index), index) {
                (true, i) if i == points.len() => Limit::Infinity,
                (true, i) => Limit::Point(i),
                (false, 0) => continue,
                (false, i) => Limit::Point(i - 1),
            };
            match basins.last_mut() {
                Some(last) if last.2 == limit => last.1 = to,
                _ => basins.push((from, to, limit)),
            }
        }
        basins
    }

    /// Where the orbit of the map from `start` ends.
    ///
    /// $d \ln V/d\ln q \ge -1/2$ for every activation, because $q\, dE[\phi^2]/dq = \frac12 E[\phi^2 (Z^2 - 1)]$. So a
    /// step past a fixed point ends at most half as far beyond it as it began before it, there are no cycles of two,
    /// and every orbit converges (Coppel 1955). An orbit is settled once that half step stays short of the next root.
    pub(super) fn settle(&self, map: &MeanField<'_>, points: &[FixedPoint], start: f64) -> Limit {
        let start = if start == 0.0 { map.variance(0.0) } else { start };
        if start == 0.0 {
            return Limit::Point(0);
        }
        let mut target = self.above_all();
        let mut x = start.ln();
        for _ in 0..MAX_LAYERS {
            if let Some(i) = points.iter().position(|p| (p.q.ln() - x).abs() <= 1e-12) {
                return Limit::Point(i);
            }
            let below = points.iter().filter(|p| p.q.ln() < x).count();
            let (next, beyond) = match self.grows_below(below) {
                true => (below, Some(below + 1)),
                false if below == 0 => return target,
                false => (below - 1, below.checked_sub(2)),
            };
            let Some(point) = points.get(next) else {
                return Limit::Infinity;
            };
            target = Limit::Point(next);
            let there = point.q.ln();
            let room = beyond.and_then(|b| points.get(b)).map_or(f64::INFINITY, |p| (p.q.ln() - there).abs());
            if point.q == 0.0 || 0.5 * (there - x).abs() < room {
                return target;
            }
            x = map.variance(x.exp()).ln();
        }
        target
    }
}

/// Adds samples where neighbouring ones are close to zero, so that roots close to each other show.
fn refine(xs: &mut Vec<f64>, gs: &mut Vec<f64>, g: impl Fn(f64) -> f64) {
    let mut fine: Vec<(f64, f64)> = Vec::with_capacity(2 * xs.len());
    for i in 0..xs.len() {
        if i > 0 && gs[i - 1].abs().max(gs[i].abs()) < CLOSE && gs[i - 1] != gs[i] {
            let step = (xs[i] - xs[i - 1]) / SUBDIVISIONS;
            fine.extend((1..SUBDIVISIONS as usize).map(|n| xs[i - 1] + n as f64 * step).map(|x| (x, g(x))));
        }
        fine.push((xs[i], gs[i]));
    }
    (*xs, *gs) = fine.into_iter().unzip();
}

/// $V(q)/q - 1$; a sum that overflowed counts as growth.
fn relative_growth(variance: f64, q: f64) -> f64 {
    let growth = (variance - q) / q;
    if growth.is_nan() { f64::INFINITY } else { growth }
}

fn fixed_point(map: &MeanField<'_>, q: f64, stability: Stability) -> FixedPoint {
    let chi1 = map.susceptibility(q);
    FixedPoint { q, stability, lambda_q: map.variance_slope(q), chi1, phase: Phase::at(q, chi1) }
}

/// Whether φ has a kink exactly at 0, so that it looks like $az + b|z|$ from nearby.
pub(super) fn is_kinked_at_zero(activation: &Activation) -> bool {
    let (left, right) = one_sided_slopes(activation);
    activation.breakpoints().iter().any(|b| b.at == 0.0 && b.order == 1) && left != right
}
