//! Why there is no verdict.

use crate::analysis::PhaseError;
use crate::infinite::matrix::MatrixError;
use crate::infinite::{GramError, InputError, KernelError};
use crate::moments::MomentsError;
use crate::spec::ArchitectureError;

/// Why there is no verdict on a network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerdictError {
    /// Thresholds in the wrong order.
    #[error("the thresholds of {name} must be positive and in order, got within {within} and outside {outside}")]
    Threshold {
        /// Which question.
        name: &'static str,
        /// Largest value that is fine.
        within: f64,
        /// Smallest value that is bad.
        outside: f64,
    },
    /// An option that must be positive.
    #[error("{name} must be positive and finite, got {got}")]
    NotPositive {
        /// Which option.
        name: &'static str,
        /// The value given.
        got: f64,
    },
    /// A target that is not a number.
    #[error("the target must be finite, got {got}")]
    Target {
        /// The value given.
        got: f64,
    },
    /// Too few rows to form a kernel.
    #[error("the kernel needs a sample of at least 2 rows, got {got}")]
    Sample {
        /// The value given.
        got: usize,
    },
    /// No rows.
    #[error("the data has no rows")]
    NoRows,
    /// Values that do not fill whole rows.
    #[error("{values} values do not fill whole rows of {features} features")]
    Ragged {
        /// How many values there are.
        values: usize,
        /// Features of a row.
        features: usize,
    },
    /// A value that is not a number.
    #[error("row {row} has {got} at position {position}, every feature must be finite (counted from 0)")]
    NotFinite {
        /// Which row.
        row: usize,
        /// Which feature.
        position: usize,
        /// Its value.
        got: f64,
    },
    /// Data that does not fit the input layer.
    #[error("the data has {features} features, but the network has {inputs} inputs")]
    Features {
        /// Columns of the data.
        features: usize,
        /// $n_0$.
        inputs: usize,
    },
    /// A typical squared norm out of range.
    #[error("the squared norm |x|² of the input must be positive and finite, got {got}")]
    SquaredNorm {
        /// The value given.
        got: f64,
    },
    /// Nothing to look at.
    #[error(
        "every row of the data is zero and no layer has random biases: the output and its NTK do not depend on the input"
    )]
    AllZero,
    /// The phase.
    #[error(transparent)]
    Phase(#[from] PhaseError),
    /// The kernel of one pair.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The inputs.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The kernel on the data.
    #[error(transparent)]
    Gram(#[from] GramError),
    /// The kernel of a network of blocks.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// Moments at finite width.
    #[error(transparent)]
    Moments(#[from] MomentsError),
    /// A network derived from the one given.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
}
