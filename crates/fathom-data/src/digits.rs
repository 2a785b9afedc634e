//! Source and licence (CC BY 4.0): E. Alpaydin & C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
//! Learning Repository (1998), doi:10.24432/C50P49, test part.

use super::Images;

const ROWS: usize = 1_797;
const PIXELS: usize = 64;

/// The length is checked when compiling.
static BYTES: &[u8; ROWS * PIXELS + ROWS] = include_bytes!("../data/digits.bin");

/// 1,797 handwritten digits, 8 × 8 pixels of value 0 to 16, with their classes 0 to 9.
pub static DIGITS: Images =
    Images { name: "built-in UCI digits, pixels from 0 to 1", features: PIXELS, largest: 16, bytes: BYTES };
