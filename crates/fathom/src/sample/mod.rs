//! Networks drawn at random.

mod chain;
mod direct;
mod draw;
mod error;
mod method;
mod observable;
mod projected;
mod recursion;
mod run;
mod sampler;
mod shape;
mod update;

pub use draw::Draw;
pub use error::SampleError;
pub use method::Method;
pub use observable::{Entry, MAX_EIGEN_ROWS, Observable, ObservableError, Recorder};
pub use run::{DrawnBlock, Event, RunError, run};
pub use sampler::{MAX_BYTES, Sampler, Worker};
pub use update::{Change, FirstStep};
