//! A figure on a sheet.

use super::canvas::{Align, Canvas};
use super::figure::Figure;
use super::panel::Layout;
use super::text::wrap;

/// Width of a panel that stands alone, and of one beside others.
const WIDTHS: [f64; 2] = [760.0, 600.0];
const EDGE: f64 = 14.0;
const GAP: f64 = 20.0;
const TITLE: u32 = 17;
const SUBTITLE: u32 = 13;
const TITLE_LINE: f64 = 23.0;
const SUBTITLE_LINE: f64 = 18.0;
/// Most lines of a title.
const MOST_LINES: usize = 2;

impl Figure {
    /// The picture as a part of a page, which may be that of a phone: one panel below the other.
    pub(crate) fn to_inline_svg(&self, label: &str) -> String {
        render(&Self { columns: 1, ..self.clone() }).to_inline_svg(label)
    }
}

/// Draws a figure.
pub(super) fn render(figure: &Figure) -> Canvas {
    let columns = figure.columns.clamp(1, figure.panels.len().max(1));
    let cell = WIDTHS[usize::from(columns > 1)];
    let width = 2.0 * EDGE + cell * columns as f64 + GAP * (columns - 1) as f64;
    let title = wrap(&figure.title, TITLE, width - 2.0 * EDGE, MOST_LINES);
    let subtitle = wrap(&figure.subtitle, SUBTITLE, width - 2.0 * EDGE, MOST_LINES);
    let layouts: Vec<Layout<'_>> = figure.panels.iter().map(|panel| Layout::new(panel, cell)).collect();
    let head = EDGE + TITLE_LINE * title.len() as f64 + SUBTITLE_LINE * subtitle.len() as f64 + 4.0;
    let rows = || layouts.chunks(columns);
    let height_of = |row: &[Layout<'_>]| row.iter().map(Layout::height).fold(0.0, f64::max);
    let height = head + rows().map(height_of).sum::<f64>() + EDGE;

    let mut canvas = Canvas::new(width, height.ceil());
    let mut y = EDGE;
    for line in &title {
        y += TITLE_LINE;
        canvas.text([0.5 * width, y - 6.0], line, TITLE, Align::Centre);
    }
    for line in &subtitle {
        y += SUBTITLE_LINE;
        canvas.text([0.5 * width, y - 4.0], line, SUBTITLE, Align::Centre);
    }
    let mut top = head;
    for row in rows() {
        // Frames side by side start at the same height.
        let above = row.iter().map(Layout::above).fold(0.0, f64::max);
        for (i, layout) in row.iter().enumerate() {
            layout.draw(&mut canvas, EDGE + (cell + GAP) * i as f64, top + above);
        }
        top += height_of(row);
    }
    canvas
}
