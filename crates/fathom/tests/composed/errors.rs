//! What is refused, and how it is said.

use fathom_ntk::network::{ComposedNetwork, GradientScale, KernelForm, Layer, NetworkError};
use fathom_ntk::spec::Block;

use super::{composition, dense, function};

fn small(blocks: Vec<Block>) -> ComposedNetwork {
    ComposedNetwork::draw(&composition(&[2], blocks).with_widths(3, 1).unwrap(), 0, 0).unwrap()
}

#[test]
fn a_block_without_width_is_named() {
    let inner = Block::residual(1.0, vec![function("relu"), dense()]);
    let first = Block::Dense { weight_var: 2.0, bias_var: 0.0, width: Some(4) };
    let error = ComposedNetwork::draw(&composition(&[2], vec![first, inner]), 0, 0).unwrap_err();
    assert_eq!(error.to_string(), "block 2.2 (dense): a network of finite width needs a width or channels here");
}

#[test]
fn layers_that_do_not_fit_the_blocks_are_refused() {
    let blocks = composition(&[2], vec![dense()]).with_widths(3, 1).unwrap();
    let none = ComposedNetwork::new(&blocks, Vec::new()).unwrap_err();
    assert_eq!(none, NetworkError::LayerCount { expected: 1, got: 0 });
    let layer = Layer::new(3, 1, vec![1.0; 3], None, GradientScale::STANDARD).unwrap();
    let other = ComposedNetwork::new(&blocks, vec![layer]).unwrap_err();
    assert_eq!(other.to_string(), "layer 1 needs [2, 1] inputs and outputs, got [3, 1]");
}

#[test]
fn inputs_that_do_not_fit_or_are_not_finite_are_refused() {
    let network = small(vec![dense()]);
    assert_eq!(network.forward(&[1.0; 3]), Err(NetworkError::Inputs { features: 2, got: 3 }));
    assert_eq!(network.forward(&[]), Err(NetworkError::Inputs { features: 2, got: 0 }));
    let bad = network.empirical_ntk(&[0.0, 1.0, f64::INFINITY, 0.0], KernelForm::Trace, 1 << 20).unwrap_err();
    assert_eq!(bad, NetworkError::InputNotFinite { row: 1, got: f64::INFINITY });
    let wrong = network.gradient_step(&[1.0, 2.0], &[1.0, 1.0], 0.1).unwrap_err();
    assert_eq!(wrong, NetworkError::Cotangents { rows: 1, outputs: 1, got: 2 });
}

#[test]
fn numbers_beyond_the_range_are_an_overflow_with_its_layer() {
    let network = small(vec![dense(), function("relu"), dense()]);
    let forward = network.forward(&[f64::MAX, f64::MAX]).unwrap_err();
    assert!(matches!(forward, NetworkError::ForwardOverflow { layer: 1, depth: 2 }), "{forward}");
    let kernel = network.empirical_ntk(&[1e200, -1e200], KernelForm::Trace, 1 << 20).unwrap_err();
    assert!(matches!(kernel, NetworkError::KernelOverflow { depth: 2, .. }), "{kernel}");
}

#[test]
fn a_step_has_outputs_but_no_kernel() {
    let network = small(vec![dense(), function("step"), dense()]);
    assert!(network.forward(&[1.0, 2.0]).is_ok());
    let error = network.empirical_ntk(&[1.0, 2.0], KernelForm::Trace, 1 << 20).unwrap_err();
    assert!(matches!(error, NetworkError::NoNtk { .. }), "{error}");
}

#[test]
fn layer_normalisation_of_zeros_is_refused() {
    let blocks = vec![Block::dense(2.0, 0.0), Block::LayerNorm, function("relu"), dense()];
    let error = small(blocks).forward(&[0.0, 0.0]).unwrap_err();
    assert_eq!(error, NetworkError::ZeroNorm { layer: 1, depth: 2 });
}
