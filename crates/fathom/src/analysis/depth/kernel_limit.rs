//! The kernel of a data set at infinite depth.

use serde::Serialize;

use super::along_rows::AlongRows;
use super::classify::Classified;
use super::pair_report::below_one;
use super::subject::Places;
use super::{DepthClass, DepthError, DepthNetwork};
use crate::Scaled;
use crate::infinite::PairKernel;
use crate::predict::{Kernel, KernelKind, PredictError, TestBlock};

/// What the kernel matrix of a data set tends to, after division by its diagonal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelLimit {
    /// One number $0 < r < 1$ off the diagonal: $(1 - r) I + r 11^\top$.
    Constant,
    /// The matrix of ones, approached along a matrix of gaps that depends on the data.
    Ones,
    /// The identity.
    Identity,
    /// A matrix that depends on the data, or an unknown one.
    Unknown,
}

/// $-\ln$ of what is left of transients where ψ is read off.
const FADED: f64 = 42.0;
/// Deepest recursion for ψ on all pairs.
const DEEPEST: f64 = 50_000.0;
/// Gaps of the limiting kernel in units of its entries: so small that only kriging is left.
const VANISHING: f64 = -400.0;

/// Everything that is known of the limit before the recursion.
#[derive(Clone, Debug)]
pub(super) struct LimitOnData {
    pub kind: KernelLimit,
    pub class: DepthClass,
    pub classified: Classified,
    /// $r$; 1 for ones, 0 for the identity.
    pub ratio: Option<f64>,
    /// Depth at which ψ can be read off, in the ordered phase.
    pub psi_depth: Option<usize>,
}

impl LimitOnData {
    /// The limit of a network on inputs of these mean squares, which may be images.
    pub fn new(network: &DepthNetwork, mean_squares: &[f64], places: Option<Places>) -> Result<Self, DepthError> {
        let ends = mean_squares.iter().fold([f64::INFINITY, 0.0_f64], |[low, high], m| [low.min(*m), high.max(*m)]);
        let equal = ends[1] - ends[0] <= 1e-12 * ends[1];
        let ends = if equal { [ends[1]; 2] } else { ends };
        let classified = Classified::among(network, ends, places)?;
        let class = classified.class;
        let (kind, ratio) = match class {
            DepthClass::ReluLike | DepthClass::Kinked | DepthClass::ResidualRelu => (KernelLimit::Constant, Some(0.25)),
            DepthClass::Smooth | DepthClass::CurvatureJump => (KernelLimit::Constant, Some(1.0 / 3.0)),
            DepthClass::GrowingReluLike if equal => (KernelLimit::Constant, Some(4.0 / 7.0)),
            DepthClass::Ordered => (KernelLimit::Ones, Some(1.0)),
            DepthClass::Chaotic => (KernelLimit::Identity, Some(0.0)),
            _ => (KernelLimit::Unknown, None),
        };
        let psi_depth = if class == DepthClass::Ordered { psi_depth(&classified, equal, places) } else { None };
        Ok(Self { kind, class, classified, ratio, psi_depth })
    }

    /// Nothing is known.
    pub fn unknown() -> Self {
        let (kind, class) = (KernelLimit::Unknown, DepthClass::NotCovered);
        Self { kind, class, classified: Classified::uncovered(None), ratio: None, psi_depth: None }
    }

    /// $\sqrt{d}$ of an input, up to a common factor, where the ratio is constant: norms survive in ReLU-like networks only.
    pub fn weight(&self, network: &DepthNetwork, mean_square: f64) -> f64 {
        let growth = network.activation().homogeneous().map_or(0.0, |parts| network.weight_var() * parts.mean_square());
        let first = network.first_variance(mean_square);
        match self.class {
            DepthClass::ReluLike if network.bias_var() > 0.0 => (first + network.bias_var() / (growth - 1.0)).sqrt(),
            DepthClass::ReluLike => first.sqrt(),
            DepthClass::ResidualRelu if network.bias_var() == 0.0 => first.sqrt(),
            _ => 1.0,
        }
    }

    /// Whether [`Self::weight`] is right for inputs of different norms.
    pub fn knows_norms(&self, network: &DepthNetwork) -> bool {
        self.class != DepthClass::ResidualRelu || network.bias_var() == 0.0
    }

    /// The kernel that the predictor of the limit has: entries, or gaps that vanish beside them.
    ///
    /// # Arguments
    /// * `weights`: of training and test inputs.
    /// * `psi`: the recursion, and the index of the depth for ψ in it.
    pub fn kernel(
        &self,
        training: usize,
        weights: &[f64],
        psi: Option<(&AlongRows, usize)>,
    ) -> Option<Result<Kernel, PredictError>> {
        let gap =
            |pair: &PairKernel| Scaled::from(self.amplitude(pair, psi.map_or(0, |_| self.psi_depth.unwrap_or(0))));
        let of = |i: usize, j: usize| -> PairKernel {
            let (entry, gap) = match (self.kind, psi) {
                (KernelLimit::Ones, Some((rows, depth))) => {
                    (1.0, if i == j { Scaled::ZERO } else { gap(rows.pair(depth, i, j)) * Scaled::exp(VANISHING) })
                }
                _ => {
                    let ratio = if i == j { 1.0 } else { self.ratio.unwrap_or(0.0) };
                    let (own, other) = (weights[i], weights[j]);
                    let entry = own * other * ratio;
                    (entry, Scaled::from(0.5 * (own * own + other * other) - entry))
                }
            };
            let entry = Scaled::from(entry);
            PairKernel { nngp: [entry; 3], ntk: [entry; 3], gap, nngp_gap: gap, ntk_gap: gap }
        };
        match (self.kind, psi) {
            (KernelLimit::Constant, _) | (KernelLimit::Ones, Some(_)) => {
                Some(Kernel::from_pairs(weights.len(), training, KernelKind::Ntk, TestBlock::Diagonal, of))
            }
            _ => None,
        }
    }

    /// The coefficient of the exponential in $\Gamma/d$ of a pair, from its gap at the depth for ψ.
    fn amplitude(&self, pair: &PairKernel, depth: usize) -> f64 {
        let constants = self.classified.constants;
        let (chi1, q) = (constants.chi1.unwrap_or(f64::NAN), constants.q_star.unwrap_or(f64::NAN));
        let psi = (pair.gap * Scaled::exp(-(depth as f64) * chi1.ln())).to_f64();
        let s = self.classified.expansion.s;
        if s > 0.0 {
            let root = chi1.sqrt();
            return 1.5 * s * psi.sqrt() / (root * (1.0 - root));
        }
        let d = q / (1.0 - chi1);
        psi * (q * chi1 + constants.curvature.unwrap_or(0.0) * d) / (chi1 * d)
    }

    /// The exponential itself: $L\chi_1^L$, or $\chi_1^{L/2}$ with kinks.
    pub fn shape(&self, depth: usize) -> Scaled {
        let (depth, ln) = (depth as f64, self.classified.constants.chi1.unwrap_or(f64::NAN).ln());
        if self.classified.expansion.s > 0.0 {
            Scaled::exp(0.5 * ln * depth)
        } else {
            Scaled::exp(ln * depth) * Scaled::from(depth)
        }
    }

    /// Unit of the gaps of [`Self::kernel`] in the ordered phase.
    pub fn vanishing() -> Scaled {
        Scaled::exp(VANISHING)
    }

    /// $r - \lim r$ of a pair.
    pub fn error(&self, pair: &PairKernel) -> Option<f64> {
        let ratio = self.ratio?;
        Some(if ratio == 1.0 {
            -below_one(pair).to_f64()
        } else {
            (pair.ntk[2] / (pair.ntk[0].sqrt() * pair.ntk[1].sqrt())).to_f64() - ratio
        })
    }
}

/// Where $u_L \chi_1^{-L}$ has converged; `None` if that is too deep, or norms rule the gaps.
///
/// Of images, its mean over places has: once norms have met the map of the gaps is linear, and patterns drop out of the mean.
fn psi_depth(classified: &Classified, equal: bool, places: Option<Places>) -> Option<usize> {
    let (chi1, lambda_q) = (classified.constants.chi1?, classified.constants.lambda_q?.abs());
    let own = if classified.expansion.s > 0.0 { chi1.sqrt() } else { chi1 };
    let kept = if equal { places.map_or(0.0, |places| places.pattern) } else { 1.0 };
    let between = (kept * lambda_q).powi(2) / chi1;
    let slowest = own.max(lambda_q).max(between);
    let depth = (FADED / -slowest.ln()).ceil();
    (slowest < 1.0 && depth <= DEEPEST).then_some((depth as usize).max(2))
}
