//! Why there is no grid.

use super::Key;
use crate::spec::ArchitectureError;

/// Why a description is not a grid of networks.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// A key that networks do not have.
    #[error("{place} has no key {got}: allowed are {allowed}")]
    UnknownKey {
        /// Where it stands.
        place: &'static str,
        /// The key.
        got: String,
        /// All keys.
        allowed: String,
    },
    /// A value that its key does not take.
    #[error("{key}: {reason}")]
    Value {
        /// Of which key.
        key: Key,
        /// What is wrong with it.
        reason: String,
    },
    /// An axis without values.
    #[error("{key} needs at least one value, got none")]
    NoValues {
        /// Of which key.
        key: Key,
    },
    /// The same value twice.
    #[error("{key} takes the value {value} twice")]
    Twice {
        /// Of which key.
        key: Key,
        /// The value.
        value: String,
    },
    /// Two axes of one key.
    #[error("{key} is an axis of the grid twice")]
    TwoAxes {
        /// Of which key.
        key: Key,
    },
    /// A range that is not one.
    #[error("the range of {key} {problem}")]
    Range {
        /// Of which key.
        key: Key,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// More cells than can be handled.
    #[error("a grid may have at most {most} cells, got {got}")]
    TooManyCells {
        /// Most cells.
        most: usize,
        /// Cells described.
        got: u128,
    },
    /// Keys that contradict each other.
    #[error("{key} describes the shape of the network as {other} does: give one of them")]
    Contradiction {
        /// One key.
        key: Key,
        /// Another.
        other: Key,
    },
    /// Nothing says how deep the network is, or how many inputs or outputs it has.
    #[error("the network or the grid needs {key}")]
    Missing {
        /// What is missing.
        key: Key,
    },
    /// A ratio that leaves no layer or no neuron.
    #[error("ratio (depth over width) {ratio} with {key} {value} gives no network: the nearest {missing} is 0")]
    Ratio {
        /// L/n.
        ratio: f64,
        /// What was given beside it.
        key: Key,
        /// Its value.
        value: usize,
        /// What the ratio decides.
        missing: Key,
    },
    /// A cell whose values describe no network.
    #[error("cell {cell} ({settings}): {source}")]
    Cell {
        /// Counted from 0.
        cell: usize,
        /// Its values.
        settings: String,
        /// What is wrong.
        source: Box<SweepError>,
    },
    /// Values that describe no network.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// Not a TOML document of a sweep.
    #[error("{message}")]
    Toml {
        /// What the parser says, with the place.
        message: String,
    },
}
