//! What depth does to the kernel: limits, rates and constants against values of high precision and other formulas.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod circular;
mod convolutional;
mod exceptional;
mod images;
mod phases;
mod predictor;
mod rates;
mod residual;

use fathom_ntk::activation::Activation;
use fathom_ntk::analysis::depth::{DepthNetwork, DepthOptions, DepthReport, DepthRow, depth_report};
use fathom_ntk::analysis::{CurveRange, edge_of_chaos_curve};
use fathom_ntk::infinite::PairInput;
use fathom_ntk::infinite::matrix::Watch;

fn activation(name: &str) -> Activation {
    name.parse().unwrap()
}

/// The pair whose first-layer variances are `q`, with gap `u` between them.
fn first_layer(network: &DepthNetwork, q: [f64; 2], u: f64) -> PairInput {
    let mean_squares = q.map(|q| (q - network.bias_var()) / network.weight_var());
    let covariance = (q[0] * q[1]).sqrt();
    let gap = (covariance * u - (covariance - network.bias_var()))
        / (network.weight_var() * (mean_squares[0] * mean_squares[1]).sqrt())
        + 1.0;
    PairInput::from_gap(mean_squares[0], mean_squares[1], gap).unwrap()
}

/// A critical network and a pair at its fixed point `q` with first-layer gap `u`.
fn critical(name: &str, q: f64, u: f64) -> (DepthNetwork, PairInput) {
    let activation = activation(name);
    let point = edge_of_chaos_curve(&activation, CurveRange::Variance { from: q, to: q }, 1).unwrap()[0];
    let network = DepthNetwork::mlp(&activation, point.weight_var, point.bias_var).unwrap();
    let input = first_layer(&network, [q, q], u);
    (network, input)
}

fn relu(weight_var: f64, bias_var: f64) -> DepthNetwork {
    DepthNetwork::mlp(&activation("relu"), weight_var, bias_var).unwrap()
}

fn report(network: &DepthNetwork, input: &PairInput, depths: &[usize]) -> DepthReport {
    let options = DepthOptions { depths: depths.to_vec(), epsilon: 0.01 };
    depth_report(network, input, &options, &Watch::default()).unwrap()
}

/// $t_L$.
fn normalised(row: &DepthRow) -> f64 {
    row.normalised.to_f64()
}

/// Whether `got` is `want` to half a unit of the last of `digits` decimals, rounded twice.
#[track_caller]
fn printed(got: f64, want: f64, digits: i32) {
    let unit = 10_f64.powi(-digits);
    assert!((got - want).abs() <= 0.6 * unit, "{got} is not {want} to {digits} decimals");
}
