//! The phase of a network.

use super::fixed_points::{FixedPoint, Flow, Limit, Scan, Stability};
use super::homogeneous;
use super::mean_field::MeanField;
use super::phase_report::{Basin, Note, Phase, PhaseReport, far_growth};
use crate::activation::{Activation, Regularity};

/// Why there is no phase.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PhaseError {
    /// Weight variance out of range.
    #[error("weight variance must be positive and finite, got {got}")]
    WeightVar {
        /// What was given.
        got: f64,
    },
    /// Bias variance out of range.
    #[error("bias variance must be finite and at least 0, got {got}")]
    BiasVar {
        /// What was given.
        got: f64,
    },
    /// First-layer variance out of range.
    #[error("first-layer variance must be finite and at least 0, got {got}")]
    FirstVariance {
        /// What was given.
        got: f64,
    },
    /// φ jumps: χ₁ is infinite and there is no NTK.
    #[error("activation {activation} jumps, so it has an NNGP kernel but neither an NTK nor a susceptibility")]
    Discontinuous {
        /// The activation.
        activation: String,
    },
}

/// The phase of a fully connected network of infinite width, with fixed points, depth scales and limits of the NTK.
///
/// Fixed points are found by a scan of $V(q) - q$ over $q \in [10^{-12}, 10^{12}]$ (to $10^{30}$ where $V$ still grows;
/// beyond, the variance counts as divergent) with a search for tangencies, and refined by Brent's method. Which one is
/// reached follows from the signs in between. $c^* = 1$ unless $\chi_1 > 1$, because the correlation map has a power
/// series with non-negative coefficients. Sources on the [module page](super); limits: derived in docs/theory.
///
/// # Arguments
/// * `activation`: φ.
/// * `weight_var`, `bias_var`: $\sigma_w^2 > 0$, $\sigma_b^2 \ge 0$, of all layers.
/// * `q0`: variance of the first pre-activations, $\sigma_w^2 |x|^2/n_0 + \sigma_b^2$. `None`: the limit from large
///   variances, which is the only one unless [`PhaseReport::depends_on_norm`].
///
/// # Errors
/// [`PhaseError`] for variances out of range and for activations that jump.
///
/// # Accuracy and cost
/// Relative error about $10^{-13}$, divided by $1 - \lambda_q$ (and $1 - \chi_1$ for limits and depth scales). Some ten
/// milliseconds for an activation without closed form.
///
/// # Example
/// relu with $\sigma_w^2 = 1.9$, $\sigma_b^2 = 0.05$ is ordered, $\chi_1 = 0.95$, and every entry of its NTK tends to
/// $1/(1 - 0.95)$:
/// ```
/// use fathom_ntk::analysis::{Phase, phase};
/// let report = phase(&"relu".parse()?, 1.9, 0.05, None)?;
/// assert_eq!(report.phase, Phase::Ordered);
/// assert!((report.ntk_offdiag_limit.unwrap() - 20.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn phase(
    activation: &Activation,
    weight_var: f64,
    bias_var: f64,
    q0: Option<f64>,
) -> Result<PhaseReport, PhaseError> {
    check(activation, weight_var, bias_var, q0)?;
    if let Some(parts) = activation.homogeneous() {
        return Ok(homogeneous::report(activation, parts, weight_var, bias_var, q0));
    }
    Ok(scanned(activation, weight_var, bias_var, q0, &Scan::new(activation)))
}

/// Rejects what [`phase`] does not accept.
pub(super) fn check(
    activation: &Activation,
    weight_var: f64,
    bias_var: f64,
    q0: Option<f64>,
) -> Result<(), PhaseError> {
    if !(weight_var.is_finite() && weight_var > 0.0) {
        return Err(PhaseError::WeightVar { got: weight_var });
    }
    if !(bias_var.is_finite() && bias_var >= 0.0) {
        return Err(PhaseError::BiasVar { got: bias_var });
    }
    if let Some(got) = q0.filter(|q| !(q.is_finite() && *q >= 0.0)) {
        return Err(PhaseError::FirstVariance { got });
    }
    if activation.regularity() == Regularity::Discontinuous {
        return Err(PhaseError::Discontinuous { activation: activation.name() });
    }
    Ok(())
}

/// Where the variance may rest, and where it does.
struct Orbit {
    flow: Flow,
    points: Vec<FixedPoint>,
    limit: Limit,
}

impl Orbit {
    fn new(map: &MeanField<'_>, activation: &Activation, variances: [f64; 2], q0: Option<f64>, scan: &Scan) -> Self {
        let flow = Flow::new(activation, variances[0], variances[1], scan);
        let points = flow.fixed_points(map);
        let limit = q0.map_or_else(|| flow.above_all(), |start| flow.settle(map, &points, start));
        Self { flow, points, limit }
    }
}

/// Phase and $\chi_1$ of an activation that is not homogeneous, from a scan made before.
pub(super) fn scanned_susceptibility(
    activation: &Activation,
    weight_var: f64,
    bias_var: f64,
    q0: Option<f64>,
    scan: &Scan,
) -> (Phase, Option<f64>) {
    let map = MeanField::new(activation, weight_var, bias_var);
    let orbit = Orbit::new(&map, activation, [weight_var, bias_var], q0, scan);
    match orbit.limit {
        Limit::Point(i) => (orbit.points[i].phase, Some(orbit.points[i].chi1)),
        Limit::Infinity => (Phase::Divergent, far_growth(activation, weight_var)),
    }
}

/// The report for an activation that is not homogeneous, from a scan made before.
pub(super) fn scanned(
    activation: &Activation,
    weight_var: f64,
    bias_var: f64,
    q0: Option<f64>,
    scan: &Scan,
) -> PhaseReport {
    let map = MeanField::new(activation, weight_var, bias_var);
    let Orbit { flow, points, limit } = Orbit::new(&map, activation, [weight_var, bias_var], q0, scan);
    let mut report = PhaseReport::empty(activation, weight_var, bias_var, q0);
    report.basins = (flow.basins(&points).into_iter())
        .map(|(from, to, limit)| match limit {
            Limit::Point(i) => Basin { from, to, phase: points[i].phase, fixed_point: Some(i) },
            Limit::Infinity => Basin { from, to, phase: Phase::Divergent, fixed_point: None },
        })
        .collect();
    report.basin_boundaries =
        points.iter().filter(|p| p.q > 0.0 && p.stability != Stability::Stable).map(|p| p.q).collect();
    report.depends_on_norm = report.basins.len() > 1;
    if report.depends_on_norm {
        report.notes.push(Note::DependsOnNorm);
    }
    let reached = if let Limit::Point(i) = limit { Some(i) } else { None };
    let missed = points.iter().enumerate().filter(|(i, p)| Some(*i) != reached && p.phase == Phase::Critical);
    report.notes.extend(missed.map(|(_, p)| Note::CriticalPointNotReached { q: p.q }));
    match reached {
        Some(i) if points[i].q > 0.0 => report.rest_at(&map, &points[i], activation),
        Some(i) => report.rest_at_zero(&points[i], activation),
        None => report.diverge(activation),
    }
    report.reached = reached;
    report.fixed_points = points;
    report
}
