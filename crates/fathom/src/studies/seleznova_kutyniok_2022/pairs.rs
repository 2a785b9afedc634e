//! Entries of the kernel between inputs of graded correlation.

use super::network::{TRAINED, depth_at, network, phase, seed_of};
use crate::analysis::sweep::{Job, Outcome, SampleTask, Task};
use crate::infinite::PairInput;
use crate::moments::first_order::two_inputs;
use crate::sample::{Entry, FirstStep, Observable};
use crate::spec::Architecture;
use crate::studies::job::{outcome, standard_error, value};
use crate::studies::{Piece, Scale, StudyError, Table, Value};

/// The name of the table.
pub(super) const TABLE: &str = "pairs";
/// Inputs $x_0, \dots, x_{10}$, with $\langle x_0, x_k\rangle = 1 - k/10$.
const INPUTS: usize = 11;

pub(super) fn table() -> Table {
    Table::new(
        TABLE,
        "Θ(x_0, x_k) at initialisation for eleven inputs on the unit sphere, sampled, with trained biases.",
        &[
            ("phase", "by σ_w² below, at or above 2"),
            ("weight_var", "σ_w²"),
            ("width", "neurons of every hidden layer, and inputs, n"),
            ("depth", "weight layers, L"),
            ("ratio", "L/n"),
            ("cosine", "⟨x_0, x_k⟩"),
            ("draws", "networks drawn"),
            ("mean", "mean of Θ(x_0, x_k) over the draws"),
            ("mean_error", "its standard error"),
            ("mean_infinite", "Θ(x_0, x_k) at infinite width"),
            ("dispersion", "mean of Θ² over the squared mean of Θ, of the draws"),
            ("dispersion_error", "its standard error, where no draw was negative"),
            ("dispersion_first_order", "1 + Var Θ/(E Θ)² to first order in 1/n"),
        ],
    )
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    // Width and ratio: one so small that first order in 1/n is enough, the others of order one.
    let shapes = scale.pick(
        &[(20, 0.25)][..],
        &[(200, 0.025), (50, 0.1), (50, 0.25), (50, 0.5)],
        &[(200, 0.025), (100, 0.1), (100, 0.25), (100, 0.5), (100, 1.0)],
    );
    let draws = scale.pick(256, 8000, 40_000);
    let mut pieces = Vec::new();
    for weight_var in [1.0, 2.0, 3.0] {
        for &(width, ratio) in shapes {
            let depth = depth_at(ratio, width);
            let architecture = network(TRAINED, weight_var, [width, width, depth, 1])?;
            let seed = seed_of(seed, 1, pieces.len());
            pieces.push(piece(architecture, weight_var, [width, depth], draws, seed));
        }
    }
    Ok(pieces)
}

/// $x_0, \dots, x_{10}$ in a plane, row after row.
fn inputs(features: usize) -> Vec<f64> {
    let mut rows = vec![0.0; INPUTS * features];
    for (k, row) in rows.chunks_exact_mut(features).enumerate() {
        let cosine = cosine(k);
        row[0] = cosine;
        row[1] = (1.0 - cosine * cosine).sqrt();
    }
    rows
}

fn cosine(k: usize) -> f64 {
    (INPUTS - 1 - k) as f64 / (INPUTS - 1) as f64
}

fn piece<'a>(
    architecture: Architecture,
    weight_var: f64,
    [width, depth]: [usize; 2],
    draws: u64,
    seed: u64,
) -> Piece<'a> {
    let description =
        format!("{INPUTS} inputs, weight_var {weight_var}, width {width}, depth {depth}, {draws} draws, seed {seed}");
    let seconds = draws as f64 * depth as f64 * width as f64 * 2e-7;
    Piece::new(TABLE, description, seconds, move |stop| {
        let task = SampleTask {
            inputs: inputs(width),
            observables: (0..INPUTS).map(|k| Observable::Ntk(Entry::of_inputs(0, k))).collect(),
            draws,
            method: None,
            first_step: FirstStep::default(),
        };
        let job = Job { architecture: architecture.clone(), seed, task: Task::Sample(task) };
        let Some(found) = outcome(&job, stop)? else { return Ok(None) };
        let rows = (0..INPUTS).map(|k| {
            let name = |what: &str| format!("ntk(0,{k}).{what}");
            vec![
                phase(weight_var).into(),
                weight_var.into(),
                width.into(),
                depth.into(),
                (depth as f64 / width as f64).into(),
                cosine(k).into(),
                (draws as f64).into(),
                value(&found, &name("mean")),
                standard_error(&found, &name("mean")),
                value(&found, &name(if k == 0 { "mean_exact" } else { "mean_infinite" })),
                sampled_dispersion(&found, k, draws),
                standard_error(&found, &name("dispersion")),
                first_order_dispersion(&architecture, width, k),
            ]
        });
        Ok(Some(rows.collect()))
    })
}

/// As it is reported; of entries of both signs, for which it is not, from the mean and its standard error.
fn sampled_dispersion(found: &Outcome, k: usize, draws: u64) -> Value {
    let number = |what: &str| found.quantity(&format!("ntk(0,{k}).{what}"));
    let mean = number("mean");
    let from_mean = mean.and_then(|mean| Some(1.0 + draws as f64 * (mean.standard_error? / mean.value?).powi(2)));
    number("dispersion").and_then(|dispersion| dispersion.value).or(from_mean).into()
}

fn first_order_dispersion(architecture: &Architecture, features: usize, k: usize) -> Value {
    let mean_square = 1.0 / features as f64;
    let pair = PairInput::from_inner_products(mean_square, mean_square, mean_square * cosine(k)).ok();
    let found = pair.and_then(|pair| two_inputs(architecture, &pair).ok());
    found.map(|found| (found.ntk_covariance[1][1] / (found.ntk[1] * found.ntk[1])).to_f64() + 1.0).into()
}
