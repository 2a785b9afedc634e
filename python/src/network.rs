//! Descriptions of networks.

use fathom_ntk::activation::Activation;
use fathom_ntk::spec::{self, ArchitectureSpec, PerLayer, Widths};
use pyo3::prelude::*;

use crate::activation::CustomActivation;
use crate::convert::{json, to_python};
use crate::errors::raise;

/// A network: shape, activation, and the law of its parameters at initialisation.
#[pyclass(frozen, module = "fathom_ntk._core")]
pub(crate) struct Architecture(pub(crate) spec::Architecture);

/// Widths as text or as numbers.
#[derive(FromPyObject)]
pub(crate) enum WidthsArgument {
    Text(String),
    List(Vec<usize>),
}

impl WidthsArgument {
    fn widths(self) -> PyResult<Widths> {
        match self {
            Self::Text(text) => text.parse().map_err(raise),
            Self::List(list) => Widths::new(list).map_err(raise),
        }
    }
}

/// One value, or one for each weight layer.
#[derive(FromPyObject)]
pub(crate) enum PerLayerArgument {
    Uniform(f64),
    Layers(Vec<f64>),
}

impl From<PerLayerArgument> for PerLayer {
    fn from(argument: PerLayerArgument) -> Self {
        match argument {
            PerLayerArgument::Uniform(value) => Self::Uniform(value),
            PerLayerArgument::Layers(values) => Self::Layers(values),
        }
    }
}

/// An activation by its name, or one of the user's own.
#[derive(FromPyObject)]
pub(crate) enum ActivationArgument<'py> {
    Custom(Bound<'py, CustomActivation>),
    Name(String),
}

impl ActivationArgument<'_> {
    pub(crate) fn activation(&self) -> PyResult<Activation> {
        match self {
            Self::Custom(custom) => Ok(custom.get().0.clone()),
            Self::Name(name) => name.parse().map_err(raise),
        }
    }
}

#[pymethods]
impl Architecture {
    #[new]
    #[pyo3(signature = (widths, depth, activation, weight_var, bias_var, biases, parameterization, weight_law))]
    #[expect(clippy::too_many_arguments, reason = "one for each field of a description")]
    fn new(
        widths: Option<WidthsArgument>,
        depth: Option<usize>,
        activation: Option<ActivationArgument<'_>>,
        weight_var: Option<PerLayerArgument>,
        bias_var: Option<PerLayerArgument>,
        biases: Option<&str>,
        parameterization: Option<&str>,
        weight_law: Option<&str>,
    ) -> PyResult<Self> {
        let spec = ArchitectureSpec {
            widths: widths.map(WidthsArgument::widths).transpose()?,
            depth,
            activation: activation.map(|a| a.activation()).transpose()?,
            weight_var: weight_var.map(PerLayer::from),
            bias_var: bias_var.map(PerLayer::from),
            biases: biases.map(|text| text.parse().map_err(raise)).transpose()?,
            parameterization: parameterization.map(|text| text.parse().map_err(raise)).transpose()?,
            weight_law: weight_law.map(|text| text.parse().map_err(raise)).transpose()?,
        };
        spec::Architecture::try_from(spec).map(Self).map_err(raise)
    }

    /// The network of a TOML document.
    #[staticmethod]
    fn from_toml(text: &str) -> PyResult<Self> {
        let spec = ArchitectureSpec::from_toml(text).map_err(raise)?;
        spec::Architecture::try_from(spec).map(Self).map_err(raise)
    }

    /// The TOML document that `from_toml` reads back.
    fn to_toml(&self) -> PyResult<String> {
        self.0.to_toml().map_err(raise)
    }

    /// The fields of the description, with the keys of the TOML document, and the depth.
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &json(&self.0)?)
    }

    /// Number of weight layers.
    #[getter]
    fn depth(&self) -> usize {
        self.0.depth()
    }

    /// Widths from input to output; `None` for infinite width.
    #[getter]
    fn widths(&self) -> Option<Vec<usize>> {
        self.0.widths().map(<[usize]>::to_vec)
    }
}
