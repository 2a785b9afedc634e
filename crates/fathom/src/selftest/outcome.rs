//! What came of one number.

use serde::Serialize;

/// Why a text is not a file of test vectors.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SelftestError {
    /// Not JSON, or not of the expected form.
    #[error("not a file of test vectors: {message}")]
    Json {
        /// What is wrong.
        message: String,
    },
}

/// One number of one vector: computed, expected, and how far apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Kind of the vector.
    pub kind: String,
    /// Which vector of that kind in the file, from 0.
    pub index: usize,
    /// Which field; entries of lists as `field[0]`, fields of objects as `object.field`. `null` if the vector as a whole
    /// could not be evaluated.
    pub field: Option<String>,
    /// What the library computes; text for fields that are words, `null` if not evaluated.
    pub computed: serde_json::Value,
    /// What the file says.
    pub expected: serde_json::Value,
    /// $|computed - expected| / |expected|$ (for an expected zero the absolute difference; for words 0 or ∞, an infinity
    /// being written as `null`); `null` if not evaluated.
    pub relative_error: Option<f64>,
    /// $|computed - expected|$, for logarithms, which are judged by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absolute_error: Option<f64>,
    /// Largest error allowed, of the absolute error if there is one, else of the relative; `null` if not evaluated.
    pub tolerance: Option<f64>,
    /// Why the number was not evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_evaluated: Option<String>,
}

impl Outcome {
    /// The error that is judged; `None` if not evaluated.
    pub fn error(&self) -> Option<f64> {
        self.absolute_error.or(self.relative_error)
    }

    /// Whether the number was computed and lies further from the expected one than its tolerance.
    pub fn failed(&self) -> bool {
        // An error that is NaN exceeds every tolerance.
        self.error().is_some_and(|error| !self.tolerance.is_some_and(|allowed| error <= allowed))
    }
}
