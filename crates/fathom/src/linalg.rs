//! The one door to the linear algebra library.

use faer::{Mat, Side};

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
