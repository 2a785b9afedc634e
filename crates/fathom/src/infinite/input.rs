//! Two inputs, as the recursion needs them.

use pulp::{Arch, NullaryFnOnce};

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
    /// From the part of one input perpendicular to the other, projected twice, with
    /// $1 - \cos\theta = \sin^2\theta/(1 + \cos\theta)$: near-duplicates and nearly opposite inputs keep the digits
    /// that their features determine, down to noise of the size of rounding. Duplicates have gap 0.
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
        let (Some(x), Some(y)) = (Direction::of(x), Direction::of(y)) else {
            return Self::from_gap(mean_square(x), mean_square(y), 1.0);
        };
        let (gap, cogap) = gaps((&x.entries, x.square), (&y.entries, y.square));
        Ok(Self(Covariance::from_gaps(x.mean_square(), y.mean_square(), gap, cogap)?))
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

    /// The same from numbers known to be right.
    pub(super) fn from_known(xx: f64, yy: f64, gap: f64, cogap: f64) -> Self {
        Self(Covariance::unchecked(xx, yy, gap, cogap))
    }

    /// $|x|^2/n_0$ and $|x'|^2/n_0$.
    pub fn mean_squares(&self) -> [f64; 2] {
        [self.0.q1(), self.0.q2()]
    }

    /// $x^\top x'/n_0$.
    pub fn inner_product(&self) -> f64 {
        self.0.k()
    }

    /// $1 - \cos\angle(x, x')$.
    pub fn gap(&self) -> f64 {
        self.0.gap()
    }
}

/// A vector $2^e v$ with the largest entry of $v$ in [1, 2), so that no square over- or underflows.
pub(super) struct Direction {
    /// $v$.
    pub entries: Vec<f64>,
    /// $e$.
    pub exponent: i32,
    /// $|v|^2$.
    pub square: f64,
}

impl Direction {
    /// `None` for the zero vector.
    pub fn of(vector: &[f64]) -> Option<Self> {
        let largest = vector.iter().fold(0.0_f64, |m, a| m.max(a.abs()));
        if largest == 0.0 {
            return None;
        }
        let exponent = libm::ilogb(largest);
        // Two factors, of which each is a number: exact, since no entry that counts leaves the range.
        let (first, second) = (libm::scalbn(1.0, -exponent / 2), libm::scalbn(1.0, -(exponent - exponent / 2)));
        let entries: Vec<f64> = vector.iter().map(|a| a * first * second).collect();
        let square = entries.iter().map(|a| a * a).sum();
        Some(Self { entries, exponent, square })
    }

    /// The mean square of the vector, $2^{2e}$ included.
    pub fn mean_square(&self) -> f64 {
        libm::scalbn(self.square / self.entries.len() as f64, 2 * self.exponent)
    }
}

/// $1 - \cos$ and $1 + \cos$ of the angle between two vectors with entries of order one, each given with its squared norm;
/// the same in either order.
pub(super) fn gaps(x: (&[f64], f64), y: (&[f64], f64)) -> (f64, f64) {
    let x_is_base = match x.1.total_cmp(&y.1) {
        std::cmp::Ordering::Equal => x.0 >= y.0,
        order => order.is_gt(),
    };
    let (base, other) = if x_is_base { (x, y) } else { (y, x) };
    Arch::new().dispatch(Gaps { base, other })
}

/// A struct, because the fused operations below are inlined into its method only.
struct Gaps<'a> {
    base: (&'a [f64], f64),
    other: (&'a [f64], f64),
}

impl NullaryFnOnce for Gaps<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn call(self) -> (f64, f64) {
        let ((base, base_sq), (other, other_sq)) = (self.base, self.other);
        let pairs = || base.iter().zip(other);
        let along = pairs().map(|(a, b)| a * b).sum::<f64>() / base_sq;
        // What the rounding of `along` left along the base would be all there is of a tiny angle.
        let left = pairs().map(|(a, b)| a * (-along).mul_add(*a, *b)).sum::<f64>() / base_sq;
        let rest = pairs().map(|(a, b)| (-left).mul_add(*a, (-along).mul_add(*a, *b)));
        let sine_sq = rest.map(|r| r * r).sum::<f64>() / other_sq;
        let cosine = (along * (base_sq / other_sq).sqrt()).clamp(-1.0, 1.0);
        let small = (sine_sq / (1.0 + cosine.abs())).min(1.0);
        if cosine >= 0.0 { (small, 2.0 - small) } else { (2.0 - small, small) }
    }
}

fn mean_square(v: &[f64]) -> f64 {
    v.iter().map(|a| a * a).sum::<f64>() / v.len() as f64
}
