//! One value for all weight layers, or one for each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// Why a text is not a value per layer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PerLayerError {
    /// Not a number.
    #[error("expected one number, or one for each weight layer separated by commas, got {got:?}")]
    Syntax {
        /// The offending part.
        got: String,
    },
}

/// A quantity of the weight layers $1, \dots, L$: the same everywhere, or listed.
///
/// Text form: one number, or numbers separated by commas (`2` or `1.5,3,2,1`).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PerLayer {
    /// The same value in every layer.
    Uniform(f64),
    /// One value for each weight layer, first to last.
    Layers(Vec<f64>),
}

impl PerLayer {
    /// The value of weight layer `layer`, counted from 1.
    pub(crate) fn get(&self, layer: usize) -> f64 {
        match self {
            Self::Uniform(value) => *value,
            Self::Layers(values) => values[layer - 1],
        }
    }

    /// All values given.
    pub(crate) fn values(&self) -> &[f64] {
        match self {
            Self::Uniform(value) => std::slice::from_ref(value),
            Self::Layers(values) => values,
        }
    }

    /// The value if it is the same in every layer.
    pub(crate) fn uniform(&self) -> Option<f64> {
        let values = self.values();
        values.iter().all(|v| v == &values[0]).then(|| values[0])
    }
}

impl FromStr for PerLayer {
    type Err = PerLayerError;

    fn from_str(text: &str) -> Result<Self, PerLayerError> {
        let parse = |part: &str| part.trim().parse().map_err(|_| PerLayerError::Syntax { got: part.trim().into() });
        if text.contains(',') {
            Ok(Self::Layers(text.split(',').map(parse).collect::<Result<_, _>>()?))
        } else {
            Ok(Self::Uniform(parse(text)?))
        }
    }
}

impl fmt::Display for PerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: Vec<String> = self.values().iter().map(f64::to_string).collect();
        f.write_str(&text.join(","))
    }
}

/// Reads a number, an array of numbers, or the text form.
impl<'de> Deserialize<'de> for PerLayer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a number, or an array with a number for each weight layer")]
        enum Form {
            Number(f64),
            List(Vec<f64>),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(value) => Ok(Self::Uniform(value)),
            Form::List(values) => Ok(Self::Layers(values)),
            Form::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}
