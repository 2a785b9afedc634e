//! Names: the table of activations and the text form that users type.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Nonlinearity;
use super::relu::PiecewiseLinear;
use super::{erf, linear, tanh};

/// Why a text does not name an activation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// No activation of that name.
    #[error("unknown activation {got:?}; known: {known}")]
    Unknown {
        /// What was given.
        got: String,
        /// The names in the catalogue, separated by commas.
        known: String,
    },
    /// The parameters do not fit the activation.
    #[error("activation {name:?} is written {form}, got {got:?}")]
    Parameters {
        /// The activation.
        name: &'static str,
        /// How it is written, with the allowed range.
        form: &'static str,
        /// What was given.
        got: String,
    },
}

/// One line of [`Activation::catalogue`].
#[derive(Clone, Copy, Debug)]
pub struct CatalogueEntry {
    /// The canonical name, without parameters.
    pub name: &'static str,
    /// Other names for the same function.
    pub aliases: &'static [&'static str],
    /// How it is written, parameters and their defaults included.
    pub form: &'static str,
    /// The formula.
    pub formula: &'static str,
    /// Builds it from the parameters; `None` if they do not fit.
    build: fn(&[f64]) -> Option<Arc<dyn Nonlinearity>>,
}

/// Makes a [`CatalogueEntry::build`] for an activation without parameters.
macro_rules! plain {
    ($make:expr) => {
        |parameters| parameters.is_empty().then(|| Arc::new($make) as Arc<dyn Nonlinearity>)
    };
}

const CATALOGUE: &[CatalogueEntry] = &[
    CatalogueEntry {
        name: "relu",
        aliases: &[],
        form: "relu",
        formula: "max(0, z)",
        build: plain!(PiecewiseLinear::relu()),
    },
    CatalogueEntry {
        name: "leaky-relu",
        aliases: &["lrelu"],
        form: "leaky-relu or leaky-relu:SLOPE (finite; default 0.01)",
        formula: "z for z > 0, SLOPE·z otherwise",
        build: |parameters| match parameters {
            [] => Some(Arc::new(PiecewiseLinear::leaky_relu(0.01))),
            [slope] => Some(Arc::new(PiecewiseLinear::leaky_relu(*slope))),
            _ => None,
        },
    },
    CatalogueEntry { name: "abs", aliases: &[], form: "abs", formula: "|z|", build: plain!(PiecewiseLinear::abs()) },
    CatalogueEntry {
        name: "linear",
        aliases: &["identity"],
        form: "linear",
        formula: "z",
        build: plain!(linear::Linear),
    },
    CatalogueEntry { name: "erf", aliases: &[], form: "erf", formula: "erf(z)", build: plain!(erf::Erf) },
    CatalogueEntry { name: "tanh", aliases: &[], form: "tanh", formula: "tanh(z)", build: plain!(tanh::Tanh) },
];

/// An activation function, identified by its text form.
///
/// The text form is a name from [`Activation::catalogue`], with parameters after a colon: `relu`, `leaky-relu:0.1`.
/// Upper case and underscores are read as lower case and hyphens. Dereferences to its [`Nonlinearity`].
///
/// # Example
/// ```
/// use fathom_ntk::activation::Activation;
/// let relu: Activation = "relu".parse()?;
/// assert_eq!(relu.value(-2.0), 0.0);
/// let leaky: Activation = "Leaky_ReLU:0.1".parse()?;
/// assert_eq!(leaky.to_string(), "leaky-relu:0.1");
/// assert_eq!(leaky.slope(-1.0), 0.1);
/// # Ok::<(), fathom_ntk::activation::ActivationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Activation(Arc<dyn Nonlinearity>);

impl Activation {
    /// An activation of the user's own. Its `name` must differ from all names in the catalogue.
    pub fn custom(function: Arc<dyn Nonlinearity>) -> Self {
        Self(function)
    }

    /// All activations that can be named.
    pub fn catalogue() -> &'static [CatalogueEntry] {
        CATALOGUE
    }

    /// max(0, z).
    pub fn relu() -> Self {
        Self(Arc::new(PiecewiseLinear::relu()))
    }
}

impl Deref for Activation {
    type Target = dyn Nonlinearity;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for Activation {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl FromStr for Activation {
    type Err = ActivationError;

    fn from_str(text: &str) -> Result<Self, ActivationError> {
        let canonical = text.trim().to_lowercase().replace('_', "-");
        let (name, list) = canonical.split_once(':').map_or((canonical.as_str(), None), |(n, l)| (n, Some(l)));
        let Some(entry) = CATALOGUE.iter().find(|e| e.name == name || e.aliases.contains(&name)) else {
            let known: Vec<_> = CATALOGUE.iter().map(|e| e.name).collect();
            return Err(ActivationError::Unknown { got: text.into(), known: known.join(", ") });
        };
        let numbers: Option<Vec<f64>> = list
            .into_iter()
            .flat_map(|l| l.split(','))
            .map(|p| p.trim().parse().ok().filter(|x: &f64| x.is_finite()))
            .collect();
        numbers.and_then(|p| (entry.build)(&p)).map(Self).ok_or_else(|| ActivationError::Parameters {
            name: entry.name,
            form: entry.form,
            got: text.into(),
        })
    }
}

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
