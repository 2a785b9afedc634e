//! How much memory predictions take.

use super::{Covariance, Method, PredictOptions};

/// Eigenvectors take their matrix, its reduction and themselves.
const EIGEN_COPIES: u64 = 4;

/// Whether the kernel is factorized in its own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    None,
    One,
}

/// Bytes that [`predict`](super::predict) takes beside the kernels of $n$ training and $m$ test inputs.
///
/// # Example
/// ```
/// use fathom_ntk::predict::{PredictOptions, memory_needed};
/// // One matrix of 10,000², and 1,000 predictions of ten outputs.
/// let bytes = memory_needed(10_000, 1_000, 10, &PredictOptions::default());
/// assert!((bytes as f64 / 8e8 - 1.0).abs() < 0.01);
/// ```
pub fn memory_needed(n: usize, m: usize, outputs: usize, options: &PredictOptions) -> u64 {
    bytes_beside(n, m, outputs, options, Copies::One)
}

/// Bytes that [`predict_owned`](super::predict_owned) takes together with its kernels.
///
/// # Example
/// ```
/// use fathom_ntk::predict::{PredictOptions, memory_in_all};
/// // One matrix of 10,000², and 1,000 rows more for the test inputs.
/// let bytes = memory_in_all(10_000, 1_000, 10, &PredictOptions::default());
/// assert!((bytes as f64 / 8.8e8 - 1.0).abs() < 0.01);
/// ```
pub fn memory_in_all(n: usize, m: usize, outputs: usize, options: &PredictOptions) -> u64 {
    let both = options.method == Method::Ntk && options.covariance != Covariance::None;
    let copied = options.method == Method::Nngp && options.covariance != Covariance::None;
    let full = u64::from(options.covariance == Covariance::Full);
    let [rows, tests] = [n, m].map(|size| size as u64);
    let entries = rows.saturating_mul(rows.saturating_add(tests)).saturating_add(full * tests.saturating_mul(tests));
    let kernels = entries.saturating_mul(8 * (1 + u64::from(both)));
    let copies = if copied { Copies::One } else { Copies::None };
    kernels.saturating_add(bytes_beside(n, m, outputs, options, copies))
}

pub(super) fn bytes_beside(n: usize, m: usize, outputs: usize, options: &PredictOptions, copies: Copies) -> u64 {
    let [n, m, k] = [n, m, outputs].map(|size| size as u64);
    let finite = options.times.iter().any(|t| !t.is_infinite());
    let infinite = options.times.iter().any(|t| t.is_infinite());
    let copies = u64::from(infinite && copies == Copies::One) + if finite { EIGEN_COPIES } else { 0 };
    let weights = if finite || options.covariance != Covariance::None { 3 } else { 0 };
    let answers = options.times.len() as u64;
    let square = if options.covariance == Covariance::Full { answers } else { 0 };
    let pieces = [(copies, n, n), (weights, m, n), (square, m, m), (2 * answers + 2, n.saturating_add(m), k)];
    pieces.iter().fold(0_u64, |sum, &(c, a, b)| sum.saturating_add(a.saturating_mul(b).saturating_mul(8 * c)))
}
