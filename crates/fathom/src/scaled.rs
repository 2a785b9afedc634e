//! Numbers with an extended exponent, so that no depth overflows.
//!
//! A [`Scaled`] is $m \cdot 2^{256\,b}$ with an `f64` mantissa $m$ and an `i64` block exponent $b$. The mantissa carries
//! the full 53 bits; the range is about $10^{\pm 7 \cdot 10^{20}}$. Products and sums of numbers of similar size cost
//! about as much as on plain `f64`, because the exponent changes only once every 256 binary orders.

use std::cmp::Ordering;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

use serde::{Serialize, Serializer};

/// Binary orders in one block.
const BLOCK: i32 = 256;
/// $2^{256}$.
const UP: f64 = f64::from_bits((1023 + 256) << 52);
/// $2^{-256}$.
const DOWN: f64 = f64::from_bits((1023 - 256) << 52);
/// Mantissas stay in $[2^{-128}, 2^{128})$.
const HIGH: f64 = f64::from_bits((1023 + 128) << 52);
const LOW: f64 = f64::from_bits((1023 - 128) << 52);

/// A real number $m \cdot 2^{256\,b}$: `f64` precision, practically unlimited range.
///
/// # Accuracy and cost
/// Arithmetic is correctly rounded to `f64` precision (the mantissa operation is an `f64` operation, and rescaling
/// by powers of two is exact). Beyond the range of the exponent, results are ∞ or 0.
///
/// # Example
/// ```
/// use fathom_ntk::Scaled;
/// let mut theta = Scaled::from(1.0);
/// for _ in 0..10_000 {
///     theta *= Scaled::from(1.5);
/// }
/// assert!(theta.to_f64().is_infinite());
/// assert!((theta.ln() - 10_000.0 * 1.5_f64.ln()).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Scaled {
    mantissa: f64,
    block: i64,
}

impl Scaled {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0.0, block: 0 };
    /// One.
    pub const ONE: Self = Self { mantissa: 1.0, block: 0 };

    #[inline]
    fn normalised(mut mantissa: f64, mut block: i64) -> Self {
        let size = mantissa.abs();
        if size >= HIGH {
            if mantissa.is_infinite() {
                return Self { mantissa, block: 0 };
            }
            // Products of two mantissas stay below 2^256, so one step suffices for them; input values may need more.
            while mantissa.abs() >= HIGH {
                mantissa *= DOWN;
                block = block.saturating_add(1);
            }
        } else if size < LOW {
            if size == 0.0 {
                return Self { mantissa, block: 0 };
            }
            while mantissa.abs() < LOW {
                mantissa *= UP;
                block = block.saturating_sub(1);
            }
        }
        // NaN has any block.
        Self { mantissa, block }
    }

    /// The number if its block exponent is in range; ±∞ above, 0 below.
    #[inline]
    fn in_range(mantissa: f64, block: Option<i64>, above: bool) -> Self {
        match block {
            Some(block) => Self::normalised(mantissa, block),
            None if above => Self::normalised(mantissa * f64::INFINITY, 0),
            None => Self::normalised(mantissa * 0.0, 0),
        }
    }

    /// The nearest `f64`: ±∞ above its range, 0 (or a subnormal number) below it.
    pub fn to_f64(self) -> f64 {
        match self.block {
            0 => self.mantissa,
            1..=5 => (0..self.block).fold(self.mantissa, |m, _| m * UP),
            // Two exact steps at most before a single rounding into the subnormal range.
            -5..=-1 => (self.block..0).fold(self.mantissa, |m, _| m * DOWN),
            b if b > 0 => self.mantissa * f64::INFINITY,
            _ => self.mantissa * 0.0,
        }
    }

    /// The value if it is a normal, finite `f64` (or zero); `None` where an `f64` would overflow or lose digits.
    pub fn to_finite(self) -> Option<f64> {
        let value = self.to_f64();
        (value.is_normal() || self.mantissa == 0.0).then_some(value)
    }

    /// Natural logarithm: $-\infty$ for zero, NaN for negative numbers.
    pub fn ln(self) -> f64 {
        // |block| · 256 is exact in f64, and ln(mantissa) is at most 89 in size.
        self.mantissa.ln() + (self.block as f64) * (f64::from(BLOCK) * std::f64::consts::LN_2)
    }

    /// $e^x$, with the relative error $|x|\,\varepsilon$ that the rounding of $x$ implies; ∞ or 0 for $|x| > 10^{18}$,
    /// where no digit of the result is known.
    pub fn exp(x: f64) -> Self {
        if x.abs() > 1e18 {
            return Self::normalised(if x > 0.0 { f64::INFINITY } else { 0.0 }, 0);
        }
        // 256 ln 2 in two parts; the first has 24 trailing zero bits, so its product with the block count is exact.
        const HIGH_PART: f64 = f64::from_bits(0x4066_2e42_fe00_0000);
        const LOW_PART: f64 = 4.660_828_156_170_614_3e-7;
        let blocks = (x / (HIGH_PART + LOW_PART)).round();
        let rest = (x - blocks * HIGH_PART) - blocks * LOW_PART;
        Self::normalised(rest.exp(), blocks as i64)
    }

    /// $2^{\text{exponent}}$ times this number, exactly.
    pub fn times_power_of_two(self, exponent: i64) -> Self {
        let blocks = exponent.div_euclid(i64::from(BLOCK));
        let rest = exponent.rem_euclid(i64::from(BLOCK));
        // rest < 256, so the factor is a normal number.
        let factor = f64::from_bits(((1023 + rest) as u64) << 52);
        Self::in_range(self.mantissa * factor, self.block.checked_add(blocks), blocks > 0)
    }

    /// A mantissa and an exponent $e$ with this number = mantissa · $2^e$.
    pub(crate) fn mantissa_and_exponent(self) -> (f64, i64) {
        (self.mantissa, self.block.saturating_mul(i64::from(BLOCK)))
    }

    /// Square root; NaN for negative numbers.
    pub fn sqrt(self) -> Self {
        if self.block % 2 == 0 {
            Self::normalised(self.mantissa.sqrt(), self.block / 2)
        } else {
            Self::normalised((self.mantissa * UP).sqrt(), self.block.div_euclid(2))
        }
    }

    /// Whether the value is exactly zero.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0.0
    }

    /// Whether the mantissa is NaN.
    pub fn is_nan(self) -> bool {
        self.mantissa.is_nan()
    }

    /// Whether the value is a number: neither NaN nor infinite.
    pub fn is_finite(self) -> bool {
        self.mantissa.is_finite()
    }

    /// Absolute value.
    pub fn abs(self) -> Self {
        Self { mantissa: self.mantissa.abs(), block: self.block }
    }

    /// Mantissa and block exponent.
    #[inline]
    pub(crate) fn parts(self) -> (f64, i64) {
        (self.mantissa, self.block)
    }

    /// The number with these parts, if they are the parts of a finite number.
    pub(crate) fn from_parts(mantissa: f64, block: i64) -> Option<Self> {
        let size = mantissa.abs();
        let is_normalised = (LOW..HIGH).contains(&size) || (size == 0.0 && block == 0);
        is_normalised.then_some(Self { mantissa, block })
    }

    /// The larger of two numbers.
    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

impl From<f64> for Scaled {
    #[inline]
    fn from(value: f64) -> Self {
        Self::normalised(value, 0)
    }
}

impl Mul for Scaled {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        Self::in_range(self.mantissa * other.mantissa, self.block.checked_add(other.block), self.block > 0)
    }
}

impl Div for Scaled {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        Self::in_range(self.mantissa / other.mantissa, self.block.checked_sub(other.block), self.block > 0)
    }
}

impl Add for Scaled {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        if self.block == other.block {
            return Self::normalised(self.mantissa + other.mantissa, self.block);
        }
        // Zero carries block 0, which must not hide a small number.
        if self.mantissa == 0.0 {
            return other;
        }
        if other.mantissa == 0.0 {
            return self;
        }
        // So do ∞ and NaN, which a large number must not hide.
        if !(self.is_finite() && other.is_finite()) {
            return Self::normalised(self.mantissa + other.mantissa, 0);
        }
        let (big, small) = if self.block > other.block { (self, other) } else { (other, self) };
        match big.block.saturating_sub(small.block) {
            1 => Self::normalised(big.mantissa + small.mantissa * DOWN, big.block),
            // Ratio below 2^(128 + 128 - 512): far under half an ulp.
            _ => big,
        }
    }
}

impl Neg for Scaled {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { mantissa: -self.mantissa, block: self.block }
    }
}

impl Sub for Scaled {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        self + (-other)
    }
}

impl Mul<f64> for Scaled {
    type Output = Self;
    #[inline]
    fn mul(self, other: f64) -> Self {
        self * Self::from(other)
    }
}

impl Add<f64> for Scaled {
    type Output = Self;
    #[inline]
    fn add(self, other: f64) -> Self {
        self + Self::from(other)
    }
}

impl AddAssign for Scaled {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl MulAssign for Scaled {
    #[inline]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl PartialEq for Scaled {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Scaled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.block == other.block {
            return self.mantissa.partial_cmp(&other.mantissa);
        }
        (*self - *other).mantissa.partial_cmp(&0.0)
    }
}

/// Serialised as the number where `f64` holds it, and always with its natural logarithm and sign:
/// `{"value": 1.5 or null, "log": 0.405, "sign": 1}`. A zero has `"log": null`.
impl Serialize for Scaled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Parts {
            value: Option<f64>,
            log: Option<f64>,
            sign: i8,
        }
        let sign = if self.is_zero() { 0 } else { self.mantissa.signum() as i8 };
        let log = (!self.is_zero()).then(|| self.abs().ln());
        Parts { value: self.to_finite(), log, sign }.serialize(serializer)
    }
}
