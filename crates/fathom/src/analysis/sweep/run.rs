//! Many jobs by many threads.

use std::sync::atomic::AtomicBool;

use super::{Job, Outcome};
use crate::parallel::{Event, in_parallel};

/// Does all jobs, several at a time, and reports each when it is done.
///
/// # Arguments
/// * `threads`: how many; each job has its share of them to itself.
/// * `stop`: set from any thread, ends the run: jobs that have not ended are lost.
/// * `report`: is called on this thread, in the order in which things happen.
///
/// # Accuracy and cost
/// The outcomes have the same bits for every number of threads.
pub fn run_jobs(jobs: &[Job<'_>], threads: usize, stop: &AtomicBool, report: impl FnMut(Event<Outcome>)) {
    in_parallel(jobs.len(), threads, stop, |place| jobs.get(place)?.run(stop), report);
}
