//! Trainings at several widths: how far single hidden activations move, and all of them together.

use std::sync::atomic::{AtomicBool, Ordering};

use super::super::job::of_width;
use super::super::{Labelled, Piece, Scale, StudyError, Table, Value};
use super::ACTIVATIONS;
use super::regime::{Regime, regimes};
use crate::analysis::training::initial_network;
use crate::spec::{Architecture, ArchitectureSpec, PerLayer};
use crate::train::{Examples, LearningRate, Step, Stop, TrainOptions, Trainer};

const DEPTH: usize = 3;
/// Share of the largest stable learning rate.
const RATE: f64 = 0.25;
/// Loss at which training ends.
const LOSS: f64 = 0.005;
const STEPS: u64 = 2_000;

pub(super) fn table() -> Table {
    Table::new(
        ACTIVATIONS,
        "Networks of three layers trained to tell the digits 3 and 8: movement of the last hidden layer on the training inputs.",
        &[
            ("regime", "activation and variances"),
            ("width", "neurons of every hidden layer, n"),
            ("draw", "number of the network"),
            ("steps", "gradient steps"),
            ("loss_share", "loss after training over loss before"),
            ("single", "root mean square change of one activation"),
            ("largest", "largest change of one activation"),
            ("norm", "norm of the change of all of them, a root mean square over inputs"),
            ("size", "norm of the activations before training, a root mean square over inputs"),
        ],
    )
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, digits: Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let widths = scale.pick(&[16][..], &[64, 128, 256, 512], &[64, 128, 256, 512, 1024, 2048]);
    let draws = scale.pick(1, 6, 16);
    let each = scale.pick(3, 10, 30);
    let mut pieces = Vec::new();
    for regime in regimes()?.into_iter().filter(|r| ["relu critical", "tanh critical"].contains(&r.name)) {
        for &width in widths {
            for draw in 0..draws {
                let spec = ArchitectureSpec {
                    activation: Some(regime.activation.clone()),
                    weight_var: Some(PerLayer::Uniform(regime.weight_var)),
                    bias_var: Some(PerLayer::Uniform(regime.bias_var)),
                    ..ArchitectureSpec::default()
                };
                let architecture = of_width(digits.features, width, DEPTH, 1, spec)?;
                // Networks of neighbouring seeds have nothing in common.
                let seed = seed.wrapping_mul(1_000).wrapping_add(draw);
                pieces.push(piece(regime.clone(), architecture, width, (draw, seed), each, digits));
            }
        }
    }
    Ok(pieces)
}

fn piece(
    regime: Regime,
    architecture: Architecture,
    width: usize,
    (draw, seed): (u64, u64),
    each: usize,
    digits: Labelled<'_>,
) -> Piece<'_> {
    let description = format!(
        "{DEPTH} layers of width {width}, {}; {each} each of 3 and 8 of {}, {RATE} of the largest rate, to loss {LOSS} or \
         {STEPS} steps, seed {seed}",
        regime.described(),
        digits.name
    );
    let seconds = 100.0 * (each * width * width) as f64 * 1e-8;
    Piece::new(ACTIVATIONS, description, seconds, move |stop| {
        let chosen = digits.of_classes(&[3.0, 8.0], 0, each)?;
        let targets = chosen.classes.iter().map(|class| 2.0 * *class as f64 - 1.0).collect();
        let examples = Examples::new(chosen.inputs, chosen.features, targets, 1)?;
        let Some(moved) = train(&architecture, &examples, seed, stop)? else { return Ok(None) };
        let mut row: Vec<Value> = vec![regime.name.into(), width.into(), (draw as f64).into()];
        row.extend(moved.map(Value::from));
        Ok(Some(vec![row]))
    })
}

/// Steps, share of the loss, change of one activation, the largest, of all of them, and their size.
fn train(
    architecture: &Architecture,
    examples: &Examples,
    seed: u64,
    stop: &AtomicBool,
) -> Result<Option<[f64; 6]>, StudyError> {
    let initial = initial_network(architecture, examples, seed)?;
    let options = TrainOptions {
        learning_rate: LearningRate::Relative(RATE),
        stop: Stop { steps: Some(STEPS), loss: Some(LOSS), ..Stop::default() },
        ..TrainOptions::default()
    };
    let mut trainer = Trainer::new(&initial, examples, &options)?;
    while let Step::Taken { .. } = trainer.advance() {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
    }
    let trained = trainer.network();
    let (before, after) = (initial.forward(examples.inputs())?, trained.forward(examples.inputs())?);
    let (then, now) = (before.activations(DEPTH - 1), after.activations(DEPTH - 1));
    let changes = || then.iter().zip(now).map(|(then, now)| (now - then).abs());
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let (moved, rows) = (squares(&mut changes()), examples.rows() as f64);
    let loss = |outputs: &[f64]| squares(&mut outputs.iter().zip(examples.targets()).map(|(f, y)| f - y));
    Ok(Some([
        trainer.steps() as f64,
        loss(after.outputs()) / loss(before.outputs()),
        (moved / then.len() as f64).sqrt(),
        changes().fold(0.0, f64::max),
        (moved / rows).sqrt(),
        (squares(&mut then.iter().copied()) / rows).sqrt(),
    ]))
}
