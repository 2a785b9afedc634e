//! ReLU networks.

use fathom_ntk::Architecture;
use fathom_ntk::analysis::verdict::{
    Class, Inputs, Level, MovementMethod, Reliability, Verdict, VerdictOptions, verdict,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::network::{Network, mean, relative_std, thetas, unit};
use crate::{arch, at_unit};

/// std/mean within 4 standard errors, known to `noise`.
fn check_spread(verdict: &Verdict, values: &[f64], noise: f64) {
    let theory = verdict.randomness.as_ref().unwrap();
    assert_eq!(theory.reliability, Reliability::Exact);
    let (ratio, error) = relative_std(values);
    let expected = theory.relative_std.to_f64();
    assert!(error < noise * expected, "{ratio} ± {error} is too noisy to tell");
    assert!((ratio - expected).abs() < 4.0 * error, "theory {expected}, sampled {ratio} ± {error}");
    let (centre, error) = mean(values);
    assert!((centre - theory.mean.to_f64()).abs() < 4.0 * error, "{centre} ± {error}, {:?}", theory.mean);
}

/// Relative change of Θ in a step of `eta` on $\frac12 (f - y)^2$, and the change at fixed pattern.
fn changes(arch: &Architecture, n0: usize, eta: f64, y: f64, draws: usize) -> [Vec<f64>; 2] {
    let c = arch.constants().unwrap();
    let x = unit(n0);
    let mut rng = StdRng::seed_from_u64(5);
    let mut all = [Vec::new(), Vec::new()];
    for _ in 0..draws {
        let mut network = Network::draw(arch, &c, &mut rng);
        let before = network.pass(&x);
        let theta = network.ntk(&before, &before);
        network.step(&before, -eta * (before.output - y));
        let after = network.pass(&x);
        all[0].push(network.ntk(&after, &after) - theta);
        let fixed = network.pass_with(&x, Some(&before.slopes));
        all[1].push(network.ntk(&fixed, &fixed) - theta);
    }
    all
}

#[test]
fn five_layers_of_width_100_are_in_the_regime_and_as_random_as_sampled() {
    let arch = arch("widths = \"10,100x4,1\"");
    let verdict = at_unit(&arch);
    assert_eq!(verdict.class, Class::InRegime);
    check_spread(&verdict, &thetas(&arch, &unit(10), 4_000, 1), 0.04);
}

/// ln Θ is nearly normal, with the variance ln(dispersion) to 6 % (documented); nine draws of ten lie in the range.
#[test]
fn a_hundred_layers_of_width_100_are_outside_and_the_typical_kernel_is_far_below_its_mean() {
    let arch = arch("widths = \"10,100x99,1\"");
    let verdict = at_unit(&arch);
    assert_eq!((verdict.class, verdict.findings[0].level), (Class::Outside, Level::Bad));
    let theory = verdict.randomness.unwrap();
    let logs: Vec<f64> = thetas(&arch, &unit(10), 300, 2).iter().map(|t| t.ln()).collect();
    let [low, high] = theory.log_range.unwrap();
    let inside = logs.iter().filter(|l| (low..high).contains(l)).count();
    // 270 expected, standard deviation √(300·0.9·0.1) = 5.2; 10 more for the approximate law.
    assert!((240..=295).contains(&inside), "{inside} of 300");
    let (centre, error) = mean(&logs);
    let squares: Vec<f64> = logs.iter().map(|l| (l - centre).powi(2)).collect();
    let (variance, variance_error) = mean(&squares);
    assert!(variance_error < 0.1 * theory.log_dispersion, "{variance_error} is too noisy");
    let allowed = 4.0 * variance_error + 0.06 * theory.log_dispersion;
    assert!((variance - theory.log_dispersion).abs() < allowed, "{variance} ± {variance_error}, {theory:?}");
    let expected = theory.mean.ln() - 0.5 * theory.log_dispersion;
    assert!((centre - expected).abs() < 4.0 * error + 0.06 * 0.5 * theory.log_dispersion, "{centre} {expected}");
    // The median is below a fifth of the mean.
    assert!(theory.mean.ln() - centre > 5.0_f64.ln());
}

/// The crossing term is of leading order in width, "a few per cent off at widths of 16 to 100": 6 % are allowed.
#[test]
fn a_real_small_step_moves_the_kernel_as_said() {
    let arch = arch("widths = \"10,100x4,1\"");
    let eta = 0.004;
    let options = VerdictOptions { learning_rate: Some(eta), ..Default::default() };
    let theory = verdict(&arch, Inputs::Unit, &options).unwrap().movement.unwrap();
    assert_eq!(theory.method, MovementMethod::ExactWithCrossings);
    let centre = 10.0; // E Θ = 2 L
    let [real, fixed] = changes(&arch, 10, eta, 1.0, 6_000).map(|v| mean(&v)).map(|(m, e)| (m / centre, e / centre));
    let expected = theory.mean.to_f64();
    assert!(real.1 < 0.06 * expected.abs(), "{real:?} is too noisy to tell");
    assert!((real.0 - expected).abs() < 4.0 * real.1 + 0.06 * expected.abs(), "theory {expected}, sampled {real:?}");
    // η is small, so that terms quadratic in it are below the noise.
    let expected = theory.mean_fixed_pattern.to_f64();
    assert!(fixed.1 < 0.12 * expected.abs(), "{fixed:?} is too noisy to tell");
    assert!((fixed.0 - expected).abs() < 4.0 * fixed.1, "theory {expected}, sampled {fixed:?}");
}

/// Randomness and the derivative at fixed pattern, both exact.
fn check_variant(toml: &str, eta: f64) {
    let arch = arch(toml);
    let options = VerdictOptions { learning_rate: Some(eta), ..Default::default() };
    let verdict = verdict(&arch, Inputs::Unit, &options).unwrap();
    check_spread(&verdict, &thetas(&arch, &unit(6), 6_000, 3), 0.04);
    let centre = verdict.randomness.as_ref().unwrap().mean.to_f64();
    let (real, error) = mean(&changes(&arch, 6, eta, 0.0, 6_000)[1]);
    let expected = verdict.movement.unwrap().mean_fixed_pattern.to_f64() * centre;
    assert!(error < 0.1 * expected.abs(), "{real} ± {error} is too noisy to tell");
    assert!((real - expected).abs() < 4.0 * error, "theory {expected}, sampled {real} ± {error}");
}

#[test]
fn the_standard_parameterization_agrees_with_sampled_networks() {
    check_variant("widths = \"6,40,30,1\"\nparameterization = \"standard\"\nbias_var = 0.1", 1e-4);
}

#[test]
fn biases_that_start_at_zero_agree_with_sampled_networks() {
    check_variant("widths = \"6,40,30,1\"\nbiases = \"zero-init\"", 1e-3);
}

#[test]
fn of_ten_outputs_one_is_judged() {
    let (ten, one) = (arch("widths = \"6,50x3,10\""), arch("widths = \"6,50x3,1\""));
    let (verdict, single) = (at_unit(&ten), at_unit(&one));
    check_spread(&verdict, &thetas(&ten, &unit(6), 4_000, 4), 0.04);
    let [a, b] = [&verdict, &single].map(|v| v.movement.as_ref().unwrap().mean.to_f64());
    assert_eq!(a, b);
    assert_eq!(verdict.findings, single.findings);
}
