//! A cell with what is to be done with it.

use std::sync::atomic::AtomicBool;

use super::{Outcome, Quantity, SampleTask, Status, TrainTask, judged, sampled, trained};
use crate::analysis::phase;
use crate::analysis::verdict::{Inputs, VerdictOptions};
use crate::spec::Architecture;

/// What is to be done with a network.
#[derive(Clone, Debug)]
pub enum Task<'a> {
    /// Draw it.
    Sample(SampleTask),
    /// Train it.
    Train(TrainTask<'a>),
    /// Judge it; the seed of the options is that of the job.
    Verdict {
        /// What it is fed with.
        inputs: Inputs<'a>,
        /// How it is judged.
        options: VerdictOptions,
    },
}

/// A network, and what is to be done with it.
///
/// # Example
/// ```
/// use std::sync::atomic::AtomicBool;
/// use fathom_ntk::analysis::sweep::{Job, Task};
/// use fathom_ntk::analysis::verdict::{Inputs, VerdictOptions};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("100,100x4,1".parse()?), ..Default::default() };
/// let task = Task::Verdict { inputs: Inputs::Unit, options: VerdictOptions::default() };
/// let job = Job { architecture: Architecture::try_from(spec)?, seed: 0, task };
/// let outcome = job.run(&AtomicBool::new(false)).ok_or("it was stopped")?;
/// let random = outcome.quantity("random").and_then(|random| random.value).unwrap_or(f64::NAN);
/// assert!((random - 0.380_16).abs() < 1e-5); // as in the example of `verdict`
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The network.
    pub architecture: Architecture,
    /// The seed.
    pub seed: u64,
    /// What is to be done with it.
    pub task: Task<'a>,
}

/// What a task gives: nothing if it was stopped, or its numbers and why there are not all of them.
pub(super) struct Measured {
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) quantities: Vec<Quantity>,
}

impl Measured {
    pub(super) fn failed(reason: impl ToString) -> Self {
        Self { status: Status::Failed, reason: Some(reason.to_string()), quantities: Vec::new() }
    }
}

impl Job<'_> {
    /// Does it; `None` if it was stopped before its end.
    ///
    /// # Accuracy and cost
    /// That of [`sample::run`](crate::sample::run), [`train`](crate::train::train()) or
    /// [`verdict`](crate::analysis::verdict::verdict), and the same bits as theirs.
    pub fn run(&self, stop: &AtomicBool) -> Option<Outcome> {
        let measured = match &self.task {
            Task::Sample(task) => sampled::measure(&self.architecture, self.seed, task, stop)?,
            Task::Train(task) => trained::measure(&self.architecture, self.seed, task, stop)?,
            Task::Verdict { inputs, options } => judged::measure(&self.architecture, self.seed, *inputs, options),
        };
        let mut quantities = shape(&self.architecture);
        quantities.extend(measured.quantities);
        Some(Outcome { status: measured.status, reason: measured.reason, quantities })
    }
}

/// Depth, width and their ratio, and the phase of the infinitely wide network for large inputs.
fn shape(arch: &Architecture) -> Vec<Quantity> {
    let hidden = arch.widths().and_then(|widths| widths.get(1..widths.len() - 1)).unwrap_or_default();
    let width = hidden.first().filter(|first| hidden.iter().all(|width| width == *first)).map(|width| *width as f64);
    let depth = arch.depth() as f64;
    let found = arch.uniform_variances().and_then(|(weight_var, bias_var)| {
        phase(arch.activation(), weight_var, bias_var, None).ok().map(|report| report.phase)
    });
    let name = found.and_then(|phase| serde_json::to_value(phase).ok()?.as_str().map(str::to_owned));
    vec![
        Quantity { text: name, ..Quantity::number("phase", None) },
        Quantity::number("depth", Some(depth)),
        Quantity::number("width", width),
        Quantity::number("ratio", width.map(|width| depth / width)),
    ]
}
