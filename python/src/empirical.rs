//! Empirical kernels of given networks.

use fathom_ntk::activation::Activation;
use fathom_ntk::analysis::empirical::{
    CheckpointChange, EmpiricalOptions, EmpiricalReport, checkpoint_change, composed_report, empirical_report,
    measured_spec,
};
use fathom_ntk::network::arrays::{LayerChoice, NamedArray, NamedLayers, assemble};
use fathom_ntk::network::{
    ComposedNetwork, EmpiricalKernel, GradientScale, KernelForm, KernelOptions, Layer, Network, NetworkError, Precision,
};
use fathom_ntk::report::{change_text, composed_text, empirical_text};
use fathom_ntk::spec::{Architecture, ArchitectureError, ArchitectureSpec, Parameterization, PerLayer};
use numpy::{PyReadonlyArray2, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use serde_json::json;

use crate::blocks::Blocks;
use crate::convert::{self, Report, array, rows};
use crate::errors::{Failure, raise, refused};
use crate::kernel::choice;
use crate::network::{ActivationArgument, PerLayerArgument};
use crate::work::interruptible;

/// The empirical NTK of a network of blocks drawn at random, with what was found of it.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn drawn_ntk(
    py: Python<'_>,
    network: &Blocks,
    x: PyReadonlyArray2<'_, f64>,
    source: &str,
    form: &str,
    memory: usize,
    infinite_rows: usize,
    stream: (u64, u64),
) -> PyResult<(Vec<Py<PyAny>>, Report)> {
    let inputs = rows("x", &x)?.0.to_vec();
    let kernel = KernelOptions { form: choice::<KernelForm>("form", form)?, precision: Precision::F64, memory };
    let options = EmpiricalOptions { kernel, infinite_rows };
    let network = network.0.clone();
    let (kernel, found) = interruptible(py, move || {
        let network = ComposedNetwork::draw(&network, stream.0, stream.1).map_err(raise)?;
        composed_report(&network, &inputs, &options).map_err(raise)
    })??;
    let text = composed_text(&found, stream.0, source);
    let shape = [kernel.rows(), kernel.cols()];
    let matrices = kernel.into_matrices().into_iter().map(|matrix| array(py, matrix, &shape));
    Ok((matrices.collect::<PyResult<_>>()?, convert::report(py, Some(source), convert::json(&found)?, text)?))
}

/// Named arrays, in their order.
type Arrays<'py> = Vec<(String, PyReadonlyArrayDyn<'py, f64>)>;

/// The empirical NTK of the network of some arrays, and what changed up to a later checkpoint.
#[pyfunction]
#[pyo3(signature = (
    arrays, later, x, source, activation, layers, orientation, parameterization, train_biases, weight_var, bias_var, form,
    precision, memory, infinite_rows
))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn empirical_ntk(
    py: Python<'_>,
    arrays: Arrays<'_>,
    later: Option<Arrays<'_>>,
    x: PyReadonlyArray2<'_, f64>,
    source: &str,
    activation: ActivationArgument<'_>,
    layers: Vec<String>,
    orientation: Option<&str>,
    parameterization: &str,
    train_biases: bool,
    weight_var: Option<PerLayerArgument>,
    bias_var: Option<PerLayerArgument>,
    form: &str,
    precision: &str,
    memory: usize,
    infinite_rows: usize,
) -> PyResult<(Vec<Py<PyAny>>, Report)> {
    let orientation = orientation.map(|text| text.parse().map_err(raise)).transpose()?;
    let choice_of = LayerChoice { layers, orientation };
    let (inputs, [_, features]) = rows("x", &x)?;
    let assembled = |arrays| assemble(named(arrays)?, &choice_of, features).map_err(raise);
    let (first, later) = (assembled(arrays)?, later.map(assembled).transpose()?);
    let names: Vec<String> = first.layers.iter().map(|layer| layer.name.clone()).collect();
    let unused = first.unused.clone();
    let precision = match precision {
        "float64" => Precision::F64,
        "float32" => Precision::F32,
        got => return Err(refused(format!("dtype must be float64 or float32, got {got:?}"))),
    };
    let kernel = KernelOptions { form: choice::<KernelForm>("form", form)?, precision, memory };
    let job = Job {
        activation: activation.activation()?,
        parameterization: parameterization.parse().map_err(raise)?,
        train_biases,
        given: ArchitectureSpec {
            weight_var: weight_var.map(PerLayer::from),
            bias_var: bias_var.map(PerLayer::from),
            ..Default::default()
        },
        options: EmpiricalOptions { kernel, infinite_rows },
        inputs: inputs.to_vec(),
    };
    let (kernel, found, change) = interruptible(py, move || job.run(first, later))??;
    let mut text = empirical_text(&found, &names, source);
    if !unused.is_empty() {
        text += &format!("\nLeft out: {}\n", unused.join(", "));
    }
    let mut fields = json!({ "layer_names": names, "unused": unused });
    if let (Some(fields), serde_json::Value::Object(more)) = (fields.as_object_mut(), convert::json(&found)?) {
        fields.extend(more);
        let compare = match &change {
            Some((change, report)) => {
                text = text + "\n" + &change_text(change, &names);
                json!({ "change": convert::json(change)?, "report": convert::json(report)? })
            }
            None => serde_json::Value::Null,
        };
        fields.insert("compare".into(), compare);
    }
    let shape = [kernel.rows(), kernel.cols()];
    let matrices = kernel.into_matrices().into_iter().map(|matrix| array(py, matrix, &shape));
    Ok((matrices.collect::<PyResult<_>>()?, convert::report(py, Some(source), fields, text)?))
}

fn named(arrays: Arrays<'_>) -> PyResult<Vec<NamedArray>> {
    let read = |(name, array): (String, PyReadonlyArrayDyn<'_, f64>)| {
        let values = array.as_slice().map_err(|_| refused(format!("weights: {name} must be contiguous")))?.to_vec();
        Ok(NamedArray { shape: array.shape().to_vec(), name, values })
    };
    arrays.into_iter().map(read).collect()
}

/// Everything that is computed, owned.
struct Job {
    activation: Activation,
    parameterization: Parameterization,
    train_biases: bool,
    given: ArchitectureSpec,
    options: EmpiricalOptions,
    inputs: Vec<f64>,
}

type Found = (EmpiricalKernel, EmpiricalReport, Option<(CheckpointChange, EmpiricalReport)>);

fn failed(error: impl Failure) -> PyErr {
    raise(error)
}

impl Job {
    fn run(&self, first: NamedLayers, later: Option<NamedLayers>) -> PyResult<Found> {
        let network = self.network(first).map_err(failed)?;
        let measured = measured_spec(&network, self.parameterization, self.train_biases);
        let arch = Architecture::try_from(measured.overridden_by(self.given.clone()));
        let network = self.trained(network, &arch)?;
        let (kernel, found) = empirical_report(&network, &self.inputs, arch.clone(), &self.options).map_err(failed)?;
        let Some(later) = later else { return Ok((kernel, found, None)) };
        let later = self.trained(self.network(later).map_err(failed)?, &arch)?;
        let (later_kernel, report) = empirical_report(&later, &self.inputs, arch, &self.options).map_err(failed)?;
        let change =
            checkpoint_change((&network, &kernel, &found), (&later, &later_kernel, &report)).map_err(failed)?;
        Ok((kernel, found, Some((change, report))))
    }

    fn network(&self, layers: NamedLayers) -> Result<Network, NetworkError> {
        let biases = if self.train_biases { 1.0 } else { 0.0 };
        let scale = GradientScale { biases, ..GradientScale::STANDARD };
        let layers = layers.layers.into_iter().map(|l| Layer::new(l.inputs, l.outputs, l.weights, l.biases, scale));
        Network::new(self.activation.clone(), layers.collect::<Result<_, _>>()?)
    }

    /// Gradients as asked for. Both checkpoints share the architecture of the first: factors are fixed at initialisation.
    fn trained(&self, network: Network, arch: &Result<Architecture, ArchitectureError>) -> PyResult<Network> {
        match (self.parameterization, arch) {
            (Parameterization::Standard, _) => Ok(network),
            (_, Ok(arch)) => network.trained_as(arch).map_err(failed),
            (_, Err(reason)) => Err(raise(reason.clone())),
        }
    }
}
