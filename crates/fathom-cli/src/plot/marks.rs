//! How each kind of mark is drawn.

use super::canvas::{Align, Canvas, Pen};
use super::figure::{At, HeatMap, Mark, Point};
use super::style::{Colour, Dash, Marker};
use super::text::text_width;
use super::view::{View, drawable};

/// Thickness of curves.
const CURVE: f64 = 2.2;
/// Half the size of a point.
const REACH: f64 = 4.5;
/// Half the width of the ends of an error bar.
const CAP: f64 = 4.0;
/// Most points of a curve that say their numbers.
const SPOTS: usize = 200;
/// Font size of words inside the frame.
const WORDS: u32 = 13;

/// Draws a mark inside the frame.
pub(super) fn draw(canvas: &mut Canvas, view: &View, mark: &Mark) {
    match mark {
        Mark::Line { label, colour, dash, points } => {
            if points.len() <= SPOTS {
                points.iter().for_each(|point| spot(canvas, view, label, *point));
            }
            let pen = Pen { colour: *colour, width: CURVE, dash: *dash };
            for piece in view.visible(points) {
                canvas.line(&piece, pen);
            }
        }
        Mark::Band { colour, edges, .. } => band(canvas, view, *colour, edges),
        Mark::Points { label, colour, marker, points } => {
            for point in points {
                spot(canvas, view, label, [point.x, point.y]);
                draw_point(canvas, view, *colour, *marker, point);
            }
        }
        Mark::Histogram { colour, edges, heights, .. } => histogram(canvas, view, *colour, edges, heights),
        Mark::Reference { colour, dash, at, .. } => {
            let ends = match *at {
                At::X(x) => [[x, view.y[0]], [x, view.y[1]]],
                At::Y(y) => [[view.x[0], y], [view.x[1], y]],
            };
            for piece in view.visible(&ends) {
                canvas.line(&piece, Pen { colour: *colour, width: 1.6, dash: *dash });
            }
        }
        Mark::HeatMap(map) => heat_map(canvas, view, map),
        Mark::Text { at, text } => words(canvas, view, *at, text),
    }
}

/// Says the numbers of a point, and what it belongs to, when the pointer is over it.
fn spot(canvas: &mut Canvas, view: &View, label: &str, point: [f64; 2]) {
    if let Some(at) = view.place(point).filter(|at| view.frame.contains(*at)) {
        let between = if label.is_empty() { "" } else { ": " };
        canvas.spot(at, format!("{label}{between}{}", view.words(point)));
    }
}

/// Draws a small example of a mark for the legend, 26 pixels wide around `[x, y]`.
pub(super) fn sample(canvas: &mut Canvas, [x, y]: [f64; 2], mark: &Mark) {
    let ends = [[x - 13.0, y], [x + 13.0, y]];
    let swatch = |canvas: &mut Canvas, fill: Colour| {
        canvas.polygon(
            &[[x - 9.0, y - 5.0], [x + 9.0, y - 5.0], [x + 9.0, y + 5.0], [x - 9.0, y + 5.0]],
            fill,
            Some(Pen::solid(Colour::GREY, 0.8)),
        );
    };
    match mark {
        Mark::Line { colour, dash, .. } => canvas.line(&ends, Pen { colour: *colour, width: CURVE, dash: *dash }),
        Mark::Reference { colour, dash, .. } => canvas.line(&ends, Pen { colour: *colour, width: 1.6, dash: *dash }),
        Mark::Band { colour, .. } => swatch(canvas, *colour),
        Mark::Histogram { colour, .. } => swatch(canvas, *colour),
        Mark::HeatMap(_) => swatch(canvas, Colour::GREY),
        Mark::Points { colour, marker, points, .. } => {
            if points.iter().any(|p| p.error.is_some()) {
                canvas.line(&[[x, y - 7.0], [x, y + 7.0]], Pen::solid(*colour, 1.4));
            }
            symbol(canvas, [x, y], *colour, *marker);
        }
        Mark::Text { .. } => {}
    }
}

fn band(canvas: &mut Canvas, view: &View, colour: Colour, edges: &[[f64; 3]]) {
    let usable: Vec<&[f64; 3]> = edges.iter().filter(|e| drawable(e[0]) && !e[1].is_nan() && !e[2].is_nan()).collect();
    let lower = usable.iter().filter_map(|e| view.nearest([e[0], e[1]]));
    let upper = usable.iter().rev().filter_map(|e| view.nearest([e[0], e[2]]));
    let corners: Vec<[f64; 2]> = lower.chain(upper).collect();
    if corners.len() > 3 {
        canvas.polygon(&corners, colour, None);
    }
}

fn draw_point(canvas: &mut Canvas, view: &View, colour: Colour, marker: Marker, point: &Point) {
    let Some([x, y]) = view.place([point.x, point.y]).filter(|p| view.frame.contains(*p)) else { return };
    if let Some([low, high]) = point.error.filter(|e| !(e[0].is_nan() || e[1].is_nan())) {
        let pen = Pen::solid(colour, 1.4);
        let ends = [low, high].map(|end| view.nearest([point.x, end]).map_or(y, |p| p[1]));
        canvas.line(&[[x, ends[0]], [x, ends[1]]], pen);
        for (end, value) in ends.into_iter().zip([low, high]) {
            // An end that lies outside has no cap.
            if (view.y[0]..=view.y[1]).contains(&value) {
                canvas.line(&[[x - CAP, end], [x + CAP, end]], pen);
            }
        }
    }
    symbol(canvas, [x, y], colour, marker);
}

fn symbol(canvas: &mut Canvas, [x, y]: [f64; 2], colour: Colour, marker: Marker) {
    let edge = Pen::solid(Colour::WHITE, 1.0);
    let corners = match marker {
        Marker::Circle => return canvas.circle([x, y], REACH, colour, edge),
        Marker::Diamond => [[0.0, -1.7], [1.7, 0.0], [0.0, 1.7], [-1.7, 0.0]],
        Marker::Square => [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]],
    };
    let mut corners = corners.map(|[dx, dy]| [x + REACH * dx, y + REACH * dy]).to_vec();
    canvas.polygon(&corners, colour, None);
    corners.push(corners[0]);
    canvas.line(&corners, edge);
}

fn histogram(canvas: &mut Canvas, view: &View, colour: Colour, edges: &[f64], heights: &[f64]) {
    for (pair, &height) in edges.windows(2).zip(heights) {
        if !(drawable(height) && drawable(pair[0]) && drawable(pair[1]) && height > 0.0) {
            continue;
        }
        let corners = (view.nearest([pair[0], height]), view.nearest([pair[1], 0.0]));
        if let (Some([left, top]), Some([right, bottom])) = corners {
            canvas.rectangle([left, top], [right - left, bottom - top], colour, 1.0);
        }
        if let (Some([left, top]), Some([right, _])) = corners
            && right - left > 5.0
        {
            canvas.line(&[[left, top], [right, top]], Pen::solid(Colour::GREY, 0.8));
        }
    }
}

/// Cells end at whole half-pixels, or they would show seams.
fn heat_map(canvas: &mut Canvas, view: &View, map: &HeatMap) {
    let snap = |v: f64| (2.0 * v).round() / 2.0;
    let [low, high] = map.bar.range.unwrap_or([0.0, 1.0]);
    for (rows, values) in map.y.windows(2).zip(&map.values) {
        for (columns, value) in map.x.windows(2).zip(values) {
            let corners = (view.nearest([columns[0], rows[0]]), view.nearest([columns[1], rows[1]]));
            let (Some([left, one]), Some([right, other])) = corners else { continue };
            let (top, bottom) = (one.min(other), one.max(other));
            let fill = match value.filter(|v| !v.is_nan()) {
                Some(value) => Colour::viridis(((value - low) / (high - low)).clamp(0.0, 1.0)),
                None => Colour::GREY,
            };
            let (left, top) = (snap(left), snap(top));
            canvas.rectangle([left, top], [snap(right) - left, snap(bottom) - top], fill, 1.0);
        }
    }
}

/// Words on a light ground, moved so that they stay inside the frame.
fn words(canvas: &mut Canvas, view: &View, at: [f64; 2], text: &str) {
    let Some([x, y]) = view.place(at) else { return };
    let (half, frame) = (0.5 * text_width(text, WORDS) + 5.0, view.frame);
    let x = x.min(frame.right() - half).max(frame.left + half);
    let y = y.min(frame.bottom() - 12.0).max(frame.top + 12.0);
    canvas.rectangle([x - half, y - 10.0], [2.0 * half, 20.0], Colour::WHITE, 0.8);
    canvas.text([x, y + 4.5], text, WORDS, Align::Centre);
}

/// The colours of a heat map from low to high, in steps.
pub(super) fn colour_bar(canvas: &mut Canvas, [left, top]: [f64; 2], [width, height]: [f64; 2]) {
    const STEPS: usize = 100;
    for i in 0..STEPS {
        let edge = |i: usize| (2.0 * (top + height * (STEPS - i) as f64 / STEPS as f64)).round() / 2.0;
        let (upper, lower) = (edge(i + 1), edge(i));
        let colour = Colour::viridis((i as f64 + 0.5) / STEPS as f64);
        canvas.rectangle([left, upper], [width, lower - upper], colour, 1.0);
    }
    let (right, bottom) = (left + width, top + height);
    let outline = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]];
    canvas.line(&outline, Pen { colour: Colour::BLACK, width: 0.8, dash: Dash::Solid });
}
