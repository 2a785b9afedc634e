//! Why a network cannot be trained.

use crate::network::NetworkError;

/// Why a network cannot be trained, or what was asked cannot be recorded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The network cannot be evaluated.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A list that does not fill its matrix.
    #[error("{what} must be {rows} rows of {cols} numbers, got {got} numbers")]
    Length {
        /// Which quantity.
        what: &'static str,
        /// Rows expected.
        rows: usize,
        /// Columns expected.
        cols: usize,
        /// Numbers given.
        got: usize,
    },
    /// Data without rows or columns.
    #[error("data needs at least one row and one column, got {rows} rows of {cols} {what}")]
    Empty {
        /// Which columns.
        what: &'static str,
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
    },
    /// A number of the data that is NaN or infinite.
    #[error("every one of the {what} must be finite, got {got} in row {row} (counted from 0)")]
    NotFinite {
        /// Which quantity.
        what: &'static str,
        /// Which row.
        row: usize,
        /// Its value.
        got: f64,
    },
    /// A class that has no output.
    #[error("classes must be below {classes}, got {got} in row {row} (counted from 0)")]
    Class {
        /// Which row.
        row: usize,
        /// Number of classes that the outputs can tell apart.
        classes: usize,
        /// The class given.
        got: usize,
    },
    /// Data for a network of another shape.
    #[error("the network has {expected} {what}, but the {data} have {got}")]
    Shape {
        /// Inputs or outputs.
        what: &'static str,
        /// Of the network.
        expected: usize,
        /// Which data.
        data: &'static str,
        /// Of the data.
        got: usize,
    },
    /// Cross-entropy of something else than probabilities.
    #[error(
        "cross-entropy needs targets that are at least 0 with sum 1 in each row, got {got} with sum {sum} in row {row}"
    )]
    NotProbabilities {
        /// Which row, counted from 0.
        row: usize,
        /// Its smallest entry.
        got: f64,
        /// Its sum.
        sum: f64,
    },
    /// Cross-entropy of a single output, which is always 0.
    #[error("cross-entropy needs at least 2 outputs, got {got}")]
    OneOutput {
        /// Outputs.
        got: usize,
    },
    /// A number out of its range.
    #[error("{name} must be {allowed}, got {got}")]
    OutOfRange {
        /// Which quantity.
        name: &'static str,
        /// What is allowed.
        allowed: &'static str,
        /// What was given.
        got: f64,
    },
    /// A batch that is empty or larger than the data.
    #[error("a batch must have between 1 and {rows} inputs (the training data), got {got}")]
    Batch {
        /// Training inputs.
        rows: usize,
        /// Inputs of a batch.
        got: usize,
    },
    /// A probe that is larger than the data.
    #[error("the probe must have between 1 and {rows} inputs (the training data), got {got}")]
    Probe {
        /// Training inputs.
        rows: usize,
        /// Inputs asked for.
        got: usize,
    },
    /// Training that would never stop.
    #[error("training needs a number of steps or a time to stop at, got neither")]
    NoEnd,
    /// More steps than can be counted.
    #[error(
        "time {time} at learning rate {learning_rate} is {steps:e} steps, more than the {most:e} that can be counted"
    )]
    TooManySteps {
        /// Time asked for.
        time: f64,
        /// η.
        learning_rate: f64,
        /// Steps.
        steps: f64,
        /// Most steps.
        most: f64,
    },
    /// A relative rate of a network whose outputs do not depend on its parameters.
    #[error(
        "the NTK on the training data is 0, so a learning rate cannot be a fraction of 2/λ_max: give it as a number"
    )]
    NoKernel,
    /// A kernel whose eigenvalues or norms are out of range.
    #[error("the NTK on the probe at step {step} is {problem}")]
    Kernel {
        /// When.
        step: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A state that belongs to another training.
    #[error("the saved state has {got} {what}, but this training has {expected}")]
    State {
        /// Which quantity.
        what: &'static str,
        /// Of this training.
        expected: u64,
        /// Of the state.
        got: u64,
    },
}
