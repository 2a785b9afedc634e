//! Differences of an activation and of its slope at two nearby points, without cancellation.

use crate::activation::{Breakpoint, Nonlinearity};

/// Below this distance the Taylor series around the midpoint is used; its next term is $d^6/322560 \approx 10^{-16}$.
const NEAR: f64 = 0.02;

/// $(\phi(u) - \phi(v),\ \phi'(u) - \phi'(v))$ for `d` $= u - v$.
pub(super) fn difference(
    activation: &dyn Nonlinearity,
    breakpoints: &[Breakpoint],
    u: f64,
    v: f64,
    d: f64,
) -> (f64, f64) {
    let smooth_between = || breakpoints.iter().all(|b| (u - b.at) * (v - b.at) > 0.0);
    if d.abs() < NEAR * activation_scale(activation) && smooth_between() {
        let j = activation.jet(v + 0.5 * d);
        let d2 = d * d;
        let value = d * (j[1] + d2 * (j[3] / 24.0 + d2 * j[5] / 1920.0));
        let slope = d * (j[2] + d2 * (j[4] / 24.0 + d2 * j[6] / 1920.0));
        (value, slope)
    } else {
        (activation.value(u) - activation.value(v), activation.slope(u) - activation.slope(v))
    }
}

/// Functions with poles near the real line vary on the scale of their distance.
fn activation_scale(activation: &dyn Nonlinearity) -> f64 {
    let strip = activation.strip();
    if strip > 0.0 { strip.min(1.0) } else { 1.0 }
}
