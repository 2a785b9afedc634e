//! Networks of blocks, drawn with every weight.

use super::{Draw, Method, Observable, SampleError};
use crate::network::{ComposedCost, ComposedNetwork};
use crate::spec::Composition;

/// Networks of blocks on given inputs.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    pub(super) composition: Composition,
    /// The first so many outputs are observed.
    pub(super) outputs: usize,
    pub(super) cost: ComposedCost,
}

impl Blocks {
    /// # Errors
    /// [`SampleError`] for missing widths, functions without derivative, unusable inputs, and networks that need more than
    /// `most` bytes a thread.
    pub(super) fn new(
        composition: &Composition,
        inputs: &[f64],
        observables: &[Observable],
        most: u64,
    ) -> Result<Self, SampleError> {
        let features = composition.features();
        if inputs.is_empty() || !inputs.len().is_multiple_of(features) {
            return Err(SampleError::InputShape { expected: features, got: inputs.len() });
        }
        if let Some(i) = inputs.iter().position(|x| !x.is_finite()) {
            return Err(SampleError::Input { row: i / features, column: i % features, got: inputs[i] });
        }
        let all = ComposedNetwork::cost(composition, inputs.len() / features, usize::MAX)?;
        let outputs = if observables.iter().all(Observable::sees_first_output_alone) { 1 } else { all.outputs };
        let mut cost = ComposedNetwork::cost(composition, inputs.len() / features, outputs)?;
        if observables.iter().any(|observable| matches!(observable, Observable::Update(..))) {
            // The network after the step is there beside the first, and all outputs of both are followed back.
            cost.bytes = cost.bytes.saturating_add(all.bytes);
        }
        if cost.bytes > most {
            return Err(SampleError::Memory { method: Method::Direct, needed: cost.bytes, allowed: most });
        }
        Ok(Self { composition: composition.clone(), outputs, cost })
    }

    /// Draws one network.
    pub(super) fn draw(&self, inputs: &[f64], seed: u64, index: u64, draw: &mut Draw) -> Result<(), SampleError> {
        let network = ComposedNetwork::draw(&self.composition, seed, index)?;
        let found = network.evaluate(inputs, self.outputs)?;
        draw.set_all(inputs.len() / self.composition.features(), self.outputs, &found);
        Ok(())
    }
}
