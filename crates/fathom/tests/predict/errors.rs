//! Bad input is an error that says what is wrong.

use fathom_ntk::Scaled;
use fathom_ntk::predict::{
    Covariance, Distinct, Kernel, Method, PredictError, PredictOptions, Ridge, Targets, Time, memory_needed, predict,
};

use super::different;

fn kernel() -> Kernel {
    Kernel::from_entries(vec![2.0, 1.0, 1.0, 2.0], vec![1.0, 0.5, 0.2, 0.1], vec![2.0, 2.0], Scaled::ONE).unwrap()
}

fn run(options: PredictOptions) -> Result<(), PredictError> {
    predict(Some(&kernel()), Some(&kernel()), &different(&[1.0, 2.0], 1), &options).map(|_| ())
}

#[test]
fn numbers_out_of_range_are_named() {
    for time in [Time::Flow(-1.0), Time::Flow(f64::NAN), Time::Steps { learning_rate: f64::INFINITY, steps: 1 }] {
        let error = run(PredictOptions { times: vec![time], ..Default::default() }).unwrap_err();
        assert!(matches!(error, PredictError::OutOfRange { .. }), "{error}");
    }
    for ridge in [Ridge::Absolute(-1.0), Ridge::Relative(f64::NAN)] {
        let error = run(PredictOptions { ridge, ..Default::default() }).unwrap_err();
        assert!(error.to_string().starts_with("the ridge must be at least 0 and finite"), "{error}");
    }
}

#[test]
fn sizes_that_do_not_fit_are_named() {
    let targets = different(&[1.0, 2.0, 3.0], 1);
    let error = predict(Some(&kernel()), None, &targets, &PredictOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "the targets (different training inputs) must have 2 values, got 3");
    let wrong = Kernel::from_entries(vec![1.0; 3], vec![], vec![], Scaled::ONE);
    assert!(matches!(wrong, Err(PredictError::Length { .. })));
    let wrong = Kernel::from_entries(vec![1.0; 4], vec![1.0; 3], vec![], Scaled::ONE);
    assert!(matches!(wrong, Err(PredictError::Length { .. })));
    let wrong = Kernel::from_entries(vec![1.0; 4], vec![1.0; 6], vec![1.0; 5], Scaled::ONE);
    assert!(matches!(wrong, Err(PredictError::Length { .. })));
    assert!(matches!(Targets::new(&[1.0; 5], 2, &Distinct::all(3)), Err(PredictError::Length { .. })));
    assert!(matches!(Distinct::rows(&[1.0; 5], 2), Err(PredictError::Length { .. })));
    assert!(matches!(Distinct::rows(&[1.0; 5], 0), Err(PredictError::NoInputs)));
}

#[test]
fn values_that_are_not_finite_and_zero_kernels_are_named() {
    let wrong = Kernel::from_entries(vec![1.0, f64::NAN, 0.0, 1.0], vec![], vec![], Scaled::ONE).unwrap_err();
    assert!(matches!(wrong, PredictError::NotFinite { position: 1, .. }), "{wrong}");
    let error = Targets::new(&[1.0, f64::INFINITY], 1, &Distinct::all(2)).unwrap_err();
    assert!(matches!(error, PredictError::NotFinite { position: 1, .. }));
    let zero = Kernel::from_entries(vec![0.0; 4], vec![], vec![], Scaled::ONE);
    assert!(matches!(zero, Err(PredictError::ZeroKernel)));
    let negative = Kernel::from_entries(vec![1.0, 0.0, 0.0, -1.0], vec![], vec![], Scaled::ONE);
    assert!(matches!(negative, Err(PredictError::OutOfRange { .. })));
    assert!(matches!(Kernel::from_entries(vec![], vec![], vec![], Scaled::ONE), Err(PredictError::NoInputs)));
}

#[test]
fn what_is_missing_is_named() {
    let targets = different(&[1.0, 2.0], 1);
    let none = predict(None, Some(&kernel()), &targets, &PredictOptions::default()).unwrap_err();
    assert_eq!(none, PredictError::Missing { needed: "ntk" });
    let options = PredictOptions { covariance: Covariance::Diagonal, ..Default::default() };
    assert!(matches!(predict(Some(&kernel()), None, &targets, &options), Err(PredictError::Missing { .. })));
    let options = PredictOptions { covariance: Covariance::Full, method: Method::Nngp, ..Default::default() };
    assert!(matches!(predict(None, Some(&kernel()), &targets, &options), Err(PredictError::Missing { .. })));
}

#[test]
fn too_little_memory_is_refused_before_anything_is_computed() {
    let error = run(PredictOptions { memory: Some(10), ..Default::default() }).unwrap_err();
    let needed = memory_needed(2, 2, 1, &PredictOptions::default());
    assert_eq!(error, PredictError::Memory { needed, allowed: 10 });
    assert!(error.to_string().contains("conjugate gradients"), "{error}");
    assert_eq!(memory_needed(usize::MAX, usize::MAX, 3, &PredictOptions::default()), u64::MAX);
}

#[test]
fn learning_rates_that_diverge_are_refused_when_numbers_overflow() {
    let steps = |learning_rate, steps| PredictOptions {
        times: vec![Time::Steps { learning_rate, steps }],
        ..Default::default()
    };
    // Largest eigenvalue 3: stable below 2/3.
    run(steps(0.6, 1_000_000)).unwrap();
    run(steps(0.7, 3)).unwrap();
    let error = run(steps(0.9, 1_000_000)).unwrap_err();
    assert!(matches!(error, PredictError::Diverges { largest, .. } if (largest - 2.0 / 3.0).abs() < 1e-12), "{error}");
}
