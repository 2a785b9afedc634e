//! One suite that every activation of the catalogue must pass.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod duals;
mod functions;
mod golden;
mod sampled;

use fathom_ntk::activation::Activation;

/// Every entry of the catalogue, with several parameters where it has any.
const SAMPLES: &[&str] = &[
    "relu",
    "leaky-relu",
    "leaky-relu:0.3",
    "leaky-relu:-2",
    "abs",
    "linear",
    "erf",
    "tanh",
    "sigmoid",
    "probit",
    "arctan",
    "softsign",
    "hard-tanh",
    "gelu",
    "silu",
    "mish",
    "softplus",
    "elu",
    "elu:0.5",
    "elu:2",
    "selu",
    "sin",
    "cos",
    "gaussian",
    "exp",
    "step",
    "rectified-power:1",
    "rectified-power:2",
    "rectified-power:3",
    "rectified-power:5",
    "rectified-power:8",
    "polynomial:0,2",
    "polynomial:0.25,1,-0.5,0.125",
    "polynomial:1,0,-3,0,0.5",
    "polynomial:0,1,0,0,0,0,0,0,0,0,0,0,1e-4",
];

fn samples() -> impl Iterator<Item = Activation> {
    SAMPLES.iter().map(|text| text.parse().unwrap())
}
