//! Networks drawn per second by each sampler, and the bare rate of the generator.
//!
//! Criterion reports elements per second: standard normals drawn, for the samplers as for the generator alone, so the
//! ratio is the share of its time that a sampler would need if it did nothing but draw.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fathom_ntk::random::Stream;
use fathom_ntk::sample::{Method, Sampler};
use fathom_ntk::spec::{Architecture, ArchitectureSpec};

const FEATURES: usize = 100;
const HIDDEN: usize = 50;

fn network(width: usize, activation: &str) -> Architecture {
    let spec = ArchitectureSpec {
        widths: Some(format!("{FEATURES},{width}x{HIDDEN},1").parse().unwrap()),
        activation: Some(activation.parse().unwrap()),
        ..Default::default()
    };
    spec.try_into().unwrap()
}

fn inputs(k: usize) -> Vec<f64> {
    let mut inputs = vec![0.0; k * FEATURES];
    Stream::new(0, 0).fill_normals(&mut inputs);
    inputs
}

/// Normals that a draw needs, by the table of the module page.
fn normals(method: Method, n: u64, k: u64) -> u64 {
    let (features, hidden) = (FEATURES as u64, HIDDEN as u64);
    match method {
        Method::Chain => 3 * hidden + 1,
        Method::Projected => n * k * hidden + k + (n - k) * k * (hidden - 1) + (n - k),
        Method::Direct => features * n + n * n * (hidden - 1) + n,
    }
}

fn bench_normals(c: &mut Criterion) {
    let mut group = c.benchmark_group("normals");
    let mut out = vec![0.0; 4096];
    group.throughput(Throughput::Elements(out.len() as u64));
    let mut stream = 0;
    group.bench_function("generator", |b| {
        b.iter(|| {
            stream += 1;
            Stream::new(7, stream).fill_normals(&mut out);
        });
    });
    group.finish();
}

fn bench_samplers(c: &mut Criterion) {
    let mut group = c.benchmark_group("draw");
    group.sample_size(20);
    let cases = [
        (Method::Chain, 100, 1, "relu"),
        (Method::Projected, 100, 1, "relu"),
        (Method::Projected, 100, 11, "relu"),
        (Method::Projected, 500, 11, "relu"),
        (Method::Projected, 100, 11, "tanh"),
        (Method::Direct, 100, 11, "relu"),
        (Method::Direct, 500, 11, "relu"),
    ];
    for (method, width, k, activation) in cases {
        let sampler = Sampler::new(&network(width, activation), &inputs(k), Some(method)).unwrap();
        let mut worker = sampler.worker();
        let mut index = 0;
        group.throughput(Throughput::Elements(normals(method, width as u64, k as u64)));
        group.bench_function(format!("{method}, {activation}, width {width}, {k} inputs"), |b| {
            b.iter(|| {
                index += 1;
                worker.draw(7, index).unwrap().ntk((0, 0), (0, 0))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench_normals, bench_samplers);
criterion_main!(benches);
