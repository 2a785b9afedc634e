//! What is known of an observable of networks of blocks without a simulation.
//!
//! Channels of the outputs are independent at infinite width, and the kernel of each is the same. At finite width, that
//! outputs have mean zero is exact where they are sums with weights that nothing else has seen; that Θ between two channels
//! has mean zero, where all parameters into one of them may change sign alone. That is not so behind a shortcut without
//! weights, because the branch sees what the shortcut hands on.

use std::collections::HashMap;

use super::report::{Known, Source};
use crate::Scaled;
use crate::infinite::matrix::{KernelEngine, KernelKind, KernelScale, MatrixOptions};
use crate::infinite::{LocationKernels, location_kernels};
use crate::sample::{Entry, Observable};
use crate::spec::{Block, Composition};

/// Inputs up to which the kernels of infinite width are computed.
const MOST_INPUTS: usize = 64;
/// The same where all pairs of places are followed, and places of an image up to which they are.
const MOST_IMAGES: usize = 8;
const MOST_PLACES: usize = 1024;
/// Most bytes of images that are held for them.
const MEMORY: usize = 1 << 30;

/// Kernels of infinite width on the inputs, computed when they are asked for.
pub(super) struct BlocksTheory<'a> {
    network: &'a Composition,
    inputs: Vec<&'a [f64]>,
    outputs: usize,
    /// Σ and Θ of outputs that are one place, row after row.
    one_place: Option<[Vec<Scaled>; 2]>,
    /// Those of outputs at several places, for each pair of inputs.
    places: HashMap<(usize, usize), Option<LocationKernels>>,
    /// Whether outputs have mean zero exactly, and Θ between two channels.
    centred: bool,
    signs: bool,
}

impl<'a> BlocksTheory<'a> {
    pub(super) fn new(network: &'a Composition, inputs: &'a [f64]) -> Self {
        let rows: Vec<&[f64]> = inputs.chunks(network.features()).collect();
        let blocks = network.blocks();
        let one_place = (has_one_place(network) && rows.len() <= MOST_INPUTS).then(|| one_place(network, inputs));
        Self {
            network,
            inputs: rows,
            outputs: network.output().channels().unwrap_or(1) * network.output().locations(),
            one_place: one_place.flatten(),
            places: HashMap::new(),
            centred: is_centred(blocks, false),
            signs: may_change_sign(blocks),
        }
    }

    /// Σ (kind 0) or Θ (1) of two outputs at two inputs.
    fn value(&mut self, kind: usize, (a, b): (usize, usize), (c, d): (usize, usize)) -> Option<Scaled> {
        if has_one_place(self.network) {
            let kernels = self.one_place.as_ref()?;
            return Some(if c == d { kernels[kind][a * self.inputs.len() + b] } else { Scaled::ZERO });
        }
        let outputs = self.outputs;
        let kernels = self.at_places(a, b)?;
        let channels = outputs / kernels.places();
        let [i, j] = [c, d].map(|output| output / channels);
        match (c % channels == d % channels, kind) {
            (false, _) => Some(Scaled::ZERO),
            (true, 0) => kernels.nngp(i, j),
            (true, _) => kernels.ntk(i, j),
        }
    }

    fn at_places(&mut self, a: usize, b: usize) -> Option<&LocationKernels> {
        let (network, x, y) = (self.network, *self.inputs.get(a)?, *self.inputs.get(b)?);
        let possible = self.inputs.len() <= MOST_IMAGES && network.input().locations() <= MOST_PLACES;
        let compute = || possible.then(|| location_kernels(network, x, y).ok()).flatten();
        self.places.entry((a, b)).or_insert_with(compute).as_ref()
    }

    /// Whether two outputs are different channels.
    fn are_channels_apart(&mut self, (a, b): (usize, usize), (c, d): (usize, usize)) -> Option<bool> {
        let places = if has_one_place(self.network) { 1 } else { self.at_places(a, b)?.places() };
        let channels = self.outputs / places;
        Some(c % channels != d % channels)
    }

    /// What is known of an observable; nothing is no error.
    pub(super) fn of(&mut self, observable: Observable) -> Known {
        let mut known = Known::default();
        match observable {
            Observable::Ntk(Entry { inputs, outputs }) => {
                let exact = self.signs && self.are_channels_apart(inputs, outputs) == Some(true);
                let source = if exact { Source::Exact } else { Source::InfiniteWidth };
                known.mean.extend(self.value(1, inputs, outputs).map(|value| (source, value)));
            }
            Observable::Output { input, output } => {
                let variance = self.value(0, (input, input), (output, output));
                known.variance.extend(variance.map(|value| (Source::InfiniteWidth, value)));
                let source = if self.centred { Source::Exact } else { Source::InfiniteWidth };
                known.mean.extend(variance.map(|_| (source, Scaled::ZERO)));
            }
            Observable::Trace => {
                known.mean.extend(self.trace().map(|trace| (Source::InfiniteWidth, trace)));
            }
            _ => {}
        }
        known
    }

    fn trace(&mut self) -> Option<Scaled> {
        (0..self.inputs.len()).try_fold(Scaled::ZERO, |sum, a| {
            if has_one_place(self.network) {
                return Some(sum + self.value(1, (a, a), (0, 0))? * self.outputs as f64);
            }
            let kernels = self.at_places(a, a)?;
            let places = kernels.places();
            let own = (0..places).try_fold(Scaled::ZERO, |own, i| Some(own + kernels.ntk(i, i)?))?;
            Some(sum + own * (self.outputs / places) as f64)
        })
    }
}

/// Whether all outputs belong to one place: those of images that are only flattened at the end do not.
fn has_one_place(network: &Composition) -> bool {
    let last = network.blocks().iter().rfind(|block| !matches!(block, Block::LayerNorm | Block::Residual { .. }));
    network.output().space().is_empty() && !matches!(last, Some(Block::Flatten))
}

fn one_place(network: &Composition, inputs: &[f64]) -> Option<[Vec<Scaled>; 2]> {
    let options = MatrixOptions { kind: KernelKind::Both, scale: KernelScale::None, memory: MEMORY };
    let engine = KernelEngine::new(network, inputs, network.features(), None, &options).ok()?;
    let mut matrices = engine.matrices::<f64>().ok()?.into_iter().map(|matrix| {
        let exponent = matrix.exponent();
        matrix.into_values().into_iter().map(|x| Scaled::from(x).times_power_of_two(exponent)).collect()
    });
    Some([matrices.next()?, matrices.next()?])
}

/// Whether what comes out is a sum with weights of mean zero that nothing else has seen, if what goes in is or is not.
fn is_centred(blocks: &[Block], before: bool) -> bool {
    blocks.iter().fold(before, |centred, block| match block {
        Block::Dense { .. } | Block::Conv { .. } => true,
        Block::Activation { .. } | Block::LayerNorm => false,
        Block::Residual { branch, shortcut, .. } => is_centred(branch, centred) && is_centred(shortcut, centred),
        Block::AveragePool { .. } | Block::GlobalAveragePool | Block::Flatten => centred,
    })
}

/// Whether all parameters into one channel may change sign, which changes the sign of its outputs and nothing else.
fn may_change_sign(blocks: &[Block]) -> bool {
    blocks.iter().fold(false, |may, block| match block {
        Block::Dense { .. } | Block::Conv { .. } => true,
        Block::Activation { .. } => false,
        Block::Residual { branch, shortcut, .. } => may_change_sign(branch) && may_change_sign(shortcut),
        Block::LayerNorm | Block::AveragePool { .. } | Block::GlobalAveragePool | Block::Flatten => may,
    })
}
