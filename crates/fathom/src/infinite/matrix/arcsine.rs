//! $\phi(z) = o + f\,\mathrm{erf}(s z)$ with any norms: the recursion of one row of pairs, lanes side by side.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};
use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use super::arcs::arcsine_fraction;
use super::jobs::{LANES, lanes};
use super::method::{Exponents, PairFunction, Pairs};
use super::steps::{Step, steps, variance};
use crate::activation::ScaledErf;
use crate::infinite::KernelError;
use crate::infinite::general::Chain;
use crate::infinite::state::Layer;

/// Layers up to which the rounding of $1 - (k r_1 r_2)^2$, which adds up to about $L^2 \varepsilon/2$ on the edge of chaos, stays
/// within the accuracy of the engine.
const DEEPEST: usize = 200;
/// $1 - (k r_1 r_2)^2 \ge 1/(1 + s^2 q)$ has a relative error of $s^2 q\,\varepsilon$ at any $c$, in every layer after the first
/// (before which pairs with $c$ near one are handled separately): the largest of $s^2 q$ times the layers.
const LARGEST: f64 = 4000.0;

/// The recursion by arcsines for given inputs, in Σ itself: unless $s^2 q$ is large, nothing depends on the digits of $1 - c$.
pub(super) struct Arcsine<'a> {
    pairs: Pairs<'a>,
    steps: Vec<Step>,
    function: ScaledErf,
}

/// The function, if the recursion by arcsines is accurate enough for it.
pub(super) fn suits(function: Option<ScaledErf>, chains: &[Vec<Chain>; 2], layers: &[Layer]) -> Option<ScaledErf> {
    let function = function?;
    let reaches = |chain: &Chain| {
        let mut later = chain.sides().iter().skip(1);
        let largest = LARGEST / (layers.len() as f64 * function.scale.powi(2));
        chain.goes_through(layers) && later.all(|side| side.variance() <= largest)
    };
    (layers.len() <= DEEPEST && chains.iter().flatten().all(reaches)).then_some(function)
}

impl<'a> Arcsine<'a> {
    pub fn new(mut pairs: Pairs<'a>, function: ScaledErf) -> Self {
        let (steps, exponents) = steps(pairs.recursion.layers(), &pairs.chains, &pairs.mean_squares);
        pairs.exponents = exponents;
        Self { pairs, steps, function }
    }

    pub fn exponents(&self) -> Exponents {
        self.pairs.exponents
    }

    /// $|x|/\sqrt{n_0}$ of an input, and then $r$ before every layer from the second on.
    fn ratios(&self, side: usize, input: usize) -> impl Iterator<Item = f64> {
        let (chain, mean_square) = (&self.pairs.chains[side][input], self.pairs.mean_squares[side][input]);
        let before = self.steps.iter().enumerate().take(self.steps.len() - 1);
        let ratio = move |(l, step): (usize, &Step)| self.function.ratio(variance(chain, step, l, mean_square));
        std::iter::once(mean_square.sqrt()).chain(before.map(ratio))
    }
}

impl PairFunction for Arcsine<'_> {
    fn prepare(&self, cols: Range<usize>) -> Vec<f64> {
        let count = cols.len();
        let mut ratios = vec![0.0; self.steps.len() * count];
        for (at, input) in cols.enumerate() {
            for (l, ratio) in self.ratios(1, input).enumerate() {
                ratios[l * count + at] = ratio;
            }
        }
        ratios
    }

    fn row(&self, i: usize, cols: Range<usize>, prepared: &[f64], cosines: &[f64], out: [&mut [f64]; 2]) {
        let left: Vec<f64> = self.ratios(0, i).collect();
        let (steps, function) = (&self.steps, self.function);
        Arch::new().dispatch(Row { steps, function, left: &left, right: prepared, count: cols.len(), cosines, out });
    }

    fn pair(&self, i: usize, j: usize, gap: f64, cogap: f64) -> Result<[f64; 2], KernelError> {
        self.pairs.at(i, j, gap, cogap)
    }
}

/// A struct, because the loop is compiled for the processor at hand only when it is inlined into its method.
struct Row<'a> {
    steps: &'a [Step],
    function: ScaledErf,
    left: &'a [f64],
    right: &'a [f64],
    count: usize,
    cosines: &'a [f64],
    out: [&'a mut [f64]; 2],
}

impl NullaryFnOnce for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let [nngp, ntk] = self.out;
        let Some((first, later)) = self.steps.split_first() else { return };
        for start in (0..self.count).step_by(LANES) {
            let width = LANES.min(self.count - start);
            let ratios = |l: usize| lanes(&self.right[l * self.count..(l + 1) * self.count][start..], 0.0);
            let mut state = Lanes::new(first, self.left[0], &ratios(0), &lanes(&self.cosines[start..], 0.0));
            for (l, step) in later.iter().enumerate() {
                state.advance(step, self.function, self.left[l + 1], &ratios(l + 1));
            }
            for (out, values) in [(&mut *nngp, &state.covariance), (&mut *ntk, &state.ntk)] {
                if !out.is_empty() {
                    out[start..start + width].copy_from_slice(&values[..width]);
                }
            }
        }
    }
}

/// The state of many pairs that share their first input.
struct Lanes {
    covariance: [f64; LANES],
    ntk: [f64; LANES],
}

impl Lanes {
    /// After the first layer.
    #[inline(always)]
    fn new(step: &Step, left: f64, right: &[f64; LANES], cosines: &[f64; LANES]) -> Self {
        let mut lanes = Self { covariance: [0.0; LANES], ntk: [0.0; LANES] };
        let Layer { weight_var, bias_var, alpha, beta } = step.layer;
        for (i, c) in cosines.iter().enumerate() {
            let product = weight_var * (left * right[i] * c);
            lanes.covariance[i] = product + bias_var;
            lanes.ntk[i] = (alpha * product + beta) * step.own;
        }
        lanes
    }

    /// The activation and one more layer.
    #[inline(always)]
    fn advance(&mut self, step: &Step, function: ScaledErf, left: f64, right: &[f64; LANES]) {
        let Layer { weight_var, bias_var, alpha, beta } = step.layer;
        let square = FRAC_2_PI * function.factor * function.factor;
        let offset = function.offset * function.offset;
        for (i, right) in right.iter().enumerate() {
            let ratio = left * right;
            let sine = self.covariance[i] * ratio;
            let size = sine.abs().min(1.0);
            let w = 1.0 - size;
            let cosine = (w * (1.0 + size)).sqrt();
            let (near, top, bottom) = arcsine_fraction(w, size);
            // One division for both quotients.
            let inverse = (bottom * cosine).recip();
            let half = near + near * (top * cosine * inverse);
            let arc = if w <= 0.5 { FRAC_PI_2 - 2.0 * half } else { half };
            let dual = weight_var * (offset + square * arc.copysign(sine));
            let slope = weight_var * square * ratio * bottom * inverse;
            self.ntk[i] = (alpha * dual + beta) * step.own + slope * step.chain * self.ntk[i];
            self.covariance[i] = dual + bias_var;
        }
    }
}
