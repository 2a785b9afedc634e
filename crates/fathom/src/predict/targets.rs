//! What the training inputs should be mapped to.

use super::PredictError;
use super::error::{check_finite, check_length};

/// Rows of a data matrix, equal ones counted once.
#[derive(Clone, Debug, PartialEq)]
pub struct Distinct {
    first: Vec<usize>,
    member_of: Vec<usize>,
}

impl Distinct {
    /// Groups the rows of `values` that are equal in every feature.
    ///
    /// # Arguments
    /// * `values`: the inputs, row after row.
    /// * `features`: features of a row.
    ///
    /// # Errors
    /// [`PredictError::Length`] if the values do not form rows of this length.
    ///
    /// # Accuracy and cost
    /// $O(n d \log n)$.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::predict::Distinct;
    /// let distinct = Distinct::rows(&[1.0, 2.0, 3.0, 4.0, 1.0, 2.0], 2)?;
    /// assert_eq!((distinct.representatives(), distinct.repeated()), (&[0, 1][..], 1));
    /// # Ok::<(), fathom_ntk::predict::PredictError>(())
    /// ```
    pub fn rows(values: &[f64], features: usize) -> Result<Self, PredictError> {
        let count = values.len().checked_div(features).ok_or(PredictError::NoInputs)?;
        check_length("the inputs (rows of features)", count * features, values.len())?;
        let row = |i: usize| &values[i * features..(i + 1) * features];
        // Adding zero makes −0 and 0 equal.
        let compare = |a: &usize, b: &usize| {
            let pairs = row(*a).iter().zip(row(*b));
            let features = pairs.map(|(x, y)| (x + 0.0).total_cmp(&(y + 0.0)));
            features.reduce(std::cmp::Ordering::then).unwrap_or(std::cmp::Ordering::Equal)
        };
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|a, b| compare(a, b).then(a.cmp(b)));
        let mut leader: Vec<usize> = (0..count).collect();
        for pair in order.windows(2) {
            if compare(&pair[0], &pair[1]).is_eq() {
                leader[pair[1]] = leader[pair[0]];
            }
        }
        Ok(Self::from_leaders(&leader))
    }

    /// `count` rows that are all different.
    pub fn all(count: usize) -> Self {
        Self { first: (0..count).collect(), member_of: (0..count).collect() }
    }

    fn from_leaders(leader: &[usize]) -> Self {
        let mut first = Vec::new();
        let mut place = vec![0; leader.len()];
        let mut member_of = Vec::with_capacity(leader.len());
        for (i, &l) in leader.iter().enumerate() {
            if l == i {
                place[i] = first.len();
                first.push(i);
            }
            member_of.push(place[l]);
        }
        Self { first, member_of }
    }

    /// The first row of each group, in order.
    pub fn representatives(&self) -> &[usize] {
        &self.first
    }

    /// Rows that repeat an earlier one.
    pub fn repeated(&self) -> usize {
        self.member_of.len() - self.first.len()
    }
}

/// Targets of $n$ training inputs for $k$ outputs. Equal inputs are one input with the mean of their targets and a
/// multiplicity, which changes nothing in the squared loss but a constant.
#[derive(Clone, Debug)]
pub struct Targets {
    pub(super) outputs: usize,
    /// One row for each distinct input.
    pub(super) values: Vec<f64>,
    pub(super) multiplicity: Vec<f64>,
    member_of: Vec<usize>,
    /// As given.
    given: Vec<f64>,
}

impl Targets {
    /// One row of `outputs` values for each training input.
    ///
    /// # Arguments
    /// * `values`: the targets, row after row.
    /// * `outputs`: $k$.
    /// * `distinct`: which training inputs are equal; [`Distinct::all`] if none are.
    ///
    /// # Errors
    /// [`PredictError::Length`] if the number of values is not rows × outputs, [`PredictError::NotFinite`].
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::predict::{Distinct, Targets};
    /// let targets = Targets::new(&[1.0, 2.0, 4.0], 1, &Distinct::rows(&[7.0, 8.0, 7.0], 1)?)?;
    /// assert_eq!((targets.distinct_inputs(), targets.merged()), (2, &[2.5, 2.0][..]));
    /// # Ok::<(), fathom_ntk::predict::PredictError>(())
    /// ```
    pub fn new(values: &[f64], outputs: usize, distinct: &Distinct) -> Result<Self, PredictError> {
        let rows = distinct.member_of.len();
        if rows == 0 || outputs == 0 {
            return Err(PredictError::NoInputs);
        }
        check_length("the targets (training inputs × outputs)", rows * outputs, values.len())?;
        check_finite("the targets", values)?;
        let mut multiplicity = vec![0.0; distinct.first.len()];
        let mut sums = vec![0.0; distinct.first.len() * outputs];
        for (row, &group) in values.chunks_exact(outputs).zip(&distinct.member_of) {
            multiplicity[group] += 1.0;
            for (sum, y) in sums[group * outputs..].iter_mut().zip(row) {
                *sum += y;
            }
        }
        for (row, count) in sums.chunks_exact_mut(outputs).zip(&multiplicity) {
            row.iter_mut().for_each(|y| *y /= count);
        }
        Ok(Self { outputs, values: sums, multiplicity, member_of: distinct.member_of.clone(), given: values.to_vec() })
    }

    /// $k$.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Training inputs that are different.
    pub fn distinct_inputs(&self) -> usize {
        self.multiplicity.len()
    }

    /// Training inputs that repeat an earlier one.
    pub fn repeated(&self) -> usize {
        self.member_of.len() - self.multiplicity.len()
    }

    /// Mean targets of the different inputs, row after row.
    pub fn merged(&self) -> &[f64] {
        &self.values
    }

    /// Targets as they were given, row after row.
    pub fn given(&self) -> &[f64] {
        &self.given
    }

    /// Rows for the different inputs as rows for all of them.
    pub(super) fn expand(&self, rows: &[f64]) -> Vec<f64> {
        self.member_of.iter().flat_map(|&g| &rows[g * self.outputs..(g + 1) * self.outputs]).copied().collect()
    }

    /// $\sqrt{c_i}$.
    pub(super) fn roots(&self) -> Vec<f64> {
        self.multiplicity.iter().map(|c| c.sqrt()).collect()
    }
}
