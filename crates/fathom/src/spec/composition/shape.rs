//! Shapes of what flows through a network.

use std::fmt;

use serde::Serialize;

use super::Padding;

/// Most numbers of an input: 128 MiB, far beyond images that networks are made for.
pub(super) const MOST_NUMBERS: usize = 1 << 24;

/// What flows between blocks: numbers at each of some locations. The number of channels is that of the input, or infinite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Sizes of the image; empty for a plain list of features.
    pub(crate) space: Vec<usize>,
    /// Features, or channels at each location; `None` after the first weights of a network of infinite width.
    pub(crate) channels: Option<usize>,
}

impl Shape {
    /// Sizes of the image; empty for a plain list of features.
    pub fn space(&self) -> &[usize] {
        &self.space
    }

    /// Number of locations; 1 for a plain list.
    pub fn locations(&self) -> usize {
        self.space.iter().product()
    }

    /// Features, or channels at each location; `None` where a width is not given.
    pub fn channels(&self) -> Option<usize> {
        self.channels
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space: Vec<String> = self.space.iter().map(usize::to_string).collect();
        match (space.is_empty(), self.channels) {
            (true, Some(n)) => write!(f, "a list of {n} features"),
            (true, None) => f.write_str("a list of features"),
            (false, Some(n)) => write!(f, "an image of {} with {n} channels", space.join("×")),
            (false, None) => write!(f, "an image of {}", space.join("×")),
        }
    }
}

/// Size of one dimension after windows of `window` at distance `stride`; `None` if none fits.
pub(crate) fn windowed(size: usize, window: usize, stride: usize, padding: Padding) -> Option<usize> {
    match padding {
        Padding::Circular | Padding::Same => Some(size.div_ceil(stride)),
        Padding::Valid => (window <= size).then(|| (size - window) / stride + 1),
    }
}

/// Numbers of padding before the first of `out` windows: as many on both sides as the last window needs, one more at the
/// end if that is odd.
pub(crate) fn padding_before(size: usize, out: usize, window: usize, stride: usize, padding: Padding) -> usize {
    match padding {
        Padding::Valid => 0,
        Padding::Circular | Padding::Same => ((out.max(1) - 1) * stride + window).saturating_sub(size) / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_shrink_or_stride_as_their_padding_says() {
        assert_eq!(windowed(32, 3, 1, Padding::Same), Some(32));
        assert_eq!(windowed(32, 3, 1, Padding::Valid), Some(30));
        assert_eq!(windowed(7, 3, 2, Padding::Same), Some(4));
        assert_eq!(windowed(7, 3, 2, Padding::Valid), Some(3));
        assert_eq!(windowed(2, 3, 1, Padding::Valid), None);
    }
}
