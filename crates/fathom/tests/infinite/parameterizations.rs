//! Parameterizations and kinds of biases, against gradients of one-hidden-layer networks.
//!
//! With Gaussian weights and one hidden layer the mean of the empirical NTK is its infinite-width value at every width,
//! so the mean over hidden units drawn one by one must be the kernel.

use fathom_ntk::infinite::{KernelError, PairInput, PairKernel, pair_kernel};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, Biases, Parameterization, PerLayer};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};

use super::assert_close;

const WEIGHT_VAR: [f64; 2] = [1.7, 0.6];
const WIDTHS: [usize; 3] = [3, 50, 2];
const X: [f64; 3] = [0.4, -1.2, 0.7];
const Y: [f64; 3] = [1.1, 0.3, -0.2];

fn arch(activation: &str, parameterization: Parameterization, biases: Biases, bias_var: [f64; 2]) -> Architecture {
    let spec = ArchitectureSpec {
        widths: Some("3,50,2".parse().unwrap()),
        activation: Some(activation.parse().unwrap()),
        weight_var: Some(PerLayer::Layers(WEIGHT_VAR.to_vec())),
        bias_var: Some(PerLayer::Layers(bias_var.to_vec())),
        biases: Some(biases),
        parameterization: Some(parameterization),
        ..Default::default()
    };
    spec.try_into().unwrap()
}

fn compute(arch: &Architecture) -> PairKernel {
    pair_kernel(arch, &PairInput::from_vectors(&X, &Y).unwrap()).unwrap()
}

/// Squared gradient factors of one sample: (weight 2, bias 2, weight 1, bias 1) in units of the parameterization.
fn factors(parameterization: Parameterization, biases: Biases, bias_var: [f64; 2]) -> [f64; 4] {
    let [d, n] = [WIDTHS[0] as f64, WIDTHS[1] as f64];
    let trained = matches!(biases, Biases::Trained | Biases::ZeroInit);
    let bias = |var: f64| match (trained, parameterization, biases) {
        (false, ..) => 0.0,
        // The factor σ_b stands outside the trained number.
        (true, Parameterization::Ntk, Biases::Trained) => var,
        _ => 1.0,
    };
    match parameterization {
        // ∂f/∂V = φ(z): n hidden units, no factor; ∂z/∂W = x.
        Parameterization::Standard => [n, bias(bias_var[1]), 1.0, bias(bias_var[0])],
        // ∂f/∂V = σ_w φ(z)/√n; ∂z/∂W = σ_w x/√d.
        _ => [WEIGHT_VAR[1], bias(bias_var[1]), WEIGHT_VAR[0] / d, bias(bias_var[0])],
    }
}

#[test]
fn every_parameterization_has_the_mean_of_its_empirical_ntk() {
    let dot: f64 = X.iter().zip(Y).map(|(a, b)| a * b).sum();
    let mut rng = StdRng::seed_from_u64(5);
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let samples = 200_000;
    use Biases::{None, Trained, Untrained, ZeroInit};
    use Parameterization::{HaninNica, Ntk, Standard};
    let kinds = [
        (Ntk, Trained, [0.3, 0.8]),
        (Ntk, Untrained, [0.3, 0.8]),
        (Ntk, None, [0.0, 0.0]),
        (Ntk, ZeroInit, [0.0, 0.0]),
        (Standard, Trained, [0.3, 0.8]),
        (Standard, Untrained, [0.3, 0.8]),
        (Standard, ZeroInit, [0.0, 0.0]),
        (Standard, None, [0.0, 0.0]),
        (HaninNica, ZeroInit, [0.0, 0.0]),
        (HaninNica, Trained, [0.3, 0.8]),
    ];
    for (parameterization, biases, bias_var) in kinds {
        let [weight2, bias2, weight1, bias1] = factors(parameterization, biases, bias_var);
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..samples {
            let w: [f64; 3] = std::array::from_fn(|_| normal() * (WEIGHT_VAR[0] / 3.0).sqrt());
            let b = normal() * bias_var[0].sqrt();
            let z = |x: &[f64; 3]| w.iter().zip(x).map(|(a, b)| a * b).sum::<f64>() + b;
            let (u, v) = (z(&X).tanh(), z(&Y).tanh());
            // E of the squared output weight, times n units over n.
            let backward = WEIGHT_VAR[1] * (1.0 - u * u) * (1.0 - v * v);
            let sample = weight2 * u * v + bias2 + backward * (weight1 * dot + bias1);
            sum += sample;
            squares += sample * sample;
        }
        let mean = sum / f64::from(samples);
        let error = ((squares / f64::from(samples) - mean * mean) / f64::from(samples)).sqrt();
        let got = compute(&arch("tanh", parameterization, biases, bias_var)).ntk[2].to_f64();
        // Five standard errors; the noise itself is below a percent of the terms.
        assert!((got - mean).abs() < 5.0 * error, "{parameterization} {biases}: {got}, not {mean} ± {error}");
        assert!(
            error < 0.005 * (weight2 + bias2 + WEIGHT_VAR[1] * (weight1 * dot.abs() + bias1)),
            "{parameterization} {biases}: {error}"
        );
    }
}

#[test]
fn relu_kernels_follow_the_written_out_formula() {
    // κ₀ = (π − θ)/(2π), κ₁ = (sin θ + (π − θ) cos θ)/(2π) (Cho & Saul 2009).
    use std::f64::consts::{PI, TAU};
    let dot = |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for (parameterization, biases, bias_var) in [
        (Parameterization::Ntk, Biases::Trained, [0.3, 0.8]),
        (Parameterization::Standard, Biases::Trained, [0.3, 0.8]),
        (Parameterization::Standard, Biases::Untrained, [0.3, 0.8]),
        (Parameterization::HaninNica, Biases::ZeroInit, [0.0, 0.0]),
    ] {
        let [weight2, bias2, weight1, bias1] = factors(parameterization, biases, bias_var);
        let sigma = |a, b| WEIGHT_VAR[0] * dot(a, b) / 3.0 + bias_var[0];
        let (q1, q2, k) = (sigma(&X, &X), sigma(&Y, &Y), sigma(&X, &Y));
        let theta = (k / (q1 * q2).sqrt()).acos();
        let value = (q1 * q2).sqrt() * (theta.sin() + (PI - theta) * theta.cos()) / TAU;
        let slope = (PI - theta) / TAU;
        let kernel = compute(&arch("relu", parameterization, biases, bias_var));
        assert_close("nngp", kernel.nngp[2].to_f64(), WEIGHT_VAR[1] * value + bias_var[1], 1e-14);
        let ntk = weight2 * value + bias2 + WEIGHT_VAR[1] * slope * (weight1 * dot(&X, &Y) + bias1);
        assert_close("ntk", kernel.ntk[2].to_f64(), ntk, 1e-14);
        let diagonal = weight2 * 0.5 * q1 + bias2 + 0.5 * WEIGHT_VAR[1] * (weight1 * dot(&X, &X) + bias1);
        assert_close("diagonal", kernel.ntk[0].to_f64(), diagonal, 1e-14);
    }
}

#[test]
fn the_standard_parameterization_needs_widths_and_a_step_has_no_ntk() {
    let input = PairInput::from_gap(1.0, 1.0, 1.0).unwrap();
    let standard =
        ArchitectureSpec { depth: Some(3), parameterization: Some(Parameterization::Standard), ..Default::default() };
    assert_eq!(pair_kernel(&standard.try_into().unwrap(), &input).unwrap_err(), KernelError::NeedsWidths);
    let step = super::network("step", 3, 1.0, 0.0);
    assert_eq!(pair_kernel(&step, &input).unwrap_err(), KernelError::NoNtk { activation: "step".into() });
    assert!(pair_kernel(&super::network("step", 1, 1.0, 0.0), &input).is_ok());
}
