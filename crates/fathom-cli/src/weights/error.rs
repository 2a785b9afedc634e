//! Why arrays do not make a network.

use std::path::PathBuf;

use crate::data::{DataError, Names, Quoted, Shape};

/// Why a file of weights is not a fully connected network. Every message is one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WeightsError {
    #[error(transparent)]
    File(#[from] DataError),
    #[error("{}: {problem}", .path.display())]
    Network { path: PathBuf, problem: WeightsProblem },
}

/// What is wrong with the arrays.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum WeightsProblem {
    #[error("no weights of fully connected layers; the arrays are {names}")]
    NoLayers { names: Names },
    #[error(
        "only fully connected layers are supported, and these arrays are no weights or biases of such layers: {names}; \
         name the layers to be used with --layers"
    )]
    Unknown { names: Names },
    #[error("no layer {name}: expected one of {names}")]
    NoSuchLayer { name: Quoted, names: Names },
    #[error("layer {name} is named twice")]
    Twice { name: Quoted },
    #[error("weights must have two dimensions, got {name} of shape {shape}: only fully connected layers are supported")]
    NotAMatrix { name: Quoted, shape: Shape },
    #[error("biases must have one dimension, got {name} of shape {shape}")]
    NotAVector { name: Quoted, shape: Shape },
    #[error("every weight and bias must be finite, got {value} in {name}")]
    NotFinite { name: Quoted, value: f64 },
    #[error(
        "read as {orientation}, the layers do not follow one another: {name} has {got} inputs where {expected} are \
         expected (order: {order}); --layers gives another order, --orientation another orientation"
    )]
    Chain { orientation: &'static str, name: Quoted, expected: usize, got: usize, order: Names },
    #[error("{name} has {got} biases for {outputs} outputs")]
    BiasCount { name: Quoted, outputs: usize, got: usize },
    #[error("the shapes only fit matrices of orientation {fitting}, but the names say {named}: --orientation decides")]
    Contradiction { fitting: &'static str, named: &'static str },
    #[error("the orientation of the matrices is clear neither from names nor from shapes: give it with --orientation")]
    Unclear,
}
