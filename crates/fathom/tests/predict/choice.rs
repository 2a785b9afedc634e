//! Leave-one-out error and marginal likelihood against refits and determinants.

use std::f64::consts::PI;

use fathom_ntk::predict::{Criterion, PredictError, Ridge, SpectralFit, accuracy, one_hot, select};

use super::{close, different, eliminate, positive_matrix, scattered};

#[test]
fn leave_one_out_is_what_refits_give() {
    let (n, k) = (9, 2);
    let (kernel, y) = (positive_matrix(n, 4, 0.1), scattered(n * k, 5));
    let fit = SpectralFit::new(&kernel, &different(&y, k)).unwrap();
    for ridge in [0.0, 0.03, 2.0] {
        let scores = fit.scores(Ridge::Absolute(ridge), None).unwrap();
        let mut predictions = vec![0.0; n * k];
        for left in 0..n {
            let rest: Vec<usize> = (0..n).filter(|&i| i != left).collect();
            let matrix: Vec<f64> = rest
                .iter()
                .flat_map(|&i| rest.iter().map(move |&j| (i, j)))
                .map(|(i, j)| kernel[i * n + j] + if i == j { ridge } else { 0.0 })
                .collect();
            for output in 0..k {
                let targets = rest.iter().map(|&i| y[i * k + output]).collect();
                let alpha = eliminate(matrix.clone(), targets);
                predictions[left * k + output] = rest.iter().zip(alpha).map(|(&j, a)| kernel[left * n + j] * a).sum();
            }
        }
        // Condition number below 100.
        close(&scores.loo_predictions, &predictions, 1e-12);
        let error = predictions.iter().zip(&y).map(|(f, y)| (f - y).powi(2)).sum::<f64>() / (n * k) as f64;
        assert!((scores.loo_error / error - 1.0).abs() < 1e-12);
    }
}

/// The product of conditional densities of one target after the other.
#[test]
fn marginal_likelihood_is_a_product_of_conditional_densities() {
    let (n, k) = (8, 2);
    let (kernel, y) = (positive_matrix(n, 6, 0.05), scattered(n * k, 7));
    let fit = SpectralFit::new(&kernel, &different(&y, k)).unwrap();
    for ridge in [0.0, 0.4] {
        let entry = |i: usize, j: usize| kernel[i * n + j] + if i == j { ridge } else { 0.0 };
        let mut log = 0.0;
        for i in 0..n {
            let before: Vec<f64> = (0..i * i).map(|p| entry(p / i, p % i)).collect();
            let cross: Vec<f64> = (0..i).map(|j| entry(i, j)).collect();
            let weights = eliminate(before, cross.clone());
            let variance = entry(i, i) - weights.iter().zip(&cross).map(|(w, c)| w * c).sum::<f64>();
            for output in 0..k {
                let mean: f64 = weights.iter().enumerate().map(|(j, w)| w * y[j * k + output]).sum();
                let z = y[i * k + output] - mean;
                log -= 0.5 * (z * z / variance + (2.0 * PI * variance).ln());
            }
        }
        let got = fit.scores(Ridge::Absolute(ridge), None).unwrap().log_marginal_likelihood;
        assert!((got - log).abs() < 1e-11 * log.abs().max(1.0), "{got} {log}");
    }
}

#[test]
fn relative_ridges_are_shares_of_the_mean_diagonal() {
    let kernel = [3.0, 1.0, 1.0, 5.0];
    let fit = SpectralFit::new(&kernel, &different(&[1.0, 2.0], 1)).unwrap();
    let relative = fit.scores(Ridge::Relative(0.25), None).unwrap();
    assert_eq!(relative, fit.scores(Ridge::Absolute(1.0), None).unwrap());
}

#[test]
fn the_best_candidate_is_best_by_each_criterion() {
    // Kernel 0 knows that inputs 0, 1 and 2, 3 belong together; kernel 1 pairs them wrongly; kernel 2 does not exist.
    let pairs = |a: [usize; 4]| -> Vec<f64> {
        (0..16)
            .map(|k| {
                if k / 4 == k % 4 {
                    1.0
                } else if a[k / 4] == a[k % 4] {
                    0.9
                } else {
                    0.0
                }
            })
            .collect()
    };
    let kernels = [Ok(pairs([0, 0, 1, 1])), Ok(pairs([0, 1, 0, 1])), Err("too deep")];
    let classes = [0, 0, 1, 1];
    let targets = different(&one_hot(&classes, 2).unwrap(), 2);
    for criterion in [Criterion::LeaveOneOut, Criterion::Accuracy, Criterion::MarginalLikelihood] {
        let ridges = [Ridge::Relative(0.1), Ridge::Relative(0.2)];
        let of = |&i: &usize| kernels[i].clone();
        let found = select(&[1, 2, 0], of, &targets, Some(&classes), &ridges, criterion, |_| true).unwrap();
        let best = &found.candidates[found.best.unwrap()];
        assert_eq!(best.network, 0);
        assert_eq!(best.outcome.scores().unwrap().loo_accuracy, Some(1.0));
        assert_eq!(found.candidates[0].outcome.scores().unwrap().loo_accuracy, Some(0.0));
        assert_eq!(found.candidates[2].outcome.reason(), Some("too deep"));
        let stopped = select(&[0, 1], of, &targets, None, &ridges, criterion, |i| i == 0).unwrap();
        assert_eq!(stopped.candidates.len(), 2);
        // A network whose kernel is given up because all is to stop was not judged.
        let asked = std::cell::Cell::new(0);
        let until_it_fails = |_| asked.replace(asked.get() + 1) < 2;
        let stopped = select(&[0, 2], of, &targets, None, &ridges, criterion, until_it_fails).unwrap();
        assert_eq!((stopped.candidates.len(), asked.get()), (2, 3));
    }
}

#[test]
fn bad_ridges_classes_and_singular_kernels_are_errors() {
    let singular = SpectralFit::new(&[1.0, 1.0, 1.0, 1.0], &different(&[1.0, 2.0], 1)).unwrap();
    assert!(matches!(singular.scores(Ridge::Absolute(0.0), None), Err(PredictError::Singular { .. })));
    assert!(singular.scores(Ridge::Absolute(0.1), None).is_ok());
    for ridge in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(singular.scores(Ridge::Relative(ridge), None), Err(PredictError::OutOfRange { .. })));
    }
    assert!(matches!(one_hot(&[0, 3], 3), Err(PredictError::OutOfRange { .. })));
    assert!(matches!(accuracy(&[1.0, 2.0, 3.0], 2, &[0, 1]), Err(PredictError::Length { .. })));
    assert!(matches!(SpectralFit::new(&[1.0; 3], &different(&[1.0, 2.0], 1)), Err(PredictError::Length { .. })));
}
