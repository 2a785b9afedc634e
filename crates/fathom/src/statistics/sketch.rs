//! A histogram of unlimited range and fixed relative resolution, with limited memory.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Scaled;

use super::StatisticsError;

/// Cells in an octave at full resolution, as a number of bits.
const CELL_BITS: u32 = 7;
const CELLS_PER_OCTAVE: i64 = 1 << CELL_BITS;
/// Most cells that a sketch keeps.
pub const MAX_CELLS: usize = 4096;
/// Indices of cells stay below this in size, as observations do below $2^{256 \cdot 2^{40}}$.
const MAX_CELL: u64 = 1 << 56;
/// Draws are counted exactly in `f64`.
pub(super) const MAX_COUNT: u64 = 1 << 53;

/// How many draws fell into which cell of a logarithmic scale.
///
/// Each octave $[2^e, 2^{e + 1})$ has 128 cells of equal width, for either sign; zeros are counted apart. The cell of a
/// number follows from its exponent and its leading bits, so it is the same on every machine. Where more than
/// [`MAX_CELLS`] cells would be occupied, pairs of neighbours are joined everywhere until they are not. The result is a
/// function of the draws, not of their order.
///
/// # Accuracy and cost
/// A cell is at most 1/128 of its lower edge wide, as long as at most 4096 cells are occupied: enough for 32 full octaves.
/// At most 64 KiB.
///
/// # Example
/// ```
/// use fathom_ntk::{Scaled, statistics::{BlockDraws, Observables}};
/// let mut block = BlockDraws::new(&Observables::new(["theta"])?);
/// for value in [1.0, 1.001, -5.0, 0.0] {
///     block.push(&[Some(Scaled::from(value))])?;
/// }
/// let summary = block.summary()?;
/// let sketch = summary.marginal(0)?.sketch();
/// assert_eq!((sketch.negative(), sketch.zero(), sketch.positive()), (1, 1, 2));
/// # Ok::<(), fathom_ntk::statistics::StatisticsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Sketch {
    /// Cells are joined in groups of $2^{\text{coarsening}}$.
    coarsening: u32,
    /// Of the absolute values, ascending.
    negative: Vec<(i64, u64)>,
    zero: u64,
    positive: Vec<(i64, u64)>,
}

/// A cell with its draws.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) low: Scaled,
    pub(super) high: Scaled,
    pub(super) count: u64,
}

impl Sketch {
    pub(super) fn of(values: &[Scaled]) -> Self {
        let (mut negative, mut positive) = (Vec::new(), Vec::with_capacity(values.len()));
        let mut zero = 0;
        for &value in values {
            let (mantissa, _) = value.parts();
            if mantissa > 0.0 {
                positive.push(cell_of(value));
            } else if mantissa < 0.0 {
                negative.push(cell_of(value));
            } else {
                zero += 1;
            }
        }
        Self { coarsening: 0, negative: counted(negative), zero, positive: counted(positive) }
    }

    /// Draws below zero.
    pub fn negative(&self) -> u64 {
        total(&self.negative)
    }

    /// Draws that are exactly zero.
    pub fn zero(&self) -> u64 {
        self.zero
    }

    /// Draws above zero.
    pub fn positive(&self) -> u64 {
        total(&self.positive)
    }

    /// All draws.
    pub fn count(&self) -> u64 {
        self.negative() + self.zero + self.positive()
    }

    /// Cells of full resolution that make one cell of this sketch, as a number of doublings: 0 at full resolution.
    pub fn coarsening(&self) -> u32 {
        self.coarsening
    }

    pub(super) fn absorb(&mut self, other: &Self) {
        let coarsening = self.coarsening.max(other.coarsening);
        self.coarsen_to(coarsening);
        let steps = coarsening - other.coarsening;
        self.negative = joined(&self.negative, &coarsened(&other.negative, steps));
        self.positive = joined(&self.positive, &coarsened(&other.positive, steps));
        self.zero += other.zero;
        while self.negative.len() + self.positive.len() > MAX_CELLS {
            self.coarsen_to(self.coarsening + 1);
        }
    }

    fn coarsen_to(&mut self, coarsening: u32) {
        let steps = coarsening - self.coarsening;
        if steps > 0 {
            self.negative = coarsened(&self.negative, steps);
            self.positive = coarsened(&self.positive, steps);
            self.coarsening = coarsening;
        }
    }

    /// Occupied cells from the lowest to the highest.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell> {
        let edges = |cell: i64| (edge(cell << self.coarsening), edge((cell + 1) << self.coarsening));
        let negative = self.negative.iter().rev().map(move |&(cell, count)| {
            let (low, high) = edges(cell);
            Cell { low: -high, high: -low, count }
        });
        let zero = (self.zero > 0).then_some(Cell { low: Scaled::ZERO, high: Scaled::ZERO, count: self.zero });
        let positive = self.positive.iter().map(move |&(cell, count)| {
            let (low, high) = edges(cell);
            Cell { low, high, count }
        });
        negative.chain(zero).chain(positive)
    }

    fn check(&self) -> Result<(), StatisticsError> {
        let damaged = |what| Err(StatisticsError::Inconsistent { what });
        if self.coarsening > 60 || self.negative.len() + self.positive.len() > MAX_CELLS {
            return damaged("a histogram is too large");
        }
        let mut count = self.zero;
        for cells in [&self.negative, &self.positive] {
            if cells.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
                return damaged("cells of a histogram are not ascending");
            }
            // The coarsest index of an allowed cell; rounding is downwards.
            if cells.iter().any(|&(cell, _)| cell.unsigned_abs() > (MAX_CELL >> self.coarsening) + 1) {
                return damaged("a cell of a histogram is out of range");
            }
            for &(_, more) in cells {
                match count.checked_add(more) {
                    Some(sum) if more > 0 => count = sum,
                    _ => return damaged("a count of a histogram is out of range"),
                }
            }
        }
        if count > MAX_COUNT {
            return damaged("a count of a histogram is out of range");
        }
        Ok(())
    }
}

/// The cell of a number that is not zero, by its size.
fn cell_of(value: Scaled) -> i64 {
    let (mantissa, block) = value.parts();
    // Exponent and leading bits of the fraction, read as one integer, count cells from 2^-1023.
    let cell = (mantissa.abs().to_bits() >> (52 - CELL_BITS)) as i64;
    cell + (256 * block - 1023) * CELLS_PER_OCTAVE
}

/// The lower edge of a cell.
fn edge(cell: i64) -> Scaled {
    let exponent = cell.div_euclid(CELLS_PER_OCTAVE);
    let fraction = cell.rem_euclid(CELLS_PER_OCTAVE) as f64 / CELLS_PER_OCTAVE as f64;
    let block = (exponent + 128).div_euclid(256);
    let power = 2.0_f64.powi((exponent - 256 * block) as i32);
    Scaled::from_parts((1.0 + fraction) * power, block).unwrap_or(Scaled::ZERO)
}

fn counted(mut cells: Vec<i64>) -> Vec<(i64, u64)> {
    cells.sort_unstable();
    cells.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect()
}

fn total(cells: &[(i64, u64)]) -> u64 {
    cells.iter().map(|&(_, count)| count).sum()
}

/// Each cell becomes the one that contains it, $2^{\text{steps}}$ times as wide.
fn coarsened(cells: &[(i64, u64)], steps: u32) -> Vec<(i64, u64)> {
    let by = |&(cell, _): &(i64, u64)| cell >> steps;
    cells.chunk_by(|a, b| by(a) == by(b)).map(|run| (by(&run[0]), total(run))).collect()
}

/// Both counts, cell by cell.
fn joined(a: &[(i64, u64)], b: &[(i64, u64)]) -> Vec<(i64, u64)> {
    let mut cells = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(&(i, x)), Some(&(j, y))) if i == j => {
                a.next();
                b.next();
                (i, x + y)
            }
            (Some(&x), Some(&y)) if x.0 < y.0 => {
                a.next();
                x
            }
            (_, Some(&y)) => {
                b.next();
                y
            }
            (Some(&x), None) => {
                a.next();
                x
            }
            (None, None) => return cells,
        };
        cells.push(next);
    }
}

impl Serialize for Sketch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Self::deserialize(deserializer)?;
        read.check().map_err(D::Error::custom)?;
        Ok(read)
    }
}
