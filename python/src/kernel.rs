//! Kernel matrices of infinitely wide networks.

use fathom_ntk::infinite::matrix::{Entry, KernelEngine, KernelInputs, KernelMatrix, MatrixError, MatrixOptions};
use fathom_ntk::spec;
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use serde_json::Value;

use crate::blocks::AnyNetwork;
use crate::convert::{array, json, rows, to_python};
use crate::errors::{raise, refused};
use crate::work::{Progress, watched};

/// Matrices in the order NNGP, NTK; the binary exponent of each; and a summary.
type Kernels = (Vec<Py<PyAny>>, Vec<i64>, Py<PyAny>);

/// Kernel matrices of the rows of `x1` with those of `x2`, or with themselves.
#[pyfunction]
#[pyo3(signature = (network, x1, x2, kind, scale, precision, memory, progress))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn kernels(
    py: Python<'_>,
    network: AnyNetwork<'_>,
    x1: PyReadonlyArray2<'_, f64>,
    x2: Option<PyReadonlyArray2<'_, f64>>,
    kind: &str,
    scale: &str,
    precision: &str,
    memory: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Kernels> {
    let memory = memory.unwrap_or(usize::MAX);
    let options = MatrixOptions { kind: choice("kind", kind)?, scale: choice("scale", scale)?, memory };
    let (inputs, [_, features]) = rows("x1", &x1)?;
    let others = x2.as_ref().map(|x2| rows("x2", x2)).transpose()?;
    if let Some((_, [_, got])) = others.filter(|(_, [_, got])| *got != features) {
        return Err(refused(format!("x1 has {features} features, but x2 has {got}")));
    }
    let inputs = py.detach(|| KernelInputs::new(inputs, features, others.map(|(values, _)| values))).map_err(raise)?;
    let job = Job { network: network.owned(), inputs, options };
    let progress = Progress(progress);
    match precision {
        "float64" => job.run::<f64>(py, &progress),
        "float32" => job.run::<f32>(py, &progress),
        got => Err(refused(format!("dtype must be float64 or float32, got {got:?}"))),
    }
}

/// A choice by its name in JSON.
pub(crate) fn choice<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> PyResult<T> {
    serde_json::from_value(Value::String(text.into()))
        .map_err(|error| refused(format!("{name}: {}", error.to_string().replace('`', "'"))))
}

/// Everything that is computed, owned.
struct Job {
    network: spec::AnyNetwork,
    inputs: KernelInputs,
    options: MatrixOptions,
}

impl Job {
    fn run<T: Entry + numpy::Element + 'static>(self, py: Python<'_>, progress: &Progress) -> PyResult<Kernels> {
        let (matrices, summary) = watched(py, progress, move |watch| {
            let engine = KernelEngine::with_inputs(&self.network, self.inputs, &self.options)?;
            Ok((engine.matrices_watched::<T>(watch)?, engine.summary::<T>(&[])))
        })?
        .map_err(raise::<MatrixError>)?;
        let exponents = matrices.iter().map(KernelMatrix::exponent).collect();
        let arrays = matrices.into_iter().map(|matrix| {
            let shape = [matrix.rows(), matrix.cols()];
            array(py, matrix.into_values(), &shape)
        });
        Ok((arrays.collect::<PyResult<_>>()?, exponents, to_python(py, &json(&summary)?)?))
    }
}
