//! Pictures: `--plot FILE.svg|png`.
//!
//! A command composes a figure, which knows no pixels; `render` places it and `canvas` makes the file.

mod canvas;
mod figure;
mod figures;
mod file;
mod legend;
mod marks;
mod panel;
mod render;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod ticks;
mod view;

pub(crate) use figure::{At, Axis, Figure, HeatMap, Mark, Panel, Point, Scale};
pub(crate) use figures::{
    Curves, KERNEL_CELLS, KernelFigure, SampleFigure, blocks_verdict_figure, depth_figure, described, ensemble_figure,
    kernel_figure, phase_figure, pictured, prediction_figure, sample_figure, sampled_figure, selection_figure,
    sweep_figure, training_figure, verdict_figure,
};
pub(crate) use file::PlotArgs;
pub(crate) use style::{Colour, Dash, Marker};
