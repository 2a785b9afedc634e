//! Looking on while a matrix is computed, and stopping it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How far a computation is, and whether it is to stop; shared between the thread that computes and the one that looks on.
///
/// # Example
/// ```
/// use fathom_ntk::infinite::matrix::{KernelEngine, MatrixError, MatrixOptions, Watch};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(2), ..Default::default() })?;
/// let engine = KernelEngine::new(&arch, &[1.0, 0.0, 0.0, 1.0], 2, None, &MatrixOptions::default())?;
/// let watch = Watch::default();
/// engine.matrices_watched::<f64>(&watch)?;
/// assert_eq!(watch.progress(), (1, 1));
/// watch.stop();
/// assert_eq!(engine.matrices_watched::<f64>(&watch), Err(MatrixError::Stopped));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Watch {
    stopped: AtomicBool,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Watch {
    /// Asks the computation to end as soon as its threads have finished the tiles they work on.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Tiles that are done, and all of them; 0 of 0 before the computation has begun.
    pub fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Whether [`stop`](Self::stop) was called: long work that looks at this ends soon after.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Says how far work is.
    pub fn report(&self, done: usize, total: usize) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    pub(crate) fn begin(&self, total: usize) {
        self.report(0, total);
    }

    pub(crate) fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}
