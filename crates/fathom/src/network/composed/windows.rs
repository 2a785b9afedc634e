//! Windows over images.

use crate::spec::{Padding, padding_before, windowed};

/// Which places of an image each window of a block covers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Windows {
    /// Places of the image.
    pub places: usize,
    /// Windows.
    pub count: usize,
    /// Places in a window, those in the padding included.
    pub size: usize,
    /// The places, window after window, `None` in the padding; empty where each window is the place of its number.
    covered: Vec<Option<usize>>,
}

impl Windows {
    /// Every place alone.
    pub fn each(places: usize) -> Self {
        Self { places, count: places, size: 1, covered: Vec::new() }
    }

    /// One window over everything.
    pub fn whole(places: usize) -> Self {
        Self { places, count: 1, size: places, covered: (0..places).map(Some).collect() }
    }

    /// Windows over an image of one or two dimensions, and the sizes of the image after them.
    pub fn over(space: &[usize], window: &[usize], stride: &[usize], padding: Padding) -> (Self, Vec<usize>) {
        let axis = |i: usize| {
            let out = windowed(space[i], window[i], stride[i], padding).unwrap_or(0);
            let before = padding_before(space[i], out, window[i], stride[i], padding);
            let place = |at: usize, w: usize| {
                let padded = at * stride[i] + w;
                match padding {
                    Padding::Circular => Some((padded + space[i] * before - before) % space[i]),
                    Padding::Same | Padding::Valid => padded.checked_sub(before).filter(|p| *p < space[i]),
                }
            };
            (0..out).map(|at| (0..window[i]).map(|w| place(at, w)).collect()).collect()
        };
        let axes: Vec<Vec<Vec<Option<usize>>>> = (0..space.len()).map(axis).collect();
        // Windows and their places go line by line.
        let mut windows: Vec<Vec<Option<usize>>> = vec![vec![Some(0)]];
        for (axis, size) in axes.iter().zip(space) {
            let joined = |outer: &Vec<Option<usize>>, inner: &Vec<Option<usize>>| {
                let place = |o: &Option<usize>, i: &Option<usize>| Some((*o)? * size + (*i)?);
                outer.iter().flat_map(|o| inner.iter().map(move |i| place(o, i))).collect()
            };
            windows = windows.iter().flat_map(|outer| axis.iter().map(move |inner| joined(outer, inner))).collect();
        }
        let after = axes.iter().map(Vec::len).collect();
        let (places, count, size) = (space.iter().product(), windows.len(), window.iter().product());
        (Self { places, count, size, covered: windows.concat() }, after)
    }

    /// Whether each window is one place, in their order.
    pub fn is_each(&self) -> bool {
        self.covered.is_empty()
    }

    /// For each window the numbers it covers, place after place; zeros in the padding.
    pub fn gather(&self, image: &[f64], channels: usize, out: &mut [f64]) {
        for (out, place) in out.chunks_exact_mut(channels).zip(&self.covered) {
            match place {
                Some(place) => out.copy_from_slice(&image[place * channels..][..channels]),
                None => out.fill(0.0),
            }
        }
    }

    /// Adds what belongs to each window to the places it covers.
    pub fn scatter(&self, windows: &[f64], channels: usize, image: &mut [f64]) {
        for (from, place) in windows.chunks_exact(channels).zip(&self.covered) {
            if let Some(place) = place {
                image[place * channels..][..channels].iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
        }
    }

    /// Means over the windows.
    pub fn mean(&self, image: &[f64], channels: usize, out: &mut [f64]) {
        let share = (self.size as f64).recip();
        for (out, places) in out.chunks_exact_mut(channels).zip(self.covered.chunks_exact(self.size)) {
            out.fill(0.0);
            for place in places.iter().flatten() {
                out.iter_mut().zip(&image[place * channels..]).for_each(|(to, from)| *to += from);
            }
            out.iter_mut().for_each(|to| *to *= share);
        }
    }

    /// The transposed map of [`Self::mean`]: adds an equal share of each window to the places it covers.
    pub fn mean_back(&self, windows: &[f64], channels: usize, image: &mut [f64]) {
        let share = (self.size as f64).recip();
        for (from, places) in windows.chunks_exact(channels).zip(self.covered.chunks_exact(self.size)) {
            for place in places.iter().flatten() {
                let to = &mut image[place * channels..][..channels];
                to.iter_mut().zip(from).for_each(|(to, from)| *to += share * from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(space: &[usize], window: &[usize], stride: &[usize], padding: Padding) -> Vec<Vec<Option<usize>>> {
        let (windows, after) = Windows::over(space, window, stride, padding);
        assert_eq!(after.iter().product::<usize>(), windows.count);
        windows.covered.chunks(windows.size).map(<[_]>::to_vec).collect()
    }

    #[test]
    fn windows_on_a_line_wrap_pad_or_stay_inside() {
        let some = |list: &[usize]| list.iter().map(|i| Some(*i)).collect::<Vec<_>>();
        assert_eq!(places(&[4], &[3], &[1], Padding::Circular)[0], some(&[3, 0, 1]));
        assert_eq!(places(&[4], &[3], &[1], Padding::Same)[0], [None, Some(0), Some(1)]);
        assert_eq!(places(&[4], &[3], &[1], Padding::Valid), [some(&[0, 1, 2]), some(&[1, 2, 3])]);
        // 4 places in steps of 2: two windows of 3 need 5 places; the odd one is at the end.
        assert_eq!(places(&[4], &[3], &[2], Padding::Same), [some(&[0, 1, 2]), vec![Some(2), Some(3), None]]);
    }

    #[test]
    fn windows_of_a_grid_are_products_line_by_line() {
        let found = places(&[3, 3], &[2, 2], &[1, 1], Padding::Valid);
        assert_eq!(found.len(), 4);
        assert_eq!(found[1], [1, 2, 4, 5].map(Some));
        assert_eq!(found[2], [3, 4, 6, 7].map(Some));
        assert_eq!(places(&[2, 3], &[1, 2], &[1, 2], Padding::Same)[1], [Some(2), None]);
    }

    /// ⟨scatter(u), v⟩ = ⟨u, gather(v)⟩, and the same of means, for numbers without a pattern.
    #[test]
    fn maps_back_are_the_transposed_maps() {
        let number = |i: usize| ((i * 7919 + 13) % 101) as f64 / 50.0 - 1.0;
        let numbers = |count: usize, from: usize| (from..from + count).map(number).collect::<Vec<_>>();
        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        for padding in [Padding::Circular, Padding::Same, Padding::Valid] {
            let (windows, _) = Windows::over(&[5, 4], &[3, 2], &[2, 1], padding);
            let channels = 3;
            let image = numbers(windows.places * channels, 0);
            let (u, m) = (numbers(windows.count * windows.size * channels, 5), numbers(windows.count * channels, 9));
            let (mut gathered, mut back) = (vec![0.0; u.len()], vec![0.0; image.len()]);
            windows.gather(&image, channels, &mut gathered);
            windows.scatter(&u, channels, &mut back);
            assert!((inner(&gathered, &u) - inner(&back, &image)).abs() < 1e-12);
            let (mut means, mut back) = (vec![0.0; m.len()], vec![0.0; image.len()]);
            windows.mean(&image, channels, &mut means);
            windows.mean_back(&m, channels, &mut back);
            assert!((inner(&means, &m) - inner(&back, &image)).abs() < 1e-12);
        }
    }
}
