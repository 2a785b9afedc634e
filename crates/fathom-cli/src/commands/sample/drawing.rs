//! Drawing what a run does not have yet.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fathom_ntk::analysis::sampled::log_dispersion;
use fathom_ntk::sample::{DrawnBlock, Event, Recorder, Sampler, run as run_draws};
use fathom_ntk::statistics::check_points;

use super::Args;
use crate::error::CommandError;
use crate::output::note;
use crate::runs::{BLOCK, Keep, MOST_DRAWS, Progress, RunRecord, stop_requested};

/// Time between two saves.
const BETWEEN_SAVES: Duration = Duration::from_secs(10);

/// How drawing came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// All that was asked for is there.
    Complete,
    /// It was interrupted, or out of time.
    Early,
}

/// A run while it is drawn.
pub(super) struct Drawing<'a> {
    sampler: &'a Sampler,
    recorder: &'a Recorder,
    record: &'a mut RunRecord,
    keep: Option<&'a mut Keep>,
    checkpoint: Option<&'a Path>,
    saved: Instant,
    threads: usize,
    /// Seconds.
    limit: Option<f64>,
    target: Option<Target>,
    stop: &'static AtomicBool,
    progress: Progress,
}

/// When the mean of the first observable is known well enough.
#[derive(Clone, Copy)]
struct Target {
    relative_error: f64,
    /// Exact logarithm of its dispersion, if that is known.
    log_dispersion: Option<f64>,
}

impl<'a> Drawing<'a> {
    pub(super) fn new(
        args: &'a Args,
        sampler: &'a Sampler,
        recorder: &'a Recorder,
        record: &'a mut RunRecord,
        keep: Option<&'a mut Keep>,
    ) -> Result<Self, CommandError> {
        let target = match args.effort.target_error {
            Some(relative_error) => {
                let (network, setup) = (record.setup.network()?, &record.setup);
                let known = recorder.observables().first().and_then(|&o| log_dispersion(&network, &setup.inputs, o));
                Some(Target { relative_error, log_dispersion: known })
            }
            None => None,
        };
        let total = (record.draws < MOST_DRAWS).then_some(record.planned_draws());
        let limit = args.effort.max_time;
        Ok(Self {
            sampler,
            recorder,
            progress: Progress::new("draws", total, record.ledger.draws(), limit),
            record,
            keep,
            checkpoint: args.run.checkpoint.as_deref(),
            saved: Instant::now(),
            threads: args.effort.threads(),
            limit,
            target,
            stop: stop_requested()?,
        })
    }

    /// Draws until nothing is missing, the target is reached, or something ends it early.
    pub(super) fn run(mut self) -> Result<Ending, CommandError> {
        let end = self.record.part.blocks(self.record.draws).end;
        let Some(target) = self.target else { return self.stage(end) };
        for stage in check_points().take_while(|&stage| stage < end).chain([end]) {
            if self.stage(stage)? == Ending::Early {
                return Ok(Ending::Early);
            }
            // A run that is continued holds more than the first stages. It stops where one that was never interrupted
            // does, and that one asked only when it held just the stage.
            if self.record.ledger.draws() == self.record.draws_before(stage) && self.reached(target, stage == end)? {
                break;
            }
        }
        Ok(Ending::Complete)
    }

    /// Draws what is missing before a block.
    fn stage(&mut self, end: u64) -> Result<Ending, CommandError> {
        let missing = self.record.missing_before(end);
        let (sampler, recorder, threads) = (self.sampler, self.recorder, self.threads);
        let (seed, draws) = (self.record.setup.seed, self.record.draws);
        let mut failure = None;
        run_draws(sampler, recorder, seed, &missing, draws, threads, |event| {
            // After a failure, what is still under way is lost.
            if failure.is_none() {
                failure = self.take(event).err();
            }
            let over = failure.is_some() || self.out_of_time() || self.stop.load(Ordering::Relaxed);
            if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        if self.record.missing_before(end).is_empty() {
            return Ok(Ending::Complete);
        }
        let reason = if self.stop.load(Ordering::Relaxed) { "interrupted" } else { "out of time" };
        let total = match self.record.draws {
            MOST_DRAWS => String::new(),
            _ => format!(" of {}", self.record.planned_draws()),
        };
        self.progress.hide();
        note(&format!("{reason} after {}{total} draws", self.record.ledger.draws()));
        Ok(Ending::Early)
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), CommandError> {
        match event {
            Event::Progress(draws) => {
                self.progress.add(draws);
                Ok(())
            }
            Event::Block(block) => self.take_block(block),
        }
    }

    fn take_block(&mut self, DrawnBlock { block, rows, summary }: DrawnBlock<'_>) -> Result<(), CommandError> {
        if let Some(keep) = self.keep.as_mut() {
            keep.write(block * BLOCK, rows)?;
        }
        // The beginning of a block may be in the record already, from a run that was interrupted.
        if summary.draws() > self.record.ledger.draws_of(block) {
            self.record.ledger.insert(block, summary)?;
        }
        if let Some(path) = self.checkpoint.filter(|_| self.saved.elapsed() > BETWEEN_SAVES) {
            self.saved = Instant::now();
            if let Some(keep) = &self.keep {
                keep.sync()?;
            }
            self.record.write(path)?;
        }
        Ok(())
    }

    fn out_of_time(&self) -> bool {
        self.limit.is_some_and(|limit| self.progress.seconds() > limit)
    }

    /// Whether the target is reached; tells how far it is away.
    fn reached(&mut self, target: Target, at_the_end: bool) -> Result<bool, CommandError> {
        let Some(summary) = self.record.total() else { return Ok(false) };
        let tails = summary.marginal(0)?.tails(target.log_dispersion)?;
        if tails.mean_is_within(target.relative_error) {
            return Ok(true);
        }
        let error = tails.mean().and_then(|mean| mean.relative_error());
        if at_the_end {
            self.progress.hide();
            let words = error.map_or("not known".into(), |error| format!("{error:.2e}"));
            note(&format!("--target-error {} is not reached: the relative error is {words}", target.relative_error));
        } else if let Some(error) = error {
            let needed = summary.draws() as f64 * (error / target.relative_error).powi(2);
            self.progress.aim(needed, format!("relative error {error:.2e}, target {:.2e}", target.relative_error));
        }
        Ok(false)
    }
}
