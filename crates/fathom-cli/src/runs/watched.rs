//! Work that tells how far it is, shown while it goes on.

use std::thread;
use std::time::Duration;

use fathom_ntk::infinite::matrix::Watch;

use super::interrupt::is_stop_requested;
use super::progress::Progress;
use crate::error::CommandError;

/// Time between looks at the work.
const LOOK: Duration = Duration::from_millis(50);

/// Does the work in a thread of its own, shows its progress in these units, and passes a request to stop on to it.
pub(crate) fn watched<T: Send>(unit: &'static str, work: impl FnOnce(&Watch) -> T + Send) -> Result<T, CommandError> {
    let watch = Watch::default();
    let looking = thread::current();
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let done = work(&watch);
            looking.unpark();
            done
        });
        // Work may come in several parts, which count from the beginning each.
        let mut shown: Option<(Progress, usize, usize)> = None;
        while !worker.is_finished() {
            thread::park_timeout(LOOK);
            if is_stop_requested() {
                watch.stop();
            }
            let (done, total) = watch.progress();
            if total == 0 {
                continue;
            }
            let part = shown.take().filter(|(_, seen, of)| *of == total && *seen <= done);
            let (mut progress, seen, _) =
                part.unwrap_or_else(|| (Progress::new(unit, Some(total as u64), 0, None), 0, total));
            progress.add((done - seen) as u64);
            shown = Some((progress, done, total));
        }
        worker.join().map_err(|_| CommandError::Usage("the computation ended unexpectedly".into()))
    })
}
