//! Initialisations, one or more of each phase.

use super::super::StudyError;
use crate::activation::Activation;
use crate::analysis::depth::DepthNetwork;
use crate::analysis::edge_of_chaos;

/// Bias variance of tanh networks.
const TANH_BIAS_VAR: f64 = 0.05;

/// An activation with variances.
#[derive(Clone, Debug)]
pub(super) struct Regime {
    /// The name in tables.
    pub(super) name: &'static str,
    pub(super) activation: Activation,
    pub(super) weight_var: f64,
    pub(super) bias_var: f64,
}

/// Names with activation, $\sigma_w^2$ (`None` for the edge of chaos) and $\sigma_b^2$.
const REGIMES: [(&str, &str, Option<f64>, f64); 7] = [
    ("relu ordered, bias", "relu", Some(1.0), 0.1),
    ("relu small weights", "relu", Some(1.0), 0.0),
    ("relu critical", "relu", Some(2.0), 0.0),
    ("relu large weights", "relu", Some(3.0), 0.0),
    ("tanh ordered", "tanh", Some(1.0), TANH_BIAS_VAR),
    ("tanh critical", "tanh", None, TANH_BIAS_VAR),
    ("tanh chaotic", "tanh", Some(3.0), TANH_BIAS_VAR),
];

/// All regimes.
pub(super) fn regimes() -> Result<Vec<Regime>, StudyError> {
    let regime = |(name, phi, weight_var, bias_var): (&'static str, &str, Option<f64>, f64)| {
        let activation: Activation = if phi == "relu" { Activation::relu() } else { tanh()? };
        let weight_var = match weight_var {
            Some(weight_var) => weight_var,
            None => edge_of_chaos(&activation, bias_var)?.weight_var,
        };
        Ok(Regime { name, activation, weight_var, bias_var })
    };
    REGIMES.into_iter().map(regime).collect()
}

fn tanh() -> Result<Activation, StudyError> {
    "tanh".parse().map_err(|_| StudyError::Missing { what: "activation", name: "tanh".into() })
}

impl Regime {
    /// Whether a layer takes integrals.
    pub(super) fn is_slow(&self) -> bool {
        self.activation.homogeneous().is_none()
    }

    pub(super) fn network(&self) -> Result<DepthNetwork, StudyError> {
        Ok(DepthNetwork::mlp(&self.activation, self.weight_var, self.bias_var)?)
    }

    /// In words that tell it from all others.
    pub(super) fn described(&self) -> String {
        format!("{} σ_w² {} σ_b² {}", self.activation.name(), self.weight_var, self.bias_var)
    }
}
