//! Why nothing can be drawn.

use super::Method;
use crate::network::NetworkError;

/// Why networks cannot be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// There is nothing random about an infinitely wide network.
    #[error("sampling needs widths; the network has infinite width")]
    InfiniteWidth,
    /// A step has no derivative that gradient descent could use.
    #[error("{activation} has no NTK: its derivative is zero wherever it exists")]
    NoNtk {
        /// The activation.
        activation: String,
    },
    /// Inputs of the wrong shape.
    #[error("inputs must be rows of {expected} numbers, at least one, got {got} numbers")]
    InputShape {
        /// $n_0$.
        expected: usize,
        /// Numbers given.
        got: usize,
    },
    /// An input that is not a number.
    #[error("input {row} must be finite, got {got} in column {column}")]
    Input {
        /// Row, counted from 0.
        row: usize,
        /// Column, counted from 0.
        column: usize,
        /// The value.
        got: f64,
    },
    /// A method that cannot draw this network.
    #[error("the {method} sampler needs {needs}, got {got}")]
    Method {
        /// The method asked for.
        method: Method,
        /// What it needs.
        needs: &'static str,
        /// What the network has.
        got: String,
    },
    /// More memory than is allowed.
    #[error(
        "one draw by the {method} sampler needs {needed} bytes, allowed are {allowed}: use smaller widths, fewer inputs or another sampler"
    )]
    Memory {
        /// The method.
        method: Method,
        /// Bytes for one thread.
        needed: u64,
        /// Most bytes.
        allowed: u64,
    },
    /// A drawn network whose weights or signals are not finite numbers.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A signal left the range of `f64`.
    #[error(
        "the signals of a drawn network are not finite at layer {layer}: reduce the depth, weight_var or the inputs"
    )]
    Overflow {
        /// Weight layer, counted from 1.
        layer: usize,
    },
}
