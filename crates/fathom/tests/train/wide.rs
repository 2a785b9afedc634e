//! Ensembles of trained wide networks against what infinitely wide ones predict.

use fathom_ntk::Architecture;
use fathom_ntk::infinite::matrix::{KernelKind, Watch};
use fathom_ntk::predict::{Covariance, Distinct, Kernels, PredictOptions, Targets, TestBlock, Time, predict};
use fathom_ntk::spec::ArchitectureSpec;
use fathom_ntk::train::{Step, Trainer};

use crate::{examples, network, options};

const ARCHITECTURE: &str = "widths = '4,128,128,1'\nactivation = 'tanh'\nweight_var = 1.5\nbias_var = 0.1";
const NETWORKS: u64 = 600;
const RATE: f64 = 0.05;
const STEPS: u64 = 12;

/// Means and variances over networks of the outputs on `points` after training.
fn ensemble(points: &[f64]) -> Vec<[f64; 2]> {
    let data = examples(5, 4, 1);
    let count = points.len() / 4;
    let mut sums = vec![[0.0; 2]; count];
    for seed in 0..NETWORKS {
        let mut trainer = Trainer::new(&network(ARCHITECTURE, seed), &data, &options(RATE, STEPS)).unwrap();
        while let Step::Taken { .. } = trainer.advance() {}
        let trained = trainer.network();
        for (sum, f) in sums.iter_mut().zip(trained.forward(points).unwrap().outputs()) {
            *sum = [sum[0] + f, sum[1] + f * f];
        }
    }
    let k = NETWORKS as f64;
    sums.iter().map(|[s, t]| [s / k, (t - s * s / k) / (k - 1.0)]).collect()
}

/// Corrections are of order L/n = 2 % of the variance before training; the error of a mean over 600 networks is 4 % of its spread,
/// that of a variance 6 % (nearly normal outputs). 4.5 of them are allowed, with 3 % for the width.
#[test]
fn means_and_variances_of_trained_wide_networks_are_those_predicted() {
    let data = examples(5, 4, 1);
    let points = [data.inputs(), examples(8, 4, 1).inputs()].concat();
    let spec = ArchitectureSpec::from_toml(ARCHITECTURE).unwrap();
    let arch = Architecture::try_from(spec).unwrap();
    let block = TestBlock::Diagonal;
    let kernels =
        Kernels::compute(&arch, data.inputs(), &points, 4, KernelKind::Both, block, &Watch::default()).unwrap();
    let targets = Targets::new(data.targets(), 1, &Distinct::all(5)).unwrap();
    let times = [0, STEPS].map(|steps| Time::Steps { learning_rate: RATE, steps }).to_vec();
    let options = PredictOptions { times, covariance: Covariance::Diagonal, ..Default::default() };
    let prediction = predict(kernels.ntk.as_ref(), kernels.nngp.as_ref(), &targets, &options).unwrap();
    let at = &prediction.at[1];
    let (before, variances) = (prediction.at[0].variance.as_ref().unwrap(), at.variance.as_ref().unwrap());
    let k = NETWORKS as f64;
    for (i, [mean, variance]) in ensemble(&points).into_iter().enumerate() {
        let error = (variance / k).sqrt();
        let (want, spread, prior) = (at.mean[i], variances[i], before[i]);
        assert!((mean - want).abs() < 4.5 * error + 0.03 * prior.sqrt(), "{i}: {mean} ± {error}, predicted {want}");
        let error = variance * (2.0 / (k - 1.0)).sqrt();
        assert!(
            (variance - spread).abs() < 4.5 * error + 0.03 * prior,
            "{i}: {variance} ± {error}, predicted {spread}"
        );
    }
    // Training has brought networks together on the data, by far more than the errors.
    assert!((0..5).all(|i| variances[i] < 0.5 * before[i]), "{variances:?} {before:?}");
}
