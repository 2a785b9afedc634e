//! The constants of a rate that only the recursion knows.

use super::classify::Classified;
use super::law::{Clock, DepthRate, Law};
use super::pair_report::LimitOrigin;
use super::subject::Subject;
use super::tau::Tau;
use super::{DepthClass, DepthConstants, DepthError, DepthNetwork, inverse_depth};
use crate::Scaled;
use crate::activation::{Covariance, Homogeneous, Parity};
use crate::infinite::{Expectations, PairKernel};
use crate::spec::BranchScaling;

/// Depth at which constants are measured: of the order of the cost of 0.1 s.
const DEEP: usize = 100_000;
/// The same where φ is not piecewise linear.
const DEEP_BY_EXPECTATIONS: usize = 20_000;
/// The same where every layer is an integral.
const DEEP_BY_INTEGRALS: usize = 8_000;
/// The same where every depth is a pass of its own.
const DEEP_BY_PASSES: usize = 20_000;
/// $-\ln$ of what is left of transients when an exponential rate is measured.
const FADED: f64 = 42.0;
/// The same where what is left must still stand out from rounding.
const VISIBLE: f64 = 16.0;
/// Correlations below this are rounding.
const ROUNDING: f64 = 1e-14;
/// Squared norm differences that fade more slowly than this share of $\chi_1$ rule the gaps.
const NORMS_FADE: f64 = 0.999;

/// A rate, its limit, and everything that was measured for it.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub law: Option<Law>,
    pub rate: Option<DepthRate>,
    pub limit: Option<f64>,
    pub origin: LimitOrigin,
    pub constants: DepthConstants,
    /// Layers that asymptotics need at least.
    pub onset: Option<f64>,
}

/// Measures what the class of the pair needs.
pub(super) fn measure(subject: Subject<'_>, classified: &Classified) -> Result<Measured, DepthError> {
    let pair = Pair { subject, network: subject.network(), classified };
    match classified.class {
        DepthClass::ReluLike | DepthClass::Kinked => {
            pair.clocked(Clock::Kinked(classified.expansion.s), 4.0, Tau::Depth)
        }
        DepthClass::Smooth => pair.clocked(Clock::Smooth(classified.expansion.beta), 3.0, Tau::Depth),
        DepthClass::ResidualRelu => pair.clocked(Clock::Kinked(classified.expansion.s), 4.0, pair.tau()),
        DepthClass::CurvatureJump => pair.curvature_jump(),
        DepthClass::GrowingReluLike => {
            let x = classified.constants.x.unwrap_or(1.0);
            pair.approach(Some(2.0 / (2.0 + 1.5 * x)), LimitOrigin::Formula, 0.5)
        }
        DepthClass::VanishingOdd => pair.vanishing_odd(),
        DepthClass::ResidualReluSummable => pair.approach(None, LimitOrigin::Measured, pair.power() - 1.0),
        DepthClass::ResidualReluInverseDepth => pair.inverse_depth(),
        DepthClass::Ordered => pair.ordered(),
        DepthClass::Chaotic => pair.chaotic(),
        DepthClass::FirstLayer => {
            let limit = pair.kernels(&[1])?.first().map(ratio);
            Ok(Measured { limit, origin: LimitOrigin::Formula, ..Measured::nothing(classified.constants) })
        }
        DepthClass::NotCovered => {
            let limit = classified.phase.as_ref().and_then(|phase| phase.ntk_ratio_limit);
            let origin = if limit.is_some() { LimitOrigin::Formula } else { LimitOrigin::Unknown };
            Ok(Measured { limit, origin, ..Measured::nothing(classified.constants) })
        }
    }
}

impl Measured {
    fn nothing(constants: DepthConstants) -> Self {
        Self { law: None, rate: None, limit: None, origin: LimitOrigin::Unknown, constants, onset: None }
    }
}

/// $\Theta_{12}/\sqrt{\Theta_{11}\Theta_{22}}$.
pub(super) fn ratio(kernel: &PairKernel) -> f64 {
    (kernel.ntk[2] / (kernel.ntk[0].sqrt() * kernel.ntk[1].sqrt())).to_f64()
}

struct Pair<'a> {
    subject: Subject<'a>,
    network: &'a DepthNetwork,
    classified: &'a Classified,
}

impl Pair<'_> {
    fn kernels(&self, depths: &[usize]) -> Result<Vec<PairKernel>, DepthError> {
        self.subject.kernels(depths)
    }

    /// The kernels of two depths.
    fn two(&self, depths: [usize; 2]) -> Result<[PairKernel; 2], DepthError> {
        let kernels = self.kernels(&depths)?;
        <[PairKernel; 2]>::try_from(kernels).map_err(|_| DepthError::Stopped)
    }

    fn power(&self) -> f64 {
        match self.network.scaling() {
            Some(BranchScaling::Power(p)) => p,
            _ => 0.0,
        }
    }

    /// What a branch with λ = 1 adds of the variance.
    fn branch(&self) -> f64 {
        let mean_square = self.network.activation().homogeneous().map_or(0.0, Homogeneous::mean_square);
        self.network.weight_var() * mean_square
    }

    fn tau(&self) -> Tau {
        match (self.network.scaling(), self.classified.constants.rho) {
            (_, Some(rho)) => Tau::Constant(rho),
            (Some(BranchScaling::Power(p)), None) => Tau::power(self.branch(), p),
            _ => Tau::Depth,
        }
    }

    /// Networks in which $Y$ counts layers: $C$ and $D$.
    ///
    /// $Y - \kappa \ln Y - \tau$ tends to $C$ with an error of order $1/Y$, which two depths take out.
    fn clocked(&self, clock: Clock, n: f64, tau: Tau) -> Result<Measured, DepthError> {
        let constants = self.classified.constants;
        let (kappa, delta) = (constants.kappa.unwrap_or(0.0), constants.delta0.unwrap_or(0.0));
        let deep = match self.network.activation().homogeneous() {
            _ if self.subject.keeps_places() => DEEP_BY_PASSES,
            Some(_) => DEEP,
            None => DEEP_BY_EXPECTATIONS,
        };
        let depths = [deep / 2, deep];
        // Fading branches follow a differential equation, whose next terms are known.
        let next = match tau {
            Tau::Power { .. } => {
                let s = self.classified.expansion.s;
                (0.2 / (s * s), -2.15 / (s * s))
            }
            _ => (0.0, 0.0),
        };
        let kernels = self.two(depths)?;
        let duplicate = kernels[1].gap.is_zero();
        if duplicate {
            // Equal or parallel inputs belong to the diagonal.
            let limit = Some(1.0);
            return Ok(Measured { limit, origin: LimitOrigin::Formula, ..Measured::nothing(constants) });
        }
        let y = kernels.map(|kernel| clock.y(kernel.gap));
        let at = [0, 1].map(|i| y[i] - kappa * y[i].ln() + next.0 / y[i] - tau.at(depths[i] as f64));
        // Of fading branches, what is left falls more slowly than that.
        let fading = matches!(tau, Tau::Power { .. });
        let c = if fading { at[1] } else { (at[1] * y[1] - at[0] * y[0]) / (y[1] - y[0]) };
        let [first, second, _] = kernels[1].ntk;
        let norms = kernels[1].nngp[0].sqrt() * kernels[1].nngp[1].sqrt();
        let excess = ((first.sqrt() * second.sqrt()) / norms).to_f64() - tau.at(deep as f64);
        // L roundings of numbers up to L.
        let diagonal = if excess.abs() < 1e-13 * deep as f64 { 0.0 } else { excess };
        let rate = match &tau {
            Tau::Power { p, .. } if *p == 1.0 => {
                DepthRate::InverseLog { coefficient: (c - diagonal) / (n * self.branch()) }
            }
            Tau::Power { p, .. } => {
                let coefficient = (c - diagonal) * (1.0 - p) / (n * self.branch());
                DepthRate::Power { coefficient, exponent: 1.0 - p }
            }
            _ => {
                let per_layer = if let Tau::Constant(rho) = tau { rho } else { 1.0 };
                DepthRate::LogOverDepth { coefficient: kappa / (n * per_layer) }
            }
        };
        let start = self.kernels(&[1])?.first().map_or(f64::NAN, |kernel| clock.y(kernel.gap));
        let onset = layers_to(&tau, start);
        let law = Law::Clocked { clock, n, kappa, delta, c, tau, diagonal, next };
        Ok(Measured {
            law: Some(law),
            rate: Some(rate),
            limit: Some(n.recip()),
            origin: LimitOrigin::Formula,
            constants: DepthConstants { c: Some(c), diagonal: Some(diagonal), ..constants },
            onset,
        })
    }

    fn curvature_jump(&self) -> Result<Measured, DepthError> {
        let constants = self.classified.constants;
        let rate = DepthRate::Power { coefficient: -0.1 * constants.epsilon.unwrap_or(0.0), exponent: 0.5 };
        let clock = Clock::Smooth(self.classified.expansion.beta);
        let onset = self.kernels(&[1])?.first().map(|kernel| clock.y(kernel.gap));
        Ok(Measured {
            law: Some(Law::Leading(rate)),
            rate: Some(rate),
            limit: Some(1.0 / 3.0),
            origin: LimitOrigin::Formula,
            constants,
            onset,
        })
    }

    /// A limit approached like $L^{-p}$ with a factor, and perhaps a limit, that the recursion tells at two depths.
    fn approach(&self, limit: Option<f64>, origin: LimitOrigin, exponent: f64) -> Result<Measured, DepthError> {
        let constants = self.classified.constants;
        let deep = self.deep();
        let depths = [deep / 4, deep];
        let ratios = self.two(depths)?.map(|kernel| ratio(&kernel));
        if limit.is_none() && ratios.iter().all(|ratio| ratio.abs() < ROUNDING) {
            // What is orthogonal stays so; its rounding has no rate.
            let limit = Some(0.0);
            return Ok(Measured { limit, origin: LimitOrigin::Formula, ..Measured::nothing(constants) });
        }
        let factors = depths.map(|depth| (depth as f64).powf(exponent));
        let limit = limit.unwrap_or((ratios[1] * factors[1] - ratios[0] * factors[0]) / (factors[1] - factors[0]));
        let scaled = [0, 1].map(|i| (ratios[i] - limit) * factors[i]);
        // What is left of the next order falls by the same power again; a measured limit has used it up.
        let coefficient = match origin {
            LimitOrigin::Measured => scaled[1],
            _ => (scaled[1] * factors[1] - scaled[0] * factors[0]) / (factors[1] - factors[0]),
        };
        let rate = DepthRate::Power { coefficient, exponent };
        Ok(Measured {
            law: Some(Law::Leading(rate)),
            rate: Some(rate),
            limit: Some(limit),
            origin,
            constants,
            onset: None,
        })
    }

    /// Where limits are measured that the constants do not give.
    fn deep(&self) -> usize {
        let closed = self.network.activation().dual(&Covariance::unit(0.5, 0.5, 1.5)).is_some();
        match (self.network.scaling(), closed) {
            (Some(BranchScaling::InverseDepth), _) => DEEP_BY_PASSES,
            _ if self.subject.keeps_places() => DEEP_BY_PASSES,
            (_, true) => DEEP,
            (_, false) => DEEP_BY_INTEGRALS,
        }
    }

    /// Frozen correlations: $c_L = c_\infty + c(1 - c^2)/(6L)$ and a ratio of $c_\infty - \frac13 c(1 - c^2) \ln L/L + B/L$.
    fn vanishing_odd(&self) -> Result<Measured, DepthError> {
        let deep = self.deep();
        let kernels = self.two([deep / 2, deep])?;
        let constants = self.classified.constants;
        if kernels.iter().all(|kernel| ratio(kernel).abs() < ROUNDING) {
            // What is orthogonal stays so; its rounding has no rate.
            let limit = Some(0.0);
            return Ok(Measured { limit, origin: LimitOrigin::Formula, ..Measured::nothing(constants) });
        }
        let [half, full] = kernels;
        let gap = (full.gap * 2.0 - half.gap).to_f64().clamp(0.0, 2.0);
        let limit = 1.0 - gap;
        let coefficient = -limit * gap * (2.0 - gap) / 3.0;
        let offset = (ratio(&full) - limit) * deep as f64 - coefficient * (deep as f64).ln();
        Ok(Measured {
            law: Some(Law::LogOverDepth { coefficient, offset }),
            rate: Some(DepthRate::LogOverDepth { coefficient }),
            limit: Some(limit),
            origin: LimitOrigin::Measured,
            constants,
            onset: None,
        })
    }

    fn inverse_depth(&self) -> Result<Measured, DepthError> {
        let parts = self.network.activation().homogeneous();
        let first = self.kernels(&[1])?.first().map(|kernel| kernel.gap.to_f64());
        match (parts, first) {
            (Some(parts), Some(gap)) if self.network.bias_var() == 0.0 && self.subject.places().is_none() => {
                let a = self.branch();
                let (_, t) = inverse_depth::limit(parts, gap, a);
                self.approach(Some(t / (1.0 + a)), LimitOrigin::Equation, 1.0)
            }
            _ => self.approach(None, LimitOrigin::Measured, 1.0),
        }
    }

    /// Layers after which transients of these factors a layer have faded by $e^{-\text{FADED}}$.
    fn faded(factors: &[f64], by: f64) -> usize {
        let slowest = factors.iter().filter(|x| **x != 0.0).map(|x| -x.abs().ln()).fold(f64::INFINITY, f64::min);
        let layers = if slowest.is_finite() { (by / slowest).ceil() } else { 1.0 };
        (layers.min(10.0 * DEEP as f64) as usize).max(2)
    }

    fn ordered(&self) -> Result<Measured, DepthError> {
        let constants = self.classified.constants;
        let (Some(chi1), Some(lambda_q)) = (constants.chi1, constants.lambda_q) else {
            return Ok(Measured::nothing(constants));
        };
        let rest = Measured {
            limit: Some(1.0),
            origin: LimitOrigin::Formula,
            onset: Some(-1.0 / chi1.max(lambda_q.abs()).ln()),
            ..Measured::nothing(constants)
        };
        let [first, second] = self.subject.mean_squares();
        let pattern = self.subject.places().map_or(0.0, |places| places.pattern);
        // What differences of norms are left with, between the inputs and between places.
        let kept = if first == second { pattern } else { 1.0 };
        let between = (kept * lambda_q).powi(2) / chi1;
        if between >= NORMS_FADE {
            return Ok(rest);
        }
        let kinked = self.classified.expansion.s > 0.0;
        let own = if kinked { chi1.sqrt() } else { chi1 };
        let norms_rest =
            first == second && self.subject.places().is_none() && self.rests_at_once(first, constants.q_star);
        let norms = if norms_rest { 0.0 } else { lambda_q };
        let depth = Self::faded(&[own, norms, between, pattern], FADED);
        let Some(kernel) = self.kernels(&[depth])?.pop() else { return Ok(rest) };
        let psi = (kernel.gap * Scaled::exp(-(depth as f64) * chi1.ln())).to_f64();
        let q = constants.q_star.unwrap_or(f64::NAN);
        let d = q / (1.0 - chi1);
        let rate = if kinked {
            let amplitude = 1.5 * self.classified.expansion.s * psi.sqrt() / (own * (1.0 - own));
            DepthRate::Exponential { coefficient: -amplitude, layers: -2.0 / chi1.ln(), times_depth: false }
        } else {
            let amplitude = psi * (q * chi1 + constants.curvature.unwrap_or(0.0) * d) / (chi1 * d);
            DepthRate::Exponential { coefficient: -amplitude, layers: -1.0 / chi1.ln(), times_depth: true }
        };
        let constants = DepthConstants { psi: Some(psi), ..constants };
        Ok(Measured { law: Some(Law::Leading(rate)), rate: Some(rate), constants, ..rest })
    }

    /// Whether the first variance is the fixed point.
    fn rests_at_once(&self, mean_square: f64, q_star: Option<f64>) -> bool {
        let first = self.network.first_variance(mean_square);
        q_star.is_some_and(|q| (first - q).abs() <= 1e-12 * q)
    }

    fn chaotic(&self) -> Result<Measured, DepthError> {
        let constants = self.classified.constants;
        let values = [constants.chi1, constants.lambda_q, constants.c_star, constants.chi_star, constants.q_star];
        let [Some(chi1), Some(lambda_q), Some(c_star), Some(chi_star), Some(q)] = values else {
            return Ok(Measured::nothing(constants));
        };
        let offdiagonal = q * c_star / (1.0 - chi_star);
        // Odd networks without bias are odd in the correlation too.
        let odd = self.network.activation().parity() == Parity::Odd && self.network.bias_var() == 0.0;
        let curvature = if odd && c_star == 0.0 { 0.0 } else { self.curvature(q, 1.0 - c_star) };
        let visible = Self::faded(&[chi_star, lambda_q], VISIBLE);
        let pattern = self.subject.places().map_or(0.0, |places| places.pattern);
        let deep = Self::faded(&[chi1.recip(), chi_star, lambda_q, pattern], FADED).max(visible + 1);
        let [near, far] = self.two([visible, deep])?;
        let cosine = (near.nngp[2] / (near.nngp[0].sqrt() * near.nngp[1].sqrt())).to_f64();
        let apart = cosine - c_star;
        // A pair that begins at the fixed point stays there; powers of its rounding mean nothing.
        let psi = if apart.abs() < ROUNDING { 0.0 } else { apart / chi_star.powf(visible as f64) };
        let ln_diagonal = (far.ntk[0].sqrt() * far.ntk[1].sqrt()).ln() - deep as f64 * chi1.ln();
        let transient = psi * (q * chi_star + curvature * offdiagonal) / chi_star;
        let law = Law::Chaotic { offdiagonal, transient, ln_chi_star: chi_star.ln(), ln_diagonal, ln_chi1: chi1.ln() };
        // What is off the diagonal tends to a number, or where that is zero falls like L χ(c*)^L; the diagonal grows like χ₁^L.
        let falls = offdiagonal == 0.0;
        let rate = DepthRate::Exponential {
            coefficient: if falls { transient } else { offdiagonal } * (-ln_diagonal).exp(),
            layers: if falls { (chi1 / chi_star).ln().recip() } else { chi1.ln().recip() },
            times_depth: falls,
        };
        Ok(Measured {
            law: Some(law),
            rate: Some(rate),
            limit: Some(0.0),
            origin: LimitOrigin::Formula,
            constants: DepthConstants { psi: Some(psi), curvature: Some(curvature), ..constants },
            onset: Some(chi1.ln().recip().max(-1.0 / chi_star.ln())),
        })
    }

    /// $f''$ at a positive gap: the five-point difference of $\chi(c) = \sigma_w^2 \dot F$.
    fn curvature(&self, q: f64, gap: f64) -> f64 {
        let expectations = Expectations::new(self.network.activation());
        let side = expectations.side(q);
        let step = 0.005 * gap.min(1.0);
        let chi = |i: f64| {
            let gap = gap + i * step;
            expectations.pair(&side, &side, &Covariance::unchecked(q, q, gap, 2.0 - gap)).slope
        };
        // Derivative by the gap is minus the derivative by the correlation.
        let by_gap = (8.0 * (chi(1.0) - chi(-1.0)) - (chi(2.0) - chi(-2.0))) / (12.0 * step);
        -self.network.weight_var() * by_gap
    }
}

/// The depth at which $\tau$ reaches `y`; `None` if that is beyond any.
fn layers_to(tau: &Tau, y: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    while tau.at(high.exp()) < y {
        low = high;
        high *= 2.0;
        if high > 80.0 {
            return None;
        }
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if tau.at(middle.exp()) < y { low = middle } else { high = middle }
    }
    Some(high.exp())
}
