//! Compositions of dense blocks against fully connected networks with the same weights.

use fathom_ntk::network::{ComposedNetwork, KernelForm, KernelOptions};
use fathom_ntk::sample::{Method, Sampler};
use fathom_ntk::spec::{
    Architecture, ArchitectureSpec, Biases, Block, Composition, CompositionSpec, Parameterization, PerLayer,
};

use super::{function, normals};

fn both(activation: &str, biases: Biases, parameterization: Parameterization) -> (Composition, Architecture) {
    let bias_var = if biases == Biases::None { 0.0 } else { 0.3 };
    let dense = |width| Block::Dense { weight_var: 1.4, bias_var, width: Some(width) };
    let blocks = vec![dense(20), function(activation), dense(30), function(activation), dense(3)];
    let spec =
        CompositionSpec { input: vec![6], blocks, biases: Some(biases), parameterization: Some(parameterization) };
    let layers = ArchitectureSpec {
        widths: Some("6,20,30,3".parse().unwrap()),
        activation: Some(activation.parse().unwrap()),
        weight_var: Some(PerLayer::Uniform(1.4)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        biases: Some(biases),
        parameterization: Some(parameterization),
        ..Default::default()
    };
    (Composition::try_from(spec).unwrap(), Architecture::try_from(layers).unwrap())
}

#[test]
fn dense_blocks_are_the_fully_connected_network_of_the_same_draw() {
    let inputs = normals(6 * 5, 1);
    for (activation, biases, parameterization) in [
        ("relu", Biases::Trained, Parameterization::Ntk),
        ("tanh", Biases::Trained, Parameterization::Standard),
        ("gelu", Biases::Untrained, Parameterization::Ntk),
        ("erf", Biases::None, Parameterization::Standard),
    ] {
        let (blocks, arch) = both(activation, biases, parameterization);
        let composed = ComposedNetwork::draw(&blocks, 11, 4).unwrap();
        let network = Sampler::new(&arch, &inputs, Some(Method::Direct)).unwrap().network(11, 4).unwrap();
        for (one, other) in composed.layers().iter().zip(network.layers()) {
            assert_eq!((one.weights(), one.biases()), (other.weights(), other.biases()));
        }
        // Sums of at most 30 numbers in another order: 30 ε, and factors that are rounded differently.
        let near = |a: &[f64], b: &[f64]| {
            let size = b.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13 * size), "{activation}");
            assert_eq!(a.len(), b.len());
        };
        near(&composed.forward(&inputs).unwrap(), network.forward(&inputs).unwrap().outputs());
        for form in [KernelForm::Full, KernelForm::PerOutput, KernelForm::Trace] {
            let kernel = composed.empirical_ntk(&inputs, form, 1 << 28).unwrap();
            let expected = network.empirical_ntk(&inputs, &KernelOptions { form, ..Default::default() }).unwrap();
            kernel.matrices().iter().zip(expected.matrices()).for_each(|(a, b)| near(a, b));
        }
    }
}

/// A convolution whose window is the whole image is a dense block on the flattened image; one of a single place is a dense
/// block on every place.
#[test]
fn windows_of_one_place_and_of_all_places_are_dense_blocks() {
    let inputs = normals(2 * 3 * 2 * 4, 6);
    let window = |filter: [usize; 2]| Block::Conv {
        filter: filter.into(),
        stride: Vec::new(),
        padding: fathom_ntk::spec::Padding::Valid,
        weight_var: 1.7,
        bias_var: 0.2,
        channels: Some(5),
    };
    let dense = Block::Dense { weight_var: 1.7, bias_var: 0.2, width: Some(5) };
    let kernel = |blocks: Vec<Block>| {
        let network = ComposedNetwork::draw(&super::composition(&[2, 3, 2], blocks), 3, 0).unwrap();
        network.empirical_ntk(&inputs, KernelForm::Full, 1 << 28).unwrap()
    };
    for (one, other) in [
        (vec![window([2, 3])], vec![Block::Flatten, dense.clone()]),
        (
            vec![window([1, 1]), function("tanh"), window([2, 3])],
            vec![dense.clone(), function("tanh"), Block::Flatten, dense],
        ),
    ] {
        let (one, other) = (kernel(one), kernel(other));
        assert_eq!((one.rows(), one.cols()), (other.rows(), other.cols()));
        for (a, b) in one.matrices()[0].iter().zip(&other.matrices()[0]) {
            assert!((a - b).abs() < 1e-13 * one.matrices()[0][0], "{a} and {b}");
        }
    }
}
