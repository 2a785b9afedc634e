//! Constants of whole classes of networks.

use serde::Serialize;

use super::FirstOrderError;
use super::averages::Averages;
use crate::Scaled;
use crate::activation::{Activation, Regularity};

/// A pair of variances at which both derivatives of the signal map are one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HalfStablePoint {
    /// $\sigma_w^2$.
    pub weight_var: f64,
    /// $\sigma_b^2$.
    pub bias_var: f64,
    /// The fixed point $K^* = \sigma_w^2\langle\phi^2\rangle + \sigma_b^2$.
    pub nngp: f64,
}

/// How fast the relative variance of the NTK grows with depth in the chaotic phase: $\mathrm{Var}\,\Theta/\Theta^2 \to
/// SL \cdot L/n$ at equal widths and fixed input variance (derived in docs/theory).
///
/// With $g', h, h'$ of the [module page](super) at $K^*$:
///
/// $$SL = \frac{c^2 \mathrm{Var}\,\phi'^2 + h'^2 v_0 + 2 h' h \delta + 2 c^2\langle\phi'^4\rangle}{h^2}, \quad
///   v_0 = \frac{c^2 \mathrm{Var}\,\phi^2}{1 - g'^2}, \quad
///   \delta = \frac{c^2\mathrm{Cov}(\phi^2, \phi'^2) + g' h' v_0}{h (1 - g')}.$$
///
/// # Arguments
/// * `weight_var`, `bias_var`: $c = \sigma_w^2$ and $\sigma_b^2$.
/// * `q_star`: the fixed point $K^* = c\langle\phi^2\rangle + \sigma_b^2$, to at least $10^{-6}$.
///
/// # Errors
/// [`FirstOrderError::Variance`], [`FirstOrderError::NotFixedPoint`], [`FirstOrderError::UnstableFixedPoint`],
/// [`FirstOrderError::NotFinite`].
///
/// # Accuracy and cost
/// About $10^{-13}$ relative, plus what the error of `q_star` makes. One quadrature. The slope is approached over
/// $1/\ln h$ layers, and it is the growth rate of the first-order term only: use it at small $L/n$. In the ordered phase
/// ($h < 1$) the number has no meaning.
///
/// # Example
/// ```
/// use fathom_ntk::moments::first_order::chaotic_slope;
/// let slope = chaotic_slope(&"linear".parse()?, 0.5, 1.0, 2.0)?;
/// // v₀ = (1/4) 2 K² / (1 − 1/4), all other fluctuations of φ′² vanish: 2 c² / h² = 2
/// assert!((slope - 2.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn chaotic_slope(
    activation: &Activation,
    weight_var: f64,
    bias_var: f64,
    q_star: f64,
) -> Result<f64, FirstOrderError> {
    let positive = |name, got: f64| {
        let allowed = "positive and finite";
        if got.is_finite() && got > 0.0 { Ok(()) } else { Err(FirstOrderError::Variance { name, allowed, got }) }
    };
    positive("weight_var", weight_var)?;
    positive("q_star", q_star)?;
    if !(bias_var.is_finite() && bias_var >= 0.0) {
        let (name, allowed) = ("bias_var", "at least 0 and finite");
        return Err(FirstOrderError::Variance { name, allowed, got: bias_var });
    }
    let averages = averages(activation, q_star)?;
    let c = weight_var;
    let [g, g1, _] = averages.value.map(|x| c * x.to_f64());
    let [h, h1, _] = averages.slope.map(|x| c * x.to_f64());
    let next = g + bias_var;
    if (next - q_star).abs() > 1e-6 * q_star {
        return Err(FirstOrderError::NotFixedPoint { q_star, next });
    }
    if g1 >= 1.0 {
        return Err(FirstOrderError::UnstableFixedPoint { slope: g1 });
    }
    let square = |x: Scaled| c * c * x.to_f64();
    let v0 = square(averages.var_value) / ((1.0 - g1) * (1.0 + g1));
    let delta = (square(averages.cov) + g1 * h1 * v0) / (h * (1.0 - g1));
    let slope =
        (square(averages.var_slope) + h1 * h1 * v0 + 2.0 * h1 * h * delta + 2.0 * square(averages.slope_4)) / (h * h);
    if slope.is_finite() { Ok(slope) } else { Err(FirstOrderError::NotFinite { layer: 1 }) }
}

fn averages(activation: &Activation, k: f64) -> Result<Averages, FirstOrderError> {
    if activation.regularity() == Regularity::Discontinuous {
        return Err(FirstOrderError::NoNtk { activation: activation.name() });
    }
    match activation.homogeneous() {
        Some(parts) => Ok(Averages::homogeneous(parts, k.into())),
        None => Averages::integrate(&**activation, k).ok_or(FirstOrderError::NotFinite { layer: 1 }),
    }
}

/// The half-stable critical point of an activation: $c\langle\phi'^2\rangle = 1$ and $c\langle\phi'^2 + \phi\phi''\rangle
/// = 1$ at the fixed point $K^*$, which attracts from one side only (derived in docs/theory).
///
/// There the NTK grows linearly in depth as for relu, $\Theta \approx K^* L$. It is found where
/// $\langle\phi\phi''\rangle_K = 0$, in $10^{-4} \le K \le 10^6$; the smallest such $K$ with a bias variance that is not
/// negative is taken.
///
/// # Errors
/// [`FirstOrderError::NoHalfStablePoint`] (tanh, erf and relu among others), [`FirstOrderError::NoNtk`],
/// [`FirstOrderError::NotFinite`].
///
/// # Accuracy and cost
/// About $10^{-12}$ relative. Some hundred quadratures.
///
/// # Example
/// ```
/// use fathom_ntk::moments::first_order::{FirstOrderError, half_stable_point};
/// let none = half_stable_point(&"tanh".parse()?);
/// assert_eq!(none, Err(FirstOrderError::NoHalfStablePoint { activation: "tanh".into() }));
/// # Ok::<(), fathom_ntk::activation::ActivationError>(())
/// ```
pub fn half_stable_point(activation: &Activation) -> Result<HalfStablePoint, FirstOrderError> {
    let none = FirstOrderError::NoHalfStablePoint { activation: activation.name() };
    if activation.homogeneous().is_some() {
        return Err(none);
    }
    // ⟨φφ″⟩ relative to ⟨φ′²⟩.
    let excess = |k: f64| {
        let a = averages(activation, k)?;
        Ok(a.value[1].to_f64() / a.slope[0].to_f64() - 1.0)
    };
    let mut low = 1e-4;
    let mut at_low = excess(low)?;
    for step in 1..=160 {
        let high = 1e-4 * 10_f64.powf(f64::from(step) / 16.0);
        let at_high: f64 = excess(high)?;
        // Where both vanish to rounding, the activation is linear as far as it is seen.
        if at_low * at_high < 0.0 && at_low.abs().max(at_high.abs()) > 1e-9 {
            let point = point_at(activation, bisect(&excess, (low, high), at_low)?)?;
            if point.bias_var >= 0.0 {
                return Ok(point);
            }
        }
        (low, at_low) = (high, at_high);
    }
    Err(none)
}

fn bisect(
    excess: &impl Fn(f64) -> Result<f64, FirstOrderError>,
    (mut low, mut high): (f64, f64),
    at_low: f64,
) -> Result<f64, FirstOrderError> {
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if excess(middle)? * at_low > 0.0 { low = middle } else { high = middle }
    }
    Ok(0.5 * (low + high))
}

fn point_at(activation: &Activation, k: f64) -> Result<HalfStablePoint, FirstOrderError> {
    let a = averages(activation, k)?;
    let weight_var = 1.0 / a.slope[0].to_f64();
    Ok(HalfStablePoint { weight_var, bias_var: k - weight_var * a.value[0].to_f64(), nngp: k })
}
