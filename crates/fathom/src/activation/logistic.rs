//! The logistic function, which sigmoid, silu, softplus and tanh share, without overflow or cancellation on either side.

use super::jet::Taylor;

/// $\sigma(z) = 1/(1 + e^{-z})$, to full relative accuracy.
pub(super) fn logistic(z: f64) -> f64 {
    let e = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// The Taylor series of σ at `z`; derivatives keep their relative accuracy in both tails.
pub(super) fn logistic_series(z: f64) -> Taylor {
    // σ′ = σ − σ² in the left tail, where σ is small; σ(z) = 1 − σ(−z) on the right.
    if z <= 0.0 {
        Taylor::variable(z).solve(logistic(z), |s| s - s * s)
    } else {
        let reflected = Taylor::variable(z).scale(-1.0).solve(logistic(-z), |s| s - s * s);
        Taylor::constant(1.0) - reflected
    }
}
