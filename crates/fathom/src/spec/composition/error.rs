//! Why blocks are not a network.

use super::shape::MOST_NUMBERS;
use super::{BranchScaling, Shape};

/// Why a description is not a [`Composition`](super::Composition).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompositionError {
    /// No blocks at all.
    #[error("a network needs at least one block with weights")]
    Empty,
    /// No or too many dimensions, one of size 0, or too many numbers in all.
    #[error(
        "an input is a list of features, or channels on a line or a grid, all sizes at least 1 and at most {MOST_NUMBERS} numbers \
         in all, got {got:?}"
    )]
    Input {
        /// Sizes given.
        got: Vec<usize>,
    },
    /// A block that what comes before does not fit.
    #[error("block {place} ({block}): it needs {needs}, but gets {got}")]
    Shape {
        /// Where: `3`, or `3.1` for the first block of the branch of block 3; counted from 1.
        place: String,
        /// Which block.
        block: String,
        /// What it works on.
        needs: String,
        /// What comes in.
        got: Box<Shape>,
    },
    /// A branch that changes the shape.
    #[error("block {place} ({block}): the branch makes {branch}, the shortcut {skip}: they cannot be added")]
    Branch {
        /// Where.
        place: String,
        /// Which block.
        block: String,
        /// Shape at the end of the branch.
        branch: Box<Shape>,
        /// Shape at the end of the shortcut.
        skip: Box<Shape>,
    },
    /// Numbers that are not jointly normal with independent weights where they have to be.
    #[error("block {place} ({block}): {needs}")]
    Order {
        /// Where.
        place: String,
        /// Which block.
        block: String,
        /// What has to come before or at the end.
        needs: &'static str,
    },
    /// A number out of range.
    #[error("block {place} ({block}): {quantity} must be {allowed}, got {got}")]
    Value {
        /// Where.
        place: String,
        /// Which block.
        block: String,
        /// Which number.
        quantity: &'static str,
        /// What is allowed.
        allowed: &'static str,
        /// The number given.
        got: f64,
    },
    /// A law of the branches with a number out of range.
    #[error("a branch scaling is a number λ² ≥ 0, l^-p, 1/l or 1/L, got {got}")]
    Scaling {
        /// What was given.
        got: BranchScaling,
    },
    /// A text that is no branch scaling.
    #[error("a branch scaling is a number λ² ≥ 0, l^-p, 1/l or 1/L, got {got:?}")]
    ScalingSyntax {
        /// What was given.
        got: String,
    },
    /// A depth out of range.
    #[error("depth (number of weight layers) must be between {least} and {most}, got {got}")]
    Depth {
        /// Fewest weight layers.
        least: usize,
        /// Most.
        most: usize,
        /// The depth given.
        got: usize,
    },
    /// The text is not TOML, or has unknown or wrong keys.
    #[error("{message}")]
    Toml {
        /// What the parser says, with the place.
        message: String,
    },
}
