//! What a stage hands on: outputs, sums over the windows of a pool, and pairs that are kept.

use super::grid::Rectangle;
use super::kept::{Kept, Layout};
use super::run::{Group, Pairs, Pass};

impl<'a> Group<'a> {
    /// The pairs of the last value that are asked for, by their offsets.
    fn last(self) -> impl Iterator<Item = (Rectangle, [i64; 2])> + 'a {
        let grid = self.grid(self.stage.output());
        let asked = [0, 1].map(|i| &self.stage.offsets.axes[i].sets[self.classes[i].last]);
        let offsets = asked[0].iter().flat_map(move |dy| asked[1].iter().map(move |dx| [*dy, *dx]));
        offsets.filter_map(move |offset| Some((grid.rectangle_at(offset)?, offset)))
    }
}

impl<'a> Pass<'a> {
    /// Σ and Θ of pairs of places of the last value in its units, with the places of both images.
    pub fn results(&self, group: Group<'a>, pairs: &Pairs, mut each: impl FnMut([usize; 2], [f64; 2])) {
        let [one, two] = self.roots(self.stage.output());
        let [_, width] = self.stage.sizes[self.stage.output()];
        for (r, _) in group.last() {
            for (i, j) in (0..r.rows).flat_map(|i| (0..r.cols).map(move |j| (i, j))) {
                let (p, q, at) = (r.first + i * width + j, r.second + i * width + j, r.start + i * r.cols + j);
                each([p, q], [one[p] * two[q] - 0.5 * pairs.spread[at], pairs.ntk[at]]);
            }
        }
    }

    /// Adds the covariances and Θ of the last value to the pairs of windows that their places lie in.
    ///
    /// # Arguments
    /// * `windows`: of both axes, for each place.
    pub fn add_windows(
        &self,
        group: Group<'a>,
        pairs: &Pairs,
        windows: &[Vec<Vec<usize>>; 2],
        layout: &Layout,
        sums: &mut Kept,
    ) {
        let [one, two] = self.roots(self.stage.output());
        let [_, width] = self.stage.sizes[self.stage.output()];
        for (r, _) in group.last() {
            let starts = [(r.first / width, r.second / width), (r.first % width, r.second % width)];
            let [rows, cols] = [0, 1].map(|axis| {
                let count = if axis == 0 { r.rows } else { r.cols };
                layout.joined(axis, &windows[axis], starts[axis], count)
            });
            for (i, row) in &rows {
                for (j, col) in &cols {
                    let (step, at) = (i * width + j, layout.joint(row, col));
                    let number = r.start + i * r.cols + j;
                    sums.spread[at] += one[r.first + step] * two[r.second + step] - 0.5 * pairs.spread[number];
                    sums.ntk[at] += pairs.ntk[number];
                }
            }
        }
    }
}

impl Pairs {
    /// Puts the pairs that are asked for where they are kept.
    pub fn keep(&self, group: Group<'_>, layout: &Layout, kept: &mut Kept) {
        for (r, offset) in group.last() {
            let Some(start) = layout.start(offset) else { continue };
            let count = r.rows * r.cols;
            kept.spread[start..start + count].copy_from_slice(&self.spread[r.start..r.start + count]);
            kept.ntk[start..start + count].copy_from_slice(&self.ntk[r.start..r.start + count]);
        }
    }
}
