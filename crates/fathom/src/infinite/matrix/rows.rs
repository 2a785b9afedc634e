//! The inputs, scaled so that nothing over- or underflows.

use rayon::prelude::*;

use super::MatrixError;
use crate::Scaled;
use crate::infinite::input::{Direction, gaps};
use crate::infinite::{InputError, PairInput};

/// Rows of a data matrix, each times a power of two, and their norms.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    features: usize,
    /// Row after row, the largest entry of each in [1, 2); zero rows stay.
    entries: Vec<f64>,
    /// Powers of two that they were divided by.
    exponents: Vec<i32>,
    /// Squared norms of these rows.
    squares: Vec<f64>,
    /// $|x|^2/n_0$ of the inputs as they were given.
    mean_squares: Vec<f64>,
    /// $|x|/\sqrt{n_0}$.
    norms: Vec<Scaled>,
    /// One over the norm of the scaled row; 0 for zero rows.
    inverse_norms: Vec<f64>,
}

impl Rows {
    /// Checks and scales the rows of `values`.
    pub fn new(values: &[f64], features: usize, second: bool) -> Result<Self, MatrixError> {
        if features == 0 || values.is_empty() || !values.len().is_multiple_of(features) {
            return Err(MatrixError::Shape { features, got: values.len() });
        }
        let count = values.len() / features;
        let read = |(row, x): (usize, &[f64])| {
            let direction = checked(x).map_err(|source| MatrixError::Input { second, row, source })?;
            Ok(direction.unwrap_or(Direction { entries: x.to_vec(), exponent: 0, square: 0.0 }))
        };
        let directions: Result<Vec<Direction>, MatrixError> =
            values.par_chunks_exact(features).enumerate().map(read).collect();
        let mut rows = Self {
            features,
            entries: Vec::with_capacity(values.len()),
            exponents: Vec::with_capacity(count),
            squares: Vec::with_capacity(count),
            mean_squares: Vec::with_capacity(count),
            norms: Vec::with_capacity(count),
            inverse_norms: Vec::with_capacity(count),
        };
        for direction in directions? {
            let norm = Scaled::from((direction.square / features as f64).sqrt());
            rows.norms.push(norm.times_power_of_two(direction.exponent.into()));
            rows.squares.push(direction.square);
            rows.mean_squares.push(direction.mean_square());
            rows.inverse_norms.push(if direction.square == 0.0 { 0.0 } else { direction.square.sqrt().recip() });
            rows.exponents.push(direction.exponent);
            rows.entries.extend(direction.entries);
        }
        Ok(rows)
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.squares.len()
    }

    pub fn features(&self) -> usize {
        self.features
    }

    /// The scaled rows.
    pub fn entries(&self) -> &[f64] {
        &self.entries
    }

    /// $|x|^2/n_0$ of each input.
    pub fn mean_squares(&self) -> &[f64] {
        &self.mean_squares
    }

    /// $|x|/\sqrt{n_0}$ of each input.
    pub fn norms(&self) -> &[Scaled] {
        &self.norms
    }

    /// Squared norms of the scaled rows.
    pub fn squares(&self) -> &[f64] {
        &self.squares
    }

    /// One over the norm of each scaled row.
    pub fn inverse_norms(&self) -> &[f64] {
        &self.inverse_norms
    }

    /// $1 - c$ and $1 + c$ of row `i` and row `j` of `other`, from the difference of the vectors.
    pub fn gaps(&self, i: usize, other: &Self, j: usize) -> (f64, f64) {
        if self.squares[i] == 0.0 || other.squares[j] == 0.0 {
            return (1.0, 1.0);
        }
        gaps((self.row(i), self.squares[i]), (other.row(j), other.squares[j]))
    }

    /// A scaled row, and the power of two that it was divided by.
    pub fn scaled_row(&self, i: usize) -> (&[f64], i64) {
        (self.row(i), self.exponents[i].into())
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.entries[i * self.features..][..self.features]
    }
}

/// The direction of an input (`None` for zero), if the input and its norm are numbers.
fn checked(x: &[f64]) -> Result<Option<Direction>, InputError> {
    if let Some(position) = x.iter().position(|v| !v.is_finite()) {
        return Err(InputError::NotFinite { position, got: x[position] });
    }
    let direction = Direction::of(x);
    if let Some(direction) = &direction {
        let mean_square = direction.mean_square();
        PairInput::from_gap(mean_square, mean_square, 0.0)?;
    }
    Ok(direction)
}
