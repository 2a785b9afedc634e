//! Networks of blocks with explicit weights: convolutions, residual connections, pooling, layer normalisation.

mod gradient;
mod model;
mod ntk;
mod parts;
mod pass;
mod windows;

pub use model::ComposedNetwork;
