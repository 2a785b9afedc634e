//! The numbers behind a figure, as a table.

use crate::plot::{At, Figure, Mark, Panel, Scale};

/// Comma-separated values: one row for each point of each mark, in the units of the axes (not their logarithms).
pub(super) fn numbers(figure: &Figure) -> String {
    let mut text = String::from("panel,mark,x,y,low,high,value\n");
    for panel in &figure.panels {
        for (i, mark) in panel.marks.iter().enumerate() {
            if !panel.marks.get(i + 1).is_some_and(|next| is_marked(mark, next)) {
                let before = i.checked_sub(1).map(|before| &panel.marks[before]);
                rows(panel, mark, before.filter(|before| is_marked(before, mark)), &mut text);
            }
        }
    }
    text
}

/// Whether the second mark stands at the points of a line.
fn is_marked(line: &Mark, next: &Mark) -> bool {
    match (line, next) {
        (Mark::Line { points: places, .. }, Mark::Points { points, .. }) => {
            places.len() == points.len() && places.iter().zip(points).all(|(place, point)| *place == [point.x, point.y])
        }
        _ => false,
    }
}

/// # Arguments
/// * `line`: through the same points, which says what points without a label are.
fn rows(panel: &Panel, mark: &Mark, line: Option<&Mark>, text: &mut String) {
    let unscaled = |scale: Scale, v: f64| if scale == Scale::Log { rounded(10_f64.powf(v)) } else { v };
    let (x_of, y_of) = (|v| unscaled(panel.x.scale, v), |v| unscaled(panel.y.scale, v));
    let heading = field(&panel.heading);
    let mut row = |label: &str, x: f64, y: Option<f64>, ends: Option<[f64; 2]>, value: Option<f64>| {
        let number = |v: Option<f64>| v.filter(|v| v.is_finite()).map_or(String::new(), |v| format!("{v}"));
        let [low, high] = ends.map_or([None, None], |[low, high]| [Some(low), Some(high)]);
        let cells = [number(Some(x)), number(y), number(low), number(high), number(value)].join(",");
        *text += &format!("{heading},{},{cells}\n", field(label));
    };
    match mark {
        Mark::Line { label, points, .. } => {
            points.iter().for_each(|&[x, y]| row(label, x_of(x), Some(y_of(y)), None, None));
        }
        Mark::Band { label, edges, .. } => {
            edges.iter().for_each(|&[x, low, high]| row(label, x_of(x), None, Some([y_of(low), y_of(high)]), None));
        }
        Mark::Points { label, points, .. } => {
            let label = match line {
                Some(Mark::Line { label: of_line, .. }) if label.is_empty() => of_line,
                _ => label,
            };
            points.iter().for_each(|p| row(label, x_of(p.x), Some(y_of(p.y)), p.error.map(|e| e.map(y_of)), None));
        }
        Mark::Histogram { label, edges, heights, .. } => {
            for (pair, height) in edges.windows(2).zip(heights) {
                row(label, x_of(0.5 * (pair[0] + pair[1])), Some(*height), None, None);
            }
        }
        Mark::Reference { label, at: At::X(x), .. } => row(label, x_of(*x), None, None, None),
        Mark::Reference { label, at: At::Y(y), .. } => row(label, f64::NAN, Some(y_of(*y)), None, None),
        Mark::HeatMap(map) => {
            for (y, values) in map.y.windows(2).zip(&map.values) {
                for (x, value) in map.x.windows(2).zip(values) {
                    let (x, y) = (x_of(0.5 * (x[0] + x[1])), y_of(0.5 * (y[0] + y[1])));
                    row(&map.bar.label, x, Some(y), None, value.map(|v| unscaled(map.bar.scale, v)));
                }
            }
        }
        Mark::Text { .. } => {}
    }
}

/// Without the digits that going to logarithms and back has left.
fn rounded(value: f64) -> f64 {
    format!("{value:.12e}").parse().unwrap_or(value)
}

/// A field of a comma-separated row.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}
