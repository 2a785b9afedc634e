//! A sweep as a picture: a quantity against depth over width, and over two axes of the grid.

use fathom_ntk::analysis::sweep::{Key, Row, SweepCommand, Table};

use crate::error::CommandError;
use crate::plot::figure::{Axis, Figure, HeatMap, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

const HEIGHT: f64 = 320.0;
/// Curves that can be told apart in one panel.
const STYLES: [(Colour, Dash, Marker); 6] = [
    (Colour::BLUE, Dash::Solid, Marker::Circle),
    (Colour::VERMILLION, Dash::Dashed, Marker::Square),
    (Colour::GREEN, Dash::Dotted, Marker::Diamond),
    (Colour::BLACK, Dash::Mixed, Marker::Circle),
    (Colour::ORANGE, Dash::Solid, Marker::Square),
    (Colour::SKY_BLUE, Dash::Dashed, Marker::Diamond),
];
/// Most heat maps of one quantity.
const MAPS: usize = 4;
/// Ratio of the ends of an axis from which it is logarithmic.
const WIDE: f64 = 8.0;

/// The picture of a sweep, over seeds.
///
/// # Errors
/// [`CommandError::Usage`] for a quantity that the table does not have as numbers.
pub(crate) fn sweep_figure(command: SweepCommand, table: &Table, asked: Option<&str>) -> Result<Figure, CommandError> {
    let means = table.over_seeds();
    let (against, mapped) = match (asked, command) {
        (Some(asked), _) => (asked, asked),
        (None, SweepCommand::Train) => ("ntk_drift", "train_loss"),
        (None, SweepCommand::Sample) => ("relative_std", "relative_std"),
        (None, SweepCommand::Verdict) => ("random", "steps_needed"),
    };
    let known = |name: &str| means.rows().iter().any(|row| value(row, name).is_some());
    if let Some(asked) = asked.filter(|asked| !known(asked)) {
        let names: Vec<String> = means.quantities().into_iter().filter(|name| known(name)).collect();
        let message = format!("{asked} is no number of this sweep: --show takes {}", names.join(", "));
        return Err(CommandError::Usage(message));
    }
    let mut panels = vec![lines(&means, against)];
    panels.extend(maps(&means, mapped));
    panels.retain(|panel| !panel.marks.is_empty());
    let seeds = table.rows().len() / means.rows().len().max(1);
    let of_seeds = if seeds > 1 { format!(", means over {seeds} seeds ± standard error") } else { String::new() };
    let columns = if panels.len() > 1 { 2 } else { 1 };
    Ok(Figure {
        title: format!("Sweep of fathom {}, {} networks", command.name(), means.rows().len()),
        subtitle: format!(
            "axes {}{of_seeds}",
            means.keys().iter().map(|key| key.name()).collect::<Vec<_>>().join(", ")
        ),
        panels,
        columns,
    })
}

/// A number of a row: a quantity, or the value of an axis.
fn value(row: &Row, name: &str) -> Option<f64> {
    let of_axis = || row.settings.iter().find(|setting| setting.key().name() == name)?.number();
    row.outcome.quantity(name).map_or_else(of_axis, |quantity| quantity.value)
}

/// Keys that vary.
fn varying(table: &Table) -> Vec<Key> {
    let varies = |place: &usize| {
        let mut values = table.rows().iter().map(|row| &row.settings[*place]);
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    (0..table.keys().len()).filter(varies).map(|place| table.keys()[place]).collect()
}

/// The values of some keys in words.
fn label(row: &Row, keys: &[Key]) -> String {
    let words = row.settings.iter().filter(|setting| keys.contains(&setting.key()));
    words.map(|setting| format!("{} = {setting}", setting.key())).collect::<Vec<_>>().join(", ")
}

fn is_positive(values: &[f64]) -> bool {
    values.iter().all(|value| *value > 0.0)
}

fn is_wide(values: &[f64]) -> bool {
    let (low, high) = ends(values);
    is_positive(values) && high >= WIDE * low
}

fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

/// An axis for some values, and where they lie on it.
fn scaled(label: &str, values: &[f64]) -> (Axis, fn(f64) -> f64) {
    if is_wide(values) { (Axis::new(label, Scale::Log), f64::log10) } else { (Axis::new(label, Scale::Linear), |v| v) }
}

/// A curve for each combination of the other axes.
fn lines(means: &Table, name: &str) -> Panel {
    const SHAPE: [Key; 3] = [Key::Depth, Key::Width, Key::Ratio];
    let varying = varying(means);
    let of_shape = varying.iter().any(|key| SHAPE.contains(key));
    let first = varying.iter().copied().find(|key| key.is_number());
    // Networks of one ratio but different sizes are not on one curve: width tells them apart.
    let (x_name, x_label) = match (of_shape, first) {
        (true, _) => ("ratio", "depth over width L/n"),
        (false, Some(key)) => (key.name(), key.name()),
        (false, None) => ("cell", "cell"),
    };
    let taken = |key: &Key| key.name() == x_name || *key == Key::Ratio || (of_shape && *key == Key::Depth);
    let others: Vec<Key> = varying.iter().copied().filter(|key| !taken(key)).collect();
    let mut curves: Vec<(String, Vec<Point>)> = Vec::new();
    for row in means.rows() {
        let x = if x_name == "cell" { Some(row.index as f64) } else { value(row, x_name) };
        let (Some(x), Some(quantity)) = (x, row.outcome.quantity(name)) else { continue };
        let Some(y) = quantity.value else { continue };
        let label = label(row, &others);
        let point = Point { x, y, error: quantity.standard_error.map(|error| [y - error, y + error]) };
        match curves.iter_mut().find(|(known, _)| *known == label) {
            Some((_, points)) => points.push(point),
            None => curves.push((label, vec![point])),
        }
    }
    let all = |of: fn(&Point) -> f64| curves.iter().flat_map(|(_, points)| points.iter().map(of)).collect::<Vec<f64>>();
    let (x, place_x) = scaled(x_label, &all(|point| point.x));
    let (y, place_y) = scaled(name, &all(|point| point.y));
    let mut marks = Vec::new();
    let left = curves.len().saturating_sub(STYLES.len());
    for ((label, mut points), (colour, dash, marker)) in curves.into_iter().zip(STYLES) {
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        for point in &mut points {
            // The lower end of a bar may be below what a logarithm can show.
            let least = if y.scale == Scale::Log { 0.01 * point.y } else { f64::NEG_INFINITY };
            let error = point.error.map(|[low, high]| [place_y(low.max(least)), place_y(high)]);
            *point = Point { x: place_x(point.x), y: place_y(point.y), error };
        }
        let places = points.iter().map(|point| [point.x, point.y]).collect();
        marks.push(Mark::Line { label, colour, dash, points: places });
        marks.push(Mark::Points { label: String::new(), colour, marker, points });
    }
    let heading = if left > 0 { format!("{name} ({left} more curves are left out)") } else { name.into() };
    Panel { heading, x, y, height: HEIGHT, marks }
}

/// Heat maps over the first two axes of numbers, one for each combination of the others.
fn maps(means: &Table, name: &str) -> Vec<Panel> {
    let varying = varying(means);
    let mut numbers = varying.iter().copied().filter(|key| key.is_number());
    let (Some(y), Some(x)) = (numbers.next(), numbers.next()) else { return Vec::new() };
    let others: Vec<Key> = varying.iter().copied().filter(|key| ![x, y].contains(key)).collect();
    let mut labels: Vec<String> = Vec::new();
    for row in means.rows() {
        let label = label(row, &others);
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let values: Vec<f64> = means.rows().iter().filter_map(|row| value(row, name)).collect();
    if values.is_empty() {
        return Vec::new();
    }
    let (bar, place) = scaled(name, &values);
    let (low, high) = ends(&values.iter().map(|value| place(*value)).collect::<Vec<_>>());
    let high = if high > low { high } else { low + low.abs().max(1.0) };
    let bar = bar.over(low, high);
    let panel = |label: String| {
        let rows: Vec<&Row> = means.rows().iter().filter(|row| self::label(row, &others) == label).collect();
        let map = map(&rows, name, [x, y], place, bar.clone());
        let [x, y] = [x, y].map(|key| grid(&rows, key).0);
        let heading = if label.is_empty() { name.into() } else { format!("{name}, {label}") };
        Panel { heading, x, y, height: HEIGHT, marks: vec![Mark::HeatMap(map)] }
    };
    labels.into_iter().take(MAPS).map(panel).collect()
}

/// The axis of a key, its values in order, and the boundaries of their cells.
fn grid(rows: &[&Row], key: Key) -> (Axis, Vec<f64>, Vec<f64>) {
    let mut values: Vec<f64> = rows.iter().filter_map(|row| value(row, key.name())).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let (axis, place) = scaled(key.name(), &values);
    let places: Vec<f64> = values.iter().map(|value| place(*value)).collect();
    let mut edges: Vec<f64> = places.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
    if let ([first, second, ..], [.., before, last]) = (&places[..], &places[..]) {
        edges.insert(0, 1.5 * first - 0.5 * second);
        edges.push(1.5 * last - 0.5 * before);
    } else {
        edges = places.iter().flat_map(|place| [place - 0.5, place + 0.5]).collect();
    }
    let axis = match (edges.first(), edges.last()) {
        (Some(first), Some(last)) => axis.over(*first, *last),
        _ => axis,
    };
    (axis, values, edges)
}

fn map(rows: &[&Row], name: &str, [x, y]: [Key; 2], place: fn(f64) -> f64, bar: Axis) -> HeatMap {
    let ((_, columns, x_edges), (_, lines, y_edges)) = (grid(rows, x), grid(rows, y));
    let at = |line: f64, column: f64| {
        let is_here = |row: &&&Row| value(row, x.name()) == Some(column) && value(row, y.name()) == Some(line);
        rows.iter().find(is_here).and_then(|row| value(row, name)).map(place)
    };
    let values = lines.iter().map(|line| columns.iter().map(|column| at(*line, *column)).collect()).collect();
    HeatMap { x: x_edges, y: y_edges, values, bar, missing: "diverged, failed or not known".into() }
}
