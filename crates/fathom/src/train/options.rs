//! How a network is trained.

use serde::{Deserialize, Serialize};

use super::{Loss, Optimizer, TrainError};
use crate::network::Precision;

/// η, of the sum over inputs that is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LearningRate {
    /// The number itself.
    Absolute(f64),
    /// This fraction of $2/\lambda_{\max}(\Theta_0)$, the largest stable rate of gradient descent on the squared loss of
    /// the linearised network; Θ₀ is the NTK of all inputs and outputs of the training data.
    Relative(f64),
}

/// When training ends: at whatever comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// After so many steps.
    pub steps: Option<u64>,
    /// At this time $t = \eta \cdot$ steps, at the nearest step.
    pub time: Option<f64>,
    /// When the loss (a mean over the training inputs) is at most this. Looked at before every step with full batches, and
    /// otherwise before every epoch.
    pub loss: Option<f64>,
}

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainOptions {
    /// ℓ.
    pub loss: Loss,
    /// How steps are made of gradients.
    pub optimizer: Optimizer,
    /// η.
    pub learning_rate: LearningRate,
    /// Inputs of a mini-batch; `None` for all of them in every step. The last batch of an epoch may be smaller.
    pub batch: Option<usize>,
    /// The numbers that steps are computed in.
    #[serde(default)]
    pub precision: Precision,
    /// Decides the order of mini-batches.
    pub seed: u64,
    /// When training ends.
    pub stop: Stop,
    /// Training has diverged when the loss is more than this many times the first.
    pub divergence: f64,
}

impl Default for TrainOptions {
    /// 1000 steps of full-batch gradient descent on the squared loss in double precision, at half the largest stable rate;
    /// diverged at $10^6$ times the first loss.
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            optimizer: Optimizer::default(),
            learning_rate: LearningRate::Relative(0.5),
            batch: None,
            precision: Precision::default(),
            seed: 0,
            stop: Stop { steps: Some(1000), ..Stop::default() },
            divergence: 1e6,
        }
    }
}

/// Most steps that can be counted without rounding.
const MOST_STEPS: f64 = (1_u64 << 53) as f64;

/// That a number is positive and finite.
fn check_positive(name: &'static str, got: f64) -> Result<(), TrainError> {
    if got.is_finite() && got > 0.0 {
        return Ok(());
    }
    Err(TrainError::OutOfRange { name, allowed: "positive and finite", got })
}

impl TrainOptions {
    /// That every number has a meaning for `rows` training inputs.
    pub(super) fn check(&self, rows: usize) -> Result<(), TrainError> {
        self.optimizer.check()?;
        match self.learning_rate {
            LearningRate::Absolute(rate) => check_positive("the learning rate", rate)?,
            LearningRate::Relative(share) => check_positive("the learning rate as a fraction of 2/λ_max", share)?,
        }
        if let Some(got) = self.batch.filter(|batch| !(1..=rows).contains(batch)) {
            return Err(TrainError::Batch { rows, got });
        }
        if let Some(time) = self.stop.time {
            check_positive("the training time", time)?;
        }
        if let Some(got) = self.stop.loss.filter(|loss| !(loss.is_finite() && *loss >= 0.0)) {
            return Err(TrainError::OutOfRange { name: "the loss to stop at", allowed: "at least 0 and finite", got });
        }
        if self.divergence.is_nan() || self.divergence <= 1.0 {
            let (name, allowed) = ("the growth of the loss that counts as divergence", "greater than 1");
            return Err(TrainError::OutOfRange { name, allowed, got: self.divergence });
        }
        Ok(())
    }

    /// Most steps at this rate.
    pub(super) fn most_steps(&self, learning_rate: f64) -> Result<u64, TrainError> {
        let by_time = match self.stop.time {
            Some(time) => {
                let steps = (time / learning_rate).round();
                if steps.is_nan() || steps > MOST_STEPS {
                    return Err(TrainError::TooManySteps { time, learning_rate, steps, most: MOST_STEPS });
                }
                Some(steps as u64)
            }
            None => None,
        };
        self.stop.steps.into_iter().chain(by_time).min().ok_or(TrainError::NoEnd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_without_a_meaning_are_refused() {
        let refused = |change: fn(&mut TrainOptions)| {
            let mut options = TrainOptions::default();
            change(&mut options);
            options.check(10).unwrap_err().to_string()
        };
        assert_eq!(
            refused(|o| o.learning_rate = LearningRate::Absolute(0.0)),
            "the learning rate must be positive and finite, got 0"
        );
        assert!(refused(|o| o.learning_rate = LearningRate::Relative(f64::NAN)).ends_with("got NaN"));
        assert_eq!(
            refused(|o| o.batch = Some(11)),
            "a batch must have between 1 and 10 inputs (the training data), got 11"
        );
        assert!(refused(|o| o.batch = Some(0)).ends_with("got 0"));
        assert!(refused(|o| o.stop.time = Some(-1.0)).starts_with("the training time must be positive"));
        assert!(refused(|o| o.stop.loss = Some(f64::NAN)).starts_with("the loss to stop at"));
        assert!(refused(|o| o.divergence = 1.0).contains("greater than 1, got 1"));
        assert!(refused(|o| o.optimizer = Optimizer::Momentum { momentum: 1.0 }).starts_with("the momentum"));
    }

    #[test]
    fn the_first_end_counts() {
        let with = |steps, time| TrainOptions { stop: Stop { steps, time, loss: None }, ..Default::default() };
        assert_eq!(with(Some(30), Some(2.0)).most_steps(0.1), Ok(20));
        assert_eq!(with(Some(10), Some(2.0)).most_steps(0.1), Ok(10));
        assert_eq!(with(None, None).most_steps(0.1), Err(TrainError::NoEnd));
        assert!(matches!(with(None, Some(1e300)).most_steps(1e-3), Err(TrainError::TooManySteps { .. })));
    }
}
