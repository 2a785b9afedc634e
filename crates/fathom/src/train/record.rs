//! What is recorded of a network along training.

use serde::{Deserialize, Serialize};

use super::classes::decided;
use super::kernel_record::Comparison;
use super::movement::{movement, signs};
use super::{Examples, KernelRecord, LayerRecord, Loss, TrainError};
use crate::network::{KernelOptions, Network, NetworkError};

/// How well a network does on some data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The mean of ℓ over inputs.
    pub loss: f64,
    /// Share of the inputs whose class it decides for, if classes are known.
    pub accuracy: Option<f64>,
}

/// A network after some steps, in double precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Steps taken.
    pub step: u64,
    /// $t = \eta \cdot$ steps.
    pub time: f64,
    /// On the training data.
    pub train: Fit,
    /// On the test data.
    pub test: Option<Fit>,
    /// The NTK on the probe.
    pub kernel: Option<KernelRecord>,
    /// The weight layers, first to last.
    pub layers: Vec<LayerRecord>,
}

/// What a network says of all data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outputs {
    /// On the training inputs, one input a row.
    pub train: Vec<f64>,
    /// On the test inputs; empty without any.
    pub test: Vec<f64>,
}

/// A record, what the network says, and the kernel itself if it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The numbers.
    pub record: Record,
    /// $f$.
    pub outputs: Outputs,
    /// Θ on the probe, row after row, the mean over outputs.
    pub kernel: Option<Vec<f64>>,
}

/// The inputs on which the NTK is recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probe {
    /// So many inputs: the first of the training data.
    pub rows: usize,
    /// A kernel on these inputs, row after row, that alignment is measured with: that of infinite width.
    pub reference: Option<Vec<f64>>,
    /// Whether the kernels themselves are kept.
    pub keep: bool,
}

/// Inputs that go through the network together.
const CHUNK: usize = 1024;

/// Looks at a network along its training.
///
/// # Example
/// A network that has not moved has no drift:
/// ```
/// use fathom_ntk::network::{GradientScale, Layer, Network};
/// use fathom_ntk::train::{Examples, Loss, Probe, Recorder};
/// let layer = Layer::new(1, 1, vec![1.0], None, GradientScale::STANDARD)?;
/// let network = Network::new(fathom_ntk::activation::Activation::relu(), vec![layer])?;
/// let examples = Examples::new(vec![1.0, 2.0], 1, vec![0.0, 0.0], 1)?;
/// let probe = Probe { rows: 2, ..Default::default() };
/// let recorder = Recorder::new(&network, &examples, None, Loss::Squared, Some(probe))?;
/// let record = recorder.record(&network, 0, 0.0)?.record;
/// assert_eq!(record.train.loss, 1.25); // (1/2 + 4/2)/2
/// assert_eq!(record.kernel.and_then(|kernel| kernel.drift), Some(0.0));
/// # Ok::<(), fathom_ntk::train::TrainError>(())
/// ```
pub struct Recorder<'x> {
    initial: Network,
    train: &'x Examples,
    test: Option<&'x Examples>,
    loss: Loss,
    probe: Option<Look>,
}

/// The probe as it was at first.
struct Look {
    inputs: Vec<f64>,
    keep: bool,
    signs: Vec<Vec<bool>>,
    comparison: Comparison,
}

impl<'x> Recorder<'x> {
    /// Looks at the initial network.
    ///
    /// # Arguments
    /// * `initial`: the network at step 0; in single precision, that of [`Trainer::network`](super::Trainer::network).
    /// * `train`, `test`: data on which loss and accuracy are recorded.
    ///
    /// # Errors
    /// [`TrainError`] for data that does not fit the network, a probe that is empty or larger than the training data, a
    /// reference of another size, and overflow.
    pub fn new(
        initial: &Network,
        train: &'x Examples,
        test: Option<&'x Examples>,
        loss: Loss,
        probe: Option<Probe>,
    ) -> Result<Self, TrainError> {
        train.check_fit("training data", &initial.widths())?;
        if let Some(test) = test {
            test.check_fit("test data", &initial.widths())?;
            loss.check(test)?;
        }
        let probe = probe.map(|probe| Look::new(initial, train, probe)).transpose()?;
        Ok(Self { initial: initial.clone(), train, test, loss, probe })
    }

    /// The record of a network after some steps.
    ///
    /// # Errors
    /// [`TrainError::Network`] if a pass overflows, [`TrainError::Kernel`] if the NTK has no eigenvalues.
    ///
    /// # Accuracy and cost
    /// Double precision throughout. Forward passes of all data, [`Network::empirical_ntk`] of the probe, and its
    /// eigenvalues, of order $m^3$.
    pub fn record(&self, network: &Network, step: u64, time: f64) -> Result<Snapshot, TrainError> {
        let (train, train_outputs) = fit(network, self.train, self.loss)?;
        let (test, test_outputs) = self.test.map(|test| fit(network, test, self.loss)).transpose()?.unzip();
        let (mut kernel_record, mut kept, mut patterns, mut initial_patterns) = (None, None, Vec::new(), &Vec::new());
        if let Some(probe) = &self.probe {
            let kernel = mean_ntk(network, &probe.inputs)?;
            kernel_record = Some(probe.comparison.record(&kernel, step)?);
            kept = probe.keep.then_some(kernel);
            patterns = signs(&network.forward(&probe.inputs)?, network.depth());
            initial_patterns = &probe.signs;
        }
        let layers = movement(&self.initial, network, initial_patterns, &patterns);
        let outputs = Outputs { train: train_outputs, test: test_outputs.unwrap_or_default() };
        let record = Record { step, time, train, test, kernel: kernel_record, layers };
        Ok(Snapshot { record, outputs, kernel: kept })
    }
}

impl Look {
    fn new(initial: &Network, train: &Examples, probe: Probe) -> Result<Self, TrainError> {
        let Probe { rows, reference, keep } = probe;
        if !(1..=train.rows()).contains(&rows) {
            return Err(TrainError::Probe { rows: train.rows(), got: rows });
        }
        if let Some(got) = reference.as_ref().map(Vec::len).filter(|got| Some(*got) != rows.checked_mul(rows)) {
            return Err(TrainError::Length { what: "the kernel to compare with", rows, cols: rows, got });
        }
        let inputs = train.inputs()[..rows * train.features()].to_vec();
        let kernel = mean_ntk(initial, &inputs)?;
        let targets = &train.targets()[..rows * train.outputs()];
        let classes = train.classes().map(|classes| classes[..rows].to_vec());
        let comparison = Comparison::new(kernel, reference, targets, train.outputs(), classes);
        let signs = signs(&initial.forward(&inputs)?, initial.depth());
        Ok(Self { inputs, keep, signs, comparison })
    }
}

/// $\frac1C \sum_a \Theta_{aa}$.
fn mean_ntk(network: &Network, inputs: &[f64]) -> Result<Vec<f64>, NetworkError> {
    let kernel = network.empirical_ntk(inputs, &KernelOptions::default())?;
    let mut matrix = kernel.into_matrices().swap_remove(0);
    let outputs = network.outputs() as f64;
    matrix.iter_mut().for_each(|entry| *entry /= outputs);
    Ok(matrix)
}

fn fit(network: &Network, examples: &Examples, loss: Loss) -> Result<(Fit, Vec<f64>), TrainError> {
    let (features, outputs) = (examples.features(), examples.outputs());
    let (mut sum, mut right) = (0.0, 0_u64);
    let mut all = Vec::with_capacity(examples.targets().len());
    for (chunk, inputs) in examples.inputs().chunks(CHUNK * features).enumerate() {
        let forward = network.forward(inputs)?;
        for (i, f) in (chunk * CHUNK..).zip(forward.outputs().chunks_exact(outputs)) {
            sum += loss.of(f, &examples.targets()[i * outputs..][..outputs]);
            let class = examples.classes().map(|classes| classes[i]);
            right += u64::from(class.is_some() && class == decided(f));
        }
        all.extend_from_slice(forward.outputs());
    }
    if !sum.is_finite() {
        let depth = network.depth();
        return Err(NetworkError::ForwardOverflow { layer: depth, depth }.into());
    }
    let rows = examples.rows() as f64;
    Ok((Fit { loss: sum / rows, accuracy: examples.classes().map(|_| right as f64 / rows) }, all))
}
