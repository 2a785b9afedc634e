//! The training itself, with progress, checkpoints and Ctrl-C.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fathom_ntk::train::{Ending, Event, Recorder, Schedule, Trainer, train};
use serde_json::Value;

use super::Args;
use super::checkpoint::Saved;
use crate::error::CommandError;
use crate::output::note;
use crate::runs::{Progress, stop_requested};

/// Time between checkpoints.
const BETWEEN_SAVES: Duration = Duration::from_secs(60);

pub(super) struct Driving<'a> {
    schedule: &'a Schedule,
    checkpoint: Option<&'a Path>,
    fingerprint: &'a Value,
    saved: &'a mut Saved,
    keep_outputs: bool,
    stop: &'static AtomicBool,
}

impl<'a> Driving<'a> {
    pub(super) fn new(
        args: &'a Args,
        fingerprint: &'a Value,
        saved: &'a mut Saved,
        keep_outputs: bool,
    ) -> Result<Self, CommandError> {
        let (schedule, checkpoint) = (&args.recording.record_at, args.long.checkpoint.as_deref());
        Ok(Self { schedule, checkpoint, fingerprint, saved, keep_outputs, stop: stop_requested()? })
    }

    /// Trains to the end, or until interrupted, and saves.
    pub(super) fn run(self, trainer: &mut Trainer<'_>, recorder: &Recorder<'_>) -> Result<Ending, CommandError> {
        let Self { schedule, checkpoint, fingerprint, saved, keep_outputs, stop } = self;
        let recorded = saved.records.last().map(|record| record.step);
        let mut progress = Progress::new("steps", Some(trainer.most_steps()), trainer.steps(), None);
        let mut last_save = Instant::now();
        let mut failure = None;
        let ending = train(trainer, recorder, schedule, recorded, |trainer, event| {
            match event {
                Event::Recorded(snapshot) => {
                    saved.records.push(snapshot.record.clone());
                    saved.kernels.extend(snapshot.kernel.clone());
                    if keep_outputs {
                        saved.outputs.push(snapshot.outputs.clone());
                    }
                }
                Event::Step { .. } => {
                    progress.add(1);
                    if let Some(path) = checkpoint.filter(|_| last_save.elapsed() > BETWEEN_SAVES) {
                        last_save = Instant::now();
                        failure = saved.write(&trainer.state(), path, fingerprint).err();
                    }
                }
            }
            let over = failure.is_some() || stop.load(Ordering::Relaxed);
            if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        progress.hide();
        if let Some(failure) = failure {
            return Err(failure);
        }
        // Whatever was trained is not lost, even if it cannot be recorded.
        if let Some(path) = checkpoint {
            saved.write(&trainer.state(), path, fingerprint)?;
        }
        let ending = ending?;
        if ending == Ending::Interrupted {
            note(&format!("interrupted after {} of {} steps", trainer.steps(), trainer.most_steps()));
        }
        Ok(ending)
    }
}
