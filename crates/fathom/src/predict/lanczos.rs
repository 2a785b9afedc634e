//! The largest eigenvalue of a matrix that is only multiplied with.

use super::PredictError;
use super::direct::dot;
use crate::linalg::symmetric_eigen;

/// Most products.
const STEPS: usize = 60;
/// The eigenvector is known to this; the error of the eigenvalue is its square.
const ENOUGH: f64 = 1e-8;

/// The largest eigenvalue of a symmetric matrix of $n$ rows, by Lanczos's iteration from a vector that is not orthogonal to
/// its eigenvector; all vectors are kept orthogonal to each other.
///
/// A lower bound, relative error $10^{-15}$ or so unless the next eigenvalue is very close, which makes it no worse.
/// Source: Golub & Van Loan (2013), Matrix Computations, §10.3.
pub(super) fn largest_eigenvalue(
    start: Vec<f64>,
    apply: impl Fn(&[f64]) -> Result<Vec<f64>, PredictError>,
) -> Result<f64, PredictError> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
    let mut next = start;
    let mut value = 0.0;
    let mut length = dot(&next, &next).sqrt();
    while basis.len() < STEPS.min(next.len()) && length > 0.0 {
        next.iter_mut().for_each(|v| *v /= length);
        basis.push(next);
        let last = &basis[basis.len() - 1];
        next = apply(last)?;
        diagonal.push(dot(last, &next));
        for _ in 0..2 {
            for known in &basis {
                let along = dot(known, &next);
                next.iter_mut().zip(known).for_each(|(v, k)| *v -= along * k);
            }
        }
        length = dot(&next, &next).sqrt();
        let k = diagonal.len();
        let entry = |i: usize, j: usize| match i - j {
            0 => diagonal[i],
            1 => beside[j],
            _ => 0.0,
        };
        let Some(eigen) = symmetric_eigen(k, entry) else { return Err(PredictError::Eigenvalues) };
        value = eigen.values[k - 1];
        if length * eigen.vectors[k * k - 1].abs() <= ENOUGH * value.abs() {
            break;
        }
        beside.push(length);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Second differences, the hardest case: the largest of their eigenvalues $2 - 2\cos(k\pi/(n + 1))$ are close.
    #[test]
    fn the_largest_eigenvalue_of_second_differences() {
        let n = 50;
        let apply = |v: &[f64]| {
            let at = |i: usize| v.get(i).copied().unwrap_or(0.0);
            Ok((0..n).map(|i| 2.0 * v[i] - at(i.wrapping_sub(1)) - at(i + 1)).collect())
        };
        let start = (0..n).map(|i| if i % 2 == 0 { 1.0 } else { -0.9 }).collect();
        let want = 2.0 + 2.0 * (std::f64::consts::PI / (n as f64 + 1.0)).cos();
        assert!((largest_eigenvalue(start, apply).unwrap() - want).abs() < 1e-13);
        assert_eq!(largest_eigenvalue(vec![0.0; 3], |v| Ok(v.to_vec())).unwrap(), 0.0);
        assert_eq!(largest_eigenvalue(vec![0.0, 2.0], |v| Ok(vec![v[0], 3.0 * v[1]])).unwrap(), 3.0);
    }
}
