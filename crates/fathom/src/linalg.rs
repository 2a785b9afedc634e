//! The one door to the linear algebra library.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};

/// Eigenvalues of a symmetric matrix, ascending; `None` if the iteration does not converge or an entry is not finite.
///
/// Sequential, so that the same matrix gives the same bits whatever the number of threads.
///
/// # Arguments
/// * `n`: rows.
/// * `entry`: the entry $(i, j)$ for $i \ge j$.
pub(crate) fn symmetric_eigenvalues(n: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Vec<f64>> {
    let matrix = Mat::from_fn(n, n, |i, j| if i >= j { entry(i, j) } else { 0.0 });
    if !(0..n).all(|j| (j..n).all(|i| matrix[(i, j)].is_finite())) {
        return None;
    }
    let mut values = matrix.self_adjoint_eigenvalues(Side::Lower).ok()?;
    values.sort_by(f64::total_cmp);
    Some(values)
}

mod reflectors;

pub(crate) use reflectors::Reflectors;

/// A column-major matrix in a slice; columns may be further apart than they are long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    matrix: MatRef<'a, f64>,
}

impl<'a> View<'a> {
    /// `rows × cols` entries, the columns `rows` apart.
    pub(crate) fn new(values: &'a [f64], rows: usize, cols: usize) -> Self {
        Self { matrix: MatRef::from_column_major_slice(&values[..rows * cols], rows, cols) }
    }

    /// The first `rows` rows of each column of `stride` entries.
    pub(crate) fn upper(values: &'a [f64], stride: usize, rows: usize, cols: usize) -> Self {
        Self { matrix: MatRef::from_column_major_slice(&values[..stride * cols], stride, cols).subrows(0, rows) }
    }

    /// $A^\top$.
    pub(crate) fn transpose(self) -> Self {
        Self { matrix: self.matrix.transpose() }
    }
}

/// $A B$, sequential, into rows `first..` of columns of `stride` entries.
pub(crate) fn product(a: View<'_>, b: View<'_>, out: &mut [f64], stride: usize, first: usize) {
    let (rows, cols) = (a.matrix.nrows(), b.matrix.ncols());
    let out = MatMut::from_column_major_slice_mut(&mut out[..stride * cols], stride, cols);
    matmul(out.subrows_mut(first, rows), Accum::Replace, a.matrix, b.matrix, 1.0, Par::Seq);
}
