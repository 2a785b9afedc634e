//! Kernels computed by another library, neural-tangents 0.6.5 in f64 (`golden/peer.py`).

use fathom_ntk::infinite::{PairInput, pair_kernel};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, Biases, Parameterization, PerLayer, Widths};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

pub(crate) fn architecture(network: &Value, inputs: usize) -> Architecture {
    let (weight_var, bias_var) = (numbers(&network["weight_var"]), numbers(&network["bias_var"]));
    let hidden: Option<Vec<usize>> =
        network["hidden"].as_array().unwrap().iter().map(|w| w.as_u64().map(|w| w as usize)).collect();
    let standard = network["parameterization"] == "standard";
    let widths = hidden.map(|hidden| [vec![inputs], hidden, vec![1]].concat());
    Architecture::try_from(ArchitectureSpec {
        depth: Some(weight_var.len()),
        widths: widths.map(|w| Widths::new(w).unwrap()),
        activation: Some(network["activation"].as_str().unwrap().parse().unwrap()),
        weight_var: Some(PerLayer::Layers(weight_var)),
        bias_var: Some(PerLayer::Layers(bias_var)),
        biases: (network["without_bias"] == true).then_some(Biases::None),
        parameterization: standard.then_some(Parameterization::Standard),
        ..Default::default()
    })
    .unwrap()
}

#[test]
fn kernels_agree_with_neural_tangents_to_its_own_precision() {
    let document: Value = serde_json::from_str(include_str!("../golden/peer.json")).unwrap();
    let (x1, x2) = (rows(&document["x1"]), rows(&document["x2"]));
    let networks = document["networks"].as_array().unwrap();
    let mut compared = 0;
    for network in networks {
        let name = network["name"].as_str().unwrap();
        let arch = architecture(network, x1[0].len());
        for (i, x) in x1.iter().enumerate() {
            for (j, y) in x2.iter().enumerate() {
                let input = PairInput::from_vectors(x, y).unwrap();
                let kernel = pair_kernel(&arch, &input).unwrap();
                // Its relu kernels have 1e-8 per layer or so where inputs are parallel, opposite or nearly so; its numerical
                // activations have the error of Gauss–Hermite rules of degree 80.
                let near = input.gap().min(2.0 - input.gap()) < 1e-3;
                let tolerance = match near {
                    // Its rectified monomials differ from its own relu there by 9e-5.
                    true if name.starts_with("rectmono") => 1e-3,
                    _ if network["numerical"] == true => 1e-5,
                    true => 1e-6,
                    false => 1e-12,
                };
                for (key, entries) in [("nngp", kernel.nngp), ("ntk", kernel.ntk)] {
                    let Some(expected) = network[key][i][j].as_f64() else { continue };
                    let scale = (entries[0].sqrt() * entries[1].sqrt()).to_f64();
                    let error = (entries[2].to_f64() - expected).abs() / scale;
                    assert!(
                        error <= tolerance,
                        "{name} {key}[{i}][{j}]: {} {expected}, {error:e}",
                        entries[2].to_f64()
                    );
                    compared += 1;
                }
            }
        }
    }
    // 29 networks, 6 × 4 pairs, two kernels; a few entries of the peer are NaN.
    assert!(compared > 29 * 24 * 2 - 24, "{compared}");
}
