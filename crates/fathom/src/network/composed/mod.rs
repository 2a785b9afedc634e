//! Networks of blocks with explicit weights: convolutions, residual connections, pooling, layer normalisation.

mod cost;
mod gradient;
mod model;
mod ntk;
mod parts;
mod pass;
mod windows;

pub(crate) use cost::ComposedCost;
pub use model::ComposedNetwork;
pub(crate) use ntk::Evaluation;
