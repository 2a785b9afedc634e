//! Pairs of places at the offsets of a group, as one list of numbers.

/// The pairs of places $(p, p + d)$ of an image of `height` × `width`, for all offsets $d$ with components in `down` and
/// `across`: one rectangle for each offset, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Grid<'a> {
    pub down: &'a [i64],
    pub across: &'a [i64],
    pub height: usize,
    pub width: usize,
}

/// The pairs of one offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rectangle {
    /// Where its numbers begin.
    pub start: usize,
    pub rows: usize,
    pub cols: usize,
    /// Place of the first image in the first pair, and of the second image.
    pub first: usize,
    pub second: usize,
}

fn left(size: usize, offset: i64) -> usize {
    size - offset.unsigned_abs() as usize
}

fn sum(size: usize, offsets: &[i64]) -> usize {
    offsets.iter().map(|d| left(size, *d)).sum()
}

impl<'a> Grid<'a> {
    /// How many pairs.
    pub fn count(&self) -> usize {
        sum(self.height, self.down) * sum(self.width, self.across)
    }

    /// The rectangle of the offset with components number `i` and `j`.
    pub fn rectangle(&self, i: usize, j: usize) -> Rectangle {
        let (dy, dx) = (self.down[i], self.across[j]);
        let (rows, cols) = (left(self.height, dy), left(self.width, dx));
        let start = sum(self.height, &self.down[..i]) * sum(self.width, self.across)
            + rows * sum(self.width, &self.across[..j]);
        let first = (-dy).max(0) as usize * self.width + (-dx).max(0) as usize;
        let second = dy.max(0) as usize * self.width + dx.max(0) as usize;
        Rectangle { start, rows, cols, first, second }
    }

    /// The rectangle of an offset, if it is there.
    pub fn rectangle_at(&self, offset: [i64; 2]) -> Option<Rectangle> {
        let i = self.down.iter().position(|d| *d == offset[0])?;
        let j = self.across.iter().position(|d| *d == offset[1])?;
        Some(self.rectangle(i, j))
    }

    /// All offsets, in the order of their rectangles.
    pub fn offsets(self) -> impl Iterator<Item = [i64; 2]> + 'a {
        self.down.iter().flat_map(move |dy| self.across.iter().map(move |dx| [*dy, *dx]))
    }

    /// How many pairs an offset has.
    pub fn count_at(&self, [dy, dx]: [i64; 2]) -> usize {
        left(self.height, dy) * left(self.width, dx)
    }

    /// All rectangles, in the order of their numbers.
    pub fn rectangles(self) -> impl Iterator<Item = Rectangle> + 'a {
        (0..self.down.len()).flat_map(move |i| (0..self.across.len()).map(move |j| self.rectangle(i, j)))
    }

    /// What the first and the second image have at the places of all pairs.
    pub fn gather(self, images: [&[f64]; 2], out: [&mut Vec<f64>; 2]) {
        let count = self.count();
        for (number, (image, out)) in images.into_iter().zip(out).enumerate() {
            out.clear();
            out.reserve(count);
            for r in self.rectangles() {
                let first = if number == 0 { r.first } else { r.second };
                if r.cols == self.width {
                    out.extend_from_slice(&image[first..first + r.rows * r.cols]);
                    continue;
                }
                for row in 0..r.rows {
                    out.extend_from_slice(&image[first + row * self.width..][..r.cols]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_hold_every_pair_of_their_offsets_once() {
        let grid = Grid { down: &[-2, 1], across: &[-1, 0, 3], height: 3, width: 4 };
        let places: Vec<f64> = (0..12).map(f64::from).collect();
        let (mut one, mut two) = (Vec::new(), Vec::new());
        grid.gather([&places, &places], [&mut one, &mut two]);
        let mut pairs: Vec<(i64, i64)> = one.iter().zip(&two).map(|(p, r)| (*p as i64, *r as i64)).collect();
        assert_eq!(pairs.len(), grid.count());
        pairs.sort_unstable();
        let mut expected = Vec::new();
        for p in 0..12_i64 {
            for r in 0..12_i64 {
                if [-2, 1].contains(&(r / 4 - p / 4)) && [-1, 0, 3].contains(&(r % 4 - p % 4)) {
                    expected.push((p, r));
                }
            }
        }
        assert_eq!(pairs, expected);
    }
}
