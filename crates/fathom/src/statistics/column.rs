//! One observable in one block, as plain numbers in a unit of their own.

use crate::Scaled;

use super::DRAWS_PER_BLOCK;

/// Sums are taken in this many interleaved parts, so that they can be vectorised; the order of additions is fixed.
const LANES: usize = 8;

/// $\sum_i f(x_i)$, in an order that depends on the number of terms only.
pub(super) fn ordered_sum(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    for (lane, &value) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane = f(value);
    }
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += f(value);
        }
    }
    fold(lanes)
}

/// $\sum_i x_i y_i$ in the same order.
pub(super) fn ordered_product(x: &[f64], y: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (x_chunks, y_chunks) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for ((lane, &a), &b) in lanes.iter_mut().zip(x_chunks.remainder()).zip(y_chunks.remainder()) {
        *lane = a * b;
    }
    for (a, b) in x_chunks.zip(y_chunks) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    fold(lanes)
}

fn fold(l: [f64; LANES]) -> f64 {
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

/// Replaces numbers by their deviations from their mean, and returns the mean.
///
/// Everything is relative to the first number, so that equal numbers deviate by exactly zero.
pub(super) fn centre(values: &mut [f64]) -> f64 {
    let Some(&pivot) = values.first() else { return 0.0 };
    for value in values.iter_mut() {
        *value -= pivot;
    }
    let shift = ordered_sum(values, |x| x) / values.len() as f64;
    for value in values.iter_mut() {
        *value -= shift;
    }
    pivot + shift
}

/// Deviations of at most one block from their mean.
pub(super) struct Column {
    /// A power of two: the size of the largest number.
    pub(super) unit: Scaled,
    /// The mean, in units.
    pub(super) mean: f64,
    deviations: [f64; DRAWS_PER_BLOCK],
    len: usize,
}

impl Column {
    /// Of finite numbers; those after the first [`DRAWS_PER_BLOCK`] are ignored.
    ///
    /// Numbers two block exponents below the largest, at most $2^{-256}$ of it, count as zero, which moves no moment by a rounding error.
    pub(super) fn new(values: &[Scaled]) -> Self {
        let len = values.len().min(DRAWS_PER_BLOCK);
        let values = &values[..len];
        let (largest, block) = values.iter().fold((0.0, i64::MIN), |(largest, block), value| {
            let (mantissa, other) = value.parts();
            match other.cmp(&block) {
                _ if mantissa == 0.0 => (largest, block),
                std::cmp::Ordering::Greater => (mantissa.abs(), other),
                std::cmp::Ordering::Equal => (mantissa.abs().max(largest), block),
                std::cmp::Ordering::Less => (largest, block),
            }
        });
        let mut deviations = [0.0; DRAWS_PER_BLOCK];
        if largest == 0.0 {
            return Self { unit: Scaled::ONE, mean: 0.0, deviations, len };
        }
        // Mantissas are normal numbers between 2^-128 and 2^128.
        let unit = f64::from_bits(largest.to_bits() & (0x7ff << 52));
        let (same, next) = (1.0 / unit, 2.0_f64.powi(-256) / unit);
        for (deviation, value) in deviations.iter_mut().zip(values) {
            let (mantissa, other) = value.parts();
            *deviation = match block - other {
                0 => mantissa * same,
                1 => mantissa * next,
                _ => 0.0,
            };
        }
        let mean = centre(&mut deviations[..len]);
        let unit = Scaled::from_parts(unit, block).unwrap_or(Scaled::ONE);
        Self { unit, mean, deviations, len }
    }

    /// $x_i - \bar x$ in units.
    pub(super) fn deviations(&self) -> &[f64] {
        &self.deviations[..self.len]
    }

    /// Largest block exponent of an observation, in size: of numbers up to about $10^{10^{14}}$.
    pub(super) const MAX_BLOCK: u64 = 1 << 40;
}
