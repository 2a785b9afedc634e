//! Quantiles of an observable.

use serde::Serialize;

use crate::Scaled;

use super::cumulative::Cumulative;
use super::{Marginal, StatisticsError};

/// A quantile estimated from draws.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// The estimate.
    pub value: Scaled,
    /// Lower end of the cell in which the sampled quantile certainly lies.
    pub low: Scaled,
    /// Upper end of it.
    pub high: Scaled,
    /// Standard error from the finite number of draws; `None` for the probabilities 0 and 1.
    pub standard_error: Option<Scaled>,
}

impl Marginal {
    /// The quantile of probability $p$: about $p N$ draws lie below it.
    ///
    /// The draw of rank $\lceil p N \rceil$ (the least for $p = 0$) lies in the cell `low..=high` of the [`Sketch`]; within
    /// it, draws count as evenly spread. The standard error is half the distance of the quantiles at
    /// $p \pm \sqrt{p (1 - p)/N}$, which needs no density.
    ///
    /// `None` without draws.
    ///
    /// # Errors
    /// [`StatisticsError::Probability`].
    ///
    /// # Accuracy and cost
    /// The cell is at most 1/128 of the value wide unless the sketch had to be coarsened. $O(\text{cells})$.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::{Scaled, statistics::{BlockDraws, Observables}};
    /// let mut block = BlockDraws::new(&Observables::new(["theta"])?);
    /// for i in 1..=200 {
    ///     block.push(&[Some(Scaled::from(f64::from(i)))])?;
    /// }
    /// let summary = block.summary()?;
    /// let median = summary.marginal(0)?.quantile(0.5)?.unwrap();
    /// assert!((median.value.to_f64() - 100.5).abs() < 100.0 / 128.0);
    /// // sqrt(200 / 4) = 7.07 draws to either side.
    /// assert!((median.standard_error.unwrap().to_f64() - 7.07).abs() < 1.0);
    /// # Ok::<(), fathom_ntk::statistics::StatisticsError>(())
    /// ```
    ///
    /// [`Sketch`]: super::Sketch
    pub fn quantile(&self, probability: f64) -> Result<Option<Quantile>, StatisticsError> {
        if !(0.0..=1.0).contains(&probability) {
            return Err(StatisticsError::Probability { got: probability });
        }
        Ok(Cumulative::new(self).and_then(|cumulative| quantile(&cumulative, probability)))
    }
}

fn quantile(cumulative: &Cumulative, probability: f64) -> Option<Quantile> {
    let total = cumulative.total();
    let (value, cell) = cumulative.value_at(probability * total)?;
    let spread = (probability * (1.0 - probability) * total).sqrt();
    let at = |rank: f64| cumulative.value_at(rank.clamp(0.0, total));
    let (below, _) = at(probability * total - spread)?;
    let (above, _) = at(probability * total + spread)?;
    let standard_error = (spread > 0.0).then(|| (above - below) * 0.5);
    Some(Quantile { value, low: cell.low, high: cell.high, standard_error })
}
