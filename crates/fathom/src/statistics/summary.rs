//! Statistics of all observables over a set of draws.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Scaled;

use super::sketch::MAX_COUNT;
use super::{Joint, Marginal, Observables, StatisticsError};

/// What is known of a set of draws: one [`Marginal`] for each observable, and the [`Joint`] co-moments.
///
/// Made by [`BlockDraws::summary`](super::BlockDraws::summary), and by [`Ledger::total`](super::Ledger::total) for a whole
/// run. Serialised exactly: what is read has the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Summary {
    draws: u64,
    marginals: Vec<Marginal>,
    joint: Joint,
}

impl Summary {
    /// Of draws in rows, NaN where undefined.
    pub(super) fn of_block(observables: &Observables, rows: &[Scaled]) -> Self {
        let stride = observables.len();
        let draws = rows.len() / stride;
        let mut values = Vec::with_capacity(draws);
        let marginals = (0..stride).map(|column| {
            values.clear();
            values.extend(rows.iter().skip(column).step_by(stride).copied().filter(|value| !value.is_nan()));
            Marginal::of_block(&values, (draws - values.len()) as u64)
        });
        let marginals = marginals.collect();
        Self { draws: draws as u64, marginals, joint: Joint::of_block(observables.joint(), rows, stride) }
    }

    /// Draws, defined or not.
    pub fn draws(&self) -> u64 {
        self.draws
    }

    /// Statistics of one observable.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownObservable`].
    pub fn marginal(&self, index: usize) -> Result<&Marginal, StatisticsError> {
        self.marginals.get(index).ok_or(StatisticsError::UnknownObservable { index, observables: self.marginals.len() })
    }

    /// Statistics of all observables, in their order.
    pub fn marginals(&self) -> &[Marginal] {
        &self.marginals
    }

    /// Co-moments of the joint observables.
    pub fn joint(&self) -> &Joint {
        &self.joint
    }

    /// Adds the draws of `other`, which has the same observables and comes after `self`.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.draws += other.draws;
        for (left, right) in self.marginals.iter_mut().zip(&other.marginals) {
            left.absorb(right);
        }
        self.joint.absorb(&other.joint);
    }

    /// Whether it has these observables.
    pub(super) fn check_observables(&self, observables: &Observables) -> Result<(), StatisticsError> {
        if self.marginals.len() != observables.len() {
            return Err(StatisticsError::DifferentObservables { what: "their number" });
        }
        if self.joint.members() != observables.joint() {
            return Err(StatisticsError::DifferentObservables { what: "which of them are joint" });
        }
        Ok(())
    }

    fn check(&self) -> Result<(), StatisticsError> {
        let damaged = |what| Err(StatisticsError::Inconsistent { what });
        if self.draws == 0 || self.draws > MAX_COUNT {
            return damaged("the number of draws is out of range");
        }
        if self.marginals.iter().any(|marginal| marginal.draws() != self.draws) {
            return damaged("an observable has another number of draws");
        }
        let defined = |&member: &usize| self.marginals.get(member).map_or(0, Marginal::count);
        if self.joint.count() > self.joint.members().iter().map(defined).min().unwrap_or(self.draws) {
            return damaged("co-moments count more draws than there are");
        }
        Ok(())
    }
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Summary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Self::deserialize(deserializer)?;
        read.check().map_err(D::Error::custom)?;
        Ok(read)
    }
}
