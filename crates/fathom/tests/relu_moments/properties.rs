//! Identities over random small networks, and the edges.

use fathom_ntk::Scaled;
use fathom_ntk::moments::{InputNorm, MomentsError, relu_moments, weights_only};
use fathom_ntk::spec::Constants;
use proptest::prelude::*;

use super::{assert_relative, constant_width, constants};

/// A value for each of `depth` layers, zero in about a third of them.
fn layers(depth: usize, largest: f64) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![1 => Just(0.0), 2 => 0.0..largest], depth)
}

fn networks() -> impl Strategy<Value = (Constants, f64)> {
    (1..9_usize).prop_flat_map(|depth| {
        (
            prop::collection::vec(1..12_usize, depth + 1),
            prop::collection::vec(0.05..4.0_f64, depth),
            layers(depth, 1.5),
            layers(depth, 3.0),
            layers(depth, 2.0),
            (-2.0..4.0_f64, -2.0..4.0_f64),
            prop_oneof![1 => Just(0.0), 4 => 0.0..5.0_f64],
        )
            .prop_map(|(widths, weight_var, bias_var, alpha, beta, kurtosis, sq_norm)| {
                let (weight_kurtosis, bias_kurtosis) = kurtosis;
                (Constants { widths, weight_var, bias_var, alpha, beta, weight_kurtosis, bias_kurtosis }, sq_norm)
            })
    })
}

proptest! {
    #[test]
    fn moments_exist_and_the_dispersion_is_at_least_one((c, sq_norm) in networks()) {
        let m = relu_moments(&c, &InputNorm::new(sq_norm, None).unwrap()).unwrap();
        for value in [m.mean, m.second_moment, m.variance, m.dispersion, m.relative_std, m.update_sum] {
            prop_assert!(value.is_finite() && value >= Scaled::ZERO, "{m:?}");
        }
        prop_assert!(m.dispersion >= Scaled::ONE && m.log_dispersion >= 0.0, "{m:?}");
        if let Some(coins) = m.without_dead_layers {
            prop_assert!(coins.mean >= m.mean);
        }
        if let Some(o) = &m.outputs {
            // Cauchy–Schwarz: E Θ_aa Θ_bb ≤ E Θ_aa²; Θ positive semi-definite: E Θ_ab² ≤ E Θ_aa Θ_bb. Rounding: 1e-12.
            prop_assert!(o.diagonal_product <= m.second_moment * (1.0 + 1e-12));
            prop_assert!(o.off_diagonal_square <= o.diagonal_product * (1.0 + 1e-12));
            prop_assert!(o.trace_second_moment >= o.trace_mean * o.trace_mean);
        }
    }

    #[test]
    fn scaling_all_gradients_changes_no_dispersion((mut c, sq_norm) in networks(), factor in 0.1..10.0_f64) {
        let input = InputNorm::new(sq_norm, None).unwrap();
        let before = relu_moments(&c, &input).unwrap();
        c.alpha.iter_mut().chain(&mut c.beta).for_each(|v| *v *= factor);
        let after = relu_moments(&c, &input).unwrap();
        // At most eight layers; a negative excess kurtosis at width 1 may cancel some digits.
        let (a, b) = (before.dispersion.to_f64(), after.dispersion.to_f64());
        prop_assert!((a - b).abs() <= 1e-11 * a, "{a} {b}");
        let (a, b) = ((before.mean * factor).to_f64(), after.mean.to_f64());
        prop_assert!((a - b).abs() <= 1e-13 * a, "{a} {b}");
    }

    #[test]
    fn without_biases_the_dispersion_depends_on_hidden_widths_alone(
        widths in prop::collection::vec(1..40_usize, 2..20), weight_var in 0.01..9.0_f64, sq_norm in 0.01..9.0_f64,
    ) {
        let m = relu_moments(&constants(&widths, weight_var, 0.0, 1.0, 0.0), &InputNorm::new(sq_norm, None).unwrap());
        let closed = weights_only(&widths).unwrap();
        let got = m.unwrap().log_dispersion;
        prop_assert!((got - closed.log_dispersion).abs() <= 1e-13 * closed.log_dispersion.max(0.01), "{got}");
        prop_assert!(closed.g > 1.0 / 3.0 && closed.g <= 1.0);
    }
}

#[test]
fn one_layer_has_a_constant_ntk() {
    let m = relu_moments(&constants(&[2, 3], 2.0, 0.5, 1.0, 0.5), &InputNorm::new(3.0, None).unwrap()).unwrap();
    assert_eq!((m.mean.to_f64(), m.dispersion.to_f64(), m.update_sum.to_f64()), (3.5, 1.0, 0.0));
    let outputs = m.outputs.unwrap();
    assert_eq!((outputs.diagonal_product.to_f64(), outputs.off_diagonal_square.to_f64()), (12.25, 0.0));
}

#[test]
fn zero_input_without_random_biases_leaves_the_output_bias() {
    let zero = InputNorm::of(&[0.0, 0.0]).unwrap();
    let m = relu_moments(&constants(&[2, 5, 5, 1], 2.0, 0.0, 1.0, 1.5), &zero).unwrap();
    assert_eq!((m.mean.to_f64(), m.second_moment.to_f64(), m.dispersion.to_f64()), (1.5, 2.25, 1.0));
    assert!(m.alive_probability.is_zero() && m.update_sum.is_zero());
    // Nothing trained that matters: Θ is surely 0, and does not fluctuate.
    let m = relu_moments(&constants(&[2, 5, 5, 1], 2.0, 0.0, 1.0, 0.0), &zero).unwrap();
    assert_eq!((m.mean.to_f64(), m.dispersion.to_f64(), m.log_dispersion), (0.0, 1.0, 0.0));
}

#[test]
fn only_the_last_layer_trained_still_fluctuates() {
    // Θ = w_{L-1}: dispersion Π (1 + 5/n_l).
    let mut c = constants(&[3, 4, 5, 1], 2.0, 0.0, 0.0, 0.0);
    c.alpha[2] = 1.0;
    let m = relu_moments(&c, &InputNorm::new(3.0, None).unwrap()).unwrap();
    assert_relative(m.dispersion.to_f64(), (1.0 + 5.0 / 4.0) * (1.0 + 5.0 / 5.0), 1e-15, "dispersion");
}

#[test]
fn probability_of_a_living_network_is_a_product_over_hidden_layers() {
    let input = InputNorm::new(1.0, None).unwrap();
    let m = relu_moments(&constants(&[3, 2, 3, 1], 2.0, 0.0, 1.0, 0.0), &input).unwrap();
    assert_eq!(m.alive_probability.to_f64(), 0.75 * 0.875);
    let m = relu_moments(&constants(&constant_width(1, 1, 3001), 2.0, 0.0, 1.0, 1.0), &input).unwrap();
    assert!((m.alive_probability.ln() + 3000.0 * std::f64::consts::LN_2).abs() < 1e-11);
    // E Θ = 2 a layer from the weights; biases of layer l reach the output with probability 2^{-(l-1)}.
    assert_relative(m.mean.to_f64(), 2.0 * 3001.0 + 2.0 + 1.0, 1e-14, "mean");
}

#[test]
fn constants_that_do_not_fit_are_refused() {
    let input = InputNorm::new(3.0, None).unwrap();
    let good = constants(&[3, 4, 1], 2.0, 0.0, 1.0, 0.0);
    let refused = |edit: &dyn Fn(&mut Constants)| {
        let mut c = good.clone();
        edit(&mut c);
        relu_moments(&c, &input).unwrap_err()
    };
    assert!(matches!(refused(&|c| c.weight_var.clear()), MomentsError::NoLayers));
    assert!(matches!(refused(&|c| c.widths.push(1)), MomentsError::Length { name: "widths", expected: 3, .. }));
    assert!(matches!(refused(&|c| c.beta.push(1.0)), MomentsError::Length { name: "beta", expected: 2, .. }));
    assert!(matches!(refused(&|c| c.widths[1] = 0), MomentsError::ZeroWidth { position: 1 }));
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(refused(&|c| c.weight_var[1] = bad), MomentsError::LayerValue { name: "weight_var", .. }));
    }
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(refused(&|c| c.bias_var[0] = bad), MomentsError::LayerValue { name: "bias_var", .. }));
        assert!(matches!(refused(&|c| c.alpha[0] = bad), MomentsError::LayerValue { name: "alpha", .. }));
        assert!(matches!(refused(&|c| c.beta[0] = bad), MomentsError::LayerValue { name: "beta", .. }));
        assert!(InputNorm::new(bad, None).is_err() && InputNorm::new(1.0, Some(bad)).is_err());
    }
    assert!(matches!(refused(&|c| c.weight_kurtosis = -2.1), MomentsError::Value { name: "weight_kurtosis", .. }));
    assert!(matches!(refused(&|c| c.bias_kurtosis = f64::NAN), MomentsError::Value { name: "bias_kurtosis", .. }));
    assert!(InputNorm::new(2.0, Some(4.1)).is_err());
    let flat = InputNorm::new(3.0, Some(2.9)).unwrap();
    assert!(matches!(relu_moments(&good, &flat), Err(MomentsError::Concentration { inputs: 3, .. })));
    assert!(weights_only(&[3]).is_err() && weights_only(&[3, 0, 1]).is_err());
}

#[test]
fn extreme_sizes_neither_overflow_nor_vanish() {
    let widths = constant_width(1, 3, 20_000);
    for (weight_var, sq_norm) in [(1e-300, 1e300), (1e300, 1e-300), (2.0, f64::MIN_POSITIVE), (2.0, f64::MAX)] {
        let c = constants(&widths, weight_var, 0.0, 1.0, 0.0);
        let m = relu_moments(&c, &InputNorm::new(sq_norm, None).unwrap()).unwrap();
        let want = weights_only(&widths).unwrap().log_dispersion;
        assert!((m.log_dispersion - want).abs() < 1e-10, "{} {want}", m.log_dispersion);
    }
}
