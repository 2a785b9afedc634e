//! Eigenvalues of the empirical NTK.

use serde::Serialize;

use crate::analysis::Available;
use crate::linalg::symmetric_eigenvalues;
use crate::network::EmpiricalKernel;

/// Most rows of a matrix whose eigenvalues are computed.
pub const SPECTRUM_LIMIT: usize = 2048;

/// Eigenvalues of one symmetric matrix of a kernel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spectrum {
    /// $\lambda_{\max}$.
    pub largest: f64,
    /// $\lambda_{\min}$; rounding may make it negative.
    pub smallest: f64,
    /// $\lambda_{\max}/\lambda_{\min}$; `None` if $\lambda_{\min}$ is not above `resolution`.
    pub condition: Option<f64>,
    /// $(\sum_i \lambda_i)^2 / \sum_i \lambda_i^2$: how many directions share the kernel; 0 for a kernel of zeros.
    pub effective_rank: f64,
    /// Eigenvalues above `resolution`.
    pub rank: usize,
    /// $n\,\varepsilon\,\lambda_{\max}$ with the ε of the precision used: what rounding does to the eigenvalues.
    pub resolution: f64,
    /// All of them, ascending.
    pub eigenvalues: Vec<f64>,
}

/// The spectrum of each matrix of a square kernel.
pub(super) fn spectra(kernel: &EmpiricalKernel, epsilon: f64) -> Available<Vec<Spectrum>> {
    let n = kernel.rows();
    if n > SPECTRUM_LIMIT {
        let reason = format!("eigenvalues are computed up to {SPECTRUM_LIMIT} rows, and the kernel has {n}");
        return Available::no(&reason);
    }
    let spectrum = |matrix: &Vec<f64>| {
        let eigenvalues = symmetric_eigenvalues(n, |i, j| matrix[i * n + j])?;
        Some(Spectrum::new(eigenvalues, epsilon))
    };
    match kernel.matrices().iter().map(spectrum).collect() {
        Some(spectra) => Available::Yes(spectra),
        None => Available::no("the iteration for the eigenvalues does not converge"),
    }
}

impl Spectrum {
    /// From ascending eigenvalues.
    fn new(eigenvalues: Vec<f64>, epsilon: f64) -> Self {
        let smallest = eigenvalues.first().copied().unwrap_or(0.0);
        let largest = eigenvalues.last().copied().unwrap_or(0.0);
        let unit = largest.abs().max(smallest.abs());
        let resolution = eigenvalues.len() as f64 * epsilon * unit;
        let sum: f64 = eigenvalues.iter().map(|x| x / unit).sum();
        let squares: f64 = eigenvalues.iter().map(|x| (x / unit).powi(2)).sum();
        Self {
            largest,
            smallest,
            condition: (smallest > resolution).then_some(largest / smallest),
            effective_rank: if unit > 0.0 { sum * sum / squares } else { 0.0 },
            rank: eigenvalues.iter().filter(|x| **x > resolution).count(),
            resolution,
            eigenvalues,
        }
    }
}
