//! Numbers as they lie in a binary file, turned into `f64`.

/// Type of one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    /// The upper half of an `F32`.
    BF16,
    F32,
    F64,
}

/// Order of the bytes of one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Element {
    /// Bytes of one element.
    pub(super) fn size(self) -> u64 {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::BF16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// All elements of `bytes`, exact but for integers beyond $2^{53}$; an incomplete element at the end is left out.
    pub(super) fn decode(self, bytes: &[u8], endian: Endian) -> Vec<f64> {
        match self {
            Self::Bool => convert(bytes, endian, |[byte]| f64::from(u8::from(byte != 0))),
            Self::I8 => convert(bytes, endian, |b| f64::from(i8::from_le_bytes(b))),
            Self::I16 => convert(bytes, endian, |b| f64::from(i16::from_le_bytes(b))),
            Self::I32 => convert(bytes, endian, |b| f64::from(i32::from_le_bytes(b))),
            Self::I64 => convert(bytes, endian, |b| i64::from_le_bytes(b) as f64),
            Self::U8 => convert(bytes, endian, |[byte]| f64::from(byte)),
            Self::U16 => convert(bytes, endian, |b| f64::from(u16::from_le_bytes(b))),
            Self::U32 => convert(bytes, endian, |b| f64::from(u32::from_le_bytes(b))),
            Self::U64 => convert(bytes, endian, |b| u64::from_le_bytes(b) as f64),
            Self::F16 => convert(bytes, endian, |b| half_to_f64(u16::from_le_bytes(b))),
            Self::BF16 => convert(bytes, endian, |b| f64::from(f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16))),
            Self::F32 => convert(bytes, endian, |b| f64::from(f32::from_le_bytes(b))),
            Self::F64 => convert(bytes, endian, f64::from_le_bytes),
        }
    }
}

fn convert<const N: usize>(bytes: &[u8], endian: Endian, to_f64: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (elements, _) = bytes.as_chunks::<N>();
    let in_order = |mut element: [u8; N]| {
        if endian == Endian::Big {
            element.reverse();
        }
        to_f64(element)
    };
    elements.iter().map(|&element| in_order(element)).collect()
}

/// IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction.
fn half_to_f64(bits: u16) -> f64 {
    const SMALLEST: f64 = 1.0 / 16_777_216.0; // 2^-24
    let fraction = f64::from(bits & 0x3ff);
    let size = match i32::from(bits >> 10 & 0x1f) {
        0 => fraction * SMALLEST,
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * SMALLEST * f64::from(1_u32 << (exponent - 1)),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the table of examples in the Wikipedia article on the format, which follow from the standard.
    #[test]
    fn half_precision_is_exact() {
        let cases = [
            (0x0001, 2_f64.powi(-24)),
            (0x03ff, 1023.0 * 2_f64.powi(-24)),
            (0x0400, 2_f64.powi(-14)),
            (0x3555, 0.333_251_953_125),
            (0x3bff, 0.999_511_718_75),
            (0x3c00, 1.0),
            (0x3c01, 1.000_976_562_5),
            (0x7bff, 65_504.0),
            (0xc000, -2.0),
            (0xfc00, f64::NEG_INFINITY),
        ];
        for (bits, expected) in cases {
            assert_eq!(half_to_f64(bits), expected, "{bits:#06x}");
        }
        assert_eq!(half_to_f64(0x8000).to_bits(), (-0.0_f64).to_bits());
        assert!(half_to_f64(0x7e00).is_nan());
    }

    #[test]
    fn both_byte_orders_give_the_same_numbers() {
        assert_eq!(Element::I16.decode(&[0xfe, 0xff, 0x01, 0x02], Endian::Little), [-2.0, 513.0]);
        assert_eq!(Element::I16.decode(&[0xff, 0xfe, 0x02, 0x01], Endian::Big), [-2.0, 513.0]);
        assert_eq!(Element::F32.decode(&1.5_f32.to_be_bytes(), Endian::Big), [1.5]);
        assert_eq!(Element::BF16.decode(&[0x40, 0xc0, 0x80, 0x3f], Endian::Little), [-3.0, 1.0]);
        assert_eq!(Element::U64.decode(&u64::MAX.to_le_bytes(), Endian::Little), [2_f64.powi(64)]);
    }
}
