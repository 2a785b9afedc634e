//! The edge of chaos: residuals of the rate beside the values of recursions in many digits.

use fathom_ntk::analysis::depth::{DepthClass, DepthRate};
use fathom_ntk::infinite::PairInput;

use super::{critical, normalised, printed, relu, report};

#[test]
fn residuals_of_relu_tend_to_minus_an_eighth() {
    let network = relu(2.0, 0.0);
    for (gap, c, shallow) in [(1.0, 3.38988, -0.14878), (0.05, 23.8225, -0.14844)] {
        let input = PairInput::from_gap(0.5, 0.5, gap).unwrap();
        let found = report(&network, &input, &[1000, 10_000, 100_000, 1_000_000]);
        assert_eq!(found.class, DepthClass::ReluLike);
        assert_eq!(found.rate, Some(DepthRate::LogOverDepth { coefficient: 0.375 }));
        assert_eq!(found.constants.delta0, Some(-0.125));
        // These are of one depth, without extrapolation: κ² ln L/L of 10⁶ is 3e-5.
        assert!((found.constants.c.unwrap() - c).abs() < 6e-5, "{:?}", found.constants.c);
        let residuals: Vec<f64> = found.rows.iter().map(|row| row.residual.unwrap()).collect();
        printed(residuals[0], shallow, 5);
        printed(residuals[1], -0.12741, 5);
        printed(residuals[2], -0.12524, 5);
        printed(residuals[3], -0.125_025, 6);
    }
}

#[test]
fn opposite_inputs_are_one_layer_ahead_of_orthogonal_ones() {
    let c = |gap| report(&relu(2.0, 0.0), &PairInput::from_gap(1.0, 1.0, gap).unwrap(), &[1]).constants.c.unwrap();
    // Antipodal inputs are orthogonal one layer later; C is measured to about 1e-7.
    assert!((c(1.0) - c(2.0) - 1.0).abs() < 1e-6, "{} {}", c(1.0), c(2.0));
}

#[test]
fn the_coefficients_of_relu_hold_for_every_kink_at_zero() {
    for (name, values) in [("abs", [-0.13119, -0.12563, -0.12503]), ("leaky-relu:0.1", [-0.16175, -0.12874, -0.12519])]
    {
        let activation: fathom_ntk::activation::Activation = name.parse().unwrap();
        let weight_var = 1.0 / activation.homogeneous().unwrap().mean_square();
        let network = fathom_ntk::analysis::depth::DepthNetwork::mlp(&activation, weight_var, 0.0).unwrap();
        let found = report(&network, &PairInput::from_gap(1.0, 1.0, 1.0).unwrap(), &[1000, 10_000, 200_000]);
        for (row, value) in found.rows.iter().zip(values) {
            printed(row.residual.unwrap(), value, 5);
        }
        assert_eq!(found.constants.kappa, Some(1.5));
    }
}

#[test]
fn smooth_activations_follow_their_constants() {
    let (network, input) = critical("tanh", 0.5, 1.0);
    let found = report(&network, &input, &[1000, 10_000, 100_000, 400_000]);
    assert_eq!(found.class, DepthClass::Smooth);
    let constants = found.constants;
    printed(constants.beta.unwrap(), 0.136_860_176_2, 10);
    printed(constants.gamma.unwrap(), 0.094_945_617_8, 10);
    printed(constants.kappa.unwrap(), -4.068_981_8, 7);
    printed(constants.delta0.unwrap(), -0.44071, 5);
    // At L = 4·10⁵, L ε of t = 1.3·10⁵ is 10⁻⁵.
    for (row, (value, digits)) in
        found.rows.iter().zip([(-0.47999, 5), (-0.44458, 5), (-0.441_096, 6), (-0.440_805, 5)])
    {
        printed(row.residual.unwrap(), value, digits);
    }
    // Closed forms of erf at q = 1/2.
    let (network, input) = critical("erf", 0.5, 0.5);
    let constants = report(&network, &input, &[1]).constants;
    for (got, want) in [(constants.beta, 1.0 / 6.0), (constants.gamma, 1.0 / 9.0), (constants.kappa, -3.0)] {
        // Integrals to 1e-14, and κ = 1 − γ/β² multiplies relative errors by 4·3.
        assert!((got.unwrap() - want).abs() < 1e-11, "{got:?} against {want}");
    }
}

#[test]
fn kinks_away_from_homogeneity_change_the_logarithm() {
    let (network, input) = critical("selu", 1.0, 0.5);
    let found = report(&network, &input, &[1000, 10_000, 100_000]);
    assert_eq!(found.class, DepthClass::Kinked);
    printed(found.constants.s.unwrap(), 0.070_072_786_8, 10);
    printed(found.constants.zeta.unwrap(), 0.010_934_157_5, 10);
    printed(found.constants.kappa.unwrap(), 5.953_654_7, 7);
    printed(found.constants.delta0.unwrap(), -1.98069, 5);
    for (row, value) in found.rows.iter().zip([-2.11753, -1.99354, -1.98197]) {
        printed(row.residual.unwrap(), value, 5);
    }
}

/// Kinks away from zero: no table, but the residual must tend to the predicted constant like 1/L.
#[test]
fn kinks_away_from_zero_are_weighted_by_their_density() {
    let (network, input) = critical("hard-tanh", 1.0, 0.5);
    let found = report(&network, &input, &[500, 5000, 20_000]);
    assert_eq!(found.class, DepthClass::Kinked);
    let delta = found.constants.delta0.unwrap();
    let off: Vec<f64> = found.rows.iter().map(|row| row.residual.unwrap() - delta).collect();
    assert!(off[1].abs() < 0.05 * delta.abs(), "{off:?}, δ₀ = {delta}");
    // Ten times deeper, ten times closer, up to the next order (a logarithm over L).
    assert!((off[0] / off[1] - 10.0).abs() < 4.0 && off[2].abs() < 0.4 * off[1].abs(), "{off:?}");
}

#[test]
fn a_jump_of_curvature_slows_the_rate_to_a_square_root() {
    let (network, input) = critical("elu", 1.0, 0.5);
    let found = report(&network, &input, &[1000, 10_000, 100_000]);
    assert_eq!(found.class, DepthClass::CurvatureJump);
    let epsilon = found.constants.epsilon.unwrap();
    printed(epsilon, 4.02662, 5);
    let beta = found.constants.beta.unwrap();
    for (row, (ntk, gap)) in found.rows.iter().zip([(-0.16265, 3.0477), (-0.31706, 3.7368), (-0.37365, 3.9348)]) {
        let depth = row.depth as f64;
        printed((normalised(row) / depth - 1.0 / 3.0) * depth.sqrt(), ntk, 5);
        printed((row.gap.to_f64() * beta * depth - 1.0) * depth.sqrt(), gap, 4);
    }
    assert_eq!(found.rate, Some(DepthRate::Power { coefficient: -0.1 * epsilon, exponent: 0.5 }));
}

#[test]
fn the_rate_predicts_errors_at_moderate_depth() {
    let input = PairInput::from_gap(1.0, 1.0, 1.0).unwrap();
    for row in report(&relu(2.0, 0.0), &input, &[300, 3000, 30_000]).rows {
        let (error, predicted) = (row.error.unwrap().to_f64(), row.predicted.unwrap().to_f64());
        // t is predicted up to 24/L, the ratio up to 24/L².
        let allowed = 30.0 / (row.depth as f64).powi(2);
        assert!((error - predicted).abs() < allowed, "L = {}: {error:e} against {predicted:e}", row.depth);
    }
}

#[test]
fn deep_enough_is_what_the_recursion_says() {
    let input = PairInput::from_gap(1.0, 1.0, 1.0).unwrap();
    let found = report(&relu(2.0, 0.0), &input, &[1]).needed;
    // (3/8 ln L + 0.7224)/L = 0.01 at L ≈ 285, and the recursion agrees within the next order, 24/L² of the ratio.
    assert!((found.predicted.unwrap() - 285.0).abs() < 3.0, "{found:?}");
    let verified = found.verified.unwrap();
    assert!((verified as f64 - found.predicted.unwrap()).abs() < 12.0, "{found:?}");
    let rows = report(&relu(2.0, 0.0), &input, &[verified - 1, verified]).rows;
    assert!(rows[0].error.unwrap().to_f64() > 0.01 && rows[1].error.unwrap().to_f64() <= 0.01);
}
