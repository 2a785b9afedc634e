//! How random the kernel is at initialisation, sampled.

use super::network::{NONE, TRAINED, depth_at, network, phase, seed_of};
use crate::analysis::sweep::{Job, SampleTask, Task};
use crate::moments::{InputNorm, relu_limit_for};
use crate::sample::{Entry, FirstStep, Observable};
use crate::studies::job::{outcome, standard_error, value};
use crate::studies::{Piece, Scale, StudyError, Table, Value};

/// The name of the table.
pub(super) const TABLE: &str = "initial";

pub(super) fn table() -> Table {
    Table::new(
        TABLE,
        "How random Θ(x, x) is at initialisation, sampled, exact, and in the limit of depth and width.",
        &[
            ("biases", "trained (zero at initialisation) or none"),
            ("phase", "by σ_w² below, at or above 2"),
            ("weight_var", "σ_w²"),
            ("width", "neurons of every hidden layer, and inputs, n"),
            ("depth", "weight layers, L"),
            ("ratio", "L/n"),
            ("draws", "networks drawn"),
            ("dispersion", "mean of Θ² over the squared mean of Θ, of the draws"),
            ("dispersion_error", "its standard error"),
            ("dispersion_exact", "E Θ²/(E Θ)²"),
            ("limit", "its limit as L and n grow at this ratio"),
            ("log_typical", "mean of ln(Θ/E Θ) over the draws, with the exact mean"),
            ("log_typical_error", "its standard error"),
        ],
    )
}

/// What is drawn: biases, weight variances.
fn families(scale: Scale) -> [(&'static str, &'static [f64]); 2] {
    let trained =
        scale.pick(&[1.0, 2.0, 3.0][..], &[0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], &[0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]);
    let none = scale.pick(&[1.0, 3.0][..], &[0.5, 2.0, 3.5], &[0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]);
    [(TRAINED, trained), (NONE, none)]
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    let widths = scale.pick(&[20][..], &[20, 50, 100], &[20, 50, 100, 200]);
    let ratios = scale.pick(&[0.25, 2.0][..], &[0.1, 0.25, 0.5, 1.0, 1.5, 2.0], &[0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0]);
    let draws = scale.pick(512, 50_000, 500_000);
    let mut pieces = Vec::new();
    for (biases, weight_vars) in families(scale) {
        for &weight_var in weight_vars {
            for &width in widths {
                let first = seed_of(seed, 0, 100 * pieces.len());
                pieces.push(piece(biases, weight_var, width, ratios, draws, first)?);
            }
        }
    }
    Ok(pieces)
}

fn piece<'a>(
    biases: &'static str,
    weight_var: f64,
    width: usize,
    ratios: &'static [f64],
    draws: u64,
    seed: u64,
) -> Result<Piece<'a>, StudyError> {
    let x = vec![(width as f64).recip().sqrt(); width];
    let entry = Entry::of_inputs(0, 0);
    let mut cells = Vec::new();
    for (cell, &ratio) in ratios.iter().enumerate() {
        let depth = depth_at(ratio, width);
        let architecture = network(biases, weight_var, [width, width, depth, 1])?;
        let task = SampleTask {
            inputs: x.clone(),
            observables: vec![Observable::Ntk(entry), Observable::LogNtk(entry)],
            draws,
            method: None,
            first_step: FirstStep::default(),
        };
        cells.push((depth, Job { architecture, seed: seed.wrapping_add(cell as u64), task: Task::Sample(task) }));
    }
    let layers: usize = cells.iter().map(|(depth, _)| depth).sum();
    let description = format!(
        "biases {biases}, weight_var {weight_var}, width {width}, ratios {ratios:?}, {draws} draws, seed {seed}"
    );
    Ok(Piece::new(TABLE, description, draws as f64 * layers as f64 * 1e-7, move |stop| {
        let mut rows = Vec::with_capacity(cells.len());
        for (depth, job) in &cells {
            let Some(found) = outcome(job, stop)? else { return Ok(None) };
            let limit = job.architecture.constants().zip(InputNorm::of(&x).ok());
            let limit = limit.and_then(|(constants, x)| relu_limit_for(&constants, &x).ok());
            let number = |name: &str| found.quantity(name).and_then(|quantity| quantity.value);
            let typical = number("log_ntk(0,0).mean").zip(number("ntk(0,0).mean_exact"));
            rows.push(vec![
                biases.into(),
                phase(weight_var).into(),
                weight_var.into(),
                width.into(),
                (*depth).into(),
                (*depth as f64 / width as f64).into(),
                (draws as f64).into(),
                value(&found, "ntk(0,0).dispersion"),
                standard_error(&found, "ntk(0,0).dispersion"),
                value(&found, "ntk(0,0).dispersion_exact"),
                Value::from(limit.map(|limit| limit.dispersion.to_f64())),
                Value::from(typical.map(|(log, mean)| log - mean.ln())),
                standard_error(&found, "log_ntk(0,0).mean"),
            ]);
        }
        Ok(Some(rows))
    }))
}
