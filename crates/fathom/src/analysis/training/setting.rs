//! What was trained on what.

use crate::train::{Examples, TrainOptions};

/// Data and options of a training, with its learning rate as a number.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The training data.
    pub train: &'a Examples,
    /// The test data.
    pub test: Option<&'a Examples>,
    /// How it is trained; the learning rate is the one below.
    pub options: &'a TrainOptions,
    /// η.
    pub learning_rate: f64,
}

impl Setting<'_> {
    /// Numbers that the network says of the training data and of the test data.
    pub(super) fn sizes(&self) -> [usize; 2] {
        [self.train.targets().len(), self.test.map_or(0, |test| test.targets().len())]
    }

    /// Whether all inputs are in every step.
    pub(super) fn has_full_batches(&self) -> bool {
        self.options.batch.is_none_or(|size| size >= self.train.rows())
    }
}
