//! Limits at fixed depth/width, and how they are approached.

use fathom_ntk::Scaled;
use fathom_ntk::moments::{InputNorm, LimitFormula, NoLimit, relu_limit_for, relu_limits, relu_moments, weights_only};

use super::{assert_relative, constant_width, constants};

/// λ, limit of the dispersion, and the dispersion at M = 50, 500, 5000; limit of Σ, and its value at M = 500, 5000.
/// From 40-digit arithmetic, printed to seven or more digits.
type Row = (f64, f64, [f64; 3], f64, [f64; 2]);

/// At λ = 1/10, 1/2, 1, 2.
const WEIGHTS_ONLY: [Row; 4] = [
    (0.1, 1.458273, [1.307074, 1.440975, 1.456519], 0.047612, [0.046843, 0.047536]),
    (0.5, 7.760316, [6.350585, 7.597521, 7.743785], 1.105545, [1.078876, 1.102836]),
    (1.0, 76.968597, [55.989287, 74.422755, 76.708652], 17.861141, [17.229156, 17.796572]),
    (2.0, 9585.5928, [5498.5583, 9038.4969, 9529.0990], 3110.2182, [2928.2856, 3091.4219]),
];

#[test]
fn limits_and_approach_agree_with_the_table_of_high_precision_values() {
    // Half a unit of the last printed digit of the smallest number.
    let printed = |want: f64| 0.6e-6_f64.max(0.6e-4 * f64::from(u8::from(want > 1000.0)));
    let check = |got: f64, want: f64| assert!((got - want).abs() < printed(want), "got {got}, want {want}");
    for (lambda, limit, exact, sigma, exact_sigma) in WEIGHTS_ONLY {
        let limits = relu_limits(lambda).unwrap();
        check(limits.d_w.to_f64(), limit);
        check(limits.sigma.to_f64(), sigma);
        for (i, m) in [50, 500, 5000].into_iter().enumerate() {
            let depth = (lambda * m as f64).round() as usize;
            let closed = weights_only(&constant_width(m, m, depth)).unwrap();
            check(closed.log_dispersion.exp(), exact[i]);
            if i > 0 {
                check(closed.log_update_ratio.exp(), exact_sigma[i - 1]);
            }
        }
    }
}

/// Slope of log |value(M) − limit| against log M, between M = 1000 and 4000.
fn rate(limit: f64, value: impl Fn(usize) -> f64) -> f64 {
    let error = |m| (value(m) - limit).abs().ln();
    (error(4000) - error(1000)) / 4.0_f64.ln()
}

#[test]
fn limits_are_approached_like_one_over_width() {
    // The next order in 1/M bends the slope by a few times λ/M.
    for (weight_var, beta) in [(2.0, 0.0), (1.4, 0.0), (2.0, 1.0), (1.0, 1.0), (4.0, 1.0)] {
        for lambda in [0.25, 0.5, 1.0] {
            let network = |m: usize| {
                let widths = constant_width(m, m, (lambda * m as f64) as usize);
                (constants(&widths, weight_var, 0.0, 1.0, beta), InputNorm::new(m as f64, None).unwrap())
            };
            let (c, input) = network(1000);
            let limit = relu_limit_for(&c, &input).unwrap();
            assert_eq!(limit.lambda, lambda);
            let slope = rate(limit.dispersion.to_f64(), |m| {
                let (c, input) = network(m);
                relu_moments(&c, &input).unwrap().dispersion.to_f64()
            });
            assert!((slope + 1.0).abs() < 0.02, "σ² {weight_var}, β {beta}, λ {lambda}: slope {slope}");
        }
    }
}

#[test]
fn critical_limits_agree_with_the_table_of_high_precision_values() {
    // NTK parameterization at |x|² = n_0, weight share 2/3; standard parameterization at |x| = 1, n_0 = M, share 1/2.
    for (standard, share, lambda, limit, exact) in [
        (false, 2.0 / 3.0, 0.5, 5.196076, [4.757908, 5.149072]),
        (false, 2.0 / 3.0, 1.0, 42.954533, [36.854696, 42.281965]),
        (true, 0.5, 0.5, 4.252806, [3.932236, 4.218534]),
        (true, 0.5, 1.0, 30.505833, [26.417742, 30.056381]),
    ] {
        for (m, want) in [100_usize, 1000].into_iter().zip(exact) {
            let widths = constant_width(m, m, (lambda * m as f64) as usize);
            let (alpha, sq_norm) = if standard { (m as f64 / 2.0, 1.0) } else { (1.0, m as f64) };
            let c = constants(&widths, 2.0, 0.0, alpha, 1.0);
            let input = InputNorm::new(sq_norm, None).unwrap();
            let got = relu_limit_for(&c, &input).unwrap();
            let LimitFormula::Critical { weight_share } = got.formula else { panic!("{:?}", got.formula) };
            assert_relative(weight_share, share, 1e-14, "weight share");
            // Printed to six decimals.
            assert!((got.dispersion.to_f64() - limit).abs() < 0.6e-6, "{got:?}");
            let exact = relu_moments(&c, &input).unwrap().dispersion.to_f64();
            assert!((exact - want).abs() < 0.6e-6, "M {m}: {exact}, want {want}");
        }
    }
}

#[test]
fn limits_match_first_orders_at_small_ratio_and_growth_at_large_ratio() {
    assert_eq!(relu_limits(0.0).unwrap().d_w.to_f64(), 1.0);
    assert!(relu_limits(0.0).unwrap().sigma.is_zero());
    // Σ = λ/3 (1 + ...), the next factor 1 + 5λ − 6λ/4.
    let small = relu_limits(1e-9).unwrap();
    assert_relative(small.sigma.to_f64(), 1e-9 / 3.0 * (1.0 + 3.5e-9), 1e-15, "Σ");
    // At λ = 1e6 all that is not e^{5λ} times a power is far below rounding; logarithms of size 5e6.
    let large = relu_limits(1e6).unwrap();
    let x = 5e6_f64;
    for (got, factor) in [
        (large.d_w, (1.0 / 3.0) * (1.0 + 4.0 / 6e6 - 4.0 / 36e12)),
        (large.d_b, 2.0 / (x * x)),
        (large.sigma, (0.5 - 1.0 / 6e6 + 1.0 / 36e12) / 3.0),
        (large.cross, 1.0 / (x * x) + (x - 1.0) / (3.0 * x * x) + 2.0 / 3.0 / (x * 6e6)),
    ] {
        assert!((got.ln() - x - f64::ln(factor)).abs() < 4.0 * x * f64::EPSILON, "{} {factor}", got.ln() - x);
    }
    for bad in [-1.0, f64::NAN, f64::INFINITY, 1e16] {
        assert!(relu_limits(bad).is_err());
    }
}

/// On both sides of each switch between series and closed form the values differ only by the slope times the step.
#[test]
fn limits_are_smooth_where_series_take_over() {
    for switch in [1.0 / 5.0, 1.0 / 6.0] {
        let at = |step: f64| relu_limits(switch + step).unwrap();
        let step = 1e-6;
        let values = |step| [at(step).d_w, at(step).d_b, at(step).cross, at(step).sigma].map(Scaled::to_f64);
        let (low, below, above, high) = (values(-2.0 * step), values(-step), values(step), values(2.0 * step));
        for i in 0..4 {
            // Interpolation of order four: error of order step⁴ plus a few ε.
            let jump = (above[i] - below[i]) * 3.0 - (high[i] - low[i]) * 1.5;
            assert!(jump.abs() < 20.0 * f64::EPSILON * above[i], "switch {switch}, {i}: {jump:e}");
        }
    }
}

#[test]
fn networks_without_a_known_limit_say_why() {
    let input = InputNorm::new(3.0, None).unwrap();
    let widths = [3, 50, 50, 1];
    let limit = |c| relu_limit_for(&c, &input);
    assert!(matches!(limit(constants(&[3, 1], 2.0, 0.0, 1.0, 0.0)), Err(NoLimit::Linear)));
    assert!(matches!(
        limit(constants(&[3, 5, 6, 1], 2.0, 0.0, 1.0, 0.0)),
        Err(NoLimit::UnequalWidths { layer: 2, .. })
    ));
    assert!(matches!(limit(constants(&widths, 2.0, 0.1, 1.0, 0.1)), Err(NoLimit::CriticalWithRandomBiases { .. })));
    assert!(matches!(limit(constants(&widths, 3.0, 0.1, 1.0, 1.0)), Err(NoLimit::BiasGradients { .. })));
    assert!(matches!(limit(constants(&widths, 3.0, 0.1, 1.0, 0.0)), Err(NoLimit::UntrainedBiases { .. })));
    assert!(matches!(limit(constants(&widths, 3.0, 0.0, 0.0, 1.0)), Err(NoLimit::FrozenWeights)));
    assert!(matches!(limit(constants(&widths, -3.0, 0.0, 1.0, 1.0)), Err(NoLimit::Input(_))));
    let mut uneven = constants(&widths, 2.0, 0.0, 1.0, 0.0);
    uneven.weight_var[1] = 1.9;
    assert!(matches!(limit(uneven), Err(NoLimit::LayerDependent { name: "weight_var", .. })));
    let zero = InputNorm::new(0.0, None).unwrap();
    let c = constants(&widths, 2.0, 0.0, 1.0, 1.0);
    assert!(matches!(relu_limit_for(&c, &zero), Err(NoLimit::ZeroInput)));
    let formula = |weight_var| limit(constants(&widths, weight_var, 0.2, 1.0, 0.2)).unwrap().formula;
    assert_eq!((formula(1.0), formula(3.0)), (LimitFormula::Ordered, LimitFormula::Chaotic));
}
