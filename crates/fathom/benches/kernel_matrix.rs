//! Kernel matrices against a bare symmetric product of the same machine in the same run, in CPU time of all threads.
//!
//! `cargo bench --bench kernel_matrix -- 4000` for 4000 inputs of 784 features (10,000 by default); `tables` or `layers` after
//! that for one of the parts, the second of which takes 1000 inputs at most.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::time::Instant;

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, MatRef, Par};
use fathom_ntk::infinite::matrix::{KernelEngine, MatrixOptions};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
use rayon::prelude::*;

const FEATURES: usize = 784;

fn uniform(count: usize) -> Vec<f64> {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| next() - 0.3).collect()
}

fn on_sphere(rows: &[f64]) -> Vec<f64> {
    let mut rows = rows.to_vec();
    for row in rows.chunks_mut(FEATURES) {
        let norm = (row.iter().map(|x| x * x).sum::<f64>() / FEATURES as f64).sqrt();
        row.iter_mut().for_each(|x| *x /= norm);
    }
    rows
}

fn network(activation: &str, depth: usize, weight_var: f64, bias_var: f64) -> Architecture {
    Architecture::try_from(ArchitectureSpec {
        depth: Some(depth),
        activation: Some(activation.parse().unwrap()),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        ..Default::default()
    })
    .unwrap()
}

/// CPU time of all threads in seconds, where the system tells it: other work on the machine does not change it much.
fn cpu() -> Option<f64> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let nanoseconds = |thread: std::fs::DirEntry| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    Some(threads.flatten().filter_map(nanoseconds).sum::<f64>() * 1e-9)
}

/// CPU seconds of all threads; elsewhere than on Linux, seconds.
fn seconds(run: impl FnOnce()) -> f64 {
    let (start, before) = (Instant::now(), cpu());
    run();
    let spent = cpu().zip(before).map(|(after, before)| after - before);
    spent.unwrap_or_else(|| start.elapsed().as_secs_f64())
}

/// The lower half of $X X^\top$ in blocks, each a product on one thread.
fn bare(rows: &[f64], n: usize) -> f64 {
    const BLOCK: usize = 512;
    seconds(|| {
        let x = MatRef::from_row_major_slice(rows, n, FEATURES);
        let blocks: Vec<(usize, usize)> =
            (0..n).step_by(BLOCK).flat_map(|i| (0..=i).step_by(BLOCK).map(move |j| (i, j))).collect();
        let blocks = blocks.into_par_iter().map(|(i, j)| {
            let (height, width) = (BLOCK.min(n - i), BLOCK.min(n - j));
            let mut out = Mat::<f64>::zeros(height, width);
            let (left, right) = (x.subrows(i, height), x.subrows(j, width).transpose());
            let full = BlockStructure::Rectangular;
            let shape = if i == j { BlockStructure::TriangularLower } else { full };
            matmul(&mut out, shape, Accum::Replace, left, full, right, full, 1.0, Par::Seq);
            out
        });
        std::hint::black_box(blocks.collect::<Vec<_>>());
    })
}

fn ours(arch: &Architecture, rows: &[f64], single: bool) -> f64 {
    seconds(|| {
        let engine = KernelEngine::new(arch, rows, FEATURES, None, &MatrixOptions::default()).unwrap();
        if single {
            std::hint::black_box(engine.matrices::<f32>().unwrap());
        } else {
            std::hint::black_box(engine.matrices::<f64>().unwrap());
        }
    })
}

/// Rounds are interleaved, and the fastest of each counts, so that other work on the machine hits all alike.
fn fastest(runs: &[&dyn Fn() -> f64]) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; runs.len()];
    for _ in 0..3 {
        for (best, run) in best.iter_mut().zip(runs) {
            *best = best.min(run());
        }
    }
    best
}

/// Against the product and the table of few layers.
fn tables(n: usize) {
    let rows = uniform(n * FEATURES);
    let sphere = on_sphere(&rows);
    let (deep, shallow) = (network("relu", 50, 2.0, 0.0), network("relu", 3, 2.0, 0.0));
    let tanh = network("tanh", 3, 1.5, 0.05);
    let best = fastest(&[
        &|| bare(&rows, n),
        &|| ours(&shallow, &rows, false),
        &|| ours(&deep, &rows, false),
        &|| ours(&tanh, &sphere, false),
        &|| ours(&deep, &rows, true),
    ]);
    let [product, three, fifty, tanh, single] = best[..] else { return };
    println!("n = {n}: bare symmetric product {product:.3} s");
    println!("relu L = 3: {three:.3} s, {:.2} of the product", three / product);
    println!("relu L = 50: {fifty:.3} s, {:.2} of the product, {:.3} of L = 3", fifty / product, fifty / three);
    println!("tanh on the sphere, L = 3: {tanh:.3} s, {:.2} of relu", tanh / three);
    println!("relu L = 50 in single precision: {single:.3} s");
}

/// With bias and general norms: for each layer, counted for all entries of the matrix, as a library would that computes them all.
fn layers(n: usize) {
    let rows = uniform(n * FEATURES);
    for (name, single) in
        [("relu", false), ("relu", true), ("erf", false), ("erf", true), ("tanh", false), ("gelu", false)]
    {
        let [shallow, deep] = [3, 23].map(|depth| network(name, depth, 1.5, 0.1));
        let best = fastest(&[&|| ours(&shallow, &rows, single), &|| ours(&deep, &rows, single)]);
        let [few, many] = best[..] else { return };
        let numbers = if single { "f32" } else { "f64" };
        let each = (many - few) / 20.0 / (n * n) as f64 * 1e9;
        println!(
            "{name} with bias, general norms, {numbers}, n = {n}: {few:.3} s at L = 3, {each:.2} ns a layer and entry"
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let n = arguments.iter().find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let wanted = |part: &str| !arguments.iter().any(|a| ["tables", "layers"].contains(&a.as_str()) && a != part);
    if wanted("tables") {
        tables(n);
    }
    if wanted("layers") {
        layers(n.min(1000));
    }
}
