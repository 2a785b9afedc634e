//! Random networks against the kernel of infinite width: the means approach it like 1/width, the variance of the NTK falls
//! like 1/width.

use fathom_ntk::Scaled;
use fathom_ntk::infinite::matrix::{KernelEngine, KernelKind, KernelScale, MatrixOptions};
use fathom_ntk::network::{ComposedNetwork, KernelForm};
use fathom_ntk::spec::{Block, BranchScaling, Composition, Padding, ResNetSpec};
use rayon::prelude::*;

use super::{composition, conv, dense, function, normals, pool};

/// Widths, and networks drawn at each.
const WIDTHS: [(usize, usize); 3] = [(16, 4000), (64, 1600), (256, 500)];
/// Standard errors: a false alarm has probability 7e-6, and the seed is fixed.
const SIGMAS: f64 = 4.5;

/// Mean and variance of a number, with standard errors.
#[derive(Clone, Copy, Debug)]
struct Moments {
    mean: f64,
    mean_error: f64,
    variance: f64,
    variance_error: f64,
}

impl Moments {
    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let central = |k: i32| values.iter().map(|x| (x - mean).powi(k)).sum::<f64>() / count;
        let (variance, fourth) = (central(2), central(4));
        let (mean_error, variance_error) = ((variance / count).sqrt(), ((fourth - variance * variance) / count).sqrt());
        Self { mean, mean_error, variance, variance_error }
    }
}

/// Θ and the products of the first outputs on two inputs: at (0, 0), (0, 1), (1, 1).
fn draw(network: &Composition, inputs: &[f64], index: u64) -> [f64; 6] {
    let drawn = ComposedNetwork::draw(network, 31, index).unwrap();
    let kernel = drawn.empirical_ntk(inputs, KernelForm::PerOutput, usize::MAX).unwrap();
    let theta = &kernel.matrices()[0];
    let f = drawn.forward(inputs).unwrap();
    let (x, y) = (f[0], f[drawn.outputs()]);
    [theta[0], theta[1], theta[3], x * x, x * y, y * y]
}

fn limits(network: &Composition, inputs: &[f64]) -> [f64; 6] {
    let options = MatrixOptions { kind: KernelKind::Both, scale: KernelScale::None, memory: usize::MAX };
    let engine = KernelEngine::new(network, inputs, network.features(), None, &options).unwrap();
    let matrices = engine.matrices::<f64>().unwrap();
    let entry =
        |m: usize, i: usize| Scaled::from(matrices[m].values()[i]).times_power_of_two(matrices[m].exponent()).to_f64();
    [entry(1, 0), entry(1, 1), entry(1, 3), entry(0, 0), entry(0, 1), entry(0, 3)]
}

/// Draws a network at three widths and compares its moments with infinite width.
fn approaches_infinite_width(name: &str, blocks: &Composition) {
    let inputs = normals(2 * blocks.features(), 12);
    let limits = limits(blocks, &inputs);
    let found: Vec<[Moments; 6]> = WIDTHS
        .iter()
        .map(|(width, draws)| {
            let network = blocks.with_widths(*width, 1).unwrap();
            let rows: Vec<_> = (0..*draws as u64).into_par_iter().map(|i| draw(&network, &inputs, i)).collect();
            [0, 1, 2, 3, 4, 5].map(|q| Moments::of(&rows.iter().map(|row| row[q]).collect::<Vec<_>>()))
        })
        .collect();
    for (q, limit) in limits.into_iter().enumerate() {
        let size = if q < 3 { limits[0].max(limits[2]) } else { limits[3].max(limits[5]) };
        let bias = |w: usize| (found[w][q].mean - limit).abs();
        let error = |w: usize| SIGMAS * found[w][q].mean_error;
        for w in 1..WIDTHS.len() {
            // The mean is K + A/n + B/n², and A is at most what the narrowest network shows of it. Of B nothing is assumed
            // but B/n < A/4 there.
            let ratio = WIDTHS[0].0 as f64 / WIDTHS[w].0 as f64;
            let allowed = error(w) + 1.25 * ratio * (bias(0) + error(0));
            let (n, mean) = (WIDTHS[w].0, found[w][q].mean);
            assert!(bias(w) < allowed, "{name}, width {n}, quantity {q}: {mean} beside {limit}, allowed {allowed}");
            if w == 2 {
                assert!(allowed < if q < 3 { 0.08 } else { 0.5 } * size, "{name}, {q}: {allowed} is too noisy to tell");
            }
        }
    }
    for q in [0, 2] {
        // Var Θ = V/n + O(1/n²): the slope of its logarithm is −1 but for a correction c/n at the narrower width, c < 12.
        let [one, other] = [found[1][q], found[2][q]];
        let step = (WIDTHS[2].0 as f64 / WIDTHS[1].0 as f64).ln();
        let slope = (other.variance / one.variance).ln() / step;
        let error = (one.variance_error / one.variance).hypot(other.variance_error / other.variance) / step;
        let allowed = SIGMAS * error + 12.0 / WIDTHS[1].0 as f64 / step;
        assert!((slope + 1.0).abs() < allowed, "{name}, {q}: the variance falls like width^{slope}, allowed {allowed}");
        assert!(allowed < 0.7, "{name}: {allowed} is too noisy to tell");
    }
}

fn resnet(scaling: BranchScaling) -> Composition {
    let spec = ResNetSpec {
        features: 4,
        depth: 4,
        activation: "relu".parse().unwrap(),
        weight_var: 2.0,
        bias_var: 0.1,
        scaling,
    };
    let trunk = Composition::try_from(spec).unwrap();
    // One output that is not the whole stream.
    let blocks = trunk.blocks().iter().cloned().chain([function("relu"), dense()]).collect();
    composition(&[4], blocks)
}

#[test]
fn relu_residual_networks_approach_infinite_width() {
    approaches_infinite_width("resnet", &resnet(BranchScaling::Constant(1.0)));
}

#[test]
fn scaled_residual_networks_approach_infinite_width() {
    approaches_infinite_width("scaled resnet", &resnet(BranchScaling::InverseDepth));
}

#[test]
fn circular_networks_on_a_line_approach_infinite_width() {
    let layer = || conv(&[3], &[], Padding::Circular);
    let blocks = vec![layer(), function("relu"), layer(), function("relu"), Block::Flatten, dense()];
    approaches_infinite_width("circular", &composition(&[5, 2], blocks));
}

#[test]
fn strided_networks_with_global_pooling_approach_infinite_width() {
    let blocks = vec![
        conv(&[3, 3], &[2, 2], Padding::Same),
        function("relu"),
        conv(&[3, 3], &[], Padding::Same),
        function("erf"),
        Block::GlobalAveragePool,
        dense(),
    ];
    approaches_infinite_width("pooled", &composition(&[6, 5, 2], blocks));
}

#[test]
fn strided_networks_that_are_flattened_approach_infinite_width() {
    let blocks = vec![
        conv(&[3, 3], &[2, 2], Padding::Same),
        function("relu"),
        pool(&[2, 2], &[1, 1], Padding::Valid),
        conv(&[2, 1], &[], Padding::Same),
        function("tanh"),
        Block::Flatten,
        dense(),
    ];
    approaches_infinite_width("flattened", &composition(&[6, 4, 1], blocks));
}

#[test]
fn residual_networks_that_pool_in_branch_and_shortcut_approach_infinite_width() {
    let padded = |stride| pool(&[2, 2], &[stride, stride], Padding::Same);
    let block = Block::Residual {
        lambda_sq: 0.7,
        branch: vec![function("relu"), padded(1), conv(&[2, 2], &[2, 2], Padding::Same)],
        shortcut: vec![padded(2), conv(&[1, 1], &[], Padding::Same)],
    };
    let blocks = vec![conv(&[2, 2], &[], Padding::Same), block, function("relu"), Block::GlobalAveragePool, dense()];
    approaches_infinite_width("pooled branch", &composition(&[4, 3, 2], blocks));
}

#[test]
fn residual_networks_on_flattened_images_approach_infinite_width() {
    let block = Block::residual(0.7, vec![function("relu"), dense()]);
    let blocks = vec![conv(&[2], &[], Padding::Same), Block::Flatten, block, function("relu"), dense()];
    approaches_infinite_width("flattened branch", &composition(&[3, 2], blocks));
}

#[test]
fn layer_normalised_networks_approach_infinite_width() {
    let branch = vec![Block::LayerNorm, function("relu"), dense()];
    let blocks = vec![
        dense(),
        Block::LayerNorm,
        function("tanh"),
        dense(),
        Block::residual(0.7, branch),
        function("relu"),
        dense(),
    ];
    approaches_infinite_width("layer norm", &composition(&[4], blocks));
}

#[test]
fn layer_normalised_convolutions_approach_infinite_width() {
    let layer = || conv(&[3], &[], Padding::Same);
    let blocks = vec![
        layer(),
        Block::LayerNorm,
        function("relu"),
        layer(),
        Block::LayerNorm,
        function("relu"),
        Block::Flatten,
        dense(),
    ];
    approaches_infinite_width("layer norm on a line", &composition(&[4, 2], blocks));
}
