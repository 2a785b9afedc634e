//! Numbers with an extended exponent, against f64 where it reaches and against logarithms beyond.

use fathom_ntk::Scaled;
use proptest::prelude::*;

/// Any finite f64, subnormal numbers and zeros included.
fn any_finite() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |x| x.is_finite())
}

/// A number of any size, with its logarithm.
fn huge() -> impl Strategy<Value = Scaled> {
    (any::<bool>(), -1e6..1e6_f64)
        .prop_map(|(negative, log)| if negative { -Scaled::exp(log) } else { Scaled::exp(log) })
}

proptest! {
    #[test]
    fn every_f64_survives(x in any_finite()) {
        prop_assert_eq!(Scaled::from(x).to_f64(), x);
        prop_assert_eq!(Scaled::from(x).to_finite().is_some(), x.is_normal() || x == 0.0);
        prop_assert_eq!(Scaled::from(x).is_zero(), x == 0.0);
    }

    #[test]
    fn arithmetic_is_that_of_f64_where_it_neither_over_nor_underflows(x in any_finite(), y in any_finite()) {
        let (a, b) = (Scaled::from(x), Scaled::from(y));
        let check = |got: Scaled, expected: f64| {
            // Subnormal results are rounded twice; normal and infinite ones are the same.
            if expected.is_normal() || expected.is_infinite() {
                got.to_f64() == expected
            } else {
                (got.to_f64() - expected).abs() <= 5e-324
            }
        };
        prop_assert!(check(a + b, x + y));
        prop_assert!(check(a - b, x - y));
        prop_assert!(check(a * b, x * y));
        if y != 0.0 {
            prop_assert!(check(a / b, x / y));
        }
        prop_assert_eq!(a.partial_cmp(&b), x.partial_cmp(&y));
        prop_assert_eq!(a.max(b).to_f64(), x.max(y));
        if x >= 0.0 {
            prop_assert_eq!(a.sqrt().to_f64(), x.sqrt());
        }
    }

    #[test]
    fn products_add_logarithms(x in -1e6..1e6_f64, y in -1e6..1e6_f64) {
        let (a, b) = (Scaled::exp(x), Scaled::exp(y));
        // exp and ln each carry the rounding of a logarithm of size 1e6.
        prop_assert!((a.ln() - x).abs() <= 4e-16 * x.abs().max(1.0));
        prop_assert!(((a * b).ln() - (x + y)).abs() < 1e-9);
        prop_assert!(((a / b).ln() - (x - y)).abs() < 1e-9);
        prop_assert!((a.sqrt().ln() - 0.5 * x).abs() < 1e-9);
        prop_assert_eq!(a < b, x < y);
        prop_assert!((a + b).ln() >= x.max(y) - 1e-9 && (a + b).ln() <= x.max(y) + 0.6932);
    }

    #[test]
    fn rings_hold_within_rounding(a in huge(), b in huge(), c in huge()) {
        let close = |x: Scaled, y: Scaled, size: Scaled| (x - y).abs() <= size * 4e-16;
        let product = a * b * c;
        prop_assert!(close(product, a * (b * c), product.abs()));
        let size = a.abs() + b.abs() + c.abs();
        prop_assert!(close(a + b + c, a + (b + c), size));
        prop_assert!(close(a * (b + c), a * b + a * c, (a * b).abs() + (a * c).abs()));
        prop_assert!(((a + b) - (b + a)).is_zero() && (a - a).is_zero());
        prop_assert!(close(a / b * b, a, a.abs()));
        let root = a.abs().sqrt();
        prop_assert!(close(root * root, a.abs(), a.abs()));
    }

    #[test]
    fn order_is_total_on_numbers(a in huge(), b in huge()) {
        prop_assert_eq!(a < b, b > a);
        prop_assert_eq!(a == b, (a - b).is_zero());
        prop_assert_eq!(a.max(b), b.max(a));
        prop_assert_eq!(-a < -b, b < a);
    }
}

#[test]
fn borders_of_f64_are_met_exactly() {
    let (smallest, largest) = (f64::from_bits(1), f64::MAX);
    assert_eq!((Scaled::from(largest) * 2.0).to_f64(), f64::INFINITY);
    assert_eq!((Scaled::from(largest) * 2.0 * 0.5).to_f64(), largest);
    assert_eq!((Scaled::from(smallest) * 0.5 * 2.0).to_f64(), smallest);
    assert_eq!((Scaled::from(smallest) * 0.25).to_f64(), 0.0);
    assert_eq!((Scaled::from(largest) * 2.0).to_finite(), None);
    assert_eq!((Scaled::from(smallest)).to_finite(), None);
    assert_eq!(Scaled::ZERO.to_finite(), Some(0.0));
    // The product of subnormal numbers is far below f64, and comes back.
    let tiny = Scaled::from(smallest) * Scaled::from(smallest);
    assert_eq!((tiny / Scaled::from(smallest)).to_f64(), smallest);
}

#[test]
fn infinities_and_nan_behave_like_those_of_f64() {
    let infinity = Scaled::from(f64::INFINITY);
    let (huge, tiny) = (Scaled::exp(1e6), Scaled::exp(-1e6));
    // A finite number beyond f64 must not hide an infinite one, nor NaN.
    for finite in [huge, tiny, -huge, Scaled::ZERO] {
        assert_eq!((finite + infinity).to_f64(), f64::INFINITY);
        assert_eq!((infinity + finite).to_f64(), f64::INFINITY);
        assert!((finite + f64::NAN).is_nan() && (finite * f64::NAN).is_nan());
        assert!(finite < infinity && -infinity < finite);
    }
    assert_eq!((tiny / Scaled::ZERO).to_f64(), f64::INFINITY);
    assert_eq!((huge / infinity).to_f64(), 0.0);
    assert!((infinity - infinity).is_nan() && infinity == infinity);
    assert!(Scaled::from(-1.0).sqrt().is_nan() && Scaled::from(-1.0).ln().is_nan());
    assert_eq!(Scaled::ZERO.ln(), f64::NEG_INFINITY);
    assert!(!infinity.is_finite() && huge.is_finite());
}

#[test]
fn exponents_beyond_the_range_end_in_infinity_or_zero() {
    let (mut up, mut down) = (Scaled::exp(1e6), Scaled::exp(-1e6));
    for _ in 0..80 {
        up = up * up;
        down = down * down;
    }
    assert_eq!((up.to_f64(), down.to_f64()), (f64::INFINITY, 0.0));
    assert!(!up.is_finite() && down.is_zero());
    // The logarithm is a sum of two numbers of that size.
    assert!(((Scaled::ONE / Scaled::exp(1e17)).ln() / -1e17 - 1.0).abs() < 5e-16);
    for x in [1e19, 1e300, f64::INFINITY] {
        assert_eq!((Scaled::exp(x).to_f64(), Scaled::exp(-x).to_f64()), (f64::INFINITY, 0.0));
    }
    assert!(Scaled::exp(f64::NAN).is_nan());
}

#[test]
fn numbers_are_serialised_with_their_logarithm() {
    let text = |x: Scaled| serde_json::to_string(&x).unwrap();
    assert_eq!(text(Scaled::from(1.0)), r#"{"value":1.0,"log":0.0,"sign":1}"#);
    assert_eq!(text(Scaled::ZERO), r#"{"value":0.0,"log":null,"sign":0}"#);
    assert!(text(-Scaled::exp(1e6)).starts_with(r#"{"value":null,"log":1000000.0"#));
    assert!(text(-Scaled::exp(1e6)).ends_with(r#""sign":-1}"#));
}
