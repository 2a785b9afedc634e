//! Why a study has no result.

use crate::activation::ActivationError;
use crate::analysis::depth::DepthError;
use crate::analysis::sweep::SweepError;
use crate::analysis::training::{ComparisonError, InitialError};
use crate::analysis::{EocError, PhaseError};
use crate::infinite::InputError;
use crate::infinite::matrix::MatrixError;
use crate::moments::MomentsError;
use crate::network::NetworkError;
use crate::predict::PredictError;
use crate::sample::{ObservableError, RunError, SampleError};
use crate::spec::{ArchitectureError, CompositionError, WidthsError};
use crate::train::TrainError;

/// Why a study has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// A study that there is not.
    #[error("there is no study {name:?}: there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names of all.
        known: String,
    },
    /// Data that do not fit together, or too few.
    #[error("{what} must be {needed}, got {got}")]
    Data {
        /// Which.
        what: String,
        /// What is needed.
        needed: String,
        /// What was given.
        got: String,
    },
    /// The file of claims is not what it should be.
    #[error("claims: {message}")]
    Claims {
        /// What is wrong, with the line.
        message: String,
    },
    /// A table or a column that a study does not have.
    #[error("there is no {what} {name:?}")]
    Missing {
        /// A table, a column or a quantity.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A row that does not fit its table.
    #[error("table {table} has {expected} columns, got a row of {got}")]
    Row {
        /// The table.
        table: String,
        /// Columns of the table.
        expected: usize,
        /// Numbers in the row.
        got: usize,
    },
    /// A number that could not be measured.
    #[error("{what} could not be measured: {reason}")]
    Unmeasured {
        /// Which number.
        what: String,
        /// Why.
        reason: String,
    },
    /// A network is not valid.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// An activation is not known.
    #[error(transparent)]
    Activation(#[from] ActivationError),
    /// A pair of inputs is not valid.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A list of widths is not valid.
    #[error(transparent)]
    Widths(#[from] WidthsError),
    /// A network of blocks is not valid.
    #[error(transparent)]
    Composition(#[from] CompositionError),
    /// A sweep is not valid.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// It cannot be drawn.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// It cannot be recorded.
    #[error(transparent)]
    Observable(#[from] ObservableError),
    /// A run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Its moments are not defined.
    #[error(transparent)]
    Moments(#[from] MomentsError),
    /// It cannot be evaluated.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Its kernel cannot be computed.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// It cannot be predicted.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// It has no phase.
    #[error(transparent)]
    Phase(#[from] PhaseError),
    /// The edge of chaos was not found.
    #[error(transparent)]
    EdgeOfChaos(#[from] EocError),
    /// What depth does is not known.
    #[error(transparent)]
    Depth(#[from] DepthError),
    /// It cannot be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Its training cannot be begun.
    #[error(transparent)]
    Initial(#[from] InitialError),
    /// Its training cannot be compared.
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
}
