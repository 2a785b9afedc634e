//! The distribution function of a sketch: linear inside each cell.

use crate::Scaled;

use super::Marginal;
use super::sketch::Cell;

/// Occupied cells in ascending order, cut to the range of the draws, with the number of draws below each.
pub(super) struct Cumulative {
    cells: Vec<(Cell, f64)>,
    total: f64,
}

impl Cumulative {
    /// `None` without draws.
    pub(super) fn new(marginal: &Marginal) -> Option<Self> {
        let (least, greatest) = marginal.range()?;
        let (mut cells, mut below) = (Vec::new(), 0.0);
        for cell in marginal.sketch().cells() {
            // Both ends are inside of the range, so that low stays below high whatever the cell.
            let inside = |x: Scaled| {
                if x < least {
                    least
                } else if x > greatest {
                    greatest
                } else {
                    x
                }
            };
            cells.push((Cell { low: inside(cell.low), high: inside(cell.high), count: cell.count }, below));
            below += cell.count as f64;
        }
        Some(Self { cells, total: below })
    }

    pub(super) fn total(&self) -> f64 {
        self.total
    }

    /// The lower end of the first cell above zero.
    pub(super) fn first_positive(&self) -> Option<Scaled> {
        self.cells.iter().map(|(cell, _)| cell.low).find(|&low| low > Scaled::ZERO)
    }

    /// The value below which `rank` draws lie, between 0 and the total, and its cell.
    pub(super) fn value_at(&self, rank: f64) -> Option<(Scaled, Cell)> {
        let place = self.cells.partition_point(|&(_, below)| below < rank).saturating_sub(1);
        let &(cell, below) = self.cells.get(place)?;
        let fraction = ((rank - below) / cell.count as f64).clamp(0.0, 1.0);
        let value = if fraction == 1.0 { cell.high } else { cell.low + (cell.high - cell.low) * fraction };
        Some((value, cell))
    }

    /// The number of draws below a value.
    pub(super) fn rank_of(&self, value: Scaled) -> f64 {
        let place = self.cells.partition_point(|(cell, _)| cell.low < value);
        let Some(&(cell, below)) = place.checked_sub(1).and_then(|place| self.cells.get(place)) else { return 0.0 };
        if value >= cell.high {
            return below + cell.count as f64;
        }
        below + cell.count as f64 * ((value - cell.low) / (cell.high - cell.low)).to_f64()
    }
}
