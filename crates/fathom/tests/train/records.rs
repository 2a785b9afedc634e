//! What is recorded, against its definition.

use fathom_ntk::network::{KernelForm, KernelOptions, Network};
use fathom_ntk::train::{Loss, Probe, Record, Recorder, TrainOptions, Trainer};

use crate::{examples, losses, network, options};

/// Mean NTK over outputs, as a matrix of rows.
fn mean_ntk(network: &Network, inputs: &[f64]) -> Vec<Vec<f64>> {
    let options = KernelOptions { form: KernelForm::PerOutput, ..Default::default() };
    let kernel = network.empirical_ntk(inputs, &options).unwrap();
    let (m, outputs) = (kernel.rows(), kernel.matrices().len() as f64);
    let entry = |i: usize, j: usize| kernel.matrices().iter().map(|matrix| matrix[i * m + j]).sum::<f64>() / outputs;
    (0..m).map(|i| (0..m).map(|j| entry(i, j)).collect()).collect()
}

fn inner(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a * b).sum()
}

#[track_caller]
fn close(got: Option<f64>, exact: f64) {
    let got = got.unwrap();
    // Sums of 100 terms, and differences that lose two digits.
    assert!((got - exact).abs() < 1e-11 * exact.abs().max(1.0), "{got} {exact}");
}

fn trained() -> (Network, Network, Record) {
    let (initial, data) = (network("widths = '4,30x2,3'\nactivation = 'relu'\nbias_var = 0.1", 2), examples(20, 4, 3));
    let mut trainer = Trainer::new(&initial, &data, &options(0.02, 40)).unwrap();
    losses(&mut trainer);
    let probe = Probe { rows: 10, reference: Some(vec![1.0; 100]), keep: true };
    let test = examples(9, 4, 3);
    let recorder = Recorder::new(&initial, &data, Some(&test), Loss::Squared, Some(probe)).unwrap();
    let now = trainer.network();
    let snapshot = recorder.record(&now, 40, 0.8).unwrap();
    let kept = snapshot.kernel.unwrap();
    let expected = mean_ntk(&now, &data.inputs()[..40]);
    for (kept, expected) in kept.iter().zip(expected.iter().flatten()) {
        close(Some(*kept), *expected);
    }
    (initial, now, snapshot.record)
}

#[test]
fn kernel_records_follow_their_definitions() {
    let (initial, now, record) = trained();
    let data = examples(20, 4, 3);
    let inputs = &data.inputs()[..40];
    let (then, now) = (mean_ntk(&initial, inputs), mean_ntk(&now, inputs));
    let kernel = record.kernel.unwrap();
    let change: Vec<Vec<f64>> =
        now.iter().zip(&then).map(|(now, then)| now.iter().zip(then).map(|(n, t)| n - t).collect()).collect();
    close(kernel.drift, (inner(&change, &change) / inner(&then, &then)).sqrt());
    assert!(kernel.drift.unwrap() > 0.05, "the kernel hardly moved");
    let alignment = |other: &[Vec<f64>]| inner(&now, other) / (inner(&now, &now) * inner(other, other)).sqrt();
    close(kernel.alignment_initial, alignment(&then));
    close(kernel.alignment_reference, alignment(&vec![vec![1.0; 10]; 10]));
    let same = |i: usize, j: usize| f64::from(u8::from(i % 3 == j % 3));
    let labels: Vec<Vec<f64>> = (0..10).map(|i| (0..10).map(|j| same(i, j)).collect()).collect();
    close(kernel.alignment_labels, alignment(&labels));
    close(Some(kernel.trace), (0..10).map(|i| now[i][i]).sum());
    let mean = |wanted: f64| {
        let pairs = (0..10).flat_map(|i| (0..10).map(move |j| (i, j))).filter(|&(i, j)| i != j && same(i, j) == wanted);
        let entries: Vec<f64> = pairs.map(|(i, j)| now[i][j]).collect();
        entries.iter().sum::<f64>() / entries.len() as f64
    };
    close(kernel.within_classes, mean(1.0));
    close(kernel.between_classes, mean(0.0));
}

/// The sum and the sum of squares of the eigenvalues bound the largest; a vector bounds both ends.
#[test]
fn extreme_eigenvalues_are_bounded_by_quotients() {
    let (_, now, record) = trained();
    let matrix = mean_ntk(&now, &examples(20, 4, 3).inputs()[..40]);
    let kernel = record.kernel.unwrap();
    let (largest, smallest) = (kernel.largest_eigenvalue, kernel.smallest_eigenvalue);
    let times =
        |v: &[f64]| -> Vec<f64> { matrix.iter().map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum()).collect() };
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    // Power iteration on Θ, and on λ_max − Θ.
    let mut top = vec![1.0; 10];
    let mut bottom: Vec<f64> = (0..10).map(|i| f64::from(i) - 4.2).collect();
    for _ in 0..20_000 {
        let next = times(&top);
        top = next.iter().map(|x| x / norm(&next)).collect();
        let next: Vec<f64> = bottom.iter().zip(times(&bottom)).map(|(v, t)| largest * v - t).collect();
        bottom = next.iter().map(|x| x / norm(&next)).collect();
    }
    close(Some(norm(&times(&top))), largest);
    assert!((norm(&times(&bottom)) - smallest).abs() < 1e-9 * largest);
    close(kernel.condition, largest / smallest);
}

#[test]
fn fits_and_movements_follow_their_definitions() {
    let (initial, now, record) = trained();
    let data = examples(20, 4, 3);
    let forward = now.forward(data.inputs()).unwrap();
    let squares = forward.outputs().iter().zip(data.targets()).map(|(f, y)| (f - y).powi(2));
    close(Some(record.train.loss), squares.sum::<f64>() / 40.0);
    let right =
        forward.outputs().chunks(3).enumerate().filter(|(i, f)| f.iter().all(|other| *other <= f[i % 3])).count();
    close(record.train.accuracy, right as f64 / 20.0);
    assert!(record.test.unwrap().loss > record.train.loss);
    assert_eq!((record.step, record.time, record.layers.len()), (40, 0.8, 3));
    for (l, layer) in record.layers.iter().enumerate() {
        let pairs = now.layers()[l].weights().iter().zip(initial.layers()[l].weights());
        let (moved, size) = pairs.fold((0.0, 0.0), |(m, s), (now, then)| (m + (now - then).powi(2), s + then * then));
        close(layer.weight_change, (moved / size).sqrt());
    }
    let inputs = &data.inputs()[..40];
    let (then, now) = (initial.forward(inputs).unwrap(), now.forward(inputs).unwrap());
    for layer in 1..3 {
        let pairs = then.pre_activations(layer).iter().zip(now.pre_activations(layer));
        let changed = pairs.filter(|(then, now)| (**then > 0.0) != (**now > 0.0)).count();
        close(record.layers[layer - 1].pattern_change, changed as f64 / 300.0);
        assert!(changed > 0, "no pattern changed in layer {layer}");
    }
    assert_eq!(record.layers[2].pattern_change, None);
}

/// Of a training in single precision, the initial network of a recorder is the rounded one: nothing has moved at step 0.
#[test]
fn single_precision_starts_without_drift() {
    let (initial, data) = (network("widths = '4,30,3'", 2), examples(20, 4, 3));
    let options = TrainOptions { precision: fathom_ntk::network::Precision::F32, ..options(0.02, 1) };
    let trainer = Trainer::new(&initial, &data, &options).unwrap();
    let probe = Some(Probe { rows: 5, ..Default::default() });
    let recorder = Recorder::new(&trainer.network(), &data, None, Loss::Squared, probe).unwrap();
    let record = recorder.record(&trainer.network(), 0, 0.0).unwrap().record;
    assert_eq!(record.kernel.unwrap().drift, Some(0.0));
    assert!(record.layers.iter().all(|layer| layer.weight_change == Some(0.0)));
    assert!(trainer.network() != initial);
}
