//! At which steps the network is looked at.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not a schedule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// None of the forms.
    #[error("steps to record at are log:N (N a decade), every:N, or a list such as 0,1,10,100, got {got:?}")]
    Syntax {
        /// What was given.
        got: String,
    },
    /// A period of zero.
    #[error("{form} needs at least 1, got 0")]
    Zero {
        /// Which form.
        form: &'static str,
    },
}

/// The steps after which the network is recorded. Step 0 and the last are always recorded.
///
/// Text forms: `log:8`, `every:100`, `0,1,10,100`.
///
/// # Example
/// ```
/// use fathom_ntk::train::Schedule;
/// let schedule: Schedule = "log:2".parse()?;
/// let steps: Vec<u64> = (0..200).filter(|&step| schedule.is_due(step)).collect();
/// assert_eq!(steps, [0, 1, 3, 10, 32, 100]);
/// # Ok::<(), fathom_ntk::train::ScheduleError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// $10^{k/N}$, rounded, for $k = 0, 1, \dots$ and $N$ steps a decade.
    Log(u32),
    /// Every multiple.
    Every(u64),
    /// These.
    At(Vec<u64>),
}

impl Default for Schedule {
    /// Eight a decade.
    fn default() -> Self {
        Self::Log(8)
    }
}

impl Schedule {
    /// Whether a step is recorded.
    pub fn is_due(&self, step: u64) -> bool {
        match self {
            _ if step == 0 => true,
            Self::Log(per_decade) => {
                let nearest = (f64::from(*per_decade) * (step as f64).log10()).round();
                [-1.0, 0.0, 1.0].into_iter().any(|shift| {
                    let exponent = (nearest + shift) / f64::from(*per_decade);
                    10.0_f64.powf(exponent).round() == step as f64
                })
            }
            Self::Every(period) => step.is_multiple_of(*period),
            Self::At(steps) => steps.contains(&step),
        }
    }

    /// At least as many as there are records in so many steps.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::train::Schedule;
    /// assert_eq!(Schedule::Every(10).most_records(100), 12);
    /// ```
    pub fn most_records(&self, steps: u64) -> u64 {
        let within = match self {
            Self::Log(per_decade) => (f64::from(*per_decade) * (steps.max(1) as f64).log10()).ceil() as u64 + 1,
            Self::Every(period) => steps / period,
            Self::At(steps) => steps.len() as u64,
        };
        within.min(steps).saturating_add(2)
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let wrong = || ScheduleError::Syntax { got: text.into() };
        let text = text.trim();
        if let Some(count) = text.strip_prefix("log:") {
            return match count.trim().parse().map_err(|_| wrong())? {
                0 => Err(ScheduleError::Zero { form: "log:N" }),
                count => Ok(Self::Log(count)),
            };
        }
        if let Some(period) = text.strip_prefix("every:") {
            return match period.trim().parse().map_err(|_| wrong())? {
                0 => Err(ScheduleError::Zero { form: "every:N" }),
                period => Ok(Self::Every(period)),
            };
        }
        let step = |part: &str| part.trim().parse().map_err(|_| wrong());
        Ok(Self::At(text.split(',').map(step).collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(per_decade) => write!(f, "log:{per_decade}"),
            Self::Every(period) => write!(f, "every:{period}"),
            Self::At(steps) => {
                let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
                f.write_str(&steps.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_are_read_and_written() {
        for text in ["log:8", "every:100", "0,1,10"] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        for bad in ["", "log", "log:x", "every:-1", "1,,2", "1;2"] {
            assert!(matches!(bad.parse::<Schedule>(), Err(ScheduleError::Syntax { .. })), "{bad}");
        }
        assert!(matches!("every:0".parse::<Schedule>(), Err(ScheduleError::Zero { form: "every:N" })));
        assert!(matches!("log:0".parse::<Schedule>(), Err(ScheduleError::Zero { .. })));
    }

    #[test]
    fn logarithmic_steps_come_once_for_each_power_also_when_they_are_many() {
        let schedule = Schedule::Log(50);
        let due: Vec<u64> = (1..=100_000).filter(|step| schedule.is_due(*step)).collect();
        let mut expected: Vec<u64> = (0..=250).map(|k| 10.0_f64.powf(f64::from(k) / 50.0).round() as u64).collect();
        expected.dedup();
        assert_eq!(due, expected);
        assert!((due.len() as u64..=253).contains(&schedule.most_records(100_000)));
        assert!(Schedule::Every(7).is_due(21) && !Schedule::Every(7).is_due(22));
    }
}
