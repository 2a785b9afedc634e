//! What can be wrong with draws, their summaries and questions to them.

/// Why draws could not be recorded, merged or evaluated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatisticsError {
    /// Nothing to observe.
    #[error("a run needs at least one observable, got none")]
    NoObservables,
    /// Two observables of one name.
    #[error("names of observables must differ, got {name:?} twice")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// An index past the last observable.
    #[error("the observable must be below {observables}, got {index}")]
    UnknownObservable {
        /// The index given.
        index: usize,
        /// How many there are.
        observables: usize,
    },
    /// Too many observables for a matrix of co-moments.
    #[error("co-moments are kept of at most {allowed} observables, got {got}")]
    TooManyJoint {
        /// The largest number allowed.
        allowed: usize,
        /// The number given.
        got: usize,
    },
    /// The same observable twice in a list of joint ones.
    #[error("joint observables must differ, got {index} twice")]
    DuplicateJoint {
        /// Its index.
        index: usize,
    },
    /// A covariance of an observable that is not joint.
    #[error("co-moments were not kept of observable {index}")]
    NotJoint {
        /// Its index.
        index: usize,
    },
    /// A draw with too few or too many numbers.
    #[error("a draw must hold {expected} observables, got {got}")]
    DrawLength {
        /// How many observables there are.
        expected: usize,
        /// How many the draw has.
        got: usize,
    },
    /// One draw more than a block holds.
    #[error("a block holds {allowed} draws, and it is full")]
    BlockFull {
        /// Draws in a block.
        allowed: usize,
    },
    /// A summary of no draws.
    #[error("a block must hold at least one draw, got none")]
    EmptyBlock,
    /// A summary that is not of one block.
    #[error("a block holds at most {allowed} draws, got {got}")]
    NotABlock {
        /// Draws in a block.
        allowed: u64,
        /// Draws given.
        got: u64,
    },
    /// A block whose draws cannot be counted.
    #[error("blocks must be below {allowed}, got {got}")]
    BlockIndex {
        /// The bound.
        allowed: u64,
        /// The index given.
        got: u64,
    },
    /// The same draws twice.
    #[error("draws of block {block} are there already")]
    Overlap {
        /// The block.
        block: u64,
    },
    /// Draws of different observables.
    #[error("only draws of the same observables can be merged: they differ in {what}")]
    DifferentObservables {
        /// What differs.
        what: &'static str,
    },
    /// A probability outside of the unit interval.
    #[error("a probability must be between 0 and 1, got {got}")]
    Probability {
        /// The number given.
        got: f64,
    },
    /// A histogram of no bins, or of too many.
    #[error("a histogram must have between 1 and {allowed} bins, got {got}")]
    Bins {
        /// The largest number.
        allowed: usize,
        /// The number given.
        got: usize,
    },
    /// A dispersion that no random number has.
    #[error("the logarithm of a dispersion must be finite and not negative, got {got}")]
    LogDispersion {
        /// The number given.
        got: f64,
    },
    /// Stored statistics that no draws have.
    #[error("stored statistics are damaged: {what}")]
    Inconsistent {
        /// What is wrong with them.
        what: &'static str,
    },
}
