//! Names: the table of activations and the text form that users type.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Nonlinearity;
use super::elu::ExponentialLinear;
use super::polynomial::Polynomial;
use super::rectified_power::{MAX_DEGREE, RectifiedPower};
use super::relu::PiecewiseLinear;
use super::sine::Sine;
use super::{
    arctan, erf, exponential, gaussian, gelu, hard_tanh, linear, mish, probit, sigmoid, silu, softplus, softsign, step,
    tanh,
};

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
    /// Other names for the same function, which take the same parameters.
    pub aliases: &'static [&'static str],
    /// Names that stand for this one with a parameter, and that parameter.
    pub shorthands: &'static [(&'static str, f64)],
    /// How it is written, parameters and their defaults included.
    pub form: &'static str,
    /// The formula.
    pub formula: &'static str,
    /// Builds it from the parameters; `None` if they do not fit.
    build: Build,
}

type Build = fn(&[f64]) -> Option<Arc<dyn Nonlinearity>>;

impl CatalogueEntry {
    /// An activation without parameters, unless `written` says otherwise.
    const fn new(name: &'static str, formula: &'static str, build: Build) -> Self {
        Self { name, aliases: &[], shorthands: &[], form: name, formula, build }
    }

    const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn short(self, shorthands: &'static [(&'static str, f64)]) -> Self {
        Self { shorthands, ..self }
    }

    const fn written(self, form: &'static str) -> Self {
        Self { form, ..self }
    }

    /// The parameters that come with one of the names of this entry; `None` if `name` is not one of them.
    fn parameters_of(&self, name: &str) -> Option<Option<f64>> {
        if self.name == name || self.aliases.contains(&name) {
            return Some(None);
        }
        self.shorthands.iter().find(|(short, _)| *short == name).map(|(_, parameter)| Some(*parameter))
    }
}

/// Makes a [`CatalogueEntry::build`] for an activation without parameters.
macro_rules! plain {
    ($make:expr) => {
        |parameters| parameters.is_empty().then(|| Arc::new($make) as Arc<dyn Nonlinearity>)
    };
}

fn leaky_relu(parameters: &[f64]) -> Option<Arc<dyn Nonlinearity>> {
    match parameters {
        [] => Some(Arc::new(PiecewiseLinear::leaky_relu(0.01))),
        [slope] => Some(Arc::new(PiecewiseLinear::leaky_relu(*slope))),
        _ => None,
    }
}

fn elu(parameters: &[f64]) -> Option<Arc<dyn Nonlinearity>> {
    match parameters {
        [] => Some(Arc::new(ExponentialLinear::elu(1.0))),
        [alpha] => Some(Arc::new(ExponentialLinear::elu(*alpha))),
        _ => None,
    }
}

fn rectified_power(parameters: &[f64]) -> Option<Arc<dyn Nonlinearity>> {
    let &[degree] = parameters else { return None };
    match (1..=MAX_DEGREE).find(|&n| f64::from(n) == degree)? {
        1 => Some(Arc::new(PiecewiseLinear::relu())),
        n => Some(Arc::new(RectifiedPower::new(n))),
    }
}

fn polynomial(parameters: &[f64]) -> Option<Arc<dyn Nonlinearity>> {
    Some(Arc::new(Polynomial::new(parameters)?))
}

const CATALOGUE: &[CatalogueEntry] = &[
    CatalogueEntry::new("relu", "max(0, z)", plain!(PiecewiseLinear::relu())),
    CatalogueEntry::new("leaky-relu", "z for z > 0, SLOPE·z otherwise", leaky_relu)
        .also(&["lrelu"])
        .written("leaky-relu or leaky-relu:SLOPE (finite; default 0.01)"),
    CatalogueEntry::new("abs", "|z|", plain!(PiecewiseLinear::abs())),
    CatalogueEntry::new("linear", "z", plain!(linear::Linear)).also(&["identity"]),
    CatalogueEntry::new("erf", "erf(z)", plain!(erf::Erf)),
    CatalogueEntry::new("tanh", "tanh(z)", plain!(tanh::Tanh)),
    CatalogueEntry::new("sigmoid", "1/(1 + exp(-z))", plain!(sigmoid::Sigmoid)).also(&["logistic"]),
    CatalogueEntry::new("probit", "Φ(z), the normal distribution function", plain!(probit::Probit)),
    CatalogueEntry::new("arctan", "arctan(z)", plain!(arctan::Arctan)).also(&["atan"]),
    CatalogueEntry::new("softsign", "z/(1 + |z|)", plain!(softsign::Softsign)),
    CatalogueEntry::new("hard-tanh", "z clamped to [-1, 1]", plain!(hard_tanh::HardTanh)).also(&["hardtanh"]),
    CatalogueEntry::new("gelu", "z·Φ(z)", plain!(gelu::Gelu)),
    CatalogueEntry::new("silu", "z/(1 + exp(-z))", plain!(silu::Silu)).also(&["swish"]),
    CatalogueEntry::new("mish", "z·tanh(ln(1 + exp(z)))", plain!(mish::Mish)),
    CatalogueEntry::new("softplus", "ln(1 + exp(z))", plain!(softplus::Softplus)),
    CatalogueEntry::new("elu", "z for z > 0, ALPHA·(exp(z) - 1) otherwise", elu)
        .written("elu or elu:ALPHA (finite; default 1)"),
    CatalogueEntry::new(
        "selu",
        "1.0507009873554805·(z for z > 0, 1.6732632423543772·(exp(z) - 1) otherwise)",
        plain!(ExponentialLinear::selu()),
    ),
    CatalogueEntry::new("sin", "sin(z)", plain!(Sine::Sin)),
    CatalogueEntry::new("cos", "cos(z)", plain!(Sine::Cos)),
    CatalogueEntry::new("gaussian", "exp(-z²)", plain!(gaussian::Gaussian)).also(&["gauss"]),
    CatalogueEntry::new("exp", "exp(z)", plain!(exponential::Exponential)),
    CatalogueEntry::new("step", "1 for z > 0, 0 otherwise (NNGP only)", plain!(step::Step)).also(&["heaviside"]),
    CatalogueEntry::new("rectified-power", "max(0, z)^N", rectified_power)
        .short(&[("relu2", 2.0), ("relu3", 3.0)])
        .written("rectified-power:N (N = 1 to 8; 1 is relu)"),
    CatalogueEntry::new("polynomial", "C0 + C1·z + C2·z² + ...", polynomial)
        .also(&["poly"])
        .written("polynomial:C0,C1,... (finite, lowest degree first, degree 1 to 12)"),
];

/// An activation function, identified by its text form.
///
/// The text form is a name from [`Activation::catalogue`], with parameters after a colon: `relu`, `leaky-relu:0.1`.
/// `rectified-power:3` may also be written `relu3`. Upper case and underscores are read as lower case and hyphens. Dereferences to its [`Nonlinearity`].
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
        Arc::ptr_eq(&self.0, &other.0) || self.name() == other.name()
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
        let found = CATALOGUE.iter().find_map(|e| e.parameters_of(name).map(|parameter| (e, parameter)));
        let Some((entry, implied)) = found else {
            let known: Vec<_> = CATALOGUE.iter().map(|e| e.name).collect();
            return Err(ActivationError::Unknown { got: text.into(), known: known.join(", ") });
        };
        // Adding 0 turns −0 into 0, so that equal functions have equal names.
        let given = list.into_iter().flat_map(|l| l.split(','));
        let given = given.map(|p| p.trim().parse().ok().filter(|x: &f64| x.is_finite()).map(|x| x + 0.0));
        let numbers: Option<Vec<f64>> = implied.map(Some).into_iter().chain(given).collect();
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
