//! Why a kernel matrix could not be computed.

use crate::infinite::{InputError, KernelError};

/// Why a kernel matrix could not be computed. Rows are counted from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MatrixError {
    /// No inputs, or values that are not rows of so many features.
    #[error("inputs must be rows of {features} features (at least one of each), got {got} values")]
    Shape {
        /// Features of each row.
        features: usize,
        /// How many values were given.
        got: usize,
    },
    /// Inputs of another width than the network.
    #[error("the network has {network} inputs, but the data has {data} features")]
    Features {
        /// Inputs of the network.
        network: usize,
        /// Features of the data.
        data: usize,
    },
    /// An input that cannot be used.
    #[error("row {row} of the {} inputs: {source}", if *second { "second" } else { "first" })]
    Input {
        /// Whether it is one of the second inputs.
        second: bool,
        /// Which row.
        row: usize,
        /// What is wrong.
        source: InputError,
    },
    /// The kernel does not exist.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// A kernel that vanishes on the diagonal has no cosine.
    #[error(
        "row {row} of the {} inputs has a kernel of zero with itself, so its cosines are undefined: it is a zero vector in a \
         network without bias",
        if *second { "second" } else { "first" }
    )]
    ZeroDiagonal {
        /// Whether it is one of the second inputs.
        second: bool,
        /// Which row.
        row: usize,
    },
    /// Entries that no common power of two brings into the range of the numbers used.
    #[error("the kernel of rows {row} and {col} is not a finite number")]
    NotFinite {
        /// Row of the matrix.
        row: usize,
        /// Column of the matrix.
        col: usize,
    },
    /// The memory allowed does not suffice.
    #[error(
        "a kernel of {rows} × {cols} entries needs {needed} bytes, but {allowed} are allowed: use single precision, write \
         it to a file in bands, or use fewer inputs"
    )]
    Memory {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        cols: usize,
        /// Bytes needed.
        needed: usize,
        /// Bytes allowed.
        allowed: usize,
    },
    /// The memory that is allowed, or that there is, does not suffice for the pairs of places of two images.
    #[error(
        "the pairs of places that pooling needs take {needed} bytes, more than there are or are allowed: make images smaller \
         before they are pooled, by strides or a pool of its own, flatten instead of pooling, or use fewer threads"
    )]
    PairsOfPlaces {
        /// Bytes needed by all threads.
        needed: usize,
    },
    /// A band that the matrix does not have.
    #[error("the matrix has {bands} bands, got band {band} (counted from 0)")]
    NoBand {
        /// Bands of the matrix.
        bands: usize,
        /// The band asked for.
        band: usize,
    },
    /// The computation was stopped from outside, see [`Watch::stop`](super::Watch::stop).
    #[error("the computation of the kernel was stopped")]
    Stopped,
}
