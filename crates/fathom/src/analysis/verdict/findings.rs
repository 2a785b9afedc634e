//! Three findings and one class.

use serde::Serialize;

use super::Threshold;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// How random is the kernel at initialisation?
    Random,
    /// How much does a gradient step move it?
    Moves,
    /// Can gradient descent fit data with it?
    Trainable,
}

/// How good a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Within the threshold.
    Good,
    /// Between the two thresholds.
    Borderline,
    /// At or beyond the outer threshold.
    Bad,
    /// The number is not known for this network.
    Unknown,
}

/// One question, the number that answers it, and the threshold it is held against.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The question.
    pub question: Question,
    /// The answer.
    pub level: Level,
    /// The number; infinite values and unknown ones are `None` (the level tells them apart).
    pub value: Option<f64>,
    /// The threshold.
    pub threshold: Threshold,
    /// Why the number is not known.
    pub unknown_because: Option<String>,
}

/// What is concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// NTK theory describes the network.
    InRegime,
    /// It does, and says that the network cannot be trained.
    InRegimeUntrainable,
    /// One of the numbers lies between its thresholds, or is not known.
    Borderline,
    /// The kernel is too random, or moves too much.
    Outside,
}

impl Finding {
    pub(super) fn new(question: Question, number: Result<f64, String>, threshold: Threshold) -> Self {
        let (level, value, unknown_because) = match number {
            Ok(v) if v.is_nan() => (Level::Unknown, None, Some("the number is not defined".into())),
            Ok(v) if v <= threshold.within => (Level::Good, Some(v), None),
            Ok(v) if v < threshold.outside => (Level::Borderline, Some(v), None),
            Ok(v) => (Level::Bad, v.is_finite().then_some(v), None),
            Err(reason) => (Level::Unknown, None, Some(reason)),
        };
        Self { question, level, value, threshold, unknown_because }
    }
}

impl Class {
    /// The class of three findings.
    pub(super) fn of(random: Level, moves: Level, trainable: Level) -> Self {
        let theory = [random, moves];
        if theory.contains(&Level::Bad) {
            Self::Outside
        } else if theory.iter().any(|l| *l != Level::Good) {
            Self::Borderline
        } else {
            match trainable {
                Level::Bad => Self::InRegimeUntrainable,
                Level::Borderline => Self::Borderline,
                Level::Good | Level::Unknown => Self::InRegime,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn randomness_and_movement_decide_before_trainability() {
        use Level::{Bad, Borderline, Good, Unknown};
        for (levels, class) in [
            ([Good, Good, Good], Class::InRegime),
            ([Good, Good, Unknown], Class::InRegime),
            ([Good, Good, Bad], Class::InRegimeUntrainable),
            ([Good, Good, Borderline], Class::Borderline),
            ([Good, Borderline, Bad], Class::Borderline),
            ([Unknown, Good, Good], Class::Borderline),
            ([Bad, Good, Good], Class::Outside),
            ([Unknown, Bad, Bad], Class::Outside),
        ] {
            assert_eq!(Class::of(levels[0], levels[1], levels[2]), class, "{levels:?}");
        }
    }

    #[test]
    fn thresholds_include_their_inner_end_and_exclude_their_outer() {
        let threshold = Threshold { within: 0.5, outside: 1.0 };
        let level = |v| Finding::new(Question::Random, Ok(v), threshold).level;
        assert_eq!([level(0.5), level(0.6), level(1.0)], [Level::Good, Level::Borderline, Level::Bad]);
        assert_eq!([level(f64::INFINITY), level(f64::NAN)], [Level::Bad, Level::Unknown]);
    }
}
