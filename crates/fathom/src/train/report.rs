//! A training and its records, as one result.

use serde::Serialize;

use super::{Ending, Record, TrainOptions, Trainer};
use crate::spec::Architecture;

/// A training and what was recorded of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainReport {
    /// The network that was drawn.
    pub architecture: Architecture,
    /// How it was trained.
    pub options: TrainOptions,
    /// η.
    pub learning_rate: f64,
    /// $\lambda_{\max}(\Theta_0)$ on the training data, if the rate is relative to it.
    pub largest_eigenvalue: Option<f64>,
    /// Training inputs.
    pub training_inputs: usize,
    /// Test inputs.
    pub test_inputs: usize,
    /// Inputs on which the NTK was recorded; 0 for none.
    pub probe_inputs: usize,
    /// Why it ended.
    pub ending: Ending,
    /// The records by their steps; at least that of step 0, unless the initial network overflows.
    pub records: Vec<Record>,
}

impl TrainReport {
    /// Of a trainer that has ended.
    pub fn new(
        architecture: &Architecture,
        trainer: &Trainer<'_>,
        [training_inputs, test_inputs, probe_inputs]: [usize; 3],
        ending: Ending,
        records: Vec<Record>,
    ) -> Self {
        Self {
            architecture: architecture.clone(),
            options: trainer.options().clone(),
            learning_rate: trainer.learning_rate(),
            largest_eigenvalue: trainer.largest_eigenvalue(),
            training_inputs,
            test_inputs,
            probe_inputs,
            ending,
            records,
        }
    }
}
