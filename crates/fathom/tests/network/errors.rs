//! What is no network, and what a network cannot do.

use fathom_ntk::activation::Activation;
use fathom_ntk::network::{GradientScale, KernelForm, KernelOptions, Layer, Network, NetworkError, Precision};

use crate::network;

fn layer(inputs: usize, outputs: usize, weights: Vec<f64>) -> Result<Layer, NetworkError> {
    Layer::new(inputs, outputs, weights, None, GradientScale::STANDARD)
}

#[test]
fn layers_have_the_shape_they_claim_and_finite_values() {
    assert!(matches!(layer(0, 2, vec![]), Err(NetworkError::EmptyLayer { inputs: 0, outputs: 2 })));
    assert!(matches!(layer(2, 2, vec![1.0; 3]), Err(NetworkError::WeightCount { got: 3, .. })));
    assert!(matches!(layer(usize::MAX, 2, vec![]), Err(NetworkError::WeightCount { .. })));
    let error = layer(2, 2, vec![1.0, 2.0, f64::NAN, 0.0]).unwrap_err().to_string();
    assert_eq!(error, "every weight must be finite, got NaN from input 0 to output 1 (counted from 0)");
    let with = |biases: Vec<f64>, scale| Layer::new(1, 2, vec![1.0; 2], Some(biases), scale);
    assert!(matches!(with(vec![1.0], GradientScale::STANDARD), Err(NetworkError::BiasCount { outputs: 2, got: 1 })));
    let infinite = with(vec![0.0, f64::INFINITY], GradientScale::STANDARD);
    assert!(matches!(infinite, Err(NetworkError::BiasNotFinite { output: 1, .. })));
    for (weights, biases) in [(-1.0, 0.0), (1.0, f64::NAN)] {
        assert!(matches!(with(vec![0.0; 2], GradientScale { weights, biases }), Err(NetworkError::Scale { .. })));
    }
}

#[test]
fn networks_are_chains() {
    assert!(matches!(Network::new(Activation::relu(), vec![]), Err(NetworkError::NoLayers)));
    let layers = vec![layer(1, 2, vec![1.0; 2]).unwrap(), layer(3, 1, vec![1.0; 3]).unwrap()];
    let error = Network::new(Activation::relu(), layers).unwrap_err();
    assert_eq!(error.to_string(), "layer 2 has 3 inputs, but the layer before has 2 outputs");
}

#[test]
fn inputs_are_rows_of_finite_features() {
    let network = network("relu", &[3, 4, 1], true, 1);
    let ntk = |inputs: &[f64]| network.empirical_ntk(inputs, &KernelOptions::default()).unwrap_err();
    assert!(matches!(ntk(&[]), NetworkError::Inputs { features: 3, got: 0 }));
    assert!(matches!(ntk(&[1.0; 4]), NetworkError::Inputs { features: 3, got: 4 }));
    assert!(matches!(ntk(&[0.0, 0.0, 0.0, f64::NAN, 0.0, 0.0]), NetworkError::InputNotFinite { row: 1, .. }));
    let forward = network.forward(&[0.0; 6]).unwrap();
    let backward = network.backward(&forward, vec![1.0; 3]);
    assert!(matches!(backward, Err(NetworkError::Cotangents { rows: 2, outputs: 1, got: 3 })));
}

#[test]
fn overflow_names_the_layer() {
    let build = |scales: &[f64]| {
        let layers = scales.iter().map(|w| layer(1, 1, vec![*w]).unwrap()).collect();
        Network::new(Activation::relu(), layers).unwrap()
    };
    let ntk = |scales: &[f64], x: f64, precision| {
        build(scales).empirical_ntk(&[x], &KernelOptions { precision, ..Default::default() }).unwrap_err()
    };
    let double = Precision::F64;
    assert!(matches!(ntk(&[1e200, 1e200, 1.0], 1.0, double), NetworkError::ForwardOverflow { layer: 2, depth: 3 }));
    let small = ntk(&[1.0, 1e200, 1e150], 1e-200, double);
    assert!(matches!(small, NetworkError::BackwardOverflow { layer: 1, depth: 3 }), "{small}");
    let large = ntk(&[1e-200, 1.0, 1e200], 1.0, double);
    assert!(matches!(large, NetworkError::KernelOverflow { layer: 2, depth: 3 }), "{large}");
    assert!(matches!(ntk(&[1e30, 1e30], 1.0, Precision::F32), NetworkError::ForwardOverflow { layer: 2, depth: 2 }));
    assert!(matches!(ntk(&[1.0, 1.0], 1e300, Precision::F32), NetworkError::ForwardOverflow { layer: 1, depth: 2 }));
    assert!(build(&[1e30, 1e30]).empirical_ntk(&[1.0], &KernelOptions::default()).is_ok());
}

#[test]
fn a_step_has_outputs_but_no_kernel() {
    let network = network("step", &[2, 4, 1], true, 1);
    assert_eq!(network.forward(&[1.0, 2.0]).unwrap().outputs().len(), 1);
    let error = network.empirical_ntk(&[1.0, 2.0], &KernelOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "step jumps, so its networks have outputs but no NTK");
}

#[test]
fn kernels_that_cannot_be_held_are_refused() {
    let network = network("linear", &[1, 100_000], false, 1);
    let options = KernelOptions { form: KernelForm::Full, memory: usize::MAX, ..Default::default() };
    let error = network.empirical_ntk(&vec![1.0; 1 << 20], &options).unwrap_err();
    assert!(matches!(error, NetworkError::TooLarge { .. }), "{error}");
}
