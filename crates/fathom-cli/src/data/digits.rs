//! The built-in inputs: 1797 images of handwritten digits, 8 × 8 pixels of value 0 to 16.
//!
//! Source and licence (CC BY 4.0): E. Alpaydin & C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
//! Learning Repository (1998), doi:10.24432/C50P49, test part.

use super::dataset::Dataset;

const ROWS: usize = 1_797;
const COLS: usize = 64;

/// Pixels row after row, then labels, one byte each; the length is checked when compiling.
static BYTES: &[u8; ROWS * COLS + ROWS] = include_bytes!("../../data/digits.bin");

/// The digits with their labels 0 to 9; costs a conversion of 115,008 bytes to `f64`.
pub(crate) fn digits() -> Dataset {
    Dataset::of_bytes("digits", BYTES, ROWS, COLS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Inputs;

    /// All numbers are those that NumPy prints in `data/make_digits.py` for scikit-learn's copy of the data.
    #[test]
    fn digits_are_those_of_scikit_learn() {
        let Dataset { name, inputs: Inputs { rows, cols, values }, labels } = digits();
        let labels = labels.unwrap();
        assert_eq!((name.as_str(), rows, cols), ("digits", 1_797, 64));
        assert_eq!((values.len(), labels.len()), (1_797 * 64, 1_797));
        assert_eq!(values.iter().sum::<f64>(), 561_718.0);
        assert_eq!(values.iter().map(|value| value * value).sum::<f64>(), 6_907_012.0);

        // Weighted by its place, so that an exchange of two pixels is found.
        let weighted = |values: &mut dyn Iterator<Item = u64>| {
            values.zip(1..).map(|(value, place): (u64, u64)| value * place).sum::<u64>() % 1_000_003
        };
        assert_eq!(weighted(&mut values.iter().map(|&value| value as u64)), 48_683);
        assert_eq!(weighted(&mut labels.iter().map(|&label| label as u64)), 272_840);
    }

    #[test]
    fn every_label_and_the_first_image_are_in_place() {
        let Dataset { inputs, labels, .. } = digits();
        let labels = labels.unwrap();
        let counts = (0..10).map(|digit| labels.iter().filter(|&&label| label == f64::from(digit)).count());
        assert!(counts.eq([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]));
        assert_eq!(labels[..12], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 0.0, 1.0]);
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
        assert_eq!(inputs.values[..64], first.map(f64::from));
    }
}
