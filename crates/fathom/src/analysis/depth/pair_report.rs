//! Limit, rate and recursion of one pair of inputs.

use serde::Serialize;

use super::classify::Classified;
use super::law::{DepthRate, Law};
use super::measure::{Measured, measure, ratio};
use super::network::check_depths;
use super::subject::Subject;
use super::{CircularNetwork, DepthClass, DepthConstants, DepthError, DepthNetwork, ImagePair, NeededDepth};
use crate::Scaled;
use crate::activation::Homogeneous;
use crate::infinite::matrix::Watch;
use crate::infinite::{PairInput, PairKernel};
use crate::spec::BranchScaling;

/// Relative difference of the roots of two diagonals that is rounding.
const MET: f64 = 1e-13;
/// Layers that constants are measured at, at least, where every place is followed.
const LEAST_LAYERS: usize = 20_000;
/// Factors e by which patterns fade until places agree.
const AGREED: f64 = 21.0;
/// Most layers times places of one pass: hours.
const MOST_WORK: f64 = 1e10;
/// The same where a layer takes integrals.
const MOST_SLOW_WORK: f64 = 1e8;

/// Where a limit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitOrigin {
    /// A formula.
    Formula,
    /// A differential equation, integrated.
    Equation,
    /// The recursion at two depths, extrapolated with the known rate.
    Measured,
    /// No statement is published or derived.
    Unknown,
}

/// What to report.
#[derive(Clone, Debug, PartialEq)]
pub struct DepthOptions {
    /// Depths of the table, increasing.
    pub depths: Vec<usize>,
    /// ε of [`NeededDepth`].
    pub epsilon: f64,
}

/// The kernel of the pair at one depth, beside the rate.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DepthRow {
    /// $L$.
    pub depth: usize,
    /// $u_L = 1 - c_L$.
    pub gap: Scaled,
    /// $\Theta(x, x)$, $\Theta(x', x')$, $\Theta(x, x')$.
    pub ntk: [Scaled; 3],
    /// $t_L = \Theta(x, x')/\sqrt{q q'}$.
    pub normalised: Scaled,
    /// $r_L = \Theta(x, x')/\sqrt{\Theta(x, x)\Theta(x', x')}$.
    pub ratio: f64,
    /// $r_L - \lim r$, without cancellation where the limit is 1 or 0.
    pub error: Option<Scaled>,
    /// The same by the rate.
    pub predicted: Option<Scaled>,
    /// Error over the function of $L$ that the rate names: tends to the coefficient of the rate.
    pub scaled_error: Option<f64>,
    /// The same of the predicted error.
    pub scaled_predicted: Option<f64>,
    /// $t_L - Y_L/4$ (kinked) or $t_L - Y_L/3$ (smooth) with $Y_L$ from the gap: tends to $\delta_0$.
    pub residual: Option<f64>,
}

/// Images in a circular convolutional network, and how soon their places agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CircularFacts {
    /// `[length]` or `[height, width]`.
    pub sizes: Vec<usize>,
    /// Size of the window in each dimension.
    pub filter: Vec<usize>,
    /// Factor by which a convolution shrinks the slowest spatial pattern,
    /// $\max_{j \ne 0} |\frac1w \sum_\beta e^{2\pi i j\beta/M}|$.
    pub slowest_pattern: f64,
    /// Layers in which it falls by a factor e; `None` if it does not fade, or fades like a power of the depth.
    pub pattern_layers: Option<f64>,
}

/// What depth does to the kernel of a pair of inputs: result of [`depth_report`] and [`circular_depth_report`].
#[derive(Clone, Debug, Serialize)]
pub struct DepthReport {
    /// The networks.
    pub network: DepthNetwork,
    /// $|x|^2/n_0$ of the two inputs.
    pub mean_squares: [f64; 2],
    /// $1 - \cos\angle(x, x')$.
    pub input_gap: f64,
    /// Of images, what their places do; `None` for lists of features.
    pub circular: Option<CircularFacts>,
    /// Which statement applies.
    pub class: DepthClass,
    /// Limit of the ratio of off-diagonal to diagonal; `None` if unknown.
    pub ratio_limit: Option<f64>,
    /// Where the limit comes from.
    pub origin: LimitOrigin,
    /// How the limit is approached.
    pub rate: Option<DepthRate>,
    /// What the rate is made of.
    pub constants: DepthConstants,
    /// Layers that the asymptotic forms need at least: $2/(s\sqrt{u_1})$ or $1/(\beta u_1)$ on the edge of chaos (the depth at
    /// which τ reaches it in residual networks), the depth scale elsewhere.
    pub onset: Option<f64>,
    /// The recursion.
    pub rows: Vec<DepthRow>,
    /// How deep is deep.
    pub needed: NeededDepth,
}

/// Class, limit, rate and constants for one pair of inputs, with the recursion beside the rate.
///
/// Formulas on the [module page](super). Constants that depend on the pair ($C$, $D$, ψ) are measured by the recursion.
///
/// # Arguments
/// * `network`: fully connected or residual networks.
/// * `input`: norms and angle of the two inputs.
/// * `options`: depths of the table, and ε.
/// * `watch`: counts the layers of each of several passes, and can stop them.
///
/// # Errors
/// [`DepthError::Stopped`], [`DepthError::Depths`] and [`DepthError::Epsilon`] for values out of range, [`DepthError::Kernel`] where a kernel does not
/// exist.
///
/// # Accuracy and cost
/// The recursion as [`DepthNetwork::kernels`]; $C$ to about $10^{-8}$ for ReLU-like networks. Some $3 \cdot 10^5$ layers
/// beside those of the table.
///
/// # Example
/// On a critical ReLU network the ratio of orthogonal inputs is $\frac14 + \frac38 \ln L/L$ to leading order:
/// ```
/// use fathom_ntk::analysis::depth::{DepthNetwork, DepthOptions, DepthRate, depth_report};
/// use fathom_ntk::infinite::PairInput;
/// use fathom_ntk::infinite::matrix::Watch;
/// let relu = DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?;
/// let options = DepthOptions { depths: vec![10_000], epsilon: 0.01 };
/// let report = depth_report(&relu, &PairInput::from_gap(1.0, 1.0, 1.0)?, &options, &Watch::default())?;
/// assert_eq!(report.ratio_limit, Some(0.25));
/// assert_eq!(report.rate, Some(DepthRate::LogOverDepth { coefficient: 0.375 }));
/// assert!((report.constants.c.unwrap() - 3.38985).abs() < 1e-5);
/// assert!((report.rows[0].residual.unwrap() + 0.12741).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn depth_report(
    network: &DepthNetwork,
    input: &PairInput,
    options: &DepthOptions,
    watch: &Watch,
) -> Result<DepthReport, DepthError> {
    report(Subject::lists(network, input, watch), None, options)
}

/// The same for two images in a circular convolutional network: kernels are means over places.
///
/// All but the constant spatial pattern fade by [`CircularFacts::slowest_pattern`] a layer; then every place behaves as a pair of
/// inputs of a fully connected (or residual) network, with the same limits, rates and coefficients of logarithms, and the
/// constants $C$, $D$ and ψ of the images, which are measured. Derived in docs/theory.
///
/// # Arguments
/// * `network`: one window, circular padding, no pooling.
/// * `images`: of as many dimensions as the window, and no smaller.
/// * `options`: depths of the table, and ε.
/// * `watch`: counts the layers of each of several passes, and can stop them.
///
/// # Errors
/// As [`depth_report`], [`DepthError::Image`] for images that do not fit, and [`DepthError::TooManyPlaces`] where following
/// every place until all agree would take days.
///
/// # Accuracy and cost
/// As [`CircularNetwork::kernels`].
///
/// # Example
/// The coefficient of $\ln L/L$ is that of fully connected networks:
/// ```
/// use fathom_ntk::analysis::depth::{
///     CircularNetwork, DepthNetwork, DepthOptions, DepthRate, ImagePair, circular_depth_report,
/// };
/// use fathom_ntk::infinite::matrix::Watch;
/// let relu = DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?;
/// let network = CircularNetwork::new(relu, &[3])?;
/// let images = ImagePair::new(&[4], 1, &[1.0, 0.0, 2.0, 1.0], &[1.0, 1.0, -1.0, 1.0])?;
/// let options = DepthOptions { depths: vec![10_000], epsilon: 0.01 };
/// let report = circular_depth_report(&network, &images, &options, &Watch::default())?;
/// assert_eq!(report.ratio_limit, Some(0.25));
/// assert_eq!(report.rate, Some(DepthRate::LogOverDepth { coefficient: 0.375 }));
/// assert!((report.rows[0].residual.unwrap() + 0.12741).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn circular_depth_report(
    network: &CircularNetwork,
    images: &ImagePair,
    options: &DepthOptions,
    watch: &Watch,
) -> Result<DepthReport, DepthError> {
    network.check(images.sizes())?;
    let facts = CircularFacts::of(network, images.sizes());
    refuse_too_much(network, &facts, options)?;
    report(Subject::images(network, images, watch), Some(facts), options)
}

impl CircularFacts {
    /// Of images of this size, which the window must fit.
    pub(super) fn of(network: &CircularNetwork, sizes: &[usize]) -> Self {
        let slowest = network.pattern(sizes);
        // A shortcut keeps its own share of every pattern, and a branch that fades leaves all of it.
        let kept = match network.layers().scaling() {
            None => slowest,
            Some(BranchScaling::Constant(lambda_sq)) => {
                let growth = network.layers().activation().homogeneous().map_or(f64::NAN, Homogeneous::mean_square)
                    * network.layers().weight_var()
                    * lambda_sq;
                (1.0 + growth * slowest) / (1.0 + growth)
            }
            Some(_) => 1.0,
        };
        let layers = -kept.ln().recip();
        Self {
            sizes: sizes.to_vec(),
            filter: network.filter().to_vec(),
            slowest_pattern: slowest,
            pattern_layers: (layers.is_finite() && kept < 1.0).then_some(layers),
        }
    }
}

/// Refuses images that would be followed place by place for days.
fn refuse_too_much(network: &CircularNetwork, facts: &CircularFacts, options: &DepthOptions) -> Result<(), DepthError> {
    let places = facts.sizes.iter().map(|size| *size as f64).product::<f64>();
    let deepest = options.depths.last().copied().unwrap_or(1).max(LEAST_LAYERS) as f64;
    let layers = facts.pattern_layers.map_or(deepest, |layers| (AGREED * layers).min(deepest));
    let most = if network.layers().activation().homogeneous().is_some() { MOST_WORK } else { MOST_SLOW_WORK };
    if places * layers <= most {
        return Ok(());
    }
    Err(DepthError::TooManyPlaces { places: places as usize, layers: layers as usize, most })
}

fn report(
    subject: Subject<'_>,
    circular: Option<CircularFacts>,
    options: &DepthOptions,
) -> Result<DepthReport, DepthError> {
    check_depths(&options.depths)?;
    let epsilon = options.epsilon;
    if !(epsilon > 0.0 && epsilon < 1.0) {
        return Err(DepthError::Epsilon { got: epsilon });
    }
    if let Some(&got) = subject.mean_squares().iter().find(|q| !(q.is_finite() && **q > 0.0)) {
        return Err(DepthError::MeanSquare { got });
    }
    let classified = Classified::among(subject.network(), subject.mean_squares(), subject.places())?;
    let measured = measure(subject, &classified)?;
    let kernels = subject.kernels(&options.depths)?;
    let rows = options.depths.iter().zip(&kernels).map(|(&depth, kernel)| row(depth, kernel, &measured)).collect();
    let needed = match classified.class {
        DepthClass::FirstLayer => NeededDepth { epsilon, predicted: Some(1.0), verified: Some(1) },
        _ => NeededDepth::find(subject, measured.law.as_ref(), measured.limit, epsilon)?,
    };
    Ok(DepthReport {
        network: subject.network().clone(),
        mean_squares: subject.mean_squares(),
        input_gap: subject.gap(),
        circular,
        class: classified.class,
        ratio_limit: measured.limit,
        origin: measured.origin,
        rate: measured.rate,
        constants: measured.constants,
        onset: measured.onset,
        rows,
        needed,
    })
}

fn row(depth: usize, kernel: &PairKernel, measured: &Measured) -> DepthRow {
    let [first, second, both] = kernel.ntk;
    let normalised = both / (kernel.nngp[0].sqrt() * kernel.nngp[1].sqrt());
    let ratio = ratio(kernel);
    let error = measured.limit.map(|limit| match limit {
        0.0 => both / (first.sqrt() * second.sqrt()),
        1.0 => -below_one(kernel),
        limit => Scaled::from(ratio - limit),
    });
    let predicted = measured.law.as_ref().and_then(|law| law.error(depth as f64));
    let shape = measured.rate.and_then(|rate| rate.shape(depth as f64));
    let scaled = |x: Option<Scaled>| Some((x? / shape?).to_f64());
    let residual = match &measured.law {
        Some(Law::Clocked { clock, n, .. }) => Some(normalised.to_f64() - clock.y(kernel.gap) / n),
        _ => None,
    };
    DepthRow {
        depth,
        gap: kernel.gap,
        ntk: kernel.ntk,
        normalised,
        ratio,
        error,
        predicted,
        scaled_error: scaled(error),
        scaled_predicted: scaled(predicted),
        residual: residual.filter(|residual| residual.is_finite()),
    }
}

/// $1 - r = [\Gamma - \frac12(\sqrt{\Theta_{11}} - \sqrt{\Theta_{22}})^2]/\sqrt{\Theta_{11}\Theta_{22}}$.
///
/// Diagonals that have met to rounding are equal: their difference has faded beside Γ, and its rounding has not.
pub(super) fn below_one(kernel: &PairKernel) -> Scaled {
    let [first, second] = [kernel.ntk[0].sqrt(), kernel.ntk[1].sqrt()];
    let apart = first - second;
    let apart = if apart.abs() <= first * MET { Scaled::ZERO } else { apart };
    (kernel.ntk_gap - apart * apart * 0.5) / (first * second)
}
