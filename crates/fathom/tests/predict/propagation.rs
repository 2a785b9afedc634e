//! Training step by step, on training and test inputs together.

use fathom_ntk::Scaled;
use fathom_ntk::predict::{Covariance, Kernel, Metrics, PredictOptions, Ridge, Time, loss_spread, predict};

use super::{close, different, positive_matrix, scattered};

const N: usize = 5;
const M: usize = 3;

struct Case {
    theta: Vec<f64>,
    sigma: Vec<f64>,
    y: Vec<f64>,
}

fn case() -> Case {
    Case { theta: positive_matrix(N + M, 1, 0.05), sigma: positive_matrix(N + M, 2, 0.02), y: scattered(N, 3) }
}

/// The blocks of a matrix on training and test inputs.
fn kernel(matrix: &[f64], scale: f64) -> Kernel {
    let all = N + M;
    let block = |rows: std::ops::Range<usize>, cols: std::ops::Range<usize>| -> Vec<f64> {
        rows.flat_map(|i| cols.clone().map(move |j| matrix[i * all + j] / scale)).collect()
    };
    Kernel::from_entries(block(0..N, 0..N), block(N..all, 0..N), block(N..all, N..all), Scaled::from(scale)).unwrap()
}

/// $f \leftarrow f - \eta\,\Theta_{\cdot X}(f(X) - y) - \eta\rho (f - f_0)$: what gradient descent with a pull towards the
/// initialisation does to functions. Mean and covariance with the constant $f_0$ carried along.
struct Propagated {
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

fn propagate(case: &Case, rate: f64, ridge: f64, steps: usize) -> Propagated {
    let all = N + M;
    // The state is f = (linear map) f₀ + offset.
    let mut map: Vec<f64> = (0..all * all).map(|k| if k / all == k % all { 1.0 } else { 0.0 }).collect();
    let mut offset = vec![0.0; all];
    for _ in 0..steps {
        let (before, known) = (map.clone(), offset.clone());
        for i in 0..all {
            let pull = |x: usize| rate * case.theta[i * all + x];
            for j in 0..all {
                let start = if i == j { 1.0 } else { 0.0 };
                let moved: f64 = (0..N).map(|x| pull(x) * before[x * all + j]).sum();
                map[i * all + j] -= moved + rate * ridge * (before[i * all + j] - start);
            }
            let moved: f64 = (0..N).map(|x| pull(x) * (known[x] - case.y[x])).sum();
            offset[i] -= moved + rate * ridge * known[i];
        }
    }
    let half: Vec<f64> = (0..all * all)
        .map(|k| (0..all).map(|j| map[(k / all) * all + j] * case.sigma[j * all + k % all]).sum())
        .collect();
    let covariance =
        (0..all * all).map(|k| (0..all).map(|j| half[(k / all) * all + j] * map[(k % all) * all + j]).sum()).collect();
    Propagated { mean: offset, covariance }
}

/// The test block of a matrix on all inputs.
fn test_block(matrix: &[f64]) -> Vec<f64> {
    let all = N + M;
    (N..all).flat_map(|i| (N..all).map(move |j| matrix[i * all + j])).collect()
}

fn options(time: Time, ridge: f64) -> PredictOptions {
    PredictOptions {
        times: vec![time],
        ridge: Ridge::Absolute(ridge),
        covariance: Covariance::Full,
        ..Default::default()
    }
}

#[test]
fn gradient_descent_is_what_its_steps_do() {
    let case = case();
    for (rate, ridge, steps, scale) in
        [(0.3, 0.0, 37, 1.0), (0.9, 0.0, 12, 1.0), (0.2, 0.15, 40, 1.0), (0.3, 0.05, 25, 1e-200), (0.3, 0.0, 0, 1.0)]
    {
        let brute = propagate(&case, rate, ridge, steps);
        let (ntk, nngp) = (kernel(&case.theta, scale), kernel(&case.sigma, scale));
        let time = Time::Steps { learning_rate: rate, steps: steps as u64 };
        let got = predict(Some(&ntk), Some(&nngp), &different(&case.y, 1), &options(time, ridge)).unwrap();
        // Some 40 steps of products of 8 numbers of size 1.
        close(&got.at[0].mean, &brute.mean[N..], 1e-13);
        close(&got.at[0].train_mean, &brute.mean[..N], 1e-13);
        close(got.at[0].covariance.as_ref().unwrap(), &test_block(&brute.covariance), 1e-13);
        let variances: Vec<f64> = (0..M).map(|i| test_block(&brute.covariance)[i * (M + 1)]).collect();
        close(got.at[0].variance.as_ref().unwrap(), &variances, 1e-13);
    }
}

/// Small steps differ from the flow by $O(\eta)$; Richardson's combination of two step sizes by $O(\eta^2)$.
#[test]
fn gradient_flow_is_the_limit_of_small_steps() {
    let case = case();
    let (time, coarse) = (3.0, 2048);
    for ridge in [0.0, 0.1] {
        let rough = propagate(&case, time / coarse as f64, ridge, coarse);
        let fine = propagate(&case, time / (2 * coarse) as f64, ridge, 2 * coarse);
        let limit = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| 2.0 * b - a).collect() };
        let (ntk, nngp) = (kernel(&case.theta, 1.0), kernel(&case.sigma, 1.0));
        let got = predict(Some(&ntk), Some(&nngp), &different(&case.y, 1), &options(Time::Flow(time), ridge)).unwrap();
        // The error of first order is 3e-5 here; that of second order smaller by λη < 3e-3, and by 1/2.
        close(&got.at[0].mean, &limit(&rough.mean, &fine.mean)[N..], 2e-7);
        let covariance = limit(&test_block(&rough.covariance), &test_block(&fine.covariance));
        close(got.at[0].covariance.as_ref().unwrap(), &covariance, 2e-7);
        // The test is sharp enough to see the difference between a step and the flow.
        let first_order = rough.mean[N..].iter().zip(&got.at[0].mean).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(first_order > 1e-5, "{first_order:e}");
    }
}

/// Networks drawn from the prior, trained one by one.
#[test]
fn metrics_and_losses_are_averages_over_networks() {
    let case = case();
    let (ntk, nngp) = (kernel(&case.theta, 1.0), kernel(&case.sigma, 1.0));
    let got = predict(Some(&ntk), Some(&nngp), &different(&case.y, 1), &options(Time::Infinite, 0.0)).unwrap();
    let at = &got.at[0];
    let targets = [0.3, -0.2, 0.8];
    let covariance = at.covariance.as_ref().unwrap();
    let loss = loss_spread(&at.mean, covariance, &targets, 1).unwrap();
    let metrics = Metrics::of(&at.mean, at.variance.as_deref(), &targets, 1, None).unwrap();
    assert!((metrics.error_of_one_network.unwrap() - loss.mean).abs() < 1e-14);
    // Draws of a Gaussian vector of this covariance by its square root: sums of twelve uniform numbers have the right mean
    // and variance of the loss up to the fourth cumulant, so use three orthogonal ±√3 points of each axis instead: exact
    // for polynomials of degree five.
    let mut root = [0.0; M * M];
    for i in 0..M {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| root[i * M + k] * root[j * M + k]).sum();
            let rest = covariance[i * M + j] - sum;
            root[i * M + j] = if i == j { rest.sqrt() } else { rest / root[j * M + j] };
        }
    }
    let nodes = [(-(3.0_f64).sqrt(), 1.0 / 6.0), (0.0, 2.0 / 3.0), (3.0_f64.sqrt(), 1.0 / 6.0)];
    let (mut mean, mut square) = (0.0, 0.0);
    for a in nodes {
        for b in nodes {
            for c in nodes {
                let z = [a.0, b.0, c.0];
                let f = |i: usize| at.mean[i] + (0..M).map(|k| root[i * M + k] * z[k]).sum::<f64>();
                let loss = (0..M).map(|i| (f(i) - targets[i]).powi(2)).sum::<f64>() / M as f64;
                let weight = a.1 * b.1 * c.1;
                mean += weight * loss;
                square += weight * loss * loss;
            }
        }
    }
    assert!((loss.mean - mean).abs() < 1e-13, "{} {mean}", loss.mean);
    assert!((loss.std - (square - mean * mean).sqrt()).abs() < 1e-12, "{} {}", loss.std, square - mean * mean);
}
