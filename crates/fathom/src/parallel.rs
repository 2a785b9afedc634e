//! Many pieces of work by many threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

/// What happens while many pieces of work are done.
#[derive(Clone, Debug)]
pub enum Event<T> {
    /// One has begun; its place in the list.
    Begun(usize),
    /// One is done.
    Done(usize, T),
}

/// Does pieces `0..count` of work, several at a time, and reports each when it is done.
///
/// Each worker has a share of the threads to itself, so that what a piece does in parallel takes its own part of the
/// machine only. A piece that gives `None` was stopped; no more are begun by its worker.
pub(crate) fn in_parallel<T: Send>(
    count: usize,
    threads: usize,
    stop: &AtomicBool,
    work: impl Fn(usize) -> Option<T> + Sync,
    mut report: impl FnMut(Event<T>),
) {
    let workers = threads.clamp(1, count.max(1));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (send, receive) = channel();
        for worker in 0..workers {
            let (send, next, work) = (send.clone(), &next, &work);
            // The first ones have what does not divide evenly.
            let share = threads / workers + usize::from(worker < threads % workers);
            scope.spawn(move || {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(share.max(1)).build().ok();
                while !stop.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= count || send.send(Event::Begun(place)).is_err() {
                        break;
                    }
                    let outcome = match &pool {
                        Some(pool) => pool.install(|| work(place)),
                        // Without threads of its own, those of all are used.
                        None => work(place),
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
