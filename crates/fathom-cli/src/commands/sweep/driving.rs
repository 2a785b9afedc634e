//! Doing what is not done yet, with progress, checkpoints and Ctrl-C.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fathom_ntk::analysis::sweep::{Cell, Event, run_jobs};

use super::Args;
use super::material::{Material, Prepared};
use super::store::{Kept, Store};
use crate::error::CommandError;
use crate::output::note;
use crate::runs::{Progress, stop_requested};

/// Time between two saves.
const BETWEEN_SAVES: Duration = Duration::from_secs(5);

pub(super) fn drive(
    args: &Args,
    material: &Material,
    cells: &[Cell],
    prepared: &[Prepared],
    pending: &[usize],
    store: &mut Store,
) -> Result<(), CommandError> {
    let jobs = pending.iter().map(|&i| material.job(&cells[i], &prepared[i])).collect::<Result<Vec<_>, _>>()?;
    let stop = stop_requested()?;
    let mine = (0..cells.len()).filter(|i| args.is_mine(*i)).count();
    let before = mine - pending.len();
    let mut progress = Progress::new("cells", Some(mine as u64), before as u64, None);
    let checkpoint = args.checkpoint.as_deref();
    if let Some(path) = checkpoint {
        // An unwritable place is found before the work, not after it.
        store.write(path)?;
    }
    let mut begun = BTreeMap::new();
    let mut saved = Instant::now();
    let mut failure = None;
    let mut done = 0;
    let threads = args.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    run_jobs(&jobs, threads, stop, |event| match event {
        Event::Begun(place) => {
            begun.insert(place, Instant::now());
        }
        Event::Done(place, outcome) => {
            let seconds = begun.remove(&place).map_or(0.0, |begin: Instant| begin.elapsed().as_secs_f64());
            // Milliseconds are what a table has room for.
            let seconds = (seconds * 1e3).round() / 1e3;
            store.insert(prepared[pending[place]].key.clone(), Kept { outcome, seconds });
            done += 1;
            progress.add(1);
            if let Some(path) = checkpoint.filter(|_| failure.is_none() && saved.elapsed() > BETWEEN_SAVES) {
                saved = Instant::now();
                failure = store.write(path).err();
            }
            if failure.is_some() {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
    progress.hide();
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let Some(path) = checkpoint {
        store.write(path)?;
    }
    if done < pending.len() {
        note(&format!("interrupted after {} of {mine} cells", before + done));
    }
    Ok(())
}
