//! Regression beside its bare linear algebra on the same machine in the same run, in CPU time of all threads.
//!
//! `cargo bench --bench regression -- 4000` for 4000 inputs of 784 features (5000 by default).

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::time::Instant;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::{MatMut, Par};
use fathom_ntk::infinite::matrix::{KernelKind, Watch};
use fathom_ntk::predict::{
    Distinct, KernelOperator, Kernels, PackedKernel, Preconditioner, PredictOptions, Ridge, Targets, TestBlock,
    predict_owned,
};
use fathom_ntk::spec::{Architecture, ArchitectureSpec};

const FEATURES: usize = 784;
const OUTPUTS: usize = 10;
const TESTS: usize = 1000;
/// Products that are timed together.
const PRODUCTS: usize = 5;

fn uniform(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| next() - 0.3).collect()
}

/// CPU time of this process in seconds, where the system tells it: other work on the machine does not change it much.
fn cpu() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// CPU seconds of all threads; elsewhere than on Linux, seconds.
fn seconds<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let (start, before) = (Instant::now(), cpu());
    let result = run();
    let spent = cpu().zip(before).map(|(after, before)| after - before);
    (spent.unwrap_or_else(|| start.elapsed().as_secs_f64()), result)
}

/// Cholesky factorization by the linear algebra library alone, on one thread.
fn bare(mut matrix: Vec<f64>, n: usize) -> f64 {
    let par = Par::Seq;
    seconds(|| {
        let mut memory = MemBuffer::new(cholesky_in_place_scratch::<f64>(n, par, Default::default()));
        let matrix = MatMut::from_column_major_slice_mut(&mut matrix, n, n);
        cholesky_in_place(matrix, Default::default(), par, MemStack::new(&mut memory), Default::default()).unwrap();
    })
    .0
}

fn main() {
    let n = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(5_000);
    let (train, test) = (uniform(n * FEATURES, 7), uniform(TESTS * FEATURES, 8));
    let y = uniform(n * OUTPUTS, 9);
    let arch = Architecture::try_from(ArchitectureSpec { depth: Some(3), ..Default::default() }).unwrap();
    let targets = Targets::new(&y, OUTPUTS, &Distinct::all(n)).unwrap();
    let options = PredictOptions { ridge: Ridge::Relative(1e-3), ..Default::default() };
    let compute = || {
        Kernels::compute(&arch, &train, &test, FEATURES, KernelKind::Ntk, TestBlock::Diagonal, &Watch::default())
            .unwrap()
    };
    let mut best = [f64::INFINITY; 3];
    for _ in 0..3 {
        let (kernel_time, kernels) = seconds(compute);
        let (fit_time, _) = seconds(|| predict_owned(kernels.ntk, None, &targets, &options).unwrap());
        let diagonal = |i: usize, j: usize| if i == j { 2.0 } else { 1.0 / (1.0 + i.abs_diff(j) as f64).powi(2) };
        let cholesky = bare((0..n * n).map(|k| diagonal(k / n, k % n)).collect(), n);
        for (best, time) in best.iter_mut().zip([kernel_time, fit_time, cholesky]) {
            *best = best.min(time);
        }
    }
    let [kernel, fit, cholesky] = best;
    println!("n = {n}, {TESTS} test inputs, {OUTPUTS} outputs: kernels {kernel:.3} s");
    println!("fit and predict {fit:.3} s, {:.2} of a bare Cholesky factorization ({cholesky:.3} s)", fit / cholesky);
    large(n, &y);
}

/// Products with a packed kernel, beside a sum of as many bytes.
fn large(n: usize, y: &[f64]) {
    let entry = |i: usize, j: usize| (-(i.abs_diff(j) as f64) / 100.0).exp();
    let mut packed = PackedKernel::new(&vec![1.0; n]).unwrap();
    for i in 0..n {
        packed.set_rows(i, n, &(0..n).map(|j| entry(i, j)).collect::<Vec<_>>()).unwrap();
    }
    let mut out = vec![0.0; n * OUTPUTS];
    let product = (0..PRODUCTS).map(|_| seconds(|| packed.apply(y, OUTPUTS, &mut out).unwrap()).0);
    let product = product.sum::<f64>() / PRODUCTS as f64;
    let bytes = PackedKernel::bytes(n) as f64;
    let words = vec![1_u64; PackedKernel::bytes(n) as usize / 8];
    let reading = (0..PRODUCTS).map(|_| seconds(|| std::hint::black_box(words.iter().fold(0_u64, |s, w| s ^ w))).0);
    let reading = reading.sum::<f64>() / PRODUCTS as f64;
    let pairs = n as f64 * n as f64 / 2.0;
    println!(
        "product of the packed kernel with {OUTPUTS} vectors: {product:.3} s of CPU, {:.2} ns a pair, {:.1} GB/s and \
         thread; reading alone {:.1} GB/s",
        product / pairs * 1e9,
        bytes / product / 1e9,
        bytes / reading / 1e9
    );
    let rank = (n / 5).min(1000);
    let (precondition, _) = seconds(|| Preconditioner::pivoted_cholesky(&packed, rank, 1e-3, 0).unwrap());
    println!("preconditioner of rank {rank}: {precondition:.3} s");
}
