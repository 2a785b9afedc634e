//! The empirical NTK of a wide network against bare matrix products of the same machine in the same run.
//!
//! Five hidden layers of width 2048, ten outputs, 500 inputs of 784 features, double and single precision. Only the
//! operations that the result needs are counted: products with a symmetric result count half.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::time::{Duration, Instant};

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use fathom_ntk::activation::Activation;
use fathom_ntk::network::{GradientScale, KernelForm, KernelOptions, Layer, Network, Precision};
use rayon::prelude::*;

const INPUTS: usize = 500;
const WIDTHS: [usize; 7] = [784, 2048, 2048, 2048, 2048, 2048, 10];

fn uniform(count: usize, size: f64, mut state: u64) -> Vec<f64> {
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| size * next()).collect()
}

fn network() -> Network {
    let layers = WIDTHS.windows(2).enumerate().map(|(i, pair)| {
        let weights = uniform(pair[0] * pair[1], (6.0 / pair[0] as f64).sqrt(), i as u64);
        Layer::new(pair[0], pair[1], weights, Some(vec![0.0; pair[1]]), GradientScale::STANDARD).unwrap()
    });
    Network::new(Activation::relu(), layers.collect()).unwrap()
}

/// Multiplications and additions that the kernel needs.
fn operations(form: KernelForm) -> f64 {
    let (n, outputs, depth) = (INPUTS as f64, 10.0, WIDTHS.len() - 1);
    let pairs = |l: usize| WIDTHS[l - 1] as f64 * WIDTHS[l] as f64;
    let forward: f64 = (1..=depth).map(|l| 2.0 * n * pairs(l)).sum();
    let backward: f64 = (2..depth).map(|l| 2.0 * n * outputs * pairs(l)).sum();
    let blocks = if form == KernelForm::Full { outputs * outputs } else { outputs };
    let activations: f64 = (1..=depth).map(|l| n * n * WIDTHS[l - 1] as f64).sum();
    let derivatives: f64 = (1..depth).map(|l| n * n * blocks * WIDTHS[l] as f64).sum();
    forward + backward + activations + derivatives
}

fn fastest(mut run: impl FnMut()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..3).map(time).min().unwrap_or_default()
}

/// Operations per second of products of 2048 × 2048 matrices, one on each thread.
macro_rules! bare_rate {
    ($type:ty) => {{
        let threads = rayon::current_num_threads();
        let side = 2048;
        let a = Mat::<$type>::from_fn(side, side, |i, j| (i % 7) as $type - (j % 5) as $type);
        let time = fastest(|| {
            (0..threads).into_par_iter().for_each(|_| {
                let mut c = Mat::<$type>::zeros(side, side);
                matmul(&mut c, Accum::Replace, &a, &a, 1.0, Par::Seq);
                std::hint::black_box(&c);
            });
        });
        threads as f64 * 2.0 * (side as f64).powi(3) / time.as_secs_f64()
    }};
}

fn main() {
    let network = network();
    let inputs = uniform(INPUTS * WIDTHS[0], 1.0, 99);
    for (precision, forms) in [
        (Precision::F64, &[KernelForm::Trace, KernelForm::PerOutput, KernelForm::Full][..]),
        (Precision::F32, &[KernelForm::Trace]),
    ] {
        let rate = || if precision == Precision::F64 { bare_rate!(f64) } else { bare_rate!(f32) };
        for &form in forms {
            let before = rate();
            let options = KernelOptions { form, precision, ..Default::default() };
            let time = fastest(|| {
                std::hint::black_box(network.empirical_ntk(&inputs, &options).unwrap());
            });
            let bare = before.max(rate());
            let got = operations(form) / time.as_secs_f64();
            println!(
                "{precision:?} {form:?}: {:.2} s, {:.1} Gflop/s; bare products {:.1} Gflop/s; ratio {:.2}",
                time.as_secs_f64(),
                got / 1e9,
                bare / 1e9,
                got / bare
            );
        }
    }
}
