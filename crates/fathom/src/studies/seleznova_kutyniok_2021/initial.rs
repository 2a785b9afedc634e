//! How random the kernel is at initialisation.

use super::network::{Cell, columns, seed_of};
use crate::analysis::sweep::{Job, SampleTask, Task};
use crate::moments::first_order::first_order;
use crate::sample::{Entry, FirstStep, Observable};
use crate::studies::job::{outcome, standard_error, value};
use crate::studies::{Piece, Scale, StudyError, Table, Value};

/// The name of the table.
pub(super) const TABLE: &str = "initial";

pub(super) fn table() -> Table {
    let columns = columns(&[
        ("width", "neurons of every hidden layer, n"),
        ("depth", "weight layers, L"),
        ("ratio", "L/n"),
        ("draws", "networks drawn"),
        ("spread", "standard deviation over mean of Θ(x, x) at |x|² = n_0, of the draws"),
        ("spread_error", "its standard error"),
        ("dispersion", "mean of Θ² over the squared mean of Θ, of the draws"),
        ("dispersion_error", "its standard error"),
        ("dispersion_exact", "E Θ²/(E Θ)², of relu"),
        ("dispersion_first_order", "the same to first order in 1/n, of smooth activations"),
    ]);
    Table::new(TABLE, "How random Θ(x, x) is at initialisation.", &columns)
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    let widths = scale.pick(&[20][..], &[100], &[50, 100, 200]);
    let depths = scale.pick(&[2, 6][..], &[2, 5, 10, 20, 40], &[2, 5, 10, 20, 40, 80]);
    let draws: u64 = scale.pick(256, 8000, 40_000);
    let mut pieces = Vec::new();
    for cell in Cell::all(true)? {
        for &width in widths {
            for &depth in depths {
                let seed = seed_of(seed, 0, pieces.len());
                pieces.push(piece(cell.clone(), width, depth, draws, seed)?);
            }
        }
    }
    Ok(pieces)
}

fn piece<'a>(cell: Cell, width: usize, depth: usize, draws: u64, seed: u64) -> Result<Piece<'a>, StudyError> {
    let features = 4;
    let architecture = cell.network([features, width, depth, 1])?;
    let Cell { activation, weight_var, .. } = cell;
    let description =
        format!("{activation}, weight_var {weight_var}, width {width}, depth {depth}, {draws} draws, seed {seed}");
    let layer = if activation == "relu" { 2e-7 } else { 4e-8 * width as f64 };
    Ok(Piece::new(TABLE, description, draws as f64 * depth as f64 * layer, move |stop| {
        let task = SampleTask {
            inputs: vec![1.0; features],
            observables: vec![Observable::Ntk(Entry::of_inputs(0, 0))],
            draws,
            method: None,
            first_step: FirstStep::default(),
        };
        let job = Job { architecture: architecture.clone(), seed, task: Task::Sample(task) };
        let Some(found) = outcome(&job, stop)? else { return Ok(None) };
        let expansion = (activation != "relu").then(|| first_order(&architecture, features as f64).ok()).flatten();
        let mut row = cell.values();
        row.extend([
            width.into(),
            depth.into(),
            (depth as f64 / width as f64).into(),
            (draws as f64).into(),
            value(&found, "relative_std"),
            standard_error(&found, "relative_std"),
            value(&found, "dispersion"),
            standard_error(&found, "dispersion"),
            value(&found, "dispersion_exact"),
            Value::from(expansion.map(|found| 1.0 + found.relative_variance)),
        ]);
        Ok(Some(vec![row]))
    }))
}
