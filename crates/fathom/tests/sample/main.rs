//! The samplers against each other, exact moments, expansions in 1 / width, and real gradient steps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail like tests")]
#![expect(clippy::single_range_in_vec_init, reason = "a run takes a list of ranges, which may have one member")]

mod agreement;
mod depth;
mod errors;
mod exact;
mod orthogonal;
mod range;
mod runs;
mod update;
mod width;

use fathom_ntk::Architecture;
use fathom_ntk::sample::{Draw, Method, Sampler};
use fathom_ntk::spec::ArchitectureSpec;

/// The network of a TOML description.
#[track_caller]
fn network(toml: &str) -> Architecture {
    Architecture::try_from(ArchitectureSpec::from_toml(toml).unwrap()).unwrap()
}

/// Reads something off each of `draws` networks, on two threads.
fn observe<T: Send>(sampler: &Sampler, seed: u64, draws: u64, read: impl Fn(&Draw) -> T + Sync) -> Vec<T> {
    let part = |range: std::ops::Range<u64>| {
        let mut worker = sampler.worker();
        range.map(|i| read(worker.draw(seed, i).unwrap())).collect::<Vec<T>>()
    };
    std::thread::scope(|scope| {
        let second = scope.spawn(|| part(draws / 2..draws));
        let mut all = part(0..draws / 2);
        all.extend(second.join().unwrap_or_else(|_| panic!("a thread failed")));
        all
    })
}

/// The sampler of a network on inputs, by a given method.
#[track_caller]
fn sampler(arch: &Architecture, inputs: &[f64], method: Method) -> Sampler {
    Sampler::new(arch, inputs, Some(method)).unwrap()
}

/// Θ of the first output at two inputs.
fn theta(draw: &Draw, a: usize, b: usize) -> f64 {
    draw.ntk((0, a), (0, b)).to_f64()
}

/// Mean and its standard error.
fn mean(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.into_iter().collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

/// Asserts that a mean is the expected one within 4.5 standard errors (false alarm 7e-6, and the seeds are fixed), and
/// that these are below `noise` of `scale`, so that more noise cannot make a test pass.
#[track_caller]
fn agrees(what: &str, (mean, error): (f64, f64), expected: f64, scale: f64, noise: f64) {
    assert!(error <= noise * scale.abs(), "{what}: {mean} ± {error} is too noisy to tell, expected {expected}");
    assert!(
        (mean - expected).abs() <= 4.5 * error + 1e-12 * scale.abs(),
        "{what}: {mean} ± {error}, expected {expected}"
    );
}
