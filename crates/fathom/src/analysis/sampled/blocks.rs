//! What is known of an observable of networks of blocks without a simulation.

use super::report::{Known, Source};
use crate::Scaled;
use crate::infinite::matrix::{KernelEngine, KernelKind, KernelScale, MatrixOptions};
use crate::sample::{Entry, Observable};
use crate::spec::{Block, Composition};

/// Inputs up to which the kernels of infinite width are computed.
const MOST_INPUTS: usize = 64;

/// Kernels of infinite width on the inputs: those of the outputs are independent where these are a list of numbers, each a
/// sum with weights of its own.
pub(super) struct BlocksTheory {
    inputs: usize,
    outputs: usize,
    /// Σ and Θ, row after row; `None` where they are not known.
    kernels: Option<[Vec<Scaled>; 2]>,
}

impl BlocksTheory {
    pub(super) fn new(network: &Composition, inputs: &[f64]) -> Self {
        let features = network.features();
        let count = inputs.len() / features;
        let independent = matches!(network.blocks().last(), Some(Block::Dense { .. } | Block::Conv { .. }));
        let list = network.output().space().is_empty();
        let options = MatrixOptions { kind: KernelKind::Both, scale: KernelScale::None, memory: usize::MAX };
        let compute = || {
            let engine = KernelEngine::new(network, inputs, features, None, &options).ok()?;
            let mut matrices = engine.matrices::<f64>().ok()?.into_iter().map(|matrix| {
                let exponent = matrix.exponent();
                matrix.into_values().into_iter().map(|x| Scaled::from(x).times_power_of_two(exponent)).collect()
            });
            Some([matrices.next()?, matrices.next()?])
        };
        let kernels = if independent && list && count <= MOST_INPUTS { compute() } else { None };
        let outputs = network.output().channels().unwrap_or(1);
        Self { inputs: count, outputs, kernels }
    }

    fn value(&self, kind: usize, a: usize, b: usize) -> Option<Scaled> {
        self.kernels.as_ref().map(|kernels| kernels[kind][a * self.inputs + b])
    }

    /// What is known of an observable; nothing is no error.
    pub(super) fn of(&self, observable: Observable) -> Known {
        let mut known = Known::default();
        let infinite = |value: Option<Scaled>| value.map(|value| (Source::InfiniteWidth, value));
        match observable {
            Observable::Ntk(Entry { inputs: (a, b), outputs: (c, d) }) if c == d => {
                known.mean.extend(infinite(self.value(1, a, b)));
            }
            // The parameters into an output may change sign alone.
            Observable::Ntk(_) if self.kernels.is_some() => known.mean.push((Source::Exact, Scaled::ZERO)),
            Observable::Output { input, .. } if self.kernels.is_some() => {
                known.mean.push((Source::Exact, Scaled::ZERO));
                known.variance.extend(infinite(self.value(0, input, input)));
            }
            Observable::Trace => {
                let sum = (0..self.inputs).try_fold(Scaled::ZERO, |sum, a| Some(sum + self.value(1, a, a)?));
                known.mean.extend(infinite(sum.map(|sum| sum * self.outputs as f64)));
            }
            _ => {}
        }
        known
    }
}
