//! Moments of the finite-width ReLU NTK against high-precision values, another formula, drawn networks, and identities.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod limits;
mod pairwise;
mod properties;
mod sampling;
mod update;
mod vectors;

use fathom_ntk::spec::Constants;

/// One output or several, the same constants in every layer, Gaussian weights.
fn constants(widths: &[usize], weight_var: f64, bias_var: f64, alpha: f64, beta: f64) -> Constants {
    let depth = widths.len() - 1;
    Constants {
        widths: widths.to_vec(),
        weight_var: vec![weight_var; depth],
        bias_var: vec![bias_var; depth],
        alpha: vec![alpha; depth],
        beta: vec![beta; depth],
        weight_kurtosis: 0.0,
        bias_kurtosis: 0.0,
    }
}

/// `depth` weight layers of the same hidden width, one output.
fn constant_width(inputs: usize, width: usize, depth: usize) -> Vec<usize> {
    let mut widths = vec![width; depth + 1];
    widths[0] = inputs;
    widths[depth] = 1;
    widths
}

#[track_caller]
fn assert_relative(got: f64, want: f64, tolerance: f64, what: &str) {
    assert!((got - want).abs() <= tolerance * want.abs(), "{what}: got {got:e}, want {want:e}");
}
