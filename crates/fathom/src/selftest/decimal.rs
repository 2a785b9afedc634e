//! Decimal and rational strings, to twice the digits of `f64`.
//!
//! The inputs of a test vector are exact: `0.999999999999` stands for a correlation gap of exactly $10^{-12}$, which its
//! `f64` rounding misses by one part in $10^4$. A [`Decimal`] is an unevaluated sum of two `f64`.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// An unevaluated sum `high + low` with `|low|` at most half an ulp of `high`: about 32 digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    high: f64,
    low: f64,
}

impl Decimal {
    /// From a whole number.
    fn whole(n: u64) -> Self {
        let high = n as f64;
        // The rounding error of n as f64 is a whole number below 2^11.
        Self { high, low: (i128::from(n) - high as i128) as f64 }
    }

    /// Reads `-12.5`, `1e-12`, `5/7`; `None` if the text is not a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some((numerator, denominator)) = text.split_once('/') {
            return (Self::parse(numerator)? / Self::parse(denominator)?).finite();
        }
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let mut exponent: i32 = exponent.parse().ok()?;
        let negative = digits.starts_with('-');
        let digits = digits.strip_prefix(['-', '+']).unwrap_or(digits);
        let only_digits = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if !(only_digits && digits.bytes().any(|b| b.is_ascii_digit())) {
            return None;
        }
        let (ten, mut value) = (Self::whole(10), Self::whole(0));
        let mut after_point = false;
        for byte in digits.bytes() {
            if byte == b'.' {
                if after_point {
                    return None;
                }
                after_point = true;
                continue;
            }
            value = value * ten + Self::whole(u64::from(byte - b'0'));
            exponent = exponent.checked_sub(i32::from(after_point))?;
        }
        if !(-400..=400).contains(&exponent) {
            return None;
        }
        let mut power = Self::whole(1);
        for _ in 0..exponent.abs() {
            power = power * ten;
        }
        let value = if exponent < 0 { value / power } else { value * power };
        (if negative { -value } else { value }).finite()
    }

    /// `None` where a digit string or a quotient left the range of `f64`.
    fn finite(self) -> Option<Self> {
        (self.high.is_finite() && self.low.is_finite()).then_some(self)
    }

    /// The nearest `f64`.
    pub(super) fn to_f64(self) -> f64 {
        self.high
    }

    /// Square root, by one Newton step from the `f64` root.
    pub(super) fn sqrt(self) -> Self {
        if self.high <= 0.0 {
            return Self { high: 0.0, low: 0.0 };
        }
        let root = Self::from(self.high.sqrt());
        let rest = (self - root * root).high;
        root + Self::from(rest / (2.0 * root.high))
    }
}

impl From<f64> for Decimal {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

/// Sum of two numbers and its rounding error (Knuth).
fn two_sum(a: f64, b: f64) -> Decimal {
    let high = a + b;
    let b_part = high - a;
    Decimal { high, low: (a - (high - b_part)) + (b - b_part) }
}

impl Add for Decimal {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let s = two_sum(self.high, other.high);
        let t = two_sum(self.low, other.low);
        let s = two_sum(s.high, s.low + t.high);
        two_sum(s.high, s.low + t.low)
    }
}

impl Neg for Decimal {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Sub for Decimal {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + (-other)
    }
}

impl Mul for Decimal {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let high = self.high * other.high;
        let low = self.high.mul_add(other.high, -high) + (self.high * other.low + self.low * other.high);
        two_sum(high, low)
    }
}

impl Div for Decimal {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * Self::from(first);
        let second = rest.high / other.high;
        let rest = rest - other * Self::from(second);
        two_sum(first, second) + Self::from(rest.high / other.high)
    }
}
