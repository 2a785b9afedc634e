//! Forms, rectangles, precisions and parameterizations of the empirical NTK.

use fathom_ntk::network::{EmpiricalKernel, GradientScale, KernelForm, KernelOptions, Network, Precision};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, Biases, Parameterization, PerLayer};

use crate::{Numbers, network};

fn form(form: KernelForm) -> KernelOptions {
    KernelOptions { form, ..Default::default() }
}

/// Θ by its definition, from the derivatives of one input at a time, summed by hand.
fn naive(network: &Network, left: &[f64], right: &[f64]) -> Vec<f64> {
    let (features, outputs) = (network.inputs(), network.outputs());
    let mut entries = Vec::new();
    for x in left.chunks(features) {
        for a in 0..outputs {
            for y in right.chunks(features) {
                let (fx, fy) = (network.forward(x).unwrap(), network.forward(y).unwrap());
                let (dx, dy) = (network.deltas(&fx).unwrap(), network.deltas(&fy).unwrap());
                for b in 0..outputs {
                    let contributions = (1..=network.depth()).map(|l| {
                        let layer = &network.layers()[l - 1];
                        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                        let n = layer.outputs();
                        let (da, db) = (&dx.layer(l)[a * n..(a + 1) * n], &dy.layer(l)[b * n..(b + 1) * n]);
                        let GradientScale { weights, biases } = layer.scale();
                        (weights * inner(fx.activations(l - 1), fy.activations(l - 1)) + biases) * inner(da, db)
                    });
                    entries.push(contributions.sum());
                }
            }
        }
    }
    entries
}

fn assert_close(got: &[f64], want: &[f64], relative: f64) {
    assert_eq!(got.len(), want.len());
    let size = want.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= relative * size, "{i}: {got} {want}");
    }
}

fn entry(kernel: &EmpiricalKernel, matrix: usize, i: usize, j: usize) -> f64 {
    kernel.matrices()[matrix][i * kernel.cols() + j]
}

/// Sums of at most 90 products: 1e-14 of the largest entry is some ten times their rounding error.
#[test]
fn every_form_is_a_part_of_the_definition() {
    let network = network("tanh", &[5, 40, 30, 3], true, 1);
    let (left, right) = (Numbers(2).list(5 * 7, 1.0), Numbers(3).list(5 * 4, 1.0));
    let square = naive(&network, &left, &left);
    let full = network.empirical_ntk(&left, &form(KernelForm::Full)).unwrap();
    assert_close(&full.matrices()[0], &square, 1e-14);
    let rectangle = network.empirical_ntk_between(&left, &right, &form(KernelForm::Full)).unwrap();
    assert_eq!((rectangle.rows(), rectangle.cols()), (21, 12));
    assert_close(&rectangle.matrices()[0], &naive(&network, &left, &right), 1e-14);

    let per_output = network.empirical_ntk_between(&left, &right, &form(KernelForm::PerOutput)).unwrap();
    let trace = network.empirical_ntk_between(&left, &right, &form(KernelForm::Trace)).unwrap();
    assert_eq!((per_output.matrices().len(), trace.matrices().len()), (3, 1));
    let size = entry(&rectangle, 0, 0, 0);
    for (i, j) in (0..7).flat_map(|i| (0..4).map(move |j| (i, j))) {
        let blocks: Vec<f64> = (0..3).map(|a| entry(&rectangle, 0, 3 * i + a, 3 * j + a)).collect();
        for (a, block) in blocks.iter().enumerate() {
            assert!((entry(&per_output, a, i, j) - block).abs() < 1e-14 * size);
        }
        assert!((entry(&trace, 0, i, j) - blocks.iter().sum::<f64>()).abs() < 3e-14 * size);
    }
}

#[test]
fn batches_with_themselves_are_symmetric_to_the_bit() {
    let network = network("gelu", &[4, 50, 20, 3], false, 6);
    let inputs = Numbers(7).list(4 * 300, 1.0);
    for (shape, each) in [(KernelForm::Trace, 1), (KernelForm::PerOutput, 1), (KernelForm::Full, 3)] {
        let kernel = network.empirical_ntk(&inputs, &form(shape)).unwrap();
        assert_eq!(kernel.rows(), 300 * each);
        for (matrix, i, j) in
            (0..kernel.matrices().len()).flat_map(|m| (0..900).map(move |k| (m, k % 300, k * 7 % 300)))
        {
            assert_eq!(entry(&kernel, matrix, i, j), entry(&kernel, matrix, j, i));
        }
    }
}

/// Single precision has ε = 6e-8; sums over 90 terms and four layers lose some ten of it.
#[test]
fn single_precision_agrees_with_double() {
    let network = network("tanh", &[5, 40, 30, 3], true, 1);
    let inputs = Numbers(2).list(5 * 20, 1.0);
    for shape in [KernelForm::Trace, KernelForm::PerOutput, KernelForm::Full] {
        let double = network.empirical_ntk(&inputs, &form(shape)).unwrap();
        let single = KernelOptions { precision: Precision::F32, ..form(shape) };
        let single = network.empirical_ntk(&inputs, &single).unwrap();
        for (single, double) in single.matrices().iter().zip(double.matrices()) {
            assert_close(single, double, 1e-6);
            assert_ne!(single, double);
        }
    }
}

/// Constants of the table of conventions: σ_w² = 3, σ_b² = 0.2, widths 4, 8, 2.
#[test]
fn scales_of_architectures_are_those_of_their_parameterization() {
    let scales = |parameterization, biases, bias_var| {
        let spec = ArchitectureSpec {
            widths: Some("4,8,2".parse().unwrap()),
            weight_var: Some(PerLayer::Uniform(3.0)),
            bias_var: Some(PerLayer::Uniform(bias_var)),
            parameterization: Some(parameterization),
            biases: Some(biases),
            ..Default::default()
        };
        let arch = Architecture::try_from(spec).unwrap();
        [0, 1, 2, 3].map(|layer| GradientScale::of(&arch, layer).map(|g| [g.weights, g.biases]))
    };
    let ntk = scales(Parameterization::Ntk, Biases::Trained, 0.2);
    assert_eq!(ntk, [None, Some([0.75, 0.2]), Some([0.375, 0.2]), None]);
    let untrained = scales(Parameterization::Ntk, Biases::Untrained, 0.2);
    assert_eq!(untrained[1], Some([0.75, 0.0]));
    let standard = scales(Parameterization::Standard, Biases::Trained, 0.2);
    assert_eq!(standard[1..3], [Some([1.0, 1.0]); 2]);
    let hanin_nica = scales(Parameterization::HaninNica, Biases::ZeroInit, 0.0);
    assert_eq!(hanin_nica[1..3], [Some([0.75, 1.0]), Some([0.375, 1.0])]);
}

/// Θ of one linear layer is g_w ⟨x, x′⟩ + g_b for each output.
#[test]
fn a_single_layer_has_the_kernel_of_its_inputs() {
    let network = network("step", &[2, 3], true, 1);
    let kernel = network.empirical_ntk(&[1.0, 2.0, -3.0, 0.5], &KernelOptions::default()).unwrap();
    // g_w = 1, g_b = 1/2.
    assert_eq!(kernel.matrices()[0], [16.5, -4.5, -4.5, 29.25]);
}
