//! A kernel matrix: its entries as colours, and its spectrum.

use fathom_ntk::report::number;

use crate::plot::figure::{Axis, Figure, HeatMap, Mark, Panel, Scale};
use crate::plot::style::{Colour, Dash};

/// Cells of the heat map in each direction.
pub(crate) const CELLS: usize = 120;

/// Entries of some rows and columns, and the eigenvalues of the whole.
pub(crate) struct KernelFigure<'a> {
    /// Which network.
    pub(crate) title: String,
    /// Θ or Σ, with what it is divided by.
    pub(crate) quantity: String,
    /// `values[i * columns.len() + j]` for `rows[i]` and `columns[j]`.
    pub(crate) values: &'a [f64],
    pub(crate) rows: &'a [usize],
    pub(crate) columns: &'a [usize],
    /// Ascending; `None` if they were not computed.
    pub(crate) eigenvalues: Option<&'a [f64]>,
}

/// The picture of a kernel matrix.
pub(crate) fn kernel_figure(kernel: &KernelFigure<'_>) -> Figure {
    let mut panels = vec![heat_map(kernel)];
    panels.extend(kernel.eigenvalues.map(spectrum));
    Figure { title: kernel.title.clone(), subtitle: String::new(), columns: panels.len(), panels }
}

fn heat_map(kernel: &KernelFigure<'_>) -> Panel {
    let finite = || kernel.values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    // A colour bar needs two ends.
    let high = if high > low { high } else { low + low.abs().max(1.0) };
    let edges = |places: &[usize]| (0..=places.len()).map(|i| i as f64).collect::<Vec<_>>();
    let rows = kernel.values.chunks(kernel.columns.len());
    let map = HeatMap {
        x: edges(kernel.columns),
        y: edges(kernel.rows),
        values: rows.map(|row| row.iter().map(|v| v.is_finite().then_some(*v)).collect()).collect(),
        bar: Axis::new(kernel.quantity.clone(), Scale::Linear).over(low, high),
        missing: "not a number".into(),
    };
    let words = |what: &str, places: &[usize]| match places.last() {
        Some(&last) if last + 1 > places.len() => format!("{what} ({} of 0 to {last}, evenly chosen)", places.len()),
        _ => what.into(),
    };
    Panel {
        heading: format!("entries, {} to {}", number(low), number(high)),
        x: Axis::new(words("input x′", kernel.columns), Scale::Whole).over(0.0, kernel.columns.len() as f64),
        y: Axis::new(words("input x", kernel.rows), Scale::Whole).over(0.0, kernel.rows.len() as f64).downwards(),
        height: 380.0,
        marks: vec![Mark::HeatMap(map)],
    }
}

/// Positive eigenvalues by size.
fn spectrum(eigenvalues: &[f64]) -> Panel {
    let points = eigenvalues.iter().rev().enumerate().filter(|(_, value)| **value > 0.0);
    let points: Vec<[f64; 2]> = points.map(|(i, value)| [((i + 1) as f64).log10(), value.log10()]).collect();
    let (label, colour, dash) = (String::new(), Colour::BLUE, Dash::Solid);
    Panel {
        heading: "spectrum".into(),
        x: Axis::new("rank of the eigenvalue", Scale::Log),
        y: Axis::new("eigenvalue", Scale::Log),
        height: 380.0,
        marks: vec![Mark::Line { label, colour, dash, points }],
    }
}
