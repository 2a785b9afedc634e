//! The edge of chaos: weight and bias variances for which $\chi_1 = 1$ at a fixed point.

use serde::Serialize;

use super::fixed_points::log_grid;
use super::mean_field::{poincare_deficit, slope_sq, value_sq, value_sq_slope};
use super::phase::{PhaseError, check};
use super::roots::{Root, crossings, minimum};
use crate::activation::Activation;

/// Largest $\lambda_q$ of a point that is recommended where the user's bias variance has none: the variance settles
/// within some 100 layers.
const RECOMMENDED_SLOPE: f64 = 0.99;
/// At the end $q \to 0$ of a curve, where $\lambda_q = 1$, this variance shows on which side of it the curve starts.
const NEAR_ZERO: f64 = 1e-6;

/// A network on the edge of chaos.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EocPoint {
    /// $\sigma_w^2$.
    pub weight_var: f64,
    /// $\sigma_b^2$.
    pub bias_var: f64,
    /// The fixed point at which $\chi_1 = 1$; `None` if every variance is one (relu-like without bias).
    pub q_star: Option<f64>,
    /// $\lambda_q = V'(q^*)$.
    pub lambda_q: f64,
    /// Whether nearby variances go there: $\lambda_q < 1$, or $\lambda_q = 1$ with attraction from above. A point that
    /// is not reachable has another, ordered fixed point below it, and growth above. Near the limit of reachability
    /// distant variances may still end elsewhere (mish with $\sigma_b$ from 0.308 to 0.335 diverges from large inputs):
    /// [`phase`](super::phase) at the point tells.
    pub reachable: bool,
}

/// Why there is no edge of chaos.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EocError {
    /// A variance out of range, or an activation that jumps.
    #[error(transparent)]
    Phase(#[from] PhaseError),
    /// $\chi_1 = 1$ would need a negative bias variance at every q (softplus): $E[\phi]^2$ is too large.
    #[error(
        "{activation} has no edge of chaos: with chi_1 = 1 the variance exceeds q for every q, so that it would take a \
         negative bias variance to keep it"
    )]
    Never {
        /// The activation.
        activation: String,
    },
    /// φ is $az + b|z|$: the only critical network has no bias.
    #[error("{activation} is critical only without bias, at weight variance {weight_var}; bias variance given: {got}")]
    OnlyWithoutBias {
        /// The activation.
        activation: String,
        /// $1/(a^2 + b^2)$.
        weight_var: f64,
        /// The bias variance given.
        got: f64,
    },
    /// No critical network with this bias variance.
    #[error("{activation} has no edge of chaos at bias variance {got}; bias variances that have one: {from} to {to}")]
    BiasVar {
        /// The activation.
        activation: String,
        /// The bias variance given.
        got: f64,
        /// Smallest that has one.
        from: f64,
        /// Largest that has one, among variances up to $10^{12}$.
        to: f64,
    },
    /// The weight variance grows without bound as the bias variance goes to zero ($\phi(0) = \phi'(0) = 0$).
    #[error("{activation} is flat at 0: its critical weight variance grows without bound as the bias vanishes")]
    UnboundedStart {
        /// The activation.
        activation: String,
    },
    /// No point of the curve attracts.
    #[error("no point on the edge of chaos of {activation} attracts the variance")]
    Unreachable {
        /// The activation.
        activation: String,
    },
    /// A range of a curve that is empty, reversed, or out of bounds.
    #[error("range of {quantity} must be finite and increasing, within {allowed}, got {from} to {to}")]
    Range {
        /// Which quantity.
        quantity: &'static str,
        /// What is allowed.
        allowed: &'static str,
        /// Lower end given.
        from: f64,
        /// Upper end given.
        to: f64,
    },
}

/// What runs evenly along an edge-of-chaos curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CurveRange {
    /// $q^*$, in equal ratios; both ends positive. Variances that need a negative bias variance are left out.
    Variance {
        /// First.
        from: f64,
        /// Last.
        to: f64,
    },
    /// $\sigma_b^2$, in equal steps. Bias variances without an edge of chaos are left out.
    BiasVar {
        /// First.
        from: f64,
        /// Last.
        to: f64,
    },
}

impl Default for CurveRange {
    /// Bias variances from 0 to 1.
    fn default() -> Self {
        Self::BiasVar { from: 0.0, to: 1.0 }
    }
}

/// The edge of chaos at one bias variance.
///
/// The curve is parametrised by $q$: $\sigma_w^2(q) = 1/E[\phi'^2]$ and $\sigma_b^2(q) = q - \sigma_w^2(q) E[\phi^2]$,
/// evaluated as a sum without cancellation, and the second is solved for $q$. Of several solutions, the one with the
/// smallest $q$ that is reachable, or else the smallest. Source: Schoenholz et al. (2017), arXiv:1611.01232, §3;
/// parametrisation derived in docs/theory.
///
/// # Arguments
/// * `activation`: φ.
/// * `bias_var`: $\sigma_b^2 \ge 0$. At 0, activations with $\phi(0) = 0$ are critical at $\sigma_w^2 = 1/\phi'(0)^2$,
///   $q^* = 0$; so they are for bias variances below about $10^{-24}$.
///
/// # Errors
/// [`EocError`] where none exists, with the reason.
///
/// # Accuracy and cost
/// Relative error about $10^{-14}$, more where the curve is steep. Some ten milliseconds without closed form.
///
/// # Example
/// For erf, $\sigma_w^2 = \frac\pi4\sqrt{1 + 4 q^*}$:
/// ```
/// let point = fathom_ntk::analysis::edge_of_chaos(&"erf".parse()?, 0.04)?;
/// let q = point.q_star.unwrap();
/// assert!((point.weight_var - std::f64::consts::FRAC_PI_4 * (1.0 + 4.0 * q).sqrt()).abs() < 1e-14);
/// assert!((point.weight_var - 1.152795413492096_f64.powi(2)).abs() < 1e-13 && point.reachable);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn edge_of_chaos(activation: &Activation, bias_var: f64) -> Result<EocPoint, EocError> {
    check(activation, 1.0, bias_var, None)?;
    match scale_free(activation) {
        Some(point) if bias_var == 0.0 => Ok(point),
        Some(point) => Err(EocError::OnlyWithoutBias {
            activation: activation.name(),
            weight_var: point.weight_var,
            got: bias_var,
        }),
        None => Curve::new(activation).at(bias_var),
    }
}

/// The end of the edge of chaos at which the bias variance is 0.
///
/// $q^* \to 0$, $\sigma_w^2 = 1/\phi'(0)^2$ if $\phi(0) = 0$ (with a kink at 0, the mean of $\phi'^2$ on both sides);
/// otherwise the $q$ at which $E[\phi^2] = q E[\phi'^2]$ (sigmoid, cos, gaussian).
///
/// # Errors
/// As [`edge_of_chaos`] at bias variance 0.
///
/// # Example
/// ```
/// let start = fathom_ntk::analysis::edge_of_chaos_start(&"tanh".parse()?)?;
/// assert_eq!((start.weight_var, start.bias_var, start.q_star), (1.0, 0.0, Some(0.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn edge_of_chaos_start(activation: &Activation) -> Result<EocPoint, EocError> {
    edge_of_chaos(activation, 0.0)
}

/// Points along the edge of chaos, reachable or not.
///
/// # Arguments
/// * `activation`: φ.
/// * `range`: what runs evenly along the curve, and from where to where.
/// * `points`: how many; fewer come back where the curve does not exist in all of the range.
///
/// # Errors
/// [`EocError::Range`] for a range that is not increasing; [`EocError::Never`] if there is no curve at all.
///
/// # Accuracy and cost
/// As [`edge_of_chaos`]; a fraction of a millisecond a point without closed form.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::{CurveRange, edge_of_chaos_curve};
/// let curve = edge_of_chaos_curve(&"tanh".parse()?, CurveRange::BiasVar { from: 0.0, to: 0.05 }, 2)?;
/// assert!((curve[1].weight_var - 1.7609546396).abs() < 1e-10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn edge_of_chaos_curve(
    activation: &Activation,
    range: CurveRange,
    points: usize,
) -> Result<Vec<EocPoint>, EocError> {
    check(activation, 1.0, 0.0, None)?;
    if let Some(point) = scale_free(activation) {
        return Ok(vec![point]);
    }
    let fraction = |i: usize| i as f64 / (points.max(2) - 1) as f64;
    match range {
        CurveRange::Variance { from, to } => {
            if !(from > 0.0 && from <= to && to.is_finite()) {
                return Err(EocError::Range { quantity: "q", allowed: "(0, ∞)", from, to });
            }
            let at = |i| from * (fraction(i) * (to / from).ln()).exp();
            let curve: Vec<_> = (0..points).map(|i| critical_at(activation, at(i))).collect();
            Ok(curve.into_iter().filter(|p| p.bias_var >= 0.0 && p.weight_var.is_finite()).collect())
        }
        CurveRange::BiasVar { from, to } => {
            if !(from >= 0.0 && from <= to && to.is_finite()) {
                return Err(EocError::Range { quantity: "bias variance", allowed: "[0, ∞)", from, to });
            }
            let curve = Curve::new(activation);
            let found = (0..points).map(|i| curve.at(from + fraction(i) * (to - from)));
            found.filter(|p| !matches!(p, Err(EocError::BiasVar { .. } | EocError::UnboundedStart { .. }))).collect()
        }
    }
}

/// The edge-of-chaos point to recommend to someone at `(weight_var, bias_var)`.
///
/// The one with the same bias variance if it is reachable. Otherwise the nearest in the plane of the two variances
/// among the points with $|\lambda_q| \le 0.99$, at which the variance settles within some 100 layers.
///
/// # Errors
/// [`EocError::Unreachable`] if no such point exists, and the errors of [`edge_of_chaos`].
///
/// # Example
/// A relu network is critical only without bias:
/// ```
/// let advice = fathom_ntk::analysis::nearest_edge_of_chaos(&"relu".parse()?, 1.0, 0.3)?;
/// assert_eq!((advice.weight_var, advice.bias_var), (2.0, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn nearest_edge_of_chaos(activation: &Activation, weight_var: f64, bias_var: f64) -> Result<EocPoint, EocError> {
    check(activation, weight_var, bias_var, None)?;
    if let Some(point) = scale_free(activation) {
        return Ok(point);
    }
    let curve = Curve::new(activation);
    match curve.at(bias_var) {
        Ok(point) if point.reachable => return Ok(point),
        Err(error @ EocError::Never { .. }) => return Err(error),
        _ => {}
    }
    let settles = |p: &EocPoint| p.bias_var >= 0.0 && p.lambda_q.abs() <= RECOMMENDED_SLOPE;
    let distance = |x: f64| {
        let point = critical_at(activation, x.exp());
        if settles(&point) { (point.weight_var - weight_var).hypot(point.bias_var - bias_var) } else { f64::INFINITY }
    };
    let nearest = (curve.logs.iter().enumerate())
        .map(|(i, &x)| (i, distance(x)))
        .filter(|(_, d)| d.is_finite())
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let Some((i, sampled)) = nearest else {
        return Err(EocError::Unreachable { activation: activation.name() });
    };
    let (low, high) = (curve.logs[i.saturating_sub(1)], curve.logs[(i + 1).min(curve.logs.len() - 1)]);
    let (x, refined) = minimum(distance, low, high);
    Ok(critical_at(activation, if refined < sampled { x } else { curve.logs[i] }.exp()))
}

/// The single critical point of a homogeneous activation.
fn scale_free(activation: &Activation) -> Option<EocPoint> {
    let parts = activation.homogeneous()?;
    let weight_var = 1.0 / parts.mean_square();
    Some(EocPoint { weight_var, bias_var: 0.0, q_star: None, lambda_q: 1.0, reachable: true })
}

/// The critical network that rests at `q > 0`; its bias variance may come out negative.
fn critical_at(activation: &Activation, q: f64) -> EocPoint {
    let weight_var = 1.0 / slope_sq(activation, q);
    let bias_var = weight_var * poincare_deficit(activation, q);
    let lambda_q = weight_var * value_sq_slope(activation, q);
    EocPoint { weight_var, bias_var, q_star: Some(q), lambda_q, reachable: lambda_q.abs() < 1.0 }
}

/// Bias variance along the edge of chaos, sampled.
struct Curve<'a> {
    activation: &'a Activation,
    /// $\ln q$.
    logs: Vec<f64>,
    bias_vars: Vec<f64>,
}

impl<'a> Curve<'a> {
    fn new(activation: &'a Activation) -> Self {
        let all = log_grid().into_iter().map(|x| (x, bias_var_at(activation, x)));
        let (logs, bias_vars) = all.filter(|(_, b)| b.is_finite()).unzip();
        Self { activation, logs, bias_vars }
    }

    fn at(&self, bias_var: f64) -> Result<EocPoint, EocError> {
        let relative = |x: f64| (bias_var_at(self.activation, x) - bias_var) / x.exp();
        let samples: Vec<f64> = self.logs.iter().zip(&self.bias_vars).map(|(x, b)| (b - bias_var) / x.exp()).collect();
        let found = crossings(&self.logs, &samples, relative);
        let points: Vec<EocPoint> = found.iter().map(|root| self.point(root, bias_var)).collect();
        if let Some(point) = points.iter().find(|p| p.reachable).or(points.first()) {
            return Ok(*point);
        }
        let (first, last) = (self.bias_vars.first().copied(), self.bias_vars.last().copied());
        if self.activation.value(0.0) == 0.0 && first.is_some_and(|b| b >= bias_var.min(f64::MIN_POSITIVE)) {
            return self.start(bias_var);
        }
        let largest = self.bias_vars.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest < 0.0 || last.is_none() {
            return Err(EocError::Never { activation: self.activation.name() });
        }
        let from = self.bias_vars.iter().copied().fold(f64::INFINITY, f64::min).max(0.0);
        Err(EocError::BiasVar { activation: self.activation.name(), got: bias_var, from, to: largest })
    }

    fn point(&self, root: &Root, bias_var: f64) -> EocPoint {
        EocPoint { bias_var, ..critical_at(self.activation, root.x.exp()) }
    }

    /// The end $q \to 0$ of a curve that starts at the origin.
    fn start(&self, bias_var: f64) -> Result<EocPoint, EocError> {
        let steepness = slope_sq(self.activation, 0.0);
        if steepness == 0.0 {
            return Err(EocError::UnboundedStart { activation: self.activation.name() });
        }
        let weight_var = 1.0 / steepness;
        let reachable = weight_var * value_sq(self.activation, NEAR_ZERO) <= NEAR_ZERO;
        Ok(EocPoint { weight_var, bias_var, q_star: Some(0.0), lambda_q: 1.0, reachable })
    }
}

/// $\sigma_b^2$ of the critical network that rests at $e^x$.
fn bias_var_at(activation: &Activation, x: f64) -> f64 {
    let q = x.exp();
    poincare_deficit(activation, q) / slope_sq(activation, q)
}
