//! Training inputs that repeat.

use fathom_ntk::Scaled;
use fathom_ntk::infinite::gram;
use fathom_ntk::predict::{
    Covariance, Distinct, Kernel, KernelKind, PredictError, PredictOptions, Ridge, Targets, TestBlock, Time, predict,
};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};

use super::{close, different};

const ROWS: [[f64; 2]; 4] = [[1.0, 0.5], [-0.3, 2.0], [0.7, -1.1], [0.4, 0.4]];
/// The first input three times, the second twice.
const ORDER: [usize; 6] = [0, 1, 0, 2, 1, 0];
const Y: [f64; 6] = [1.0, -2.0, 0.5, 3.0, -1.0, 2.0];

fn kernels(rows: &[usize], depth: usize, weight_var: f64, bias_var: f64) -> (Kernel, Kernel) {
    let arch = Architecture::try_from(ArchitectureSpec {
        depth: Some(depth),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        ..Default::default()
    });
    let inputs: Vec<&[f64]> = rows.iter().map(|&i| &ROWS[i][..]).collect();
    let gram = gram(&arch.unwrap(), &inputs).unwrap();
    let kernel = |kind| Kernel::from_gram(&gram, rows.len() - 1, kind, TestBlock::Full).unwrap();
    (kernel(KernelKind::Ntk), kernel(KernelKind::Nngp))
}

fn merged() -> Targets {
    let inputs: Vec<f64> = ORDER.iter().flat_map(|&i| ROWS[i]).collect();
    let distinct = Distinct::rows(&inputs, 2).unwrap();
    assert_eq!((distinct.representatives(), distinct.repeated()), (&[0, 1, 3][..], 3));
    Targets::new(&Y, 1, &distinct).unwrap()
}

fn options(times: &[Time], ridge: f64) -> PredictOptions {
    PredictOptions {
        times: times.to_vec(),
        ridge: Ridge::Absolute(ridge),
        covariance: Covariance::Full,
        ..Default::default()
    }
}

/// The same answers as with all six inputs, at finite times and with a ridge, where repetition is no obstacle.
#[test]
fn merging_changes_no_prediction() {
    let times = [Time::Flow(0.3), Time::Flow(20.0), Time::Steps { learning_rate: 0.05, steps: 9 }];
    for (depth, weight_var, bias_var) in [(3, 2.0, 0.0), (12, 1.0, 0.1), (40, 1.0, 0.1)] {
        let all = [&ORDER[..], &[3]].concat();
        let (ntk, nngp) = kernels(&all, depth, weight_var, bias_var);
        let (few_ntk, few_nngp) = kernels(&[0, 1, 2, 3], depth, weight_var, bias_var);
        for ridge in [0.0, 0.2] {
            let full = predict(Some(&ntk), Some(&nngp), &different(&Y, 1), &options(&times, ridge)).unwrap();
            let few = predict(Some(&few_ntk), Some(&few_nngp), &merged(), &options(&times, ridge)).unwrap();
            assert_eq!(few.repeated_inputs, 3);
            for (full, few) in full.at.iter().zip(&few.at) {
                // Eigenvalues of size 20, a hundred roundings.
                close(&few.mean, &full.mean, 1e-12);
                close(&few.train_mean, &full.train_mean, 1e-12);
                close(few.covariance.as_ref().unwrap(), full.covariance.as_ref().unwrap(), 1e-12);
                assert!((few.train_error - full.train_error).abs() < 1e-12);
                let (few, full) = (few.train_spread.unwrap(), full.train_spread.unwrap());
                assert!((few.mean - full.mean).abs() < 1e-11 && (few.std - full.std).abs() < 1e-11, "{few:?} {full:?}");
            }
        }
        let full = predict(Some(&ntk), Some(&nngp), &different(&Y, 1), &options(&[Time::Infinite], 0.2)).unwrap();
        let few = predict(Some(&few_ntk), Some(&few_nngp), &merged(), &options(&[Time::Infinite], 0.2)).unwrap();
        close(&few.at[0].mean, &full.at[0].mean, 1e-11);
        close(&few.at[0].train_mean, &full.at[0].train_mean, 1e-11);
        close(few.at[0].covariance.as_ref().unwrap(), full.at[0].covariance.as_ref().unwrap(), 1e-11);
    }
}

#[test]
fn repeated_inputs_without_ridge_are_singular_and_merging_gives_the_mean() {
    let all = [&ORDER[..], &[3]].concat();
    for (depth, weight_var, bias_var) in [(3, 2.0, 0.0), (40, 1.0, 0.1)] {
        let (ntk, _) = kernels(&all, depth, weight_var, bias_var);
        let end = PredictOptions::default();
        let error = predict(Some(&ntk), None, &different(&Y, 1), &end).unwrap_err();
        assert!(matches!(error, PredictError::Singular { .. }), "{error:?}");
        let (few, _) = kernels(&[0, 1, 2, 3], depth, weight_var, bias_var);
        let prediction = predict(Some(&few), None, &merged(), &end).unwrap();
        // Mean targets of inputs 0, 1, 2.
        let means = [3.5 / 3.0, -1.5, 3.0];
        close(&prediction.at[0].train_mean, &ORDER.map(|i| means[i]), 1e-14);
    }
}

/// A posterior of repeated inputs with noise: each repetition counts.
#[test]
fn posterior_variance_counts_repetitions() {
    // Prior variance 1, noise 1/2, three observations of the same number: variance 1/(1 + 3/(1/2)) = 1/7.
    let kernel = Kernel::from_entries(vec![1.0], vec![1.0], vec![1.0], Scaled::ONE).unwrap();
    let targets = Targets::new(&[1.0, 2.0, 3.0], 1, &Distinct::rows(&[5.0; 3], 1).unwrap()).unwrap();
    let method = fathom_ntk::predict::Method::Nngp;
    let options = PredictOptions { method, ..options(&[Time::Infinite], 0.5) };
    let prediction = predict(None, Some(&kernel), &targets, &options).unwrap();
    close(prediction.at[0].variance.as_ref().unwrap(), &[1.0 / 7.0], 1e-15);
    // Mean (6/0.5)/(1 + 3/0.5).
    close(&prediction.at[0].mean, &[12.0 / 7.0], 1e-15);
}
