//! What networks are put together from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::activation::Activation;

/// What stands beyond the edges of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// The opposite edge.
    Circular,
    /// Zeros, as many as keep the size at stride 1; one more at the end than at the beginning if their number is odd.
    #[default]
    Same,
    /// Nothing: windows lie inside.
    Valid,
}

/// One block of a [`Composition`](super::Composition), by its effect on what comes before.
///
/// As TOML, a table with a key `type`; keys that are missing have the defaults named here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Block {
    /// $z = \frac{\sigma_w}{\sqrt n} W y + \sigma_b b$ on the $n$ features, or at every location on the $n$ channels.
    Dense {
        /// $\sigma_w^2$, default 2.
        #[serde(default = "default_weight_var")]
        weight_var: f64,
        /// $\sigma_b^2$, default 0.
        #[serde(default)]
        bias_var: f64,
        /// Units; needed for networks of finite width only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        width: Option<usize>,
    },
    /// $z_\alpha = \frac{\sigma_w}{\sqrt{n |\mathcal B|}} \sum_{\beta \in \mathcal B} W_\beta\, y_{s\alpha + \beta} +
    /// \sigma_b b$ with the window $\mathcal B$ and stride $s$ on images of $n$ channels.
    Conv {
        /// Sizes of the window, one for each dimension of the image.
        filter: Vec<usize>,
        /// Strides; default 1.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stride: Vec<usize>,
        /// Default same.
        #[serde(default)]
        padding: Padding,
        /// $\sigma_w^2$, default 2.
        #[serde(default = "default_weight_var")]
        weight_var: f64,
        /// $\sigma_b^2$, default 0.
        #[serde(default)]
        bias_var: f64,
        /// Channels; needed for networks of finite width only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channels: Option<usize>,
    },
    /// $y = \phi(z)$, number by number.
    Activation {
        /// φ.
        function: Activation,
    },
    /// $s(z) + \lambda\, g(z)$ with the branch $g$ and the shortcut $s$.
    Residual {
        /// $\lambda^2$, default 1.
        #[serde(default = "default_lambda_sq")]
        lambda_sq: f64,
        /// $g$: blocks that end with independent weights.
        branch: Vec<Block>,
        /// $s$: blocks to the same shape; default none, $s(z) = z$.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shortcut: Vec<Block>,
    },
    /// Means over windows of an image.
    AveragePool {
        /// Sizes of the window, one for each dimension.
        window: Vec<usize>,
        /// Strides; default the window.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stride: Vec<usize>,
        /// Default valid. Zeros beyond the edge count; circular padding wraps.
        #[serde(default = "default_pool_padding")]
        padding: Padding,
    },
    /// The mean over all locations of an image.
    GlobalAveragePool,
    /// All numbers of an image as one list of features.
    Flatten,
    /// Division by the root of the mean square over features (all channels at one location of an image), of numbers whose
    /// mean is zero.
    LayerNorm,
}

fn default_weight_var() -> f64 {
    2.0
}

fn default_lambda_sq() -> f64 {
    1.0
}

fn default_pool_padding() -> Padding {
    Padding::Valid
}

impl Block {
    /// A dense block of any width.
    pub fn dense(weight_var: f64, bias_var: f64) -> Self {
        Self::Dense { weight_var, bias_var, width: None }
    }

    /// $\phi$ applied number by number.
    pub fn activation(function: Activation) -> Self {
        Self::Activation { function }
    }

    /// $z + \lambda\, g(z)$.
    pub fn residual(lambda_sq: f64, branch: Vec<Block>) -> Self {
        Self::Residual { lambda_sq, branch, shortcut: Vec::new() }
    }

    /// Whether the block has weights of its own, so that its outputs are independent of everything before, given their
    /// covariance.
    pub(crate) fn has_weights(&self) -> bool {
        matches!(self, Self::Dense { .. } | Self::Conv { .. })
    }

    /// Whether the block pools, on one of its ways at least.
    pub(crate) fn has_pooling(&self) -> bool {
        match self {
            Self::AveragePool { .. } | Self::GlobalAveragePool => true,
            Self::Residual { branch, shortcut, .. } => branch.iter().chain(shortcut).any(Self::has_pooling),
            _ => false,
        }
    }

    /// Weight layers on the longest way through the block.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Dense { .. } | Self::Conv { .. } => 1,
            Self::Residual { branch, shortcut, .. } => {
                let depth = |blocks: &[Self]| blocks.iter().map(Self::depth).sum::<usize>();
                depth(branch).max(depth(shortcut))
            }
            _ => 0,
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
        match self {
            Self::Dense { .. } => f.write_str("dense"),
            Self::Conv { filter, .. } => write!(f, "conv {}", sizes(filter)),
            Self::Activation { function } => write!(f, "{function}"),
            Self::Residual { lambda_sq, branch, shortcut } => {
                let names = |blocks: &[Self]| blocks.iter().map(Self::to_string).collect::<Vec<_>>().join(", ");
                write!(f, "residual (λ² = {lambda_sq}: {}", names(branch))?;
                if shortcut.is_empty() { f.write_str(")") } else { write!(f, "; shortcut {})", names(shortcut)) }
            }
            Self::AveragePool { window, .. } => write!(f, "average-pool {}", sizes(window)),
            Self::GlobalAveragePool => f.write_str("global-average-pool"),
            Self::Flatten => f.write_str("flatten"),
            Self::LayerNorm => f.write_str("layer-norm"),
        }
    }
}
