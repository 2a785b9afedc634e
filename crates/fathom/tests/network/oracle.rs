//! Empirical kernels of neural-tangents (`golden/entk.py`), which agree with jax's Jacobians to 3e-16.

use fathom_ntk::network::{GradientScale, KernelForm, KernelOptions, Layer, Network};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn build(case: &Value) -> Network {
    let widths: Vec<usize> = numbers(&case["widths"]).iter().map(|n| *n as usize).collect();
    let layers = widths.windows(2).enumerate().map(|(l, pair)| {
        let biases = case["biases"].get(l).map(numbers);
        Layer::new(pair[0], pair[1], numbers(&case["weights"][l]), biases, GradientScale::STANDARD).unwrap()
    });
    Network::new(case["activation"].as_str().unwrap().parse().unwrap(), layers.collect()).unwrap()
}

/// Both sides add some thirty products in double precision: 1e-14 of the largest entry is ten times that.
#[test]
fn kernels_are_those_of_neural_tangents() {
    let cases: Value = serde_json::from_str(include_str!("../golden/entk.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let network = build(case);
        let inputs = numbers(&case["inputs"]);
        let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
        let kernel = network.empirical_ntk(&inputs, &options).unwrap();
        let outputs = network.outputs();
        let expected = numbers(&case["full"]);
        let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let rows = inputs.len() / network.inputs();
        assert_eq!(expected.len(), (rows * outputs).pow(2));
        for (place, expected) in expected.iter().enumerate() {
            let (pair, block) = (place / (outputs * outputs), place % (outputs * outputs));
            let (row, col) = (pair / rows * outputs + block / outputs, pair % rows * outputs + block % outputs);
            let got = kernel.matrices()[0][row * kernel.cols() + col];
            assert!((got - expected).abs() < 1e-14 * largest, "{} {place}: {got} {expected}", case["activation"]);
        }
    }
}
