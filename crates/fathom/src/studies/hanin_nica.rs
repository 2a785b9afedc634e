//! Hanin & Nica, Finite Depth and Width Corrections to the Neural Tangent Kernel, arXiv:1909.05989.

use super::job::{of_width, outcome, standard_error, value};
use super::{Measured, Piece, Results, Scale, StudyError, Table, Value};
use crate::analysis::sweep::{Job, SampleTask, Task};
use crate::sample::{Entry, FirstStep, Observable};
use crate::spec::{ArchitectureSpec, Parameterization};

const CONSTANT_WIDTH: &str = "constant-width";

pub(super) fn tables() -> Vec<Table> {
    vec![Table::new(
        CONSTANT_WIDTH,
        "Mean and dispersion of Θ(x, x) at |x|² = 1 for ReLU networks of constant width, sampled and exact.",
        &[
            ("width", "neurons of every hidden layer, n"),
            ("depth", "weight layers, L"),
            ("draws", "networks drawn"),
            ("mean", "mean of Θ over the draws"),
            ("mean_error", "its standard error"),
            ("mean_exact", "E Θ"),
            ("dispersion", "mean of Θ² over the squared mean"),
            ("dispersion_error", "its standard error"),
            ("dispersion_exact", "E Θ² / (E Θ)²"),
        ],
    )]
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    let widths = scale.pick(&[10][..], &[20, 50], &[20, 50, 100, 200]);
    let ratios = scale.pick(&[1.0][..], &[0.1, 0.2, 0.4, 0.6, 0.8, 1.0], &[0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0]);
    let draws = scale.pick(256, 20_000, 200_000);
    let mut pieces = Vec::new();
    for &width in widths {
        for &ratio in ratios {
            let depth = ((ratio * width as f64) as usize).max(2);
            pieces.push(constant_width(width, depth, draws, seed)?);
        }
    }
    Ok(pieces)
}

fn constant_width<'a>(width: usize, depth: usize, draws: u64, seed: u64) -> Result<Piece<'a>, StudyError> {
    let features = 4;
    // The paper's law, with the last layer like the others.
    let parameterization = Some(Parameterization::HaninNica);
    let spec = ArchitectureSpec { parameterization, ..ArchitectureSpec::default() };
    let architecture = of_width(features, width, depth, 1, spec)?;
    let task = SampleTask {
        inputs: vec![0.5; features],
        observables: vec![Observable::Ntk(Entry::of_inputs(0, 0))],
        draws,
        method: None,
        first_step: FirstStep::default(),
    };
    let job = Job { architecture, seed, task: Task::Sample(task) };
    let description = format!("relu, width {width}, depth {depth}, {draws} draws, seed {seed}");
    let seconds = draws as f64 * depth as f64 * 2e-7;
    Ok(Piece::new(CONSTANT_WIDTH, description, seconds, move |stop| {
        let Some(found) = outcome(&job, stop)? else { return Ok(None) };
        let row: Vec<Value> = vec![
            width.into(),
            depth.into(),
            (draws as f64).into(),
            value(&found, "mean"),
            standard_error(&found, "mean"),
            value(&found, "mean_exact"),
            value(&found, "dispersion"),
            standard_error(&found, "dispersion"),
            value(&found, "dispersion_exact"),
        ];
        Ok(Some(vec![row]))
    }))
}

pub(super) fn quantities(results: &Results) -> Result<Measured, StudyError> {
    let mut measured = Measured::default();
    let table = results.table(CONSTANT_WIDTH)?;
    // With |x|² = 4·0.25 = 1, n₀ = 4 and weight variance 2 in every layer: the mean is twice L(1/2 + |x|²/n₀).
    let rows = table.numbers(["depth", "mean", "mean_error"], |_| true)?;
    let off = rows.iter().map(|[depth, mean, error]| (mean - 2.0 * depth * (0.5 + 0.25)).abs() / error);
    measured.insert("mean_off_linear", off.fold(f64::NAN, f64::max), CONSTANT_WIDTH);
    Ok(measured)
}
