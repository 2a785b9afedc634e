//! One layer of $\phi(z) = a z + b|z|$: any norms, with bias, every term non-negative.

use std::f64::consts::FRAC_2_PI;

use super::state::{Layer, State};
use crate::Scaled;
use crate::activation::{Covariance, Homogeneous};

/// Below this gap $\theta = \sqrt{2u}$ and $\sin\theta - \theta\cos\theta = \theta^3/3$ hold to rounding.
const TINY_GAP: f64 = 1e-30;

/// The state after the activation and the weight layer `layer`.
///
/// With $\Delta = b^2/(a^2+b^2)$, $A = \sigma_w^2 (a^2+b^2)$, $G(\theta) = \sin\theta - \theta\cos\theta$ and
/// $\bar\kappa = u - \frac{2\Delta}\pi G(\theta)$: $u' = [A g \bar\kappa + A B \delta^2/(P + A g + B)]/P$,
/// $P = \sqrt{q_1' q_2'}$, $\delta = \sqrt{q_1} - \sqrt{q_2}$; the NTK gap grows by
/// $\frac12 A (\delta^2 + 2 g \bar\kappa)$ and by $A \frac{2\Delta\theta}\pi \bar\Theta$.
pub(super) fn advance(state: &State, parts: Homogeneous, layer: Layer) -> State {
    let a = layer.weight_var * parts.mean_square();
    let share = parts.b * parts.b / parts.mean_square();
    let bias = Scaled::from(layer.bias_var);
    let (kappa, theta) = remaining_gap(state, parts, share);
    let g = state.g();
    let (q1, q2) = (state.q1 * a + bias, state.q2 * a + bias);
    let (root1, root2) = (q1.sqrt(), q2.sqrt());
    let p = root1 * root2;
    let shift_sq = state.shift * state.shift;
    let gap = if layer.bias_var == 0.0 || p.is_zero() {
        kappa
    } else {
        (g * kappa * a + shift_sq * bias * a / (p + g * a + bias)) / p
    };
    let unit = parts.dual(&Covariance::unit(state.cosine, state.gap.to_f64(), state.cogap));
    let (dual, slope) = (unit.value / parts.mean_square(), layer.weight_var * unit.slope);
    let covariance = g * (a * dual) + bias;
    let turned = theta * (FRAC_2_PI * share);
    let (alpha, beta) = (layer.alpha, Scaled::from(layer.beta));
    let shift = if state.shift.is_zero() {
        Scaled::ZERO
    } else {
        state.shift * (state.q1.sqrt() + state.q2.sqrt()) * a / (root1 + root2)
    };
    let mut next = State {
        q1,
        q2,
        shift,
        ntk1: state.q1 * (alpha * a) + beta + state.ntk1 * a,
        ntk2: state.q2 * (alpha * a) + beta + state.ntk2 * a,
        ntk12: g * (alpha * a * dual) + beta + state.ntk12 * slope,
        ntk_gap: (shift_sq + g * kappa * 2.0) * (0.5 * alpha * a)
            + state.ntk_gap * slope
            + turned * (state.ntk1 + state.ntk2) * (0.5 * a),
        ..*state
    };
    if p.is_zero() {
        next.correlate(gap, 0.0);
    } else if parts.b == 0.0 && layer.bias_var == 0.0 {
        next.gap = gap;
    } else {
        next.correlate(gap, (covariance / p).to_f64());
    }
    if parts.b == 0.0 && layer.bias_var > 0.0 && state.cogap < 1.0 {
        // 1 + c = [P − A g + B + A g (1 + c)]/P keeps the digits of nearly opposite inputs.
        let excess = ((state.q1 + state.q2) * a + bias) * bias / (p + g * a);
        next.cogap = ((excess + bias + g * (a * state.cogap)) / p).to_f64();
    }
    next
}

/// $\bar\kappa = 1 - F/((a^2+b^2) g)$ and θ.
fn remaining_gap(state: &State, parts: Homogeneous, share: f64) -> (Scaled, Scaled) {
    let gap = state.gap;
    if gap < Scaled::from(TINY_GAP) {
        let theta = (gap * 2.0).sqrt();
        let cut = theta * theta * theta * (FRAC_2_PI * share / 3.0);
        return (gap - cut, theta);
    }
    let unit = Covariance::unit(state.cosine, gap.to_f64(), state.cogap);
    (Scaled::from(parts.dual_gap(&unit).value / parts.mean_square()), Scaled::from(unit.angle()))
}
