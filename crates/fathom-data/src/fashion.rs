//! Source and licence (MIT): H. Xiao, K. Rasul & R. Vollgraf, Fashion-MNIST (2017), arXiv:1708.07747, at half the size.

use super::Images;

const ROWS: usize = 1_500;
const PIXELS: usize = 196;

/// The length is checked when compiling.
static BYTES: &[u8; ROWS * PIXELS + ROWS] = include_bytes!("../data/fashion.bin");

/// Images of clothes, 14 × 14 pixels of value 0 to 255, with their classes 0 to 9: the first 1,000 training images, then the
/// first 500 test images.
pub static FASHION: Images = Images {
    name: "built-in Fashion-MNIST at half the size, pixels from 0 to 1",
    features: PIXELS,
    largest: 255,
    bytes: BYTES,
};
