//! First-order corrections of one network at one input.

use serde::{Serialize, Serializer};

use super::crossing::{NoCrossing, crossing_terms};
use super::movement::MovementTensors;
use super::profile::{HiddenWidths, Profile};
use super::statics::Tensors;
use super::{FirstOrderError, Reliability};
use crate::Scaled;
use crate::activation::Regularity;
use crate::spec::Architecture;

/// The NTK $\Theta(x, x)$ of one output at finite width, to first order in 1 / width.
#[derive(Clone, Debug, Serialize)]
pub struct FirstOrder {
    /// $K$, the infinitely wide NNGP kernel.
    pub nngp: Scaled,
    /// Θ, the infinitely wide NTK.
    pub ntk: Scaled,
    /// $E\,\Theta - \Theta_\infty$.
    pub ntk_mean_shift: Scaled,
    /// $E z^2 - K$.
    pub nngp_mean_shift: Scaled,
    /// Var Θ.
    pub ntk_variance: Scaled,
    /// $\mathrm{Cov}(\Theta, z^2)$.
    pub cov_ntk_output_sq: Scaled,
    /// Variance of the kernel $K$ given all layers but the last: a third of the fourth cumulant of $z$.
    pub kernel_variance: Scaled,
    /// $\mathrm{Var}\,\Theta / \Theta^2$; ∞ beyond the range of `f64`.
    pub relative_variance: f64,
    /// $|E\,\Theta - \Theta_\infty| / \Theta$; ∞ beyond the range of `f64`.
    pub relative_mean_shift: f64,
    /// `kernel_variance` / $K^2$; ∞ beyond the range of `f64`.
    pub kernel_dispersion: f64,
    /// How far the numbers above can be trusted.
    pub reliability: Reliability,
    /// One step of gradient descent, for activations with a continuous slope.
    #[serde(serialize_with = "value_or_reason")]
    pub movement: Result<Movement, NoMovement>,
    /// The same for relu, leaky relu and abs, where it is not the whole movement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formal_movement: Option<FormalMovement>,
    /// All static tensors of layer $L$.
    pub tensors: Tensors,
    /// All movement tensors of layer $L$ (formal ones for relu, leaky relu, abs); `None` for other kinked activations.
    pub movement_tensors: Option<MovementTensors>,
}

/// Why a network has no smooth movement here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoMovement {
    /// φ′ jumps: a step flips signs of preactivations, which outweighs the smooth terms.
    #[error(
        "the activation has a kink: sign changes move the ntk by order 1 / sqrt(width), more than the smooth terms"
    )]
    Kinked,
    /// More than one output.
    #[error("the movement is known for networks with one output only")]
    SeveralOutputs,
}

/// One step $\theta \leftarrow \theta - \eta (z - y) \nabla z$ of gradient descent on $\frac12 (z - y)^2$ at the same input.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Movement {
    /// $E[z\, dH] = p + 2q$.
    pub mean_gradient: Scaled,
    /// $D = 3r + s + t + u$, the mean of $(\partial^3 z)(\nabla z)^3 + |(\partial^2 z) \nabla z|^2$.
    pub mean_curvature: Scaled,
    /// $E[dH^2]$, of order 1 / width².
    pub dh_squared: Scaled,
    /// $K$.
    pub nngp: Scaled,
}

/// What automatic differentiation sees of one step in a network of relu, leaky relu or abs.
///
/// A real step also changes signs of preactivations. That moves the NTK by order $n^{-1/2}$, more than the formal terms
/// of order $1/n$; the formal second order in η means nothing.
#[derive(Clone, Debug, Serialize)]
pub struct FormalMovement {
    /// $E[z\, dH] = p + 2q$ with φ″ = 0.
    pub formal_mean_gradient: Scaled,
    /// $E[dH^2]$ with φ″ = 0.
    pub formal_dh_squared: Scaled,
    /// $\sum_l Cx_l / \sqrt{n_l}$: sign changes move the NTK by $-\eta$ times this at target $y = 0$.
    #[serde(serialize_with = "value_or_reason")]
    pub crossing: Result<Scaled, NoCrossing>,
}

/// Serialises an error as its message.
pub(super) fn value_or_reason<T: Serialize, E: std::fmt::Display, S: Serializer>(
    result: &Result<T, E>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match result {
        Ok(value) => value.serialize(serializer),
        Err(reason) => {
            use serde::ser::SerializeMap;
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("not_available", &reason.to_string())?;
            map.end()
        }
    }
}

impl Movement {
    /// Mean change of the NTK in one step,
    /// $E\,\Delta\Theta = -2\eta\, E[z\, dH] + \eta^2 (K + y^2)\, D$, up to $O(\eta^3, n^{-2})$.
    ///
    /// # Arguments
    /// * `eta`: learning rate, in units of 1 / NTK.
    /// * `y`: target.
    ///
    /// The second term is often the larger one unless $\eta (K + y^2) D \ll 2 E[z\, dH]$.
    pub fn mean_step(&self, eta: f64, y: f64) -> Scaled {
        self.mean_gradient * (-2.0 * eta) + (self.nngp + y * y) * self.mean_curvature * (eta * eta)
    }

    /// Root mean square over networks of the change linear in η:
    /// $\sqrt{4\eta^2 [(K + y^2) E[dH^2] + 2 (p + 2q)^2]}$, of order 1 / width.
    ///
    /// Arguments as for [`mean_step`](Self::mean_step). At finite width it is larger by about 5 % where
    /// `relative_variance` is 0.03 and by up to a factor of 2 at 0.15.
    pub fn rms_step(&self, eta: f64, y: f64) -> Scaled {
        let square = (self.nngp + y * y) * self.dh_squared + self.mean_gradient * self.mean_gradient * 2.0;
        square.max(Scaled::ZERO).sqrt() * (2.0 * eta.abs())
    }
}

impl FormalMovement {
    /// Mean change of the NTK in one small step at target 0, $-2\eta\,(p + 2q) - \eta \sum_l Cx_l/\sqrt{n_l}$; an error
    /// where the second term is not established.
    ///
    /// # Errors
    /// [`NoCrossing`] as in the field `crossing`.
    pub fn mean_step(&self, eta: f64) -> Result<Scaled, NoCrossing> {
        Ok((self.formal_mean_gradient * 2.0 + self.crossing?) * -eta)
    }
}

/// First-order corrections to the NTK of `arch` at an input of squared norm `sq_norm` (formulas on the
/// [module page](super), derived in docs/theory).
///
/// # Arguments
/// * `arch`: the network, with widths and Gaussian weights. In the standard parameterization the layer coefficients α are
///   those of the actual widths and do not count as small or large.
/// * `sq_norm`: $|x|^2$, at least 0.
///
/// # Errors
/// [`FirstOrderError`]: no widths, other weight laws, a discontinuous φ, a network that is surely zero, averages out of
/// the range of `f64`.
///
/// # Accuracy and cost
/// Relative error of each tensor about $10^{-13}$ times the growth of the recursion's own condition number. One
/// quadrature of some hundred nodes (0.1 ms) for each distinct $K^l$, none for relu, leaky relu, abs and linear; 1 µs a
/// layer otherwise.
///
/// # Example
/// A linear network with one hidden layer of width $n$ and $|x|^2 = n_0$ has $\Theta = (|u|^2 + |v|^2)/n$ with standard
/// normal $u, v$, so the variance is $4/n$:
/// ```
/// use fathom_ntk::moments::first_order::first_order;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
/// let arch = Architecture::try_from(ArchitectureSpec {
///     widths: Some("10,100,1".parse()?),
///     activation: Some("linear".parse()?),
///     weight_var: Some(PerLayer::Uniform(1.0)),
///     ..Default::default()
/// })?;
/// let theta = first_order(&arch, 10.0)?;
/// assert!((theta.ntk.to_f64() - 2.0).abs() < 1e-14);
/// assert!((theta.ntk_variance.to_f64() - 0.04).abs() < 1e-16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn first_order(arch: &Architecture, sq_norm: f64) -> Result<FirstOrder, FirstOrderError> {
    let profile = Profile::new(arch, sq_norm)?;
    let kinked = arch.activation().regularity() == Regularity::Kinked;
    let has_movement = !kinked || arch.activation().homogeneous().is_some();
    let (tensors, movement_tensors) = tensors(&profile, has_movement)?;
    let movement = match movement_tensors {
        _ if profile.widths().last() != Some(&1) => Err(NoMovement::SeveralOutputs),
        Some(moving) if !kinked => Ok(Movement {
            mean_gradient: moving.mean_gradient(),
            mean_curvature: moving.mean_curvature(),
            dh_squared: moving.dh_squared(),
            nngp: tensors.nngp,
        }),
        _ => Err(NoMovement::Kinked),
    };
    let formal_movement = match movement_tensors {
        Some(moving) if matches!(movement, Err(NoMovement::Kinked)) => Some(FormalMovement {
            formal_mean_gradient: moving.mean_gradient(),
            formal_dh_squared: moving.dh_squared(),
            crossing: crossing_sum(&profile)?,
        }),
        _ => None,
    };
    let relative_variance = (tensors.variance() / (tensors.ntk * tensors.ntk)).to_f64();
    let relative_mean_shift = (tensors.t1 / tensors.ntk).abs().to_f64();
    let kernel_dispersion = (tensors.v / (tensors.nngp * tensors.nngp)).to_f64();
    Ok(FirstOrder {
        nngp: tensors.nngp,
        ntk: tensors.ntk,
        ntk_mean_shift: tensors.t1,
        nngp_mean_shift: tensors.k1,
        ntk_variance: tensors.variance(),
        cov_ntk_output_sq: tensors.d + tensors.f * 2.0,
        kernel_variance: tensors.v,
        relative_variance,
        relative_mean_shift,
        kernel_dispersion,
        reliability: Reliability::new(relative_variance, relative_mean_shift, kernel_dispersion),
        movement,
        formal_movement,
        tensors,
        movement_tensors,
    })
}

/// Runs the recursions to layer $L$.
fn tensors(profile: &Profile<'_>, has_movement: bool) -> Result<(Tensors, Option<MovementTensors>), FirstOrderError> {
    let mut tensors = profile.start()?;
    let mut moving = MovementTensors::start();
    for layer in 1..profile.depth() {
        let step = profile.transition(layer, HiddenWidths::Own, tensors.ntk)?;
        let next = tensors.next(&step);
        if has_movement {
            moving = moving.next(&step, &tensors, &next);
        }
        tensors = next;
    }
    if has_movement && !moving.is_finite() {
        return Err(FirstOrderError::NotFinite { layer: profile.depth() });
    }
    Ok((tensors.checked(profile.depth())?, has_movement.then_some(moving)))
}

fn crossing_sum(profile: &Profile<'_>) -> Result<Result<Scaled, NoCrossing>, FirstOrderError> {
    Ok(crossing_terms(profile)?.map(|terms| {
        let hidden = profile.widths().iter().skip(1);
        terms.iter().zip(hidden).fold(Scaled::ZERO, |sum, (&cx, &n)| sum + cx * (n as f64).sqrt().recip())
    }))
}
