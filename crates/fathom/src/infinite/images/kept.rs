//! What is known of two images between stages.

use super::grid::Grid;
use crate::infinite::matrix::MatrixError;

/// Pairs of places may take far more memory than the images: refused is what is more than is allowed, or than there is.
pub(in crate::infinite) fn check_pairs_of_places(needed: usize, allowed: usize) -> Result<(), MatrixError> {
    let there_is = || Vec::<u8>::new().try_reserve_exact(needed).is_ok();
    if needed <= allowed && there_is() { Ok(()) } else { Err(MatrixError::PairsOfPlaces { needed }) }
}

/// Spreads and Θ of pairs of places, in the order of a [`Layout`].
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub spread: Vec<f64>,
    pub ntk: Vec<f64>,
}

impl Kept {
    pub fn zeros(count: usize) -> Self {
        Self { spread: vec![0.0; count], ntk: vec![0.0; count] }
    }

    /// $\mathcal E = 2 (\sqrt{q q'} - k)$ where covariances stand in place of spreads; zero, to the last bit, of a place with
    /// itself.
    ///
    /// # Arguments
    /// * `variances`: of both images at every place.
    pub fn into_spreads(mut self, layout: &Layout, variances: [&[f64]; 2]) -> Self {
        for (spread, [p, q]) in self.spread.iter_mut().zip(layout.pairs()) {
            *spread = (2.0 * ((variances[0][p] * variances[1][q]).sqrt() - *spread)).max(0.0);
        }
        self
    }
}

/// Where pairs of places stand: as in the [`Grid`] of all offsets that are asked for.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    offsets: [Vec<i64>; 2],
    size: [usize; 2],
    /// Where the pairs of every offset begin.
    starts: Vec<usize>,
    /// Of both axes, the number of each offset from −size + 1 on among those that are asked for.
    numbers: [Vec<Option<usize>>; 2],
    count: usize,
}

impl Layout {
    /// # Arguments
    /// * `offsets`: down and across, ascending.
    pub fn new(offsets: [Vec<i64>; 2], size: [usize; 2]) -> Self {
        let grid = Grid { down: &offsets[0], across: &offsets[1], height: size[0], width: size[1] };
        let starts = grid.rectangles().map(|r| r.start).collect();
        let count = grid.count();
        let numbers = [0, 1].map(|axis| {
            let mut numbers = vec![None; 2 * size[axis].max(1) - 1];
            for (number, offset) in offsets[axis].iter().enumerate() {
                numbers[(offset + size[axis] as i64 - 1) as usize] = Some(number);
            }
            numbers
        });
        Self { offsets, size, starts, numbers, count }
    }

    /// How many pairs.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Where the pairs of an offset begin.
    pub fn start(&self, [down, across]: [i64; 2]) -> Option<usize> {
        Some(self.starts[self.number(0, down)? * self.offsets[1].len() + self.number(1, across)?])
    }

    /// The number of an offset among those that are asked for.
    fn number(&self, axis: usize, offset: i64) -> Option<usize> {
        let at = usize::try_from(offset + self.size[axis] as i64 - 1).ok()?;
        self.numbers[axis].get(at).copied().flatten()
    }

    /// Where a pair of places stands.
    ///
    /// # Arguments
    /// * `rows`, `cols`: coordinates of both places.
    pub fn at(&self, rows: [usize; 2], cols: [usize; 2]) -> Option<usize> {
        Some(self.joint(&self.along(0, rows)?, &self.along(1, cols)?))
    }

    /// A pair of coordinates along one axis, if its offset is asked for.
    fn along(&self, axis: usize, [one, two]: [usize; 2]) -> Option<Along> {
        let apart = two as i64 - one as i64;
        let number = self.number(axis, apart)?;
        Some(Along { number, least: one.min(two), left: self.size[axis] - one.abs_diff(two) })
    }

    /// Where two pairs of coordinates stand.
    pub fn joint(&self, row: &Along, col: &Along) -> usize {
        self.starts[row.number * self.offsets[1].len() + col.number] + row.least * col.left + col.least
    }

    /// For `count` steps from two coordinates on, the step and all pairs of the windows that both lie in.
    pub fn joined(
        &self,
        axis: usize,
        windows: &[Vec<usize>],
        (one, two): (usize, usize),
        count: usize,
    ) -> Vec<(usize, Along)> {
        let mut pairs = Vec::with_capacity(count);
        for step in 0..count {
            for i in &windows[one + step] {
                for k in &windows[two + step] {
                    pairs.extend(self.along(axis, [*i, *k]).map(|along| (step, along)));
                }
            }
        }
        pairs
    }

    /// Where every place with itself stands, one after the other.
    pub fn diagonal(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        let [height, width] = self.size;
        (0..height).flat_map(move |y| (0..width).map(move |x| self.at([y, y], [x, x])))
    }

    /// All pairs in their order: the numbers of both places.
    pub fn pairs(&self) -> impl Iterator<Item = [usize; 2]> + '_ {
        let [height, width] = self.size;
        let grid = Grid { down: &self.offsets[0], across: &self.offsets[1], height, width };
        grid.rectangles().flat_map(move |r| {
            let steps = (0..r.rows).flat_map(move |i| (0..r.cols).map(move |j| i * width + j));
            steps.map(move |step| [r.first + step, r.second + step])
        })
    }
}

/// Two coordinates along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along {
    /// That of their offset.
    number: usize,
    /// The lesser of both, and how many pairs the offset has.
    least: usize,
    left: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_at_the_offsets_asked_for_has_its_own_number_in_order() {
        let layout = Layout::new([vec![-2, 0, 1], vec![-1, 0, 3]], [3, 4]);
        let mut found = Vec::new();
        for (number, [p, q]) in layout.pairs().enumerate() {
            assert_eq!(layout.at([p / 4, q / 4], [p % 4, q % 4]), Some(number));
            found.push((p, q));
        }
        assert_eq!(found.len(), layout.count());
        for p in 0..12_usize {
            for q in 0..12_usize {
                let apart = [(q / 4) as i64 - (p / 4) as i64, (q % 4) as i64 - (p % 4) as i64];
                let asked = [-2, 0, 1].contains(&apart[0]) && [-1, 0, 3].contains(&apart[1]);
                assert_eq!(found.contains(&(p, q)), asked, "{p} {q}");
                assert_eq!(layout.at([p / 4, q / 4], [p % 4, q % 4]).is_some(), asked);
            }
        }
        assert!(layout.diagonal().enumerate().all(|(p, at)| at.is_some_and(|at| found[at] == (p, p))));
        assert_eq!((layout.start([2, 0]), layout.start([0, 9])), (None, None));
    }
}
