//! Choices that a network is described by: biases, parameterization, law of the weights.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not one of the allowed choices.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("unknown {what} {got:?}; allowed: {allowed}")]
pub struct OptionError {
    /// Which option.
    pub what: &'static str,
    /// What was given.
    pub got: String,
    /// The allowed values.
    pub allowed: &'static str,
}

/// What the biases are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Biases {
    /// There are none: `bias_var` must be 0.
    None,
    /// Drawn with variance `bias_var` and kept fixed in training: they do not enter the NTK.
    Untrained,
    /// Drawn with variance `bias_var` and trained.
    Trained,
    /// Zero at initialisation, entering with factor 1, and trained: `bias_var` must be 0.
    ZeroInit,
}

/// What a gradient is taken with respect to; decides the learning rate each weight sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameterization {
    /// The entries of $W$ and $b$ have variance 1; their factors $\sigma_w/\sqrt{n}$, $\sigma_b$ stand outside.
    Ntk,
    /// The entries of the weight matrix itself, of variance $\sigma_w^2/n$, and the biases themselves.
    Standard,
    /// Hanin & Nica (2020): weights as in `Ntk`, biases entering with factor 1 (by default zero at initialisation).
    HaninNica,
}

/// The law of the entries of $W$: symmetric, mean 0, variance 1.
///
/// Of independent entries, only the fourth moment enters the moments of the NTK.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WeightLaw {
    /// Normal: $E W^4 = 3$.
    Gaussian,
    /// Uniform on $[-\sqrt 3, \sqrt 3]$: $E W^4 = 9/5$.
    Uniform,
    /// Two-sided exponential: $E W^4 = 6$.
    Laplace,
    /// Any other, through $E W^4 \ge 1$.
    FourthMoment(f64),
    /// $W$ is uniform among the matrices with orthogonal rows or columns: $W = \sqrt{\max(n_l, n_{l-1})}\,Q$ with
    /// orthonormal columns of $Q$, or rows if these are fewer. Biases are normal. The entries depend on each other, so
    /// the formulas at finite width do not hold; such networks can be drawn.
    Orthogonal,
}

impl WeightLaw {
    /// $E W^4$ of independent entries; `None` if they depend on each other.
    pub fn fourth_moment(self) -> Option<f64> {
        match self {
            Self::Gaussian => Some(3.0),
            Self::Uniform => Some(1.8),
            Self::Laplace => Some(6.0),
            Self::FourthMoment(m) => Some(m),
            Self::Orthogonal => None,
        }
    }

    /// $E W^4 - 3$ of independent entries; `None` if they depend on each other.
    pub fn excess_kurtosis(self) -> Option<f64> {
        match self {
            Self::Uniform => Some(-1.2),
            law => law.fourth_moment().map(|m| m - 3.0),
        }
    }
}

fn canonical(text: &str) -> String {
    text.trim().to_lowercase().replace('_', "-")
}

impl FromStr for Biases {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match canonical(text).as_str() {
            "none" => Ok(Self::None),
            "untrained" => Ok(Self::Untrained),
            "trained" => Ok(Self::Trained),
            "zero-init" => Ok(Self::ZeroInit),
            _ => Err(OptionError {
                what: "kind of biases",
                got: text.into(),
                allowed: "none, untrained, trained, zero-init",
            }),
        }
    }
}

impl fmt::Display for Biases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Untrained => "untrained",
            Self::Trained => "trained",
            Self::ZeroInit => "zero-init",
        })
    }
}

impl FromStr for Parameterization {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match canonical(text).as_str() {
            "ntk" => Ok(Self::Ntk),
            "standard" => Ok(Self::Standard),
            "hanin-nica" => Ok(Self::HaninNica),
            _ => Err(OptionError { what: "parameterization", got: text.into(), allowed: "ntk, standard, hanin-nica" }),
        }
    }
}

impl fmt::Display for Parameterization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ntk => "ntk",
            Self::Standard => "standard",
            Self::HaninNica => "hanin-nica",
        })
    }
}

impl FromStr for WeightLaw {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        let name = canonical(text);
        let fourth = |rest: &str| rest.trim().parse().ok().filter(|m: &f64| m.is_finite() && *m >= 1.0);
        match name.as_str() {
            "gaussian" | "normal" => Some(Self::Gaussian),
            "uniform" => Some(Self::Uniform),
            "laplace" => Some(Self::Laplace),
            "orthogonal" => Some(Self::Orthogonal),
            other => other.strip_prefix("fourth-moment:").and_then(fourth).map(Self::FourthMoment),
        }
        .ok_or_else(|| OptionError {
            what: "weight law",
            got: text.into(),
            allowed: "gaussian, uniform, laplace, orthogonal, fourth-moment:M (M = E W⁴ ≥ 1 at variance 1)",
        })
    }
}

impl fmt::Display for WeightLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian => f.write_str("gaussian"),
            Self::Uniform => f.write_str("uniform"),
            Self::Laplace => f.write_str("laplace"),
            Self::FourthMoment(m) => write!(f, "fourth-moment:{m}"),
            Self::Orthogonal => f.write_str("orthogonal"),
        }
    }
}

/// Text forms in files are the text forms of the command line.
macro_rules! serialise_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

serialise_as_text!(Biases, Parameterization, WeightLaw);
