//! Measures of empirical kernels, against numbers known by other means.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use fathom_ntk::analysis::empirical::{
    EmpiricalError, EmpiricalOptions, EmpiricalReport, checkpoint_change, compare_kernels, empirical_report,
    measured_spec,
};
use fathom_ntk::network::{EmpiricalKernel, GradientScale, KernelForm, KernelOptions, Layer, Network, NetworkError};
use fathom_ntk::report::{change_text, empirical_text};
use fathom_ntk::spec::{Architecture, Parameterization};
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

fn normals(count: usize, std: f64, seed: u64) -> Vec<f64> {
    let mut rng = rand::rngs::StdRng::seed_from_u64(seed);
    (0..count).map(|_| std * Distribution::<f64>::sample(&StandardNormal, &mut rng)).collect()
}

/// Weights of variance 2/n, biases of variance 0.1.
fn drawn(activation: &str, widths: &[usize], seed: u64) -> Network {
    let layers = widths.windows(2).enumerate().map(|(l, pair)| {
        let weights = normals(pair[0] * pair[1], (2.0 / pair[0] as f64).sqrt(), 100 * seed + l as u64);
        let biases = normals(pair[1], 0.1_f64.sqrt(), 100 * seed + 50 + l as u64);
        Layer::new(pair[0], pair[1], weights, Some(biases), GradientScale::STANDARD).unwrap()
    });
    Network::new(activation.parse().unwrap(), layers.collect()).unwrap()
}

fn report(
    network: &Network,
    inputs: &[f64],
    form: KernelForm,
    parameterization: Parameterization,
) -> (EmpiricalKernel, EmpiricalReport) {
    let arch = Architecture::try_from(measured_spec(network, parameterization, true));
    let kernel = KernelOptions { form, ..Default::default() };
    empirical_report(network, inputs, arch, &EmpiricalOptions { kernel, ..Default::default() }).unwrap()
}

/// The distance from infinite width falls like 1/√n: by 4 from width 32 to 512, here averaged over five networks.
#[test]
fn wide_networks_have_the_infinite_width_kernel() {
    let inputs = normals(10 * 12, 1.0, 7);
    for parameterization in [Parameterization::Standard, Parameterization::Ntk] {
        let distance = |width: usize, form| {
            let distances = (0..5).map(|seed| {
                let network = drawn("tanh", &[10, width, width, 2], seed);
                let arch = Architecture::try_from(measured_spec(&network, parameterization, true)).unwrap();
                let network = network.trained_as(&arch).unwrap();
                let (_, report) = report(&network, &inputs, form, parameterization);
                let comparison = report.infinite.get().unwrap().comparison;
                // 1 − cos ≤ sin² ≤ distance², whatever the scale.
                assert!(comparison.alignment.unwrap() > 1.0 - comparison.relative_distance.unwrap().powi(2));
                comparison.relative_distance.unwrap()
            });
            distances.sum::<f64>() / 5.0
        };
        for form in [KernelForm::Trace, KernelForm::PerOutput, KernelForm::Full] {
            let (narrow, wide) = (distance(32, form), distance(512, form));
            let rate = (narrow / wide).ln() / 16.0_f64.ln();
            // Each mean of five is known to some 15 %, the rate to 0.08. Twice 0.36/4 would be a wrong factor somewhere.
            assert!((0.3..0.7).contains(&rate) && wide < 0.2, "{parameterization:?} {form:?}: {narrow} {wide} {rate}");
        }
    }
}

/// Two orthogonal inputs of one linear layer with three outputs: Θ = diag(|x|²) for each output.
#[test]
fn spectra_and_measures_of_a_linear_layer_are_known() {
    let layer = Layer::new(2, 3, vec![1.0, 2.0, 0.0, -1.0, 2.0, 0.0], None, GradientScale::STANDARD).unwrap();
    let network = Network::new("linear".parse().unwrap(), vec![layer]).unwrap();
    let inputs = [3.0, 0.0, 0.0, 1.0];
    let (_, full) = report(&network, &inputs, KernelForm::Full, Parameterization::Standard);
    assert_eq!((full.shape, full.trace, full.mean_diagonal), ([1, 6, 6], 30.0, 5.0));
    let spectrum = &full.spectra.get().unwrap()[0];
    assert_eq!((spectrum.largest, spectrum.smallest, spectrum.rank), (9.0, 1.0, 6));
    assert_eq!(spectrum.condition, Some(9.0));
    assert!((spectrum.effective_rank - 30.0 * 30.0 / 246.0).abs() < 1e-14);
    let (_, trace) = report(&network, &inputs, KernelForm::Trace, Parameterization::Standard);
    assert_eq!(trace.spectra.get().unwrap()[0].largest, 27.0);
    // Outputs (3, 0, 6) and (2, −1, 0): mean 5/3, variance 50/6 − 25/9.
    assert!((trace.outputs.mean - 5.0 / 3.0).abs() < 1e-15);
    assert!((trace.outputs.variance - (50.0 / 6.0 - 25.0 / 9.0)).abs() < 1e-14);
    assert!((trace.layers[0].weight_var - 10.0 / 3.0).abs() < 1e-15);
    assert_eq!((trace.layers[0].bias_var, trace.layers[0].dead), (None, None));
    // σ_w² does not matter in the standard parameterization of one layer: the kernel is that of infinite width.
    for report in [&full, &trace] {
        assert_eq!(report.infinite.get().unwrap().comparison.relative_distance, Some(0.0));
    }
}

#[test]
fn dead_neurons_are_those_no_input_activates() {
    let first = Layer::new(1, 3, vec![1.0, -1.0, 0.0], None, GradientScale::STANDARD).unwrap();
    let second = Layer::new(3, 1, vec![1.0; 3], None, GradientScale::STANDARD).unwrap();
    let network = Network::new("relu".parse().unwrap(), vec![first, second]).unwrap();
    let dead =
        |inputs: &[f64]| report(&network, inputs, KernelForm::Trace, Parameterization::Standard).1.layers[0].dead;
    assert_eq!((dead(&[1.0, 2.0]), dead(&[1.0, -2.0])), (Some(2), Some(1)));
    // Two chunks of inputs count as one batch.
    let mut many = vec![1.0; 300];
    many[299] = -1.0;
    assert_eq!(dead(&many), Some(1));
}

#[test]
fn kernels_of_any_size_are_compared() {
    let kernel = |w: f64| {
        let layer = Layer::new(1, 1, vec![1.0], None, GradientScale { weights: w, biases: 0.0 }).unwrap();
        let network = Network::new("linear".parse().unwrap(), vec![layer]).unwrap();
        network.empirical_ntk(&[1.0, 2.0, -1.0], &KernelOptions::default()).unwrap()
    };
    for (a, b) in [(3e-300, 1e-300), (3e300, 1e300), (3.0, 1.0)] {
        let comparison = compare_kernels(&kernel(a), &kernel(b)).unwrap();
        assert!((comparison.relative_distance.unwrap() - 2.0).abs() < 1e-14, "{comparison:?}");
        assert!((comparison.mean_ratio.unwrap() - 3.0).abs() < 1e-14);
        assert!((comparison.mean_diagonal_ratio.unwrap() - 3.0).abs() < 1e-14);
        assert!((comparison.alignment.unwrap() - 1.0).abs() < 1e-14);
    }
    let zero = compare_kernels(&kernel(1.0), &kernel(0.0)).unwrap();
    assert_eq!((zero.relative_distance, zero.alignment, zero.mean_ratio), (None, None, None));
    assert_eq!(compare_kernels(&kernel(0.0), &kernel(1.0)).unwrap().relative_distance, Some(1.0));
}

/// Doubling W² of a bias-free two-layer relu network: |ΔW|/|W| = 1 there, and Θ₀ + |x|²Σ(v φ′)² · 3.
#[test]
fn changes_between_checkpoints_are_those_made() {
    let build = |v: f64| {
        let first = Layer::new(2, 2, vec![1.0, 0.0, 0.0, -1.0], None, GradientScale::STANDARD).unwrap();
        let second = Layer::new(2, 1, vec![3.0 * v, 5.0 * v], None, GradientScale::STANDARD).unwrap();
        Network::new("relu".parse().unwrap(), vec![first, second]).unwrap()
    };
    let inputs = [1.0, 2.0];
    let [before, after] = [1.0, 2.0].map(|v| {
        let network = build(v);
        let (kernel, report) = report(&network, &inputs, KernelForm::Trace, Parameterization::Standard);
        (network, kernel, report)
    });
    assert_eq!(before.1.matrices()[0], [46.0]);
    let change = checkpoint_change((&before.0, &before.1, &before.2), (&after.0, &after.1, &after.2)).unwrap();
    assert!((change.kernel.relative_distance.unwrap() - 135.0 / 46.0).abs() < 1e-15);
    assert_eq!(change.layers.iter().map(|l| l.weights).collect::<Vec<_>>(), [Some(0.0), Some(1.0)]);
    let spectrum = change.spectra.as_ref().unwrap()[0];
    assert!((spectrum.largest_ratio.unwrap() - 181.0 / 46.0).abs() < 1e-14);
    let names = ["a".to_owned(), "b".to_owned()];
    assert!(empirical_text(&before.2, &names, "by hand").contains("2 → 2, weights"));
    assert!(change_text(&change, &names).contains("|ΔW|/|W|, 2 b"));
    let other = drawn("relu", &[2, 3, 1], 1);
    let (kernel, report) = report(&other, &inputs, KernelForm::Trace, Parameterization::Standard);
    let error = checkpoint_change((&before.0, &before.1, &before.2), (&other, &kernel, &report)).unwrap_err();
    assert!(matches!(error, EmpiricalError::Widths { .. }), "{error}");
}

#[test]
fn what_is_missing_says_why() {
    let network = drawn("relu", &[2, 3, 1], 1);
    let arch = Architecture::try_from(measured_spec(&network, Parameterization::Standard, true));
    let options = EmpiricalOptions { infinite_rows: 0, ..Default::default() };
    let inputs = normals(2 * 2100, 1.0, 3);
    let (_, report) = empirical_report(&network, &inputs, arch.clone(), &options).unwrap();
    assert!(report.spectra.reason().unwrap().contains("2048 rows"));
    assert_eq!(report.infinite.reason(), Some("not asked for"));
    let error = empirical_report(&network, &[1.0], arch, &options).unwrap_err();
    assert!(matches!(error, EmpiricalError::Network(NetworkError::Inputs { .. })));
    let zero = Layer::new(1, 1, vec![0.0], None, GradientScale::STANDARD).unwrap();
    let network = Network::new("relu".parse().unwrap(), vec![zero]).unwrap();
    let (_, report) = self::report(&network, &[1.0], KernelForm::Trace, Parameterization::Standard);
    assert!(report.infinite.reason().unwrap().contains("weight_var"), "{:?}", report.infinite);
}
