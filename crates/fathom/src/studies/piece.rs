//! A piece of the work of a study.

use std::fmt;
use std::sync::atomic::AtomicBool;

use super::{StudyError, Value};
use crate::parallel::{Event, in_parallel};

/// What a piece does: rows, or `None` if it was stopped.
type Work<'a> = dyn Fn(&AtomicBool) -> Result<Option<Vec<Vec<Value>>>, StudyError> + Send + Sync + 'a;

/// Work that gives rows of one table, the same bits whenever and wherever it is done.
pub struct Piece<'a> {
    /// The table its rows belong to.
    pub table: &'static str,
    /// Everything that decides its rows, in words: the network, the data, the number of draws, the seed. Two pieces of a
    /// program with the same description have the same rows.
    pub description: String,
    /// About how long it takes on one core, in seconds; for the progress only.
    pub seconds: f64,
    work: Box<Work<'a>>,
}

impl<'a> Piece<'a> {
    /// A piece.
    ///
    /// # Arguments
    /// * `work`: sees a flag that asks it to stop early.
    pub fn new(
        table: &'static str,
        description: impl Into<String>,
        seconds: f64,
        work: impl Fn(&AtomicBool) -> Result<Option<Vec<Vec<Value>>>, StudyError> + Send + Sync + 'a,
    ) -> Self {
        Self { table, description: description.into(), seconds, work: Box::new(work) }
    }

    /// Does it; `None` if it was stopped.
    ///
    /// # Errors
    /// What the networks and kernels of the piece refuse.
    pub fn run(&self, stop: &AtomicBool) -> Result<Option<Vec<Vec<Value>>>, StudyError> {
        (self.work)(stop)
    }
}

impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece").field("table", &self.table).field("description", &self.description).finish()
    }
}

/// Does pieces, several at a time, and reports the rows of each when it is done.
///
/// # Arguments
/// * `threads`: how many; each piece has its share of them to itself.
/// * `stop`: set from any thread, ends the run: pieces that have not ended are lost.
/// * `report`: is called on this thread, in the order in which things happen.
///
/// # Accuracy and cost
/// The rows have the same bits for every number of threads.
pub fn run_pieces(
    pieces: &[&Piece<'_>],
    threads: usize,
    stop: &AtomicBool,
    report: impl FnMut(Event<Result<Vec<Vec<Value>>, StudyError>>),
) {
    in_parallel(pieces.len(), threads, stop, |place| pieces.get(place)?.run(stop).transpose(), report);
}
