//! Training and recording together.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::{Recorder, Schedule, Snapshot, Step, TrainError, Trainer};

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// All steps were taken.
    Steps,
    /// The loss was low enough.
    Loss,
    /// The loss was not finite, or too many times the first.
    Diverged {
        /// Steps taken before.
        step: u64,
    },
    /// Someone asked to stop.
    Interrupted,
}

/// What happens along the way.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step was taken; the loss before it is a mean over its inputs.
    Step {
        /// The loss.
        loss: f64,
    },
    /// The network was recorded.
    Recorded(&'a Snapshot),
}

/// Trains to the end, recording at the steps of a schedule, at step 0 and at the last.
///
/// # Arguments
/// * `recorded`: the last step recorded before, if this continues a training; `None` otherwise.
/// * `observe`: called after every step and every record; [`ControlFlow::Break`] after a step interrupts.
///
/// # Errors
/// [`TrainError`] if a network cannot be recorded; of a diverged one, the last record is left out instead.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use fathom_ntk::sample::{Method, Sampler};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// use fathom_ntk::train::{Ending, Event, Examples, Loss, Recorder, Stop, TrainOptions, Trainer, train};
/// let spec = ArchitectureSpec { widths: Some("2,30,1".parse()?), ..Default::default() };
/// let examples = Examples::new(vec![1.0, 0.5, -0.3, 1.2], 2, vec![1.0, -1.0], 1)?;
/// let sampler = Sampler::new(&Architecture::try_from(spec)?, examples.inputs(), Some(Method::Direct))?;
/// let options = TrainOptions { stop: Stop { steps: Some(500), loss: Some(1e-6), time: None }, ..Default::default() };
/// let mut trainer = Trainer::new(&sampler.network(0, 0)?, &examples, &options)?;
/// let recorder = Recorder::new(&trainer.network(), &examples, None, Loss::Squared, None)?;
/// let mut losses = Vec::new();
/// let ending = train(&mut trainer, &recorder, &"log:4".parse()?, None, |_, event| {
///     if let Event::Recorded(snapshot) = event {
///         losses.push(snapshot.record.train.loss);
///     }
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(ending, Ending::Loss);
/// assert!(losses[0] > 0.01 && losses[losses.len() - 1] <= 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn train(
    trainer: &mut Trainer<'_>,
    recorder: &Recorder<'_>,
    schedule: &Schedule,
    mut recorded: Option<u64>,
    mut observe: impl FnMut(&Trainer<'_>, Event<'_>) -> ControlFlow<()>,
) -> Result<Ending, TrainError> {
    let mut stop = false;
    loop {
        let step = trainer.steps();
        if schedule.is_due(step) && recorded != Some(step) {
            let snapshot = recorder.record(&trainer.network(), step, trainer.time())?;
            recorded = Some(step);
            stop |= observe(trainer, Event::Recorded(&snapshot)).is_break();
        }
        if stop {
            return Ok(Ending::Interrupted);
        }
        match trainer.advance() {
            Step::Taken { loss } => stop |= observe(trainer, Event::Step { loss }).is_break(),
            Step::Ended(ending) => {
                if recorded != Some(step) {
                    match recorder.record(&trainer.network(), step, trainer.time()) {
                        Ok(snapshot) => {
                            let _ = observe(trainer, Event::Recorded(&snapshot));
                        }
                        Err(_) if matches!(ending, Ending::Diverged { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                return Ok(ending);
            }
        }
    }
}
