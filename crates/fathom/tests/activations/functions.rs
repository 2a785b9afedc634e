//! φ itself: derivatives, breakpoints, parity, asymptote, names.

use std::collections::HashSet;

use fathom_ntk::activation::{Activation, Parity, Regularity};

use super::{SAMPLES, samples};

/// Where functions are probed; none within 0.04 of a breakpoint (−1, 0, 1) of any sample.
const POINTS: [f64; 16] =
    [-30.3, -8.1, -4.7, -2.9, -1.63, -1.09, -0.81, -0.37, 0.13, 0.42, 0.77, 1.21, 1.9, 3.7, 6.3, 20.7];

/// First derivative by the central difference of order 8; its error is about $h^8 f^{(9)}/630$.
fn derivative(f: impl Fn(f64) -> f64, z: f64, h: f64) -> f64 {
    let weights = [4.0 / 5.0, -1.0 / 5.0, 4.0 / 105.0, -1.0 / 280.0];
    (1..).zip(weights).map(|(i, w)| w * (f(z + f64::from(i) * h) - f(z - f64::from(i) * h))).sum::<f64>() / h
}

#[test]
fn every_catalogue_entry_is_sampled() {
    let sampled: HashSet<_> = SAMPLES.iter().map(|s| s.split(':').next().unwrap()).collect();
    for entry in Activation::catalogue() {
        assert!(sampled.contains(entry.name), "{} is not tested", entry.name);
    }
}

#[test]
fn jets_agree_with_finite_differences_of_lower_orders() {
    for phi in samples() {
        for z in POINTS {
            let jet = phi.jet(z);
            // Values and slopes have formulas of their own; the two may differ by the rounding of a handful of
            // operations.
            let scale = phi.value(z).abs().max(1.0);
            assert!((jet[0] - phi.value(z)).abs() <= 4e-15 * scale, "{phi} at {z}: value {} {}", jet[0], phi.value(z));
            let scale = jet[1].abs().max(scale / (1.0 + z.abs())).max(1.0);
            assert!((jet[1] - phi.slope(z)).abs() <= 1e-14 * scale, "{phi} at {z}: slope {} {}", jet[1], phi.slope(z));
            for order in 1..jet.len() {
                // Step 0.008 stays on one side of all breakpoints. Rounding ε f/h ≈ 3e-14 f, truncation
                // h^8 f^(9)/630 ≈ 3e-20 f^(9), where derivatives of the samples grow by at most 30 an order.
                let numeric = derivative(|x| phi.jet(x)[order - 1], z, 0.008);
                let scale = jet[order - 1].abs().max(jet[order].abs()).max(1.0);
                let error = (jet[order] - numeric).abs();
                assert!(error <= 3e-12 * scale, "{phi} at {z}: order {order} is {}, not {numeric}", jet[order]);
            }
        }
    }
}

#[test]
fn nothing_overflows_or_turns_nan_up_to_60() {
    for phi in samples() {
        for i in -120..=120 {
            let z = 0.5 * f64::from(i);
            assert!(phi.value(z).is_finite() && phi.slope(z).is_finite(), "{phi} at {z}");
            assert!(phi.jet(z).iter().all(|d| d.is_finite()), "{phi} at {z}: {:?}", phi.jet(z));
        }
    }
}

#[test]
fn left_tails_keep_their_relative_accuracy() {
    // All derivatives of sigmoid and softplus are e^z (1 + O(2^6 e^z)) there, those of silu and mish (z + order) e^z.
    let z = -45.0_f64;
    for (name, expected) in [
        ("sigmoid", [1.0; 7]),
        ("softplus", [1.0; 7]),
        ("silu", [z, z + 1.0, z + 2.0, z + 3.0, z + 4.0, z + 5.0, z + 6.0]),
        ("mish", [z, z + 1.0, z + 2.0, z + 3.0, z + 4.0, z + 5.0, z + 6.0]),
    ] {
        let phi: Activation = name.parse().unwrap();
        for (derivative, factor) in phi.jet(z).iter().zip(expected) {
            let ratio = derivative / (factor * z.exp());
            assert!((ratio - 1.0).abs() < 1e-13, "{name}: {ratio}");
        }
    }
}

#[test]
fn breakpoints_are_the_jumps_of_one_sided_limits_and_the_only_ones() {
    for phi in samples() {
        let breakpoints = phi.breakpoints();
        for b in &breakpoints {
            for order in 0..usize::from(b.order).min(7) {
                let jump = phi.jet(b.at + 1e-9)[order] - phi.jet(b.at - 1e-9)[order];
                // A continuous derivative moves by its own slope times 2e-9; slopes here are at most 8!.
                assert!(jump.abs() < 1e-4, "{phi}: order {order} jumps by {jump} before order {}", b.order);
            }
            if b.order < 7 {
                let jump = phi.jet(b.at + 1e-9)[usize::from(b.order)] - phi.jet(b.at - 1e-9)[usize::from(b.order)];
                assert!((jump - b.jump).abs() < 1e-7 * b.jump.abs().max(1.0), "{phi}: jump {jump}, not {}", b.jump);
            } else {
                // Beyond the jet: φ^(n) of max(0, z)^n is n! on the right, so φ = jump · z^n / n! there.
                let factorial: f64 = (1..=b.order).map(f64::from).product();
                assert!((phi.value(b.at + 0.5) * factorial * 2_f64.powi(b.order.into()) / b.jump - 1.0).abs() < 1e-14);
            }
        }
        let lowest = breakpoints.iter().map(|b| b.order).min();
        let expected = match lowest {
            Some(0) => Regularity::Discontinuous,
            Some(1) => Regularity::Kinked,
            Some(2) => Regularity::CurvatureJump,
            _ => Regularity::Smooth,
        };
        assert_eq!(phi.regularity(), expected, "{phi}");
        assert_eq!(phi.strip() == 0.0, lowest.is_some(), "{phi}");
        // Elsewhere φ, φ′ and φ″ are continuous: steps of 1e-6 move them by at most 1e-6 times the next derivative.
        for i in -3_000..3_000 {
            let (z, next) = (1e-3 * f64::from(i) + 5e-4, 1e-3 * f64::from(i) + 5e-4 + 1e-3);
            if breakpoints.iter().any(|b| z <= b.at && b.at <= next) {
                continue;
            }
            let (left, right) = (phi.jet(z), phi.jet(next));
            for order in 0..3 {
                let allowed = 1e-3 * (2.0 * left[order + 1].abs().max(right[order + 1].abs()) + 0.1);
                assert!((right[order] - left[order]).abs() <= allowed, "{phi}: order {order} jumps near {z}");
            }
        }
    }
}

#[test]
fn kinks_take_the_value_from_the_left() {
    for phi in samples() {
        for b in phi.breakpoints() {
            assert!((phi.slope(b.at) - phi.slope(b.at - 1e-9)).abs() < 1e-7, "{phi} at {}", b.at);
            assert!((phi.jet(b.at)[2] - phi.jet(b.at - 1e-9)[2]).abs() < 1e-7, "{phi} at {}", b.at);
        }
    }
}

#[test]
fn parity_is_what_it_says() {
    for phi in samples() {
        let matches = |sign: f64| POINTS.iter().all(|&z| phi.value(-z) == sign * phi.value(z));
        match phi.parity() {
            Parity::Even => assert!(matches(1.0), "{phi}"),
            Parity::Odd => assert!(matches(-1.0), "{phi}"),
            Parity::Neither => assert!(!matches(1.0) && !matches(-1.0), "{phi}"),
        }
    }
}

#[test]
fn asymptotes_are_approached_with_bounded_error() {
    for phi in samples() {
        let error = |z: f64, a: f64, b: f64| (phi.value(z) - a * z - b * z.abs()).abs();
        let far = [-1e6, -1e4, 1e4, 1e6];
        if let Some(h) = phi.homogeneous() {
            assert!(POINTS.iter().all(|&z| error(z, h.a, h.b) <= 1e-15 * (1.0 + z.abs())), "{phi}");
            assert_eq!(phi.asymptote(), Some(h));
        }
        match phi.asymptote() {
            Some(h) => assert!(far.iter().all(|&z| error(z, h.a, h.b) < 4.0), "{phi}"),
            // Bounded, or growing faster than a line.
            None => assert!(
                far.iter().all(|&z| phi.value(z).abs() <= 2.0) || far.iter().any(|&z| phi.value(z).abs() > 1e7),
                "{phi}"
            ),
        }
    }
}

#[test]
fn poles_of_mish_are_where_the_strip_says() {
    // Denominator e^{2z} + 2 e^z + 2 at z = ln √2 + iy has the real and imaginary parts below; both vanish first at 3π/4.
    let y = "mish".parse::<Activation>().unwrap().strip();
    let (w, two) = (2.0_f64.sqrt(), 2.0);
    assert!((two * (2.0 * y).cos() + 2.0 * w * y.cos() + 2.0).abs() < 1e-14);
    assert!((two * (2.0 * y).sin() + 2.0 * w * y.sin()).abs() < 1e-14);
}

#[test]
fn text_form_round_trips_and_names_are_unique() {
    for phi in samples() {
        let again: Activation = phi.to_string().parse().unwrap();
        assert_eq!(again, phi);
        assert!(POINTS.iter().all(|&z| again.value(z) == phi.value(z)), "{phi}");
    }
    let mut seen = HashSet::new();
    for entry in Activation::catalogue() {
        let shorthands = entry.shorthands.iter().map(|(name, _)| name);
        for name in [&entry.name].into_iter().chain(entry.aliases).chain(shorthands) {
            assert!(seen.insert(*name), "{name} twice");
            assert_eq!(*name, name.to_lowercase().replace('_', "-"), "{name} cannot be typed");
        }
    }
}

#[test]
fn other_spellings_name_the_same_function() {
    for (given, canonical) in [
        ("swish", "silu"),
        ("gauss", "gaussian"),
        ("Relu2", "rectified-power:2"),
        ("relu3", "rectified-power:3"),
        ("rectified_power:1", "relu"),
        ("elu:1", "elu"),
        ("ELU:0.5", "elu:0.5"),
        ("poly: 0, 1, 2, 0", "polynomial:0,1,2"),
        ("polynomial:-0,1", "polynomial:0,1"),
    ] {
        assert_eq!(given.parse::<Activation>().unwrap().to_string(), canonical);
    }
    for bad in [
        "relu:1",
        "relu2:1",
        "rectified-power",
        "rectified-power:0",
        "rectified-power:9",
        "rectified-power:2.5",
        "polynomial",
        "polynomial:3",
        "polynomial:0,0",
        "polynomial:0,inf",
        "polynomial:0,,1",
        "elu:1,2",
        "step:0",
        "polynomial:0,0,0,0,0,0,0,0,0,0,0,0,0,1",
        "swash",
        "",
    ] {
        assert!(bad.parse::<Activation>().is_err(), "{bad}");
    }
}
