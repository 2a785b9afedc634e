//! What becomes of the kernel in training on real digits.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::network::{TRAINED, depth_at, network, phase, seed_of};
use crate::analysis::training::initial_network;
use crate::spec::Architecture;
use crate::studies::{Labelled, Piece, Scale, StudyError, Table, Value};
use crate::train::{
    Event, Examples, LearningRate, Probe, Recorder, Schedule, Snapshot, Stop, TrainOptions, Trainer, train,
};

/// The name of the table of trainings.
pub(super) const TABLE: &str = "training";
/// The name of the table of kernels.
pub(super) const KERNELS: &str = "kernels";
/// Classes of digits: 0, 1, 2, 3.
const CLASSES: usize = 4;
/// Inputs of each class that the kernel is looked at on.
const OF_CLASS: usize = 5;
/// Inputs that the kernel is looked at on, class after class.
const PROBE: usize = CLASSES * OF_CLASS;
/// The columns of a row of a kernel.
const ENTRIES: [(&str, &str); PROBE] = [
    ("k0", "Θ with input 0"),
    ("k1", "Θ with input 1"),
    ("k2", "Θ with input 2"),
    ("k3", "Θ with input 3"),
    ("k4", "Θ with input 4"),
    ("k5", "Θ with input 5"),
    ("k6", "Θ with input 6"),
    ("k7", "Θ with input 7"),
    ("k8", "Θ with input 8"),
    ("k9", "Θ with input 9"),
    ("k10", "Θ with input 10"),
    ("k11", "Θ with input 11"),
    ("k12", "Θ with input 12"),
    ("k13", "Θ with input 13"),
    ("k14", "Θ with input 14"),
    ("k15", "Θ with input 15"),
    ("k16", "Θ with input 16"),
    ("k17", "Θ with input 17"),
    ("k18", "Θ with input 18"),
    ("k19", "Θ with input 19"),
];

pub(super) fn table() -> Table {
    Table::new(
        TABLE,
        "The NTK on twenty digits of four classes before and after training, with trained biases.",
        &[
            ("phase", "by σ_w² below, at or above 2"),
            ("weight_var", "σ_w²"),
            ("width", "neurons of every hidden layer, n"),
            ("depth", "weight layers, L"),
            ("ratio", "L/n"),
            ("network", "which of the networks drawn"),
            ("loss_ratio", "loss on the training data after training over that before"),
            ("accuracy", "share of the training data that the trained network decides rightly"),
            ("drift", "|Θ_t − Θ_0|/|Θ_0|"),
            ("shape", "1 − ⟨Θ_t, Θ_0⟩/(|Θ_t| |Θ_0|)"),
            ("within_before", "mean of Θ_0 over pairs of inputs of one class"),
            ("between_before", "mean of Θ_0 over pairs of inputs of two classes"),
            ("within_after", "mean of Θ_t over pairs of inputs of one class"),
            ("between_after", "mean of Θ_t over pairs of inputs of two classes"),
            ("labels_before", "alignment of Θ_0 with the labels, both centred"),
            ("labels_after", "alignment of Θ_t with the labels, both centred"),
        ],
    )
}

pub(super) fn kernels_table() -> Table {
    let first = [
        ("phase", "by σ_w² below, at or above 2"),
        ("weight_var", "σ_w²"),
        ("width", "neurons of every hidden layer, n"),
        ("depth", "weight layers, L"),
        ("when", "before or after training"),
        ("input", "number of the input, class after class, five of each"),
    ];
    let columns: Vec<_> = first.into_iter().chain(ENTRIES).collect();
    Table::new(KERNELS, "The NTK of one network of each phase on twenty digits, before and after training.", &columns)
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, digits: &Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let data = Data { rows: scale.pick(PROBE, 5 * PROBE, 10 * PROBE), steps: scale.pick(3, 200, 1000) };
    let widths = scale.pick(&[12][..], &[50], &[50, 100]);
    let ratios = scale.pick(&[0.25][..], &[0.1, 0.25, 0.5], &[0.1, 0.25, 0.5, 1.0]);
    let networks = scale.pick(2, 6, 10);
    let mut pieces = Vec::new();
    for weight_var in [1.0, 2.0, 3.0] {
        for &width in widths {
            for &ratio in ratios {
                let depth = depth_at(ratio, width);
                for number in 0..networks {
                    let seed = seed_of(seed, 2, number);
                    pieces.push(Cell { weight_var, width, depth, number, seed }.piece(TABLE, data, *digits)?);
                }
                if (width, ratio) == (widths[0], ratios[ratios.len() / 2]) {
                    let seed = seed_of(seed, 2, 0);
                    pieces.push(Cell { weight_var, width, depth, number: 0, seed }.piece(KERNELS, data, *digits)?);
                }
            }
        }
    }
    Ok(pieces)
}

/// How much is trained on, and how long.
#[derive(Clone, Copy)]
struct Data {
    rows: usize,
    steps: u64,
}

impl Data {
    /// Inputs of norm 1: first those that the kernel is looked at on, then others of the same classes.
    fn examples(self, digits: &Labelled<'_>) -> Result<Examples, StudyError> {
        digits.few_classes(CLASSES, &[0..OF_CLASS, OF_CLASS..self.rows / CLASSES], 1.0)
    }
}

/// A network that is trained.
#[derive(Clone, Copy)]
struct Cell {
    weight_var: f64,
    width: usize,
    depth: usize,
    number: usize,
    seed: u64,
}

impl Cell {
    fn piece<'a>(self, table: &'static str, data: Data, digits: Labelled<'a>) -> Result<Piece<'a>, StudyError> {
        let Self { weight_var, width, depth, seed, .. } = self;
        let architecture = network(TRAINED, weight_var, [digits.features, width, depth, CLASSES])?;
        let description = format!(
            "weight_var {weight_var}, width {width}, depth {depth}, {} rows of {}, {} steps, seed {seed}",
            data.rows, digits.name, data.steps
        );
        let seconds = 3e-9 * (data.rows * width * width * depth) as f64 * data.steps as f64;
        Ok(Piece::new(table, description, seconds, move |stop| {
            let examples = data.examples(&digits)?;
            let Some([before, after]) = trained(&architecture, &examples, data.steps, seed, stop)? else {
                return Ok(None);
            };
            Ok(Some(if table == KERNELS { self.kernels(&before, &after) } else { vec![self.row(&before, &after)] }))
        }))
    }

    fn row(self, before: &Snapshot, after: &Snapshot) -> Vec<Value> {
        let kernel = |of: &Snapshot, get: fn(&crate::train::KernelRecord) -> Option<f64>| {
            Value::from(of.record.kernel.as_ref().and_then(get))
        };
        vec![
            phase(self.weight_var).into(),
            self.weight_var.into(),
            self.width.into(),
            self.depth.into(),
            (self.depth as f64 / self.width as f64).into(),
            self.number.into(),
            (after.record.train.loss / before.record.train.loss).into(),
            after.record.train.accuracy.into(),
            kernel(after, |k| k.drift),
            kernel(after, |k| k.alignment_initial.map(|alignment| 1.0 - alignment)),
            kernel(before, |k| k.within_classes),
            kernel(before, |k| k.between_classes),
            kernel(after, |k| k.within_classes),
            kernel(after, |k| k.between_classes),
            kernel(before, |k| k.alignment_labels_centred),
            kernel(after, |k| k.alignment_labels_centred),
        ]
    }

    fn kernels(self, before: &Snapshot, after: &Snapshot) -> Vec<Vec<Value>> {
        let mut rows = Vec::with_capacity(2 * PROBE);
        for (when, of) in [("before", before), ("after", after)] {
            let kernel = of.kernel.as_deref().unwrap_or_default();
            for (input, entries) in kernel.chunks_exact(PROBE).enumerate() {
                let mut row: Vec<Value> = vec![
                    phase(self.weight_var).into(),
                    self.weight_var.into(),
                    self.width.into(),
                    self.depth.into(),
                    when.into(),
                    input.into(),
                ];
                row.extend(entries.iter().map(|entry| Value::from(*entry)));
                rows.push(row);
            }
        }
        rows
    }
}

/// The network before and after training; of one that diverged, the last record before. `None` if it was stopped.
fn trained(
    architecture: &Architecture,
    examples: &Examples,
    steps: u64,
    seed: u64,
    stop: &AtomicBool,
) -> Result<Option<[Snapshot; 2]>, StudyError> {
    let initial = initial_network(architecture, examples, seed)?;
    let options = TrainOptions {
        learning_rate: LearningRate::Relative(0.5),
        stop: Stop { steps: Some(steps), ..Stop::default() },
        ..TrainOptions::default()
    };
    let mut trainer = Trainer::new(&initial, examples, &options)?;
    let probe = Probe { rows: PROBE, reference: None, keep: true };
    let recorder = Recorder::new(&trainer.network(), examples, None, options.loss, Some(probe))?;
    let (mut first, mut last) = (None, None);
    let _ = train(&mut trainer, &recorder, &Schedule::Every(steps.div_ceil(4).max(1)), None, |_, event| {
        if let Event::Recorded(snapshot) = event {
            first.get_or_insert_with(|| snapshot.clone());
            last = Some(snapshot.clone());
        }
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let both = first.zip(last).filter(|_| !stop.load(Ordering::Relaxed));
    Ok(both.map(|(first, last)| [first, last]))
}
