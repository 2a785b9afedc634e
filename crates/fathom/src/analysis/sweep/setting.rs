//! A key with its value.

use std::fmt;

use super::{Key, SweepError};
use crate::activation::Activation;
use crate::spec::{Biases, Parameterization, PerLayer, WeightLaw, Widths};

/// A key of a network with its value.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::sweep::{Key, Setting};
/// let setting = Setting::parse(Key::WeightVar, "1.5")?;
/// assert_eq!((setting.key(), setting.number(), setting.to_string()), (Key::WeightVar, Some(1.5), "1.5".into()));
/// assert!(Setting::parse(Key::Depth, "many").is_err());
/// # Ok::<(), fathom_ntk::analysis::sweep::SweepError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Setting {
    /// All widths.
    Widths(Widths),
    /// $n_0$.
    Inputs(usize),
    /// $n_L$.
    Outputs(usize),
    /// $L$.
    Depth(usize),
    /// $n$.
    Width(usize),
    /// $L/n$.
    Ratio(f64),
    /// φ.
    Activation(Activation),
    /// $\sigma_w^2$.
    WeightVar(PerLayer),
    /// $\sigma_b^2$.
    BiasVar(PerLayer),
    /// The kind of biases.
    Biases(Biases),
    /// The parameterization.
    Parameterization(Parameterization),
    /// The law of the weights.
    WeightLaw(WeightLaw),
    /// The seed.
    Seed(u64),
}

impl Setting {
    /// From the text form of a value, which is that of the command line.
    ///
    /// # Errors
    /// [`SweepError::Value`] says what the key takes.
    pub fn parse(key: Key, text: &str) -> Result<Self, SweepError> {
        fn parsed<T: std::str::FromStr<Err: fmt::Display>>(key: Key, text: &str) -> Result<T, SweepError> {
            text.trim().parse().map_err(|e: T::Err| SweepError::Value { key, reason: e.to_string() })
        }
        let count = || positive(key, text);
        Ok(match key {
            Key::Widths => Self::Widths(parsed(key, text)?),
            Key::Inputs => Self::Inputs(count()?),
            Key::Outputs => Self::Outputs(count()?),
            Key::Depth => Self::Depth(count()?),
            Key::Width => Self::Width(count()?),
            Key::Ratio => Self::Ratio(ratio(text)?),
            Key::Activation => Self::Activation(parsed(key, text)?),
            Key::WeightVar => Self::WeightVar(parsed(key, text)?),
            Key::BiasVar => Self::BiasVar(parsed(key, text)?),
            Key::Biases => Self::Biases(parsed(key, text)?),
            Key::Parameterization => Self::Parameterization(parsed(key, text)?),
            Key::WeightLaw => Self::WeightLaw(parsed(key, text)?),
            Key::Seed => Self::Seed(text.trim().parse().map_err(|_| whole(key, "at least 0", text))?),
        })
    }

    /// Which key.
    pub fn key(&self) -> Key {
        match self {
            Self::Widths(_) => Key::Widths,
            Self::Inputs(_) => Key::Inputs,
            Self::Outputs(_) => Key::Outputs,
            Self::Depth(_) => Key::Depth,
            Self::Width(_) => Key::Width,
            Self::Ratio(_) => Key::Ratio,
            Self::Activation(_) => Key::Activation,
            Self::WeightVar(_) => Key::WeightVar,
            Self::BiasVar(_) => Key::BiasVar,
            Self::Biases(_) => Key::Biases,
            Self::Parameterization(_) => Key::Parameterization,
            Self::WeightLaw(_) => Key::WeightLaw,
            Self::Seed(_) => Key::Seed,
        }
    }

    /// The value, if it is one number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Inputs(n) | Self::Outputs(n) | Self::Depth(n) | Self::Width(n) => Some(*n as f64),
            Self::Ratio(ratio) => Some(*ratio),
            Self::WeightVar(PerLayer::Uniform(variance)) | Self::BiasVar(PerLayer::Uniform(variance)) => {
                Some(*variance)
            }
            Self::Seed(seed) => Some(*seed as f64),
            _ => None,
        }
    }
}

/// The text form of the value.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Widths(widths) => widths.fmt(f),
            Self::Inputs(n) | Self::Outputs(n) | Self::Depth(n) | Self::Width(n) => n.fmt(f),
            Self::Ratio(ratio) => ratio.fmt(f),
            Self::Activation(activation) => activation.fmt(f),
            Self::WeightVar(variance) | Self::BiasVar(variance) => variance.fmt(f),
            Self::Biases(biases) => biases.fmt(f),
            Self::Parameterization(parameterization) => parameterization.fmt(f),
            Self::WeightLaw(law) => law.fmt(f),
            Self::Seed(seed) => seed.fmt(f),
        }
    }
}

fn whole(key: Key, allowed: &str, got: &str) -> SweepError {
    SweepError::Value { key, reason: format!("a whole number of {allowed} is needed, got {:?}", got.trim()) }
}

fn positive(key: Key, text: &str) -> Result<usize, SweepError> {
    text.trim().parse().ok().filter(|n| *n > 0).ok_or_else(|| whole(key, "at least 1", text))
}

fn ratio(text: &str) -> Result<f64, SweepError> {
    let number = text.trim().parse().ok().filter(|ratio: &f64| ratio.is_finite() && *ratio > 0.0);
    number.ok_or_else(|| SweepError::Value {
        key: Key::Ratio,
        reason: format!("depth over width must be positive and finite, got {:?}", text.trim()),
    })
}
