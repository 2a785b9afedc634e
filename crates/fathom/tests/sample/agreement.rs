//! Three samplers, one law: two-sample tests.

use fathom_ntk::Architecture;
use fathom_ntk::network::{KernelForm, KernelOptions};
use fathom_ntk::sample::{Draw, Method};

use crate::{network, observe, sampler, theta};

/// With some 200 comparisons in this file, this false alarm in each makes one in a thousand for all, and the seeds are
/// fixed.
const FALSE_ALARM: f64 = 5e-6;
const DRAWS: u64 = 20_000;

/// The largest distance of two empirical distribution functions, in units of $\sqrt{(n + m)/(n m)}$.
///
/// Values that differ by rounding count as equal, for those that are certain (silent networks).
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let sorted = |values: &[f64]| {
        let mut values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
        values.sort_by(f32::total_cmp);
        values
    };
    let (a, b) = (sorted(a), sorted(b));
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] <= value {
            i += 1;
        }
        while j < b.len() && b[j] <= value {
            j += 1;
        }
        largest = largest.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    largest * (a.len() as f64 * b.len() as f64 / (a.len() + b.len()) as f64).sqrt()
}

/// Exceeded with probability [`FALSE_ALARM`] (two-sided Kolmogorov–Smirnov, large samples).
fn threshold() -> f64 {
    (-0.5 * (0.5 * FALSE_ALARM).ln()).sqrt()
}

/// What is compared: names and values. $\ln \Theta$ is left out, the test being the same for every monotone function.
fn statistics(draw: &Draw) -> Vec<(&'static str, f64)> {
    let f = |c: usize, a: usize| draw.output(c, a).to_f64();
    let mut all = vec![("Θ00", theta(draw, 0, 0)), ("f0", f(0, 0)), ("f0² Θ00", f(0, 0).powi(2) * theta(draw, 0, 0))];
    if draw.inputs() > 1 {
        let (diagonal, off) = (theta(draw, 0, 0) * theta(draw, 1, 1), theta(draw, 0, 1));
        // 1 − ρ² instead of the determinant, and without the rounding of parallel inputs.
        let gap = if diagonal > 0.0 { ((1.0 - off * off / diagonal) * 1e9).round() } else { -1.0 };
        all.extend([("Θ01", off), ("det", gap), ("f0 Θ01", f(0, 0) * off), ("f0 f1 Θ01", f(0, 0) * f(0, 1) * off)]);
        all.push(("Θ11 − Θ00", theta(draw, 1, 1) - theta(draw, 0, 0)));
    }
    if draw.inputs() > 2 {
        all.push(("Θ12 Θ00", theta(draw, 1, 2) * theta(draw, 0, 0)));
    }
    if draw.outputs() > 1 {
        let across = draw.ntk((0, 0), (1, 0)).to_f64();
        let last = draw.inputs() - 1;
        all.extend([
            ("Θ00 of outputs 0, 1", across),
            ("f0 f1 Θ of outputs 0, 1", f(0, 0) * f(1, 0) * across),
            ("Θ of outputs 1, 0", draw.ntk((1, 0), (0, last)).to_f64()),
            ("Θ of output 1", draw.ntk((1, last), (1, last)).to_f64()),
        ]);
    }
    all
}

fn draws(arch: &Architecture, inputs: &[f64], method: Method) -> Vec<Vec<(&'static str, f64)>> {
    let depth = arch.depth();
    observe(&sampler(arch, inputs, method), 100 + method as u64, DRAWS, |draw| {
        let mut values = statistics(draw);
        values.push(("first layer", draw.layer(1).to_f64()));
        values.push(("layer before the last", draw.layer(depth.max(2) - 1).to_f64()));
        values
    })
}

/// Compares two methods in all statistics; returns the largest distance.
#[track_caller]
fn compare(arch: &Architecture, inputs: &[f64], methods: [Method; 2]) {
    let [a, b] = methods.map(|method| draws(arch, inputs, method));
    for (s, (what, _)) in a[0].iter().enumerate() {
        let column = |rows: &[Vec<(&str, f64)>]| rows.iter().map(|row| row[s].1).collect::<Vec<f64>>();
        let (a, b) = (column(&a), column(&b));
        assert!(a.iter().chain(&b).all(|v| v.is_finite()), "{what} is not finite");
        let distance = distance(&a, &b);
        assert!(distance < threshold(), "{what}, {} and {}: {distance}", methods[0], methods[1]);
    }
}

const TWO: [Method; 2] = [Method::Projected, Method::Direct];

const X3: [f64; 9] = [1.0, -0.5, 0.3, 0.2, 0.9, -1.1, -0.7, 0.4, 0.6];
const X4: [f64; 12] = [1.0, -0.5, 0.3, 0.2, 0.9, -1.1, 1.0, -0.5, 0.3, -0.7, 0.4, 0.6];

#[test]
fn the_test_sees_a_shift_of_a_twentieth_of_a_standard_deviation_and_no_ties() {
    let mut stream = fathom_ntk::random::Stream::new(1, 1);
    let mut sample = || {
        let mut z = vec![0.0; DRAWS as usize];
        stream.fill_normals(&mut z);
        z
    };
    let (a, b) = (sample(), sample());
    assert!(distance(&a, &b) < threshold());
    let shifted: Vec<f64> = b.iter().map(|z| z + 0.1).collect();
    assert!(distance(&a, &shifted) > threshold());
    assert_eq!(distance(&[1.0, 1.0, 2.0], &[1.0, 1.0 + 1e-12, 2.0]), 0.0);
    // Of 2 and 1 values, one is alone below.
    assert!((distance(&[1.0, 2.0], &[2.0]) - 0.5 * (2.0_f64 / 3.0).sqrt()).abs() < 1e-15);
}

#[test]
fn relu_with_and_without_biases() {
    compare(&network("widths = '3,8,6,10,1'"), &X3, TWO);
    compare(&network("widths = '3,8,6,10,1'\nweight_var = 1.7\nbias_var = [0.3, 0.1, 0.5, 0.2]"), &X3, TWO);
    let standard = "parameterization = 'standard'\nbias_var = 0.2\nweight_var = [1.0, 2.0, 1.5]";
    compare(&network(&format!("widths = '3,5,4,1'\n{standard}")), &X3, TWO);
    compare(&network("widths = '3,5,4,1'\nparameterization = 'hanin-nica'"), &X3, TWO);
    let untrained = "biases = 'untrained'\nbias_var = 0.4";
    compare(&network(&format!("widths = '3,5,4,1'\n{untrained}")), &X3, TWO);
}

#[test]
fn smooth_activations() {
    compare(&network("widths = '3,7,5,6,1'\nactivation = 'tanh'\nbias_var = 0.1"), &X3, TWO);
    compare(&network("widths = '3,7,5,1'\nactivation = 'gelu'"), &X3, TWO);
    compare(&network("widths = '3,6,6,1'\nactivation = 'erf'\nweight_var = 1.5\nbiases = 'none'"), &X3, TWO);
}

#[test]
fn other_kinked_activations() {
    compare(&network("widths = '3,7,5,1'\nactivation = 'elu'\nbias_var = 0.3"), &X3, TWO);
    compare(&network("widths = '3,7,5,6,1'\nactivation = 'leaky-relu:0.2'"), &X3, TWO);
    compare(&network("widths = '3,4,5,1'\nactivation = 'leaky-relu:0.2'\nbiases = 'zero-init'"), &X3, TWO);
}

#[test]
fn more_inputs_than_neurons_and_a_duplicated_input() {
    compare(&network("widths = '3,4,2,5,1'"), &X4, TWO);
    compare(&network("widths = '3,2,2,1'\nactivation = 'tanh'\nbias_var = 0.2"), &X4, TWO);
    compare(&network("widths = '3,1,2,1'\nactivation = 'gelu'"), &X4, TWO);
}

#[test]
fn an_input_that_is_zero() {
    let inputs = [1.0, -0.5, 0.3, 0.0, 0.0, 0.0, 0.2, 0.9, -1.1];
    compare(&network("widths = '3,4,5,1'"), &inputs, TWO);
    compare(&network("widths = '3,4,5,1'\nbias_var = 0.3"), &inputs, TWO);
    compare(&network("widths = '3,4,5,1'\nactivation = 'sigmoid'\nbiases = 'none'"), &inputs, TWO);
    compare(&network("widths = '3,4,5,1'\nactivation = 'tanh'\nbiases = 'zero-init'"), &inputs, TWO);
}

#[test]
fn several_outputs() {
    compare(&network("widths = '3,6,5,7,2'"), &X3[..6], TWO);
    compare(&network("widths = '3,6,5,3'\nactivation = 'tanh'\nbias_var = 0.1"), &X3[..6], TWO);
    // As many gradients as neurons, and more.
    compare(&network("widths = '3,4,3,2'\nactivation = 'gelu'\nparameterization = 'standard'"), &X3[..6], TWO);
    compare(&network("widths = '3,2,2,3'\nbias_var = 0.1"), &X3, TWO);
}

/// The chain at each kind of bias; widths at which whole layers fall silent.
#[test]
fn the_scalar_chain_agrees_with_both_others() {
    let x = &X3[..3];
    for toml in [
        "widths = '3,2,3,2,1'",
        "widths = '3,8,6,10,1'\nweight_var = 3\nbias_var = 0.3",
        "widths = '3,2,3,2,1'\nbiases = 'zero-init'",
        "widths = '3,3,1,4,1'\nbias_var = [0, 0.5, 0, 0.2]\nparameterization = 'standard'",
        "widths = '3,3,4,1'\nbias_var = 0.7\nbiases = 'untrained'",
        "widths = '3,1'\nbias_var = 0.7",
    ] {
        let arch = network(toml);
        compare(&arch, x, [Method::Chain, Method::Projected]);
        compare(&arch, x, [Method::Chain, Method::Direct]);
    }
    compare(&network("widths = '3,3,4,1'\nbias_var = 0.7"), &[0.0; 3], [Method::Chain, Method::Direct]);
    compare(&network("widths = '3,3,4,1'\nbiases = 'zero-init'"), &[0.0; 3], [Method::Chain, Method::Direct]);
}

/// The direct and the projected sampler share their recursion. It is that of the networks themselves: Θ and the outputs of
/// each draw are those of its explicit weights, in every entry.
#[test]
fn direct_draws_are_those_of_their_networks() {
    for toml in [
        "widths = '3,6,5,7,2'\nbias_var = [0.3, 0, 0.1, 0.2]",
        "widths = '3,4,2,3'\nactivation = 'gelu'\nparameterization = 'standard'\nweight_var = [1, 3, 2]\nbias_var = 0.2",
        "widths = '3,5,4,2'\nactivation = 'tanh'\nbiases = 'untrained'\nbias_var = 0.4",
        "widths = '3,5,4,2'\nparameterization = 'hanin-nica'\nweight_law = 'laplace'",
        "widths = '3,5,5,2'\nactivation = 'erf'\nweight_law = 'orthogonal'\nbias_var = 0.1",
        "widths = '3,2'\nbiases = 'none'\nweight_law = 'uniform'",
    ] {
        let sampler = sampler(&network(toml), &X3, Method::Direct);
        let mut worker = sampler.worker();
        for i in 0..20 {
            let drawn = worker.draw(61, i).unwrap();
            let network = sampler.network(61, i).unwrap();
            let options = KernelOptions { form: KernelForm::Full, ..Default::default() };
            let kernel = network.empirical_ntk(&X3, &options).unwrap().into_matrices().remove(0);
            let forward = network.forward(&X3).unwrap();
            let outputs = drawn.outputs();
            let rows: Vec<(usize, usize)> = (0..3).flat_map(|a| (0..outputs).map(move |c| (c, a))).collect();
            let largest = kernel.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            for (p, at) in rows.iter().enumerate() {
                assert_close(drawn.output(at.0, at.1).to_f64(), forward.outputs()[p], 1.0);
                for (q, other) in rows.iter().enumerate() {
                    assert_close(drawn.ntk(*at, *other).to_f64(), kernel[p * rows.len() + q], largest);
                }
            }
        }
    }
}

/// Equal inputs see the same network: their rows of Θ agree to rounding.
#[test]
fn duplicated_inputs_give_equal_rows() {
    for toml in [
        "widths = '3,4,2,5,2'",
        "widths = '3,9,8,2'\nactivation = 'tanh'\nbias_var = 0.3",
        "widths = '3,2,30,1'\nactivation = 'gelu'\nparameterization = 'standard'",
    ] {
        for method in TWO {
            let sampler = sampler(&network(toml), &X4, method);
            let mut worker = sampler.worker();
            for i in 0..200 {
                let draw = worker.draw(3, i).unwrap();
                // Inputs 0 and 2 are equal. |Θ_ab| is at most the largest diagonal entry.
                for c in 0..draw.outputs() {
                    assert_close(draw.output(c, 0).to_f64(), draw.output(c, 2).to_f64(), 1.0);
                    for (d, b) in (0..draw.outputs()).flat_map(|d| (0..4).map(move |b| (d, b))) {
                        let scale = draw.ntk((c, 0), (c, 0)).max(draw.ntk((d, b), (d, b))).to_f64();
                        let [first, second] = [0, 2].map(|a| draw.ntk((c, a), (d, b)).to_f64());
                        assert_close(first, second, scale);
                    }
                }
            }
        }
    }
}

#[track_caller]
fn assert_close(a: f64, b: f64, scale: f64) {
    assert!((a - b).abs() <= 1e-12 * scale.max(a.abs()), "{a} and {b}");
}
