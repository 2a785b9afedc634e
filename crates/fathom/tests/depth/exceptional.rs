//! Critical networks with limits of their own.

use std::f64::consts::PI;

use fathom_ntk::analysis::depth::{DepthClass, DepthNetwork, LimitOrigin, circular_limit};
use fathom_ntk::infinite::PairInput;

use super::{activation, relu, report};

#[test]
fn linear_growth_of_variances_leads_to_four_sevenths() {
    let network = relu(2.0, 0.3);
    let input = PairInput::from_gap(1.0, 1.0, 0.5).unwrap();
    let found = report(&network, &input, &[100_000, 1_000_000]);
    assert_eq!((found.class, found.ratio_limit), (DepthClass::GrowingReluLike, Some(4.0 / 7.0)));
    // The error falls like L^{−1/2}; between these depths the next order is below a tenth of it.
    let [shallow, deep] = [0, 1].map(|i| found.rows[i].scaled_error.unwrap());
    assert!((shallow / deep - 1.0).abs() < 0.1, "{shallow} {deep}");
    let coefficient = found.rate.unwrap().coefficient();
    assert!((coefficient / deep - 1.0).abs() < 0.1, "{coefficient} {deep}");
    let gap = found.rows[1].gap.to_f64() * 1e12 * 8.0 / (9.0 * PI * PI);
    assert!((gap - 1.0).abs() < 0.02, "u L² over its limit: {gap}");
}

#[test]
fn different_norms_that_grow_together_shift_the_limit() {
    let input = PairInput::from_inner_products(1.0, 1.375, 0.8).unwrap();
    let found = report(&relu(2.0, 0.5), &input, &[250_000, 1_000_000]);
    // ν = 2 · 0.375/0.5 = 1.5 gives 0.5656 to four digits; the error falls like L^{−1/2}.
    let limit = found.ratio_limit.unwrap();
    assert!((limit - 0.5656).abs() < 6e-5, "{limit}");
    let extrapolated = 2.0 * found.rows[1].ratio - found.rows[0].ratio;
    assert!(
        (extrapolated - limit).abs() < 1e-4 && (found.rows[1].ratio - limit).abs() < 1e-3,
        "{extrapolated} {limit}"
    );
}

#[test]
fn relu_that_outgrows_its_bias_forgets_it() {
    let input = PairInput::from_gap(1.0, 2.5, 0.5).unwrap();
    let found = report(&relu(3.0, 1.0), &input, &[1000, 100_000]);
    assert_eq!((found.class, found.ratio_limit), (DepthClass::ReluLike, Some(0.25)));
    // As without bias: t − Y/4 tends to −1/8, and the diagonal has a constant of its own.
    assert!((found.rows[1].residual.unwrap() + 0.125).abs() < 4e-4, "{:?}", found.rows[1].residual);
    let (error, predicted) = (found.rows[0].error.unwrap().to_f64(), found.rows[0].predicted.unwrap().to_f64());
    assert!((error - predicted).abs() < 4e-5, "{error} {predicted}");
    // Θ grows like 1.5^L and stays in range.
    assert!((found.rows[1].ntk[0].ln() / 1e5 - 1.5_f64.ln()).abs() < 1e-3);
}

#[test]
fn tanh_without_bias_keeps_its_data() {
    let network = DepthNetwork::mlp(&activation("tanh"), 1.0, 0.0).unwrap();
    let found = report(&network, &PairInput::from_gap(1.0, 1.0, 0.5).unwrap(), &[4000]);
    assert_eq!((found.class, found.origin), (DepthClass::VanishingOdd, LimitOrigin::Measured));
    // The correlation itself, extrapolated in 1/L from 2000 and 4000 layers: both have the same limit.
    let kernels = network.kernels(&PairInput::from_gap(1.0, 1.0, 0.5).unwrap(), &[2000, 4000]).unwrap();
    let [half, full] = [0, 1].map(|i| 1.0 - kernels[i].gap.to_f64());
    let frozen = 2.0 * full - half;
    assert!((found.ratio_limit.unwrap() - frozen).abs() < 5e-5, "{:?} {frozen}", found.ratio_limit);
    assert!((found.rows[0].ntk[2].to_f64() - 0.220_509).abs() < 6e-7);
}

/// r′ = r − r/L − c(1 − c²)/(3L²) for the distance r of the ratio from the frozen correlation c: (A ln L + B)/L with A =
/// −c(1 − c²)/3, whatever φ. Fitted to 2000 … 200,000 layers with the next orders, ln² L/L² and ln L/L², the limits are
/// 0.49989977 (erf) and 0.49750365 (tanh), and A/c(1 − c²) is −0.3333 to −0.3338.
#[test]
fn frozen_correlations_are_approached_like_a_logarithm_over_depth() {
    let input = PairInput::from_gap(0.1874, 0.2569, 1.0 - 0.5191).unwrap();
    let cases = [("erf", std::f64::consts::FRAC_PI_4, 0.499_899_77, 1e-8), ("tanh", 1.0, 0.497_503_65, 1e-8)];
    for (name, weight_var, expected, tolerance) in cases {
        let network = DepthNetwork::mlp(&activation(name), weight_var, 0.0).unwrap();
        let found = report(&network, &input, &[1000, 10_000]);
        let limit = found.ratio_limit.unwrap();
        // The fits have eight digits.
        assert!((limit - expected).abs() < tolerance, "{name}: {limit} {:e}", limit - expected);
        let coefficient = found.rate.unwrap().coefficient();
        assert!((coefficient + limit * (1.0 - limit * limit) / 3.0).abs() < 1e-12);
        for row in &found.rows {
            let (error, predicted) = (row.error.unwrap().to_f64(), row.predicted.unwrap().to_f64());
            // The next order by the fits is at most 0.061 ln² L/L² + 0.5 ln L/L²; it is in B too, from 8000 layers on, where ln² L/L
            // is 0.01.
            let (depth, log) = (row.depth as f64, (row.depth as f64).ln());
            let allowed = (0.061 * log * log + 0.5 * log) / (depth * depth) + 0.001_2 / depth;
            assert!((error - predicted).abs() < allowed, "{name} {depth}: {error:e} {predicted:e} {allowed:e}");
            // Without the logarithm it would be this far off.
            assert!(allowed < 0.1 * (coefficient * log / depth).abs());
        }
    }
}

#[test]
fn norms_of_relu_inputs_survive_and_those_of_smooth_activations_do_not() {
    let found = report(&relu(2.0, 0.0), &PairInput::from_gap(1.0, 9.0, 1.0).unwrap(), &[100_000]);
    let row = found.rows[0];
    // Θ₁₂ → ¼ √(q q′) L with q = 2, q′ = 18.
    let leading = row.ntk[2].to_f64() / (0.25 * 6.0 * 1e5);
    assert!((leading - 1.0).abs() < 3e-4, "{leading}");
    let (network, _) = super::critical("tanh", 0.5, 0.5);
    let found = report(&network, &PairInput::from_gap(0.2, 5.0, 1.0).unwrap(), &[100_000]);
    let leading = found.rows[0].ntk[2].to_f64() / (0.5 * 1e5 / 3.0);
    // κ/3 ln L/L = −1.6e-4, and the constants of the pair over L.
    assert!((leading - 1.0).abs() < 1e-3, "{leading}");
}

#[test]
fn circular_networks_end_as_fully_connected_ones() {
    let first = [1.0, 0.5, 2.0, 0.5, 1.0, 1.0];
    let second = [0.0, 3.0, 0.0, 3.0, 0.0, 0.0];
    let limit = circular_limit(&relu(2.0, 0.0), [&first, &second], 1).unwrap();
    assert_eq!(
        (limit.mean_variances, limit.ratio_limit, limit.diagonal_per_layer),
        ([2.0, 2.0], Some(0.25), Some(1.0))
    );
    // (1 + 2 cos 60°)/3.
    assert!((limit.slowest_pattern - 2.0 / 3.0).abs() < 1e-15);
    assert!(circular_limit(&relu(2.0, 0.0), [&first, &second[..5]], 1).is_err());
    assert!(circular_limit(&relu(2.0, 0.0), [&first, &second], 3).is_err());
}
