//! Why there is no answer about depth.

use crate::analysis::PhaseError;
use crate::infinite::matrix::MatrixError;
use crate::infinite::{InputError, KernelError};
use crate::predict::PredictError;
use crate::spec::{ArchitectureError, CompositionError};

/// Why nothing can be said about the depth of a network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DepthError {
    /// A description that is no network.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// A scaling of branches out of range.
    #[error(transparent)]
    Composition(#[from] CompositionError),
    /// Variances out of range, or an activation that jumps.
    #[error(transparent)]
    Phase(#[from] PhaseError),
    /// The kernel does not exist.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The kernel matrix of a convolutional network does not exist.
    #[error(transparent)]
    Matrix(MatrixError),
    /// The predictor does not exist.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// An input that is no list of numbers.
    #[error("row {row}: {source}")]
    Input {
        /// Row of the data, counted from 0, training inputs first.
        row: usize,
        /// What is wrong.
        source: InputError,
    },
    /// A network whose layers differ.
    #[error("limits at great depth need one weight_var and one bias_var for all layers")]
    LayersDiffer,
    /// A network with another NTK.
    #[error(
        "limits at great depth are those of trained biases (or none) in the ntk parameterization, and this network has another"
    )]
    OtherNtk,
    /// A list of depths that is empty, not increasing, or out of range.
    #[error("depths must increase and lie between 1 and {most}, got {got:?}")]
    Depths {
        /// Largest depth allowed.
        most: usize,
        /// First depths given.
        got: Vec<usize>,
    },
    /// An accuracy out of range.
    #[error("epsilon must be positive and below 1, got {got}")]
    Epsilon {
        /// What was given.
        got: f64,
    },
    /// An input that is zero, or not a number.
    #[error("|x|²/n₀ of both inputs must be positive and finite, got {got}")]
    MeanSquare {
        /// What was given.
        got: f64,
    },
    /// A network of blocks that is no circular convolutional one.
    #[error(
        "limits at great depth of networks of blocks are those of convolutions of one window, stride 1 and circular padding, with one \
         activation, one weight_var and one bias_var, without pooling (in [cnn]: ending = \"none\"), and of their residual forms; not \
         of this network. On data, a [cnn] table of any padding and ending, or a [resnet] one, can vary in depth"
    )]
    NotCircular,
    /// An image whose size does not fit.
    #[error("{quantity} must be {allowed}, got {got}")]
    Image {
        /// Which quantity.
        quantity: &'static str,
        /// What is allowed.
        allowed: &'static str,
        /// What was given.
        got: usize,
    },
    /// Images so large that their places would take too long to follow.
    #[error(
        "every one of {places} places would be followed for {layers} layers, until all agree: places times layers must be at most \
         {most:e}; take smaller images"
    )]
    TooManyPlaces {
        /// Places of an image.
        places: usize,
        /// Layers that all of them are followed for.
        layers: usize,
        /// Most places times layers.
        most: f64,
    },
    /// Somebody asked for it to end.
    #[error("stopped before the last pair of inputs")]
    Stopped,
}

impl From<MatrixError> for DepthError {
    fn from(error: MatrixError) -> Self {
        match error {
            MatrixError::Kernel(error) => Self::Kernel(error),
            MatrixError::Input { row, source, .. } => Self::Input { row, source },
            MatrixError::Stopped => Self::Stopped,
            other => Self::Matrix(other),
        }
    }
}
