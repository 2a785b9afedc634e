//! Kernels of pairs of images in CPU time of one thread: convolutions 3×3 with ReLU, global average pooling or flatten.
//!
//! `cargo bench --bench image_kernel -- 32` for images of 32×32×3 (the default).

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::time::Instant;

use fathom_ntk::infinite::matrix::{KernelEngine, MatrixOptions};
use fathom_ntk::spec::{Block, Composition, CompositionSpec, Padding};

/// Images: 45 pairs, the own ones not counted.
const IMAGES: usize = 10;
const CHANNELS: usize = 3;

fn network(side: usize, layers: usize, activation: &str, padding: Padding, pool: bool) -> Composition {
    let mut blocks = Vec::new();
    for _ in 0..layers {
        blocks.push(Block::Conv {
            filter: vec![3, 3],
            stride: Vec::new(),
            padding,
            weight_var: 2.0,
            bias_var: 0.0,
            channels: None,
        });
        blocks.push(Block::activation(activation.parse().unwrap()));
    }
    blocks.push(if pool { Block::GlobalAveragePool } else { Block::Flatten });
    blocks.push(Block::dense(1.0, 0.0));
    Composition::try_from(CompositionSpec { input: vec![side, side, CHANNELS], blocks, ..Default::default() }).unwrap()
}

fn images(side: usize) -> Vec<f64> {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..IMAGES * side * side * CHANNELS).map(|_| next() - 0.5).collect()
}

/// CPU time of this thread in seconds where the system tells it, so that other work on the machine matters little; else time.
fn seconds(start: Instant) -> f64 {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()));
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |n| 1e-9 * n)
}

fn main() {
    let side = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(32);
    let rows = images(side);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    println!(
        "images of {side}x{side}x{CHANNELS}, one thread, milliseconds of CPU time a pair (preparing an image apart)"
    );
    for (layers, activation, padding, pool) in [
        (3, "relu", Padding::Same, true),
        (3, "relu", Padding::Circular, true),
        (10, "relu", Padding::Same, true),
        (3, "relu", Padding::Same, false),
        (10, "relu", Padding::Same, false),
    ] {
        let network = network(side, layers, activation, padding, pool);
        one.install(|| {
            let clock = Instant::now();
            let start = seconds(clock);
            let engine =
                KernelEngine::new(&network, &rows, side * side * CHANNELS, None, &MatrixOptions::default()).unwrap();
            let prepared = seconds(clock);
            engine.matrices::<f64>().unwrap();
            let pairs = (IMAGES * (IMAGES - 1) / 2) as f64;
            let (own, pair) = ((prepared - start) / IMAGES as f64, (seconds(clock) - prepared) / pairs);
            let end = if pool { "global average pooling" } else { "flatten" };
            println!(
                "{layers} layers {activation} {padding:?}, {end}: {:.3} ms a pair, {:.3} ms an image",
                1e3 * pair,
                1e3 * own
            );
        });
    }
}
