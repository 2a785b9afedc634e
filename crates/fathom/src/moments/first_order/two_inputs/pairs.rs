//! Quantities indexed by inputs 0 and 1 and by pairs of them.

use crate::Scaled;

/// One number for each pair of inputs, in the order (0,0), (0,1), (1,1).
pub(super) type ByPair = [Scaled; 3];
/// One number for each pair of pairs.
pub(super) type Matrix = [[Scaled; 3]; 3];

/// The inputs of each pair.
pub(super) const PAIRS: [(usize, usize); 3] = [(0, 0), (0, 1), (1, 1)];

/// The place of a pair of inputs, in either order.
pub(super) fn pair(a: usize, b: usize) -> usize {
    a + b
}

/// A tensor with four input indices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tensor([Scaled; 16]);

impl Tensor {
    pub(super) const ZERO: Self = Self([Scaled::ZERO; 16]);

    /// The tensor with these entries.
    pub(super) fn from_fn(entry: impl Fn(usize, usize, usize, usize) -> Scaled) -> Self {
        Self(std::array::from_fn(|i| entry(i >> 3, (i >> 2) & 1, (i >> 1) & 1, i & 1)))
    }

    pub(super) fn at(&self, a: usize, b: usize, c: usize, d: usize) -> Scaled {
        self.0[8 * a + 4 * b + 2 * c + d]
    }

    pub(super) fn is_finite(&self) -> bool {
        self.0.iter().all(|x| x.is_finite())
    }
}

/// The matrix with these entries.
pub(super) fn matrix(entry: impl Fn(usize, usize) -> Scaled) -> Matrix {
    std::array::from_fn(|p| std::array::from_fn(|q| entry(p, q)))
}

/// $A B$.
pub(super) fn product(a: &Matrix, b: &Matrix) -> Matrix {
    matrix(|p, q| dot(&a[p], &[b[0][q], b[1][q], b[2][q]]))
}

/// $A B^\top$.
pub(super) fn product_transposed(a: &Matrix, b: &Matrix) -> Matrix {
    matrix(|p, q| dot(&a[p], &b[q]))
}

/// $A x$.
pub(super) fn apply(a: &Matrix, x: &ByPair) -> ByPair {
    std::array::from_fn(|p| dot(&a[p], x))
}

pub(super) fn dot(a: &ByPair, b: &ByPair) -> Scaled {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Every entry times a number.
pub(super) fn scaled(a: &Matrix, factor: f64) -> Matrix {
    a.map(|row| row.map(|x| x * factor))
}
