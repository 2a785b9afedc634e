//! Co-moments of several observables.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Scaled;

use super::column::{Column, ordered_product};
use super::observables::check_members;
use super::sketch::MAX_COUNT;
use super::{StatisticsError, exact};

/// Most observables whose co-moments are kept together.
pub const MAX_JOINT: usize = 256;

/// Sums $C_{jk} = \sum_i (x_{ij} - \bar x_j)(x_{ik} - \bar x_k)$ over the draws $i$ in which all joint observables are
/// defined.
///
/// Two parts merge as $C = C_A + C_B + \delta_j \delta_k\, n_A n_B / n$, $\delta = \bar x_B - \bar x_A$ (Chan, Golub &
/// LeVeque 1983). Serialised exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Joint {
    members: Vec<usize>,
    count: u64,
    #[serde(with = "exact::list")]
    means: Vec<Scaled>,
    /// Row after row of the lower triangle.
    #[serde(with = "exact::list")]
    products: Vec<Scaled>,
}

impl Joint {
    /// Of the draws in `rows`, one a chunk of `stride` values, NaN where undefined.
    pub(super) fn of_block(members: &[usize], rows: &[Scaled], stride: usize) -> Self {
        let complete: Vec<&[Scaled]> =
            rows.chunks_exact(stride).filter(|row| members.iter().all(|&member| row[member].is_finite())).collect();
        let columns: Vec<Column> = members
            .iter()
            .map(|&member| Column::new(&complete.iter().map(|row| row[member]).collect::<Vec<_>>()))
            .collect();
        let means = columns.iter().map(|column| Scaled::from(column.mean) * column.unit).collect();
        let mut products = Vec::with_capacity(members.len() * (members.len() + 1) / 2);
        for (j, left) in columns.iter().enumerate() {
            products.extend(columns[..=j].iter().map(|right| {
                let product = ordered_product(left.deviations(), right.deviations());
                Scaled::from(product) * (left.unit * right.unit)
            }));
        }
        Self { members: members.to_vec(), count: complete.len() as u64, means, products }
    }

    pub(super) fn absorb(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            self.clone_from(other);
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let q = b / (a + b);
        let deltas: Vec<Scaled> = other.means.iter().zip(&self.means).map(|(&b, &a)| b - a).collect();
        let mut entry = 0;
        for (j, &left) in deltas.iter().enumerate() {
            let left = left * (a * q);
            for &right in &deltas[..=j] {
                self.products[entry] += other.products[entry] + left * right;
                entry += 1;
            }
        }
        for (mean, &delta) in self.means.iter_mut().zip(&deltas) {
            *mean += delta * q;
        }
        self.count += other.count;
    }

    /// Draws in which all joint observables are defined.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Indices of the joint observables, ascending.
    pub fn members(&self) -> &[usize] {
        &self.members
    }

    /// $C_{jk}$ of two observables, by their indices among all.
    pub(super) fn product(&self, j: usize, k: usize) -> Result<Scaled, StatisticsError> {
        let place = |index| self.members.binary_search(&index).map_err(|_| StatisticsError::NotJoint { index });
        let (j, k) = (place(j)?, place(k)?);
        let (row, column) = (j.max(k), j.min(k));
        Ok(self.products[row * (row + 1) / 2 + column])
    }

    fn check(&self) -> Result<(), StatisticsError> {
        check_members(&self.members)?;
        let size = self.members.len();
        if self.means.len() != size || self.products.len() != size * (size + 1) / 2 {
            return Err(StatisticsError::Inconsistent { what: "a matrix of co-moments has the wrong size" });
        }
        if (0..size).any(|j| self.products[j * (j + 1) / 2 + j] < Scaled::ZERO) {
            return Err(StatisticsError::Inconsistent { what: "a sum of squares is negative" });
        }
        if self.count > MAX_COUNT {
            return Err(StatisticsError::Inconsistent { what: "co-moments count more draws than there are" });
        }
        Ok(())
    }
}

impl Serialize for Joint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Joint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Self::deserialize(deserializer)?;
        read.check().map_err(D::Error::custom)?;
        Ok(read)
    }
}
