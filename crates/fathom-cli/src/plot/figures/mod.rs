//! What the commands draw.

mod depth;
mod depths;
mod dispersion;
mod distribution;
mod ensemble;
mod first_order;
mod kernel;
mod phase;
mod predict;
pub(super) mod sample;
mod sampled;
mod select;
mod sweep;
mod train;
mod verdict;

pub(crate) use depth::depth_figure;
pub(crate) use depths::described;
pub(crate) use ensemble::ensemble_figure;
pub(crate) use kernel::{CELLS as KERNEL_CELLS, KernelFigure, kernel_figure};
pub(crate) use phase::phase_figure;
pub(crate) use predict::{Curves, prediction_figure};
pub(crate) use sample::{SampleFigure, sample_figure};
pub(crate) use sampled::{pictured, sampled_figure};
pub(crate) use select::selection_figure;
pub(crate) use sweep::sweep_figure;
pub(crate) use train::training_figure;
pub(crate) use verdict::{blocks_verdict_figure, verdict_figure};
