//! From the numbers of a panel to pixels.

use fathom_ntk::report::number;

use super::figure::{Axis, Mark, Panel, Scale};

/// Numbers beyond this are not drawn: differences of them overflow.
const LARGEST: f64 = 1e300;
/// Room left beyond the outermost marks, as a share of the axis.
const MARGIN: f64 = 0.04;

/// The rectangle between the axes, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Frame {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn contains(&self, [x, y]: [f64; 2]) -> bool {
        (self.left..=self.right()).contains(&x) && (self.top..=self.bottom()).contains(&y)
    }
}

/// Which numbers lie where.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) frame: Frame,
    pub(super) x: [f64; 2],
    pub(super) y: [f64; 2],
    /// Whether y grows downwards.
    pub(super) down: bool,
    /// How numbers lie on both axes.
    pub(super) scales: [Scale; 2],
}

impl View {
    /// The pixels of a place; `None` for numbers that cannot be drawn.
    pub(super) fn place(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let share = |v: f64, [from, to]: [f64; 2]| drawable(v).then(|| (v - from) / (to - from));
        let (right, along) = (share(x, self.x)?, share(y, self.y)?);
        let below = if self.down { along } else { 1.0 - along };
        Some([self.frame.left + right * self.frame.width, self.frame.top + below * self.frame.height])
    }

    /// The numbers of a place in words.
    pub(super) fn words(&self, [x, y]: [f64; 2]) -> String {
        let of = |v: f64, scale| number(if scale == Scale::Log { 10_f64.powf(v) } else { v });
        match self.scales {
            [x_scale, Scale::Hidden] => of(x, x_scale),
            [x_scale, y_scale] => format!("({}, {})", of(x, x_scale), of(y, y_scale)),
        }
    }

    /// The same, moved into the frame where it lies outside.
    pub(super) fn nearest(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        self.place([x.clamp(self.x[0], self.x[1]), y.clamp(self.y[0], self.y[1])])
    }

    /// The parts of a line through points that can be seen.
    pub(super) fn visible(&self, points: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
        let mut pieces: Vec<Vec<[f64; 2]>> = Vec::new();
        for pair in points.windows(2) {
            let (Some(from), Some(to)) = (self.place(pair[0]), self.place(pair[1])) else { continue };
            let Some([from, to]) = clip(self.frame, from, to) else { continue };
            match pieces.last_mut() {
                Some(piece) if piece.last() == Some(&from) => piece.push(to),
                _ => pieces.push(vec![from, to]),
            }
        }
        pieces
    }
}

/// Whether a number can be drawn.
pub(super) fn drawable(v: f64) -> bool {
    v.abs() <= LARGEST
}

/// The part of a line segment inside the frame.
fn clip(frame: Frame, from: [f64; 2], to: [f64; 2]) -> Option<[[f64; 2]; 2]> {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let ends = [[frame.left, frame.right()], [frame.top, frame.bottom()]];
    for axis in 0..2 {
        let (start, run) = (from[axis], to[axis] - from[axis]);
        let [low, high] = ends[axis];
        if run == 0.0 {
            if !(low..=high).contains(&start) {
                return None;
            }
            continue;
        }
        let (a, b) = ((low - start) / run, (high - start) / run);
        enter = enter.max(a.min(b));
        leave = leave.min(a.max(b));
    }
    let at = |share: f64, end: [f64; 2]| match share {
        0.0 => from,
        1.0 => to,
        _ if frame.contains(end) => end,
        _ => [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])],
    };
    (enter <= leave).then(|| [at(enter, from), at(leave, to)])
}

/// The ends of both axes; `None` if nothing can be drawn.
pub(super) fn ranges(panel: &Panel) -> Option<[[f64; 2]; 2]> {
    let x = range(&panel.x, panel.marks.iter().flat_map(Mark::xs))?;
    let y = range(&panel.y, panel.marks.iter().flat_map(Mark::ys))?;
    Some([x, y])
}

fn range(axis: &Axis, values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let fits = |from: f64, to: f64| values.filter(|v| drawable(*v)).fold([from, to], |[a, b], v| [a.min(v), b.max(v)]);
    let [from, to] = match axis.range {
        Some(range) => range,
        None => fits(f64::INFINITY, f64::NEG_INFINITY),
    };
    if !(drawable(from) && drawable(to) && from <= to) {
        return None;
    }
    if from == 0.0 && to == 0.0 {
        return Some([0.0, 1.0]);
    }
    if to - from <= 1e-12 * from.abs().max(to.abs()) {
        let reach = if axis.scale == Scale::Linear { (0.1 * from.abs()).max(1e-3) } else { 0.5 };
        return Some([from - reach, to + reach]);
    }
    if axis.range.is_some() {
        return Some([from, to]);
    }
    let margin = MARGIN * (to - from);
    // Nothing is drawn below an axis that starts at zero, as densities do.
    Some([if from == 0.0 && axis.scale == Scale::Linear { 0.0 } else { from - margin }, to + margin])
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: View = View {
        frame: Frame { left: 10.0, top: 20.0, width: 100.0, height: 50.0 },
        x: [0.0, 1.0],
        y: [0.0, 5.0],
        down: false,
        scales: [Scale::Linear; 2],
    };

    #[test]
    fn numbers_go_right_and_up() {
        assert_eq!(VIEW.place([0.5, 1.0]), Some([60.0, 60.0]));
        assert_eq!(VIEW.place([f64::NAN, 1.0]), None);
        assert_eq!(VIEW.place([0.0, f64::INFINITY]), None);
        assert_eq!(VIEW.nearest([7.0, -1.0]), Some([110.0, 70.0]));
    }

    #[test]
    fn lines_end_at_the_frame() {
        // From the middle of the frame straight up to twice its height, and back again further right.
        let pieces = VIEW.visible(&[[0.5, 2.5], [0.5, 7.5], [0.75, 7.5], [0.75, 0.0]]);
        assert_eq!(pieces, [vec![[60.0, 45.0], [60.0, 20.0]], vec![[85.0, 20.0], [85.0, 70.0]]]);
        assert!(VIEW.visible(&[[2.0, 0.0], [3.0, 5.0]]).is_empty());
        let broken = VIEW.visible(&[[0.0, 0.0], [0.5, 1.0], [f64::NAN, 1.0], [0.6, 1.0], [0.7, 1.0]]);
        assert_eq!(broken.len(), 2, "a gap where there is no number");
        assert_eq!(VIEW.visible(&[[0.0, 0.0], [0.5, 1.0], [1.0, 0.0]]).len(), 1, "one line through three points");
    }

    #[test]
    fn lines_from_very_far_away_are_seen() {
        let pieces = VIEW.visible(&[[-1e299, 2.5], [1e299, 2.5]]);
        assert_eq!(pieces.len(), 1);
        assert!((pieces[0][0][0] - 10.0).abs() < 1e-6 || pieces[0][0][0] <= 110.0);
    }
}
