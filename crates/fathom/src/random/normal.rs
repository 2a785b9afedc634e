//! The Box–Muller transform without a branch, a table or a library function, so that it vectorises and its bits are the
//! same everywhere.

use std::f64::consts::{FRAC_PI_2, LN_2};

/// Bits of 1.0.
const ONE: u64 = 0x3FF0_0000_0000_0000;
/// $1.5 \cdot 2^{52}$: adding it rounds to an integer, which the low bits then hold.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Two independent standard normals from two words.
#[inline(always)]
pub(super) fn pair(words: [u64; 2]) -> (f64, f64) {
    let radius = (-2.0 * ln(2.0 - one_to_two(words[0]))).sqrt();
    let (sin, cos) = sin_cos_turns(one_to_two(words[1]) - 1.0);
    (radius * cos, radius * sin)
}

/// A uniform number in $[1, 2)$ from the upper 52 bits.
#[inline(always)]
pub(super) fn one_to_two(word: u64) -> f64 {
    f64::from_bits((word >> 12) | ONE)
}

/// $\ln u$ for a normal positive $u$, to about one unit in the last place:
/// $u = 2^k m$ with $m \in [\sqrt{1/2}, \sqrt 2)$ and $\ln m = 2 \operatorname{artanh} s$, $s = (m - 1)/(m + 1)$.
#[inline(always)]
pub(super) fn ln(u: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    let bits = u.to_bits();
    let above = bits.wrapping_sub(SQRT_HALF);
    let mantissa = f64::from_bits(bits.wrapping_sub(above & 0xFFF0_0000_0000_0000));
    let exponent = (above as i64) >> 52;
    let exponent = f64::from_bits(exponent.wrapping_add(ROUNDER.to_bits() as i64) as u64) - ROUNDER;
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    // |z| < 0.0295, so the first term left out is below 2⁻⁶⁰ of the sum.
    let mut series = 1.0 / 23.0;
    for odd in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        series = series * z + 1.0 / odd;
    }
    exponent * LN_2 + (2.0 * s + 2.0 * s * z * series)
}

/// $(\sin 2\pi u, \cos 2\pi u)$ for $u \in [0, 1)$, by the Taylor series in the nearest eighth of a turn.
#[inline(always)]
fn sin_cos_turns(u: f64) -> (f64, f64) {
    let quarters = u * 4.0;
    let rounded = quarters + ROUNDER;
    let quadrant = rounded.to_bits();
    let angle = (quarters - (rounded - ROUNDER)) * FRAC_PI_2;
    let z = angle * angle;
    // 1/n! with alternating signs; |z| ≤ (π/4)², so the first terms left out are below 2⁻⁵⁷.
    let mut sin = 1.0 / 355_687_428_096_000.0;
    for inverse in [-1_307_674_368_000.0, 6_227_020_800.0, -39_916_800.0, 362_880.0, -5_040.0, 120.0, -6.0] {
        sin = sin * z + 1.0 / inverse;
    }
    let sin = angle + angle * z * sin;
    let mut cos = 1.0 / 20_922_789_888_000.0;
    for inverse in [-87_178_291_200.0, 479_001_600.0, -3_628_800.0, 40_320.0, -720.0, 24.0] {
        cos = cos * z + 1.0 / inverse;
    }
    let cos = 1.0 + z * (cos * z - 0.5);
    let (sin, cos) = if quadrant & 1 == 0 { (sin, cos) } else { (cos, sin) };
    let flip_sin = (quadrant & 2) << 62;
    let flip_cos = (quadrant.wrapping_add(1) & 2) << 62;
    (f64::from_bits(sin.to_bits() ^ flip_sin), f64::from_bits(cos.to_bits() ^ flip_cos))
}
