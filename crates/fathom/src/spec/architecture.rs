//! The description of a network.

use serde::{Deserialize, Serialize};

use super::{Biases, Constants, Parameterization, PerLayer, WeightLaw, Widths, toml_message};
use crate::activation::Activation;

/// Most weight layers a network may have here.
pub const MAX_DEPTH: usize = 10_000_000;

/// Why a description is not a network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchitectureError {
    /// Neither widths nor depth.
    #[error("give the widths of the network, or its depth for infinite width")]
    NoShape,
    /// Both, and they contradict each other.
    #[error("the widths have {from_widths} weight layers, but depth is {depth}")]
    DepthMismatch {
        /// Weight layers by the list of widths.
        from_widths: usize,
        /// The depth given.
        depth: usize,
    },
    /// A depth out of range.
    #[error("depth (number of weight layers) must be between 1 and {MAX_DEPTH}, got {got}")]
    Depth {
        /// The depth given.
        got: usize,
    },
    /// A list of values of the wrong length.
    #[error("{name} lists {got} values, but the network has {depth} weight layers")]
    Layers {
        /// Which quantity.
        name: &'static str,
        /// Weight layers.
        depth: usize,
        /// How many values.
        got: usize,
    },
    /// A weight variance out of range.
    #[error("weight_var (σ_w², a variance) must be positive and finite, got {got} in weight layer {layer}")]
    WeightVar {
        /// Weight layer, counted from 1.
        layer: usize,
        /// The value given.
        got: f64,
    },
    /// A bias variance out of range.
    #[error("bias_var (σ_b², a variance) must be at least 0 and finite, got {got} in weight layer {layer}")]
    BiasVar {
        /// Weight layer, counted from 1.
        layer: usize,
        /// The value given.
        got: f64,
    },
    /// A bias variance without random biases.
    #[error("biases are {biases:?}, so bias_var must be 0, got {got}: choose biases trained or untrained")]
    BiasVarWithoutBiases {
        /// The kind of biases.
        biases: &'static str,
        /// The value given.
        got: f64,
    },
    /// The text is not TOML, or has unknown or wrong keys.
    #[error("{message}")]
    Toml {
        /// What the parser says, with the place.
        message: String,
    },
}

/// What a user wrote: every field may be missing. The names are those of the command-line flags and of the TOML file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchitectureSpec {
    /// Widths from input to output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widths: Option<Widths>,
    /// Weight layers of an infinitely wide network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<usize>,
    /// φ; default relu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// $\sigma_w^2$; default 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_var: Option<PerLayer>,
    /// $\sigma_b^2$; default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias_var: Option<PerLayer>,
    /// Default trained; zero-init in the Hanin–Nica parameterization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub biases: Option<Biases>,
    /// Default ntk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameterization: Option<Parameterization>,
    /// Default gaussian.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_law: Option<WeightLaw>,
}

impl ArchitectureSpec {
    /// Reads a TOML document with the field names as keys.
    ///
    /// # Errors
    /// [`ArchitectureError::Toml`] with the line, for bad syntax, unknown keys and values that do not parse.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let spec = ArchitectureSpec::from_toml("widths = \"784,512x3,10\"\nactivation = \"tanh\"\nbias_var = 0.05\n")?;
    /// let arch = Architecture::try_from(spec)?;
    /// assert_eq!(arch.depth(), 4);
    /// # Ok::<(), fathom_ntk::spec::ArchitectureError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, ArchitectureError> {
        toml::from_str(text).map_err(|error| ArchitectureError::Toml { message: toml_message(text, &error) })
    }

    /// This description with the fields that `over` sets taken from there.
    ///
    /// `widths` and `depth` describe the same thing, so either in `over` replaces both.
    pub fn overridden_by(self, over: Self) -> Self {
        let shape = if over.widths.is_some() || over.depth.is_some() {
            (over.widths, over.depth)
        } else {
            (self.widths, self.depth)
        };
        Self {
            widths: shape.0,
            depth: shape.1,
            activation: over.activation.or(self.activation),
            weight_var: over.weight_var.or(self.weight_var),
            bias_var: over.bias_var.or(self.bias_var),
            biases: over.biases.or(self.biases),
            parameterization: over.parameterization.or(self.parameterization),
            weight_law: over.weight_law.or(self.weight_law),
        }
    }
}

/// A network: shape, activation, and the law of its parameters at initialisation. Always valid.
///
/// Built from an [`ArchitectureSpec`]; every function of the library that needs a network takes one of these.
///
/// # Example
/// ```
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("784,100x4,1".parse()?), ..Default::default() };
/// let arch = Architecture::try_from(spec)?;
/// assert_eq!((arch.depth(), arch.weight_var(1), arch.bias_var(1)), (5, 2.0, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    widths: Option<Widths>,
    depth: usize,
    activation: Activation,
    weight_var: PerLayer,
    bias_var: PerLayer,
    biases: Biases,
    parameterization: Parameterization,
    weight_law: WeightLaw,
}

impl TryFrom<ArchitectureSpec> for Architecture {
    type Error = ArchitectureError;

    fn try_from(spec: ArchitectureSpec) -> Result<Self, ArchitectureError> {
        let from_widths = spec.widths.as_ref().map(|w| w.as_slice().len() - 1);
        let depth = match (from_widths, spec.depth) {
            (None, None) => return Err(ArchitectureError::NoShape),
            (Some(from_widths), Some(depth)) if from_widths != depth => {
                return Err(ArchitectureError::DepthMismatch { from_widths, depth });
            }
            (Some(depth), _) | (None, Some(depth)) => depth,
        };
        if !(1..=MAX_DEPTH).contains(&depth) {
            return Err(ArchitectureError::Depth { got: depth });
        }
        let weight_var = spec.weight_var.unwrap_or(PerLayer::Uniform(2.0));
        let bias_var = spec.bias_var.unwrap_or(PerLayer::Uniform(0.0));
        check_length("weight_var", &weight_var, depth)?;
        check_length("bias_var", &bias_var, depth)?;
        if let Some(i) = weight_var.values().iter().position(|v| !(v.is_finite() && *v > 0.0)) {
            return Err(ArchitectureError::WeightVar { layer: i + 1, got: weight_var.values()[i] });
        }
        if let Some(i) = bias_var.values().iter().position(|v| !(v.is_finite() && *v >= 0.0)) {
            return Err(ArchitectureError::BiasVar { layer: i + 1, got: bias_var.values()[i] });
        }
        let parameterization = spec.parameterization.unwrap_or(Parameterization::Ntk);
        let biases = spec.biases.unwrap_or(match parameterization {
            Parameterization::HaninNica => Biases::ZeroInit,
            Parameterization::Ntk | Parameterization::Standard => Biases::Trained,
        });
        let without = match biases {
            Biases::None => Some("none"),
            Biases::ZeroInit => Some("zero-init"),
            Biases::Trained | Biases::Untrained => None,
        };
        if let (Some(biases), Some(&got)) = (without, bias_var.values().iter().find(|v| **v != 0.0)) {
            return Err(ArchitectureError::BiasVarWithoutBiases { biases, got });
        }
        Ok(Self {
            widths: spec.widths,
            depth,
            activation: spec.activation.unwrap_or_else(Activation::relu),
            weight_var,
            bias_var,
            biases,
            parameterization,
            weight_law: spec.weight_law.unwrap_or(WeightLaw::Gaussian),
        })
    }
}

fn check_length(name: &'static str, values: &PerLayer, depth: usize) -> Result<(), ArchitectureError> {
    match values {
        PerLayer::Layers(list) if list.len() != depth => {
            Err(ArchitectureError::Layers { name, depth, got: list.len() })
        }
        _ => Ok(()),
    }
}

impl Architecture {
    /// The description this network would be written as, every field set that has a meaning.
    pub fn to_spec(&self) -> ArchitectureSpec {
        ArchitectureSpec {
            widths: self.widths.clone(),
            depth: self.widths.is_none().then_some(self.depth),
            activation: Some(self.activation.clone()),
            weight_var: Some(self.weight_var.clone()),
            bias_var: Some(self.bias_var.clone()),
            biases: Some(self.biases),
            parameterization: Some(self.parameterization),
            weight_law: Some(self.weight_law),
        }
    }

    /// The TOML document that [`ArchitectureSpec::from_toml`] reads back to this network.
    ///
    /// # Errors
    /// [`ArchitectureError::Toml`] if the encoder fails, which no valid network makes it do.
    pub fn to_toml(&self) -> Result<String, ArchitectureError> {
        toml::to_string(&self.to_spec()).map_err(|e| ArchitectureError::Toml { message: e.to_string() })
    }

    /// $L$, the number of weight layers.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// $n_0, \dots, n_L$; `None` for infinite width.
    pub fn widths(&self) -> Option<&[usize]> {
        self.widths.as_ref().map(Widths::as_slice)
    }

    /// φ.
    pub fn activation(&self) -> &Activation {
        &self.activation
    }

    /// $\sigma_w^2$ of weight layer `layer` (1 to $L$).
    pub fn weight_var(&self, layer: usize) -> f64 {
        self.weight_var.get(layer)
    }

    /// Variance of the biases of weight layer `layer` (1 to $L$) at initialisation.
    pub fn bias_var(&self, layer: usize) -> f64 {
        self.bias_var.get(layer)
    }

    /// $(\sigma_w^2, \sigma_b^2)$ if they are the same in every layer.
    pub fn uniform_variances(&self) -> Option<(f64, f64)> {
        Some((self.weight_var.uniform()?, self.bias_var.uniform()?))
    }

    /// What the biases are.
    pub fn biases(&self) -> Biases {
        self.biases
    }

    /// What gradients are taken with respect to.
    pub fn parameterization(&self) -> Parameterization {
        self.parameterization
    }

    /// The law of the weights.
    pub fn weight_law(&self) -> WeightLaw {
        self.weight_law
    }

    /// The same network with other widths (its depth must stay).
    ///
    /// # Errors
    /// [`ArchitectureError::DepthMismatch`].
    pub fn with_widths(&self, widths: Widths) -> Result<Self, ArchitectureError> {
        Self::try_from(ArchitectureSpec { widths: Some(widths), depth: Some(self.depth), ..self.to_spec() })
    }

    /// $(\alpha_{l-1}, \beta_{l-1})$ of weight layer `layer` = $l$: it contributes
    /// $(\alpha\, w + \beta) \langle\delta^l, \delta^l\rangle$ to the NTK (see [`Constants`]).
    ///
    /// `None` in the standard parameterization at infinite width, where α is proportional to the width.
    pub fn ntk_coefficients(&self, layer: usize) -> Option<(f64, f64)> {
        let alpha = match self.parameterization {
            Parameterization::Ntk | Parameterization::HaninNica => 1.0,
            Parameterization::Standard => self.widths()?[layer - 1] as f64 / self.weight_var(layer),
        };
        let beta = match (self.biases, self.parameterization) {
            (Biases::None | Biases::Untrained, _) => 0.0,
            (Biases::Trained, Parameterization::Ntk) => self.bias_var(layer),
            (Biases::Trained | Biases::ZeroInit, _) => 1.0,
        };
        Some((alpha, beta))
    }

    /// The numbers that finite-width formulas need; `None` for infinite width.
    pub fn constants(&self) -> Option<Constants> {
        let layers = 1..=self.depth;
        let (alpha, beta) = layers.clone().map(|l| self.ntk_coefficients(l)).collect::<Option<(Vec<_>, Vec<_>)>>()?;
        Some(Constants {
            widths: self.widths()?.to_vec(),
            weight_var: layers.clone().map(|l| self.weight_var(l)).collect(),
            bias_var: layers.map(|l| self.bias_var(l)).collect(),
            alpha,
            beta,
            weight_kurtosis: self.weight_law.excess_kurtosis().unwrap_or(f64::NAN),
            // The biases of orthogonal networks are normal.
            bias_kurtosis: self.weight_law.excess_kurtosis().unwrap_or(0.0),
        })
    }
}

/// Serialised like its [`ArchitectureSpec`], together with its depth.
impl Serialize for Architecture {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ArchitectureSpec { depth: Some(self.depth), ..self.to_spec() }.serialize(serializer)
    }
}
