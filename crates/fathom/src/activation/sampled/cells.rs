//! Polynomials on intervals, refined until they hold to rounding.

use std::f64::consts::PI;
use std::sync::OnceLock;

use super::{SampledError, Samples};

/// Nodes of an interval.
pub(super) const NODES: usize = 24;
/// Number of derivatives kept, the function itself included.
pub(super) const ORDERS: usize = 7;
/// Coefficients that must be small, the last ones, and how small they must be beside the function.
const TAIL: usize = 3;
const FINE: f64 = 5e-15;
/// What is accepted of functions with rounding errors of their own, on short intervals.
const COARSE: f64 = 1e-12;
const SHORT: f64 = 1e-3;
/// Shortest interval, relative to its distance from 0 or to 1: on it, a kink still shows beside all that is accepted.
const SHORTEST: f64 = 1e-7;
/// Most that the rounding of the places may change.
const MISPLACED: f64 = 1e-11;
const MOST_CELLS: usize = 20_000;
/// Coefficients below this, relative to the largest, are rounding errors.
const NEGLIGIBLE: f64 = 1e-16;
/// The same where a polynomial of low degree is what was meant.
const SIMPLE: f64 = 1e-14;
/// Polynomials of higher degree are not continued beyond the last interval.
pub(super) const CONTINUED: usize = 8;

/// A function on an interval: Chebyshev coefficients of it and of its derivatives.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub left: f64,
    pub right: f64,
    pub series: [Vec<f64>; ORDERS],
    /// How fast the coefficients fall, each over the one before; more than one.
    pub decay: f64,
}

/// Chebyshev nodes on $[-1, 1]$, rising.
fn nodes() -> &'static [f64; NODES] {
    static POINTS: OnceLock<[f64; NODES]> = OnceLock::new();
    POINTS.get_or_init(|| std::array::from_fn(|i| -(PI * (i as f64 + 0.5) / NODES as f64).cos()))
}

/// Coefficients of the polynomial through values at the nodes.
fn coefficients(values: &[f64]) -> Vec<f64> {
    let n = NODES as f64;
    let term = |k: usize, i: usize| values[NODES - 1 - i] * (PI * k as f64 * (i as f64 + 0.5) / n).cos();
    (0..NODES).map(|k| (0..NODES).map(|i| term(k, i)).sum::<f64>() * if k == 0 { 1.0 } else { 2.0 } / n).collect()
}

/// $\sum_k c_k T_k(x)$ by Clenshaw's rule.
pub(super) fn clenshaw(c: &[f64], x: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &c in c.iter().skip(1).rev() {
        (b1, b2) = (2.0 * x * b1 - b2 + c, b1);
    }
    c.first().map_or(0.0, |c| c + x * b1 - b2)
}

/// Coefficients of the derivative, on an interval of this half-length.
fn derivative(c: &[f64], half: f64) -> Vec<f64> {
    let n = c.len();
    let mut d = vec![0.0; n.saturating_sub(1)];
    for k in (1..n).rev() {
        let above = d.get(k + 1).copied().unwrap_or(0.0);
        d[k - 1] = above + 2.0 * k as f64 * c[k];
    }
    if let Some(first) = d.first_mut() {
        *first *= 0.5;
    }
    d.iter().map(|x| x / half).collect()
}

/// The coefficients up to the last one that is more than rounding.
fn trimmed(mut c: Vec<f64>) -> Vec<f64> {
    let largest = c.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let count = c.iter().rposition(|x| x.abs() > NEGLIGIBLE * largest).map_or(0, |last| last + 1);
    c.truncate(count);
    c
}

impl Cell {
    /// Place of `z` in the interval, −1 to 1.
    fn place(&self, z: f64) -> f64 {
        (2.0 * z - self.left - self.right) / (self.right - self.left)
    }

    /// A derivative at `z`, which may lie outside.
    pub fn at(&self, order: usize, z: f64) -> f64 {
        clenshaw(&self.series[order], self.place(z))
    }

    /// Leaves rounding errors out, if a polynomial of low degree remains, so that it can be continued.
    fn simplify(&mut self) {
        let largest = self.series[0].iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let degree = self.series[0].iter().rposition(|x| x.abs() > SIMPLE * largest).unwrap_or(0);
        if degree > CONTINUED {
            return;
        }
        self.series[0].truncate(degree + 1);
        let half = 0.5 * (self.right - self.left);
        for order in 1..ORDERS {
            self.series[order] = derivative(&self.series[order - 1], half);
        }
    }

    /// Degree of the function.
    pub fn degree(&self) -> usize {
        self.series[0].len().saturating_sub(1)
    }

    /// Of values and slopes at the nodes, if these are resolved; the derivative is checked.
    fn new(
        [left, right]: [f64; 2],
        values: &[f64],
        slopes: Option<&[f64]>,
        unit: f64,
    ) -> Result<Option<Self>, SampledError> {
        let half = 0.5 * (right - left);
        let size = |values: &[f64]| values.iter().fold(unit, |m, v| m.max(v.abs()));
        let limit = if right - left < SHORT { COARSE } else { FINE };
        let series = coefficients(values);
        let scale = size(values);
        let resolved = |c: &[f64], scale: f64, slope: f64| {
            // Places have rounding errors too.
            let misplaced = (2.0 * f64::EPSILON * left.abs().max(right.abs()) * slope).min(MISPLACED * scale);
            c[NODES - TAIL..].iter().all(|x| x.abs() <= limit * scale + misplaced)
        };
        if !resolved(&series, scale, slopes.map_or(4.0 * scale / half, size)) {
            return Ok(None);
        }
        let own = derivative(&series, half);
        let slope = match slopes {
            None => own,
            Some(slopes) => {
                let given = coefficients(slopes);
                let middle = [&given, &own].map(|c| clenshaw(c, 0.0));
                if (middle[0] - middle[1]).abs() > 1e-6 * size(slopes) + 1e-10 * scale / half {
                    return Err(SampledError::Slope {
                        at: 0.5 * (left + right),
                        given: middle[0],
                        expected: middle[1],
                    });
                }
                let scale = size(slopes).max(scale);
                if !resolved(&given, scale, 4.0 * scale / half) {
                    return Ok(None);
                }
                trimmed(given)
            }
        };
        let series = trimmed(series);
        let decay = 10_f64.powf(15.0 / series.len().max(1) as f64);
        let mut all: [Vec<f64>; ORDERS] = Default::default();
        (all[0], all[1]) = (series, slope);
        for order in 2..ORDERS {
            all[order] = derivative(&all[order - 1], half);
        }
        Ok(Some(Self { left, right, series: all, decay }))
    }
}

/// Cells between the edges, in rising order, as far from 0 as the function is finite.
///
/// # Arguments
/// * `edges`: rising, with 0 among them.
/// * `certain`: farther from 0, cells are not divided; the function is known up to the first that does not hold.
/// * `unit`: size of the function near 0.
pub(super) fn cells(
    edges: &[f64],
    certain: f64,
    unit: f64,
    mut sample: impl FnMut(&[f64]) -> Result<Samples, SampledError>,
) -> Result<Vec<Cell>, SampledError> {
    let mut open: Vec<[f64; 2]> = edges.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    let mut done: Vec<Cell> = Vec::new();
    let mut reach = [f64::NEG_INFINITY, f64::INFINITY];
    while !open.is_empty() {
        let place = |cell: &[f64; 2]| {
            let (middle, half) = (0.5 * (cell[0] + cell[1]), 0.5 * (cell[1] - cell[0]));
            nodes().map(|x| middle + half * x)
        };
        let places: Vec<f64> = open.iter().flat_map(place).collect();
        let samples = sample(&places)?;
        let mut next = Vec::new();
        for (i, &cell) in open.iter().enumerate() {
            let of = |values: &[f64]| values[i * NODES..(i + 1) * NODES].to_vec();
            let (values, slopes) = (of(&samples.values), samples.slopes.as_deref().map(of));
            let finite = |values: &[f64]| values.iter().all(|v| v.is_finite());
            if !finite(&values) || !slopes.as_deref().is_none_or(finite) {
                // Overflow far from 0 ends the range.
                if cell[0] >= 1.0 {
                    reach[1] = reach[1].min(cell[0]);
                } else if cell[1] <= -1.0 {
                    reach[0] = reach[0].max(cell[1]);
                } else {
                    let bad = values.iter().chain(slopes.iter().flatten()).position(|v| !v.is_finite()).unwrap_or(0);
                    let got = values.iter().chain(slopes.iter().flatten()).nth(bad).copied().unwrap_or(f64::NAN);
                    return Err(SampledError::NotFinite { at: places[i * NODES + bad % NODES], got });
                }
                continue;
            }
            match Cell::new(cell, &values, slopes.as_deref(), unit)? {
                Some(cell) => done.push(cell),
                None if cell[0] >= certain => reach[1] = reach[1].min(cell[0]),
                None if cell[1] <= -certain => reach[0] = reach[0].max(cell[1]),
                None => {
                    let middle = 0.5 * (cell[0] + cell[1]);
                    if cell[1] - cell[0] < SHORTEST * middle.abs().max(1.0) {
                        return Err(SampledError::NotSmooth { at: (middle * 1e6).round() / 1e6 });
                    }
                    next.extend([[cell[0], middle], [middle, cell[1]]]);
                }
            }
        }
        open = next;
        if done.len() + open.len() > MOST_CELLS {
            return Err(SampledError::TooManyCells { allowed: MOST_CELLS });
        }
    }
    done.retain(|cell| cell.left >= reach[0] && cell.right <= reach[1]);
    done.sort_by(|a, b| a.left.total_cmp(&b.left));
    for end in [0, done.len().saturating_sub(1)] {
        if let Some(cell) = done.get_mut(end) {
            cell.simplify();
        }
    }
    Ok(done)
}
