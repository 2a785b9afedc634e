//! Two inputs, as the recursion needs them.

use crate::activation::{Covariance, CovarianceError};

/// Why two inputs do not form a pair.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// Inputs of different length, or none.
    #[error("two inputs must have the same number of features, at least one; got {left} and {right}")]
    Length {
        /// Features of the first.
        left: usize,
        /// Features of the second.
        right: usize,
    },
    /// A feature that is NaN or infinite.
    #[error("every feature must be finite, got {got} at position {position} (counted from 0)")]
    NotFinite {
        /// Which feature.
        position: usize,
        /// Its value.
        got: f64,
    },
    /// Norms or inner product that no two inputs have.
    #[error("not the inner products of two inputs: {0}")]
    Inner(#[from] CovarianceError),
}

/// Norms and correlation of two inputs: $|x|^2/n_0$, $|x'|^2/n_0$, and the gap $1 - \cos\angle(x, x')$.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairInput(pub(super) Covariance);

impl PairInput {
    /// From the vectors themselves.
    ///
    /// # Errors
    /// [`InputError`] for different lengths, no features, or features that are not finite.
    ///
    /// # Accuracy
    /// The gap is $\frac12 |x/|x| - x'/|x'||^2$, from the difference of the normalised vectors: near-duplicates keep
    /// their digits. (Where the angle is obtuse, the cogap is formed likewise from the sum.)
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::infinite::PairInput;
    /// let pair = PairInput::from_vectors(&[1.0, 0.0], &[1.0, 1e-9])?;
    /// assert!((pair.gap() / 5e-19 - 1.0).abs() < 1e-9);
    /// # Ok::<(), fathom_ntk::infinite::InputError>(())
    /// ```
    pub fn from_vectors(x: &[f64], y: &[f64]) -> Result<Self, InputError> {
        if x.len() != y.len() || x.is_empty() {
            return Err(InputError::Length { left: x.len(), right: y.len() });
        }
        for vector in [x, y] {
            if let Some(position) = vector.iter().position(|v| !v.is_finite()) {
                return Err(InputError::NotFinite { position, got: vector[position] });
            }
        }
        let n = x.len() as f64;
        let (largest_x, largest_y) = (largest(x), largest(y));
        if largest_x == 0.0 || largest_y == 0.0 {
            return Self::from_gap(mean_square(x), mean_square(y), 1.0);
        }
        // Scaled to their largest entries so that no square over- or underflows.
        let norm = |v: &[f64], l: f64| v.iter().map(|a| (a / l) * (a / l)).sum::<f64>().sqrt() * l;
        let (a, b) = (norm(x, largest_x), norm(y, largest_y));
        let pairs = || x.iter().zip(y).map(|(p, q)| (p / a, q / b));
        let gap = 0.5 * pairs().map(|(p, q)| (p - q) * (p - q)).sum::<f64>();
        let cogap = 0.5 * pairs().map(|(p, q)| (p + q) * (p + q)).sum::<f64>();
        let (gap, cogap) = if gap <= cogap { (gap, 2.0 - gap) } else { (2.0 - cogap, cogap) };
        Ok(Self(Covariance::from_gaps(a * a / n, b * b / n, gap, cogap)?))
    }

    /// From $|x|^2/n_0$, $|x'|^2/n_0$ and $x^\top x'/n_0$.
    ///
    /// # Errors
    /// [`InputError::Inner`] for negative or non-finite norms and for $|x^\top x'|$ above $|x||x'|$.
    pub fn from_inner_products(xx: f64, yy: f64, xy: f64) -> Result<Self, InputError> {
        Ok(Self(Covariance::new(xx, yy, xy)?))
    }

    /// From $|x|^2/n_0$, $|x'|^2/n_0$ and the gap $1 - \cos\angle(x, x') \in [0, 2]$.
    ///
    /// # Errors
    /// [`InputError::Inner`] for negative or non-finite norms and gaps outside [0, 2].
    pub fn from_gap(xx: f64, yy: f64, gap: f64) -> Result<Self, InputError> {
        Ok(Self(Covariance::from_gap(xx, yy, gap)?))
    }

    /// The same with both $1 - \cos$ and $1 + \cos$, for inputs that are nearly opposite.
    ///
    /// # Errors
    /// As [`Self::from_gap`]; the two must add up to 2.
    pub fn from_gaps(xx: f64, yy: f64, gap: f64, cogap: f64) -> Result<Self, InputError> {
        Ok(Self(Covariance::from_gaps(xx, yy, gap, cogap)?))
    }

    /// $|x|^2/n_0$ and $|x'|^2/n_0$.
    pub fn mean_squares(&self) -> [f64; 2] {
        [self.0.q1(), self.0.q2()]
    }

    /// $1 - \cos\angle(x, x')$.
    pub fn gap(&self) -> f64 {
        self.0.gap()
    }
}

fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m, a| m.max(a.abs()))
}

fn mean_square(v: &[f64]) -> f64 {
    v.iter().map(|a| a * a).sum::<f64>() / v.len() as f64
}
