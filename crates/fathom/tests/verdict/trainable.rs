//! The ordered phase: a deterministic kernel that cannot be trained with.

use fathom_ntk::analysis::verdict::{Class, Inputs, Level, VerdictOptions, verdict};
use fathom_ntk::infinite::gram;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;

use crate::arch;
use crate::network::{Network, relative_std, thetas};

#[test]
fn deep_ordered_relu_has_a_sure_kernel_and_cannot_be_trained() {
    let (rows, features) = (12, 10);
    let mut rng = StdRng::seed_from_u64(8);
    let x: Vec<f64> = (0..rows * features).map(|_| rng.sample(StandardNormal)).collect();
    let arch = arch("widths = \"10,100x59,1\"\nweight_var = 1.0\nbias_var = 0.1");
    let inputs = Inputs::Rows { values: &x, features };
    let verdict = verdict(&arch, inputs, &VerdictOptions::default()).unwrap();
    assert_eq!((verdict.class, verdict.findings[2].level), (Class::InRegimeUntrainable, Level::Bad));
    let conditioning = verdict.kernel.conditioning.as_ref().unwrap();
    assert!(conditioning.steps_typical.ln() > 1e9_f64.ln(), "{conditioning:?}");

    // Sampled: all rows of the same network have nearly the same Θ, and networks nearly the same as each other.
    let typical = &x[..features];
    let (ratio, error) = relative_std(&thetas(&arch, typical, 300, 9));
    let expected = verdict.randomness.as_ref().unwrap().relative_std.to_f64();
    assert!(error < 0.15 * expected && expected < 0.5, "{ratio} ± {error}");
    assert!((ratio - expected).abs() < 4.0 * error, "theory {expected}, sampled {ratio} ± {error}");
    let c = arch.constants().unwrap();
    let network = Network::draw(&arch, &c, &mut rng);
    let passes: Vec<_> = x.chunks(features).map(|x| network.pass(x)).collect();
    for a in &passes {
        for b in &passes {
            let correlation = network.ntk(a, b) / (network.ntk(a, a) * network.ntk(b, b)).sqrt();
            assert!((correlation - 1.0).abs() < 1e-6, "{correlation}");
        }
    }

    // Gradient descent with the infinite kernel at 1/λ_max: labels of both signs stay where they are for 10⁴ steps.
    let data: Vec<&[f64]> = x.chunks(features).collect();
    let gram = gram(&arch, &data).unwrap();
    let eta = conditioning.max_learning_rate.to_f64() / 2.0;
    let theta = |i: usize, j: usize| gram.pair(i, j).ntk[2].to_f64();
    let labels: Vec<f64> = (0..rows).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let mut residual = labels.clone();
    for _ in 0..10_000 {
        let push: Vec<f64> = (0..rows).map(|i| (0..rows).map(|j| theta(i, j) * residual[j]).sum()).collect();
        residual.iter_mut().zip(&push).for_each(|(r, p)| *r -= eta * p);
    }
    for (r, y) in residual.iter().zip(&labels) {
        assert!((r - y).abs() < 1e-4, "{r} {y}");
    }
}

/// At the number of steps the verdict names, the error along a typical direction has fallen by about a factor e.
#[test]
fn the_steps_of_a_trainable_network_are_those_of_gradient_descent() {
    let (rows, features) = (9, 5);
    let mut rng = StdRng::seed_from_u64(4);
    let x: Vec<f64> = (0..rows * features).map(|_| rng.sample(StandardNormal)).collect();
    let arch = arch("depth = 3");
    let verdict = verdict(&arch, Inputs::Rows { values: &x, features }, &VerdictOptions::default()).unwrap();
    assert_eq!(verdict.class, Class::InRegime);
    let conditioning = verdict.kernel.conditioning.unwrap();
    let data: Vec<&[f64]> = x.chunks(features).collect();
    let gram = gram(&arch, &data).unwrap();
    let (eta, steps) = (conditioning.max_learning_rate.to_f64() / 2.0, conditioning.steps_typical.to_f64());
    let theta = |i: usize, j: usize| gram.pair(i, j).ntk[2].to_f64();
    // The mean over centred labels of the remaining error, e^{-steps λ/λ_max}, has its middle near 1/e.
    let mut left = Vec::new();
    for _ in 0..200 {
        let mut r: Vec<f64> = (0..rows).map(|_| rng.sample(StandardNormal)).collect();
        let centre = r.iter().sum::<f64>() / rows as f64;
        r.iter_mut().for_each(|v| *v -= centre);
        let before: f64 = r.iter().map(|v| v * v).sum();
        for _ in 0..steps.round() as usize {
            let push: Vec<f64> = (0..rows).map(|i| (0..rows).map(|j| theta(i, j) * r[j]).sum()).collect();
            r.iter_mut().zip(&push).for_each(|(r, p)| *r -= eta * p);
        }
        left.push((r.iter().map(|v| v * v).sum::<f64>() / before).sqrt());
    }
    left.sort_by(f64::total_cmp);
    assert!((0.2..0.6).contains(&left[100]), "{}", left[100]);
}
