//! Why a function cannot be interpolated.

/// Why a function of the user's own cannot be an activation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampledError {
    /// A name of the catalogue.
    #[error("the name of an activation of one's own must differ from those of the catalogue, got {got:?}")]
    Name {
        /// The name given.
        got: String,
    },
    /// A breakpoint that is none.
    #[error("breakpoints must be finite and between -{reach} and {reach}, got {got}")]
    Breakpoint {
        /// Largest size.
        reach: f64,
        /// The value given.
        got: f64,
    },
    /// Another number of values than places.
    #[error("{quantity} must have one value for each place, so {expected}, got {got}")]
    Count {
        /// The function or its derivative.
        quantity: &'static str,
        /// How many places there are.
        expected: usize,
        /// How many values there are.
        got: usize,
    },
    /// NaN or infinity near the origin.
    #[error("the activation and its derivative must be finite near 0, got {got} at z = {at}")]
    NotFinite {
        /// Where.
        at: f64,
        /// The value.
        got: f64,
    },
    /// A jump, a kink, or noise.
    #[error(
        "the activation or its derivative is not smooth near z = {at}: if it jumps there, list that place as a breakpoint"
    )]
    NotSmooth {
        /// Where, to six digits after the point.
        at: f64,
    },
    /// A function that oscillates too fast.
    #[error("the activation needs more than {allowed} polynomials to be interpolated: it varies too fast")]
    TooManyCells {
        /// Most polynomials.
        allowed: usize,
    },
    /// The derivative is that of another function.
    #[error("the derivative is not that of the activation: at z = {at} it is {given}, differences give {expected}")]
    Slope {
        /// Where.
        at: f64,
        /// The value given.
        given: f64,
        /// The slope of the values.
        expected: f64,
    },
    /// The function did not answer.
    #[error("the activation was not evaluated")]
    Stopped,
}
