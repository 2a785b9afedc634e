//! Between Rust and Python values.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use serde::Serialize;
use serde_json::Value;

use crate::errors::refused;

/// A report as a dictionary with the keys of its JSON form, and as text.
pub(crate) type Report = (Py<PyAny>, String);

/// Lists, dictionaries and numbers of a JSON document.
pub(crate) fn to_python(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    Ok(match value {
        Value::Null => py.None(),
        Value::Bool(b) => b.into_pyobject(py)?.to_owned().into_any().unbind(),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(n), ..) => n.into_pyobject(py)?.into_any().unbind(),
            (_, Some(n), _) => n.into_pyobject(py)?.into_any().unbind(),
            (.., x) => x.into_pyobject(py)?.into_any().unbind(),
        },
        Value::String(text) => PyString::new(py, text).into_any().unbind(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any().unbind()
        }
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            for (key, item) in fields {
                dict.set_item(key, to_python(py, item)?)?;
            }
            dict.into_any().unbind()
        }
    })
}

/// What serialises, as JSON.
pub(crate) fn json(value: &impl Serialize) -> PyResult<Value> {
    serde_json::to_value(value).map_err(|error| refused(error.to_string()))
}

/// A dictionary of everything, with the version and where the inputs come from.
pub(crate) fn report(py: Python<'_>, source: Option<&str>, fields: Value, text: String) -> PyResult<Report> {
    let mut document = serde_json::Map::new();
    document.insert("version".into(), env!("CARGO_PKG_VERSION").into());
    if let Some(source) = source {
        document.insert("source".into(), source.into());
    }
    if let Value::Object(fields) = fields {
        document.extend(fields);
    }
    Ok((to_python(py, &Value::Object(document))?, text))
}

/// The numbers of a matrix of C order, without a copy, and its shape.
pub(crate) fn rows<'a>(name: &str, array: &'a PyReadonlyArray2<'_, f64>) -> PyResult<(&'a [f64], [usize; 2])> {
    let shape = [array.shape()[0], array.shape()[1]];
    let values = array.as_slice().map_err(|_| refused(format!("{name} must be contiguous and of C order")))?;
    Ok((values, shape))
}

/// The numbers of a vector, without a copy.
pub(crate) fn entries<'a>(name: &str, array: &'a PyReadonlyArray1<'_, f64>) -> PyResult<&'a [f64]> {
    array.as_slice().map_err(|_| refused(format!("{name} must be contiguous")))
}

/// An array of this shape that takes over the numbers.
pub(crate) fn array<T: numpy::Element>(py: Python<'_>, values: Vec<T>, shape: &[usize]) -> PyResult<Py<PyAny>> {
    Ok(PyArray1::from_vec(py, values).reshape(shape)?.into_any().unbind())
}

/// Training and test data of a call.
pub(crate) struct Supervised<'a> {
    pub(crate) train: &'a [f64],
    pub(crate) test: &'a [f64],
    pub(crate) features: usize,
    /// Targets of the training inputs.
    pub(crate) given: &'a [f64],
    pub(crate) outputs: usize,
    pub(crate) test_targets: Option<Vec<f64>>,
}

impl<'a> Supervised<'a> {
    pub(crate) fn new(
        x_train: &'a PyReadonlyArray2<'_, f64>,
        targets: &'a PyReadonlyArray2<'_, f64>,
        x_test: &'a PyReadonlyArray2<'_, f64>,
        test_targets: Option<&PyReadonlyArray2<'_, f64>>,
    ) -> PyResult<Self> {
        let (train, [_, features]) = rows("x_train", x_train)?;
        let (test, [_, got]) = rows("x_test", x_test)?;
        if features != got {
            return Err(refused(format!("x_train has {features} features, but x_test has {got}")));
        }
        let (given, [_, outputs]) = rows("y_train", targets)?;
        let test_targets = test_targets.map(|t| rows("y_test", t)).transpose()?.map(|(values, _)| values.to_vec());
        Ok(Self { train, test, features, given, outputs, test_targets })
    }
}
