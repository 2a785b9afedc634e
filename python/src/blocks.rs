//! Networks of blocks, and either kind of network.

use fathom_ntk::activation::Activation;
use fathom_ntk::spec::{self, CnnSpec, Composition, CompositionSpec, NetworkFile, ResNetSpec};
use pyo3::prelude::*;

use crate::convert::{json, to_python};
use crate::errors::{raise, refused};
use crate::kernel::choice;
use crate::network::Architecture;

/// A network of blocks: convolutions, residual connections, pooling, normalisation.
#[pyclass(frozen, module = "fathom_ntk._core")]
pub(crate) struct Blocks(pub(crate) Composition);

#[pymethods]
impl Blocks {
    /// From the JSON form of a description.
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        let spec: CompositionSpec = serde_json::from_str(text).map_err(|error| {
            // Of a text that was made from the arguments, the place says nothing.
            let text = error.to_string().replace('`', "'");
            refused(format!("blocks: {}", text.split(" at line ").next().unwrap_or_default()))
        })?;
        Composition::try_from(spec).map(Self).map_err(raise)
    }

    /// The network of a TOML document.
    #[staticmethod]
    fn from_toml(text: &str) -> PyResult<Self> {
        NetworkFile::from_toml(text).and_then(|file| file.composition()).map(Self).map_err(raise)
    }

    /// Fully connected layers as branches beside the identity.
    #[staticmethod]
    fn resnet(
        features: usize,
        depth: usize,
        activation: &str,
        weight_var: f64,
        bias_var: f64,
        scaling: &str,
    ) -> PyResult<Self> {
        let activation: Activation = activation.parse().map_err(raise)?;
        let scaling = scaling.parse().map_err(raise)?;
        let spec = ResNetSpec { features, depth, activation, weight_var, bias_var, scaling };
        Composition::try_from(spec).map(Self).map_err(raise)
    }

    /// Convolutions of one window.
    #[staticmethod]
    #[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
    fn cnn(
        shape: Vec<usize>,
        depth: usize,
        window: Vec<usize>,
        padding: &str,
        activation: &str,
        weight_var: f64,
        bias_var: f64,
        scaling: Option<&str>,
        ending: &str,
    ) -> PyResult<Self> {
        let activation: Activation = activation.parse().map_err(raise)?;
        let scaling = scaling.map(|text| text.parse().map_err(raise)).transpose()?;
        let padding = choice("padding", padding)?;
        let spec = CnnSpec { input: shape, depth, filter: window, padding, activation, weight_var, bias_var, scaling };
        spec.with_ending(choice("ending", ending)?).map(Self).map_err(raise)
    }

    /// The same with a width for every block of weights that names none, and so many outputs of the last.
    fn with_widths(&self, width: usize, outputs: usize) -> PyResult<Self> {
        self.0.clone().with_widths(width, outputs).map(Self).map_err(raise)
    }

    /// The description.
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &json(&self.0)?)
    }

    /// Number of weight layers on the longest way.
    #[getter]
    fn depth(&self) -> usize {
        self.0.depth()
    }

    /// Numbers of an input.
    #[getter]
    fn features(&self) -> usize {
        self.0.features()
    }
}

/// Either kind of network.
#[derive(FromPyObject)]
pub(crate) enum AnyNetwork<'py> {
    Layers(Bound<'py, Architecture>),
    Blocks(Bound<'py, Blocks>),
}

impl AnyNetwork<'_> {
    /// The network itself.
    pub(crate) fn owned(&self) -> spec::AnyNetwork {
        match self {
            Self::Layers(network) => spec::AnyNetwork::Layers(network.get().0.clone()),
            Self::Blocks(network) => spec::AnyNetwork::Blocks(network.get().0.clone()),
        }
    }
}
