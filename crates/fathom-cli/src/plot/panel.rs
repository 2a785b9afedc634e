//! One panel: axes around the marks.

use super::canvas::{Align, Canvas, Pen};
use super::figure::{Axis, HeatMap, Mark, Panel, Scale};
use super::legend::Legend;
use super::marks::{colour_bar, draw};
use super::style::Colour;
use super::text::{text_width, wrap};
use super::ticks::{Tick, ticks};
use super::view::{Frame, View, ranges};

const HEADING: u32 = 14;
const LABEL: u32 = 13;
const TICK: u32 = 12;
/// From line to line of a label.
const LEADING: f64 = 17.0;
const TICK_LENGTH: f64 = 5.0;
/// Right of the frame: room for half a tick label.
const RIGHT: f64 = 26.0;
const BAR_WIDTH: f64 = 14.0;
const BAR_GAP: f64 = 14.0;
/// Most labelled ticks of an axis.
const MOST_TICKS: usize = 7;

/// A panel with everything measured.
pub(super) struct Layout<'a> {
    panel: &'a Panel,
    heading: Vec<String>,
    /// Ends of the axes; `None` if there is nothing to draw.
    ends: Option<[[f64; 2]; 2]>,
    y_ticks: Vec<Tick>,
    y_label: Vec<String>,
    bar: Option<(&'a HeatMap, Vec<Tick>)>,
    bar_label: Vec<String>,
    left: f64,
    right: f64,
    width: f64,
    x_label: Vec<String>,
    legend: Legend<'a>,
}

impl<'a> Layout<'a> {
    /// Measures a panel that is `width` pixels wide.
    pub(super) fn new(panel: &'a Panel, width: f64) -> Self {
        let ends = ranges(panel);
        let most = (panel.height / 40.0) as usize;
        let y_ticks = ends.map_or_else(Vec::new, |[_, y]| ticks(panel.y.scale, y, most.min(MOST_TICKS)));
        let beside = |ticks: &[Tick]| {
            let widest = ticks.iter().map(|t| text_width(&t.label, TICK)).fold(0.0, f64::max);
            widest + TICK_LENGTH + 10.0
        };
        let bar = panel.marks.iter().find_map(|mark| match mark {
            Mark::HeatMap(map) => {
                let ticks = ticks(map.bar.scale, map.bar.range.unwrap_or([0.0, 1.0]), most.min(MOST_TICKS));
                Some((map, ticks))
            }
            _ => None,
        });
        let left = beside(&y_ticks);
        let right = bar.as_ref().map_or(RIGHT, |(_, ticks)| BAR_GAP + BAR_WIDTH + beside(ticks));
        let inner = (width - left - right).max(100.0);
        let bar_label = bar.as_ref().map_or_else(Vec::new, |(map, _)| label_lines(&map.bar, 0.6 * width));
        Self {
            panel,
            heading: wrap(&panel.heading, HEADING, inner, 3),
            ends,
            y_ticks,
            y_label: label_lines(&panel.y, if bar_label.is_empty() { inner } else { 0.4 * width - left }),
            bar_label,
            bar,
            left,
            right,
            width: left + inner + right,
            x_label: label_lines(&panel.x, inner),
            legend: Legend::new(&panel.marks, inner),
        }
    }

    /// From the upper end of the panel to its frame.
    pub(super) fn above(&self) -> f64 {
        let heading = if self.heading.is_empty() { 0.0 } else { 24.0 * self.heading.len() as f64 };
        heading + self.labels_above() + 4.0
    }

    /// Height of the labels of the upward axis and of the colour bar. They are not turned: text is easier to read so.
    fn labels_above(&self) -> f64 {
        match self.y_label.len().max(self.bar_label.len()) {
            0 => 8.0,
            lines => 14.0 + LEADING * lines as f64,
        }
    }

    /// From the frame to the lower end of the panel.
    pub(super) fn below(&self) -> f64 {
        let ticks = if self.panel.x.scale == Scale::Hidden { 8.0 } else { 24.0 };
        ticks + LEADING * self.x_label.len() as f64 + 8.0 + self.legend.height() + 8.0
    }

    pub(super) fn height(&self) -> f64 {
        self.above() + self.panel.height + self.below()
    }

    /// Draws the panel with its frame starting at `top`.
    pub(super) fn draw(&self, canvas: &mut Canvas, x: f64, top: f64) {
        let inner = self.width - self.left - self.right;
        let frame = Frame { left: x + self.left, top, width: inner, height: self.panel.height };
        let centre = frame.left + 0.5 * inner;
        for (i, line) in self.heading.iter().enumerate() {
            let y = top - self.labels_above() - 4.0 - 24.0 * (self.heading.len() - 1 - i) as f64;
            canvas.text([centre, y], line, HEADING, Align::Centre);
        }
        match self.ends {
            Some([x, y]) => self.contents(
                canvas,
                &View { frame, x, y, down: self.panel.y.down, scales: [self.panel.x.scale, self.panel.y.scale] },
            ),
            None => {
                outline(canvas, frame);
                canvas.text([centre, top + 0.5 * frame.height], "nothing to draw", LABEL, Align::Centre);
            }
        }
        self.labels(canvas, frame, x);
        self.legend.draw(canvas, [frame.left, frame.bottom() + self.below() - self.legend.height() - 8.0]);
    }

    fn contents(&self, canvas: &mut Canvas, view: &View) {
        let frame = view.frame;
        let x_ticks = fitting_ticks(&self.panel.x, view.x, frame.width);
        let grid = Pen::solid(Colour::GRID, 0.8);
        for tick in x_ticks.iter().filter(|t| !t.label.is_empty()) {
            for line in view.visible(&[[tick.at, view.y[0]], [tick.at, view.y[1]]]) {
                canvas.line(&line, grid);
            }
        }
        for tick in self.y_ticks.iter().filter(|t| !t.label.is_empty()) {
            for line in view.visible(&[[view.x[0], tick.at], [view.x[1], tick.at]]) {
                canvas.line(&line, grid);
            }
        }
        // The frame lies over areas and under points on it.
        let (areas, rest): (Vec<&Mark>, Vec<&Mark>) = self.panel.marks.iter().partition(|mark| mark.is_area());
        for mark in areas {
            draw(canvas, view, mark);
        }
        outline(canvas, frame);
        for mark in rest {
            draw(canvas, view, mark);
        }
        let pen = Pen::solid(Colour::BLACK, 1.0);
        for tick in &x_ticks {
            let Some([x, y]) = view.place([tick.at, if view.down { view.y[1] } else { view.y[0] }]) else { continue };
            canvas.line(&[[x, y], [x, y + tick_length(tick)]], pen);
            canvas.text([x, y + 18.0], &tick.label, TICK, Align::Centre);
        }
        for tick in &self.y_ticks {
            let Some([x, y]) = view.place([view.x[0], tick.at]) else { continue };
            canvas.line(&[[x - tick_length(tick), y], [x, y]], pen);
            canvas.text([x - TICK_LENGTH - 4.0, y + 4.3], &tick.label, TICK, Align::Right);
        }
    }

    fn labels(&self, canvas: &mut Canvas, frame: Frame, x: f64) {
        let centre = frame.left + 0.5 * frame.width;
        for (i, line) in self.x_label.iter().enumerate() {
            canvas.text([centre, frame.bottom() + 38.0 + LEADING * i as f64], line, LABEL, Align::Centre);
        }
        let above = |lines: &[String], i: usize| frame.top - 12.0 - LEADING * (lines.len() - 1 - i) as f64;
        for (i, line) in self.y_label.iter().enumerate() {
            canvas.text([x + 4.0, above(&self.y_label, i)], line, LABEL, Align::Left);
        }
        for (i, line) in self.bar_label.iter().enumerate() {
            canvas.text([x + self.width - 4.0, above(&self.bar_label, i)], line, LABEL, Align::Right);
        }
        let Some((map, ticks)) = &self.bar else { return };
        let left = frame.right() + BAR_GAP;
        colour_bar(canvas, [left, frame.top], [BAR_WIDTH, frame.height]);
        let [from, to] = map.bar.range.unwrap_or([0.0, 1.0]);
        let right = left + BAR_WIDTH;
        for tick in ticks {
            let y = frame.bottom() - (tick.at - from) / (to - from) * frame.height;
            canvas.line(&[[right, y], [right + tick_length(tick), y]], Pen::solid(Colour::BLACK, 1.0));
            canvas.text([right + TICK_LENGTH + 4.0, y + 4.3], &tick.label, TICK, Align::Left);
        }
    }
}

fn outline(canvas: &mut Canvas, frame: Frame) {
    let Frame { left, top, .. } = frame;
    let (right, bottom) = (frame.right(), frame.bottom());
    let corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]];
    canvas.line(&corners, Pen::solid(Colour::BLACK, 1.0));
}

fn label_lines(axis: &Axis, length: f64) -> Vec<String> {
    wrap(&axis.label, LABEL, length, 3)
}

fn tick_length(tick: &Tick) -> f64 {
    if tick.label.is_empty() { 0.6 * TICK_LENGTH } else { TICK_LENGTH }
}

/// As many ticks as there is room for their labels.
fn fitting_ticks(axis: &Axis, ends: [f64; 2], width: f64) -> Vec<Tick> {
    let mut most = MOST_TICKS;
    loop {
        let ticks = ticks(axis.scale, ends, most);
        let labels = ticks.iter().filter(|t| !t.label.is_empty());
        let mut places: Vec<(f64, f64)> = labels
            .map(|t| ((t.at - ends[0]) / (ends[1] - ends[0]) * width, 0.5 * text_width(&t.label, TICK) + 6.0))
            .collect();
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        if most <= 2 || places.windows(2).all(|w| w[0].0 + w[0].1 <= w[1].0 - w[1].1) {
            return ticks;
        }
        most -= 1;
    }
}
