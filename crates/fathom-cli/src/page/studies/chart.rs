//! Panels of curves and points from the tables of a study.
//!
//! Neighbouring series differ in colour, in dash and in marker, so that they can be told apart in black and white.

use super::super::document::{Block, Picture};
use crate::plot::{At, Axis, Colour, Dash, Figure, HeatMap, Mark, Marker, Panel, Point, Scale};

const COLOURS: [Colour; 5] = [Colour::BLUE, Colour::VERMILLION, Colour::GREEN, Colour::BLACK, Colour::ORANGE];
/// More than there are colours, so that every pair differs in one of both.
const DASHES: [Dash; 7] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::Mixed, Dash::Long, Dash::Double, Dash::Fine];
const MARKERS: [Marker; 3] = [Marker::Circle, Marker::Square, Marker::Diamond];

/// An axis: its label and how numbers lie on it.
pub(super) type AxisOf = (&'static str, Scale);

/// A panel that is filled series by series. Coordinates are plain numbers, whatever the scale.
pub(super) struct Chart(Panel);

impl Chart {
    pub(super) fn new(heading: impl Into<String>, x: AxisOf, y: AxisOf) -> Self {
        let (x, y) = (Axis::new(x.0, x.1), Axis::new(y.0, y.1));
        Self(Panel { heading: heading.into(), x, y, height: 260.0, marks: Vec::new() })
    }

    /// A curve, in the style of a place in a list.
    pub(super) fn line(mut self, style: usize, label: impl Into<String>, points: &[[f64; 2]]) -> Self {
        let points = points.iter().map(|&[x, y]| [on(self.0.x.scale, x), on(self.0.y.scale, y)]).collect();
        let (colour, dash) = (COLOURS[style % COLOURS.len()], DASHES[style % DASHES.len()]);
        self.0.marks.push(Mark::Line { label: label.into(), colour, dash, points });
        self
    }

    /// Points with error bars of one standard error: x, y, error.
    pub(super) fn points(mut self, style: usize, label: impl Into<String>, points: &[[f64; 3]]) -> Self {
        let point = |&[x, y, error]: &[f64; 3]| {
            let ends = [y - error, y + error].map(|end| on(self.0.y.scale, end));
            let error = (error > 0.0 && ends.iter().all(|end| end.is_finite())).then_some(ends);
            Point { x: on(self.0.x.scale, x), y: on(self.0.y.scale, y), error }
        };
        let points = points.iter().map(point).collect();
        let (colour, marker) = (COLOURS[style % COLOURS.len()], MARKERS[style % MARKERS.len()]);
        self.0.marks.push(Mark::Points { label: label.into(), colour, marker, points });
        self
    }

    /// Means of y over all points of one x, joined by a line, with their standard errors.
    pub(super) fn means(self, style: usize, label: impl Into<String>, points: &[[f64; 2]]) -> Self {
        let mut places: Vec<f64> = points.iter().map(|[x, _]| *x).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let mean = |x: f64| {
            let values: Vec<f64> = points.iter().filter(|[at, _]| *at == x).map(|[_, y]| *y).collect();
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let square = values.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (count - 1.0);
            [x, mean, (square / count).sqrt()]
        };
        let means: Vec<_> = places.into_iter().map(mean).collect();
        let curve: Vec<_> = means.iter().map(|[x, y, _]| [*x, *y]).collect();
        self.line(style, label, &curve).points(style, String::new(), &means)
    }

    /// A horizontal line across the panel.
    pub(super) fn level(mut self, label: impl Into<String>, y: f64) -> Self {
        let at = At::Y(on(self.0.y.scale, y));
        self.0.marks.push(Mark::Reference { label: label.into(), colour: Colour::BLACK, dash: Dash::Mixed, at });
        self
    }
}

fn on(scale: Scale, value: f64) -> f64 {
    if scale == Scale::Log { value.log10() } else { value }
}

/// A square matrix as a panel of colours between two ends.
pub(super) fn matrix(heading: impl Into<String>, quantity: &str, rows: &[Vec<f64>], [low, high]: [f64; 2]) -> Chart {
    let edges: Vec<f64> = (0..=rows.len()).map(|i| i as f64).collect();
    let end = rows.len() as f64;
    let map = HeatMap {
        x: edges.clone(),
        y: edges,
        values: rows.iter().map(|row| row.iter().map(|v| v.is_finite().then_some(*v)).collect()).collect(),
        bar: Axis::new(quantity, Scale::Linear).over(low, if high > low { high } else { low + 1.0 }),
        missing: "not a number".into(),
    };
    Chart(Panel {
        heading: heading.into(),
        x: Axis::new("input, class after class", Scale::Whole).over(0.0, end),
        y: Axis::new("input", Scale::Whole).over(0.0, end).downwards(),
        height: 330.0,
        marks: vec![Mark::HeatMap(map)],
    })
}

/// A figure of panels, two side by side where there are several.
pub(super) fn figure(title: impl Into<String>, caption: impl Into<String>, charts: Vec<Chart>) -> Block {
    let columns = charts.len().clamp(1, 2);
    let panels = charts.into_iter().map(|Chart(panel)| panel).collect();
    let figure = Figure { title: title.into(), subtitle: String::new(), panels, columns };
    Block::Figure(Picture { caption: caption.into(), figure })
}
