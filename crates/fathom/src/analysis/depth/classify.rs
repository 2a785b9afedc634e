//! Which statement about great depth applies.

use serde::Serialize;

use super::expansion::Expansion;
use super::subject::Places;
use super::{DepthConstants, DepthError, DepthNetwork};
use crate::activation::{Homogeneous, Regularity};
use crate::analysis::{CRITICAL_TOLERANCE, Phase, PhaseReport, phase};
use crate::spec::BranchScaling;

/// Which statement about great depth applies to a network and a pair of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DepthClass {
    /// $\phi = az + b|z|$ whose variances keep their ratios (no bias, or growth that outruns it): the limit 1/4 at every weight
    /// variance.
    ReluLike,
    /// $\phi = az + b|z|$ on the edge of chaos with a bias: variances grow linearly; 4/7 for equal norms.
    GrowingReluLike,
    /// Edge of chaos, φ with kinks: 1/4.
    Kinked,
    /// Edge of chaos, φ″ jumps: 1/3, with an error of order $L^{-1/2}$.
    CurvatureJump,
    /// Edge of chaos, smoother φ: 1/3.
    Smooth,
    /// Edge of chaos of an odd, smooth φ without bias: variances fall like $1/L$, and the limit depends on the data.
    VanishingOdd,
    /// All entries tend to one number.
    Ordered,
    /// Entries off the diagonal tend to a number, and the diagonal grows exponentially.
    Chaotic,
    /// Residual network of $\phi = az + b|z|$ with $\sum \lambda_l^2 = \infty$: 1/4.
    ResidualRelu,
    /// The same with $\lambda^2 = 1/L$: a differential equation gives the limit, which depends on the data.
    ResidualReluInverseDepth,
    /// The same with $\sum \lambda_l^2 < \infty$: a limit that depends on the data.
    ResidualReluSummable,
    /// Residual network with $\lambda = 0$: the kernel of its first layer at every depth.
    FirstLayer,
    /// No statement is published or derived; the recursion has its numbers.
    NotCovered,
}

/// What is known of a network before any recursion.
#[derive(Clone, Debug)]
pub(super) struct Classified {
    pub class: DepthClass,
    /// Of fully connected networks, from the first input.
    pub phase: Option<PhaseReport>,
    pub expansion: Expansion,
    /// Without what is measured.
    pub constants: DepthConstants,
}

impl Classified {
    /// # Arguments
    /// * `mean_squares`: $|x|^2/n_0$ of the two inputs.
    pub fn new(network: &DepthNetwork, mean_squares: [f64; 2]) -> Result<Self, DepthError> {
        match (network.scaling(), network.activation().homogeneous()) {
            (Some(BranchScaling::Constant(0.0)), _) => {
                Ok(Self { class: DepthClass::FirstLayer, ..Self::uncovered(None) })
            }
            (Some(scaling), Some(parts)) if parts.b != 0.0 => Ok(Self::residual(network, parts, scaling)),
            (Some(_), _) => Ok(Self::uncovered(None)),
            (None, Some(parts)) => Self::homogeneous(network, parts, mean_squares),
            (None, None) => Self::general(network, mean_squares),
        }
    }

    /// Inputs may have places, which must come to agree.
    pub fn among(network: &DepthNetwork, mean_squares: [f64; 2], places: Option<Places>) -> Result<Self, DepthError> {
        let own = Self::new(network, mean_squares)?;
        let Some(Places { range, pattern }) = places else { return Ok(own) };
        // A window that mixes nothing, or places that end at different variances, leave every place a limit of its own.
        let ends = Self::new(network, range)?;
        if own.class == DepthClass::FirstLayer {
            return Ok(own);
        }
        Ok(if pattern >= 1.0 || ends.class == DepthClass::NotCovered { Self::uncovered(None) } else { own })
    }

    /// Nothing is known, but perhaps the phase.
    pub fn uncovered(phase: Option<PhaseReport>) -> Self {
        let expansion = Expansion::default();
        Self { class: DepthClass::NotCovered, phase, expansion, constants: DepthConstants::default() }
    }

    fn residual(network: &DepthNetwork, parts: Homogeneous, scaling: BranchScaling) -> Self {
        let growth = network.weight_var() * parts.mean_square();
        let expansion = Expansion::homogeneous(parts, 1.0);
        let constants = DepthConstants { s: Some(expansion.s), ..DepthConstants::default() };
        let (class, constants) = match scaling {
            BranchScaling::Constant(lambda_sq) => (DepthClass::ResidualRelu, with_share(constants, lambda_sq * growth)),
            BranchScaling::Power(0.0) => (DepthClass::ResidualRelu, with_share(constants, growth)),
            BranchScaling::Power(p) if p <= 1.0 => {
                (DepthClass::ResidualRelu, DepthConstants { kappa: Some(0.0), delta0: Some(0.0), ..constants })
            }
            BranchScaling::Power(_) => (DepthClass::ResidualReluSummable, constants),
            BranchScaling::InverseDepth => (DepthClass::ResidualReluInverseDepth, constants),
        };
        Self { class, phase: None, expansion, constants }
    }

    fn homogeneous(network: &DepthNetwork, parts: Homogeneous, mean_squares: [f64; 2]) -> Result<Self, DepthError> {
        let report = phase_of(network, mean_squares[0])?;
        let growth = network.weight_var() * parts.mean_square();
        let bias = network.bias_var();
        let critical = (growth - 1.0).abs() <= CRITICAL_TOLERANCE;
        let class = match (parts.b == 0.0, critical) {
            (_, false) if growth < 1.0 && bias > 0.0 => DepthClass::Ordered,
            (true, _) => return Ok(Self::uncovered(Some(report))),
            (false, true) if bias > 0.0 => DepthClass::GrowingReluLike,
            _ => DepthClass::ReluLike,
        };
        // Where variances keep their ratios, their growth drops out of the correlation map.
        let expansion = Expansion::homogeneous(parts, if class == DepthClass::Ordered { growth } else { 1.0 });
        let mut constants = DepthConstants { s: Some(expansion.s), ..of_phase(&report) };
        match class {
            DepthClass::ReluLike => {
                constants = DepthConstants { zeta: Some(0.0), ..kinked(constants, expansion.s, 0.0) };
            }
            DepthClass::GrowingReluLike => {
                let [first, second] = mean_squares.map(|m| network.first_variance(m));
                constants.x = Some(largest_root(expansion.s * (first - second) / bias));
            }
            _ => constants.curvature = Some(0.0),
        }
        Ok(Self { class, phase: Some(report), expansion, constants })
    }

    fn general(network: &DepthNetwork, [first, second]: [f64; 2]) -> Result<Self, DepthError> {
        let report = phase_of(network, first)?;
        let other = if first == second { None } else { Some(phase_of(network, second)?) };
        let together = other.is_none_or(|other| other.reached == report.reached && other.phase == report.phase);
        let q = report.q_star.filter(|q| q.is_finite());
        let (Some(q), true) = (q, together) else { return Ok(Self::uncovered(Some(report))) };
        let activation = network.activation();
        let class = match report.phase {
            Phase::Ordered => DepthClass::Ordered,
            Phase::Chaotic => DepthClass::Chaotic,
            Phase::Critical if q == 0.0 && report.ntk_diag_limit.is_some() => DepthClass::VanishingOdd,
            Phase::Critical if q > 0.0 && report.ntk_ratio_limit.is_some() => match activation.regularity() {
                Regularity::Discontinuous => DepthClass::NotCovered,
                Regularity::Kinked => DepthClass::Kinked,
                Regularity::CurvatureJump => DepthClass::CurvatureJump,
                Regularity::Smooth => DepthClass::Smooth,
            },
            _ => DepthClass::NotCovered,
        };
        let constants = of_phase(&report);
        if q == 0.0 || class == DepthClass::NotCovered {
            return Ok(Self { class, constants, ..Self::uncovered(Some(report)) });
        }
        let expansion = Expansion::new(activation, network.weight_var(), q);
        let constants = with_expansion(constants, class, &expansion);
        Ok(Self { class, phase: Some(report), expansion, constants })
    }
}

fn phase_of(network: &DepthNetwork, mean_square: f64) -> Result<PhaseReport, DepthError> {
    let q0 = network.first_variance(mean_square);
    Ok(phase(network.activation(), network.weight_var(), network.bias_var(), Some(q0))?)
}

fn of_phase(report: &PhaseReport) -> DepthConstants {
    let finite = |x: Option<f64>| x.filter(|x| x.is_finite());
    DepthConstants {
        q_star: finite(report.q_star),
        chi1: finite(report.chi1),
        lambda_q: finite(report.lambda_q),
        c_star: report.c_star,
        chi_star: report.chi_at_c_star,
        ..DepthConstants::default()
    }
}

/// $\kappa = \frac32 + 2\zeta/s^2$, $\delta_0 = -\frac13(\frac\kappa4 + 2\zeta/s^2)$.
fn kinked(constants: DepthConstants, s: f64, zeta: f64) -> DepthConstants {
    let ratio = 2.0 * zeta / (s * s);
    let kappa = 1.5 + ratio;
    DepthConstants { kappa: Some(kappa), delta0: Some(-(0.25 * kappa + ratio) / 3.0), ..constants }
}

/// Branches that add the share $\rho = a/(1 + a)$ each: $\kappa = \frac32\rho$, $\delta_0 = -\rho/8$.
fn with_share(constants: DepthConstants, a: f64) -> DepthConstants {
    let rho = a / (1.0 + a);
    DepthConstants { rho: Some(rho), kappa: Some(1.5 * rho), delta0: Some(-0.125 * rho), ..constants }
}

fn with_expansion(constants: DepthConstants, class: DepthClass, e: &Expansion) -> DepthConstants {
    let some = |x: f64| (x != 0.0).then_some(x);
    match class {
        DepthClass::Kinked => kinked(DepthConstants { s: Some(e.s), zeta: Some(e.zeta), ..constants }, e.s, e.zeta),
        DepthClass::Smooth => {
            let ratio = e.gamma / (e.beta * e.beta);
            let kappa = 1.0 - ratio;
            DepthConstants {
                beta: Some(e.beta),
                gamma: Some(e.gamma),
                kappa: Some(kappa),
                delta0: Some(0.5 * (ratio - e.beta.recip() - kappa / 3.0)),
                ..constants
            }
        }
        DepthClass::CurvatureJump => DepthConstants {
            beta: Some(e.beta),
            eta: Some(e.eta),
            epsilon: Some(2.0 * e.eta * e.beta.powf(-1.5)),
            ..constants
        },
        DepthClass::Ordered => {
            let smooth = e.s == 0.0;
            DepthConstants { s: some(e.s), curvature: smooth.then(|| e.second_derivative()), ..constants }
        }
        _ => constants,
    }
}

/// The root $X \ge 1$ of $X^3 - X^2 = y^2/8$, by Newton's method from above.
fn largest_root(y: f64) -> f64 {
    let target = 0.125 * y * y;
    let mut x = 1.0 + target.cbrt() + target.min(1.0);
    for _ in 0..100 {
        let step = (x * x * (x - 1.0) - target) / (x * (3.0 * x - 2.0));
        x -= step;
        if step.abs() <= f64::EPSILON * x {
            break;
        }
    }
    x
}
