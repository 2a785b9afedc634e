//! A training step and a record against bare matrix products of the same shapes in the same run.
//!
//! Twenty hidden layers of width 300, ten outputs, 1000 inputs of 784 features, full batch; the kernel on 100 inputs.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::time::{Duration, Instant};

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use fathom_ntk::activation::Activation;
use fathom_ntk::network::{GradientScale, KernelOptions, Layer, Network, Precision};
use fathom_ntk::random::Stream;
use fathom_ntk::train::{Examples, LearningRate, Loss, Optimizer, Probe, Recorder, Stop, TrainOptions, Trainer};
use rayon::prelude::*;

const INPUTS: usize = 1000;
const FEATURES: usize = 784;
const WIDTH: usize = 300;
const HIDDEN: usize = 20;
const OUTPUTS: usize = 10;
const REPEATS: usize = 15;

fn widths() -> Vec<usize> {
    [vec![FEATURES], vec![WIDTH; HIDDEN], vec![OUTPUTS]].concat()
}

fn normals(count: usize, size: f64, stream: u64) -> Vec<f64> {
    let mut values = vec![0.0; count];
    Stream::new(1, stream).fill_normals(&mut values);
    values.iter_mut().for_each(|value| *value *= size);
    values
}

fn network(activation: &str) -> Network {
    let widths = widths();
    let layers = widths.windows(2).enumerate().map(|(i, pair)| {
        let weights = normals(pair[0] * pair[1], (2.0 / pair[0] as f64).sqrt(), i as u64);
        Layer::new(pair[0], pair[1], weights, Some(vec![0.0; pair[1]]), GradientScale::STANDARD).unwrap()
    });
    Network::new(activation.parse::<Activation>().unwrap(), layers.collect()).unwrap()
}

/// The fastest of some runs of each, in turn, so that other work on the machine disturbs both alike.
fn fastest(mut first: impl FnMut(), mut second: impl FnMut()) -> [Duration; 2] {
    let time = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    let runs: Vec<[Duration; 2]> = (0..REPEATS).map(|_| [time(&mut first), time(&mut second)]).collect();
    [0, 1].map(|which| runs.iter().map(|run| run[which]).min().unwrap_or_default())
}

/// Multiplications and additions of a step: forward, back to the first layer, and gradients.
fn operations() -> f64 {
    let pairs = |l: usize| (widths()[l] * widths()[l + 1]) as f64;
    let all: f64 = (0..=HIDDEN).map(pairs).sum();
    2.0 * INPUTS as f64 * (3.0 * all - pairs(0))
}

/// The products of a step and nothing else, each cut in as many pieces as there are threads.
macro_rules! bare_step {
    ($type:ty) => {{
        let threads = rayon::current_num_threads();
        let widest = FEATURES.max(WIDTH);
        let signals: Vec<Mat<$type>> =
            (0..3).map(|i| Mat::from_fn(widest, INPUTS, |r, c| ((r + i * c) % 7) as $type)).collect();
        let weights: Mat<$type> = Mat::from_fn(widest, widest, |r, c| ((3 * r + c) % 5) as $type);
        let mut out: Vec<Mat<$type>> = (0..threads).map(|_| Mat::zeros(widest, INPUTS)).collect();
        let product = |out: MatMut<'_, $type>, a: MatRef<'_, $type>, b: MatRef<'_, $type>| {
            matmul(out, Accum::Replace, a, b, 1.0, Par::Seq);
        };
        let share = INPUTS.div_ceil(threads);
        let run: Box<dyn FnMut()> = Box::new(move || {
            for (l, pair) in widths().windows(2).enumerate() {
                let (fan_in, fan_out) = (pair[0], pair[1]);
                out.par_iter_mut().enumerate().for_each(|(i, out)| {
                    let first = (i * share).min(INPUTS);
                    let count = share.min(INPUTS - first);
                    let w = weights.submatrix(0, 0, fan_out, fan_in);
                    product(out.submatrix_mut(0, 0, fan_out, count), w, signals[0].submatrix(0, first, fan_in, count));
                    if l > 0 {
                        let delta = signals[1].submatrix(0, first, fan_out, count);
                        product(out.submatrix_mut(0, 0, fan_in, count), w.transpose(), delta);
                    }
                    let rows = fan_out.div_ceil(threads);
                    let top = (i * rows).min(fan_out);
                    let delta = signals[1].submatrix(top, 0, rows.min(fan_out - top), INPUTS);
                    let h = signals[2].submatrix(0, 0, fan_in, INPUTS);
                    product(out.submatrix_mut(0, 0, delta.nrows(), fan_in), delta, h.transpose());
                });
            }
        });
        run
    }};
}

fn report(name: &str, time: Duration, bare: Duration) {
    let rate = operations() / time.as_secs_f64() / 1e9;
    let share = bare.as_secs_f64() / time.as_secs_f64();
    println!("{name:<34} {:>8.1} ms {rate:>8.1} GFLOP/s, bare products {share:.2} of it", time.as_secs_f64() * 1e3);
}

fn main() {
    let inputs = normals(INPUTS * FEATURES, 1.0, 1000);
    let targets = (0..INPUTS * OUTPUTS).map(|i| f64::from(u8::from(i / OUTPUTS % OUTPUTS == i % OUTPUTS))).collect();
    let examples = Examples::new(inputs, FEATURES, targets, OUTPUTS).unwrap();
    let bare = [bare_step!(f32), bare_step!(f64)];
    for (mut bare, precision) in bare.into_iter().zip([Precision::F32, Precision::F64]) {
        for (activation, optimizer) in
            [("relu", Optimizer::GradientDescent), ("relu", Optimizer::ADAM), ("tanh", Optimizer::GradientDescent)]
        {
            let options = TrainOptions {
                precision,
                optimizer,
                learning_rate: LearningRate::Absolute(1e-7),
                stop: Stop { steps: Some(u64::MAX), ..Default::default() },
                ..Default::default()
            };
            let mut trainer = Trainer::new(&network(activation), &examples, &options).unwrap();
            let [bare, step] = fastest(&mut bare, || {
                let _ = trainer.advance();
            });
            let name = format!("step {precision:?} {activation} {}", optimizer.to_string().split(" (").next().unwrap());
            report(&name, step, bare);
        }
    }
    let network = network("relu");
    let probe = Probe { rows: 100, ..Default::default() };
    let recorder = Recorder::new(&network, &examples, None, Loss::Squared, Some(probe)).unwrap();
    let options = KernelOptions::default();
    let probe = &examples.inputs()[..100 * FEATURES];
    let [record, kernel] = fastest(
        || drop(recorder.record(&network, 0, 0.0).unwrap()),
        || drop(network.empirical_ntk(probe, &options).unwrap()),
    );
    println!("{:<34} {:>8.1} ms", "record with the NTK on 100 inputs", record.as_secs_f64() * 1e3);
    println!("{:<34} {:>8.1} ms", "the NTK alone", kernel.as_secs_f64() * 1e3);
}
