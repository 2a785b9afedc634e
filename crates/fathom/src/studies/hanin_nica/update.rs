//! The first gradient step: the derivative of Θ along it, and what Θ really does.

use super::super::job::{of_width, outcome, standard_error, value};
use super::super::{Piece, Scale, StudyError, Table};
use super::UPDATE;
use super::sampled::described;
use crate::analysis::sweep::{Job, SampleTask, Task};
use crate::moments::{InputNorm, crossing_update, relu_moments};
use crate::sample::{Change, Entry, FirstStep, Method, Observable};
use crate::spec::{ArchitectureSpec, Biases, Parameterization};

const FEATURES: usize = 4;

pub(super) fn table() -> Table {
    Table::new(
        UPDATE,
        "Change of Θ(x, x) for each unit of learning rate in the first step on ½(f(x) − y)², |x|² = n₀ = 4: sampled and predicted.",
        &[
            ("biases", "whether biases, zero at first, are trained"),
            ("depth", "weight layers, L"),
            ("width", "neurons of every hidden layer, n"),
            ("target", "y"),
            ("step", "learning rate η of the real step"),
            ("draws", "networks drawn"),
            ("mean_exact", "E Θ before the step"),
            ("derivative", "mean of dΘ/dη with the activation pattern held fixed"),
            ("derivative_error", "its standard error"),
            ("derivative_exact", "−4S"),
            ("real", "mean of (Θ after − Θ before)/η"),
            ("real_error", "its standard error"),
            ("real_predicted", "−4S and the leading order of the crossing law"),
        ],
    )
}

/// A depth with its widths, its learning rate and the draws of a quick study.
struct Row {
    depth: usize,
    widths: &'static [usize],
    step: f64,
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    let rows = scale.pick(
        vec![Row { depth: 2, widths: &[16, 32], step: 3e-3 }],
        vec![
            Row { depth: 2, widths: &[16, 32, 64, 128, 256, 512], step: 3e-3 },
            Row { depth: 3, widths: &[16, 32, 64, 128], step: 2e-3 },
            Row { depth: 5, widths: &[32, 64], step: 5e-4 },
        ],
        vec![
            Row { depth: 2, widths: &[16, 32, 64, 128, 256, 512, 1024], step: 1e-3 },
            Row { depth: 3, widths: &[16, 32, 64, 128, 256], step: 1e-3 },
            Row { depth: 5, widths: &[32, 64, 128], step: 3e-4 },
        ],
    );
    let mut pieces = Vec::new();
    for Row { depth, widths, step } in rows {
        for &width in widths {
            let draws = scale.pick(256, 40_000, 400_000);
            pieces.push(piece("none", depth, width, FirstStep { target: 0.0, step }, draws, seed)?);
            if depth == 3 || (depth, width) == (2, 64) {
                pieces.push(piece("none", depth, width, FirstStep { target: 2.0, step }, draws, seed)?);
                pieces.push(piece("trained", depth, width, FirstStep { target: 0.0, step }, draws, seed)?);
            }
        }
    }
    Ok(pieces)
}

fn piece<'a>(
    biases: &'static str,
    depth: usize,
    width: usize,
    first_step: FirstStep,
    draws: u64,
    seed: u64,
) -> Result<Piece<'a>, StudyError> {
    let (parameterization, kind) = match biases {
        "trained" => (Parameterization::HaninNica, Biases::ZeroInit),
        _ => (Parameterization::Ntk, Biases::None),
    };
    let spec = ArchitectureSpec {
        parameterization: Some(parameterization),
        biases: Some(kind),
        ..ArchitectureSpec::default()
    };
    let architecture = of_width(FEATURES, width, depth, 1, spec)?;
    let inputs = vec![1.0; FEATURES];
    let infinite = || StudyError::Missing { what: "width of", name: architecture.activation().name() };
    let constants = architecture.constants().ok_or_else(infinite)?;
    let norm = InputNorm::of(&inputs)?;
    let exact = relu_moments(&constants, &norm)?;
    let predicted = crossing_update(&constants, &norm, first_step.target)?;
    let entry = Entry::of_inputs(0, 0);
    let FirstStep { target, step } = first_step;
    let description = format!(
        "first step on y = {target} with η = {step}, {}; {draws} draws, seed {seed}",
        described(&architecture)?
    );
    let task = SampleTask {
        inputs,
        observables: vec![Observable::Update(Change::Derivative, entry), Observable::Update(Change::RealStep, entry)],
        draws,
        method: Some(Method::Direct),
        first_step,
    };
    let job = Job { architecture, seed, task: Task::Sample(task) };
    let seconds = draws as f64 * ((depth - 2) * width * width + 10 * width) as f64 * 3e-8;
    Ok(Piece::new(UPDATE, description, seconds, move |stop| {
        let Some(found) = outcome(&job, stop)? else { return Ok(None) };
        Ok(Some(vec![vec![
            biases.into(),
            depth.into(),
            width.into(),
            target.into(),
            step.into(),
            (draws as f64).into(),
            exact.mean.to_f64().into(),
            value(&found, "update(0,0).mean"),
            standard_error(&found, "update(0,0).mean"),
            predicted.fixed_pattern.to_f64().into(),
            value(&found, "step(0,0).mean"),
            standard_error(&found, "step(0,0).mean"),
            predicted.finite_step.to_f64().into(),
        ]]))
    }))
}
