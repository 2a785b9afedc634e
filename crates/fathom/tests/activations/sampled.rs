//! Interpolated functions against the built-in ones.

use fathom_ntk::activation::{Activation, Nonlinearity, Parity, Regularity, SampledError, Samples, sampled_activation};

/// The built-in function, sampled.
fn sampled(name: &str, breakpoints: &[f64], with_slopes: bool) -> Result<Activation, SampledError> {
    let known: Activation = name.parse().unwrap();
    sampled_activation("mine", breakpoints, |z| {
        let of = |f: fn(&dyn Nonlinearity, f64) -> f64| z.iter().map(|z| f(&*known, *z)).collect::<Vec<_>>();
        Some(Samples { values: of(|k, z| k.value(z)), slopes: with_slopes.then(|| of(|k, z| k.slope(z))) })
    })
}

const CASES: [(&str, &[f64]); 9] = [
    ("tanh", &[]),
    ("gelu", &[]),
    ("softplus", &[]),
    ("arctan", &[]),
    ("gaussian", &[]),
    ("sin", &[]),
    ("relu", &[0.0]),
    ("softsign", &[0.0]),
    ("hard-tanh", &[-1.0, 1.0]),
];

/// The polynomials hold to 5e-15 of the size of the function; sin at |z| = 100 has a rounding error of 1e-14 of its own.
#[test]
fn values_and_slopes_are_those_of_the_function() {
    for (name, breakpoints) in CASES {
        let (known, mine): (Activation, Activation) =
            (name.parse().unwrap(), sampled(name, breakpoints, true).unwrap());
        for i in -400..=400 {
            let z = f64::from(i) * 0.2507;
            let size = known.value(z).abs().max(1.0);
            assert!((mine.value(z) - known.value(z)).abs() < 3e-14 * size, "{name} at {z}");
            assert!((mine.slope(z) - known.slope(z)).abs() < 3e-14 * size, "{name}′ at {z}");
        }
        assert_eq!(mine.parity(), known.parity(), "{name}");
        assert_eq!(mine.regularity(), known.regularity(), "{name}");
        assert_eq!(mine.breakpoints().len(), known.breakpoints().len(), "{name}");
        for (ours, theirs) in mine.breakpoints().iter().zip(known.breakpoints()) {
            assert_eq!((ours.at, ours.order), (theirs.at, theirs.order), "{name}");
            assert!((ours.jump - theirs.jump).abs() < 1e-9, "{name}: {} {}", ours.jump, theirs.jump);
        }
    }
}

/// Each derivative of a polynomial of degree 23 costs up to 23² on an interval of length one, most at its ends.
#[test]
fn derivatives_lose_two_or_three_digits_each() {
    for (name, breakpoints) in CASES {
        let (known, mine): (Activation, Activation) =
            (name.parse().unwrap(), sampled(name, breakpoints, true).unwrap());
        for i in -60..=60 {
            let z = f64::from(i) * 0.0871 + 0.01;
            let (ours, theirs) = (mine.jet(z), known.jet(z));
            let mut tolerance = 1e-14;
            for order in 1..7 {
                let size = theirs.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
                assert!((ours[order] - theirs[order]).abs() < tolerance * size, "{name} order {order} at {z}");
                tolerance *= 400.0;
            }
        }
    }
}

/// Coefficients to 5e-15 times up to 23² at the ends of intervals of length one, twice for half-lengths.
#[test]
fn without_slopes_the_first_derivative_keeps_eleven_digits() {
    for name in ["tanh", "gelu", "sin"] {
        let (known, mine): (Activation, Activation) = (name.parse().unwrap(), sampled(name, &[], false).unwrap());
        for i in -50..=50 {
            let z = f64::from(i) * 0.1177;
            assert!((mine.slope(z) - known.slope(z)).abs() < 5e-12, "{name} at {z}");
        }
    }
}

#[test]
fn tails_are_continued_where_they_are_polynomials() {
    let tanh = sampled("tanh", &[], true).unwrap();
    assert!((tanh.value(1e9) - 1.0).abs() < 1e-14 && tanh.value(-1e9) == -tanh.value(1e9));
    let relu = sampled("relu", &[0.0], true).unwrap();
    assert_eq!(relu.value(-1e9), 0.0);
    assert!((relu.value(1e9) / 1e9 - 1.0).abs() < 1e-13);
    let asymptote = relu.asymptote().unwrap();
    assert!((asymptote.a - 0.5).abs() < 1e-13 && (asymptote.b - 0.5).abs() < 1e-13);
    assert!(sampled("sin", &[], true).unwrap().value(1e5).is_nan());
    assert!(tanh.asymptote().is_none());
}

#[test]
fn odd_functions_vanish_at_the_origin_and_are_odd() {
    let tanh = sampled("tanh", &[], true).unwrap();
    assert_eq!((tanh.parity(), tanh.value(0.0)), (Parity::Odd, 0.0));
    assert_eq!(tanh.value(-0.3), -tanh.value(0.3));
    assert_eq!(tanh.jet(0.0)[2], 0.0);
    assert!(tanh.strip() > 0.2 && tanh.strip() < 1.571, "poles at ±iπ/2, got {}", tanh.strip());
    assert_eq!(sampled("relu", &[0.0], true).unwrap().regularity(), Regularity::Kinked);
}

#[test]
fn jumps_at_the_origin_are_found() {
    for (name, regularity) in
        [("relu", Regularity::Kinked), ("step", Regularity::Discontinuous), ("softsign", Regularity::CurvatureJump)]
    {
        let mine = sampled(name, &[], true).unwrap();
        assert_eq!((mine.regularity(), mine.breakpoints()[0].at), (regularity, 0.0), "{name}");
    }
    assert_eq!(sampled("hard-tanh", &[], true).unwrap().breakpoints().len(), 2);
}

#[test]
fn functions_that_cannot_be_interpolated_are_refused() {
    let shifted = |z: &[f64]| {
        let values = z.iter().map(|z| (z - 0.3).max(0.0)).collect();
        Some(Samples { values, slopes: None })
    };
    assert_eq!(sampled_activation("mine", &[], shifted).unwrap_err(), SampledError::NotSmooth { at: 0.3 });
    let refused = |name: &str, f: fn(f64) -> f64, slope: Option<fn(f64) -> f64>| {
        sampled_activation(name, &[], |z| {
            let slopes = slope.map(|slope| z.iter().map(|z| slope(*z)).collect());
            Some(Samples { values: z.iter().map(|z| f(*z)).collect(), slopes })
        })
        .unwrap_err()
    };
    assert!(matches!(refused("relu", f64::tanh, None), SampledError::Name { .. }));
    assert!(matches!(refused("mine", f64::ln, None), SampledError::NotFinite { .. }));
    assert!(matches!(refused("mine", f64::tanh, Some(f64::tanh)), SampledError::Slope { .. }));
    assert!(matches!(sampled("tanh", &[f64::NAN], true).unwrap_err(), SampledError::Breakpoint { .. }));
    let short = |z: &[f64]| Some(Samples { values: z[1..].to_vec(), slopes: None });
    assert!(matches!(sampled_activation("mine", &[], short), Err(SampledError::Count { .. })));
    assert_eq!(sampled_activation("mine", &[], |_| None).unwrap_err(), SampledError::Stopped);
}
