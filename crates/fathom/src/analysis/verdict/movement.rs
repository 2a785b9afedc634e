//! How much one gradient step moves the kernel.

use serde::Serialize;

use super::inputs::Typical;
use super::{Randomness, VerdictOptions};
use crate::Scaled;
use crate::moments::first_order::first_order;
use crate::moments::{crossing_update, mean_first_update};
use crate::spec::{Architecture, ArchitectureSpec, WeightLaw, Widths};

/// How the numbers were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementMethod {
    /// relu: the exact derivative at fixed activation pattern, and the leading order of what sign changes add.
    ExactWithCrossings,
    /// relu where the law of the sign changes is not known: the exact derivative alone, a lower bound of the movement.
    ExactWithoutCrossings,
    /// First order in 1/width, smooth activations.
    FirstOrder,
    /// First order in 1/width at fixed activation pattern, leaky relu and abs: a lower bound of the movement.
    FormalFirstOrder,
    /// The widths are infinite, or there is no hidden layer: the kernel does not move.
    Constant,
}

/// Relative change of $\Theta(x, x)$ in one step of gradient descent on $\frac12 (f(x) - y)^2$, one output, at the typical
/// input: linear in η.
#[derive(Clone, Debug, Serialize)]
pub struct Movement {
    /// How the numbers were found.
    pub method: MovementMethod,
    /// η.
    pub learning_rate: Scaled,
    /// Whether η is the natural $1/E\,\Theta(x, x)$ or was given.
    pub natural_rate: bool,
    /// Mean over initialisations of ΔΘ / E Θ.
    pub mean: Scaled,
    /// The part of it at fixed activation pattern (what automatic differentiation sees).
    pub mean_fixed_pattern: Scaled,
    /// The part of it that neurons add by switching on or off.
    pub mean_crossings: Option<Scaled>,
    /// Root mean square of ΔΘ / E Θ over initialisations, first order in 1/width; `None` where it is not known or
    /// the network is too random for it.
    pub rms: Option<Scaled>,
    /// Mean over initialisations of the part quadratic in η, smooth activations only.
    pub mean_quadratic: Option<Scaled>,
}

impl Movement {
    /// The number that is judged: the largest of the rms, the mean, and the mean with its part quadratic in η.
    pub fn size(&self) -> Scaled {
        let with_quadratic = self.mean + self.mean_quadratic.unwrap_or(Scaled::ZERO);
        self.mean.abs().max(with_quadratic.abs()).max(self.rms.unwrap_or(Scaled::ZERO))
    }

    /// Whether `size` is only a lower bound, because what neurons add by switching is not known.
    pub fn is_lower_bound(&self) -> bool {
        match self.method {
            MovementMethod::ExactWithoutCrossings => true,
            MovementMethod::FormalFirstOrder => self.mean_crossings.is_none(),
            MovementMethod::ExactWithCrossings | MovementMethod::FirstOrder | MovementMethod::Constant => false,
        }
    }
}

/// The movement of `arch` at the typical input, or why it is not known.
pub(super) fn movement(
    arch: &Architecture,
    typical: &Typical,
    randomness: &Randomness,
    options: &VerdictOptions,
) -> Result<Movement, String> {
    let natural_rate = options.learning_rate.is_none();
    let learning_rate = options.learning_rate.map_or(Scaled::ONE / randomness.mean, Scaled::from);
    let per_theta = learning_rate / randomness.mean;
    let still = Movement {
        method: MovementMethod::Constant,
        learning_rate,
        natural_rate,
        mean: Scaled::ZERO,
        mean_fixed_pattern: Scaled::ZERO,
        mean_crossings: None,
        rms: Some(Scaled::ZERO),
        mean_quadratic: None,
    };
    let Some(widths) = arch.widths() else { return Ok(still) };
    if arch.depth() == 1 {
        return Ok(still);
    }
    let single = one_output(arch, widths)?;
    if single.activation().name() == "relu" {
        return relu(&single, typical, options.target, per_theta, still);
    }
    if single.weight_law() != WeightLaw::Gaussian {
        return Err("the movement at first order needs gaussian weights".into());
    }
    let m = first_order(&single, typical.sq_norm).map_err(|e| e.to_string())?;
    if let Some(formal) = m.formal_movement {
        let fixed = formal.formal_mean_gradient * -2.0 * per_theta;
        let crossings = formal.crossing.ok().map(|c| -(c * per_theta));
        return Ok(Movement {
            method: MovementMethod::FormalFirstOrder,
            mean: fixed + crossings.unwrap_or(Scaled::ZERO),
            mean_fixed_pattern: fixed,
            mean_crossings: crossings,
            rms: None,
            ..still
        });
    }
    let smooth = m.movement.map_err(|e| e.to_string())?;
    let eta = learning_rate;
    let fixed = smooth.mean_gradient * -2.0 * per_theta;
    let square = smooth.nngp + options.target * options.target;
    Ok(Movement {
        method: MovementMethod::FirstOrder,
        mean: fixed,
        mean_fixed_pattern: fixed,
        rms: m.reliability.rms_movement.then(|| smooth.rms_step(1.0, options.target) * per_theta),
        mean_quadratic: Some(square * smooth.mean_curvature * eta * per_theta),
        ..still
    })
}

/// The same network with one output: the step is taken on that output alone.
fn one_output(arch: &Architecture, widths: &[usize]) -> Result<Architecture, String> {
    let mut widths = widths.to_vec();
    if let Some(last) = widths.last_mut() {
        *last = 1;
    }
    let widths = Widths::new(widths).map_err(|e| e.to_string())?;
    Architecture::try_from(ArchitectureSpec { widths: Some(widths), ..arch.to_spec() }).map_err(|e| e.to_string())
}

fn relu(
    arch: &Architecture,
    typical: &Typical,
    target: f64,
    per_theta: Scaled,
    still: Movement,
) -> Result<Movement, String> {
    let Some(constants) = arch.constants() else { return Ok(still) };
    let fixed = mean_first_update(&constants, &typical.norm).map_err(|e| e.to_string())? * per_theta;
    let crossings = crossing_update(&constants, &typical.norm, target).ok().map(|u| u.crossing * per_theta);
    Ok(Movement {
        method: if crossings.is_some() {
            MovementMethod::ExactWithCrossings
        } else {
            MovementMethod::ExactWithoutCrossings
        },
        mean: fixed + crossings.unwrap_or(Scaled::ZERO),
        mean_fixed_pattern: fixed,
        mean_crossings: crossings,
        rms: None,
        ..still
    })
}
