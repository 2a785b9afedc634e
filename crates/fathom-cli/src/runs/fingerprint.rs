//! Which numbers a file was made from.

/// The hash of Fowler, Noll and Vo (FNV-1a, 64 bits, word by word) of the bits of some numbers.
pub(crate) fn fingerprint(values: &[f64]) -> u64 {
    values.iter().fold(0xcbf2_9ce4_8422_2325, |hash, v| (hash ^ v.to_bits()).wrapping_mul(0x0100_0000_01b3))
}

/// 128 bits of a text.
pub(crate) fn text_fingerprint(text: &str) -> String {
    bytes_fingerprint(text.as_bytes())
}

/// 128 bits of a file: the same hash over its bytes from two beginnings.
pub(crate) fn bytes_fingerprint(bytes: &[u8]) -> String {
    let hash =
        |start: u64| bytes.iter().fold(start, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{:016x}{:016x}", hash(0xcbf2_9ce4_8422_2325), hash(0x6c62_272e_07bb_0142))
}
