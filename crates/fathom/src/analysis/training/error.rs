//! Why there is nothing to compare with.

use serde::{Serialize, Serializer};

use crate::moments::MomentsError;
use crate::moments::first_order::FirstOrderError;
use crate::network::NetworkError;
use crate::predict::PredictError;
use crate::sample::SampleError;
use crate::train::TrainError;

/// Why a training has no theory to be compared with, or an ensemble could not be trained.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// Not asked for.
    #[error("not asked for")]
    NotAskedFor,
    /// Adam.
    #[error(
        "steps of {optimizer} depend on the gradient of each parameter by itself, so that they have no course in the space of \
         functions"
    )]
    NoCourse {
        /// In words.
        optimizer: String,
    },
    /// Infinite width with another optimiser, loss or batch.
    #[error(
        "the infinitely wide network is known for gradient descent with full batches on the squared loss, not for {got}"
    )]
    NoInfiniteWidth {
        /// What differs.
        got: String,
    },
    /// More memory than there is.
    #[error("{what} of {rows} numbers each needs {needed} bytes of memory, allowed are {allowed}")]
    Memory {
        /// Which matrices.
        what: &'static str,
        /// Numbers along a side.
        rows: usize,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
    },
    /// A course that leaves the range of numbers.
    #[error("the linearised network diverges before step {step} at learning rate {learning_rate}")]
    Diverges {
        /// The first step asked for at which it has.
        step: u64,
        /// η.
        learning_rate: f64,
    },
    /// The theory of the first step covers other trainings.
    #[error("the change in the first step is known for {known}, not for {got}")]
    FirstStep {
        /// What is known.
        known: &'static str,
        /// What was given.
        got: String,
    },
    /// Steps that do not ascend.
    #[error("steps must ascend, got {got} after {before}")]
    Steps {
        /// The step given.
        got: u64,
        /// The one before it.
        before: u64,
    },
    /// Lists of different lengths.
    #[error("{what} must have {expected} entries, got {got}")]
    Length {
        /// Which list.
        what: &'static str,
        /// Entries expected.
        expected: usize,
        /// Entries given.
        got: usize,
    },
    /// An ensemble without members.
    #[error("an ensemble needs at least 1 network, got 0")]
    NoMembers,
    /// Members of an ensemble that stop at steps of their own.
    #[error("networks of an ensemble are compared at the same steps: training cannot stop at a loss")]
    OwnSteps,
    /// The network cannot be evaluated.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// It cannot be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// It cannot be drawn.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Infinitely wide networks cannot be predicted.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// The first step of relu networks.
    #[error(transparent)]
    Moments(#[from] MomentsError),
    /// The first step of smooth networks.
    #[error(transparent)]
    FirstOrder(#[from] FirstOrderError),
}

/// As its message.
impl Serialize for ComparisonError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
