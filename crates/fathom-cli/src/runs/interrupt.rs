//! Ctrl-C and termination.

use std::process::exit;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::CommandError;

static STOP: AtomicBool = AtomicBool::new(false);
static INSTALLED: OnceLock<()> = OnceLock::new();

/// The status of a process ended by Ctrl-C, by the custom of shells.
const INTERRUPTED: i32 = 130;

/// From now on, the first Ctrl-C (or request to terminate) sets what this returns; the second ends the process at once.
pub(crate) fn stop_requested() -> Result<&'static AtomicBool, CommandError> {
    if INSTALLED.set(()).is_ok() {
        let handler = || {
            if STOP.swap(true, Ordering::Relaxed) {
                exit(INTERRUPTED);
            }
        };
        ctrlc::set_handler(handler).map_err(|e| CommandError::Usage(format!("cannot listen for Ctrl-C: {e}")))?;
    }
    Ok(&STOP)
}

/// Whether it was set, without beginning to listen.
pub(super) fn is_stop_requested() -> bool {
    STOP.load(Ordering::Relaxed)
}
