//! How random the kernel is at initialisation.

use serde::Serialize;

use super::inputs::Typical;
use crate::Scaled;
use crate::analysis::phase_report::extended;
use crate::moments::first_order::{FirstOrderError, Trust, first_order};
use crate::moments::{MomentsError, lognormal_range, relu_moments};
use crate::spec::{Architecture, WeightLaw};

/// How the numbers were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RandomnessMethod {
    /// Exact moments at the given widths (relu).
    Exact,
    /// First order in 1/width, resummed as $\mathrm{Var}/E^2 = e^r - 1$ up to $r = 1$.
    FirstOrder,
    /// The widths are infinite, or there is no hidden layer: the kernel is not random.
    Deterministic,
}

/// How far the numbers can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reliability {
    /// Exact.
    Exact,
    /// To about 5 %.
    Quantitative,
    /// To about 20 %.
    Indicative,
    /// Beyond first order: the kernel is at least about as random as said; sample to know more.
    BeyondFirstOrder,
}

/// The law of $\Theta(x, x)$, one output, over initialisations, at the typical input.
#[derive(Clone, Debug, Serialize)]
pub struct Randomness {
    /// How the numbers were found.
    pub method: RandomnessMethod,
    /// How far they can be trusted.
    pub reliability: Reliability,
    /// E Θ.
    pub mean: Scaled,
    /// std Θ / E Θ.
    pub relative_std: Scaled,
    /// ln of the dispersion E Θ²/(E Θ)²; ∞ (written `"inf"`) where first order leaves the range of `f64`.
    #[serde(serialize_with = "extended")]
    pub log_dispersion: f64,
    /// ln of the ends of the range that holds Θ in nine networks of ten, by the log-normal law of the same mean and
    /// dispersion (an approximation); infinite where the dispersion is.
    pub log_range: Option<[f64; 2]>,
    /// The mean's relative distance from the infinite-width Θ, if first order; 0 for relu.
    pub relative_mean_shift: f64,
}

/// The randomness of `arch` at the typical input, or why it is not known.
pub(super) fn randomness(arch: &Architecture, typical: &Typical, ntk: Scaled) -> Result<Randomness, String> {
    if ntk.is_zero() {
        return Err("the ntk of the typical input is zero in the infinitely wide network".into());
    }
    let Some(constants) = arch.constants() else { return Ok(deterministic(ntk)) };
    if arch.depth() == 1 {
        return relu_moments(&constants, &typical.norm).map(|m| deterministic(m.mean)).map_err(|e| e.to_string());
    }
    if arch.activation().name() == "relu" {
        return exact(arch, typical).map_err(|e| e.to_string());
    }
    if arch.weight_law() != WeightLaw::Gaussian {
        return Err(FirstOrderError::WeightLaw { got: arch.weight_law() }.to_string());
    }
    by_first_order(arch, typical).map_err(|e| e.to_string())
}

fn deterministic(ntk: Scaled) -> Randomness {
    Randomness {
        method: RandomnessMethod::Deterministic,
        reliability: Reliability::Exact,
        mean: ntk,
        relative_std: Scaled::ZERO,
        log_dispersion: 0.0,
        log_range: Some([ntk.ln(), ntk.ln()]),
        relative_mean_shift: 0.0,
    }
}

fn exact(arch: &Architecture, typical: &Typical) -> Result<Randomness, MomentsError> {
    let Some(constants) = arch.constants() else { return Err(MomentsError::NoLayers) };
    let m = relu_moments(&constants, &typical.norm)?;
    let (low, high) = lognormal_range(m.mean, m.log_dispersion, RANGE)?;
    let alive = m.alive_probability.to_f64() >= MOSTLY_ALIVE;
    Ok(Randomness {
        method: RandomnessMethod::Exact,
        reliability: Reliability::Exact,
        mean: m.mean,
        relative_std: m.relative_std,
        log_dispersion: m.log_dispersion,
        log_range: alive.then_some([low, high]),
        relative_mean_shift: 0.0,
    })
}

/// Probability that no layer is dead, below which the law of Θ is not near log-normal.
pub(in crate::analysis) const MOSTLY_ALIVE: f64 = 0.95;
/// Relative variance up to which $e^r - 1$ is better than $r$; it is an empirical resummation.
const RESUMMED: f64 = 1.0;
/// Probability inside `log_range`.
const RANGE: f64 = 0.9;

fn by_first_order(arch: &Architecture, typical: &Typical) -> Result<Randomness, FirstOrderError> {
    let m = first_order(arch, typical.sq_norm)?;
    let mean = m.ntk + m.ntk_mean_shift;
    // A shift that turns the sign of the mean is far beyond first order.
    let mean = if mean > Scaled::ZERO { mean } else { m.ntk };
    let r = m.relative_variance;
    let relative_variance = if r <= RESUMMED { r.exp_m1() } else { r.max(RESUMMED.exp_m1()) };
    let log_dispersion = relative_variance.ln_1p();
    let reliability = match m.reliability.statistics {
        _ if m.reliability.kernel_fluctuates => Reliability::BeyondFirstOrder,
        Trust::Quantitative => Reliability::Quantitative,
        Trust::Indicative => Reliability::Indicative,
        Trust::Beyond => Reliability::BeyondFirstOrder,
    };
    let log_range = match reliability {
        Reliability::BeyondFirstOrder => None,
        _ => lognormal_range(mean, log_dispersion, RANGE).ok().map(|(low, high)| [low, high]),
    };
    Ok(Randomness {
        method: RandomnessMethod::FirstOrder,
        reliability,
        mean,
        relative_std: Scaled::from(relative_variance.sqrt()),
        log_dispersion,
        log_range,
        relative_mean_shift: m.relative_mean_shift,
    })
}
