//! What became of a cell.

use serde::{Deserialize, Serialize};

/// Whether a cell has its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It has.
    Done,
    /// Its training diverged; the numbers are of the last record before.
    Diverged,
    /// It has not, or not all of them.
    Failed,
}

impl Status {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }
}

/// A number or a word by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// Its name.
    pub name: String,
    /// The number; `None` if it is a word, not known, or beyond the range of `f64`.
    pub value: Option<f64>,
    /// The standard error of the number, of estimates from draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
    /// The word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Quantity {
    /// A number, unless it is not finite.
    pub fn number(name: impl Into<String>, value: Option<f64>) -> Self {
        let value = value.filter(|value| value.is_finite());
        Self { name: name.into(), value, standard_error: None, text: None }
    }

    /// A number with its standard error.
    pub fn estimate(name: impl Into<String>, value: Option<f64>, standard_error: Option<f64>) -> Self {
        let standard_error = standard_error.filter(|error| error.is_finite());
        Self { standard_error, ..Self::number(name, value) }
    }

    /// A word.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::number(name, None) }
    }
}

/// What became of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Whether it has its numbers.
    pub status: Status,
    /// Why it has not.
    pub reason: Option<String>,
    /// The numbers, in an order that depends on the command only.
    pub quantities: Vec<Quantity>,
}

impl Outcome {
    /// One quantity.
    pub fn quantity(&self, name: &str) -> Option<&Quantity> {
        self.quantities.iter().find(|quantity| quantity.name == name)
    }
}
