//! The first gradient step.

use fathom_ntk::Architecture;
use fathom_ntk::moments::first_order::first_order;
use fathom_ntk::moments::{InputNorm, crossing_update, mean_first_update};
use fathom_ntk::network::{KernelForm, KernelOptions, Network};
use fathom_ntk::sample::{FirstStep, Method, Recorder, Sampler};

use crate::{agrees, mean, network, sampler};

/// Each named observable of `draws` networks, on two threads.
fn record(sampler: &Sampler, names: &[&str], rule: FirstStep, draws: u64) -> Vec<Vec<f64>> {
    let observables: Vec<_> = names.iter().map(|name| name.parse().unwrap()).collect();
    let recorder = Recorder::new(sampler, &observables).unwrap().with_first_step(rule).unwrap();
    let part = |range: std::ops::Range<u64>| {
        let mut worker = sampler.worker();
        let draw = |i| {
            let mut row = Vec::new();
            recorder.record(&mut worker, 51, i, &mut row).unwrap();
            row.into_iter().map(|v| v.unwrap().to_f64()).collect::<Vec<f64>>()
        };
        range.map(draw).collect::<Vec<_>>()
    };
    let rows = std::thread::scope(|scope| {
        let second = scope.spawn(|| part(draws / 2..draws));
        let mut rows = part(0..draws / 2);
        rows.extend(second.join().unwrap_or_else(|_| panic!("a thread failed")));
        rows
    });
    (0..names.len()).map(|j| rows.iter().map(|row| row[j]).collect()).collect()
}

const X: [f64; 3] = [1.0, -0.8, 0.4];

/// $-4S$ exactly, whatever the target.
#[test]
fn the_derivative_of_relu_has_its_exact_mean() {
    for (toml, target) in [
        ("widths = '3,4,5,1'", 0.0),
        ("widths = '3,4,5,1'", 0.7),
        ("widths = '3,8,6,1'\nweight_var = [1, 3, 2]\nbias_var = [0.3, 0.1, 0.2]", 0.5),
        ("widths = '3,5,4,1'\nparameterization = 'standard'", 0.0),
    ] {
        let arch = network(toml);
        let exact = mean_first_update(&arch.constants().unwrap(), &InputNorm::of(&X).unwrap()).unwrap().to_f64();
        let rule = FirstStep { target, ..Default::default() };
        let drawn = record(&sampler(&arch, &X, Method::Direct), &["update(0,0)"], rule, 40_000);
        agrees(toml, mean(drawn[0].iter().copied()), exact, exact, 0.06);
    }
}

/// A real step also switches neurons; the formula is of leading order in the width, good to some per cent of itself.
#[test]
fn a_real_step_of_relu_has_the_mean_of_the_crossing_formula() {
    for (toml, target, step, draws) in [
        ("widths = '3,64,1'", 0.0, 3e-3, 60_000),
        ("widths = '3,64,1'", 1.0, 3e-3, 60_000),
        ("widths = '3,64,64,1'\nbiases = 'zero-init'", 0.5, 3e-3, 16_000),
    ] {
        let arch = network(toml);
        let x = [1.0; 3];
        let theory = crossing_update(&arch.constants().unwrap(), &InputNorm::of(&x).unwrap(), target).unwrap();
        let drawn = record(&sampler(&arch, &x, Method::Direct), &["step(0,0)"], FirstStep { target, step }, draws);
        let (got, error) = mean(drawn[0].iter().copied());
        let (crossing, expected) = (theory.crossing.to_f64(), theory.finite_step.to_f64());
        assert!(error < 0.1 * crossing.abs(), "{toml}: ± {error} of {crossing} is too noisy to tell");
        let allowed = 4.5 * error + 0.05 * expected.abs();
        assert!((got - expected).abs() < allowed, "{toml}: {got} ± {error}, theory {expected}");
        let without = theory.fixed_pattern.to_f64();
        assert!((got - without).abs() > 5.0 * error, "{toml}: the crossing term does not show");
    }
}

/// $-2 E[z\,dH]$ at target 0, to first order in 1 / width.
#[test]
fn the_derivative_of_smooth_activations_approaches_the_first_order() {
    for (activation, more, draws) in
        [("tanh", "weight_var = 2\nbias_var = 0.05", 40_000), ("gelu", "parameterization = 'standard'", 16_000)]
    {
        let at = |n: usize| {
            let arch = network(&format!("widths = '3,{n},{n},1'\nactivation = '{activation}'\n{more}"));
            let sq_norm = X.iter().map(|x| x * x).sum();
            let theory = -2.0 * first_order(&arch, sq_norm).unwrap().movement.unwrap().mean_gradient.to_f64();
            let drawn = record(&sampler(&arch, &X, Method::Direct), &["update(0,0)"], FirstStep::default(), draws);
            let (got, error) = mean(drawn[0].iter().copied());
            (got / theory - 1.0, error / theory.abs())
        };
        let (narrow, wide) = (at(12), at(36));
        // Free of the next order, which is in units of 1/n: (3 q(36) − q(12))/2.
        let (got, error) = (1.5 * wide.0 - 0.5 * narrow.0, (2.25 * wide.1.powi(2) + 0.25 * narrow.1.powi(2)).sqrt());
        assert!(error < 0.06, "{activation}: ± {error} is too noisy to tell");
        assert!(got.abs() < 4.5 * error + 0.03, "{activation}: {got} ± {error} off; {narrow:?} {wide:?}");
    }
}

const PAIR: [f64; 6] = [1.0, -0.8, 0.4, 0.3, 0.9, -0.2];
/// Two outputs, biases, the standard parameterization.
const SMOOTH: &str =
    "widths = '3,5,4,2'\nactivation = 'tanh'\nparameterization = 'standard'\nbias_var = 0.2\nweight_var = 2";
const NAMES: [&str; 6] = ["(0,0)", "(0,1)", "(1,1)", "(0,1;0,1)", "(0,0;1,1)", "(1,0;0,1)"];

fn named(prefix: &str) -> Vec<String> {
    NAMES.iter().map(|name| format!("{prefix}{name}")).collect()
}

fn changes(arch: &Architecture, prefix: &str, rule: FirstStep, draws: u64) -> Vec<Vec<f64>> {
    let names = named(prefix);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    record(&sampler(arch, &PAIR, Method::Direct), &names, rule, draws)
}

/// The change over η is a power series in η; two extrapolations from η = 1e-4/‖Θ‖ or so leave 1e-6 of it.
#[test]
fn the_derivative_is_the_limit_of_real_steps_for_each_network() {
    for toml in
        [SMOOTH, "widths = '3,5,4,2'\nactivation = 'gelu'\nbias_var = 0.1", "widths = '3,6,1'\nactivation = 'softplus'"]
    {
        let arch = network(toml);
        let names = if toml.contains(",1'") { 3 } else { NAMES.len() };
        let at = |prefix: &str, step: f64| {
            let names: Vec<String> = named(prefix).into_iter().take(names).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            record(&sampler(&arch, &PAIR, Method::Direct), &names, FirstStep { target: 0.4, step }, 40)
        };
        let derivative = at("update", 1e-3);
        let steps = [4e-4, 2e-4, 1e-4].map(|step| at("step", step));
        for j in 0..names {
            let size = derivative[j].iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            for (i, expected) in derivative[j].iter().enumerate() {
                let [a, b, c] = [0, 1, 2].map(|s| steps[s][j][i]);
                let (first, second) = (2.0 * b - a, 2.0 * c - b);
                let limit = (4.0 * second - first) / 3.0;
                assert!((limit - expected).abs() < 2e-6 * size.max(1e-3), "{toml} {}: {limit}, {expected}", NAMES[j]);
            }
        }
    }
}

/// The step itself, with gradients by finite differences of the loss: nothing of the library's backward pass is used.
#[test]
fn a_real_step_moves_every_parameter_down_its_gradient() {
    let rule = FirstStep { target: 0.4, step: 1e-3 };
    let arch = network(SMOOTH);
    let got = changes(&arch, "step", rule, 3);
    let drawn = sampler(&arch, &PAIR, Method::Direct);
    for i in 0..3_u64 {
        let network = drawn.network(51, i).unwrap();
        let loss = |network: &Network| {
            let forward = network.forward(&PAIR[..3]).unwrap();
            forward.outputs().iter().map(|f| 0.5 * (f - rule.target).powi(2)).sum::<f64>()
        };
        let mut moved = network.clone();
        for l in 0..3 {
            // Learning rates of the standard parameterization: 1 for the effective weights and the biases.
            for at in 0..network.layers()[l].weights().len() {
                let gradient = slope(|t| {
                    let mut nudged = network.clone();
                    nudged.layers_mut().nth(l).unwrap().weights_mut()[at] += t;
                    loss(&nudged)
                });
                moved.layers_mut().nth(l).unwrap().weights_mut()[at] -= rule.step * gradient;
            }
            for at in 0..network.layers()[l].outputs() {
                let gradient = slope(|t| {
                    let mut nudged = network.clone();
                    nudged.layers_mut().nth(l).unwrap().biases_mut().unwrap()[at] += t;
                    loss(&nudged)
                });
                moved.layers_mut().nth(l).unwrap().biases_mut().unwrap()[at] -= rule.step * gradient;
            }
        }
        let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
        let [before, after] = [&network, &moved].map(|n| n.empirical_ntk(&PAIR, &options).unwrap().into_matrices());
        // Row 2 a + c of the kernel.
        for (j, (p, q)) in [(0, 0), (0, 2), (2, 2), (0, 3), (1, 1), (2, 1)].into_iter().enumerate() {
            let expected = (after[0][4 * p + q] - before[0][4 * p + q]) / rule.step;
            let size = before[0][0];
            assert!(
                (got[j][i as usize] - expected).abs() < 1e-6 * size,
                "{}: {}, expected {expected}",
                NAMES[j],
                got[j][i as usize]
            );
        }
    }
}

/// A central difference of fourth order: error about 1e-12.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let h = 1e-3;
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}
