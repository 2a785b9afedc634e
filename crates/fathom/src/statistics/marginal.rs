//! What is known of one observable.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Scaled;

use super::column::{Column, centre, ordered_sum};
use super::{Sketch, StatisticsError, exact};

/// Statistics of one observable over the draws in which it is defined.
///
/// Central sums $M_p = \sum_i (x_i - \bar x)^p$ for $p = 2, 3, 4$; two parts $A$, $B$ merge as in Pébay (2008), §2.1.
/// Serialised exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Marginal {
    count: u64,
    undefined: u64,
    #[serde(with = "exact")]
    pub(super) mean: Scaled,
    #[serde(with = "exact")]
    m2: Scaled,
    #[serde(with = "exact")]
    m3: Scaled,
    #[serde(with = "exact")]
    m4: Scaled,
    #[serde(with = "exact")]
    least: Scaled,
    #[serde(with = "exact")]
    greatest: Scaled,
    /// Mean and sum of squared deviations of $\ln x$ over positive draws.
    log_mean: f64,
    log_m2: f64,
    sketch: Sketch,
}

impl Marginal {
    /// Of the defined values of one block.
    pub(super) fn of_block(values: &[Scaled], undefined: u64) -> Self {
        let column = Column::new(values);
        let (unit, deviations) = (column.unit, column.deviations());
        let square = unit * unit;
        let power_sum = |power: fn(f64) -> f64| Scaled::from(ordered_sum(deviations, power));
        let (log_mean, log_m2) = log_moments(values);
        let first = values.first().copied().unwrap_or(Scaled::ZERO);
        Self {
            count: values.len() as u64,
            undefined,
            mean: Scaled::from(column.mean) * unit,
            m2: power_sum(|d| d * d) * square,
            m3: power_sum(|d| d * d * d) * square * unit,
            m4: power_sum(|d| (d * d) * (d * d)) * square * square,
            least: values.iter().fold(first, |least, &x| if x < least { x } else { least }),
            greatest: values.iter().fold(first, |greatest, &x| greatest.max(x)),
            log_mean,
            log_m2,
            sketch: Sketch::of(values),
        }
    }

    /// Adds the draws of `other`, which come after those of `self`.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.undefined += other.undefined;
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = Self { undefined: self.undefined, ..other.clone() };
            return;
        }
        self.absorb_moments(other);
        self.absorb_logs(other);
        self.count += other.count;
        self.least = if other.least < self.least { other.least } else { self.least };
        self.greatest = self.greatest.max(other.greatest);
        self.sketch.absorb(&other.sketch);
    }

    fn absorb_moments(&mut self, other: &Self) {
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let (p, q) = (a / n, b / n);
        let delta = other.mean - self.mean;
        let delta2 = delta * delta;
        // δ² n_A n_B / n, which is part of every moment.
        let between = delta2 * (a * q);
        let (mixed2, mixed3) = (other.m2 * p - self.m2 * q, other.m3 * p - self.m3 * q);
        let m4 = self.m4
            + other.m4
            + between * delta2 * (p * p - p * q + q * q)
            + delta2 * (other.m2 * (p * p) + self.m2 * (q * q)) * 6.0
            + delta * mixed3 * 4.0;
        self.m4 = m4.max(Scaled::ZERO);
        self.m3 = self.m3 + other.m3 + between * delta * (p - q) + delta * mixed2 * 3.0;
        self.m2 = self.m2 + other.m2 + between;
        self.mean += delta * q;
    }

    fn absorb_logs(&mut self, other: &Self) {
        let (a, b) = (self.sketch.positive() as f64, other.sketch.positive() as f64);
        if b == 0.0 {
            return;
        }
        let delta = other.log_mean - self.log_mean;
        self.log_m2 += other.log_m2 + delta * delta * (a / (a + b) * b);
        self.log_mean = if a == 0.0 { other.log_mean } else { self.log_mean + delta * (b / (a + b)) };
    }

    /// Draws in which the observable is defined, $N$.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Draws in which it is not.
    pub fn undefined(&self) -> u64 {
        self.undefined
    }

    /// The least and the greatest value; `None` without draws.
    pub fn range(&self) -> Option<(Scaled, Scaled)> {
        (self.count > 0).then_some((self.least, self.greatest))
    }

    /// The histogram of all draws.
    pub fn sketch(&self) -> &Sketch {
        &self.sketch
    }

    /// Mean and variance of $\ln x$ over the positive draws, the variance with divisor one less than their number.
    ///
    /// `None` for fewer than two positive draws.
    pub fn log_moments(&self) -> Option<(f64, f64)> {
        let positive = self.sketch.positive();
        (positive >= 2).then(|| (self.log_mean, self.log_m2 / (positive - 1) as f64))
    }

    /// $M_2/N$, $M_3/N$, $M_4/N$.
    pub(super) fn central_moments(&self) -> [Scaled; 3] {
        let n = Scaled::from(self.count as f64);
        [self.m2 / n, self.m3 / n, self.m4 / n]
    }

    pub(super) fn draws(&self) -> u64 {
        self.count.saturating_add(self.undefined)
    }

    fn check(&self) -> Result<(), StatisticsError> {
        let damaged = |what| Err(StatisticsError::Inconsistent { what });
        if self.count != self.sketch.count() {
            return damaged("an observable has a histogram of another number of draws");
        }
        if self.m2 < Scaled::ZERO || self.m4 < Scaled::ZERO {
            return damaged("a sum of even powers is negative");
        }
        if self.least > self.greatest {
            return damaged("the least value is above the greatest");
        }
        let edges = [(self.least, self.sketch.negative() > 0), (-self.greatest, self.sketch.positive() > 0)];
        if edges.into_iter().any(|(value, beyond_zero)| (value < Scaled::ZERO) != beyond_zero) {
            return damaged("extremes and histogram disagree in sign");
        }
        // |ln x| of an observation is below 2e14, and there are fewer than 1e16 draws. NaN is in no range.
        if self.log_mean.abs() > 1e15 || !(0.0..1e46).contains(&self.log_m2) {
            return damaged("moments of a logarithm are out of range");
        }
        Ok(())
    }
}

/// Mean and sum of squared deviations of the logarithms of the positive values.
fn log_moments(values: &[Scaled]) -> (f64, f64) {
    let mut logs: Vec<f64> = values.iter().filter(|value| value.parts().0 > 0.0).map(|&value| ln(value)).collect();
    let mean = centre(&mut logs);
    (mean, ordered_sum(&logs, |d| d * d))
}

/// The same on every machine, unlike [`Scaled::ln`].
fn ln(value: Scaled) -> f64 {
    let (mantissa, block) = value.parts();
    libm::log(mantissa) + block as f64 * (256.0 * std::f64::consts::LN_2)
}

impl Serialize for Marginal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Marginal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Self::deserialize(deserializer)?;
        read.check().map_err(D::Error::custom)?;
        Ok(read)
    }
}
