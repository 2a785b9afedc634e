//! NumPy arrays, written.
//!
//! Source: `numpy.lib.format`, version 1.0: the header is padded so that the data begin at a multiple of 64 bytes.

use super::error::Shape;
use super::npy_header::MAGIC;

/// The bytes of a `.npy` file of `f64` values with this shape, last index fastest.
pub(crate) fn npy_file<'v>(shape: &[usize], values: impl Iterator<Item = &'v f64>) -> Vec<u8> {
    let mut bytes = npy_header("<f8", shape);
    bytes.reserve(8 * values.size_hint().0);
    for value in values {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes
}

/// What precedes the values of an array of this type and shape, last index fastest.
pub(crate) fn npy_header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let shape = Shape(shape.iter().map(|&size| size as u64).collect());
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let before = MAGIC.len() + 4;
    let padded = (before + header.len() + 1).next_multiple_of(64) - before;
    header += &" ".repeat(padded - 1 - header.len());
    header.push('\n');
    // At most 64 dimensions of 20 digits: far below 2^16.
    let length = u16::try_from(header.len()).unwrap_or(u16::MAX);
    [MAGIC, &[1, 0], &length.to_le_bytes(), header.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npyz_reads_what_is_written() {
        for shape in [&[6][..], &[2, 3], &[1, 2, 3]] {
            let values = [1.0, -2.5, 3.0, f64::MIN_POSITIVE, 0.1, 1e300];
            let bytes = npy_file(shape, values.iter());
            assert_eq!((bytes.len() - 48) % 64, 0, "data begin at a multiple of 64");
            let file = npyz::NpyFile::new(bytes.as_slice()).unwrap();
            assert_eq!(file.shape(), shape.iter().map(|&n| n as u64).collect::<Vec<_>>());
            assert_eq!(file.into_vec::<f64>().unwrap(), values);
        }
    }
}
