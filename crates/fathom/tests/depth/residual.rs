//! Residual networks of ReLU units.

use fathom_ntk::analysis::depth::{DepthClass, DepthNetwork, DepthRate, LimitOrigin};
use fathom_ntk::infinite::{PairInput, composed_pair_kernel};
use fathom_ntk::spec::{BranchScaling, Composition, ResNetSpec};

use super::{activation, normalised, printed, report};

fn resnet(weight_var: f64, bias_var: f64, scaling: &str) -> DepthNetwork {
    DepthNetwork::resnet(&activation("relu"), weight_var, bias_var, scaling.parse().unwrap()).unwrap()
}

fn orthogonal() -> PairInput {
    PairInput::from_gap(1.0, 1.0, 1.0).unwrap()
}

#[test]
fn one_pass_through_the_layers_is_the_network_of_blocks() {
    let input = PairInput::from_gap(1.0, 2.0, 0.3).unwrap();
    for (scaling, name) in [("1", "relu"), ("1/l", "relu"), ("l^-0.5", "tanh"), ("1/L", "gelu"), ("0.3", "elu")] {
        let network =
            DepthNetwork::resnet(&activation(name), 1.7, 0.2, scaling.parse::<BranchScaling>().unwrap()).unwrap();
        let kernels = network.kernels(&input, &[1, 3, 12]).unwrap();
        for (depth, kernel) in [1, 3, 12].into_iter().zip(kernels) {
            let composition = Composition::try_from(ResNetSpec {
                features: 1,
                depth,
                activation: activation(name),
                weight_var: 1.7,
                bias_var: 0.2,
                scaling: scaling.parse().unwrap(),
            })
            .unwrap();
            let other = composed_pair_kernel(&composition, &input).unwrap();
            // The same operations in the same order.
            assert_eq!((kernel.ntk[2].to_f64(), kernel.gap.to_f64()), (other.ntk[2].to_f64(), other.gap.to_f64()));
        }
    }
}

#[test]
fn constant_branches_keep_the_logarithm() {
    let found = report(&resnet(2.0, 0.0, "1"), &orthogonal(), &[1000, 100_000, 1_000_000]);
    assert_eq!((found.class, found.ratio_limit), (DepthClass::ResidualRelu, Some(0.25)));
    assert_eq!(found.rate, Some(DepthRate::LogOverDepth { coefficient: 0.375 }));
    // t − τ/4 − (3/16) ln τ with τ = (L + 1)/2.
    for (row, value) in found.rows[1..].iter().zip([1.0989, 1.0993]) {
        let tau = 0.5 * (row.depth as f64 + 1.0);
        printed(normalised(row) - 0.25 * tau - 0.1875 * tau.ln(), value, 4);
    }
    // The residual against Y tends to −ρ/8 = −1/16: at L = 10⁶, up to the next order over Y.
    assert!((found.rows[2].residual.unwrap() + 0.0625).abs() < 1e-4, "{:?}", found.rows[2].residual);
    let (error, predicted) = (found.rows[0].error.unwrap().to_f64(), found.rows[0].predicted.unwrap().to_f64());
    // t is predicted up to 24/τ, the ratio up to that over τ.
    assert!((error - predicted).abs() < 30.0 / 500.5_f64.powi(2), "{error} {predicted}");
    // The diagonal: q₁ (1 + a)^{L−1} (1 + ρ(L − 1)).
    let ln = 2_f64.ln() + 999.0 * 2_f64.ln() + 500.5_f64.ln();
    assert!((found.rows[0].ntk[0].ln() - ln).abs() < 1e-11 * ln);
}

#[test]
fn branches_that_fade_slowly_lose_the_logarithm() {
    let found = report(&resnet(2.0, 0.0, "l^-0.5"), &orthogonal(), &[100, 10_000, 1_000_000]);
    let tau = |depth: usize| 1.0 + (2..=depth).map(|l| (l as f64).powf(-0.5)).map(|a| a / (1.0 + a)).sum::<f64>();
    for (row, value) in found.rows.iter().zip([0.655, 1.504, 1.618]) {
        printed(normalised(row) - 0.25 * tau(row.depth), value, 3);
    }
    assert!(matches!(found.rate, Some(DepthRate::Power { exponent: 0.5, .. })));
    let last = found.rows[2];
    let ratio = last.error.unwrap().to_f64() / last.predicted.unwrap().to_f64();
    // With the next terms in 1/Y, what is left is the sum of ρ²/τ beyond the depth at which C was measured, over C.
    assert!((ratio - 1.0).abs() < 2e-3, "{ratio}");
}

#[test]
fn reciprocal_branches_approach_like_the_reciprocal_logarithm() {
    let found = report(&resnet(2.0, 0.0, "1/l"), &orthogonal(), &[1000, 1_000_000]);
    printed(found.rows[1].ratio, 0.2887, 4);
    assert!(matches!(found.rate, Some(DepthRate::InverseLog { .. })));
    // Y = 19.9 after a million layers: two terms of the expansion leave 0.24 of 0.54, by a separate recursion.
    let off = (found.rows[1].error.unwrap() - found.rows[1].predicted.unwrap()).to_f64() * 13.892_727_723;
    assert!((off - 0.2411).abs() < 2e-3, "{off}");
    assert!((found.constants.c.unwrap() - 6.1017).abs() < 5e-4, "{:?}", found.constants.c);
    // No depth is deep here.
    assert!(found.needed.verified.is_none());
}

#[test]
fn branches_over_depth_follow_a_differential_equation() {
    let found = report(&resnet(2.0, 0.0, "1/L"), &orthogonal(), &[1000, 10_000]);
    assert_eq!((found.class, found.origin), (DepthClass::ResidualReluInverseDepth, LimitOrigin::Equation));
    // t at τ = a = 1 from the same equation by other means: 0.319776932969.
    assert!((2.0 * found.ratio_limit.unwrap() - 0.319_776_932_969).abs() < 2e-12);
    let off = (normalised(&found.rows[1]) - 0.319_776_932_969) * 1e4;
    // −0.6302, up to 1/L.
    assert!((off + 0.6302).abs() < 2e-4, "{off}");
}

#[test]
fn summable_branches_have_a_limit_of_the_data() {
    let found = report(&resnet(2.0, 0.0, "l^-2"), &orthogonal(), &[1000, 1_000_000]);
    assert_eq!(found.origin, LimitOrigin::Measured);
    let (limit, last) = (found.ratio_limit.unwrap(), found.rows[1].ratio);
    // The error is of order a/L.
    assert!((limit - last).abs() < 2e-6 && (limit - last).abs() > 1e-8, "{limit} {last}");
}

#[test]
fn a_bias_does_not_change_the_limit_of_growing_residual_networks() {
    let network = resnet(2.0, 0.5, "1");
    // First-layer variance 1 and orthogonal pre-activations cannot be had with this bias: the values below are for a first layer
    // without bias, which costs a constant over L.
    let found = report(&network, &orthogonal(), &[100, 1000, 5000]);
    for (row, value) in found.rows.iter().zip([0.2887, 0.2554, 0.2512]) {
        assert!((row.ratio - value).abs() < 3.0 / row.depth as f64, "L = {}: {}", row.depth, row.ratio);
    }
    let (error, predicted) = (found.rows[2].error.unwrap().to_f64(), found.rows[2].predicted.unwrap().to_f64());
    assert!((error / predicted - 1.0).abs() < 0.01, "{error} {predicted}");
}
