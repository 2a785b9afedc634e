//! What can vary.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SweepError;

/// A quantity of a network that can vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key {
    /// All widths from input to output.
    Widths,
    /// $n_0$.
    Inputs,
    /// $n_L$.
    Outputs,
    /// $L$, the number of weight layers.
    Depth,
    /// $n$, the width of all hidden layers.
    Width,
    /// $L/n$.
    Ratio,
    /// φ.
    Activation,
    /// $\sigma_w^2$.
    WeightVar,
    /// $\sigma_b^2$.
    BiasVar,
    /// The kind of biases.
    Biases,
    /// What gradients are taken with respect to.
    Parameterization,
    /// The law of the weights.
    WeightLaw,
    /// The seed.
    Seed,
}

impl Key {
    /// All keys.
    pub const ALL: [Self; 13] = [
        Self::Widths,
        Self::Inputs,
        Self::Outputs,
        Self::Depth,
        Self::Width,
        Self::Ratio,
        Self::Activation,
        Self::WeightVar,
        Self::BiasVar,
        Self::Biases,
        Self::Parameterization,
        Self::WeightLaw,
        Self::Seed,
    ];

    /// The name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Widths => "widths",
            Self::Inputs => "inputs",
            Self::Outputs => "outputs",
            Self::Depth => "depth",
            Self::Width => "width",
            Self::Ratio => "ratio",
            Self::Activation => "activation",
            Self::WeightVar => "weight_var",
            Self::BiasVar => "bias_var",
            Self::Biases => "biases",
            Self::Parameterization => "parameterization",
            Self::WeightLaw => "weight_law",
            Self::Seed => "seed",
        }
    }

    /// Whether its values are whole numbers.
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Inputs | Self::Outputs | Self::Depth | Self::Width | Self::Seed)
    }

    /// Whether its values are numbers.
    pub fn is_number(self) -> bool {
        self.is_whole() || matches!(self, Self::Ratio | Self::WeightVar | Self::BiasVar)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Names may be written with hyphens, as flags are.
impl FromStr for Key {
    type Err = SweepError;

    fn from_str(text: &str) -> Result<Self, SweepError> {
        let name = text.trim().replace('-', "_");
        Self::ALL.into_iter().find(|key| key.name() == name).ok_or_else(|| SweepError::UnknownKey {
            place: "the network",
            got: text.trim().into(),
            allowed: Self::ALL.map(Self::name).join(", "),
        })
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
