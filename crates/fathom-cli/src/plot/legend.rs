//! What the marks mean, below their panel: nothing there can be covered.

use super::canvas::{Align, Canvas};
use super::figure::Mark;
use super::marks::sample;
use super::text::{text_width, wrap};

const SIZE: u32 = 12;
const LINE: f64 = 19.0;
/// From the left end of an entry to its words.
const INDENT: f64 = 34.0;
const GAP: f64 = 18.0;
/// Most lines of one entry.
const MOST_LINES: usize = 3;

/// Entries with their places, relative to the upper left corner of the legend.
pub(super) struct Legend<'a> {
    entries: Vec<(&'a Mark, [f64; 2], Vec<String>)>,
    height: f64,
}

impl<'a> Legend<'a> {
    /// Places the entries of all marks that have a label, in lines of this width.
    pub(super) fn new(marks: &'a [Mark], width: f64) -> Self {
        let (mut entries, mut x, mut y, mut below) = (Vec::new(), 0.0, 0.0, 0.0);
        for mark in marks.iter().filter(|m| !m.label().is_empty()) {
            let lines = wrap(mark.label(), SIZE, width - INDENT, MOST_LINES);
            let needed = INDENT + lines.iter().map(|l| text_width(l, SIZE)).fold(0.0, f64::max);
            if x > 0.0 && x + needed > width {
                (x, y) = (0.0, below);
            }
            below = f64::max(below, y + LINE * lines.len() as f64);
            entries.push((mark, [x, y], lines));
            x += needed + GAP;
        }
        Self { entries, height: below }
    }

    pub(super) fn height(&self) -> f64 {
        self.height
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, [left, top]: [f64; 2]) {
        for (mark, [x, y], lines) in &self.entries {
            let (x, y) = (left + x, top + y);
            sample(canvas, [x + 0.5 * (INDENT - 6.0), y + 0.5 * LINE], mark);
            for (i, line) in lines.iter().enumerate() {
                canvas.text([x + INDENT, y + LINE * i as f64 + 0.5 * LINE + 4.2], line, SIZE, Align::Left);
            }
        }
    }
}
