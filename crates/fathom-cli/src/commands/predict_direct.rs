//! `fathom predict` with a factorization.

use fathom_ntk::infinite::matrix::{KernelKind, Watch};
use fathom_ntk::predict::{Covariance, Kernel, Kernels, Method, PredictOptions, Prediction, TestBlock, predict_owned};

use super::supervised::{Supervised, Task};
use crate::error::CommandError;
use crate::flags::AnyNetwork;
use crate::output::note;
use crate::runs::watched;

/// Where the numbers come from.
pub(super) struct Inputs<'a> {
    pub(super) network: &'a AnyNetwork,
    pub(super) train: &'a Supervised,
    pub(super) test: &'a Supervised,
    pub(super) task: &'a Task,
}

/// By a factorization in the memory of the kernel.
pub(super) fn direct(inputs: &Inputs<'_>, options: &PredictOptions) -> Result<Prediction, CommandError> {
    let Inputs { network, train, test, task } = inputs;
    let block = if options.covariance == Covariance::Full { TestBlock::Full } else { TestBlock::Diagonal };
    let kind = match (options.method, options.covariance) {
        (Method::Ntk, Covariance::None) => KernelKind::Ntk,
        (Method::Ntk, _) => KernelKind::Both,
        (Method::Nngp, _) => KernelKind::Nngp,
    };
    let features = train.inputs.cols;
    let row = |i: &usize| &train.inputs.values[i * features..(i + 1) * features];
    let distinct = task.distinct.representatives();
    let kept: Vec<f64> =
        if task.targets.repeated() == 0 { Vec::new() } else { distinct.iter().flat_map(row).copied().collect() };
    let rows = if kept.is_empty() { &train.inputs.values } else { &kept };
    let compute = |watch: &Watch| Kernels::compute(*network, rows, &test.inputs.values, features, kind, block, watch);
    let kernels = watched("inputs, then tiles of the kernel", compute)??;
    for (name, kernel) in [("NNGP", &kernels.nngp), ("NTK", &kernels.ntk)] {
        if kernel.as_ref().is_some_and(Kernel::is_narrow) {
            note(&format!(
                "the {name} is nearly constant, and its gaps are not known (too many inputs, or images): digits are lost where \
                 the ridge is small"
            ));
        }
    }
    Ok(predict_owned(kernels.ntk, kernels.nngp, &task.targets, options)?)
}
