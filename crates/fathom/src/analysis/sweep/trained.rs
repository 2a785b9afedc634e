//! Trainings of a sweep.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::Measured;
use super::{Quantity, Status};
use crate::analysis::training::{InitialError, initial_network, probe};
use crate::spec::Architecture;
use crate::train::{Ending, Event, Examples, Record, Recorder, Schedule, TrainOptions, Trainer, train};

/// What is trained on, and how.
#[derive(Clone, Debug)]
pub struct TrainTask<'a> {
    /// Training data.
    pub examples: &'a Examples,
    /// Test data.
    pub test: Option<&'a Examples>,
    /// How the network is trained; the seed is that of the job.
    pub options: TrainOptions,
    /// When it is recorded.
    pub schedule: Schedule,
    /// Inputs on which the NTK is recorded; 0 for none.
    pub probe: usize,
    /// Share of the first loss from which training counts as having got somewhere.
    pub threshold: f64,
}

/// Trains to the end; `None` if it was stopped.
pub(super) fn measure(arch: &Architecture, seed: u64, task: &TrainTask<'_>, stop: &AtomicBool) -> Option<Measured> {
    let mut records = Vec::new();
    let trained = match training(arch, seed, task, stop, &mut records) {
        Ok(trained) => trained,
        Err(error) => return Some(Measured { quantities: of_records(&records, task), ..Measured::failed(error) }),
    };
    let Trained { steps, learning_rate, ending } = trained;
    let (status, reason, word) = match ending {
        Ending::Interrupted => return None,
        Ending::Steps => (Status::Done, None, "steps"),
        Ending::Loss => (Status::Done, None, "loss"),
        Ending::Diverged { step } => {
            (Status::Diverged, Some(format!("the loss left its range after {step} steps")), "diverged")
        }
    };
    let mut quantities = vec![
        Quantity::text("ending", word),
        Quantity::number("steps", Some(steps as f64)),
        Quantity::number("learning_rate", Some(learning_rate)),
    ];
    quantities.extend(of_records(&records, task));
    Some(Measured { status, reason, quantities })
}

struct Trained {
    steps: u64,
    learning_rate: f64,
    ending: Ending,
}

fn training(
    arch: &Architecture,
    seed: u64,
    task: &TrainTask<'_>,
    stop: &AtomicBool,
    records: &mut Vec<Record>,
) -> Result<Trained, InitialError> {
    let options = TrainOptions { seed, ..task.options.clone() };
    let examples = task.examples;
    let initial = initial_network(arch, examples, seed)?;
    let mut trainer = Trainer::new(&initial, examples, &options)?;
    // In single precision, the rounded network is the one that training starts from.
    let started = trainer.network();
    let probe = probe(arch, examples, task.probe, false);
    let recorder = Recorder::new(&started, examples, task.test, options.loss, probe)?;
    let ending = train(&mut trainer, &recorder, &task.schedule, None, |_, event| {
        if let Event::Recorded(snapshot) = event {
            records.push(snapshot.record.clone());
        }
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let ending = ending?;
    Ok(Trained { steps: trainer.steps(), learning_rate: trainer.learning_rate(), ending })
}

/// The last record, and what it came from.
fn of_records(records: &[Record], task: &TrainTask<'_>) -> Vec<Quantity> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return Vec::new() };
    let aim = task.threshold * first.train.loss;
    let reached = records.iter().find(|record| record.train.loss <= aim).map(|record| record.step as f64);
    let largest = first.kernel.map(|kernel| kernel.largest_eigenvalue);
    let most = |values: &mut dyn Iterator<Item = f64>| values.reduce(f64::max);
    let weights = most(&mut last.layers.iter().filter_map(|layer| layer.weight_change));
    let patterns = most(&mut last.layers.iter().filter_map(|layer| layer.pattern_change));
    let mut quantities = vec![
        Quantity::number("initial_train_loss", Some(first.train.loss)),
        Quantity::number("initial_ntk_largest_eigenvalue", largest),
        Quantity::number("initial_ntk_condition", first.kernel.and_then(|kernel| kernel.condition)),
        Quantity::number("steps_to_threshold", reached),
    ];
    quantities.extend(last.quantities().map(|(name, value)| match name {
        "step" => Quantity::number("recorded_step", value),
        name => Quantity::number(name, value),
    }));
    quantities.push(Quantity::number("weight_change", weights));
    quantities.push(Quantity::number("pattern_change", patterns));
    quantities
}
