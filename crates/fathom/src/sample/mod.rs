//! Networks drawn at random.

mod chain;
mod direct;
mod draw;
mod error;
mod method;
mod projected;
mod recursion;
mod sampler;
mod shape;

pub use draw::Draw;
pub use error::SampleError;
pub use method::Method;
pub use sampler::{MAX_BYTES, Sampler, Worker};
