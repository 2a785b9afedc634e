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
    /// What a step counts where several computations are one; 0 elsewhere.
    weight: AtomicUsize,
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
        if self.weight.load(Ordering::Relaxed) == 0 {
            self.report(0, total);
        }
    }

    pub(crate) fn advance(&self) {
        self.done.fetch_add(self.weight.load(Ordering::Relaxed).max(1), Ordering::Relaxed);
    }

    /// Several computations as one of `total` steps: those that begin in `work` go on counting.
    pub(crate) fn together<T>(&self, total: usize, work: impl FnOnce() -> T) -> T {
        self.begin(total);
        self.weigh(1);
        let result = work();
        self.weight.store(0, Ordering::Relaxed);
        result
    }

    /// What a step counts from now on, until those [together](Self::together) have ended.
    pub(crate) fn weigh(&self, weight: usize) {
        self.weight.store(weight, Ordering::Relaxed);
    }
}
