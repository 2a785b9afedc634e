//! What is known of the training inputs themselves.

use fathom_ntk::infinite::gram;
use fathom_ntk::predict::{
    Covariance, Kernel, KernelKind, PredictOptions, Ridge, Solver, TestBlock, Time, loss_spread, predict,
};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};

use super::different;

const ROWS: [[f64; 3]; 5] = [[1.0, 0.5, 0.2], [-0.3, 2.0, 1.0], [0.7, -1.1, 0.3], [0.4, 0.4, -2.0], [-1.5, 0.1, 0.6]];
const Y: [f64; 10] = [1.0, 0.3, -2.0, 0.1, 0.5, -0.7, 3.0, 1.1, -1.0, 0.2];

/// The error on the training inputs as that on test inputs which are the same, from their covariance: another way to it.
#[test]
fn the_spread_of_the_training_error_is_that_on_the_same_inputs_as_a_test() {
    let times = [Time::Flow(0.01), Time::Flow(1.0), Time::Steps { learning_rate: 0.02, steps: 30 }];
    let mut bordered = 0;
    for (depth, weight_var, bias_var, ridge) in
        [(2, 2.0, 0.0, 0.0), (3, 2.0, 0.3, 0.1), (20, 1.0, 0.1, 0.0), (30, 0.8, 0.2, 0.05), (6, 2.5, 0.0, 0.0)]
    {
        let arch = Architecture::try_from(ArchitectureSpec {
            depth: Some(depth),
            weight_var: Some(PerLayer::Uniform(weight_var)),
            bias_var: Some(PerLayer::Uniform(bias_var)),
            ..Default::default()
        })
        .unwrap();
        let twice: Vec<&[f64]> = ROWS.iter().chain(&ROWS).map(|row| &row[..]).collect();
        let gram = gram(&arch, &twice).unwrap();
        let kernel = |kind| Kernel::from_gram(&gram, 5, kind, TestBlock::Full).unwrap();
        let options = PredictOptions {
            times: times.to_vec(),
            ridge: Ridge::Absolute(ridge),
            covariance: Covariance::Full,
            ..Default::default()
        };
        let (ntk, nngp) = (kernel(KernelKind::Ntk), kernel(KernelKind::Nngp));
        let prediction = predict(Some(&ntk), Some(&nngp), &different(&Y, 2), &options).unwrap();
        bordered += usize::from(prediction.solvers == [Solver::BorderedEigen]);
        for at in &prediction.at {
            let expected = loss_spread(&at.mean, at.covariance.as_ref().unwrap(), &Y, 2).unwrap();
            let spread = at.train_spread.unwrap();
            // Some hundred roundings; the covariances compared with are differences of entries of size 10.
            let near = |got: f64, expected: f64| (got - expected).abs() < 1e-10 * expected + 1e-14;
            assert!(near(spread.mean, expected.mean), "depth {depth}: {spread:?} {expected:?}");
            assert!(near(spread.std, expected.std), "depth {depth}: {spread:?} {expected:?}");
            assert!(spread.mean >= at.train_error);
        }
    }
    assert_eq!(bordered, 2, "both ways of holding the kernel are covered");
}
