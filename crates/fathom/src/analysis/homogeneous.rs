//! Phases of $\phi(z) = az + b|z|$ (relu, leaky relu, abs, linear), which are unlike all others.

use super::fixed_points::{FixedPoint, Stability};
use super::phase_report::{Basin, CRITICAL_TOLERANCE, Note, Phase, PhaseReport, depth_scale};
use crate::activation::{Activation, Homogeneous};

/// The report, all in closed form.
///
/// The variance map is the line $V(q) = A q + \sigma_b^2$ with $A = \sigma_w^2 (a^2 + b^2) = \chi_1 = \lambda_q$, so
/// that $q^* = \sigma_b^2/(1 - A)$ exists for $A < 1$ only. Without bias the correlation map does not depend on A at all
/// and $c \to 1$ like $1/L^2$, so that the NTK ratio tends to 1/4 whether the variance grows or decays; a bias counts
/// for nothing when $A > 1$. At $A = 1$ with a bias, $q$ grows linearly and the ratio is 4/7 for equal norms. For
/// $b = 0$ the network is linear and keeps correlations. Derived in docs/theory.
pub(super) fn report(
    activation: &Activation,
    parts: Homogeneous,
    weight_var: f64,
    bias_var: f64,
    q0: Option<f64>,
) -> PhaseReport {
    let growth = weight_var * parts.mean_square();
    let critical = (growth - 1.0).abs() <= CRITICAL_TOLERANCE;
    let linear = parts.b == 0.0;
    let mut report = PhaseReport::empty(activation, weight_var, bias_var, q0);
    report.chi1 = Some(growth);
    report.lambda_q = Some(growth);
    report.xi_q = Some(if critical { f64::INFINITY } else { depth_scale(growth) });
    if bias_var == 0.0 && !linear {
        report.notes.push(Note::CorrelationIgnoresWeightVar);
    }
    if growth < 1.0 && !critical && bias_var > 0.0 {
        ordered(&mut report, growth, bias_var);
        return report;
    }
    (report.phase, report.q_star) = match (critical, bias_var == 0.0) {
        (true, true) => (Phase::Critical, q0),
        (false, true) if growth < 1.0 => (Phase::Collapsing, Some(0.0)),
        _ => (Phase::Divergent, Some(f64::INFINITY)),
    };
    let fixed_point = if report.phase == Phase::Critical {
        report.notes.push(Note::EveryVarianceIsFixed);
        None
    } else if bias_var == 0.0 {
        report.fixed_points.push(at_zero(growth));
        (growth < 1.0).then_some(0)
    } else {
        None
    };
    report.reached = fixed_point;
    report.basins.push(Basin { from: 0.0, to: f64::INFINITY, phase: report.phase, fixed_point });
    let limit = if report.phase == Phase::Collapsing { 0.0 } else { f64::INFINITY };
    let grows_linearly = critical && bias_var > 0.0;
    let ratio = match (linear, grows_linearly) {
        (false, true) => Some(4.0 / 7.0),
        (false, false) => Some(0.25),
        (true, true) => Some(1.0),
        (true, false) => None,
    };
    report.limits(limit, limit, ratio);
    if ratio.is_none() {
        report.notes.push(Note::DataDependentLimit);
    } else {
        report.correlate(1.0, 1.0);
    }
    if grows_linearly && !linear {
        report.notes.push(Note::EqualNormsOnly);
    }
    report
}

/// $A < 1$ with a bias: one fixed point, which attracts everything.
fn ordered(report: &mut PhaseReport, growth: f64, bias_var: f64) {
    let q = bias_var / (1.0 - growth);
    let phase = Phase::Ordered;
    report.phase = phase;
    report.fixed_points.push(FixedPoint { q, stability: Stability::Stable, lambda_q: growth, chi1: growth, phase });
    report.reached = Some(0);
    report.basins.push(Basin { from: 0.0, to: f64::INFINITY, phase, fixed_point: Some(0) });
    report.q_star = Some(q);
    report.correlate(1.0, growth);
    let limit = q / (1.0 - growth);
    report.limits(limit, limit, Some(1.0));
}

/// The fixed point at zero of a network without bias.
fn at_zero(growth: f64) -> FixedPoint {
    let stability = if growth < 1.0 { Stability::Stable } else { Stability::Unstable };
    // An input that is exactly zero stays zero: neither ordered nor chaotic, but the slope is what it is.
    FixedPoint { q: 0.0, stability, lambda_q: growth, chi1: growth, phase: Phase::at(0.0, growth) }
}
