//! Networks of blocks: against another library, exact formulas, and themselves written in other ways.

use fathom_ntk::infinite::{PairInput, PairKernel, composed_pair_kernel, pair_kernel};
use fathom_ntk::spec::{
    Block, BranchScaling, Composition, CompositionError, CompositionSpec, Parameterization, ResNetSpec,
};
use serde_json::Value;

use super::network;

fn composition(features: usize, blocks: Vec<Block>) -> Result<Composition, CompositionError> {
    Composition::try_from(CompositionSpec { input: vec![features], blocks, ..Default::default() })
}

fn resnet(depth: usize, weight_var: f64, bias_var: f64, activation: &str, scaling: BranchScaling) -> Composition {
    let activation = activation.parse().unwrap();
    Composition::try_from(ResNetSpec { features: 1, depth, activation, weight_var, bias_var, scaling }).unwrap()
}

fn function(name: &str) -> Block {
    Block::activation(name.parse().unwrap())
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let numbers = |row: &Value| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    value.as_array().unwrap().iter().map(numbers).collect()
}

/// Largest difference of two kernels, in units of the diagonals.
fn distance(a: &PairKernel, b: &PairKernel) -> f64 {
    let apart = |x: [fathom_ntk::Scaled; 3], y: [fathom_ntk::Scaled; 3]| {
        let scale = [y[0], y[1], y[0].sqrt() * y[1].sqrt()];
        (0..3).map(|i| ((x[i] - y[i]) / scale[i]).to_f64().abs()).fold(0.0, f64::max)
    };
    apart(a.nngp, b.nngp).max(apart(a.ntk, b.ntk))
}

#[test]
fn residual_and_normalised_networks_agree_with_neural_tangents() {
    let document: Value = serde_json::from_str(include_str!("../golden/peer-composed.json")).unwrap();
    let mut compared = 0;
    for peer in document["networks"].as_array().unwrap() {
        let input = |key: &str| document["inputs"][peer[key].as_str().unwrap()].clone();
        let (x1, x2) = (input("x1"), input("x2"));
        if x1[0][0].is_array() {
            continue;
        }
        let (x1, x2) = (rows(&x1), rows(&x2));
        let name = peer["name"].as_str().unwrap();
        let parameterization = (peer["parameterization"] == "standard").then_some(Parameterization::Standard);
        let network = Composition::try_from(CompositionSpec {
            input: vec![x1[0].len()],
            blocks: serde_json::from_value(peer["blocks"].clone()).unwrap(),
            parameterization,
            ..Default::default()
        })
        .unwrap();
        for (i, x) in x1.iter().enumerate() {
            for (j, y) in x2.iter().enumerate() {
                let pair = PairInput::from_vectors(x, y).unwrap();
                let kernel = composed_pair_kernel(&network, &pair).unwrap();
                // The peer has 1e-8 per layer or so where inputs are parallel, opposite or nearly so.
                let tolerance = if pair.gap().min(2.0 - pair.gap()) < 1e-3 { 1e-6 } else { 1e-12 };
                for (key, entries) in [("nngp", kernel.nngp), ("ntk", kernel.ntk)] {
                    let expected = peer[key][i][j].as_f64().unwrap();
                    let scale = (entries[0].sqrt() * entries[1].sqrt()).to_f64();
                    let error = (entries[2].to_f64() - expected).abs() / scale;
                    assert!(error <= tolerance, "{name} {key}[{i}][{j}]: {error:e}");
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 7 * 24 * 2);
}

#[test]
fn blocks_without_branches_are_the_fully_connected_network() {
    for (activation, weight_var, bias_var) in
        [("relu", 2.0, 0.0), ("relu", 1.5, 0.1), ("erf", 2.0, 0.05), ("tanh", 1.2, 0.0)]
    {
        let mut blocks = vec![Block::dense(weight_var, bias_var)];
        for _ in 1..12 {
            blocks.extend([function(activation), Block::dense(weight_var, bias_var)]);
        }
        let composed = composition(3, blocks).unwrap();
        assert_eq!(composed.depth(), 12);
        let arch = network(activation, 12, weight_var, bias_var);
        for gap in [0.0, 1e-12, 0.3, 1.7] {
            let input = PairInput::from_gap(1.0, 0.7, gap).unwrap();
            let (a, b) = (composed_pair_kernel(&composed, &input).unwrap(), pair_kernel(&arch, &input).unwrap());
            assert!(distance(&a, &b) < 1e-13, "{activation} {gap}");
            assert!(((a.ntk_gap - b.ntk_gap) / b.ntk_gap.max(1e-300.into())).to_f64().abs() < 1e-11);
        }
    }
}

#[test]
fn branches_times_zero_leave_the_first_layer_and_identity_branches_add() {
    let input = PairInput::from_gap(1.3, 0.4, 0.6).unwrap();
    let first = composed_pair_kernel(&composition(2, vec![Block::dense(1.7, 0.2)]).unwrap(), &input).unwrap();
    let idle = composed_pair_kernel(&resnet(9, 1.7, 0.2, "tanh", BranchScaling::Constant(0.0)), &input).unwrap();
    assert_eq!(distance(&idle, &first), 0.0);
    // Linear branches: Σ' = (1 + λ² σ_w²) Σ and Θ' = (1 + λ² σ_w²) Θ + λ² σ_w² Σ, so Θ/Σ grows by ρ = λ²σ_w²/(1 + λ²σ_w²).
    let branch = || Block::residual(0.25, vec![Block::dense(2.0, 0.0)]);
    let linear = composition(2, vec![Block::dense(1.0, 0.0), branch(), branch()]).unwrap();
    let k = composed_pair_kernel(&linear, &input).unwrap();
    let covariance = input.inner_product();
    assert!((k.nngp[2].to_f64() / (1.5 * 1.5 * covariance) - 1.0).abs() < 1e-14);
    assert!((k.ntk[2].to_f64() / (1.5 * 1.5 * covariance * (1.0 + 2.0 / 3.0)) - 1.0).abs() < 1e-14);
}

/// Unequal contributions whose correlations differ: the sum of gaps against the sum of covariances.
#[test]
fn gaps_of_sums_are_those_of_their_covariances() {
    for activation in ["relu", "tanh", "erf"] {
        for (xx, gap) in [(1.0, 0.4), (5.0, 0.4), (0.01, 1.5), (1.0, 1e-3)] {
            let input = PairInput::from_gap(xx, 1.0, gap).unwrap();
            let k = composed_pair_kernel(&resnet(7, 1.3, 0.4, activation, BranchScaling::Power(0.5)), &input).unwrap();
            let by_entries = 1.0 - (k.nngp[2] / (k.nngp[0].sqrt() * k.nngp[1].sqrt())).to_f64();
            assert!((by_entries - k.gap.to_f64()).abs() < 1e-14, "{activation} {by_entries} {}", k.gap.to_f64());
            let [a, b, c] = k.ntk.map(fathom_ntk::Scaled::to_f64);
            assert!((0.5 * (a + b) - c - k.ntk_gap.to_f64()).abs() < 1e-13 * (a + b));
        }
    }
}

/// τ_L and q_L of bias-free relu branches (docs/theory): $t = \Theta/q = 1 + \sum_l \rho_l$, $q = q_1 \prod_l (1 + a_l)$.
#[test]
fn diagonals_of_residual_relu_networks_have_their_closed_form() {
    for scaling in ["1", "0.3", "1/l", "l^-0.5", "l^-2", "1/L"] {
        let scaling: BranchScaling = scaling.parse().unwrap();
        for depth in [1, 2, 50, 5000] {
            let k = composed_pair_kernel(
                &resnet(depth, 1.6, 0.0, "relu", scaling),
                &PairInput::from_gap(1.0, 1.0, 1.0).unwrap(),
            )
            .unwrap();
            let (mut tau, mut ln_q) = (1.0, 1.6_f64.ln());
            for l in 2..=depth {
                let a = 0.8 * scaling.lambda_sq(l, depth);
                tau += a / (1.0 + a);
                ln_q += a.ln_1p();
            }
            assert!(((k.ntk[0] / k.nngp[0]).to_f64() / tau - 1.0).abs() < 1e-12, "{scaling} {depth}");
            assert!((k.nngp[0].ln() - ln_q).abs() < 1e-12 * ln_q.abs().max(1.0), "{scaling} {depth}");
        }
    }
}

/// For λ² = 1/L and a = 1 the limit is an ordinary differential equation in τ; for orthogonal inputs its end is
/// u = 0.746140898702, t = 0.319776932969, and (t_L − t) L → −0.6302 (docs/theory).
#[test]
fn branches_of_variance_one_over_depth_approach_their_differential_equation() {
    let input = PairInput::from_gap(1.0, 1.0, 1.0).unwrap();
    for depth in [1_000, 100_000] {
        let k = composed_pair_kernel(&resnet(depth, 2.0, 0.0, "relu", BranchScaling::InverseDepth), &input).unwrap();
        let t = (k.ntk[2] / k.nngp[0]).to_f64();
        let rate = (t - 0.319_776_932_969) * depth as f64;
        assert!((rate + 0.6302).abs() < 1.0 / depth as f64 + 2e-4, "{depth} {rate}");
        assert!((k.gap.to_f64() - 0.746_140_898_702).abs() < 1.0 / depth as f64, "{depth} {}", k.gap.to_f64());
    }
}

#[test]
fn a_million_residual_layers_keep_their_digits() {
    // t − τ/4 − (3/16) ln τ with ρ = ½ is 1.0989 at 10⁵ and 1.0993 at 10⁶ layers (docs/theory).
    for (depth, expected) in [(100_000, 1.0989), (1_000_000, 1.0993)] {
        let input = PairInput::from_gap(1.0, 1.0, 1.0).unwrap();
        let k = composed_pair_kernel(&resnet(depth, 2.0, 0.0, "relu", BranchScaling::Constant(1.0)), &input).unwrap();
        let tau = 1.0 + 0.5 * (depth as f64 - 1.0);
        let t = (k.ntk[2] / k.nngp[0]).to_f64();
        assert!((t - 0.25 * tau - 3.0 / 16.0 * tau.ln() - expected).abs() < 1e-4, "{depth} {t}");
    }
}

#[test]
fn layer_normalisation_forgets_norms_and_keeps_gaps() {
    let blocks = || vec![Block::dense(1.7, 0.0), Block::LayerNorm, function("tanh"), Block::dense(1.2, 0.1)];
    let network = composition(4, blocks()).unwrap();
    let at = |xx, yy, gap| composed_pair_kernel(&network, &PairInput::from_gap(xx, yy, gap).unwrap()).unwrap();
    for gap in [1e-14, 0.2, 1.9] {
        let unit = at(1.0, 1.0, gap);
        assert!(distance(&at(1e6, 1.0, gap), &unit) < 1e-13, "{gap}");
        let same = at(1e6, 1e6, gap);
        assert!(((same.ntk_gap - unit.ntk_gap) / unit.ntk_gap).to_f64().abs() < 1e-13, "{gap}");
        assert!(((same.gap - unit.gap) / unit.gap).to_f64().abs() < 1e-13, "{gap}");
    }
}

#[test]
fn blocks_that_do_not_fit_are_refused_with_their_place() {
    let message = |input: Vec<usize>, blocks: Vec<Block>| {
        Composition::try_from(CompositionSpec { input, blocks, ..Default::default() }).unwrap_err().to_string()
    };
    let dense = || Block::dense(2.0, 0.0);
    let conv = |filter: Vec<usize>, stride: Vec<usize>| Block::Conv {
        filter,
        stride,
        padding: fathom_ntk::spec::Padding::Same,
        weight_var: 2.0,
        bias_var: 0.0,
        channels: None,
    };
    assert_eq!(message(vec![3], vec![]), "a network needs at least one block with weights");
    assert!(message(vec![], vec![dense()]).contains("got []"));
    assert!(message(vec![3, 0], vec![dense()]).contains("got [3, 0]"));
    let words = message(vec![3], vec![function("relu"), dense()]);
    assert!(words.starts_with("block 1 (relu): a function needs sums with independent weights"), "{words}");
    let words = message(vec![3], vec![dense(), Block::residual(1.0, vec![dense(), function("relu")])]);
    assert!(words.starts_with("block 2 (residual"), "{words}");
    let words = message(vec![3], vec![dense(), function("relu")]);
    assert!(words.contains("the outputs must be sums"), "{words}");
    let words = message(vec![8, 8, 3], vec![conv(vec![9, 3], vec![])]);
    assert!(words.contains("conv 9×3") && words.contains("an image of 8×8 with 3 channels"), "{words}");
    let words = message(vec![8, 8, 3], vec![conv(vec![3, 3], vec![0, 1])]);
    assert!(words.contains("every stride must be at least 1, got 0"), "{words}");
    let words = message(vec![3], vec![conv(vec![3], vec![])]);
    assert!(words.contains("a list of 3 features"), "{words}");
    let words = message(
        vec![8, 8, 3],
        vec![conv(vec![3, 3], vec![]), Block::residual(1.0, vec![conv(vec![3, 3], vec![2, 2])])],
    );
    assert!(words.contains("makes an image of 4×4, the shortcut an image of 8×8"), "{words}");
    for (block, quantity) in [
        (Block::dense(0.0, 0.0), "weight_var"),
        (Block::dense(f64::NAN, 0.0), "weight_var"),
        (Block::dense(1.0, -1.0), "bias_var"),
        (Block::residual(-1.0, vec![dense()]), "lambda_sq"),
    ] {
        assert!(message(vec![3], vec![dense(), block]).contains(quantity), "{quantity}");
    }
    for text in ["-1", "l^--1", "1/n", "", "nan"] {
        assert!(text.parse::<BranchScaling>().is_err(), "{text}");
    }
    let toml = CompositionSpec::from_toml("input = [3]\n[[block]]\ntype = \"dense\"\nwdith = 3\n").unwrap_err();
    assert!(toml.to_string().contains("wdith"), "{toml}");
}
