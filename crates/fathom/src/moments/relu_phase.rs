//! Which limit belongs to a network.

use serde::Serialize;

use super::input::{InputNorm, check};
use super::{MomentsError, relu_limits};
use crate::Scaled;
use crate::spec::Constants;

/// $|\sigma_w^2/2 - 1|$ up to which a network counts as critical: rounding of the variance.
const CRITICAL: f64 = 1e-12;

/// The formula of a limit of the dispersion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub enum LimitFormula {
    /// $D_w(\lambda)$: no biases are trained, at any $\sigma_w^2$.
    WeightsOnly,
    /// 1: $\sigma_w^2 < 2$ and biases are trained; the bias gradients of the last few layers dominate.
    Ordered,
    /// $p^2 D_w + 2p(1-p)\, C + (1-p)^2 D_b$: $\sigma_w^2 = 2$, biases trained from zero.
    Critical {
        /// $p$, the share of trained weights in the mean of the NTK.
        weight_share: f64,
    },
    /// $D_w(\lambda)$: $\sigma_w^2 > 2$ and biases are trained; the weight gradients dominate by a factor of order $L$.
    Chaotic,
}

/// The limit that belongs to a network; made by [`relu_limit_for`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReluLimit {
    /// $\lambda = L/n$.
    pub lambda: f64,
    /// Which formula applies.
    pub formula: LimitFormula,
    /// Limit of $E\Theta^2/(E\Theta)^2$.
    pub dispersion: Scaled,
}

/// Why no limit is known for a network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoLimit {
    /// The constants are not those of a network.
    #[error(transparent)]
    Input(#[from] MomentsError),
    /// No hidden layer.
    #[error("a network without hidden layers has no limit in depth and width: its NTK is not random")]
    Linear,
    /// Hidden layers of several widths.
    #[error("the limit is known for equal hidden widths, got {first} in layer 1 and {other} in layer {layer}")]
    UnequalWidths {
        /// $n_1$.
        first: usize,
        /// A different width.
        other: usize,
        /// Its layer.
        layer: usize,
    },
    /// A constant that changes from layer to layer.
    #[error("the limit is known if {name} is the same in every layer, got {first} and {other}")]
    LayerDependent {
        /// Which quantity.
        name: &'static str,
        /// One value.
        first: f64,
        /// Another.
        other: f64,
    },
    /// Hidden weights that are not trained.
    #[error("the limit is known if the weights of every layer are trained")]
    FrozenWeights,
    /// A zero input without random biases.
    #[error("at x = 0 without random biases the NTK is not random")]
    ZeroInput,
    /// Random biases that are not trained.
    #[error("no limit has been derived for random untrained biases (bias_var = {bias_var})")]
    UntrainedBiases {
        /// Variance of the biases.
        bias_var: f64,
    },
    /// Random trained biases outside the NTK parameterization.
    #[error("no limit has been derived for random trained biases with beta = {beta} other than bias_var = {bias_var}")]
    BiasGradients {
        /// $\beta$.
        beta: f64,
        /// Variance of the biases.
        bias_var: f64,
    },
    /// Random trained biases at the critical weight variance.
    #[error("no limit has been derived for random biases (bias_var = {bias_var}) at weight_var = 2")]
    CriticalWithRandomBiases {
        /// Variance of the biases.
        bias_var: f64,
    },
}

/// The limit of the dispersion as depth and width grow at the ratio of this network.
///
/// Three phases, by $\sigma_w^2$ below, at and above 2, exist only because of trained biases. The limit ignores the
/// excess kurtosis of the weights, which drops out; it is a poor guide for $\sigma_w^2$ near 2 unless
/// $|\sigma_w^2 - 2| L$ is large or zero. [`relu_moments`](super::relu_moments) has the exact value.
///
/// Derived in docs/theory.
///
/// # Errors
/// [`NoLimit`] says why no limit is known.
///
/// # Accuracy and cost
/// That of [`relu_limits`]. $O(L)$, to check that all layers are alike.
///
/// # Example
/// ```
/// use fathom_ntk::moments::{InputNorm, LimitFormula, relu_limit_for};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("10,100x99,1".parse()?), ..Default::default() };
/// let constants = Architecture::try_from(spec)?.constants().ok_or("infinite width")?;
/// let limit = relu_limit_for(&constants, &InputNorm::new(10.0, None)?)?;
/// assert_eq!((limit.lambda, limit.formula), (1.0, LimitFormula::WeightsOnly));
/// assert!((limit.dispersion.to_f64() - 76.968597).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn relu_limit_for(c: &Constants, input: &InputNorm) -> Result<ReluLimit, NoLimit> {
    check(c)?;
    let depth = c.depth();
    let hidden = &c.widths[1..depth];
    let &width = hidden.first().ok_or(NoLimit::Linear)?;
    if let Some(i) = hidden.iter().position(|&n| n != width) {
        return Err(NoLimit::UnequalWidths { first: width, other: hidden[i], layer: i + 1 });
    }
    let half_var = 0.5 * uniform("weight_var", &c.weight_var)?;
    let bias_var = uniform("bias_var", &c.bias_var)?;
    let beta = uniform("beta", &c.beta)?;
    // The first layer is one of many, and has its own fan-in in the standard parameterization.
    let alpha = uniform("alpha", &c.alpha[1..])?;
    if alpha == 0.0 || c.alpha[0] == 0.0 {
        return Err(NoLimit::FrozenWeights);
    }
    let sq_norm_per_input = input.sq_norm() / c.widths[0] as f64;
    let weight = alpha * 2.0 * sq_norm_per_input;
    let formula = choose(half_var, bias_var, beta, weight)?;

    let lambda = depth as f64 / width as f64;
    let limits = relu_limits(lambda)?;
    let dispersion = match formula {
        LimitFormula::WeightsOnly | LimitFormula::Chaotic => limits.d_w,
        LimitFormula::Ordered => Scaled::ONE,
        LimitFormula::Critical { weight_share: p } => {
            let rest = 1.0 - p;
            limits.d_w * (p * p) + limits.cross * (2.0 * p * rest) + limits.d_b * (rest * rest)
        }
    };
    Ok(ReluLimit { lambda, formula, dispersion })
}

/// `weight` is what each weight layer adds to the mean of the NTK at the critical weight variance.
fn choose(half_var: f64, bias_var: f64, beta: f64, weight: f64) -> Result<LimitFormula, NoLimit> {
    let critical = (half_var - 1.0).abs() <= CRITICAL;
    if bias_var == 0.0 && weight == 0.0 {
        return Err(NoLimit::ZeroInput);
    }
    if bias_var > 0.0 {
        if beta == 0.0 {
            return Err(NoLimit::UntrainedBiases { bias_var });
        }
        if beta != bias_var {
            return Err(NoLimit::BiasGradients { beta, bias_var });
        }
        if critical {
            return Err(NoLimit::CriticalWithRandomBiases { bias_var });
        }
    } else if beta == 0.0 {
        return Ok(LimitFormula::WeightsOnly);
    }
    Ok(if critical {
        LimitFormula::Critical { weight_share: weight / (weight + beta) }
    } else if half_var < 1.0 {
        LimitFormula::Ordered
    } else {
        LimitFormula::Chaotic
    })
}

fn uniform(name: &'static str, values: &[f64]) -> Result<f64, NoLimit> {
    let first = values.first().copied().unwrap_or(0.0);
    match values.iter().find(|v| **v != first) {
        Some(&other) => Err(NoLimit::LayerDependent { name, first, other }),
        None => Ok(first),
    }
}
