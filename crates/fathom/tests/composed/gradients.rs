//! The empirical NTK and gradient steps against central differences in every parameter.

use fathom_ntk::network::{ComposedNetwork, KernelForm};
use fathom_ntk::spec::{Biases, Block, Composition, CompositionSpec, Padding, Parameterization};

use super::{conv, dense, function, normals, pool};

const MEMORY: usize = 1 << 28;

/// Every kind of block, on a grid.
fn grid() -> Vec<Block> {
    vec![
        conv(&[3, 2], &[], Padding::Same),
        Block::LayerNorm,
        function("tanh"),
        pool(&[2, 2], &[1, 1], Padding::Same),
        conv(&[2, 3], &[2, 1], Padding::Circular),
        Block::Residual {
            lambda_sq: 0.6,
            branch: vec![function("gelu"), conv(&[2, 3], &[], Padding::Same), function("erf"), dense()],
            shortcut: vec![function("erf"), conv(&[1, 1], &[], Padding::Valid)],
        },
        Block::residual(0.5, vec![function("tanh"), dense()]),
        function("softplus"),
        conv(&[2, 2], &[1, 2], Padding::Valid),
        function("tanh"),
        Block::Flatten,
        dense(),
        Block::LayerNorm,
        function("gelu"),
        dense(),
    ]
}

/// On a line, weights before pooling, and outputs that are an image.
fn line() -> Vec<Block> {
    vec![
        conv(&[3], &[2], Padding::Same),
        Block::residual(1.3, vec![function("tanh"), conv(&[3], &[], Padding::Circular)]),
        pool(&[2], &[], Padding::Circular),
        function("erf"),
        dense(),
    ]
}

fn global() -> Vec<Block> {
    vec![
        conv(&[3], &[], Padding::Same),
        function("erf"),
        conv(&[3], &[], Padding::Same),
        function("tanh"),
        Block::GlobalAveragePool,
        dense(),
    ]
}

fn drawn(input: &[usize], blocks: Vec<Block>, biases: Biases, parameterization: Parameterization) -> ComposedNetwork {
    let spec = CompositionSpec {
        input: input.to_vec(),
        blocks,
        biases: Some(biases),
        parameterization: Some(parameterization),
    };
    let named = Composition::try_from(spec).unwrap().with_widths(3, 2).unwrap();
    ComposedNetwork::draw(&named, 5, 1).unwrap()
}

/// Derivatives of all outputs on all inputs by every parameter, times the root of its scale: one list for each parameter.
fn differences(network: &ComposedNetwork, inputs: &[f64]) -> Vec<Vec<f64>> {
    const STEP: f64 = 1e-4;
    let mut columns = Vec::new();
    for layer in 0..network.layers().len() {
        let shape = &network.layers()[layer];
        let (weights, biases) = (shape.weights().len(), shape.biases().map_or(0, <[f64]>::len));
        for place in 0..weights + biases {
            let scale = if place < weights { shape.scale().weights } else { shape.scale().biases };
            let at = |step: f64| {
                let mut moved = network.clone();
                let layer = moved.layers_mut().nth(layer).unwrap();
                match place.checked_sub(weights) {
                    None => layer.weights_mut()[place] += step,
                    Some(bias) => layer.biases_mut().unwrap()[bias] += step,
                }
                moved.forward(inputs).unwrap()
            };
            // Richardson: the error is of the fourth order, 1e-16 relative, beside rounding of 1e-16/1e-4.
            let [near, far] = [STEP, 2.0 * STEP].map(|h| {
                let (up, down) = (at(h), at(-h));
                up.iter().zip(&down).map(|(u, d)| (u - d) / (2.0 * h)).collect::<Vec<_>>()
            });
            columns.push(near.iter().zip(&far).map(|(n, f)| scale.sqrt() * (4.0 * n - f) / 3.0).collect());
        }
    }
    columns
}

fn cases() -> Vec<(&'static str, ComposedNetwork, Vec<f64>)> {
    let mut cases = Vec::new();
    for (name, input, blocks) in
        [("grid", &[4, 3, 2][..], grid()), ("line", &[7, 2], line()), ("pooled", &[5, 1], global())]
    {
        let count = input.iter().product::<usize>() * 3;
        for (biases, parameterization) in [
            (Biases::Trained, Parameterization::Ntk),
            (Biases::Trained, Parameterization::Standard),
            (Biases::Untrained, Parameterization::Ntk),
        ] {
            cases.push((name, drawn(input, blocks.clone(), biases, parameterization), normals(count, 3)));
        }
    }
    cases
}

#[test]
fn the_empirical_ntk_is_the_sum_of_products_of_differences() {
    for (name, network, inputs) in cases() {
        let kernel = network.empirical_ntk(&inputs, KernelForm::Full, MEMORY).unwrap();
        let columns = differences(&network, &inputs);
        let size = kernel.rows();
        let largest = kernel.matrices()[0].iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        for i in 0..size {
            for j in 0..size {
                let expected: f64 = columns.iter().map(|column| column[i] * column[j]).sum();
                let found = kernel.matrices()[0][i * size + j];
                // Rounding of the differences: ε/h of the outputs, some 1e-11, in a sum of some hundred products.
                assert!((found - expected).abs() < 1e-9 * largest, "{name} ({i}, {j}): {found} and {expected}");
            }
        }
        assert!(largest > 0.1, "{name}: {largest}");
    }
}

#[test]
fn trace_single_outputs_and_rectangles_are_parts_of_the_full_kernel() {
    for (name, network, inputs) in cases() {
        let (outputs, features) = (network.outputs(), network.features());
        let full = network.empirical_ntk(&inputs, KernelForm::Full, MEMORY).unwrap();
        let entry = |(i, a): (usize, usize), (j, b): (usize, usize)| {
            full.matrices()[0][(i * outputs + a) * full.cols() + j * outputs + b]
        };
        let each = network.empirical_ntk(&inputs, KernelForm::PerOutput, MEMORY).unwrap();
        let trace = network.empirical_ntk(&inputs, KernelForm::Trace, MEMORY).unwrap();
        let (left, right) = inputs.split_at(features);
        let beside = network.empirical_ntk_between(left, right, KernelForm::Trace, MEMORY).unwrap();
        for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
            let sum: f64 = (0..outputs).map(|a| entry((i, a), (j, a))).sum();
            let size = sum.abs().max(1e-2);
            assert!((trace.matrices()[0][i * 3 + j] - sum).abs() < 1e-12 * size, "{name}");
            assert!((each.matrices()[1][i * 3 + j] - entry((i, 1), (j, 1))).abs() < 1e-12 * size, "{name}");
            if i == 0 && j > 0 {
                assert!((beside.matrices()[0][j - 1] - sum).abs() < 1e-12 * size, "{name}");
            }
        }
    }
}

/// With a loss linear in the outputs, a step changes every parameter by its own difference.
#[test]
fn a_gradient_step_follows_the_differences() {
    for (name, network, inputs) in cases() {
        let cotangents = normals(3 * network.outputs(), 8);
        let rate = 0.3;
        let moved = network.gradient_step(&inputs, &cotangents, rate).unwrap();
        let mut columns = differences(&network, &inputs).into_iter();
        for (before, after) in network.layers().iter().zip(moved.layers()) {
            let pairs = before.weights().iter().zip(after.weights()).map(|(b, a)| (b, a, before.scale().weights));
            let lists = before.biases().into_iter().flatten().zip(after.biases().into_iter().flatten());
            for (b, a, scale) in pairs.chain(lists.map(|(b, a)| (b, a, before.scale().biases))) {
                let column = columns.next().unwrap();
                let gradient: f64 = column.iter().zip(&cotangents).map(|(d, c)| d * c).sum();
                let expected = -rate * scale.sqrt() * gradient;
                assert!((a - b - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{name}: {} and {expected}", a - b);
            }
        }
    }
}

#[test]
fn batches_and_threads_do_not_change_a_bit() {
    let network = drawn(&[4, 3, 2], grid(), Biases::Trained, Parameterization::Ntk);
    let inputs = normals(150 * 24, 4);
    let kernel = |memory| network.empirical_ntk(&inputs, KernelForm::Trace, memory).unwrap();
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let whole = kernel(usize::MAX);
    assert_eq!(whole, single.install(|| kernel(usize::MAX)));
    let needed = match network.empirical_ntk(&inputs, KernelForm::Trace, 0) {
        Err(fathom_ntk::network::NetworkError::Budget { needed, .. }) => needed,
        other => unreachable!("{other:?}"),
    };
    assert_eq!(whole, kernel(needed));
    let outputs = network.forward(&inputs).unwrap();
    assert_eq!(outputs, single.install(|| network.forward(&inputs).unwrap()));
    assert_eq!(outputs[..2], network.forward(&inputs[..24 * 64]).unwrap()[..2]);
}
