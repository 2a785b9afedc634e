//! Distance and alignment of two kernels.

use serde::Serialize;

use crate::network::EmpiricalKernel;

/// A kernel $A$ set beside a reference $B$ (formulas on the [module page](crate::analysis::empirical)).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KernelComparison {
    /// $|A - B|/|B|$; `None` if $B$ is zero.
    pub relative_distance: Option<f64>,
    /// $\langle A, B\rangle/(|A||B|)$, from −1 to 1; `None` if either is zero.
    pub alignment: Option<f64>,
    /// Mean entry of $A$ over mean entry of $B$; `None` if the latter is zero.
    pub mean_ratio: Option<f64>,
    /// Mean diagonal entry of $A$ over that of $B$; `None` if the latter is zero or the matrices are not square.
    pub mean_diagonal_ratio: Option<f64>,
}

/// Compares two kernels of the same form and shape; `None` if form or shape differ.
///
/// # Accuracy and cost
/// Relative error of some $\varepsilon \log n$ in each sum; no square over- or underflows. $O(n^2)$.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::empirical::compare_kernels;
/// use fathom_ntk::network::{GradientScale, KernelOptions, Layer, Network};
/// let kernel = |w| -> Result<_, fathom_ntk::network::NetworkError> {
///     let layer = |w| Layer::new(1, 1, vec![w], None, GradientScale::STANDARD);
///     let network = Network::new(fathom_ntk::activation::Activation::relu(), vec![layer(w)?, layer(w)?])?;
///     network.empirical_ntk(&[1.0, 2.0], &KernelOptions::default())
/// };
/// let comparison = compare_kernels(&kernel(2.0)?, &kernel(1.0)?).ok_or("shapes differ")?;
/// assert_eq!((comparison.relative_distance, comparison.mean_ratio), (Some(3.0), Some(4.0)));
/// assert!((comparison.alignment.unwrap_or(0.0) - 1.0).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare_kernels(kernel: &EmpiricalKernel, reference: &EmpiricalKernel) -> Option<KernelComparison> {
    let shape = |k: &EmpiricalKernel| (k.form(), k.rows(), k.cols(), k.matrices().len());
    if shape(kernel) != shape(reference) {
        return None;
    }
    let mut sums = Sums::new([kernel, reference].map(largest));
    for (a, b) in kernel.matrices().iter().zip(reference.matrices()) {
        for (i, (a, b)) in a.chunks(kernel.cols()).zip(b.chunks(kernel.cols())).enumerate() {
            sums.add_row(i, a.iter().copied().zip(b.iter().copied()));
        }
    }
    Some(sums.finish(kernel.rows() == kernel.cols()))
}

/// The largest absolute entry.
fn largest(kernel: &EmpiricalKernel) -> f64 {
    kernel.matrices().iter().flatten().fold(0.0, |m, x| x.abs().max(m))
}

/// Sums over pairs of entries, each divided by the largest of its kernel.
pub(super) struct Sums {
    largest: [f64; 2],
    /// $\langle A, A\rangle$, $\langle A, B\rangle$, $\langle B, B\rangle$.
    inner: [f64; 3],
    /// $|A - B|^2$ in units of the larger of the two largest entries.
    difference: f64,
    total: [f64; 2],
    diagonal: [f64; 2],
}

impl Sums {
    pub(super) fn new(largest: [f64; 2]) -> Self {
        Self { largest, inner: [0.0; 3], difference: 0.0, total: [0.0; 2], diagonal: [0.0; 2] }
    }

    pub(super) fn add_row(&mut self, row: usize, entries: impl Iterator<Item = (f64, f64)>) {
        let unit = self.largest.map(|l| if l > 0.0 { l } else { 1.0 });
        let common = unit[0].max(unit[1]);
        // Sums of rows keep the rounding error of long sums small.
        let (mut inner, mut difference, mut total) = ([0.0; 3], 0.0, [0.0; 2]);
        for (j, (a, b)) in entries.enumerate() {
            let [x, y] = [a / unit[0], b / unit[1]];
            inner[0] += x * x;
            inner[1] += x * y;
            inner[2] += y * y;
            difference += (a / common - b / common).powi(2);
            total[0] += x;
            total[1] += y;
            if row == j {
                self.diagonal[0] += x;
                self.diagonal[1] += y;
            }
        }
        for (sum, row) in self.inner.iter_mut().zip(inner) {
            *sum += row;
        }
        for (sum, row) in self.total.iter_mut().zip(total) {
            *sum += row;
        }
        self.difference += difference;
    }

    pub(super) fn finish(&self, square: bool) -> KernelComparison {
        let [aa, ab, bb] = self.inner;
        let [a, b] = self.largest;
        let ratio = |[x, y]: [f64; 2]| (y != 0.0).then(|| x / y * (a / b)).filter(|r| r.is_finite());
        let distance = || self.difference.sqrt() * (a.max(b) / b) / bb.sqrt();
        KernelComparison {
            relative_distance: (bb > 0.0).then(distance).filter(|d| d.is_finite()),
            alignment: (aa > 0.0 && bb > 0.0).then(|| (ab / (aa.sqrt() * bb.sqrt())).clamp(-1.0, 1.0)),
            mean_ratio: ratio(self.total),
            mean_diagonal_ratio: ratio(self.diagonal).filter(|_| square),
        }
    }
}
