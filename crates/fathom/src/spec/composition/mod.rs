//! Networks put together from blocks: residual connections, convolutions, pooling, layer normalisation.

mod block;
mod description;
mod error;
mod file;
mod presets;
mod shape;
mod widths;

pub use block::{Block, Padding};
pub use description::{Composition, CompositionSpec};
pub use error::CompositionError;
pub use file::NetworkFile;
pub use presets::{BranchScaling, CnnEnding, CnnSpec, ResNetSpec};
pub use shape::Shape;

pub(crate) use shape::{padding_before, windowed};
