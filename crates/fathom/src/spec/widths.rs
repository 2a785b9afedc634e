//! The text form of a list of widths.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::MAX_DEPTH;

/// Why a text is not a list of widths.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WidthsError {
    /// A part that is neither `N` nor `NxTIMES`.
    #[error("widths are whole numbers separated by commas, each at most repeated with x (784,512x19,10), got {got:?}")]
    Syntax {
        /// The offending part.
        got: String,
    },
    /// A layer without neurons.
    #[error("every width must be at least 1, got 0 at position {position} (counted from 0, the input)")]
    Zero {
        /// Index in the list.
        position: usize,
    },
    /// Fewer than two widths.
    #[error("a network needs at least an input and an output width, got {got} width(s)")]
    TooFew {
        /// How many were given.
        got: usize,
    },
    /// More layers than can be held.
    #[error("at most {MAX_DEPTH} weight layers are supported, got more")]
    TooMany,
}

/// Widths $n_0, \dots, n_L$ from input to output, at least two, none zero.
///
/// Text form: numbers separated by commas; `512x19` stands for nineteen layers of width 512.
///
/// # Example
/// ```
/// use fathom_ntk::spec::Widths;
/// let widths: Widths = "784,512x3,10".parse()?;
/// assert_eq!(widths.as_slice(), [784, 512, 512, 512, 10]);
/// assert_eq!(widths.to_string(), "784,512x3,10");
/// # Ok::<(), fathom_ntk::spec::WidthsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths(Vec<usize>);

impl Widths {
    /// From the numbers.
    ///
    /// # Errors
    /// [`WidthsError`] for a zero, fewer than two widths, or too many.
    pub fn new(widths: Vec<usize>) -> Result<Self, WidthsError> {
        if let Some(position) = widths.iter().position(|&n| n == 0) {
            return Err(WidthsError::Zero { position });
        }
        match widths.len() {
            got @ (0 | 1) => Err(WidthsError::TooFew { got }),
            n if n - 1 > MAX_DEPTH => Err(WidthsError::TooMany),
            _ => Ok(Self(widths)),
        }
    }

    /// $n_0, \dots, n_L$.
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }
}

impl FromStr for Widths {
    type Err = WidthsError;

    fn from_str(text: &str) -> Result<Self, WidthsError> {
        let mut widths = Vec::new();
        for part in text.split(',') {
            let bad = || WidthsError::Syntax { got: part.trim().into() };
            let (width, times) = part.split_once(['x', 'X', '×']).unwrap_or((part, "1"));
            let width: usize = width.trim().parse().map_err(|_| bad())?;
            let times: usize = times.trim().parse().map_err(|_| bad())?;
            if times == 0 {
                return Err(bad());
            }
            if widths.len().saturating_add(times) > MAX_DEPTH + 1 {
                return Err(WidthsError::TooMany);
            }
            widths.resize(widths.len() + times, width);
        }
        Self::new(widths)
    }
}

impl fmt::Display for Widths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, run) in self.0.chunk_by(|a, b| a == b).enumerate() {
            let comma = if i == 0 { "" } else { "," };
            match run {
                [width] => write!(f, "{comma}{width}")?,
                [width, ..] => write!(f, "{comma}{width}x{}", run.len())?,
                [] => {}
            }
        }
        Ok(())
    }
}

impl Serialize for Widths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads the text form or an array of numbers.
impl<'de> Deserialize<'de> for Widths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "widths must be a text such as \"784,512x19,10\" or an array of whole numbers")]
        enum Form {
            Text(String),
            List(Vec<usize>),
        }
        match Form::deserialize(deserializer)? {
            Form::Text(text) => text.parse(),
            Form::List(list) => Self::new(list),
        }
        .map_err(serde::de::Error::custom)
    }
}
