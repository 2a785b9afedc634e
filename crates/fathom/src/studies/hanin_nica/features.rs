//! Trainings at small learning rate: what becomes of the kernel at a fixed depth, and at a fixed ratio of depth and width.

use std::sync::atomic::AtomicBool;

use super::super::job::{of_width, outcome, value};
use super::super::{Labelled, Piece, Scale, StudyError, Table, Value};
use super::FEATURES;
use super::sampled::described;
use crate::analysis::sweep::{Job, Outcome, Task, TrainTask};
use crate::spec::{Architecture, ArchitectureSpec, Biases};
use crate::train::{Examples, LearningRate, Schedule, Stop, TrainOptions};

/// The two classes of the task.
const CLASSES: [f64; 2] = [3.0, 8.0];
/// Share of the largest stable learning rate.
const RATE: f64 = 0.25;
/// Loss at which training ends: outputs are off by 0.1 on average (a root mean square).
const LOSS: f64 = 0.005;
const STEPS: u64 = 3_000;

pub(super) fn table() -> Table {
    Table::new(
        FEATURES,
        "Networks trained by gradient descent to tell the digits 3 and 8, |x|² = n₀: the change of their kernel.",
        &[
            ("family", "whether depth or the ratio of depth and width is fixed"),
            ("width", "neurons of every hidden layer, n"),
            ("depth", "weight layers, L"),
            ("draw", "number of the network"),
            ("steps", "gradient steps"),
            ("loss_first", "loss before training"),
            ("loss", "loss after training"),
            ("accuracy", "share of the training images told right"),
            ("drift", "|Θ − Θ₀| / |Θ₀| after training"),
            ("alignment", "⟨Θ, Θ₀⟩ / (|Θ| |Θ₀|) after training"),
            ("labels_first", "alignment of the centred Θ₀ with the labels"),
            ("labels", "alignment of the centred Θ with the labels after training"),
        ],
    )
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, digits: Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let each = scale.pick(4, 20, 40);
    let draws = scale.pick(1, 8, 24);
    let fixed_depth =
        scale.pick(&[(16, 4)][..], &[(32, 4), (64, 4), (128, 4)], &[(32, 4), (64, 4), (128, 4), (256, 4), (512, 4)]);
    let fixed_ratio =
        scale.pick(&[(16, 4)][..], &[(32, 4), (64, 8), (128, 16)], &[(32, 4), (64, 8), (128, 16), (256, 32)]);
    let mut pieces = Vec::new();
    for (family, networks) in [("depth 4", fixed_depth), ("L/n = 1/8", fixed_ratio)] {
        for &(width, depth) in networks {
            for draw in 0..draws {
                let spec = ArchitectureSpec { biases: Some(Biases::None), ..ArchitectureSpec::default() };
                let architecture = of_width(digits.features, width, depth, 1, spec)?;
                let run = Run { family, architecture, each, draw, seed };
                pieces.push(run.piece(digits, scale)?);
            }
        }
    }
    Ok(pieces)
}

/// One training.
struct Run {
    family: &'static str,
    architecture: Architecture,
    each: usize,
    draw: u64,
    seed: u64,
}

impl Run {
    fn piece<'a>(self, digits: Labelled<'a>, scale: Scale) -> Result<Piece<'a>, StudyError> {
        let steps = scale.pick(20, STEPS, STEPS);
        let (network, each) = (described(&self.architecture)?, self.each);
        let description = format!(
            "{}: {network}; {each} each of 3 and 8 of {}, {RATE} of the largest rate, to loss {LOSS} or {steps} steps, draw {} of seed {}",
            self.family, digits.name, self.draw, self.seed
        );
        let parameters: usize = self.architecture.widths().unwrap_or_default().windows(2).map(|w| w[0] * w[1]).sum();
        let seconds = 200.0 * (each * parameters) as f64 * 4e-9;
        Ok(Piece::new(FEATURES, description, seconds, move |stop| self.rows(&digits, steps, stop)))
    }

    fn rows(
        &self,
        digits: &Labelled<'_>,
        steps: u64,
        stop: &AtomicBool,
    ) -> Result<Option<Vec<Vec<Value>>>, StudyError> {
        let chosen = digits.of_classes(&CLASSES, 0, self.each)?;
        let targets = chosen.classes.iter().map(|class| 2.0 * *class as f64 - 1.0).collect();
        let examples = Examples::new(chosen.inputs, chosen.features, targets, 1)?.with_classes(chosen.classes)?;
        let Some(before) = self.trained(&examples, 0, stop)? else { return Ok(None) };
        let Some(after) = self.trained(&examples, steps, stop)? else { return Ok(None) };
        let width = self.architecture.widths().map_or(0, |widths| widths[1]);
        Ok(Some(vec![vec![
            self.family.into(),
            width.into(),
            self.architecture.depth().into(),
            (self.draw as f64).into(),
            value(&after, "steps"),
            value(&before, "train_loss"),
            value(&after, "train_loss"),
            value(&after, "train_accuracy"),
            value(&after, "ntk_drift"),
            value(&after, "ntk_alignment_initial"),
            value(&before, "ntk_alignment_labels_centred"),
            value(&after, "ntk_alignment_labels_centred"),
        ]]))
    }

    fn trained(&self, examples: &Examples, steps: u64, stop: &AtomicBool) -> Result<Option<Outcome>, StudyError> {
        let options = TrainOptions {
            learning_rate: LearningRate::Relative(RATE),
            stop: Stop { steps: Some(steps), loss: Some(LOSS), ..Stop::default() },
            ..TrainOptions::default()
        };
        let task = TrainTask {
            examples,
            test: None,
            options,
            schedule: Schedule::At(vec![0]),
            probe: examples.rows(),
            threshold: 0.1,
        };
        // Networks of neighbouring seeds have nothing in common.
        let seed = self.seed.wrapping_mul(1_000).wrapping_add(self.draw);
        outcome(&Job { architecture: self.architecture.clone(), seed, task: Task::Train(task) }, stop)
    }
}
