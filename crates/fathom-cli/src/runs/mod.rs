//! Long runs: what identifies them, the file they continue from, their progress, and how they are interrupted.

mod difference;
mod fingerprint;
mod interrupt;
mod keep;
mod matrix_file;
mod memory;
mod progress;
mod record;
mod setup;
mod start;
mod watched;

pub(crate) use fingerprint::{bytes_fingerprint, fingerprint, text_fingerprint};
pub(crate) use interrupt::stop_requested;
pub(crate) use keep::Keep;
pub(crate) use matrix_file::{ArrayShape, MatrixFile};
pub(crate) use memory::{allowed_bytes, check_threads};
pub(crate) use progress::Progress;
pub(crate) use record::{BLOCK, MOST_DRAWS, Part, RunRecord};
pub(crate) use setup::Setup;
pub(crate) use start::{mark_start, seconds_since_start};
pub(crate) use watched::watched;
