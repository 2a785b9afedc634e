//! Kernels of infinitely wide networks, the numbers they are made of, and the networks they are asked for.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod composed;
mod deep;
mod exceptional;
mod gram;
mod images;
mod images_random;
mod images_reference;
mod inputs;
mod matrix;
mod parameterizations;
mod peer;
mod properties;
mod references;
mod scaled;
mod spec;

use fathom_ntk::infinite::{PairInput, PairKernel, pair_kernel};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};

/// Every activation with an NTK, with several parameters where it has any.
const SAMPLES: &[&str] = &[
    "relu",
    "leaky-relu:0.3",
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
    "selu",
    "sin",
    "cos",
    "gaussian",
    "exp",
    "rectified-power:2",
    "rectified-power:5",
    "polynomial:0.25,1,-0.5,0.125",
];

fn spec(activation: &str, depth: usize, weight_var: f64, bias_var: f64) -> ArchitectureSpec {
    ArchitectureSpec {
        depth: Some(depth),
        activation: Some(activation.parse().unwrap()),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        ..Default::default()
    }
}

fn network(activation: &str, depth: usize, weight_var: f64, bias_var: f64) -> Architecture {
    spec(activation, depth, weight_var, bias_var).try_into().unwrap()
}

/// The kernel of inputs with the given mean squares and gap.
fn kernel(arch: &Architecture, xx: f64, yy: f64, gap: f64) -> PairKernel {
    pair_kernel(arch, &PairInput::from_gap(xx, yy, gap).unwrap()).unwrap()
}

/// A small generator of uniform numbers in (-1, 1), so that the data of a test are the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn vector(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.next()).collect()
    }
}

#[track_caller]
fn assert_close(what: &str, got: f64, expected: f64, tolerance: f64) {
    let error = if got == expected { 0.0 } else { ((got - expected) / expected).abs() };
    assert!(error <= tolerance, "{what}: {got:e}, not {expected:e} (relative error {error:e})");
}
