//! What is kept of the networks of an ensemble.

use serde::{Deserialize, Serialize};

use super::{ComparisonError, Member};
use crate::statistics::{Running, RunningList};
use crate::train::{Ending, Fit};

/// Networks of an ensemble, one after the other: mean and variance of their outputs and of what was recorded.
///
/// The bits depend on the order of the networks, and on nothing else. Networks that diverged are counted and left out.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::training::{Ensemble, Member};
/// use fathom_ntk::train::{Ending, Fit, Outputs, Record};
/// let fit = Fit { loss: 0.5, accuracy: None };
/// let record = Record { step: 0, time: 0.0, train: fit, test: None, kernel: None, layers: Vec::new() };
/// let mut ensemble = Ensemble::default();
/// for f in [1.0, 3.0] {
///     let outputs = vec![Outputs { train: vec![f], test: Vec::new() }];
///     ensemble.push(&Member { ending: Ending::Steps, records: vec![record.clone()], outputs })?;
/// }
/// assert_eq!((ensemble.members(), ensemble.mean(0).map(|f| f.0[0])), (2, Some(2.0)));
/// # Ok::<(), fathom_ntk::analysis::training::ComparisonError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensemble {
    members: u64,
    diverged: u64,
    pub(super) steps: Vec<StepSums>,
}

/// At one of the steps recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepSums {
    pub(super) step: u64,
    pub(super) time: f64,
    pub(super) train: DataSums,
    pub(super) test: DataSums,
    /// Of the NTK.
    pub(super) drift: Running,
    pub(super) alignment: Running,
}

/// On one kind of data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataSums {
    pub(super) outputs: RunningList,
    pub(super) loss: Running,
    pub(super) accuracy: Running,
}

impl DataSums {
    fn new(entries: usize) -> Self {
        Self { outputs: RunningList::new(entries), loss: Running::default(), accuracy: Running::default() }
    }

    fn push(&mut self, outputs: &[f64], fit: Option<Fit>) {
        self.outputs.push(outputs);
        if let Some(fit) = fit {
            self.loss.push(fit.loss);
            if let Some(accuracy) = fit.accuracy {
                self.accuracy.push(accuracy);
            }
        }
    }
}

impl Ensemble {
    /// Takes one more network.
    ///
    /// # Errors
    /// [`ComparisonError::Length`] if it was recorded at other steps, or has other outputs, than those before.
    pub fn push(&mut self, member: &Member) -> Result<(), ComparisonError> {
        if matches!(member.ending, Ending::Diverged { .. }) {
            self.members += 1;
            self.diverged += 1;
            return Ok(());
        }
        let fits = |what, expected, got| {
            if expected == got { Ok(()) } else { Err(ComparisonError::Length { what, expected, got }) }
        };
        fits("the outputs at the steps recorded", member.records.len(), member.outputs.len())?;
        if self.steps.is_empty() {
            let sums = |(record, outputs): (&crate::train::Record, &crate::train::Outputs)| StepSums {
                step: record.step,
                time: record.time,
                train: DataSums::new(outputs.train.len()),
                test: DataSums::new(outputs.test.len()),
                drift: Running::default(),
                alignment: Running::default(),
            };
            self.steps = member.records.iter().zip(&member.outputs).map(sums).collect();
        }
        fits("the steps recorded", self.steps.len(), member.records.len())?;
        for (sums, (record, outputs)) in self.steps.iter().zip(member.records.iter().zip(&member.outputs)) {
            if sums.step != record.step {
                return Err(ComparisonError::Steps { got: record.step, before: sums.step });
            }
            fits("the outputs on the training data", sums.train.outputs.entries(), outputs.train.len())?;
            fits("the outputs on the test data", sums.test.outputs.entries(), outputs.test.len())?;
        }
        self.members += 1;
        for (sums, (record, outputs)) in self.steps.iter_mut().zip(member.records.iter().zip(&member.outputs)) {
            sums.train.push(&outputs.train, Some(record.train));
            sums.test.push(&outputs.test, record.test);
            if let Some(kernel) = record.kernel {
                kernel.drift.into_iter().for_each(|drift| sums.drift.push(drift));
                kernel.alignment_initial.into_iter().for_each(|alignment| sums.alignment.push(alignment));
            }
        }
        Ok(())
    }

    /// Networks taken.
    pub fn members(&self) -> u64 {
        self.members
    }

    /// Those that diverged.
    pub fn diverged(&self) -> u64 {
        self.diverged
    }

    /// Steps recorded.
    pub fn steps(&self) -> Vec<u64> {
        self.steps.iter().map(|sums| sums.step).collect()
    }

    /// Means over networks of the outputs at record number `index`: on the training data and on the test data.
    pub fn mean(&self, index: usize) -> Option<(&[f64], &[f64])> {
        let sums = self.steps.get(index)?;
        Some((sums.train.outputs.mean(), sums.test.outputs.mean()))
    }

    /// Their variances over networks; `None` for fewer than two.
    pub fn variances(&self, index: usize) -> Option<(Vec<f64>, Vec<f64>)> {
        let sums = self.steps.get(index)?;
        Some((sums.train.outputs.variances()?, sums.test.outputs.variances()?))
    }
}
