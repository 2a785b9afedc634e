//! Why first-order corrections could not be computed.

use super::NoCrossing;
use crate::spec::WeightLaw;

/// Why first-order corrections could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FirstOrderError {
    /// The network has no widths.
    #[error("corrections in 1 / width need the widths of the network, got a depth only")]
    InfiniteWidth,
    /// The weights are not Gaussian.
    #[error("the weights must be gaussian for corrections in 1 / width, got {got}")]
    WeightLaw {
        /// The law given.
        got: WeightLaw,
    },
    /// φ jumps, so there is no NTK.
    #[error("activation {activation} is discontinuous and has no ntk")]
    NoNtk {
        /// Its name.
        activation: String,
    },
    /// A squared norm out of range.
    #[error("sq_norm (|x|²) must be at least 0 and finite, got {got}")]
    SquaredNorm {
        /// The value given.
        got: f64,
    },
    /// A preactivation is surely zero.
    #[error("the preactivations of layer {layer} are all zero: give a nonzero input or a positive bias_var")]
    ZeroKernel {
        /// Weight layer, counted from 1.
        layer: usize,
    },
    /// The NTK is surely zero, so nothing is relative to it.
    #[error("the ntk of the network is zero for this input")]
    ZeroNtk,
    /// A Gaussian average left the range of `f64`.
    #[error(
        "the averages over layer {layer} are not finite: its preactivations or the activation leave the range of f64"
    )]
    NotFinite {
        /// Hidden layer, counted from 1.
        layer: usize,
    },
    /// Two inputs need derivatives up to the fifth.
    #[error(
        "two inputs need an activation that is analytic or piecewise linear with its only kink at 0, got {activation}"
    )]
    NotAnalytic {
        /// Its name.
        activation: String,
    },
    /// A kink is seen by two preactivations at once.
    #[error(
        "the preactivations of layer {layer} at the two inputs are parallel to within 1 - |correlation| = {gap}, must \
         be at least 1e-6 for an activation with a kink: use the corrections at one input"
    )]
    Parallel {
        /// Hidden layer, counted from 1.
        layer: usize,
        /// $1 - |\rho|$.
        gap: f64,
    },
    /// A tolerance out of range.
    #[error("eps (relative standard deviation) must be positive and finite, got {got}")]
    Tolerance {
        /// The value given.
        got: f64,
    },
    /// No width that a computer could hold suffices.
    #[error("no width up to 10¹⁵ brings the ntk within eps = {eps} of its limit")]
    TooWide {
        /// The tolerance asked for.
        eps: f64,
    },
    /// The movement by sign changes is not established for this network.
    #[error(transparent)]
    NoCrossing(#[from] NoCrossing),
    /// A variance out of range.
    #[error("{name} must be {allowed}, got {got}")]
    Variance {
        /// Which.
        name: &'static str,
        /// Its range.
        allowed: &'static str,
        /// The value given.
        got: f64,
    },
    /// The preactivation variance does not map to itself.
    #[error("q_star = {q_star} is not a fixed point: the next layer has {next}")]
    NotFixedPoint {
        /// The value given.
        q_star: f64,
        /// What it maps to.
        next: f64,
    },
    /// The fixed point repels, so the corrections do not settle to a slope.
    #[error("the fixed point is unstable: dK⁺/dK = {slope}, must be below 1")]
    UnstableFixedPoint {
        /// The derivative of the variance map.
        slope: f64,
    },
    /// No variances put the activation at a half-stable critical point.
    #[error("activation {activation} has no half-stable critical point with q between 1e-4 and 1e6")]
    NoHalfStablePoint {
        /// Its name.
        activation: String,
    },
}
