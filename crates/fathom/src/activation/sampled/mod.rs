//! Activations that are known by their values: a function of the user's own, evaluated on arrays and interpolated.

mod cells;
mod error;
mod function;

pub use error::SampledError;
pub use function::{Samples, sampled_activation};
