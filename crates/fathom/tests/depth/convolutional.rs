//! Convolutional networks of any padding and ending on data: against networks built block by block, and against circular ones.

use fathom_ntk::analysis::depth::{
    CircularNetwork, ConvolutionalNetwork, DepthClass, DepthDataReport, DepthError, DepthNetwork, KernelLimit,
    circular_depth_data_report, convolutional_depth_data_report,
};
use fathom_ntk::infinite::matrix::{MatrixError, Watch};
use fathom_ntk::spec::{
    Block, BranchScaling, CnnEnding, CnnSpec, Composition, CompositionError, CompositionSpec, Padding,
};

use super::activation;
use super::images::{images, matrices_of, row_is_that_of, with_data};

fn spec(input: &[usize], padding: Padding, name: &str, variances: [f64; 2]) -> CnnSpec {
    CnnSpec {
        input: input.to_vec(),
        depth: 2,
        filter: vec![3; input.len() - 1],
        padding,
        activation: activation(name),
        weight_var: variances[0],
        bias_var: variances[1],
        scaling: None,
    }
}

fn on(network: &ConvolutionalNetwork, inputs: &[f64], depths: &[usize]) -> Result<DepthDataReport, DepthError> {
    with_data(inputs, |data| convolutional_depth_data_report(network, data, depths, &Watch::default()))
}

/// So many convolutions and what stands behind them, block by block.
fn by_hand(spec: &CnnSpec, convolutions: usize, behind: &[Block], depth: usize) -> Composition {
    let conv = Block::Conv {
        filter: spec.filter.clone(),
        stride: Vec::new(),
        padding: spec.padding,
        weight_var: spec.weight_var,
        bias_var: spec.bias_var,
        channels: None,
    };
    let activation = Block::activation(spec.activation.clone());
    let mut blocks = vec![conv.clone()];
    for layer in 2..=convolutions {
        match spec.scaling {
            Some(_) => {
                let branch = vec![activation.clone(), conv.clone()];
                blocks.push(Block::residual((layer as f64).recip(), branch));
            }
            None => blocks.extend([activation.clone(), conv.clone()]),
        }
    }
    if let Some((last, rest)) = behind.split_last() {
        blocks.push(activation);
        blocks.extend(rest.iter().cloned());
        blocks.push(last.clone());
    }
    let network =
        Composition::try_from(CompositionSpec { input: spec.input.clone(), blocks, ..Default::default() }).unwrap();
    assert_eq!(network.depth(), depth);
    network
}

#[test]
fn rows_are_those_of_networks_built_block_by_block() {
    let pooled = |spec: &CnnSpec| vec![Block::GlobalAveragePool, Block::dense(spec.weight_var, spec.bias_var)];
    let flat = |spec: &CnnSpec| vec![Block::Flatten, Block::dense(spec.weight_var, spec.bias_var)];
    let relu = spec(&[5, 2], Padding::Same, "relu", [2.0, 0.0]);
    let tanh = spec(&[9, 2], Padding::Valid, "tanh", [1.4, 0.1]);
    let erf = spec(&[4, 3, 1], Padding::Same, "erf", [1.8, 0.2]);
    let residual =
        CnnSpec { scaling: Some(BranchScaling::Power(1.0)), ..spec(&[5, 2], Padding::Circular, "relu", [2.0, 0.1]) };
    let cases = [
        (&relu, CnnEnding::GlobalAveragePool, pooled(&relu)),
        (&relu, CnnEnding::None, Vec::new()),
        (&tanh, CnnEnding::Flatten, flat(&tanh)),
        (&erf, CnnEnding::GlobalAveragePool, pooled(&erf)),
        (&residual, CnnEnding::GlobalAveragePool, pooled(&residual)),
        (&residual, CnnEnding::Flatten, flat(&residual)),
    ];
    for (spec, ending, behind) in cases {
        let inputs = images(spec.input.iter().product());
        let network = ConvolutionalNetwork::new(spec, ending).unwrap();
        let report = on(&network, &inputs, &[2, 4]).unwrap();
        for (row, depth) in report.rows.iter().zip([2, 4]) {
            let convolutions = if behind.is_empty() { depth } else { depth - 1 };
            let [sigma, theta] = matrices_of(&by_hand(spec, convolutions, &behind, depth), &inputs);
            row_is_that_of(row, &sigma, &theta, &format!("{spec:?}, {ending:?}, L = {depth}"));
            assert_eq!((row.depth, row.cosine, row.depth_normalised), (depth, None, None));
        }
        assert_eq!((report.class, report.kernel_limit), (DepthClass::NotCovered, KernelLimit::Unknown));
        assert_eq!((report.ratio_limit, &report.predictor_limit, report.variance_limit), (None, &None, None));
        let facts = report.convolutional.unwrap();
        assert_eq!((facts.padding, facts.ending, &*facts.filter), (spec.padding, ending, &*spec.filter));
    }
}

#[test]
fn circular_networks_are_those_of_the_circular_report() {
    for (name, variances, scaling) in [
        ("relu", [2.0, 0.0], None),
        ("erf", [1.5, 0.1], None),
        ("relu", [2.0, 0.1], Some(BranchScaling::Constant(0.5))),
        ("tanh", [1.4, 0.1], None),
    ] {
        let spec = CnnSpec { scaling, ..spec(&[5, 2], Padding::Circular, name, variances) };
        let layers = match scaling {
            None => DepthNetwork::mlp(&spec.activation, variances[0], variances[1]).unwrap(),
            Some(scaling) => DepthNetwork::resnet(&spec.activation, variances[0], variances[1], scaling).unwrap(),
        };
        let circular = CircularNetwork::new(layers, &[3]).unwrap();
        let (inputs, depths) = (images(10), [2, 5, 20]);
        let expected =
            with_data(&inputs, |data| circular_depth_data_report(&circular, &[5], data, &depths, &Watch::default()));
        let expected = expected.unwrap();
        // A dense layer on all places has the mean over places that images without read-out have, but it is no residual branch.
        let endings: &[CnnEnding] =
            if scaling.is_none() { &[CnnEnding::None, CnnEnding::Flatten] } else { &[CnnEnding::None] };
        for &ending in endings {
            let found = on(&ConvolutionalNetwork::new(&spec, ending).unwrap(), &inputs, &depths).unwrap();
            for (found, expected) in found.rows.iter().zip(&expected.rows) {
                let [found_row, expected_row] = [found, expected].map(|row| row.trained.as_ref().unwrap());
                let close = |got: f64, want: f64, what: &str| {
                    let depth = found.depth;
                    assert!(
                        (got - want).abs() < 1e-10 * want.abs().max(1.0),
                        "{what}, {name} {ending:?} {depth}: {got} {want}"
                    );
                };
                close(found_row.lambda_max.to_f64(), expected_row.lambda_max.to_f64(), "largest eigenvalue");
                close(found_row.lambda_min.to_f64(), expected_row.lambda_min.to_f64(), "smallest eigenvalue");
                close(found_row.variance, expected_row.variance, "variance");
                close(found_row.mean[1], expected_row.mean[1], "mean");
                close(found.from_ones.rms, expected.from_ones.rms, "distance from ones");
            }
        }
    }
}

#[test]
fn depths_that_leave_nothing_of_the_image_and_images_that_do_not_fit_are_refused() {
    let network =
        ConvolutionalNetwork::new(&spec(&[9, 2], Padding::Valid, "relu", [2.0, 0.0]), CnnEnding::None).unwrap();
    // Windows of three take two places a layer: one of nine is left after four.
    assert!(on(&network, &images(18), &[4]).is_ok());
    assert!(matches!(on(&network, &images(18), &[4, 5]), Err(DepthError::Composition(CompositionError::Shape { .. }))));
    let other = MatrixError::Features { network: 18, data: 9 };
    assert_eq!(on(&network, &images(9), &[2]).unwrap_err(), DepthError::Matrix(other));
    let mut dark = images(18);
    dark[18..36].fill(0.0);
    let vanishing = MatrixError::ZeroDiagonal { second: false, row: 1 };
    assert_eq!(on(&network, &dark, &[2]).unwrap_err(), DepthError::Matrix(vanishing));
}

#[test]
fn all_depths_are_one_computation_that_can_be_stopped() {
    let network =
        ConvolutionalNetwork::new(&spec(&[4, 1], Padding::Same, "relu", [2.0, 0.0]), CnnEnding::GlobalAveragePool);
    let (network, watch) = (network.unwrap(), Watch::default());
    with_data(&images(4), |data| {
        convolutional_depth_data_report(&network, data, &[2, 6], &watch).unwrap();
        // Six rows and 21 pairs for each of 2 + 6 layers, and the pairs once more.
        assert_eq!(watch.progress(), (8 * 27 + 21, 8 * 27 + 21));
        watch.stop();
        let stopped = convolutional_depth_data_report(&network, data, &[2, 6], &watch);
        assert_eq!(stopped.unwrap_err(), DepthError::Stopped);
    });
}

/// Kernels that differ by less than their rounding are singular, and not regressed on rounding errors.
#[test]
fn inputs_that_are_forgotten_leave_a_singular_kernel() {
    let ordered = spec(&[4, 1], Padding::Same, "erf", [0.3, 0.5]);
    let report = on(&ConvolutionalNetwork::new(&ordered, CnnEnding::GlobalAveragePool).unwrap(), &images(4), &[2, 80]);
    let rows = report.unwrap().rows;
    assert!(rows[0].trained.is_some() && rows[1].trained.is_none());
    assert!(rows[1].from_ones.max < 1e-14);
}
