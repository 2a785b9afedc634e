//! Which numbers a draw gives.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{MAX_JOINT, StatisticsError};

/// The names of the numbers that each draw gives, and of which of them co-moments are kept.
///
/// Serialised as `{"names": [...], "joint": [...]}`; reading checks what the constructors check.
///
/// # Example
/// ```
/// use fathom_ntk::statistics::Observables;
/// let observables = Observables::new(["theta", "log theta", "output"])?.with_joint(&[2, 0])?;
/// assert_eq!((observables.len(), observables.joint()), (3, [0, 2].as_slice()));
/// assert_eq!(observables.index("output"), Some(2));
/// # Ok::<(), fathom_ntk::statistics::StatisticsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Observables {
    names: Vec<String>,
    joint: Vec<usize>,
}

impl Observables {
    /// Observables with these names, none of them joint.
    ///
    /// # Errors
    /// [`StatisticsError::NoObservables`], [`StatisticsError::DuplicateName`].
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, StatisticsError> {
        let observables = Self { names: names.into_iter().map(Into::into).collect(), joint: Vec::new() };
        observables.check()?;
        Ok(observables)
    }

    /// The same, with the matrix of co-moments of the given observables (indices in any order).
    ///
    /// Co-moments are those of the draws in which *all* joint observables are defined, so an observable that is often
    /// undefined should not be one of them. Memory of each summary: 16 bytes for each pair.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownObservable`], [`StatisticsError::DuplicateJoint`], and
    /// [`StatisticsError::TooManyJoint`] for more than [`MAX_JOINT`].
    pub fn with_joint(mut self, joint: &[usize]) -> Result<Self, StatisticsError> {
        self.joint = joint.to_vec();
        self.joint.sort_unstable();
        self.check()?;
        Ok(self)
    }

    /// How many there are: the length of a draw.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none, which no constructor allows.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Their names, in the order of a draw.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Indices of those whose co-moments are kept, ascending.
    pub fn joint(&self) -> &[usize] {
        &self.joint
    }

    /// The index of a name.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    fn check(&self) -> Result<(), StatisticsError> {
        if self.names.is_empty() {
            return Err(StatisticsError::NoObservables);
        }
        let mut sorted: Vec<&String> = self.names.iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(StatisticsError::DuplicateName { name: pair[0].clone() });
        }
        check_members(&self.joint)?;
        match self.joint.last() {
            Some(&index) if index >= self.len() => {
                Err(StatisticsError::UnknownObservable { index, observables: self.len() })
            }
            _ => Ok(()),
        }
    }
}

/// Joint observables are sorted, differ, and are not too many.
pub(super) fn check_members(joint: &[usize]) -> Result<(), StatisticsError> {
    if joint.len() > MAX_JOINT {
        return Err(StatisticsError::TooManyJoint { allowed: MAX_JOINT, got: joint.len() });
    }
    match joint.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) if pair[0] == pair[1] => Err(StatisticsError::DuplicateJoint { index: pair[0] }),
        Some(_) => Err(StatisticsError::Inconsistent { what: "joint observables are not ascending" }),
        None => Ok(()),
    }
}

impl Serialize for Observables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Observables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Self::deserialize(deserializer)?;
        read.check().map_err(D::Error::custom)?;
        Ok(read)
    }
}
