//! The maps that variance and correlation follow from layer to layer.

use serde::Serialize;

use crate::activation::{Activation, Covariance, Parity, Regularity};
use crate::infinite::Expectations;
use crate::quadrature::Line;

/// Above this variance, $d E[\phi^2]/dq$ comes from the closed form of $E[\phi^2]$: a rule that follows a saturating
/// activation need not follow an oscillating one.
const CLOSED_FORM_FROM: f64 = 100.0;
/// Step of the difference quotient in $\ln q$.
const STEP: f64 = 2e-3;

/// Mean-field theory of one activation at one pair of variances.
///
/// With $z \sim \mathcal N(0, q)$: the variance map $V(q) = \sigma_w^2 E[\phi(z)^2] + \sigma_b^2$, its slope
/// $\lambda_q = V'(q)$, and the susceptibility $\chi_1 = \sigma_w^2 E[\phi'(z)^2]$, by which the distance of two nearby
/// inputs grows at every layer. Source: Poole et al. (2016), arXiv:1606.05340, §2; Schoenholz et al. (2017),
/// arXiv:1611.01232, §3.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::MeanField;
/// let relu = "relu".parse()?;
/// let he = MeanField::new(&relu, 2.0, 0.0);
/// assert!((he.variance(3.0) - 3.0).abs() < 1e-14);
/// assert!((he.susceptibility(3.0) - 1.0).abs() < 1e-14);
/// # Ok::<(), fathom_ntk::activation::ActivationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MeanField<'a> {
    activation: &'a Activation,
    weight_var: f64,
    bias_var: f64,
}

impl<'a> MeanField<'a> {
    /// For weights of variance `weight_var`/fan-in and biases of variance `bias_var`.
    pub fn new(activation: &'a Activation, weight_var: f64, bias_var: f64) -> Self {
        Self { activation, weight_var, bias_var }
    }

    /// $V(q) = \sigma_w^2 E[\phi(\sqrt q Z)^2] + \sigma_b^2$, relative accuracy about $10^{-15}$.
    pub fn variance(&self, q: f64) -> f64 {
        self.weight_var * value_sq(self.activation, q) + self.bias_var
    }

    /// $\lambda_q = V'(q) = \sigma_w^2 E[\phi \phi' Z]/\sqrt q$.
    ///
    /// At $q = 0$ the limit, if $\phi(0) = 0$; then it equals [`Self::susceptibility`].
    pub fn variance_slope(&self, q: f64) -> f64 {
        self.weight_var * value_sq_slope(self.activation, q)
    }

    /// $\chi_1(q) = \sigma_w^2 E[\phi'(\sqrt q Z)^2]$; infinite for a step.
    pub fn susceptibility(&self, q: f64) -> f64 {
        self.weight_var * slope_sq(self.activation, q)
    }

    /// The correlation that pairs of inputs approach when the variance rests at `q` and $\chi_1(q) > 1$.
    ///
    /// Solves $\sigma_w^2 E[(\phi(u) - \phi(v))^2] / (2 q (1 - c)) = 1$, the mean slope of the correlation map between
    /// $c$ and 1, which falls as $1 - c$ grows: no cancellation, one root.
    pub(super) fn chaotic_correlation(&self, q: f64) -> StableCorrelation {
        let expectations = Expectations::new(self.activation);
        let side = expectations.side(q);
        let moments = |gap: f64| expectations.pair(&side, &side, &Covariance::unchecked(q, q, gap, 2.0 - gap));
        let mean_slope = |gap: f64| 0.5 * self.weight_var * moments(gap).value_gap_sq / (q * gap) - 1.0;
        let at_zero = mean_slope(1.0);
        let odd_without_bias = self.bias_var == 0.0 && self.activation.parity() == Parity::Odd;
        let gap = if odd_without_bias || at_zero >= 0.0 {
            1.0
        } else {
            let smallest = -30.0;
            let left = mean_slope(f64::exp(smallest));
            if left <= 0.0 {
                smallest.exp()
            } else {
                super::roots::brent(|x| mean_slope(x.exp()), (smallest, left), (0.0, at_zero)).exp()
            }
        };
        StableCorrelation { correlation: 1.0 - gap, slope: self.weight_var * moments(gap).slope }
    }
}

/// A stable fixed point of the correlation map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct StableCorrelation {
    /// $c^*$.
    pub(super) correlation: f64,
    /// $\chi(c^*)$.
    pub(super) slope: f64,
}

/// Two equal numbers of variance `q`.
fn diagonal(q: f64) -> Covariance {
    Covariance::unchecked(q, q, 0.0, 2.0)
}

/// $E[\phi(\sqrt q Z)^2]$.
pub(super) fn value_sq(activation: &Activation, q: f64) -> f64 {
    if q == 0.0 {
        return activation.value(0.0).powi(2);
    }
    if let Some(dual) = activation.dual(&diagonal(q)) {
        return dual.value;
    }
    let s = q.sqrt();
    Line::new(&**activation, q).mean(|z| activation.value(s * z).powi(2))
}

/// $E[\phi'(\sqrt q Z)^2]$.
pub(super) fn slope_sq(activation: &Activation, q: f64) -> f64 {
    if activation.regularity() == Regularity::Discontinuous {
        return f64::INFINITY;
    }
    if q == 0.0 {
        // Half of the normal mass lies on either side, however small the variance.
        let (left, right) = one_sided_slopes(activation);
        return 0.5 * (left * left + right * right);
    }
    if let Some(dual) = activation.dual(&diagonal(q)) {
        return dual.slope;
    }
    let s = q.sqrt();
    Line::new(&**activation, q).mean(|z| activation.slope(s * z).powi(2))
}

/// φ′ on either side of 0.
pub(super) fn one_sided_slopes(activation: &Activation) -> (f64, f64) {
    (activation.slope(-1e-300), activation.slope(1e-300))
}

/// $\frac{d}{dq} E[\phi(\sqrt q Z)^2] = E[\phi\phi' Z]/\sqrt q$.
pub(super) fn value_sq_slope(activation: &Activation, q: f64) -> f64 {
    if q == 0.0 {
        return slope_sq(activation, q);
    }
    let s = q.sqrt();
    let closed = |x: f64| activation.dual(&diagonal(q * x.exp())).map(|d| d.value);
    if q > CLOSED_FORM_FROM
        && let [Some(a), Some(b), Some(c), Some(d)] = [-2.0 * STEP, -STEP, STEP, 2.0 * STEP].map(closed)
    {
        return (8.0 * (c - b) - (d - a)) / (12.0 * STEP * q);
    }
    // φ(0) Z times an even function averages to zero; taking φ(0) away first saves its rounding divided by √q.
    let origin = activation.value(0.0);
    let rule = Line::new(&**activation, q);
    let [moving, fixed] = rule.means(|z| {
        let slope = activation.slope(s * z) * z;
        [(activation.value(s * z) - origin) * slope, slope]
    });
    (moving + if origin == 0.0 { 0.0 } else { origin * fixed }) / s
}

/// $q E[\phi'^2] - E[\phi^2]$ without cancellation at small `q`: positive where the critical network needs a bias.
///
/// With $m = E[\phi']$ and $\mu = E[\phi]$ it equals $q E[(\phi' - m)^2] - E[(\phi - \mu - m z)^2] - \mu^2$, by Stein's
/// identity $E[z \phi] = q m$ (derived in docs/theory). In Hermite coefficients the first two terms are $\sum_{k \ge 2}
/// k a_k^2$ and $\sum_{k \ge 2} a_k^2$, so that the subtraction loses one bit at most.
pub(super) fn poincare_deficit(activation: &Activation, q: f64) -> f64 {
    if q >= 1.0
        && let Some(dual) = activation.dual(&diagonal(q))
    {
        return q * dual.slope - dual.value;
    }
    let s = q.sqrt();
    let rule = Line::new(&**activation, q);
    let [mean, slope] = rule.means(|z| [activation.value(s * z), activation.slope(s * z)]);
    let [value_rest, slope_rest] = rule.means(|z| {
        let (v, d) = (activation.value(s * z) - mean - slope * s * z, activation.slope(s * z) - slope);
        [v * v, d * d]
    });
    q * slope_rest - value_rest - mean * mean
}
