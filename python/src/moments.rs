//! Moments of the NTK at finite width.

use fathom_ntk::analysis::{MomentsOptions, moments_report};
use fathom_ntk::infinite::PairInput;
use fathom_ntk::report::moments_text;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::convert::{self, Report, entries};
use crate::errors::{raise, refused};
use crate::network::Architecture;
use crate::work::interruptible;

/// One input by its numbers or by its norm, and a second one.
#[derive(FromPyObject)]
pub(crate) enum InputArgument<'py> {
    SquaredNorm(f64),
    Vector(PyReadonlyArray1<'py, f64>),
}

/// The moments at an input, and between two of them.
#[pyfunction]
#[pyo3(signature = (network, x, other, cosine, source, target, first_order, per_layer))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn moments(
    py: Python<'_>,
    network: &Architecture,
    x: InputArgument<'_>,
    other: Option<PyReadonlyArray1<'_, f64>>,
    cosine: Option<f64>,
    source: &str,
    target: f64,
    first_order: bool,
    per_layer: bool,
) -> PyResult<Report> {
    let arch = network.0.clone();
    let features = arch.widths().map_or(1, |widths| widths[0]);
    let (sq_norm, fourth_power_sum, pair) = match &x {
        InputArgument::SquaredNorm(norm) => (*norm, None, None),
        InputArgument::Vector(x) => {
            let x = entries("x", x)?;
            let other = other.as_ref().map(|other| entries("other", other)).transpose()?;
            let pair = other.map(|other| PairInput::from_vectors(x, other).map_err(raise)).transpose()?;
            (x.iter().map(|v| v * v).sum(), Some(x.iter().map(|v| v.powi(4)).sum()), pair)
        }
    };
    let pair = match cosine {
        Some(got) if !(-1.0..=1.0).contains(&got) => {
            return Err(refused(format!("cosine must be between -1 and 1, got {got}")));
        }
        Some(cosine) => {
            let mean_square = sq_norm / features as f64;
            Some(PairInput::from_gaps(mean_square, mean_square, 1.0 - cosine, 1.0 + cosine).map_err(raise)?)
        }
        None => pair,
    };
    let options = MomentsOptions { target, first_order, per_layer };
    let found = interruptible(py, move || {
        let found = moments_report(&arch, sq_norm, fourth_power_sum, options)?;
        Ok(match &pair {
            Some(pair) => found.with_two_inputs(pair),
            None => found,
        })
    })?
    .map_err(raise::<fathom_ntk::moments::MomentsError>)?;
    let text = moments_text(&found);
    convert::report(py, Some(source), convert::json(&found)?, text)
}
