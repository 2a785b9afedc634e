//! Shorthands: residual networks and circular convolutional networks of one activation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Block, Composition, CompositionError, CompositionSpec, Padding};
use crate::activation::Activation;

/// Most weight layers of a shorthand: every layer is a block of its own.
const MOST_LAYERS: usize = 1_000_000;

/// $\lambda_l^2$ of the branches $l = 2, \dots, L$ of a residual network.
///
/// Text form: a number, `l^-p` (`1/l` for p = 1), or `1/L`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BranchScaling {
    /// The same $\lambda^2$ for all.
    Constant(f64),
    /// $\lambda_l^2 = l^{-p}$.
    Power(f64),
    /// $\lambda_l^2 = 1/L$.
    InverseDepth,
}

impl BranchScaling {
    /// $\lambda_l^2$ of layer `layer` of `depth`.
    pub fn lambda_sq(self, layer: usize, depth: usize) -> f64 {
        match self {
            Self::Constant(lambda_sq) => lambda_sq,
            Self::Power(1.0) => (layer as f64).recip(),
            Self::Power(p) => (layer as f64).powf(-p),
            Self::InverseDepth => (depth as f64).recip(),
        }
    }

    fn check(self) -> Result<(), CompositionError> {
        match self {
            Self::Constant(x) | Self::Power(x) if !(x.is_finite() && x >= 0.0) => {
                Err(CompositionError::Scaling { got: self })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for BranchScaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(lambda_sq) => write!(f, "{lambda_sq}"),
            Self::Power(1.0) => f.write_str("1/l"),
            Self::Power(p) => write!(f, "l^-{p}"),
            Self::InverseDepth => f.write_str("1/L"),
        }
    }
}

impl FromStr for BranchScaling {
    type Err = CompositionError;

    fn from_str(text: &str) -> Result<Self, CompositionError> {
        let number = |text: &str| text.parse().ok();
        let scaling = match text.trim() {
            "1/L" => Some(Self::InverseDepth),
            "1/l" => Some(Self::Power(1.0)),
            other => match other.strip_prefix("l^-") {
                Some(power) => number(power).map(Self::Power),
                None => number(other).map(Self::Constant),
            },
        };
        let scaling = scaling.ok_or_else(|| CompositionError::ScalingSyntax { got: text.to_owned() })?;
        scaling.check()?;
        Ok(scaling)
    }
}

impl Serialize for BranchScaling {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BranchScaling {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a number λ², or \"l^-p\", \"1/l\" or \"1/L\"")]
        enum Raw {
            Number(f64),
            Text(String),
        }
        let text = match Raw::deserialize(deserializer)? {
            Raw::Number(lambda_sq) => lambda_sq.to_string(),
            Raw::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// $z^1$ dense, $z^l = z^{l-1} + \lambda_l\,[\sigma_w n^{-1/2} W^l \phi(z^{l-1}) + \sigma_b b^l]$ for $l = 2, \dots, L$,
/// output $z^L$; on images with a window, every weight layer but the first two kinds of ending is a convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct ResNetSpec {
    /// Features of an input.
    pub features: usize,
    /// $L$.
    pub depth: usize,
    /// φ.
    pub activation: Activation,
    /// $\sigma_w^2$.
    pub weight_var: f64,
    /// $\sigma_b^2$.
    pub bias_var: f64,
    /// $\lambda_l^2$.
    pub scaling: BranchScaling,
}

impl TryFrom<ResNetSpec> for Composition {
    type Error = CompositionError;

    fn try_from(spec: ResNetSpec) -> Result<Self, CompositionError> {
        spec.scaling.check()?;
        check_depth(spec.depth)?;
        let dense = Block::dense(spec.weight_var, spec.bias_var);
        let branch = |l| {
            let branch = vec![Block::activation(spec.activation.clone()), dense.clone()];
            Block::residual(spec.scaling.lambda_sq(l, spec.depth), branch)
        };
        let blocks = std::iter::once(dense.clone()).chain((2..=spec.depth).map(branch)).collect();
        Self::try_from(CompositionSpec { input: vec![spec.features], blocks, ..Default::default() })
    }
}

/// $L$ convolutions of one window with φ between them; with `scaling`, all but the first are branches of residual blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct CnnSpec {
    /// `[length, channels]` or `[height, width, channels]`.
    pub input: Vec<usize>,
    /// $L$.
    pub depth: usize,
    /// Sizes of the window.
    pub filter: Vec<usize>,
    /// What stands beyond the edges.
    pub padding: Padding,
    /// φ.
    pub activation: Activation,
    /// $\sigma_w^2$.
    pub weight_var: f64,
    /// $\sigma_b^2$.
    pub bias_var: f64,
    /// $\lambda_l^2$ of a residual network; `None` for none.
    pub scaling: Option<BranchScaling>,
}

impl TryFrom<CnnSpec> for Composition {
    type Error = CompositionError;

    fn try_from(spec: CnnSpec) -> Result<Self, CompositionError> {
        check_depth(spec.depth)?;
        let conv = Block::Conv {
            filter: spec.filter.clone(),
            stride: Vec::new(),
            padding: spec.padding,
            weight_var: spec.weight_var,
            bias_var: spec.bias_var,
            channels: None,
        };
        let mut blocks = vec![conv.clone()];
        for l in 2..=spec.depth {
            let layer = [Block::activation(spec.activation.clone()), conv.clone()];
            match spec.scaling {
                Some(scaling) => blocks.push(Block::residual(scaling.lambda_sq(l, spec.depth), layer.into())),
                None => blocks.extend(layer),
            }
        }
        Self::try_from(CompositionSpec { input: spec.input, blocks, ..Default::default() })
    }
}

/// What comes after the last convolution of a [`CnnSpec`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CnnEnding {
    /// φ, the mean over all places, and a dense layer.
    #[default]
    GlobalAveragePool,
    /// φ, all places as one list of features, and a dense layer.
    Flatten,
    /// Nothing: one output a place.
    None,
}

impl CnnSpec {
    /// The network with an ending, whose dense layer has the variances of the others.
    ///
    /// # Errors
    /// As [`Composition::try_from`].
    pub fn with_ending(self, ending: CnnEnding) -> Result<Composition, CompositionError> {
        let (input, activation) = (self.input.clone(), self.activation.clone());
        let dense = Block::dense(self.weight_var, self.bias_var);
        let trunk = Composition::try_from(self)?;
        let reduce = match ending {
            CnnEnding::None => return Ok(trunk),
            CnnEnding::Flatten => Block::Flatten,
            CnnEnding::GlobalAveragePool => Block::GlobalAveragePool,
        };
        let mut blocks = trunk.blocks().to_vec();
        blocks.extend([Block::activation(activation), reduce, dense]);
        Composition::try_from(CompositionSpec { input, blocks, ..Default::default() })
    }
}

fn check_depth(got: usize) -> Result<(), CompositionError> {
    if (1..=MOST_LAYERS).contains(&got) {
        return Ok(());
    }
    Err(CompositionError::Depth { least: 1, most: MOST_LAYERS, got })
}
