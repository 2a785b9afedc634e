//! Networks trained on digits.

use super::network::{Cell, columns, seed_of};
use crate::analysis::sweep::{Job, Task, TrainTask};
use crate::studies::job::{outcome, value};
use crate::studies::{Labelled, Piece, Scale, StudyError, Table, Value};
use crate::train::{LearningRate, Schedule, Stop, TrainOptions};

/// The name of the table.
pub(super) const TABLE: &str = "training";
/// Classes of digits, with so many inputs each that the kernel is looked at on.
const CLASSES: usize = 4;
const OF_CLASS: usize = 5;

pub(super) fn table() -> Table {
    let columns = columns(&[
        ("width", "neurons of every hidden layer, n"),
        ("depth", "weight layers, L"),
        ("ratio", "L/n"),
        ("network", "which of the networks drawn"),
        ("drift", "|Θ_t − Θ_0|/|Θ_0| on twenty digits"),
        ("shape", "1 − ⟨Θ_t, Θ_0⟩/(|Θ_t| |Θ_0|)"),
        ("loss_left", "loss on the training data after training over that of the best constant outputs"),
        ("accuracy", "share of the training data that the trained network decides rightly"),
    ]);
    Table::new(TABLE, "Networks trained on digits of four classes.", &columns)
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, digits: &Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let depths = scale.pick(&[3, 5][..], &[3, 10, 25], &[3, 10, 25, 50]);
    let width = scale.pick(12, 50, 100);
    let networks = scale.pick(2, 4, 10);
    let (of_class, steps) = scale.pick((6, 3), (15, 200), (50, 1000));
    let mut pieces = Vec::new();
    for cell in Cell::all(true)? {
        for &depth in depths {
            for network in 0..networks {
                let seed = seed_of(seed, 1, network);
                let data = Data { digits: *digits, of_class, steps };
                pieces.push(piece(cell.clone(), data, [width, depth, network], seed)?);
            }
        }
    }
    Ok(pieces)
}

/// What is trained on, and how long.
#[derive(Clone, Copy)]
struct Data<'a> {
    digits: Labelled<'a>,
    of_class: usize,
    steps: u64,
}

fn piece<'a>(
    cell: Cell,
    data: Data<'a>,
    [width, depth, network]: [usize; 3],
    seed: u64,
) -> Result<Piece<'a>, StudyError> {
    let Data { digits, of_class, steps } = data;
    let architecture = cell.network([digits.features, width, depth, CLASSES])?;
    let Cell { activation, weight_var, .. } = cell;
    let description = format!(
        "{activation}, weight_var {weight_var}, width {width}, depth {depth}, {of_class} of each class of {}, {steps} steps, \
         seed {seed}",
        digits.name
    );
    let seconds = 3e-9 * (CLASSES * of_class * width * width * depth) as f64 * steps as f64;
    Ok(Piece::new(TABLE, description, seconds, move |stop| {
        let ranges = [0..OF_CLASS, OF_CLASS..of_class];
        let examples = digits.few_classes(CLASSES, &ranges, digits.features as f64)?;
        let task = TrainTask {
            examples: &examples,
            test: None,
            options: TrainOptions {
                learning_rate: LearningRate::Relative(0.5),
                stop: Stop { steps: Some(steps), ..Stop::default() },
                ..TrainOptions::default()
            },
            schedule: Schedule::Every(steps.div_ceil(4).max(1)),
            probe: CLASSES * OF_CLASS,
            threshold: 0.5,
        };
        let job = Job { architecture: architecture.clone(), seed, task: Task::Train(task) };
        let Some(found) = outcome(&job, stop)? else { return Ok(None) };
        let number = |name: &str| found.quantity(name).and_then(|quantity| quantity.value);
        // Targets of mean 0: the best constant outputs are 0.
        let constant = 0.5 * examples.targets().iter().map(|y| y * y).sum::<f64>() / examples.rows() as f64;
        let loss = number("train_loss").map(|loss| loss / constant);
        let mut row = cell.values();
        row.extend([
            width.into(),
            depth.into(),
            (depth as f64 / width as f64).into(),
            network.into(),
            value(&found, "ntk_drift"),
            Value::from(number("ntk_alignment_initial").map(|alignment| 1.0 - alignment)),
            loss.into(),
            value(&found, "train_accuracy"),
        ]);
        Ok(Some(vec![row]))
    }))
}
