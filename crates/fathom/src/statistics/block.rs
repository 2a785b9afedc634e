//! Draws of one block, until they are summarised.

use crate::Scaled;

use super::column::Column;
use super::{Observables, StatisticsError, Summary};

/// Draws in a block: draw $i$ belongs to block $\lfloor i / 256 \rfloor$.
pub const DRAWS_PER_BLOCK: usize = 256;

/// The draws of one block; the same buffer serves one block after the other.
///
/// # Example
/// Two draws of one observable, 1 and 3: mean 2, variance 2.
/// ```
/// use fathom_ntk::{Scaled, statistics::{BlockDraws, Observables}};
/// let mut block = BlockDraws::new(&Observables::new(["theta"])?);
/// block.push(&[Some(Scaled::from(1.0))])?;
/// block.push(&[Some(Scaled::from(3.0))])?;
/// let summary = block.summary()?;
/// let theta = summary.marginal(0)?;
/// assert_eq!(theta.mean().unwrap().value.to_f64(), 2.0);
/// assert_eq!(theta.variance().unwrap().value.to_f64(), 2.0);
/// # Ok::<(), fathom_ntk::statistics::StatisticsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BlockDraws {
    observables: Observables,
    /// One draw a row; NaN where undefined.
    rows: Vec<Scaled>,
}

impl BlockDraws {
    /// An empty block.
    pub fn new(observables: &Observables) -> Self {
        let rows = Vec::with_capacity(DRAWS_PER_BLOCK.saturating_mul(observables.len()));
        Self { observables: observables.clone(), rows }
    }

    /// Adds the next draw.
    ///
    /// An observable that the draw does not define is `None`. So is, for the statistics, what is NaN, infinite, or
    /// outside of about $10^{\pm 10^{14}}$: it is counted as undefined.
    ///
    /// # Errors
    /// [`StatisticsError::DrawLength`], and [`StatisticsError::BlockFull`] after [`DRAWS_PER_BLOCK`] draws.
    pub fn push(&mut self, draw: &[Option<Scaled>]) -> Result<(), StatisticsError> {
        if draw.len() != self.observables.len() {
            return Err(StatisticsError::DrawLength { expected: self.observables.len(), got: draw.len() });
        }
        if self.len() >= DRAWS_PER_BLOCK {
            return Err(StatisticsError::BlockFull { allowed: DRAWS_PER_BLOCK });
        }
        let undefined = Scaled::from(f64::NAN);
        self.rows.extend(draw.iter().map(|value| match value {
            Some(value) if value.is_finite() && value.parts().1.unsigned_abs() <= Column::MAX_BLOCK => *value,
            _ => undefined,
        }));
        Ok(())
    }

    /// Draws it holds.
    pub fn len(&self) -> usize {
        self.rows.len() / self.observables.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets the draws, to begin another block.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Statistics of the draws.
    ///
    /// # Errors
    /// [`StatisticsError::EmptyBlock`].
    ///
    /// # Accuracy and cost
    /// Moments have a relative error of a few $\varepsilon$ times the condition number of the data: for the variance,
    /// the size of the mean over the standard deviation. Some 10 µs for each observable, and 0.1 µs for each joint pair.
    pub fn summary(&self) -> Result<Summary, StatisticsError> {
        if self.is_empty() {
            return Err(StatisticsError::EmptyBlock);
        }
        Ok(Summary::of_block(&self.observables, &self.rows))
    }
}
