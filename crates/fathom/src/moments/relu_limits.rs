//! Limits of the ReLU moments as depth and width grow together.

use serde::Serialize;

use super::MomentsError;
use crate::Scaled;

/// Largest ratio of depth to width for which limits are given.
const MAX_RATIO: f64 = 1e15;

/// Limits at depth/width → λ of networks of constant hidden width; made by [`relu_limits`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReluLimits {
    /// λ.
    pub lambda: f64,
    /// $D_w$: dispersion of the part $K_w$ of the NTK that trained weights make, at any $\sigma_w^2$.
    pub d_w: Scaled,
    /// $D_b$: dispersion of $K_b = \sum_l |\delta^l|^2$, which trained biases make, at $\sigma_w^2 = 2$.
    pub d_b: Scaled,
    /// $C = E[K_w K_b]/(E K_w\, E K_b)$ at $\sigma_w^2 = 2$.
    pub cross: Scaled,
    /// Limit of $S/(E\Theta)^2$ without biases, where $-4S$ is the mean of $d\Theta/d\eta$ at fixed activation pattern.
    pub sigma: Scaled,
}

/// Limits of the ReLU moments as $L, n \to \infty$ with $L/n \to \lambda$, all hidden widths equal to $n$.
///
/// With $\psi(a) = (a - 1 + e^{-a})/a^2$ and $\varphi_1(x) = (e^x - 1)/x$,
///
/// $$D_w = e^{5\lambda}\Bigl(\tfrac13 + \tfrac43 \psi(6\lambda)\Bigr), \qquad D_b = 2\psi(-5\lambda), \qquad
///   \Sigma = \tfrac13 e^{5\lambda}\Bigl(\tfrac12 - \psi(6\lambda)\Bigr),$$
/// $$C = \psi(-5\lambda) + \tfrac13 e^{5\lambda}\psi(5\lambda)
///   + \tfrac23 \frac{\varphi_1(5\lambda) - \varphi_1(-\lambda)}{6\lambda}.$$
///
/// Derived in docs/theory. At finite width the relative error is of order $(1 + \lambda)/n$.
///
/// # Errors
/// [`MomentsError::Value`] unless $0 \le \lambda \le 10^{15}$.
///
/// # Accuracy and cost
/// About $4\varepsilon$ relative for $\lambda \le 1$, and $5\lambda\varepsilon$ above (from $e^{5\lambda}$). $O(1)$.
///
/// # Example
/// ```
/// use fathom_ntk::moments::relu_limits;
/// let limits = relu_limits(1.0)?;
/// assert!((limits.d_w.to_f64() - 76.968597).abs() < 1e-6);
/// assert!((relu_limits(1e4)?.d_w.ln() - 5e4 + 3.0_f64.ln()).abs() < 1e-4);
/// # Ok::<(), fathom_ntk::moments::MomentsError>(())
/// ```
pub fn relu_limits(lambda: f64) -> Result<ReluLimits, MomentsError> {
    if !(0.0..=MAX_RATIO).contains(&lambda) {
        return Err(MomentsError::Value { name: "lambda", allowed: "between 0 and 1e15", got: lambda });
    }
    let growth = Scaled::exp(5.0 * lambda);
    let rising = first_moment(5.0 * lambda);
    let cross = rising + falling(5.0 * lambda) / 3.0 + 2.0 / 3.0 * growth_difference(lambda);
    Ok(ReluLimits {
        lambda,
        d_w: growth * (1.0 / 3.0 + 4.0 / 3.0 * falling(6.0 * lambda)),
        d_b: growth * (2.0 * rising),
        cross: growth * cross,
        sigma: growth * lambda * (2.0 * second_falling(6.0 * lambda)),
    })
}

/// Below this, differences of exponentials cancel and series converge fast; above it, the reverse.
const SERIES: f64 = 1.0;

/// $\sum_k a_k x^k$ for $|x| \le 1$ and coefficients $a_k$ that fall at least like $1/k!$.
fn series(x: f64, coefficient: impl Fn(f64) -> f64) -> f64 {
    // 20 terms reach 1/20! ≈ 4e-19.
    (0..20).rev().fold(0.0, |sum, k| sum * x + coefficient(f64::from(k)))
}

/// $k!$.
fn factorial(k: f64) -> f64 {
    libm::tgamma(k + 1.0).round()
}

/// $\int_0^1 t e^{-xt} dt = e^{-x} \psi(-x)$.
fn first_moment(x: f64) -> f64 {
    if x < SERIES { series(-x, |k| 1.0 / (factorial(k) * (k + 2.0))) } else { (1.0 - (1.0 + x) * (-x).exp()) / x / x }
}

/// $\int_0^1 (1 - t) e^{-xt} dt = \psi(x)$.
fn falling(x: f64) -> f64 {
    if x < SERIES { series(-x, |k| 1.0 / factorial(k + 2.0)) } else { (x + (-x).exp_m1()) / x / x }
}

/// $\int_0^1 \tfrac12 (1 - t)^2 e^{-xt} dt = (\tfrac12 - \psi(x))/x$.
fn second_falling(x: f64) -> f64 {
    if x < SERIES { series(-x, |k| 1.0 / factorial(k + 3.0)) } else { (0.5 - falling(x)) / x }
}

/// $e^{-5\lambda}\,\dfrac{\varphi_1(5\lambda) - \varphi_1(-\lambda)}{6\lambda}
///   = \int_0^1 e^{-5\lambda t}\,\dfrac{1 - e^{-6\lambda(1 - t)}}{6\lambda}\, dt$.
fn growth_difference(lambda: f64) -> f64 {
    if 6.0 * lambda < SERIES {
        // Σ_k (5^{k+1} − (−1)^{k+1}) λ^k / (6 (k+2)!), in powers of 5λ so that the coefficients stay bounded.
        let sum = series(5.0 * lambda, |k| (5.0 + (-0.2_f64).powf(k)) / (6.0 * factorial(k + 2.0)));
        (-5.0 * lambda).exp() * sum
    } else {
        let slow = -(-5.0 * lambda).exp_m1() / 5.0;
        let fast = (-5.0 * lambda).exp() * -(-lambda).exp_m1();
        (slow - fast) / lambda / (6.0 * lambda)
    }
}
