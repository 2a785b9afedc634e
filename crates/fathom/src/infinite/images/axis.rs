//! Windows along one axis of an image.

use std::collections::BTreeSet;

use crate::spec::{Padding, padding_before};

/// Windows of `window` numbers at distance `stride` over `size` numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub size: usize,
    /// How many windows.
    pub out: usize,
    pub window: usize,
    pub stride: usize,
    /// Numbers of padding before the first window.
    before: usize,
    circular: bool,
    /// For each window, its places: `None` in the padding.
    places: Vec<Option<usize>>,
}

impl Axis {
    /// `out` is the number of windows that this padding leads to.
    pub fn new(size: usize, out: usize, window: usize, stride: usize, padding: Padding) -> Self {
        let before = padding_before(size, out, window, stride, padding);
        let mut axis =
            Self { size, out, window, stride, before, circular: padding == Padding::Circular, places: Vec::new() };
        let padded = |i: usize| axis.place((i / window * stride + i % window) as i64 - before as i64);
        axis.places = (0..out * window).map(padded).collect();
        axis
    }

    /// One window over everything.
    pub fn whole(size: usize) -> Self {
        Self::new(size, 1, size, 1, Padding::Valid)
    }

    /// Whether there is one window, over everything once.
    pub fn is_whole(&self) -> bool {
        self.out == 1 && self.window == self.size && self.places.iter().all(Option::is_some)
    }

    /// Where a number of the padded line comes from.
    fn place(&self, at: i64) -> Option<usize> {
        let size = self.size as i64;
        let place = if self.circular { at.rem_euclid(size) } else { at };
        (0..size).contains(&place).then_some(place as usize)
    }

    /// The places of a window.
    pub fn window_places(&self, at: usize) -> &[Option<usize>] {
        &self.places[at * self.window..(at + 1) * self.window]
    }

    /// For each place, the windows that it lies in.
    pub fn windows_of_places(&self) -> Vec<Vec<usize>> {
        let mut windows = vec![Vec::new(); self.size];
        for at in 0..self.out {
            for place in self.window_places(at).iter().flatten() {
                windows[*place].push(at);
            }
        }
        windows
    }

    /// Offsets between places of two windows at a distance of `offset` windows, with repetitions.
    pub fn offsets_before(&self, offset: i64) -> Vec<i64> {
        let (size, moved) = (self.size as i64, offset * self.stride as i64);
        if !self.circular {
            return if moved.abs() < size { vec![moved] } else { Vec::new() };
        }
        let least = moved.rem_euclid(size);
        if least == 0 { vec![0] } else { vec![least - size, least] }
    }

    /// Offsets between places of two windows whose means are asked for at these offsets.
    ///
    /// Any place of a window is paired with any of the other: $s d$ and up to $w - 1$ more or less.
    pub fn offsets_pooled(&self, asked: &BTreeSet<i64>) -> BTreeSet<i64> {
        let (size, reach) = (self.size as i64, self.window as i64 - 1);
        let mut offsets = BTreeSet::new();
        let mut next = i64::MIN;
        for offset in asked {
            let moved = offset * self.stride as i64;
            // What the offset before has added is not added again.
            for d in (moved - reach).max(next)..=moved + reach {
                if self.circular {
                    let least = d.rem_euclid(size);
                    offsets.extend([least - size, least].into_iter().filter(|d| d.abs() < size));
                } else if d.abs() < size {
                    offsets.insert(d);
                }
            }
            next = moved + reach + 1;
        }
        offsets
    }

    /// How the padded lines of all pairs of windows at one offset are put together.
    ///
    /// # Arguments
    /// * `offset`: between the windows.
    /// * `known`: offsets that are known of the places.
    pub fn line(&self, offset: i64, known: &[i64]) -> Line {
        let windows = self.out - offset.unsigned_abs() as usize;
        let padded = (windows.max(1) - 1) * self.stride + self.window;
        let first = (-offset).max(0) * self.stride as i64 - self.before as i64;
        let mut line = Line { padded, pairs: Vec::new(), first: Vec::new(), second: Vec::new() };
        for at in 0..padded {
            let one = self.place(first + at as i64);
            let two = self.place(first + at as i64 + offset * self.stride as i64);
            if let Some(p) = one {
                extend(&mut line.first, at, 0, p);
            }
            if let Some(p) = two {
                extend(&mut line.second, at, 0, p);
            }
            if let (Some(p), Some(r)) = (one, two) {
                let apart = r as i64 - p as i64;
                if let Some(set) = known.iter().position(|k| *k == apart) {
                    extend(&mut line.pairs, at, set, p - (-apart).max(0) as usize);
                }
            }
        }
        line
    }
}

/// So many numbers from one place to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub to: usize,
    /// Which of the known offsets they belong to.
    pub set: usize,
    pub from: usize,
    pub count: usize,
}

fn extend(list: &mut Vec<Stretch>, to: usize, set: usize, from: usize) {
    match list.last_mut() {
        Some(last) if last.to + last.count == to && last.set == set && last.from + last.count == from => {
            last.count += 1;
        }
        _ => list.push(Stretch { to, set, from, count: 1 }),
    }
}

/// One axis of the padded planes of one offset.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Numbers of the padded line.
    pub padded: usize,
    /// Pairs of places, of the first image, and of the second.
    pub pairs: Vec<Stretch>,
    pub first: Vec<Stretch>,
    pub second: Vec<Stretch>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_stands_before_the_first_window_as_often_as_half_of_what_is_missing() {
        let before = |size: usize, window, stride, padding| {
            Axis::new(size, size.div_ceil(stride), window, stride, padding).before
        };
        assert_eq!(before(7, 3, 2, Padding::Same), 1);
        assert_eq!(before(8, 3, 2, Padding::Same), 0);
        assert_eq!(before(32, 3, 1, Padding::Circular), 1);
        let axis = Axis::new(4, 4, 3, 1, Padding::Circular);
        assert_eq!(axis.window_places(0), [Some(3), Some(0), Some(1)]);
        assert_eq!(Axis::new(4, 4, 3, 1, Padding::Same).window_places(3), [Some(2), Some(3), None]);
    }

    #[test]
    fn pooled_offsets_are_those_of_all_places_of_both_windows() {
        for padding in [Padding::Circular, Padding::Same, Padding::Valid] {
            for (size, window, stride) in [(5_usize, 3, 1), (7, 3, 2), (6, 2, 2), (6, 4, 3), (9, 2, 3), (1, 1, 1)] {
                let out = if padding == Padding::Valid { (size - window) / stride + 1 } else { size.div_ceil(stride) };
                let axis = Axis::new(size, out, window, stride, padding);
                for asked in [vec![0], vec![-1, 0, 1], (1 - out as i64..out as i64).collect()] {
                    let asked: BTreeSet<i64> = asked.into_iter().filter(|d: &i64| d.abs() < out as i64).collect();
                    let found = axis.offsets_pooled(&asked);
                    for (i, k) in (0..out).flat_map(|i| (0..out).map(move |k| (i, k))) {
                        if !asked.contains(&(k as i64 - i as i64)) {
                            continue;
                        }
                        for p in axis.window_places(i).iter().flatten() {
                            for q in axis.window_places(k).iter().flatten() {
                                assert!(found.contains(&(*q as i64 - *p as i64)), "{axis:?} {asked:?} {p} {q}");
                            }
                        }
                    }
                    assert!(found.iter().all(|d| d.abs() < size as i64));
                }
            }
        }
        // Windows of two at distance two that are not mixed need neighbours only.
        let pool = Axis::new(32, 16, 2, 2, Padding::Valid);
        assert_eq!(pool.offsets_pooled(&BTreeSet::from([0])), BTreeSet::from([-1, 0, 1]));
        assert_eq!(Axis::whole(4).offsets_pooled(&BTreeSet::from([0])).len(), 7);
    }

    #[test]
    fn padded_lines_hold_the_places_of_all_windows() {
        for padding in [Padding::Circular, Padding::Same, Padding::Valid] {
            for (size, window, stride) in [(5_usize, 3, 1), (7, 3, 2), (6, 2, 2), (6, 4, 3), (1, 1, 1)] {
                let out = if padding == Padding::Valid { (size - window) / stride + 1 } else { size.div_ceil(stride) };
                let axis = Axis::new(size, out, window, stride, padding);
                for offset in 1 - out as i64..out as i64 {
                    let known = axis.offsets_before(offset);
                    let line = axis.line(offset, &known);
                    for i in 0..out - offset.unsigned_abs() as usize {
                        let (one, two) = (i + (-offset).max(0) as usize, i + offset.max(0) as usize);
                        for b in 0..window {
                            let at = i * stride + b;
                            let found = |list: &[Stretch]| {
                                let own = list.iter().find(|s| (s.to..s.to + s.count).contains(&at));
                                own.map(|s| (s.set, s.from + at - s.to))
                            };
                            let places = [axis.window_places(one)[b], axis.window_places(two)[b]];
                            assert_eq!(found(&line.first).map(|f| f.1), places[0]);
                            assert_eq!(found(&line.second).map(|f| f.1), places[1]);
                            let pair = found(&line.pairs).map(|(set, from)| {
                                let d = known[set];
                                let p = from as i64 + (-d).max(0);
                                (p as usize, (p + d) as usize)
                            });
                            assert_eq!(pair, places[0].zip(places[1]), "{axis:?} {offset} {i} {b}");
                        }
                    }
                }
            }
        }
    }
}
