//! Numbers written so that the same bits are read.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Scaled;

use super::StatisticsError;

/// Largest block exponent of a number in a summary. Fourth moments of the largest observation stay below it.
const MAX_BLOCK: u64 = 1 << 46;

/// `[mantissa, block]`.
pub(super) fn serialize<S: Serializer>(value: &Scaled, serializer: S) -> Result<S::Ok, S::Error> {
    value.parts().serialize(serializer)
}

/// Refuses what is not the parts of a finite number of reasonable size.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scaled, D::Error> {
    let (mantissa, block) = Deserialize::deserialize(deserializer)?;
    parse(mantissa, block).map_err(D::Error::custom)
}

fn parse(mantissa: f64, block: i64) -> Result<Scaled, StatisticsError> {
    let bad = StatisticsError::Inconsistent { what: "a number is not finite, not normalised or out of range" };
    match Scaled::from_parts(mantissa, block) {
        Some(value) if block.unsigned_abs() <= MAX_BLOCK => Ok(value),
        _ => Err(bad),
    }
}

/// The same for a list.
pub(super) mod list {
    use super::{Deserialize, Deserializer, Scaled, Serializer, parse};
    use serde::de::Error as _;

    /// A list of `[mantissa, block]`.
    pub(in super::super) fn serialize<S: Serializer>(values: &[Scaled], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|value| value.parts()))
    }

    /// Refuses what one number refuses.
    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Scaled>, D::Error> {
        let parts: Vec<(f64, i64)> = Deserialize::deserialize(deserializer)?;
        parts.into_iter().map(|(mantissa, block)| parse(mantissa, block).map_err(D::Error::custom)).collect()
    }
}
