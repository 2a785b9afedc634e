//! What a picture shows, without pixels.

use super::style::{Colour, Dash, Marker};

/// A picture of one or several panels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figure {
    /// Which network.
    pub(crate) title: String,
    /// What else was fixed.
    pub(crate) subtitle: String,
    pub(crate) panels: Vec<Panel>,
    /// Panels side by side; at least 1.
    pub(crate) columns: usize,
}

/// Two axes and what lies between them.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) heading: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// Height of the frame in pixels of the SVG.
    pub(crate) height: f64,
    /// Later marks cover earlier ones, and areas are below all others.
    pub(crate) marks: Vec<Mark>,
}

/// How numbers lie on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Evenly.
    Linear,
    /// Evenly, with whole numbers at the ticks.
    Whole,
    /// By their logarithms. All coordinates of this axis are decimal logarithms, so that numbers beyond `f64` have one.
    Log,
    /// Evenly, and the axis itself is not drawn.
    Hidden,
}

/// One axis.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// Quantity, its definition where it is short, and its unit.
    pub(crate) label: String,
    pub(crate) scale: Scale,
    /// Ends (decimal logarithms on a logarithmic axis); `None`: chosen so that all marks fit.
    pub(crate) range: Option<[f64; 2]>,
    /// Of a vertical axis: numbers grow downwards, as the rows of a matrix do.
    pub(crate) down: bool,
}

impl Axis {
    /// An axis that fits its marks.
    pub(crate) fn new(label: impl Into<String>, scale: Scale) -> Self {
        Self { label: label.into(), scale, range: None, down: false }
    }

    /// The same with these ends.
    pub(crate) fn over(self, from: f64, to: f64) -> Self {
        Self { range: Some([from, to]), ..self }
    }

    /// The same with numbers that grow downwards.
    pub(crate) fn downwards(self) -> Self {
        Self { down: true, ..self }
    }
}

/// Something drawn. Coordinates that are not finite are left out; a line is interrupted there.
///
/// A mark with an empty label is not in the legend.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    /// A curve through points.
    Line { label: String, colour: Colour, dash: Dash, points: Vec<[f64; 2]> },
    /// The region between two curves: x, lower y, upper y.
    Band { label: String, colour: Colour, edges: Vec<[f64; 3]> },
    /// Single points.
    Points { label: String, colour: Colour, marker: Marker, points: Vec<Point> },
    /// Bars that touch: `heights[i]` between `edges[i]` and `edges[i + 1]`.
    Histogram { label: String, colour: Colour, edges: Vec<f64>, heights: Vec<f64> },
    /// A line across the whole panel.
    Reference { label: String, colour: Colour, dash: Dash, at: At },
    /// Colours on a grid, with their colour bar.
    HeatMap(HeatMap),
    /// Words, centred at a place.
    Text { at: [f64; 2], text: String },
}

/// A point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// Ends of the error bar.
    pub(crate) error: Option<[f64; 2]>,
}

/// Where a reference line lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    /// Vertical, at this x.
    X(f64),
    /// Horizontal, at this y.
    Y(f64),
}

/// Colours on a grid.
#[derive(Clone, Debug)]
pub(crate) struct HeatMap {
    /// Boundaries of the columns.
    pub(crate) x: Vec<f64>,
    /// Boundaries of the rows.
    pub(crate) y: Vec<f64>,
    /// `values[row][column]`; `None` where there is no number.
    pub(crate) values: Vec<Vec<Option<f64>>>,
    /// The colour bar; its `range` must be given, and values beyond take the colour of its ends.
    pub(crate) bar: Axis,
    /// Legend of cells without a number.
    pub(crate) missing: String,
}

impl Mark {
    /// Whether it fills an area.
    pub(super) fn is_area(&self) -> bool {
        matches!(self, Self::Band { .. } | Self::Histogram { .. } | Self::HeatMap(_))
    }

    /// What the legend says of it.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Line { label, .. }
            | Self::Band { label, .. }
            | Self::Points { label, .. }
            | Self::Histogram { label, .. }
            | Self::Reference { label, .. } => label,
            Self::HeatMap(map) if map.values.iter().flatten().any(Option::is_none) => &map.missing,
            Self::HeatMap(_) | Self::Text { .. } => "",
        }
    }

    /// The x of everything that must fit between the ends of the axis.
    pub(super) fn xs(&self) -> Vec<f64> {
        match self {
            Self::Line { points, .. } => points.iter().map(|p| p[0]).collect(),
            Self::Band { edges, .. } => edges.iter().map(|e| e[0]).collect(),
            Self::Points { points, .. } => points.iter().map(|p| p.x).collect(),
            Self::Histogram { edges, .. } => edges.clone(),
            Self::Reference { at: At::X(x), .. } => vec![*x],
            Self::HeatMap(map) => map.x.clone(),
            Self::Text { at, .. } => vec![at[0]],
            Self::Reference { at: At::Y(_), .. } => Vec::new(),
        }
    }

    /// The y of everything that must fit between the ends of the axis.
    pub(crate) fn ys(&self) -> Vec<f64> {
        match self {
            Self::Line { points, .. } => points.iter().map(|p| p[1]).collect(),
            Self::Band { edges, .. } => edges.iter().flat_map(|e| [e[1], e[2]]).collect(),
            Self::Points { points, .. } => {
                points.iter().flat_map(|p| [p.y].into_iter().chain(p.error.into_iter().flatten())).collect()
            }
            Self::Histogram { heights, .. } => heights.iter().copied().chain([0.0]).collect(),
            Self::Reference { at: At::Y(y), .. } => vec![*y],
            Self::HeatMap(map) => map.y.clone(),
            Self::Text { at, .. } => vec![at[1]],
            Self::Reference { at: At::X(_), .. } => Vec::new(),
        }
    }
}
