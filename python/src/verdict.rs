//! Verdicts.

use fathom_ntk::analysis::verdict::{Inputs, Threshold, VerdictOptions, blocks_verdict, verdict as judge};
use fathom_ntk::report::{blocks_verdict_text, verdict_text};
use fathom_ntk::spec::AnyNetwork;
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;

use crate::blocks;
use crate::convert::{self, Report, rows};
use crate::errors::raise;
use crate::work::interruptible;

/// Inputs, or their typical squared norm.
#[derive(FromPyObject)]
pub(crate) enum DataArgument<'py> {
    SquaredNorm(f64),
    Rows(PyReadonlyArray2<'py, f64>),
}

/// Does NTK theory describe this network?
#[pyfunction]
#[pyo3(signature = (network, data, source, random, moves, steps, learning_rate, target, tolerance, sample, seed, draws))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn verdict(
    py: Python<'_>,
    network: blocks::AnyNetwork<'_>,
    data: Option<DataArgument<'_>>,
    source: &str,
    random: (f64, f64),
    moves: (f64, f64),
    steps: (f64, f64),
    learning_rate: Option<f64>,
    target: f64,
    tolerance: f64,
    sample: Option<usize>,
    seed: u64,
    draws: Option<u64>,
) -> PyResult<Report> {
    let limits = |(within, outside): (f64, f64)| Threshold { within, outside };
    let (random, moves, steps) = (limits(random), limits(moves), limits(steps));
    let options = VerdictOptions { random, moves, steps, learning_rate, target, tolerance, sample, seed };
    let network = network.owned();
    let (values, features, norm) = match &data {
        Some(DataArgument::Rows(data)) => {
            let (values, [_, features]) = rows("data", data)?;
            (Some(values.to_vec()), features, None)
        }
        Some(DataArgument::SquaredNorm(norm)) => (None, 1, Some(*norm)),
        None => (None, 1, None),
    };
    let (name, source) = (source, source.to_owned());
    let (found, text) = interruptible(py, move || {
        let inputs = match (&values, norm) {
            (Some(values), _) => Inputs::Rows { values, features },
            (None, Some(norm)) => Inputs::SquaredNorm(norm),
            (None, None) => Inputs::Unit,
        };
        match &network {
            AnyNetwork::Layers(arch) => {
                let found = judge(arch, inputs, &options).map_err(raise)?;
                Ok::<_, PyErr>((convert::json(&found)?, verdict_text(&found, &source)))
            }
            AnyNetwork::Blocks(network) => {
                let found = blocks_verdict(network, inputs, draws, &options).map_err(raise)?;
                Ok((convert::json(&found)?, blocks_verdict_text(&found, &source)))
            }
        }
    })??;
    convert::report(py, Some(name), found, text)
}
