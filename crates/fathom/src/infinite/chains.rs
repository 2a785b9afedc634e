//! The expectations of many inputs, interpolated in the variance.

use std::f64::consts::PI;

use rayon::prelude::*;

use super::Side;
use super::general::{Chain, General, Use, next_variance};
use super::state::Layer;

/// Numbers of Chebyshev nodes that are tried.
const NODES: [usize; 4] = [12, 24, 48, 96];
/// Inputs a node from which on a table pays.
const WORTH: usize = 2;
/// The last coefficients relative to the largest value; what is neglected is smaller by a further factor.
const RESOLVED: f64 = 5e-15;
/// Half a logarithm of variances is no less than this, so that the position in it is a number.
const NARROWEST: f64 = 1e-6;

impl General<'_> {
    /// [`Self::chain`] of many inputs of first-layer variances `q`.
    pub fn chains(&self, mut q: Vec<f64>, layers: &[Layer], largest: f64, purpose: Use) -> Vec<Chain> {
        let mut sides: Vec<Vec<Side>> = vec![Vec::new(); q.len()];
        let mut ended: Vec<bool> = q.iter().map(|q| q.is_nan() || *q > largest).collect();
        for (l, &layer) in layers.iter().enumerate().skip(1) {
            let live = || q.iter().zip(&ended).filter(|(q, ended)| !**ended && **q > 0.0).map(|(q, _)| *q);
            let range = live().fold((f64::INFINITY, 0.0_f64, 0), |(low, high, n), q| (low.min(q), high.max(q), n + 1));
            let table = SideTable::new(self, range, purpose);
            let constant = layers[l..].iter().all(|&other| other.same_variances(layer));
            q.par_iter_mut().zip(&mut ended).zip(&mut sides).filter(|((_, ended), _)| !**ended).for_each(
                |((q, ended), sides)| {
                    let tabulated = if *q > 0.0 { table.as_ref().map(|table| table.at(*q)) } else { None };
                    let side = tabulated.unwrap_or_else(|| self.side(*q, purpose));
                    let next = next_variance(&side, layer);
                    sides.push(side);
                    *ended = (next == *q && constant) || next.is_nan() || next > largest;
                    *q = next;
                },
            );
        }
        sides.into_iter().map(Chain::new).collect()
    }
}

/// $E[\phi^2]$, $E[\phi'^2]$ and the Hermite coefficients as Chebyshev series in the logarithm of the variance.
///
/// For an activation that is analytic near the real line they are analytic in a strip around the real axis of
/// $\ln q$, because $\phi(\sqrt q z)$ is in a sector of $\sqrt q$; whether the nodes suffice is seen from the last coefficients.
struct SideTable {
    /// Middle and half of the interval of $\ln q$.
    middle: f64,
    half: f64,
    /// For every polynomial, all the functions.
    coefficients: Vec<Vec<f64>>,
}

impl SideTable {
    /// For `range`: least and largest variance, and how many there are. `None` if integrals for each of them are cheaper, or
    /// there is no series.
    fn new(general: &General<'_>, (low, high, count): (f64, f64, usize), purpose: Use) -> Option<Self> {
        let middle = 0.5 * (low.ln() + high.ln());
        let half = (0.5 * (high.ln() - low.ln())).max(NARROWEST);
        for nodes in NODES.into_iter().take_while(|nodes| nodes * WORTH <= count) {
            let side = |i| general.side((middle + half * angle(i, nodes).cos()).exp(), purpose);
            let sides: Vec<Side> = (0..nodes).into_par_iter().map(side).collect();
            // A series that ended where it may would bend the coefficients of those that go on.
            let terms = sides.iter().filter_map(|side| side.series().map(<[f64]>::len)).max()?;
            let sides: Vec<Side> = sides.into_par_iter().map(|side| general.continued(side, terms)).collect();
            let coefficients = coefficients(&sides)?;
            if resolved(&sides, &coefficients) {
                return Some(Self { middle, half, coefficients });
            }
        }
        None
    }

    fn at(&self, q: f64) -> Side {
        let x = (q.ln() - self.middle) / self.half;
        let mut values = vec![0.0; self.coefficients[0].len()];
        let (mut now, mut next) = (1.0, x);
        for row in &self.coefficients {
            for (value, c) in values.iter_mut().zip(row) {
                *value += now * c;
            }
            (now, next) = (next, 2.0 * x * next - now);
        }
        Side::from_parts(q, values[0], values[1], Some(values[2..].into()))
    }
}

/// The angle of node `i`.
fn angle(i: usize, nodes: usize) -> f64 {
    (i as f64 + 0.5) * PI / nodes as f64
}

/// Chebyshev coefficients of all functions.
fn coefficients(sides: &[Side]) -> Option<Vec<Vec<f64>>> {
    let series: Vec<&[f64]> = sides.iter().map(Side::series).collect::<Option<_>>()?;
    let terms = series.iter().map(|s| s.len()).max()?;
    let nodes = sides.len();
    let row = |j: usize| {
        let mut row = vec![0.0; terms + 2];
        for (i, (side, series)) in sides.iter().zip(&series).enumerate() {
            let weight = (j as f64 * angle(i, nodes)).cos() * if j == 0 { 1.0 } else { 2.0 } / nodes as f64;
            row[0] += weight * side.value_sq();
            row[1] += weight * side.slope_sq();
            for (c, a) in row[2..].iter_mut().zip(*series) {
                *c += weight * a;
            }
        }
        row
    };
    Some((0..nodes).map(row).collect())
}

/// Whether the last polynomials are rounding: in both squares, and in $\sum k a_k^2$, to which the series are computed.
fn resolved(sides: &[Side], coefficients: &[Vec<f64>]) -> bool {
    let last = &coefficients[coefficients.len() - 2..];
    let tail = |f: usize| last.iter().fold(0.0_f64, |m, row| m.max(row[f].abs()));
    let squares: [fn(&Side) -> f64; 2] = [Side::value_sq, Side::slope_sq];
    let flat = squares.iter().enumerate().all(|(f, of)| {
        let smallest = sides.iter().map(of).fold(f64::INFINITY, f64::min);
        tail(f) <= RESOLVED * smallest
    });
    let (mut error, mut size) = (0.0, 0.0);
    for f in 2..coefficients[0].len() {
        let largest = sides.iter().filter_map(|s| s.series()?.get(f - 2)).fold(0.0_f64, |m, a| m.max(a.abs()));
        let order = (f - 2).max(1) as f64;
        error += order * tail(f) * (largest + tail(f));
        size += order * largest * largest;
    }
    flat && error <= RESOLVED * size
}

#[cfg(test)]
mod tests {
    use crate::infinite::general::{Detail, General, Use};

    #[test]
    fn tables_hold_the_expectations_of_every_variance() {
        for name in ["tanh", "gelu", "softplus", "sin", "silu"] {
            let activation = name.parse().unwrap();
            let general = General::new(&activation, Detail::Full);
            let table = super::SideTable::new(&general, (0.3, 2.0, 400), Use::Series);
            assert!(table.is_some(), "{name}");
            let table = table.unwrap();
            for i in 0..40 {
                let q = 0.3 + 1.7 * f64::from(i) / 39.0;
                let (found, exact) = (table.at(q), general.side(q, Use::Series));
                // The last coefficients are below 5e-15 of the smallest value, what they stand for and some roundings.
                assert!((found.value_sq() / exact.value_sq() - 1.0).abs() < 1e-14, "{name} {q}");
                assert!((found.slope_sq() / exact.slope_sq() - 1.0).abs() < 1e-14, "{name} {q}");
                let (found, exact) = (found.series().unwrap(), exact.series().unwrap());
                let sum = |c: f64, a: &[f64], b: &[f64]| {
                    a.iter().zip(b).enumerate().map(|(k, (a, b))| a * b * c.powi(k as i32)).sum::<f64>()
                };
                for c in [0.9, -0.8] {
                    let (got, want) = (sum(c, found, found), sum(c, exact, exact));
                    assert!((got - want).abs() < 2e-14 * sum(1.0, exact, exact), "{name} {q} {c} {got} {want}");
                }
            }
        }
    }

    #[test]
    fn few_inputs_are_integrated_one_by_one() {
        let activation = "tanh".parse().unwrap();
        let general = General::new(&activation, Detail::Full);
        assert!(super::SideTable::new(&general, (0.3, 2.0, 20), Use::Few).is_none());
    }
}
