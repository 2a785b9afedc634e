//! Phases and the edge of chaos.

use fathom_ntk::analysis::{
    CurveRange, edge_of_chaos as point_of, edge_of_chaos_curve as curve_of, phase as phase_of,
    phase_diagram as diagram_of,
};
use fathom_ntk::report::{curve_text, diagram_text, edge_of_chaos_text, phase_text};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use serde_json::json;

use crate::convert::{self, Report, entries};
use crate::errors::{raise, refused};
use crate::network::{ActivationArgument, Architecture};
use crate::work::interruptible;

/// The phase of a network, and the edge of chaos at its bias variance.
#[pyfunction]
#[pyo3(signature = (network, input_mean_square))]
pub(crate) fn phase(py: Python<'_>, network: &Architecture, input_mean_square: Option<f64>) -> PyResult<Report> {
    let arch = network.0.clone();
    let Some((weight_var, bias_var)) = arch.uniform_variances() else {
        return Err(refused("the phase needs one weight_var and one bias_var for all layers"));
    };
    if let Some(got) = input_mean_square.filter(|m| !(m.is_finite() && *m >= 0.0)) {
        return Err(refused(format!("input_mean_square must be finite and at least 0, got {got}")));
    }
    let q0 = input_mean_square.map(|m| weight_var * m + bias_var);
    let (found, critical) = interruptible(py, move || {
        let found = phase_of(arch.activation(), weight_var, bias_var, q0).map(|report| report.for_network(&arch));
        (found, point_of(arch.activation(), bias_var))
    })?;
    let found = found.map_err(raise)?;
    let text = phase_text(&found) + "\n" + &edge_of_chaos_text(bias_var, &critical);
    let none = critical.as_ref().err().map(ToString::to_string);
    let fields = json!({
        "phase": convert::json(&found)?,
        "edge_of_chaos": convert::json(&critical.ok())?,
        "no_edge_of_chaos": none,
    });
    convert::report(py, None, fields, text)
}

/// The edge of chaos at a bias variance.
#[pyfunction]
pub(crate) fn edge_of_chaos(py: Python<'_>, activation: ActivationArgument<'_>, bias_var: f64) -> PyResult<Report> {
    let activation = activation.activation()?;
    let point = interruptible(py, move || point_of(&activation, bias_var))?;
    let text = edge_of_chaos_text(bias_var, &point);
    convert::report(py, None, convert::json(&point.map_err(raise)?)?, text)
}

/// Points of the edge of chaos.
#[pyfunction]
pub(crate) fn edge_of_chaos_curve(
    py: Python<'_>,
    activation: ActivationArgument<'_>,
    bias_vars: (f64, f64),
    points: usize,
) -> PyResult<Report> {
    let activation = activation.activation()?;
    let range = CurveRange::BiasVar { from: bias_vars.0, to: bias_vars.1 };
    let curve = interruptible(py, move || curve_of(&activation, range, points))?.map_err(raise)?;
    let text = curve_text(&curve);
    convert::report(py, None, json!({ "curve": convert::json(&curve)? }), text)
}

/// Phases over a grid.
#[pyfunction]
#[pyo3(signature = (activation, weight_vars, bias_vars, first_variance))]
pub(crate) fn phase_diagram(
    py: Python<'_>,
    activation: ActivationArgument<'_>,
    weight_vars: PyReadonlyArray1<'_, f64>,
    bias_vars: PyReadonlyArray1<'_, f64>,
    first_variance: Option<f64>,
) -> PyResult<Report> {
    let activation = activation.activation()?;
    let weight_vars = entries("weight_vars", &weight_vars)?.to_vec();
    let bias_vars = entries("bias_vars", &bias_vars)?.to_vec();
    let diagram = interruptible(py, move || diagram_of(&activation, &weight_vars, &bias_vars, first_variance))?;
    let diagram = diagram.map_err(raise)?;
    let text = diagram_text(&diagram);
    convert::report(py, None, convert::json(&diagram)?, text)
}
