//! Which numbers a file was made from.

/// The hash of Fowler, Noll and Vo (FNV-1a, 64 bits, word by word) of the bits of some numbers.
pub(crate) fn fingerprint(values: &[f64]) -> u64 {
    values.iter().fold(0xcbf2_9ce4_8422_2325, |hash, v| (hash ^ v.to_bits()).wrapping_mul(0x0100_0000_01b3))
}
