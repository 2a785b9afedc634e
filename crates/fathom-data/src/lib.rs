//! The images that Fathom has built in, with their classes. Sources and licences: `data/README.md`.
//!
//! ```
//! let digits = fathom_data::DIGITS;
//! assert_eq!((digits.rows(), digits.features), (1_797, 64));
//! assert_eq!((digits.pixels()[2], digits.classes()[..3].to_vec()), (5.0 / 16.0, vec![0.0, 1.0, 2.0]));
//! ```

mod digits;
mod fashion;

pub use digits::DIGITS;
pub use fashion::FASHION;

/// Images of one size.
#[derive(Clone, Copy, Debug)]
pub struct Images {
    /// In a few words.
    pub name: &'static str,
    /// Pixels of an image.
    pub features: usize,
    /// The largest possible pixel.
    pub largest: u8,
    /// Pixels row after row, then classes, one byte each.
    bytes: &'static [u8],
}

impl Images {
    /// Number of images.
    pub const fn rows(&self) -> usize {
        self.bytes.len() / (self.features + 1)
    }

    /// All pixels, image after image, divided by the largest possible one.
    pub fn pixels(&self) -> Vec<f64> {
        let (pixels, _) = self.bytes.split_at(self.rows() * self.features);
        pixels.iter().map(|&pixel| f64::from(pixel) / f64::from(self.largest)).collect()
    }

    /// The class of every image, from 0.
    pub fn classes(&self) -> Vec<f64> {
        let (_, classes) = self.bytes.split_at(self.rows() * self.features);
        classes.iter().map(|&class| f64::from(class)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weighted by their places, so that an exchange of two numbers is found.
    fn weighted(values: impl Iterator<Item = f64>) -> u64 {
        values.zip(1..).map(|(value, place)| value as u64 * place).sum::<u64>() % 1_000_003
    }

    fn whole(images: Images) -> Vec<f64> {
        images.pixels().iter().map(|pixel| (pixel * f64::from(images.largest)).round()).collect()
    }

    fn counts(images: Images) -> Vec<usize> {
        let classes = images.classes();
        (0..10).map(|class| classes.iter().filter(|&&found| found == f64::from(class)).count()).collect()
    }

    /// All numbers are those that NumPy prints in `data/make_digits.py` for scikit-learn's copy of the data.
    #[test]
    fn digits_are_those_of_scikit_learn() {
        let pixels = whole(DIGITS);
        assert_eq!((DIGITS.rows(), DIGITS.features, pixels.len(), DIGITS.classes().len()), (1_797, 64, 115_008, 1_797));
        assert_eq!(pixels.iter().sum::<f64>(), 561_718.0);
        assert_eq!(pixels.iter().map(|value| value * value).sum::<f64>(), 6_907_012.0);
        assert_eq!(weighted(pixels.into_iter()), 48_683);
        assert_eq!(weighted(DIGITS.classes().into_iter()), 272_840);
    }

    #[test]
    fn every_class_and_the_first_digit_are_in_place() {
        assert_eq!(counts(DIGITS), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert_eq!(DIGITS.classes()[..12], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 0.0, 1.0]);
        #[rustfmt::skip]
        let first = [
            0, 0,  5, 13,  9,  1,  0, 0,
            0, 0, 13, 15, 10, 15,  5, 0,
            0, 3, 15,  2,  0, 11,  8, 0,
            0, 4, 12,  0,  0,  8,  8, 0,
            0, 5,  8,  0,  0,  9,  8, 0,
            0, 4, 11,  0,  1, 12,  7, 0,
            0, 2, 14,  5, 10, 12,  0, 0,
            0, 0,  6, 13, 10,  0,  0, 0,
        ];
        assert_eq!(DIGITS.pixels()[..64], first.map(|pixel| f64::from(pixel) / 16.0));
    }

    /// All numbers are those that NumPy prints in `data/make_fashion.py`.
    #[test]
    fn fashion_is_that_of_its_files() {
        let pixels = whole(FASHION);
        assert_eq!(
            (FASHION.rows(), FASHION.features, pixels.len(), FASHION.classes().len()),
            (1_500, 196, 294_000, 1_500)
        );
        assert_eq!(pixels.iter().sum::<f64>(), 21_511_394.0);
        assert_eq!(pixels.iter().map(|value| value * value).sum::<f64>(), 3_677_406_896.0);
        assert_eq!(weighted(pixels.into_iter()), 536_374);
        assert_eq!(weighted(FASHION.classes().into_iter()), 988_423);
        assert_eq!(counts(FASHION), [162, 156, 151, 138, 152, 139, 147, 162, 146, 147]);
    }
}
