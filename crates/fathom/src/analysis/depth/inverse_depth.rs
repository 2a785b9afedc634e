//! Residual networks with $\lambda^2 = 1/L$: a differential equation instead of a recursion.

use crate::activation::{Covariance, Homogeneous};

/// Steps of the integration; with error of order (steps)⁻⁴ about $10^{-13}$.
const STEPS: usize = 4000;

/// $u$ and $t$ at $\tau = a$ of
///
/// $$\frac{du}{d\tau} = -\tfrac{2\Delta}\pi G(\theta), \qquad \frac{dt}{d\tau} = 1 - u + \tfrac{2\Delta}\pi G(\theta) -
///   \tfrac{2\Delta}\pi \theta\, t, \qquad G = \sin\theta - \theta\cos\theta,$$
///
/// from the gap $u$ and $t = 1 - u$ of the first layer. In $x = \sqrt\tau$, in which opposite inputs are no singularity.
pub(super) fn limit(parts: Homogeneous, gap: f64, a: f64) -> (f64, f64) {
    let share = parts.b * parts.b / parts.mean_square();
    let flow = |x: f64, [u, t]: [f64; 2]| {
        let unit = Covariance::unit(1.0 - u, u, 2.0 - u);
        let kept = parts.dual_gap(&unit).value / parts.mean_square();
        let turned = std::f64::consts::FRAC_2_PI * share * unit.angle();
        [2.0 * x * (kept - u), 2.0 * x * (1.0 - kept - turned * t)]
    };
    let step = a.sqrt() / STEPS as f64;
    let mut y = [gap, 1.0 - gap];
    for i in 0..STEPS {
        let x = i as f64 * step;
        let moved = |k: [f64; 2], h: f64| [y[0] + h * k[0], y[1] + h * k[1]];
        let k1 = flow(x, y);
        let k2 = flow(x + 0.5 * step, moved(k1, 0.5 * step));
        let k3 = flow(x + 0.5 * step, moved(k2, 0.5 * step));
        let k4 = flow(x + step, moved(k3, step));
        y = [0, 1].map(|j| y[j] + step / 6.0 * (k1[j] + 2.0 * k2[j] + 2.0 * k3[j] + k4[j]));
    }
    (y[0], y[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orthogonal inputs, a = 1: twelve digits on which 20,000 steps in τ itself and the recursion with λ² = 1/L, extrapolated to
    /// L → ∞, agree.
    #[test]
    fn orthogonal_inputs_end_where_the_recursion_does() {
        let relu: crate::activation::Activation = "relu".parse().unwrap();
        let (u, t) = limit(relu.homogeneous().unwrap(), 1.0, 1.0);
        assert!((u - 0.746_140_898_702).abs() < 1e-12 && (t - 0.319_776_932_969).abs() < 1e-12, "{u}, {t}");
    }
}
