//! Activations of the user's own.

use fathom_ntk::activation::{Activation, SampledError, Samples, sampled_activation};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::convert::entries;
use crate::errors::raise;

/// An activation that is interpolated from values on arrays.
#[pyclass(frozen, module = "fathom_ntk._core")]
pub(crate) struct CustomActivation(pub(crate) Activation);

/// Values, and slopes if there are any.
type Answer<'py> = (PyReadonlyArray1<'py, f64>, Option<PyReadonlyArray1<'py, f64>>);

#[pymethods]
impl CustomActivation {
    /// `sample` takes an array of places and gives the values there, and the slopes or `None`.
    #[new]
    fn new(py: Python<'_>, name: &str, breakpoints: Vec<f64>, sample: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut failure: Option<PyErr> = None;
        let evaluate = |places: &[f64]| -> PyResult<Samples> {
            let answer = sample.call1((PyArray1::from_slice(py, places),))?;
            let (values, slopes): Answer<'_> = answer.extract()?;
            let slopes =
                slopes.as_ref().map(|slopes| entries("derivative", slopes).map(<[f64]>::to_vec)).transpose()?;
            Ok(Samples { values: entries("fn", &values)?.to_vec(), slopes })
        };
        let found = sampled_activation(name, &breakpoints, |places| {
            evaluate(places).map_err(|error| failure = Some(error)).ok()
        });
        match (found, failure) {
            (_, Some(failure)) => Err(failure),
            (Ok(activation), None) => Ok(Self(activation)),
            (Err(error), None) => Err(raise::<SampledError>(error)),
        }
    }

    /// φ at every place.
    fn value(&self, py: Python<'_>, z: PyReadonlyArray1<'_, f64>) -> PyResult<Py<PyAny>> {
        let values: Vec<f64> = entries("z", &z)?.iter().map(|z| self.0.value(*z)).collect();
        Ok(PyArray1::from_vec(py, values).into_any().unbind())
    }

    /// Places where φ, φ′ or φ″ jumps.
    fn breakpoints(&self) -> Vec<f64> {
        self.0.breakpoints().iter().map(|b| b.at).collect()
    }
}

/// The activations that can be named: name, how it is written, formula.
#[pyfunction]
pub(crate) fn activations() -> Vec<(&'static str, &'static str, &'static str)> {
    Activation::catalogue().iter().map(|entry| (entry.name, entry.form, entry.formula)).collect()
}
