//! Why there is no prediction.

use crate::infinite::GramError;
use crate::infinite::matrix::MatrixError;

/// Why infinitely wide networks could not be predicted or compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// Nothing to learn from.
    #[error("at least one training input is needed")]
    NoInputs,
    /// Two quantities that must be of the same size.
    #[error("{name} must have {expected} values, got {got}")]
    Length {
        /// Which quantity.
        name: &'static str,
        /// How many values it must have.
        expected: usize,
        /// How many it has.
        got: usize,
    },
    /// NaN or infinity.
    #[error("{name} must be finite, got {got} at position {position} (counted from 0)")]
    NotFinite {
        /// Which quantity.
        name: &'static str,
        /// Where in it.
        position: usize,
        /// The value.
        got: f64,
    },
    /// A number out of range.
    #[error("{name} must be {allowed}, got {got}")]
    OutOfRange {
        /// Which quantity.
        name: &'static str,
        /// What is allowed.
        allowed: &'static str,
        /// The value.
        got: f64,
    },
    /// A kernel that is zero everywhere teaches nothing.
    #[error("the kernel of the training inputs is zero")]
    ZeroKernel,
    /// The training kernel cannot be inverted.
    #[error(
        "the kernel of the training inputs is singular to rounding (input {row}, counted from 0): \
         inputs repeat or are parallel, or the network forgets them; add a ridge, or stop training at a finite time"
    )]
    Singular {
        /// The first input that adds nothing to those before it.
        row: usize,
    },
    /// The eigenvalue iteration failed.
    #[error("the eigenvalues of the kernel matrix could not be computed")]
    Eigenvalues,
    /// Gradient descent with too large a step.
    #[error("gradient descent diverges: the learning rate {learning_rate} is above the largest stable one, {largest}")]
    Diverges {
        /// The learning rate given.
        learning_rate: f64,
        /// $2/\lambda_{max}$.
        largest: f64,
    },
    /// Needed for a covariance.
    #[error("the covariance over initialisations needs the {needed}")]
    Missing {
        /// What is missing.
        needed: &'static str,
    },
    /// More memory than allowed.
    #[error(
        "about {needed} bytes of memory are needed, {allowed} are allowed: use fewer inputs, ask for the mean or the \
         diagonal of the covariance only, or solve iteratively with conjugate gradients"
    )]
    Memory {
        /// Estimate of what is needed.
        needed: u64,
        /// The limit given.
        allowed: u64,
    },
    /// Conjugate gradients gave up.
    #[error("conjugate gradients stopped after {iterations} steps at a relative residual of {residual:e}")]
    NotConverged {
        /// Steps taken.
        iterations: usize,
        /// Largest true residual over the right-hand sides.
        residual: f64,
    },
    /// The kernel matrix.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// The kernel of single pairs.
    #[error(transparent)]
    Gram(#[from] GramError),
    /// A kernel whose entries are no ordinary numbers.
    #[error("the kernel is beyond the range of double precision")]
    BeyondRange,
    /// A kernel that comes from outside.
    #[error("the kernel cannot be read: {reason}")]
    Unreadable {
        /// Why not.
        reason: String,
    },
    /// A matrix that is not positive definite.
    #[error("the kernel is not positive definite: a direction has the square {curvature}; add a ridge")]
    Indefinite {
        /// $p^\top (K + \rho) p$.
        curvature: f64,
    },
}

/// The position of the first value that is not finite.
pub(super) fn check_finite(name: &'static str, values: &[f64]) -> Result<(), PredictError> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(position) => Err(PredictError::NotFinite { name, position, got: values[position] }),
        None => Ok(()),
    }
}

/// Whether a list has the length it must have.
pub(super) fn check_length(name: &'static str, expected: usize, got: usize) -> Result<(), PredictError> {
    if expected == got { Ok(()) } else { Err(PredictError::Length { name, expected, got }) }
}
