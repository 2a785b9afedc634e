//! Whether a theory held for a training.

use serde::Serialize;

use super::{EnsembleStep, StepComparison};
use crate::train::Record;

/// Whether something held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Up to the lower threshold.
    Yes,
    /// Between the two.
    Roughly,
    /// Beyond the upper one, or beyond all numbers.
    No,
}

/// An answer with the number that it follows from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The answer.
    pub holds: Holds,
    /// The number.
    pub value: f64,
    /// Up to the first it held, up to the second roughly.
    pub thresholds: [f64; 2],
}

impl Answer {
    /// Thresholds of all relative changes and distances: a tenth, and three tenths.
    pub const THRESHOLDS: [f64; 2] = [0.1, 0.3];

    /// By the thresholds.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::analysis::training::{Answer, Holds};
    /// assert_eq!([0.1, 0.2, f64::INFINITY].map(|x| Answer::of(x).holds), [Holds::Yes, Holds::Roughly, Holds::No]);
    /// ```
    pub fn of(value: f64) -> Self {
        Self::allowing(value, 0.0)
    }

    /// By the thresholds, with so much added to them for errors of sampling.
    fn allowing(value: f64, error: f64) -> Self {
        let thresholds = Self::THRESHOLDS.map(|threshold| threshold + error);
        let holds = if value <= thresholds[0] {
            Holds::Yes
        } else if value <= thresholds[1] {
            Holds::Roughly
        } else {
            Holds::No
        };
        Self { holds, value, thresholds }
    }
}

/// Whether a training went as theories say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether the NTK stayed near its initial value: the largest $|\Theta_t - \Theta_0|_F/|\Theta_0|_F$ on record.
    pub kernel_stayed: Option<Answer>,
    /// Whether the linearised network predicted the outputs: the relative distance at the end, on training or test data,
    /// whichever is larger.
    pub linearised_held: Option<Answer>,
    /// The same for the infinitely wide network that starts with the same outputs.
    pub infinite_width_held: Option<Answer>,
}

impl Verdict {
    /// From what was recorded and compared.
    pub(super) fn of(records: &[Record], at: &[StepComparison]) -> Self {
        let drifts = records.iter().filter(|record| record.step > 0);
        let drifts = drifts.filter_map(|record| record.kernel.and_then(|kernel| kernel.drift));
        let last = at.last().filter(|last| last.step > 0);
        let data = last.into_iter().flat_map(|last| [Some(last.train), last.test]).flatten();
        let linearised = data.clone().filter_map(|data| data.linearised?.relative);
        let infinite = data.filter_map(|data| data.infinite_width?.from_own.relative);
        Self {
            kernel_stayed: drifts.reduce(f64::max).map(Answer::of),
            linearised_held: linearised.reduce(f64::max).map(Answer::of),
            infinite_width_held: infinite.reduce(f64::max).map(Answer::of),
        }
    }
}

/// Whether an ensemble went as infinite width says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct EnsembleVerdict {
    /// Whether the NTK stayed near its initial value: the largest mean drift on record.
    pub kernel_stayed: Option<Answer>,
    /// Whether the mean over initialisations is that of infinite width: their distance at the end beyond what so few
    /// networks explain, over $\operatorname{rms}$ of the mean of infinite width.
    pub mean_held: Option<Answer>,
    /// Whether the variance is: $|s^2/\sigma_\infty^2 - 1|$ at the end. Two standard errors are added to the thresholds.
    pub variance_held: Option<Answer>,
}

impl EnsembleVerdict {
    /// From what was recorded; on test data where there is some.
    pub(super) fn of(at: &[EnsembleStep]) -> Self {
        let drifts = at.iter().filter(|at| at.step > 0).filter_map(|at| at.drift.map(|drift| drift.mean));
        let last = at.last().filter(|last| last.step > 0);
        let spread = last.and_then(|last| last.test.as_ref().unwrap_or(&last.train).outputs.infinite_width);
        let mean = spread.and_then(|spread| spread.relative_excess);
        let ratio = spread.and_then(|spread| spread.variance_ratio);
        Self {
            kernel_stayed: drifts.reduce(f64::max).map(Answer::of),
            mean_held: mean.map(Answer::of),
            variance_held: ratio
                .map(|ratio| Answer::allowing((ratio.mean - 1.0).abs(), 2.0 * ratio.standard_error.unwrap_or(0.0))),
        }
    }
}
