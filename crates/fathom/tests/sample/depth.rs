//! Depths at which nothing fits into `f64` any more.

use std::f64::consts::{LN_2, PI};

use fathom_ntk::sample::{Draw, Method};
use fathom_ntk::{Architecture, Scaled};

use crate::{agrees, mean, network, observe, sampler};

/// $\psi(m/2)$ and $\psi'(m/2)$ for $m = 1, 2, \dots$ by $\psi(x + 1) = \psi(x) + 1/x$.
fn polygammas(count: usize) -> Vec<(f64, f64)> {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let mut values = vec![(-EULER - 2.0 * LN_2, 0.5 * PI * PI), (-EULER, PI * PI / 6.0)];
    for m in 1..count {
        let x = 0.5 * m as f64;
        let (digamma, trigamma) = values[m - 1];
        values.push((digamma + 1.0 / x, trigamma - 1.0 / (x * x)));
    }
    values
}

/// Mean and variance of $\ln\bigl(\tfrac{\sigma^2}{n}\chi^2_m\bigr)$ for $m$ heads of $n$ coins, at least one:
/// what each hidden layer adds to the logarithm of a layer's contribution (mask lemma).
fn log_step(n: usize, weight_var: f64) -> (f64, f64) {
    let table = polygammas(n);
    let mut binomial = 1.0;
    let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
    for m in 1..=n {
        binomial *= (n - m + 1) as f64 / m as f64;
        let (digamma, trigamma) = table[m - 1];
        total += binomial;
        first += binomial * digamma;
        second += binomial * (trigamma + digamma * digamma);
    }
    let centre = first / total;
    (centre + LN_2 + (weight_var / n as f64).ln(), second / total - centre * centre)
}

#[test]
fn the_reference_is_right_for_one_coin() {
    // One neuron that is awake: ln χ²₁ has mean −γ − ln 2 and variance π²/2.
    let (centre, variance) = log_step(1, 1.0);
    assert!((centre + 0.577_215_664_901_532_9 + LN_2).abs() < 1e-15 && (variance - 0.5 * PI * PI).abs() < 1e-14);
}

fn logs(draws: &[Vec<Scaled>], l: usize) -> Vec<f64> {
    draws.iter().map(|d| d[l].ln()).filter(|ln| ln.is_finite()).collect()
}

/// Mean and variance of the logarithm of each chosen contribution, all awake, against the exact ones.
#[track_caller]
fn layer_terms(depth: usize, width: usize, weight_var: f64, method: Method, draws: u64) {
    let arch = network(&format!("widths = '1,{width}x{},1'\nweight_var = {weight_var}", depth - 1));
    let chosen = [1, depth / 3, depth];
    let drawn = observe(&sampler(&arch, &[1.0], method), 5, draws, |draw| {
        let all: Vec<Scaled> = chosen.iter().map(|l| draw.layer(*l)).collect();
        assert!(all.iter().all(|t| t.is_finite()) && draw.ntk((0, 0), (0, 0)) >= all[0].max(all[2]));
        all
    });
    let (step, variance) = log_step(width, weight_var);
    let steps = (depth - 1) as f64;
    let expected = weight_var.ln() + steps * step;
    for (i, l) in chosen.iter().enumerate() {
        let values = logs(&drawn, i);
        assert!(values.len() as f64 > 0.75 * draws as f64, "{} of {draws} are awake", values.len());
        let (centre, error) = mean(values.iter().copied());
        // The sum of many independent steps is normal: its standard error is known.
        let exact = (steps * variance / values.len() as f64).sqrt();
        agrees(&format!("{method}: ln of layer {l}"), (centre, error), expected, exact, 1.3);
        let (squares, _) = mean(values.iter().map(|v| (v - expected).powi(2)));
        // The fourth moment of a normal law is 3.
        let squares = (squares, steps * variance * (2.0 / values.len() as f64).sqrt());
        agrees(&format!("{method}: its variance"), squares, steps * variance, steps * variance, 0.2);
    }
}

#[test]
fn contributions_of_the_chain_have_their_exact_logarithms_at_any_depth() {
    layer_terms(2_000, 16, 1.0, Method::Chain, 2_000);
    layer_terms(2_000, 16, 4.0, Method::Chain, 2_000);
    layer_terms(100_000, 24, 2.0, Method::Chain, 80);
}

#[test]
fn contributions_of_the_projected_sampler_have_their_exact_logarithms_at_any_depth() {
    layer_terms(1_000, 16, 1.0, Method::Projected, 300);
    layer_terms(1_000, 16, 4.0, Method::Projected, 300);
    layer_terms(6_000, 20, 2.0, Method::Projected, 70);
}

#[test]
fn contributions_of_the_direct_sampler_have_their_exact_logarithms_beyond_the_range() {
    layer_terms(1_200, 14, 6.0, Method::Direct, 150);
}

/// σ² enters as a factor $\sigma^{2L}$ of each draw without biases: from 1 to 4 the signals change by powers of two.
#[test]
fn the_ntk_of_homogeneous_networks_is_homogeneous_in_the_weight_variance() {
    for method in [Method::Chain, Method::Projected, Method::Direct] {
        let depth = 1_500;
        let drawn = |weight_var: f64| {
            let arch = network(&format!("widths = '1,20x{},1'\nweight_var = {weight_var}", depth - 1));
            observe(&sampler(&arch, &[1.0], method), 10, 4, theta_ln)
        };
        for (low, high) in drawn(1.0).into_iter().zip(drawn(4.0)) {
            let expected = low + depth as f64 * 4.0_f64.ln();
            assert!((high - expected).abs() < 1e-11 * expected.abs(), "{method}: {high}, expected {expected}");
        }
    }
}

/// Mean and variance of $\ln \Theta$ of two methods, beyond what `f64` holds.
#[track_caller]
fn same_logarithms(arch: &Architecture, methods: [(Method, u64); 2]) {
    let [a, b] = methods.map(|(method, draws)| {
        let values =
            observe(&sampler(arch, &[1.0], method), 11 + draws, draws, |draw: &Draw| draw.ntk((0, 0), (0, 0)).ln());
        assert!(values.iter().all(|v| v.is_finite()));
        let (centre, error) = mean(values.iter().copied());
        (centre, error, mean(values.iter().map(|v| (v - centre).powi(2))))
    });
    let apart = |what: &str, (a, error_a): (f64, f64), (b, error_b): (f64, f64)| {
        let error = (error_a * error_a + error_b * error_b).sqrt();
        assert!((a - b).abs() < 4.5 * error + 1e-9 * a.abs(), "{what}: {a} ± {error_a} and {b} ± {error_b}");
    };
    apart("mean of ln Θ", (a.0, a.1), (b.0, b.1));
    apart("variance of ln Θ", a.2, b.2);
}

/// Ordered, critical and chaotic, with random biases and with biases that start at zero, at small widths.
#[test]
fn deep_networks_with_biases_agree_between_the_samplers() {
    for weight_var in [1.0, 2.0, 4.0] {
        for (width, bias) in [(3, "bias_var = 0.5"), (10, "bias_var = 0.1"), (10, "biases = 'zero-init'")] {
            let arch = network(&format!("widths = '1,{width}x999,1'\nweight_var = {weight_var}\n{bias}"));
            same_logarithms(&arch, [(Method::Chain, 2_000), (Method::Projected, 160)]);
        }
    }
    let arch = network("widths = '1,5x9999,1'\nweight_var = 4\nbias_var = 0.2");
    same_logarithms(&arch, [(Method::Chain, 200), (Method::Projected, 40)]);
}

/// A layer of biases above so many shrinking layers that the signal is far below `f64`: what is above it forgets the
/// input, so Θ is that of a network with a zero input, and the layers below add nothing that shows.
#[test]
fn biases_above_vanished_signals_are_seen() {
    let depth = 3_000;
    let mut biases = vec!["0"; depth];
    biases[depth - 3] = "0.7";
    let arch = |biases: &[&str]| {
        let layers = biases.len();
        network(&format!("widths = '2,14x{},1'\nweight_var = 0.5\nbias_var = [{}]", layers - 1, biases.join(",")))
    };
    // The same three layers alone: the first sees nothing but its bias.
    let expected = observe(&sampler(&arch(&["0.7", "0", "0"]), &[0.0; 2], Method::Chain), 1, 100_000, theta_ln);
    // One network in 16,000 is silent.
    let awake = |values: Vec<f64>| values.into_iter().filter(|v| *v > f64::NEG_INFINITY);
    let (centre, error) = mean(awake(expected));
    for (method, draws) in [(Method::Chain, 300), (Method::Projected, 100), (Method::Direct, 40)] {
        let (got, spread) = mean(awake(observe(&sampler(&arch(&biases), &[1.0; 2], method), 2, draws, theta_ln)));
        assert!(got.is_finite() && spread < 0.5, "{method}: {got} ± {spread}");
        assert!((got - centre).abs() < 4.5 * (error + spread), "{method}: {got} ± {spread}, expected {centre}");
    }
}

fn theta_ln(draw: &Draw) -> f64 {
    draw.ntk((0, 0), (0, 0)).ln()
}
