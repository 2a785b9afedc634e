//! One input at one layer: what the pair recursion needs of a pre-activation variance.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use pulp::{Arch, NullaryFnOnce};

use super::Expectations;
use super::table::Table;
use crate::activation::{Covariance, Nonlinearity};
use crate::quadrature::Line;

/// Longest Hermite series used for a few pairs; beyond it the polar rule is cheaper.
const MAX_TERMS: usize = 400;
/// Longest Hermite series used where thousands of pairs share it.
const MAX_SHARED_TERMS: usize = 1500;
/// Coefficients fall like $e^{-\sqrt{2k}\,d}$ with the half-width $d$ of the strip in units of $\sqrt q$: below this $d$ the
/// series is longer than [`MAX_TERMS`].
const NARROW_STRIP: f64 = 0.5;

/// Which Hermite series are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeriesLength {
    /// None: there are closed forms.
    None,
    /// Those that are cheaper than a polar rule.
    Short,
    /// All that can be had.
    Long,
}

/// Gaussian expectations of an activation at one variance $q$.
#[derive(Clone, Debug)]
pub struct Side {
    q: f64,
    /// $E[\phi(\sqrt q Z)^2]$.
    value_sq: f64,
    /// $E[\phi'(\sqrt q Z)^2]$.
    slope_sq: f64,
    /// $a_k = E[\phi(\sqrt q Z)\, h_k(Z)]$ with orthonormal Hermite polynomials, if the series converges quickly.
    series: Option<Arc<[f64]>>,
    /// Two-dimensional expectations, where the variance stays for many layers.
    table: Option<Arc<Table>>,
    /// $E[\phi''(\sqrt q Z)^2]$ without point masses, once it is asked for.
    curvature_sq: Arc<OnceLock<f64>>,
    /// What differences of norm do, once it is asked for.
    by_shift: Arc<OnceLock<[f64; 3]>>,
}

impl Side {
    /// `activation` at variance `q ≥ 0`: integrated, with its Hermite series; by its closed forms, if there is to be none.
    pub(super) fn new(activation: &dyn Nonlinearity, q: f64, length: SeriesLength) -> Self {
        let with_series = length != SeriesLength::None;
        if q == 0.0 {
            let (value, slope) = (activation.value(0.0), activation.slope(0.0));
            let series = with_series.then(|| [value].into());
            return Self::from_parts(q, value * value, slope * slope, series);
        }
        // Where φ jumps, the closed form is infinite and the slope between the jumps is what counts.
        if !with_series
            && let Some(dual) = activation.dual(&Covariance::unchecked(q, q, 0.0, 2.0))
            && dual.slope.is_finite()
        {
            return Self::from_parts(q, dual.value, dual.slope, None);
        }
        let line = Line::new(activation, q);
        let s = q.sqrt();
        let [value_sq, slope_sq] = line.means(|z| {
            let (value, slope) = (activation.value(s * z), activation.slope(s * z));
            [value * value, slope * slope]
        });
        let strip = activation.strip() / s;
        let mut series = None;
        if with_series && strip > NARROW_STRIP {
            series = hermite_series(activation, q, &line, slope_sq, 0..MAX_TERMS);
        }
        if series.is_none() && length == SeriesLength::Long && strip > 0.5 * NARROW_STRIP {
            // Polynomials of high order oscillate faster than the activation varies.
            series = hermite_series(activation, q, &Line::fine(activation, q), slope_sq, 0..MAX_SHARED_TERMS);
        }
        let series = series.map(Into::into);
        Self::from_parts(q, value_sq, slope_sq, series)
    }

    /// The same with at least so many coefficients, if it has a series.
    pub(super) fn continued(self, activation: &dyn Nonlinearity, terms: usize) -> Self {
        let Some(length) = self.series().map(<[f64]>::len) else { return self };
        if length >= terms {
            return self;
        }
        let line = Line::fine(activation, self.q);
        let series = hermite_series(activation, self.q, &line, self.slope_sq, terms..terms + 1);
        Self { series: series.map(Into::into), ..self }
    }

    /// From known expectations.
    pub(super) fn from_parts(q: f64, value_sq: f64, slope_sq: f64, series: Option<Arc<[f64]>>) -> Self {
        Self { q, value_sq, slope_sq, series, table: None, curvature_sq: Arc::default(), by_shift: Arc::default() }
    }

    /// The same with its two-dimensional expectations tabulated, where they have no closed form or series.
    pub(super) fn tabulated(self, expectations: &Expectations) -> Self {
        if self.q == 0.0 || expectations.is_cheap(&self) {
            return self;
        }
        Self { table: Table::new(expectations, &self), ..self }
    }

    /// $q$.
    pub fn variance(&self) -> f64 {
        self.q
    }

    /// $E[\phi(\sqrt q Z)^2]$.
    pub fn value_sq(&self) -> f64 {
        self.value_sq
    }

    /// $E[\phi'(\sqrt q Z)^2]$.
    pub fn slope_sq(&self) -> f64 {
        self.slope_sq
    }

    pub(super) fn table(&self) -> Option<&Table> {
        self.table.as_deref()
    }

    /// $E[\phi''(\sqrt q Z)^2]$ without point masses; integrated once.
    pub(super) fn curvature_sq(&self, activation: &dyn Nonlinearity) -> f64 {
        let s = self.q.sqrt();
        *self.curvature_sq.get_or_init(|| Line::new(activation, self.q).mean(|z| activation.jet(s * z)[2].powi(2)))
    }

    /// For $\delta \to 0$: $E[(\Delta\phi)^2]/\delta^2$, $E[(\Delta\phi')^2]/\delta^2$, $(V(q_1) - V(q_2))/\delta$; integrated once.
    pub(super) fn shift_derivatives(&self, activation: &dyn Nonlinearity) -> [f64; 3] {
        let s = self.q.sqrt();
        *self.by_shift.get_or_init(|| {
            Line::new(activation, self.q).means(|z| {
                let j = activation.jet(s * z);
                [(z * j[1]).powi(2), (z * j[2]).powi(2), 2.0 * z * j[0] * j[1]]
            })
        })
    }

    pub(super) fn series(&self) -> Option<&[f64]> {
        self.series.as_deref()
    }
}

/// Hermite coefficients until Parseval's identity $\sum_k k\, a_k^2 = q\, E[\phi'^2]$ holds to rounding, their number in `terms`.
fn hermite_series(
    activation: &dyn Nonlinearity,
    q: f64,
    line: &Line,
    slope_sq: f64,
    terms: Range<usize>,
) -> Option<Vec<f64>> {
    let s = q.sqrt();
    let (nodes, weights) = line.nodes();
    // Before = h_{k-1}, now = h_k, both at every node, times φ · weight.
    let mut now: Vec<f64> = nodes.iter().zip(weights).map(|(z, w)| w * activation.value(s * z)).collect();
    let mut before = vec![0.0; now.len()];
    let target = q * slope_sq;
    let mut reached = 0.0;
    let mut small = 0;
    let mut series = Vec::new();
    let mut a: f64 = now.iter().sum();
    for k in 0..terms.end {
        series.push(a);
        let term = k as f64 * a * a;
        reached += term;
        // Coefficients of one parity may vanish, and one of the other may pass through zero: four small ones in a row end the
        // series.
        small = if k > 1 && term <= 1e-17 * target { small + 1 } else { 0 };
        if small >= 4 && series.len() >= terms.start {
            // What is missing must be rounding, or the series has stalled before its tail.
            return ((reached - target).abs() <= 2e-14 * target).then_some(series);
        }
        let (down, up) = ((k as f64).sqrt(), (k as f64 + 1.0).sqrt().recip());
        a = Arch::new().dispatch(NextOrder { down, up, nodes, before: &mut before, now: &mut now });
    }
    None
}

/// One step of the recursion of the polynomials, $h_{k+1} = (z h_k - \sqrt k\, h_{k-1})/\sqrt{k+1}$, at every node; the result is
/// the sum. A struct, because the loop is compiled for the processor at hand only when it is inlined into its method.
struct NextOrder<'a> {
    down: f64,
    up: f64,
    nodes: &'a [f64],
    before: &'a mut [f64],
    now: &'a mut [f64],
}

impl NullaryFnOnce for NextOrder<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let Self { down, up, nodes, before, now } = self;
        let mut sums = [0.0; 16];
        let (nodes, nodes_rest) = nodes.as_chunks::<16>();
        let (before, before_rest) = before.as_chunks_mut::<16>();
        let (now, now_rest) = now.as_chunks_mut::<16>();
        for ((before, now), nodes) in before.iter_mut().zip(now).zip(nodes) {
            for i in 0..16 {
                let next = (nodes[i] * now[i] - down * before[i]) * up;
                before[i] = now[i];
                now[i] = next;
                sums[i] += next;
            }
        }
        for ((before, now), node) in before_rest.iter_mut().zip(now_rest).zip(nodes_rest) {
            let next = (node * *now - down * *before) * up;
            *before = *now;
            *now = next;
            sums[0] += next;
        }
        sums.iter().sum()
    }
}
