//! Many draws by many threads.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};

use super::{ObservableError, Recorder, SampleError, Sampler};
use crate::Scaled;
use crate::statistics::{BlockDraws, DRAWS_PER_BLOCK, StatisticsError, Summary};

const BLOCK: u64 = DRAWS_PER_BLOCK as u64;
/// Time in nanoseconds after which a thread reports: long beside the cost of a report, short beside a run.
const REPORT: f64 = 2e6;

/// Why a run ended early.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A draw failed.
    #[error("draw {draw}: {source}")]
    Draw {
        /// Which draw, counted from 0.
        draw: u64,
        /// Why.
        source: SampleError,
    },
    /// The observable cannot be recorded.
    #[error(transparent)]
    Observable(#[from] ObservableError),
    /// The statistics refused a block.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
}

/// A block of draws, complete or, at the end of a run that was stopped, its beginning.
#[derive(Clone, Debug)]
pub struct DrawnBlock<'a> {
    /// Which block: draws from 256 times this on.
    pub block: u64,
    /// One row of observables for each draw.
    pub rows: &'a [Option<Scaled>],
    /// Their statistics.
    pub summary: Summary,
}

/// What happens during a run.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// So many draws more have been made.
    Progress(u64),
    /// A block is complete, or as complete as it will be.
    Block(DrawnBlock<'a>),
}

/// Draws the given blocks and hands each to `report`, in the order in which they are finished.
///
/// # Arguments
/// * `seed`: of the streams.
/// * `blocks`: ranges of blocks, in the order in which they are to be drawn.
/// * `draws`: the number of draws in all, which cuts the last block short.
/// * `threads`: how many; at least one is used.
/// * `report`: sees what happens; once it breaks, no further draws begin, and the beginnings of unfinished blocks are
///   reported.
///
/// # Errors
/// [`RunError::Draw`] for the first draw found to fail. What had been reported before stands.
///
/// # Accuracy and cost
/// The rows of a block and their statistics have the same bits for every number of threads and division into ranges.
pub fn run(
    sampler: &Sampler,
    recorder: &Recorder,
    seed: u64,
    blocks: &[Range<u64>],
    draws: u64,
    threads: usize,
    mut report: impl FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<(), RunError> {
    let portions = Portions::new(blocks, draws, (REPORT / sampler.nanoseconds()).clamp(1.0, BLOCK as f64) as u64);
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (send, receive) = channel();
        for _ in 0..threads.clamp(1, portions.count.clamp(1, 4096) as usize) {
            let send = send.clone();
            let (portions, next, stop) = (&portions, &next, &stop);
            scope.spawn(move || {
                let mut worker = sampler.worker();
                while !stop.load(Ordering::Relaxed) {
                    let Some(range) = portions.range(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let mut rows =
                        Vec::with_capacity(recorder.observables().len() * (range.end - range.start) as usize);
                    let first = range.start;
                    for draw in range {
                        if let Err(source) = recorder.record(&mut worker, seed, draw, &mut rows) {
                            // The receiver may have left after another error.
                            let _ = send.send(Err(RunError::Draw { draw, source }));
                            return;
                        }
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                    if send.send(Ok((first, rows))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut blocks = Blocks { recorder, draws, open: BTreeMap::new() };
        let result = blocks.collect(&receive, &stop, &mut report);
        stop.store(true, Ordering::Relaxed);
        result
    })
}

/// First draw, and the observables of this and the following ones.
type Rows = (u64, Vec<Option<Scaled>>);
type Report<'a> = dyn FnMut(Event<'_>) -> ControlFlow<()> + 'a;

/// Blocks of which some draws are still to come.
struct Blocks<'a> {
    recorder: &'a Recorder,
    draws: u64,
    open: BTreeMap<u64, BTreeMap<u64, Vec<Option<Scaled>>>>,
}

impl Blocks<'_> {
    /// Puts portions together to blocks.
    fn collect(
        &mut self,
        receive: &Receiver<Result<Rows, RunError>>,
        stop: &AtomicBool,
        report: &mut Report<'_>,
    ) -> Result<(), RunError> {
        let width = self.recorder.observables().len();
        for message in receive {
            let (first, rows) = message?;
            let block = first / BLOCK;
            let mut flow = report(Event::Progress((rows.len() / width) as u64));
            let portions = self.open.entry(block).or_default();
            portions.insert(first, rows);
            let held = portions.values().map(|rows| (rows.len() / width) as u64).sum::<u64>();
            if held == (self.draws - block * BLOCK).min(BLOCK)
                && let Some(portions) = self.open.remove(&block)
                && self.finish(block, portions, report)?.is_break()
            {
                flow = ControlFlow::Break(());
            }
            if flow.is_break() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        for (block, portions) in std::mem::take(&mut self.open) {
            // The run is over; there is nothing left to stop.
            let _ = self.finish(block, portions, report)?;
        }
        Ok(())
    }

    fn finish(
        &self,
        block: u64,
        portions: BTreeMap<u64, Vec<Option<Scaled>>>,
        report: &mut Report<'_>,
    ) -> Result<ControlFlow<()>, RunError> {
        let width = self.recorder.observables().len();
        let mut rows = Vec::with_capacity(width * DRAWS_PER_BLOCK);
        for (first, portion) in portions {
            // After a stop a portion may be missing or short; what comes after the gap is not a beginning.
            if first != block * BLOCK + (rows.len() / width) as u64 {
                break;
            }
            rows.extend(portion);
        }
        if rows.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let mut draws = BlockDraws::new(self.recorder.names());
        rows.chunks_exact(width).try_for_each(|row| draws.push(row))?;
        let summary = draws.summary()?;
        Ok(report(Event::Block(DrawnBlock { block, rows: &rows, summary })))
    }
}

/// The draws of some blocks, in portions.
struct Portions {
    /// Number of the first portion, first draw, and the draw after the last, of each range.
    ranges: Vec<(u64, u64, u64)>,
    count: u64,
    /// Draws in each: a divisor of the block.
    size: u64,
}

impl Portions {
    fn new(blocks: &[Range<u64>], draws: u64, size: u64) -> Self {
        let size = 1 << size.ilog2();
        let mut count = 0;
        let mut ranges = Vec::with_capacity(blocks.len());
        for blocks in blocks {
            let (first, end) = (blocks.start.saturating_mul(BLOCK), blocks.end.saturating_mul(BLOCK).min(draws));
            if first < end {
                ranges.push((count, first, end));
                count += (end - first).div_ceil(size);
            }
        }
        Self { ranges, count, size }
    }

    fn range(&self, portion: u64) -> Option<Range<u64>> {
        let place = self.ranges.partition_point(|(first, ..)| *first <= portion).checked_sub(1)?;
        let (number, first, end) = self.ranges[place];
        let start = first + (portion - number) * self.size;
        (start < end).then(|| start..(start + self.size).min(end))
    }
}
