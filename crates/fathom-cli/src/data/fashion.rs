//! Built-in images of clothes: 1,500 of 14 × 14 pixels of value 0 to 255.
//!
//! Source and licence (MIT): H. Xiao, K. Rasul & R. Vollgraf, Fashion-MNIST (2017), arXiv:1708.07747, at half the size.

use super::dataset::Dataset;

const ROWS: usize = 1_500;
const COLS: usize = 196;

/// Pixels row after row, then labels, one byte each; the length is checked when compiling.
static BYTES: &[u8; ROWS * COLS + ROWS] = include_bytes!("../../data/fashion.bin");

/// The first 1,000 training images, then the first 500 test images, with their labels 0 to 9.
pub(crate) fn fashion() -> Dataset {
    Dataset::of_bytes("fashion", BYTES, ROWS, COLS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All numbers are those that NumPy prints in `data/make_fashion.py`.
    #[test]
    fn fashion_is_that_of_its_files() {
        let Dataset { name, inputs, labels } = fashion();
        let labels = labels.unwrap();
        assert_eq!((name.as_str(), inputs.rows, inputs.cols), ("fashion", 1_500, 196));
        assert_eq!((inputs.values.len(), labels.len()), (1_500 * 196, 1_500));
        assert_eq!(inputs.values.iter().sum::<f64>(), 21_511_394.0);
        assert_eq!(inputs.values.iter().map(|value| value * value).sum::<f64>(), 3_677_406_896.0);

        // Weighted by its place, so that an exchange of two pixels is found.
        let weighted =
            |values: &[f64]| values.iter().zip(1..).map(|(v, place)| *v as u64 * place).sum::<u64>() % 1_000_003;
        assert_eq!(weighted(&inputs.values), 536_374);
        assert_eq!(weighted(&labels), 988_423);
        let counts = (0..10).map(|class| labels.iter().filter(|&&label| label == f64::from(class)).count());
        assert!(counts.eq([162, 156, 151, 138, 152, 139, 147, 162, 146, 147]));
    }
}
