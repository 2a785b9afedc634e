//! First-order corrections of one network at two inputs.

use serde::Serialize;

use super::movement::PairMovementTensors;
use super::pairs::{ByPair, Matrix, PAIRS};
use super::profile::PairProfile;
use super::statics::{PairTensors, PairTransition};
use crate::Scaled;
use crate::infinite::PairInput;
use crate::moments::first_order::{FirstOrderError, NoMovement, Reliability};
use crate::spec::Architecture;

/// The NTK of one output at two inputs at finite width, to first order in 1 / width.
///
/// Lists are by pair of inputs, in the order $(x, x)$, $(x, x')$, $(x', x')$.
#[derive(Clone, Debug, Serialize)]
pub struct TwoInputs {
    /// $K$, the infinitely wide NNGP kernel.
    pub nngp: [Scaled; 3],
    /// Θ, the infinitely wide NTK.
    pub ntk: [Scaled; 3],
    /// $E\,\Theta - \Theta_\infty$.
    pub ntk_mean_shift: [Scaled; 3],
    /// $E[z z'] - K$.
    pub nngp_mean_shift: [Scaled; 3],
    /// Covariances of Θ at two pairs.
    pub ntk_covariance: [[Scaled; 3]; 3],
    /// Covariances of Θ at a pair (rows) with the product of the outputs at a pair (columns).
    pub ntk_output_covariance: [[Scaled; 3]; 3],
    /// Covariances of the kernel $K$ given all layers but the last.
    pub kernel_covariance: [[Scaled; 3]; 3],
    /// $\mathrm{Var}\,\Theta(x, x')/\Theta(x, x')^2$; ∞ where the mean is zero.
    pub relative_variance: f64,
    /// The largest $\mathrm{Var}\,\Theta(a, b)/(\Theta(a, a)\Theta(b, b))$ over pairs: the parameter of the expansion.
    pub scaled_variance: f64,
    /// The largest mean shift over $\sqrt{\Theta(a, a)\Theta(b, b)}$.
    pub scaled_mean_shift: f64,
    /// Whether mean, variance and covariances are exact at any width: true up to one hidden layer.
    pub exact: bool,
    /// How far the numbers above can be trusted, judged by `scaled_variance`, `scaled_mean_shift` and the kernel's own
    /// fluctuation. The thresholds come from networks at one input.
    pub reliability: Reliability,
    /// One step of gradient descent, for analytic activations.
    #[serde(serialize_with = "crate::moments::first_order::result::value_or_reason")]
    pub movement: Result<PairMovement, NoMovement>,
}

/// One step of gradient descent on $\frac12 \sum_a (z_a - y_a)^2$ over training inputs $a$ among the two, at leading order
/// in 1 / width.
///
/// $$E\,\Delta\Theta_P = -\eta\sum_a G_{a,P} + \frac{\eta^2}2 \sum_{ab} (K_{ab} + y_a y_b)\, C_{ab,P} + O(\eta^3) .$$
#[derive(Clone, Debug, Serialize)]
pub struct PairMovement {
    /// $G_{a,P}$: a row for each training input.
    pub mean_gradient: [[Scaled; 3]; 2],
    /// $C_{ab,P}$.
    pub mean_curvature: [[[Scaled; 3]; 2]; 2],
    /// $K$ by pair.
    pub nngp: [Scaled; 3],
}

impl PairMovement {
    /// Mean change of Θ at the three pairs in one step.
    ///
    /// # Arguments
    /// * `eta`: learning rate, in units of 1 / NTK. For the mean of the losses over $N$ inputs use `eta`$/N$.
    /// * `targets`: $y$ at $x$ and $x'$; `None` for an input that is not trained on.
    pub fn mean_step(&self, eta: f64, targets: [Option<f64>; 2]) -> [Scaled; 3] {
        std::array::from_fn(|p| {
            let mut change = Scaled::ZERO;
            for (a, target) in targets.iter().enumerate() {
                let Some(y) = target else { continue };
                change += self.mean_gradient[a][p] * -eta;
                for (b, other) in targets.iter().enumerate() {
                    let Some(other) = other else { continue };
                    change += (self.nngp[a + b] + y * other) * self.mean_curvature[a][b][p] * (0.5 * eta * eta);
                }
            }
            change
        })
    }
}

/// First-order corrections to the NTK of `arch` at two inputs (tensors on the inputs, of the
/// kind on the [module page](crate::moments::first_order); derived in docs/theory).
///
/// # Arguments
/// * `arch`: the network, with widths and Gaussian weights; φ analytic (tanh, gelu, sin, …) or $az + b|z|$ (relu, leaky
///   relu, abs, linear).
/// * `input`: norms and angle of the two inputs.
///
/// # Errors
/// As [`first_order`](crate::moments::first_order::first_order()), and
/// * [`FirstOrderError::NotAnalytic`] for other activations.
/// * [`FirstOrderError::Parallel`] if φ has a kink and $1 - |\rho| < 10^{-6}$ in a hidden layer; analytic φ allow any
///   pair, duplicates included.
///
/// # Accuracy and cost
/// Relative error of each tensor about $10^{-13}$ for analytic φ and variances up to 100, times the condition number of
/// the recursion; $10^{-16}L/(1 - |\rho|)$ for kinked φ. Analytic φ cost one two-dimensional integral of some 30,000
/// nodes (3 to 10 ms) for each distinct kernel, others some 50 µs a layer.
///
/// # Example
/// A linear network with one hidden layer of width $n$: $\Theta(x, x') = (u \cdot u' + |v|^2\, x \cdot x'/n_0)/n$ with
/// $u = W x/\sqrt{n_0}$, so for orthogonal inputs of norm $n_0$ the variance is that of $u\cdot u'/n$, which is $1/n$:
/// ```
/// use fathom_ntk::infinite::PairInput;
/// use fathom_ntk::moments::first_order::two_inputs;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
/// let arch = Architecture::try_from(ArchitectureSpec {
///     widths: Some("10,100,1".parse()?),
///     activation: Some("linear".parse()?),
///     weight_var: Some(PerLayer::Uniform(1.0)),
///     ..Default::default()
/// })?;
/// let theta = two_inputs(&arch, &PairInput::from_inner_products(1.0, 1.0, 0.0)?)?;
/// assert!((theta.ntk_covariance[1][1].to_f64() - 0.01).abs() < 1e-16);
/// assert!(theta.exact && theta.ntk_mean_shift[1].is_zero());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn two_inputs(arch: &Architecture, input: &PairInput) -> Result<TwoInputs, FirstOrderError> {
    let mut profile = PairProfile::new(arch, input)?;
    let (tensors, moving) = tensors(&mut profile)?;
    let movement = match moving {
        _ if !profile.has_one_output() => Err(NoMovement::SeveralOutputs),
        Some(moving) => Ok(PairMovement {
            mean_gradient: [0, 1].map(|a| moving.gradients(a)),
            mean_curvature: [0, 1].map(|a| [0, 1].map(|b| moving.curvatures(a, b))),
            nngp: tensors.nngp,
        }),
        None => Err(NoMovement::Kinked),
    };
    Ok(TwoInputs::new(&tensors, movement, arch.depth() <= 2))
}

impl TwoInputs {
    /// Correlation of Θ at the pairs `p` and `q`, numbered 0 to 2 in the order of the lists; 0 where one does not vary,
    /// and for other numbers.
    ///
    /// It is that of the first order: near 1 even where the next orders would lower it.
    pub fn ntk_correlation(&self, p: usize, q: usize) -> f64 {
        if p > 2 || q > 2 {
            return 0.0;
        }
        let variances = self.ntk_covariance[p][p] * self.ntk_covariance[q][q];
        if variances > Scaled::ZERO { (self.ntk_covariance[p][q] / variances.sqrt()).to_f64() } else { 0.0 }
    }

    fn new(tensors: &PairTensors, movement: Result<PairMovement, NoMovement>, exact: bool) -> Self {
        let covariance = tensors.ntk_covariance();
        let scale = |values: &ByPair, p: usize| values[2 * PAIRS[p].0] * values[2 * PAIRS[p].1];
        let largest = |of: &dyn Fn(usize) -> Scaled| (0..3).map(|p| of(p).to_f64()).fold(0.0, f64::max);
        let dispersion = |m: &Matrix, k: &ByPair| largest(&|p| m[p][p] / scale(k, p));
        let scaled_variance = dispersion(&covariance, &tensors.ntk);
        let scaled_mean_shift = largest(&|p| tensors.t1[p].abs() / scale(&tensors.ntk, p).sqrt());
        let variance = covariance[1][1];
        let square = tensors.ntk[1] * tensors.ntk[1];
        let relative_variance = if variance.is_zero() { Scaled::ZERO } else { variance / square };
        let kernel_dispersion = dispersion(&tensors.v, &tensors.nngp);
        Self {
            nngp: tensors.nngp,
            ntk: tensors.ntk,
            ntk_mean_shift: tensors.t1,
            nngp_mean_shift: tensors.k1,
            ntk_covariance: covariance,
            ntk_output_covariance: tensors.ntk_output_covariance(),
            kernel_covariance: tensors.v,
            relative_variance: relative_variance.to_f64(),
            scaled_variance,
            scaled_mean_shift,
            exact,
            reliability: Reliability::new(scaled_variance, scaled_mean_shift, kernel_dispersion),
            movement,
        }
    }
}

/// Runs the recursions to layer $L$.
fn tensors(profile: &mut PairProfile<'_>) -> Result<(PairTensors, Option<PairMovementTensors>), FirstOrderError> {
    let depth = profile.depth();
    let mut tensors = profile.start()?;
    let mut moving = Some(PairMovementTensors::start());
    for layer in 1..depth {
        let around = profile.surroundings(layer)?;
        let mut place = None;
        let averages = profile.averages(layer, &tensors.nngp, &mut place)?;
        let step = PairTransition::new(averages, around, tensors.ntk);
        let next = tensors.next(&step);
        moving = match (&moving, &averages.moving) {
            (Some(below), Some(averages)) => Some(below.next(&step, averages, &tensors, &next)),
            _ => None,
        };
        tensors = next;
    }
    let finite = tensors.is_finite() && moving.as_ref().is_none_or(PairMovementTensors::is_finite);
    if !finite {
        return Err(FirstOrderError::NotFinite { layer: depth });
    }
    if tensors.ntk[0].is_zero() || tensors.ntk[2].is_zero() {
        return Err(FirstOrderError::ZeroNtk);
    }
    Ok((tensors, moving))
}
