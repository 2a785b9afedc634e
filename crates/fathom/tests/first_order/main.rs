//! First-order corrections to the NTK: high-precision tensors, exact relu moments, sampled networks, classes.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod classes;
mod exact_relu;
mod input;
mod per_layer;
mod sampling;
mod tables;
mod two_inputs;
mod two_inputs_sampling;
mod two_inputs_tables;

use fathom_ntk::Architecture;
use fathom_ntk::activation::Activation;
use fathom_ntk::spec::{ArchitectureSpec, Biases, Parameterization, PerLayer};

/// The activation of that name.
fn activation(name: &str) -> Activation {
    name.parse().unwrap()
}

/// A network with trained biases in the NTK parameterization.
fn network(name: &str, widths: &str, weight_var: f64, bias_var: f64) -> Architecture {
    let spec = ArchitectureSpec {
        widths: Some(widths.parse().unwrap()),
        activation: Some(activation(name)),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        biases: Some(Biases::Trained),
        parameterization: Some(Parameterization::Ntk),
        ..Default::default()
    };
    Architecture::try_from(spec).unwrap()
}

/// Relative difference.
fn apart(got: f64, expected: f64) -> f64 {
    if got == expected { 0.0 } else { ((got - expected) / expected).abs() }
}
