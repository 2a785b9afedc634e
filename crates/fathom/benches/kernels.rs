//! Times of the functions that people wait for.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use fathom_ntk::Scaled;
use fathom_ntk::activation::Activation;
use fathom_ntk::analysis::verdict::{Inputs, VerdictOptions, verdict};
use fathom_ntk::analysis::{CurveRange, edge_of_chaos, edge_of_chaos_curve};
use fathom_ntk::infinite::{PairInput, gram, pair_kernel};
use fathom_ntk::moments::{InputNorm, relu_moments};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
use fathom_ntk::statistics::{BlockDraws, Observables};

fn network(activation: &str, depth: usize, weight_var: f64, bias_var: f64) -> Architecture {
    let spec = ArchitectureSpec {
        depth: Some(depth),
        activation: Some(activation.parse().unwrap()),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        ..Default::default()
    };
    spec.try_into().unwrap()
}

fn wide(widths: &str) -> Architecture {
    ArchitectureSpec { widths: Some(widths.parse().unwrap()), ..Default::default() }.try_into().unwrap()
}

/// `rows` smooth images of 8 × 8 pixels: bumps at random places, entries from 0 to 1.
fn images(rows: usize) -> Vec<f64> {
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut values = Vec::with_capacity(64 * rows);
    for _ in 0..rows {
        let bumps: [[f64; 3]; 3] = std::array::from_fn(|_| [8.0 * uniform(), 8.0 * uniform(), 1.0 + uniform()]);
        for pixel in 0..64 {
            let (x, y) = (f64::from(pixel % 8), f64::from(pixel / 8));
            let value =
                bumps.iter().map(|[a, b, w]| (-((x - a).powi(2) + (y - b).powi(2)) / (w * w)).exp()).sum::<f64>();
            values.push(value.min(1.0));
        }
    }
    values
}

fn bench_verdict(c: &mut Criterion) {
    let data = images(1797);
    for (name, widths) in [("relu", "64,256x4,10"), ("relu deep", "64,256x50,10")] {
        let arch = wide(widths);
        c.bench_function(&format!("verdict/{name}"), |b| {
            let inputs = || Inputs::Rows { values: &data, features: 64 };
            b.iter(|| verdict(&arch, inputs(), &VerdictOptions::default()).unwrap());
        });
    }
}

fn bench_relu_moments(c: &mut Criterion) {
    let constants = wide("64,256x999999,10").constants().unwrap();
    let input = InputNorm::new(64.0, None).unwrap();
    c.bench_function("relu_moments/depth 1000000", |b| b.iter(|| relu_moments(black_box(&constants), &input).unwrap()));
}

fn bench_edge_of_chaos_curve(c: &mut Criterion) {
    for name in ["tanh", "gelu", "elu"] {
        let activation: Activation = name.parse().unwrap();
        let range = || CurveRange::Variance { from: 0.01, to: 10.0 };
        c.bench_function(&format!("edge_of_chaos_curve/{name} 200"), |b| {
            b.iter(|| edge_of_chaos_curve(&activation, range(), 200).unwrap());
        });
    }
}

fn bench_pair_kernel(c: &mut Criterion) {
    let input = PairInput::from_gap(1.0, 1.0, 0.5).unwrap();
    for (name, bias_var, depth) in
        [("relu", 0.0, 100_000), ("erf", 0.1, 100_000), ("tanh", 0.1, 100_000), ("elu", 0.1, 1_000)]
    {
        let point = edge_of_chaos(&name.parse().unwrap(), bias_var).unwrap();
        let arch = network(name, depth, point.weight_var, point.bias_var);
        c.bench_function(&format!("pair_kernel/{name} depth {depth}"), |b| {
            b.iter(|| pair_kernel(&arch, &input).unwrap());
        });
    }
    for (name, weight_var) in [("tanh", 1.5), ("tanh", 30.0), ("elu", 1.5)] {
        let arch = network(name, 20, weight_var, 0.1);
        let unequal = PairInput::from_gap(1.0, 2.0, 0.5).unwrap();
        c.bench_function(&format!("pair_kernel/{name} {weight_var} depth 20"), |b| {
            b.iter(|| pair_kernel(&arch, &unequal).unwrap());
        });
    }
}

fn bench_gram(c: &mut Criterion) {
    let data = images(40);
    for (name, rows, depth) in [("relu", 40, 10), ("tanh", 40, 10), ("elu", 10, 5)] {
        let rows: Vec<&[f64]> = data.chunks(64).take(rows).collect();
        let arch = network(name, depth, 1.5, 0.05);
        c.bench_function(&format!("gram/{name} {} rows depth {depth}", rows.len()), |b| {
            b.iter(|| gram(&arch, &rows).unwrap());
        });
    }
}

fn bench_block_summary(c: &mut Criterion) {
    let all: Vec<usize> = (0..66).collect();
    let observables = Observables::new(all.iter().map(ToString::to_string)).unwrap().with_joint(&all).unwrap();
    let mut draws = BlockDraws::new(&observables);
    for row in images(264).chunks(66).take(256) {
        let draw: Vec<Option<Scaled>> = row.iter().map(|&x| Some(Scaled::exp(4.0 * x))).collect();
        draws.push(&draw).unwrap();
    }
    c.bench_function("BlockDraws::summary/66 joint observables", |b| b.iter(|| draws.summary().unwrap()));
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = bench_verdict, bench_relu_moments, bench_edge_of_chaos_curve, bench_pair_kernel, bench_gram,
        bench_block_summary
}
criterion_main!(benches);
