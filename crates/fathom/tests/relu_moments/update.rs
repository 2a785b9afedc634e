//! The first gradient step.

use fathom_ntk::Scaled;
use fathom_ntk::moments::{InputNorm, MomentsError, crossing_update, lognormal_range, mean_first_update};
use serde_json::Value;

use super::{assert_relative, constant_width, constants};

/// The other derivation gives one coefficient for each depth: crossing = −coefficient/√n at equal widths, |x|² = n_0,
/// σ² = 2, no biases, y = 0.
#[test]
fn crossing_term_agrees_with_an_independent_derivation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/one-over-n.json");
    let data: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (depth, coefficient) in data["relu_crossing_coefficient_sw2_2_sb2_0_q0_1_y0"].as_object().unwrap() {
        let coefficient: f64 = coefficient.as_str().unwrap().parse().unwrap();
        for n in [1_usize, 7, 4096] {
            let c = constants(&constant_width(5, n, depth.parse().unwrap()), 2.0, 0.0, 1.0, 0.0);
            let update = crossing_update(&c, &InputNorm::new(5.0, None).unwrap(), 0.0).unwrap();
            // The reference is in f64, some hundred operations.
            assert_relative(update.crossing.to_f64(), -coefficient / (n as f64).sqrt(), 1e-13, depth);
        }
    }
}

/// Equal widths at fixed depth: E dK/(η E K) → −(8/3)(|x|²/n_0)(L² − 1)/n at σ² = 2, corrections of relative order L/n.
#[test]
fn derivative_at_large_width_follows_the_first_order() {
    let (n, depth) = (1_000_000_000, 6);
    let c = constants(&constant_width(2, n, depth), 2.0, 0.0, 1.0, 0.0);
    let update = mean_first_update(&c, &InputNorm::new(2.0, None).unwrap()).unwrap().to_f64();
    let mean = 2.0 * depth as f64;
    assert_relative(update / mean, -8.0 / 3.0 * ((depth * depth - 1) as f64) / n as f64, 1e-7, "update");
}

#[test]
fn mean_distance_enters_through_the_target() {
    // The crossing term is proportional to E|f − y|, f normal; Var f = 2 |x|²/n_0 = 2 for σ² = 2.
    let c = constants(&[3, 64, 1], 2.0, 0.0, 1.0, 0.0);
    let input = InputNorm::new(3.0, None).unwrap();
    let at = |y: f64| crossing_update(&c, &input, y).unwrap().crossing.to_f64();
    let variance: f64 = 2.0;
    for y in [-3.0, 0.5, 1.0, 60.0, 1e200] {
        // Trapezoid over 24 standard deviations.
        let (s, steps) = (variance.sqrt(), 200_000);
        let h = 24.0 / f64::from(steps);
        let mean: f64 = (0..=steps)
            .map(|i| -12.0 + h * f64::from(i))
            .map(|z| (s * z - y).abs() * (-0.5 * z * z).exp() * h / (2.0 * std::f64::consts::PI).sqrt())
            .sum();
        let at_zero = s * (2.0 / std::f64::consts::PI).sqrt();
        // The kink costs about h²/8 times the density: 6e-10.
        assert_relative(at(y), at(0.0) * mean / at_zero, 1e-8, "target");
    }
}

#[test]
fn networks_outside_the_crossing_law_are_refused() {
    let input = InputNorm::new(3.0, None).unwrap();
    let good = constants(&[3, 8, 8, 1], 2.0, 0.0, 1.0, 0.0);
    assert!(crossing_update(&good, &input, 1.0).is_ok());
    assert!(matches!(crossing_update(&good, &input, f64::NAN), Err(MomentsError::Value { name: "target", .. })));
    let mut c = good.clone();
    c.weight_kurtosis = -1.2;
    assert!(matches!(crossing_update(&c, &input, 1.0), Err(MomentsError::NotGaussian { name: "weights", .. })));
    let mut c = good.clone();
    c.widths[3] = 2;
    assert!(matches!(crossing_update(&c, &input, 1.0), Err(MomentsError::SeveralOutputs { outputs: 2 })));
    let zero = InputNorm::new(0.0, None).unwrap();
    assert!(matches!(crossing_update(&good, &zero, 1.0), Err(MomentsError::ZeroPreactivation { layer: 1 })));
    // A linear network has no neuron that could switch, and its NTK is constant.
    let linear = crossing_update(&constants(&[3, 1], 2.0, 0.0, 1.0, 0.0), &input, 1.0).unwrap();
    assert_eq!((linear.crossing, linear.fixed_pattern), (Scaled::ZERO, Scaled::ZERO));
}

#[test]
fn crossing_term_does_not_overflow_at_great_depth() {
    let input = InputNorm::new(3.0, None).unwrap();
    let update = crossing_update(&constants(&constant_width(3, 1000, 5000), 3.0, 0.1, 1.0, 0.1), &input, 1.0).unwrap();
    assert!(update.crossing.ln().is_nan() && (-update.crossing).ln() > 710.0);
}

/// Quantiles of the standard normal from published tables.
#[test]
fn lognormal_range_has_the_quantiles_of_the_normal_law() {
    for (probability, z) in [
        (0.5, 0.674_489_750_196_081_7),
        (0.9, 1.644_853_626_951_472_2),
        (0.99, 2.575_829_303_548_901),
        (0.682_689_492_137_085_9, 1.0),
        (1e-10, 1e-10 * (std::f64::consts::PI / 2.0).sqrt()),
    ] {
        let (low, high) = lognormal_range(Scaled::exp(3000.0), 4.0, probability).unwrap();
        // Logarithms of size 3000.
        assert!((high - (2998.0 + 2.0 * z)).abs() < 1e-12 && (low - (2998.0 - 2.0 * z)).abs() < 1e-12, "{probability}");
        let (_, high) = lognormal_range(Scaled::ONE, 1.0, probability).unwrap();
        assert_relative(high + 0.5, z, 2e-15 + 1e-15 / z, "quantile");
    }
    for (mean, log_dispersion, probability) in
        [(0.0, 1.0, 0.9), (-1.0, 1.0, 0.9), (1.0, -0.1, 0.9), (1.0, f64::NAN, 0.9), (1.0, 1.0, 0.0), (1.0, 1.0, 1.0)]
    {
        assert!(lognormal_range(Scaled::from(mean), log_dispersion, probability).is_err());
    }
}

/// All learning rates times 10: Θ and its coefficients grow by 10, the change of Θ by 100 for each unit of rate.
#[test]
fn crossing_term_scales_with_the_square_of_all_learning_rates() {
    let input = InputNorm::new(3.0, None).unwrap();
    let slow = constants(&[3, 64, 32, 1], 2.0, 0.1, 1.5, 0.3);
    let fast = constants(&[3, 64, 32, 1], 2.0, 0.1, 15.0, 3.0);
    let crossing = |c| crossing_update(c, &input, 1.0).unwrap().crossing.to_f64();
    assert_relative(crossing(&fast), 100.0 * crossing(&slow), 1e-14, "rates");
}
