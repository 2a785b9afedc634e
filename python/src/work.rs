//! Long calls: computed on another thread without the interpreter's lock, while this one answers signals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

use fathom_ntk::infinite::matrix::Watch;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Time between two looks at signals and progress.
const TICK: Duration = Duration::from_millis(50);
const STACK: usize = 16 << 20;

/// Reports how far a computation is.
pub(crate) struct Progress(pub(crate) Option<Py<PyAny>>);

impl Progress {
    pub(crate) fn report(&self, py: Python<'_>, done: u64, total: u64) -> PyResult<()> {
        self.0.as_ref().map_or(Ok(()), |callback| callback.call1(py, (done, total)).map(drop))
    }
}

/// Waits for a result, calling `look` now and then; its error ends the wait.
fn wait<T: Send>(py: Python<'_>, receive: Receiver<T>, mut look: impl FnMut() -> PyResult<()>) -> PyResult<T> {
    let mut receive = receive;
    loop {
        let answer;
        (answer, receive) = py.detach(move || (receive.recv_timeout(TICK), receive));
        match answer {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => look()?,
            Err(RecvTimeoutError::Disconnected) => return Err(PyRuntimeError::new_err("the computation broke down")),
        }
    }
}

/// Computes something on a thread of its own. After Ctrl-C the call ends at once, and the thread when it is done.
pub(crate) fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    watched(py, &Progress(None), |_| work())
}

/// What a computation on another thread looks at.
pub(crate) trait Attend: Default + Send + Sync + 'static {
    /// How much is done, and of how much.
    fn progress(&self) -> (u64, u64);
    /// Asks the computation to end.
    fn stop(&self);
}

impl Attend for Watch {
    fn progress(&self) -> (u64, u64) {
        let (done, total) = Self::progress(self);
        (done as u64, total as u64)
    }

    fn stop(&self) {
        Self::stop(self);
    }
}

/// Of what counts steps or cells.
#[derive(Default)]
pub(crate) struct Attended {
    stopped: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
}

impl Attended {
    pub(crate) fn advance_to(&self, done: u64, total: u64) {
        self.total.store(total, Ordering::Relaxed);
        self.done.store(done, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn stop_flag(&self) -> &AtomicBool {
        &self.stopped
    }
}

impl Attend for Attended {
    fn progress(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// The same for what looks at a [`Watch`]: Ctrl-C and errors of the callback also stop the thread.
pub(crate) fn watched<T: Send + 'static>(
    py: Python<'_>,
    progress: &Progress,
    work: impl FnOnce(&Watch) -> T + Send + 'static,
) -> PyResult<T> {
    attended(py, progress, work)
}

/// The same for anything that can be looked at.
pub(crate) fn attended<A: Attend, T: Send + 'static>(
    py: Python<'_>,
    progress: &Progress,
    work: impl FnOnce(&A) -> T + Send + 'static,
) -> PyResult<T> {
    let watch = Arc::new(A::default());
    let (send, receive) = channel();
    let shared = Arc::clone(&watch);
    let run = move || {
        // Nobody listens after an interrupt.
        let _ = send.send(work(&shared));
    };
    Builder::new().name("fathom".into()).stack_size(STACK).spawn(run)?;
    let mut told = (0, 0);
    let result = wait(py, receive, || {
        py.check_signals()?;
        let now = watch.progress();
        if now != told && now.0 < now.1 {
            told = now;
            progress.report(py, now.0, now.1)?;
        }
        Ok(())
    });
    if result.is_err() {
        watch.stop();
    }
    let (_, total) = watch.progress();
    if result.is_ok() && total > 0 {
        progress.report(py, total, total)?;
    }
    result
}
