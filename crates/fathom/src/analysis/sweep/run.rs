//! Many jobs by many threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use super::{Job, Outcome};

/// What happens during a run.
#[derive(Clone, Debug)]
pub enum Event {
    /// A job has begun; its place in the list.
    Begun(usize),
    /// A job is done.
    Done(usize, Outcome),
}

/// Does all jobs, several at a time, and reports each when it is done.
///
/// # Arguments
/// * `threads`: how many; each job has its share of them to itself.
/// * `stop`: set from any thread, ends the run: jobs that have not ended are lost.
/// * `report`: is called on this thread, in the order in which things happen.
///
/// # Accuracy and cost
/// The outcomes have the same bits for every number of threads.
pub fn run_jobs(jobs: &[Job<'_>], threads: usize, stop: &AtomicBool, mut report: impl FnMut(Event)) {
    let workers = threads.clamp(1, jobs.len().max(1));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (send, receive) = channel();
        for worker in 0..workers {
            let (send, next) = (send.clone(), &next);
            // The first ones have what does not divide evenly.
            let share = threads / workers + usize::from(worker < threads % workers);
            scope.spawn(move || {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(share.max(1)).build().ok();
                while !stop.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(place) else { break };
                    if send.send(Event::Begun(place)).is_err() {
                        break;
                    }
                    let outcome = match &pool {
                        Some(pool) => pool.install(|| job.run(stop)),
                        // Without threads of its own, those of all are used.
                        None => job.run(stop),
                    };
                    let Some(outcome) = outcome else { break };
                    if send.send(Event::Done(place, outcome)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        receive.into_iter().for_each(&mut report);
    });
}
