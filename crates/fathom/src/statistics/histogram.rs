//! Histograms for display.

use serde::Serialize;

use crate::Scaled;

use super::cumulative::Cumulative;
use super::{Marginal, StatisticsError};

/// Most bins of a histogram.
const MAX_BINS: usize = 10_000;

/// How the bins of a histogram divide its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistogramScale {
    /// Into equal differences.
    Linear,
    /// Into equal ratios, over the positive draws.
    Logarithmic,
}

/// One bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HistogramBin {
    /// Lower edge.
    pub low: Scaled,
    /// Upper edge.
    pub high: Scaled,
    /// Draws in it; not whole where an edge divides a cell of the sketch.
    pub count: f64,
}

/// A histogram over the range of the draws.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// Bins from the lowest to the highest, without gaps.
    pub bins: Vec<HistogramBin>,
    /// Draws that no bin has: those that are not positive, on a logarithmic scale.
    pub outside: u64,
}

impl Marginal {
    /// The draws in bins of equal width, or of equal width of the logarithm.
    ///
    /// Cells of the [`Sketch`](super::Sketch) that an edge divides count in parts on both sides. Draws that are all
    /// equal have one bin. `None` if there is nothing to show: no draws, or no positive ones on a logarithmic scale.
    ///
    /// # Errors
    /// [`StatisticsError::Bins`].
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::{Scaled, statistics::{BlockDraws, HistogramScale, Observables}};
    /// let mut block = BlockDraws::new(&Observables::new(["theta"])?);
    /// for value in [0.0, 1.0, 3.0, 9.0, 16.0] {
    ///     block.push(&[Some(Scaled::from(value))])?;
    /// }
    /// let summary = block.summary()?;
    /// let shown = summary.marginal(0)?.histogram(2, HistogramScale::Logarithmic)?.unwrap();
    /// assert_eq!(shown.bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [2.0, 2.0]);
    /// assert_eq!((shown.bins[0].high.to_f64(), shown.outside), (4.0, 1));
    /// # Ok::<(), fathom_ntk::statistics::StatisticsError>(())
    /// ```
    pub fn histogram(&self, bins: usize, scale: HistogramScale) -> Result<Option<Histogram>, StatisticsError> {
        if bins == 0 || bins > MAX_BINS {
            return Err(StatisticsError::Bins { allowed: MAX_BINS, got: bins });
        }
        let (Some((least, greatest)), Some(cumulative)) = (self.range(), Cumulative::new(self)) else {
            return Ok(None);
        };
        let outside = match scale {
            HistogramScale::Linear => 0,
            HistogramScale::Logarithmic => self.count() - self.sketch().positive(),
        };
        let low = match scale {
            HistogramScale::Linear => least,
            HistogramScale::Logarithmic if outside == self.count() => return Ok(None),
            // The lower end of the lowest positive cell, which is the least draw if that is positive.
            HistogramScale::Logarithmic => cumulative.first_positive().unwrap_or(greatest),
        };
        let bins = if low == greatest { 1 } else { bins };
        let edges: Vec<Scaled> = (0..=bins)
            .map(|k| match (k, scale) {
                (0, _) => low,
                (k, _) if k == bins => greatest,
                (k, HistogramScale::Linear) => low + (greatest - low) * (k as f64 / bins as f64),
                (k, HistogramScale::Logarithmic) => low * Scaled::exp((greatest / low).ln() * (k as f64 / bins as f64)),
            })
            .collect();
        Ok(Some(Histogram { bins: counted(&cumulative, &edges, outside as f64), outside }))
    }
}

/// Draws between edges, of those above the first `outside`; the last bin includes its upper edge.
fn counted(cumulative: &Cumulative, edges: &[Scaled], outside: f64) -> Vec<HistogramBin> {
    let mut below = outside;
    let bins = edges.windows(2).enumerate().map(|(index, pair)| {
        let is_last = index + 2 == edges.len();
        let rank = if is_last { cumulative.total() } else { cumulative.rank_of(pair[1]).max(below) };
        let count = rank - below;
        below = rank;
        HistogramBin { low: pair[0], high: pair[1], count }
    });
    bins.collect()
}
