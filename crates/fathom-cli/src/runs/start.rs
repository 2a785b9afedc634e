//! When the command began.

use std::sync::OnceLock;
use std::time::Instant;

static START: OnceLock<Instant> = OnceLock::new();

/// The command begins now.
pub(crate) fn mark_start() {
    START.get_or_init(Instant::now);
}

/// Seconds since then.
pub(crate) fn seconds_since_start() -> f64 {
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}
