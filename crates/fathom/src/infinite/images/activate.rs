//! A function at many pairs of places.

use std::f64::consts::{PI, TAU};

use pulp::{Arch, NullaryFnOnce};

use super::program::Function;
use crate::activation::{Covariance, Homogeneous};
use crate::infinite::Side;
use crate::infinite::matrix::{angle, sine_defect};

/// Above this gap a difference of entries has all its digits.
const WIDE_GAP: f64 = 0.3;
/// Relative size of a squared difference above which it is taken from the products.
const BULK_GAP: f64 = 1e-6;

/// Turns spreads and Θ of $u, v$ into those of $\phi(u), \phi(v)$, for $\phi(z) = a z + b|z|$.
///
/// With $u$ the gap, $\mathcal E = 2 \sqrt{q_1 q_2}\,u$ becomes $2 \sqrt{q_1 q_2}\,[a^2 u + b^2 (u - \frac2\pi (\sin\theta -
/// \theta\cos\theta))]$.
pub(super) fn piecewise_linear(parts: Homogeneous, roots: [&[f64]; 2], spread: &mut [f64], ntk: &mut [f64]) {
    let [first, second] = roots;
    Arch::new().dispatch(PiecewiseLinear { parts, first, second, spread, ntk });
}

/// A struct, because the loop is compiled for the processor at hand only when it is inlined into its method.
struct PiecewiseLinear<'a> {
    parts: Homogeneous,
    first: &'a [f64],
    second: &'a [f64],
    spread: &'a mut [f64],
    ntk: &'a mut [f64],
}

impl NullaryFnOnce for PiecewiseLinear<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Homogeneous { a, b } = self.parts;
        let (odd, even) = (a * a, b * b);
        let (equal, opposite) = (2.0 * (odd + even) / TAU, 2.0 * (a - b) * (a + b) / TAU);
        let count = self.spread.len();
        let (first, second, ntk) = (&self.first[..count], &self.second[..count], &mut self.ntk[..count]);
        for i in 0..count {
            let g = 2.0 * first[i] * second[i];
            // Zeros have no correlation, and no spread.
            let gap = (self.spread[i] / g.max(f64::MIN_POSITIVE)).min(2.0);
            let acute = gap <= 1.0;
            let near = if acute { gap } else { 2.0 - gap };
            let theta = angle(near, 1.0 - near);
            let defect = sine_defect(theta, near);
            let kappa = odd * gap + even * (near - 2.0 / PI * defect).max(0.0);
            let eta = PI - theta;
            let slope = if acute { equal * eta + opposite * theta } else { equal * theta + opposite * eta };
            self.spread[i] = g * kappa;
            ntk[i] *= slope;
        }
    }
}

/// The same for any function, pair by pair, in units of one.
///
/// # Arguments
/// * `scale`: what the spread is to be multiplied by.
pub(super) fn general(
    function: &Function,
    sides: [&[&Side]; 2],
    scale: f64,
    with_ntk: bool,
    spread: &mut [f64],
    ntk: &mut [f64],
) {
    let [first, second] = sides;
    for (i, (one, two)) in first.iter().zip(second).enumerate() {
        let g = one.variance().sqrt() * two.variance().sqrt();
        let gap = if g > 0.0 { (scale * spread[i] / (2.0 * g)).clamp(0.0, 2.0) } else { 1.0 };
        let covariance = Covariance::unchecked(one.variance(), two.variance(), gap, 2.0 - gap);
        let (spread_after, slope) = moments(function, one, two, &covariance);
        spread[i] = spread_after;
        ntk[i] = if with_ntk { ntk[i] * slope } else { 0.0 };
    }
}

/// $\mathcal E$ and $E[\phi'\phi']$ at one covariance.
fn moments(function: &Function, one: &Side, two: &Side, covariance: &Covariance) -> (f64, f64) {
    let roots = [one, two].map(|side| side.value_sq().max(0.0).sqrt());
    let g = roots[0] * roots[1];
    let total = one.value_sq() + two.value_sq();
    if let Some((value, slope)) = function.expectations.products(one, two, covariance)
        && (g - value > WIDE_GAP * g && total - 2.0 * value > BULK_GAP * total)
    {
        return (2.0 * (g - value), slope);
    }
    let m = function.expectations.pair(one, two, covariance);
    if g - m.value > WIDE_GAP * g {
        return (2.0 * (g - m.value), m.slope);
    }
    let shift = if roots[0] + roots[1] > 0.0 && one.variance() != two.variance() {
        function.expectations.value_sq_difference(one.variance(), two.variance()) / (roots[0] + roots[1])
    } else {
        0.0
    };
    ((m.value_gap_sq - shift * shift).max(0.0), m.slope)
}
