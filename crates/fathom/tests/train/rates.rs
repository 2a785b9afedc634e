//! How fast trained networks approach their limits as widths grow.

use fathom_ntk::Architecture;
use fathom_ntk::analysis::training::{Setting, infinite_width, linearised};
use fathom_ntk::spec::ArchitectureSpec;
use fathom_ntk::statistics::Running;
use fathom_ntk::train::{Examples, Outputs, Step, Trainer};
use rayon::prelude::*;

use crate::{examples, network, options};

const RATE: f64 = 0.05;
const STEPS: u64 = 12;

fn trained(toml: &str, seed: u64, data: &Examples) -> [Vec<f64>; 2] {
    let initial = network(toml, seed);
    let mut trainer = Trainer::new(&initial, data, &options(RATE, STEPS)).unwrap();
    while let Step::Taken { .. } = trainer.advance() {}
    [initial, trainer.network()].map(|network| network.forward(data.inputs()).unwrap().outputs().to_vec())
}

/// Mean square over inputs of the distance from the linearisation, a network each.
fn linearisation_distance(toml: &str, networks: u64) -> Running {
    let data = examples(6, 4, 1);
    let options = options(RATE, STEPS);
    let setting = Setting { train: &data, test: None, options: &options, learning_rate: RATE };
    let one = |seed| {
        let course = linearised(&network(toml, seed), &setting, &[STEPS], 1 << 20).unwrap();
        let [_, f] = trained(toml, seed, &data);
        f.iter().zip(&course[0].train).map(|(f, g)| (f - g).powi(2)).sum::<f64>() / f.len() as f64
    };
    let squares: Vec<f64> = (0..networks).into_par_iter().map(one).collect();
    let mut running = Running::default();
    squares.into_iter().for_each(|square| running.push(square));
    running
}

/// The slope of the root mean square distance against width, with its standard error.
fn slope(activation: &str, [narrow, wide]: [u64; 2], networks: u64) -> (f64, f64) {
    let at = |width: u64| {
        let toml = format!("widths = '4,{width},1'\nactivation = '{activation}'\nweight_var = 1.5");
        let square = linearisation_distance(&toml, networks).with_error().unwrap();
        (0.5 * square.mean.ln(), 0.5 * square.standard_error.unwrap() / square.mean)
    };
    let ((a, a_error), (b, b_error)) = (at(narrow), at(wide));
    let range = (wide as f64 / narrow as f64).ln();
    ((a - b) / range, a_error.hypot(b_error) / range)
}

/// Smooth activations: the second derivatives of the outputs are of order 1/n in all. The next order still shows: 5 %.
#[test]
fn smooth_networks_leave_their_linearisation_by_one_over_width() {
    let (slope, error) = slope("tanh", [512, 8192], 400);
    assert!((slope - 1.0).abs() < 0.05 + 4.0 * error && error < 0.06, "{slope} ± {error}");
}

/// Relu: of order √n of n neurons change their signs, which moves the NTK by n^(−1/2), and the outputs with it. The part of order
/// 1/n still shows at these widths: a slope between the two, nearer to the first.
#[test]
fn relu_networks_leave_their_linearisation_by_one_over_the_root_of_width() {
    let (slope, error) = slope("relu", [512, 8192], 200);
    assert!((0.5..0.7).contains(&slope) && error < 0.03, "{slope} ± {error}");
}

/// The mean of trained networks leaves that of infinite width by 1/n. Their own infinitely wide courses have the same mean, but
/// nearly the spread of the networks, so the mean of the differences is known to 10 % from 6000 of them.
#[test]
fn the_mean_of_an_ensemble_leaves_infinite_width_by_one_over_width() {
    let size = |width: u64| {
        let toml = format!("widths = '4,{width},1'\nactivation = 'relu'\nweight_var = 1.5");
        let (bias, errors) = bias(&toml, 6000);
        let size = bias.iter().map(|b| b * b).sum::<f64>().sqrt();
        (size, errors.iter().map(|e| e * e).sum::<f64>().sqrt() / size)
    };
    let ((narrow, narrow_error), (wide, wide_error)) = (size(32), size(256));
    let (slope, error) = ((narrow / wide).ln() / 8_f64.ln(), narrow_error.hypot(wide_error) / 8_f64.ln());
    assert!((slope - 1.0).abs() < 4.0 * error && error < 0.08, "{slope} ± {error}");
}

/// Mean over networks of the outputs minus those of infinite width that start with the same outputs, and its errors.
fn bias(toml: &str, networks: u64) -> (Vec<f64>, Vec<f64>) {
    let data = examples(3, 4, 1);
    let options = options(RATE, STEPS);
    let setting = Setting { train: &data, test: None, options: &options, learning_rate: RATE };
    let arch = Architecture::try_from(ArchitectureSpec::from_toml(toml).unwrap()).unwrap();
    // The course is affine in f₀: its slopes follow from unit starts.
    let course = |start: Vec<f64>| {
        let start = Outputs { train: start, test: Vec::new() };
        infinite_width(&arch, &setting, &[STEPS], Some(&start), 1 << 20).unwrap().at[0]
            .from_initial
            .clone()
            .unwrap()
            .train
    };
    let zero = course(vec![0.0; 3]);
    let slopes: Vec<Vec<f64>> = (0..3).map(|i| course((0..3).map(|j| f64::from(u8::from(i == j))).collect())).collect();
    let one = |seed| {
        let [start, f] = trained(toml, seed, &data);
        let own = |i: usize| zero[i] + (0..3).map(|j| start[j] * (slopes[j][i] - zero[i])).sum::<f64>();
        (0..3).map(|i| f[i] - own(i)).collect::<Vec<f64>>()
    };
    let all: Vec<Vec<f64>> = (0..networks).into_par_iter().map(one).collect();
    let mut running = [Running::default(); 3];
    all.iter().for_each(|row| running.iter_mut().zip(row).for_each(|(r, x)| r.push(*x)));
    let results: Vec<_> = running.iter().map(|r| r.with_error().unwrap()).collect();
    (results.iter().map(|r| r.mean).collect(), results.iter().map(|r| r.standard_error.unwrap()).collect())
}
