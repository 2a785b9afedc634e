//! Eigenvectors of symmetric matrices.

use faer::{Mat, Side};

/// Eigenvalues, ascending, and eigenvectors of a symmetric matrix.
pub(crate) struct Eigen {
    /// $\lambda_1 \le \lambda_2 \le \dots$.
    pub values: Vec<f64>,
    /// The vectors: component $i$ of vector $k$ at `vectors[i n + k]`.
    pub vectors: Vec<f64>,
}

/// Eigenvalues and eigenvectors; `None` if the iteration does not converge or an entry is not finite.
///
/// Sequential, so that the same matrix gives the same bits whatever the number of threads.
///
/// # Arguments
/// * `n`: rows.
/// * `entry`: the entry $(i, j)$ for $i \ge j$.
pub(crate) fn symmetric_eigen(n: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Eigen> {
    if n == 0 {
        return Some(Eigen { values: Vec::new(), vectors: Vec::new() });
    }
    let matrix = Mat::from_fn(n, n, |i, j| if i >= j { entry(i, j) } else { 0.0 });
    if !(0..n).all(|j| (j..n).all(|i| matrix[(i, j)].is_finite())) {
        return None;
    }
    let eigen = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    let unsorted: Vec<f64> = (0..n).map(|k| eigen.S()[k]).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| unsorted[a].total_cmp(&unsorted[b]));
    let mut vectors = Vec::with_capacity(n * n);
    for i in 0..n {
        vectors.extend(order.iter().map(|&k| eigen.U()[(i, k)]));
    }
    Some(Eigen { values: order.iter().map(|&k| unsorted[k]).collect(), vectors })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second difference matrix has eigenvalues $2 - 2\cos(k\pi/(n + 1))$.
    #[test]
    fn eigenvalues_and_vectors_of_second_differences() {
        let n = 60;
        let entry = |i: usize, j: usize| match i - j {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        };
        let eigen = symmetric_eigen(n, entry).unwrap();
        for (k, value) in eigen.values.iter().enumerate() {
            let angle = (k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-13);
            let ratio = eigen.vectors[n + k] / eigen.vectors[k];
            assert!((ratio - (2.0 * angle).sin() / angle.sin()).abs() < 1e-10, "{k}");
        }
        assert!(symmetric_eigen(2, |_, _| f64::NAN).is_none());
        assert!(symmetric_eigen(0, |_, _| f64::NAN).is_some_and(|eigen| eigen.values.is_empty()));
    }
}
