//! $\phi(z) = a z + b|z|$ with biases and any norms: the recursion of one row of pairs, lanes side by side.

use std::f64::consts::{PI, TAU};
use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use super::arcs::angle;
use super::jobs::{LANES, lanes};
use super::method::{Exponents, PairFunction, Pairs, exponent};
use crate::Scaled;
use crate::activation::Homogeneous;
use crate::infinite::KernelError;
use crate::infinite::state::Layer;

/// Exponents up to which `f64` holds every intermediate result.
const RANGE: i64 = 400;

/// The constants of one layer, with powers of two that keep Σ and Θ in range.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// φ before this layer; the identity before the first.
    parts: Homogeneous,
    weight_var: f64,
    bias_var: f64,
    alpha: f64,
    beta: f64,
}

/// The recursion of $\phi(z) = a z + b|z|$ for given inputs.
pub(super) struct PiecewiseLinear<'a> {
    pairs: Pairs<'a>,
    steps: Vec<Step>,
    /// $|x|/\sqrt{n_0}$ of the inputs and of the others, over the power of two of the input.
    norms: [Vec<f64>; 2],
}

impl<'a> PiecewiseLinear<'a> {
    /// The exponents of the result are those of its `pairs`.
    pub fn new(mut pairs: Pairs<'a>, parts: Homogeneous, norms: [&[Scaled]; 2]) -> Self {
        let largest = norms.iter().flat_map(|norms| norms.iter()).fold(Scaled::ZERO, |m, n| m.max(*n));
        let (mut variance, mut ntk) = (largest * largest, Scaled::ZERO);
        // Even, because norms are divided by its root.
        let first = exponent(variance, RANGE).div_euclid(2) * 2;
        let (mut before, mut steps) = (first, Vec::with_capacity(pairs.recursion.layers().len()));
        for (l, &Layer { weight_var, bias_var, alpha, beta }) in pairs.recursion.layers().iter().enumerate() {
            let parts = if l == 0 { Homogeneous::IDENTITY } else { parts };
            let grown = variance * (weight_var * parts.mean_square());
            ntk = grown * alpha + beta + ntk * (weight_var * parts.mean_square());
            variance = grown + bias_var;
            let now = exponent(variance.max(ntk), RANGE);
            let over = |x: f64, e: i64| Scaled::from(x).times_power_of_two(-e).to_f64();
            steps.push(Step {
                parts,
                weight_var: over(weight_var, now - before),
                bias_var: over(bias_var, now),
                alpha,
                beta: over(beta, now),
            });
            before = now;
        }
        pairs.exponents = Exponents([before; 2]);
        let norms = norms.map(|norms| norms.iter().map(|n| n.times_power_of_two(-first / 2).to_f64()).collect());
        Self { pairs, steps, norms }
    }

    pub fn exponents(&self) -> Exponents {
        self.pairs.exponents
    }

    /// $\sqrt{q}$ of an input before and after every layer.
    fn roots(&self, norm: f64) -> impl Iterator<Item = f64> {
        let mut q = norm * norm;
        std::iter::once(norm).chain(self.steps.iter().map(move |step| {
            q = step.weight_var * step.parts.mean_square() * q + step.bias_var;
            q.sqrt()
        }))
    }
}

impl PairFunction for PiecewiseLinear<'_> {
    fn prepare(&self, cols: Range<usize>) -> Vec<f64> {
        let count = cols.len();
        let mut roots = vec![0.0; (self.steps.len() + 1) * count];
        for (at, norm) in self.norms[1][cols].iter().enumerate() {
            for (l, root) in self.roots(*norm).enumerate() {
                roots[l * count + at] = root;
            }
        }
        roots
    }

    fn row(&self, i: usize, cols: Range<usize>, prepared: &[f64], cosines: &[f64], out: [&mut [f64]; 2]) {
        let left: Vec<f64> = self.roots(self.norms[0][i]).collect();
        let steps = &self.steps;
        Arch::new().dispatch(Row { steps, left: &left, right: prepared, count: cols.len(), cosines, out });
    }

    fn pair(&self, i: usize, j: usize, gap: f64, cogap: f64) -> Result<[f64; 2], KernelError> {
        self.pairs.at(i, j, gap, cogap)
    }
}

/// A struct, because the loop is compiled for the processor at hand only when it is inlined into its method.
struct Row<'a> {
    steps: &'a [Step],
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
        for first in (0..self.count).step_by(LANES) {
            let width = LANES.min(self.count - first);
            let mut state = Lanes::new(&self.cosines[first..]);
            for (l, step) in self.steps.iter().enumerate() {
                let roots = |l: usize| lanes(&self.right[l * self.count..(l + 1) * self.count][first..], 1.0);
                state.advance(*step, [self.left[l], self.left[l + 1]], &roots(l), &roots(l + 1));
            }
            for (out, values) in [(&mut *nngp, &state.covariance), (&mut *ntk, &state.ntk)] {
                if !out.is_empty() {
                    out[first..first + width].copy_from_slice(&values[..width]);
                }
            }
        }
    }
}

/// The state of many pairs that share their first input.
struct Lanes {
    /// $1 - c$ and $c$.
    gap: [f64; LANES],
    cosine: [f64; LANES],
    covariance: [f64; LANES],
    ntk: [f64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn new(cosines: &[f64]) -> Self {
        let (mut gap, cosine) = ([0.0; LANES], lanes(cosines, 0.0));
        for (gap, c) in gap.iter_mut().zip(&cosine) {
            *gap = 1.0 - c;
        }
        Self { gap, cosine, covariance: [0.0; LANES], ntk: [0.0; LANES] }
    }

    /// As in `piecewise_linear::advance`, without the difference of the diagonals.
    #[inline(always)]
    fn advance(&mut self, step: Step, left: [f64; 2], before: &[f64; LANES], after: &[f64; LANES]) {
        let Homogeneous { a, b } = step.parts;
        let mean_square = a * a + b * b;
        let (equal, opposite) = (2.0 * mean_square / TAU, 2.0 * (a - b) * (a + b) / TAU);
        let Step { weight_var, bias_var, alpha, beta, .. } = step;
        for i in 0..LANES {
            let (gap, signed) = (self.gap[i], self.cosine[i]);
            let acute = signed >= 0.0;
            let near = if acute { gap } else { 1.0 + signed };
            let cosine = signed.abs();
            let angle = angle(near, cosine);
            let defect = sine_defect(angle, near);
            let (turned, coangle) = (defect + PI * cosine, PI - angle);
            // sin t − t cos t at θ and at π − θ, and both angles.
            let (of_theta, of_eta) = if acute { (defect, turned) } else { (turned, defect) };
            let (theta, eta) = if acute { (angle, coangle) } else { (coangle, angle) };
            let dual = if b == 0.0 { a * a * signed } else { equal * of_eta - opposite * of_theta };
            let slope = equal * eta + opposite * theta;
            let kappa = a * a * gap + b * b * (near - 2.0 / PI * defect);
            let g = weight_var * left[0] * before[i];
            let shift = left[0] - before[i];
            // Zero vectors without bias have correlation one with everything, and a kernel of zero.
            let p = (left[1] * after[i]).max(f64::MIN_POSITIVE);
            let covariance = g * dual + bias_var;
            let excess = weight_var * mean_square * bias_var * shift * shift / (p + mean_square * g + bias_var);
            let gap = (g * kappa + excess) / p;
            self.ntk[i] = alpha * g * dual + beta + weight_var * slope * self.ntk[i];
            self.covariance[i] = covariance;
            self.gap[i] = gap;
            self.cosine[i] = if gap < 0.5 { 1.0 - gap } else { covariance / p };
        }
    }
}

/// $\sin t - t\cos t$ for $t = \arccos(1 - w) \le \pi/2$: the series, or the difference where it loses less than a digit.
#[inline(always)]
pub(in crate::infinite) fn sine_defect(t: f64, w: f64) -> f64 {
    const SERIES: [f64; 9] = {
        // t³ times (−1)ⁿ⁺¹ 2n/(2n + 1)! t²ⁿ⁻².
        let (mut terms, mut term, mut n) = ([0.0; 9], 1.0 / 3.0, 1);
        while n <= 9 {
            terms[n - 1] = term;
            let x = n as f64;
            term *= -(x + 1.0) / (x * (2.0 * x + 2.0) * (2.0 * x + 3.0));
            n += 1;
        }
        terms
    };
    let square = t * t;
    let mut series = 0.0;
    for c in SERIES.into_iter().rev() {
        series = series * square + c;
    }
    let difference = (w * (2.0 - w)).sqrt() - t * (1.0 - w);
    if t < 0.7 { t * square * series } else { difference }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_and_their_defects_are_those_of_the_libraries() {
        for i in 0..2_000 {
            let w = if i < 1_000 { f64::from(i) / 999.0 } else { 2.0_f64.powf(-f64::from(i - 999) * 0.08) };
            let exact = 2.0 * (0.5 * w).sqrt().asin();
            assert!((angle(w, 1.0 - w) - exact).abs() <= 4.0 * f64::EPSILON * exact, "{w}");
            // Exact to ε θ³ by Taylor's series of the sine and the cosine where both cancel, else directly.
            let reference = if exact < 0.1 {
                let s = exact * exact;
                exact * s * (1.0 / 3.0 - s * (1.0 / 30.0 - s * (1.0 / 840.0 - s / 45_360.0)))
            } else {
                exact.sin() - exact * exact.cos()
            };
            let allowed = if exact < 0.1 { 1e-14 } else { 4e-16 / exact.powi(3) + 1e-14 };
            assert!(
                (sine_defect(angle(w, 1.0 - w), w) / reference - 1.0).abs() < allowed || w == 0.0,
                "{w} {reference}"
            );
        }
    }
}
