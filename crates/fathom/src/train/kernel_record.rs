//! The NTK on a probe, beside what it was at first.

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::classes::block_means;
use crate::linalg::symmetric_eigenvalues;

/// The NTK on a probe of $m$ inputs: $\Theta = \frac1C \sum_a \Theta_{aa}$, the **mean** over outputs, which is what tends to
/// the kernel of infinite width. Alignment is $\langle A, B\rangle_F/(|A|_F |B|_F)$; `None` where a matrix is zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelRecord {
    /// $|\Theta_t - \Theta_0|_F/|\Theta_0|_F$.
    pub drift: Option<f64>,
    /// Alignment with $\Theta_0$.
    pub alignment_initial: Option<f64>,
    /// Alignment with the matrix given, such as the kernel of infinite width.
    pub alignment_reference: Option<f64>,
    /// Alignment with $Y Y^\top$ of the targets as they are trained on.
    pub alignment_labels: Option<f64>,
    /// The same with rows and columns of both matrices centred: $H \Theta H$ and $H Y Y^\top H$, $H = 1 - \frac1m 1 1^\top$
    /// (Cortes, Mohri & Rostamizadeh 2012).
    pub alignment_labels_centred: Option<f64>,
    /// $\operatorname{tr} \Theta$.
    pub trace: f64,
    /// $\lambda_{\max}$.
    pub largest_eigenvalue: f64,
    /// $\lambda_{\min}$; of a singular matrix, rounding errors of either sign.
    pub smallest_eigenvalue: f64,
    /// $\lambda_{\max}/\lambda_{\min}$; `None` if $\lambda_{\min}$ is lost in rounding ($\le m\,\varepsilon \lambda_{\max}$).
    pub condition: Option<f64>,
    /// Mean entry of two different inputs of one class.
    pub within_classes: Option<f64>,
    /// Mean entry of two inputs of different classes.
    pub between_classes: Option<f64>,
}

/// What kernels on a probe are compared with.
pub(super) struct Comparison {
    pub(super) initial: Vec<f64>,
    pub(super) reference: Option<Vec<f64>>,
    /// $Y Y^\top$.
    pub(super) labels: Vec<f64>,
    /// $H Y Y^\top H$.
    pub(super) labels_centred: Vec<f64>,
    pub(super) classes: Option<Vec<usize>>,
}

impl Comparison {
    /// With the targets of the probe, `outputs` in a row.
    pub(super) fn new(
        initial: Vec<f64>,
        reference: Option<Vec<f64>>,
        targets: &[f64],
        outputs: usize,
        classes: Option<Vec<usize>>,
    ) -> Self {
        let rows: Vec<&[f64]> = targets.chunks_exact(outputs).collect();
        let labels: Vec<f64> = rows.iter().flat_map(|a| rows.iter().map(move |b| dot(a, b))).collect();
        let labels_centred = centred(&labels, rows.len());
        Self { initial, reference, labels, labels_centred, classes }
    }

    /// Everything about a kernel on the probe.
    pub(super) fn record(&self, kernel: &[f64], step: u64) -> Result<KernelRecord, TrainError> {
        let m = kernel.len().isqrt();
        let problem = |problem| TrainError::Kernel { step, problem };
        let eigenvalues =
            symmetric_eigenvalues(m, |i, j| kernel[i * m + j]).ok_or_else(|| problem("not diagonalised"))?;
        let (Some(&smallest), Some(&largest)) = (eigenvalues.first(), eigenvalues.last()) else {
            return Err(problem("empty"));
        };
        let blocks = self.classes.as_deref().map(|classes| block_means(kernel, classes)).unwrap_or_default();
        let initial_norm = norm(&self.initial);
        let change = kernel.iter().zip(&self.initial).map(|(now, then)| (now - then).powi(2)).sum::<f64>().sqrt();
        if !(change.is_finite() && norm(kernel).is_finite() && initial_norm.is_finite()) {
            return Err(problem("too large to be compared"));
        }
        Ok(KernelRecord {
            drift: (initial_norm > 0.0).then(|| change / initial_norm),
            alignment_initial: alignment(kernel, &self.initial),
            alignment_reference: self.reference.as_ref().and_then(|reference| alignment(kernel, reference)),
            alignment_labels: alignment(kernel, &self.labels),
            alignment_labels_centred: alignment(&centred(kernel, m), &self.labels_centred),
            trace: (0..m).map(|i| kernel[i * (m + 1)]).sum(),
            largest_eigenvalue: largest,
            smallest_eigenvalue: smallest,
            condition: (smallest > m as f64 * f64::EPSILON * largest).then(|| largest / smallest),
            within_classes: blocks.within,
            between_classes: blocks.between,
        })
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn alignment(a: &[f64], b: &[f64]) -> Option<f64> {
    let size = norm(a) * norm(b);
    (size > 0.0).then(|| dot(a, b) / size)
}

/// $H A H$ of a symmetric matrix; what is below rounding of its entries is 0.
fn centred(matrix: &[f64], m: usize) -> Vec<f64> {
    let means: Vec<f64> = matrix.chunks_exact(m).map(|row| row.iter().sum::<f64>() / m as f64).collect();
    let mean = means.iter().sum::<f64>() / m as f64;
    let largest = matrix.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
    let entry = |i: usize, j: usize| {
        let entry = matrix[i * m + j] - means[i] - means[j] + mean;
        if entry.abs() > 8.0 * f64::EPSILON * largest { entry } else { 0.0 }
    };
    (0..m * m).map(|place| entry(place / m, place % m)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of [[2, 1], [1, 2]] with eigenvalues 1 and 3, by hand.
    #[test]
    fn two_inputs_have_numbers_known_by_hand() {
        let initial = vec![1.0, 0.0, 0.0, 1.0];
        let reference = Some(vec![0.0, 1.0, 1.0, 0.0]);
        let comparison = Comparison::new(initial, reference, &[1.0, -1.0], 1, Some(vec![1, 0]));
        let record = comparison.record(&[2.0, 1.0, 1.0, 2.0], 0).unwrap();
        let close = |got: Option<f64>, exact: f64| assert!((got.unwrap() - exact).abs() < 1e-14, "{got:?} {exact}");
        close(record.drift, 2.0_f64.sqrt()); // |[[1, 1], [1, 1]]| = 2 over √2
        close(record.alignment_initial, 4.0 / (10.0_f64 * 2.0).sqrt());
        close(record.alignment_reference, 2.0 / (10.0_f64 * 2.0).sqrt());
        close(record.alignment_labels, 2.0 / (10.0_f64 * 4.0).sqrt());
        close(record.alignment_labels_centred, 1.0); // both are multiples of [[1, −1], [−1, 1]]
        assert_eq!(record.trace, 4.0);
        close(Some(record.largest_eigenvalue), 3.0);
        close(record.condition, 3.0);
        assert_eq!((record.within_classes, record.between_classes), (None, Some(1.0)));
    }

    #[test]
    fn matrices_that_are_zero_or_singular_have_no_alignment_or_condition() {
        let comparison = Comparison::new(vec![0.0; 4], None, &[1.0, 1.0], 1, None);
        let record = comparison.record(&[0.1, 0.1, 0.1, 0.1], 0).unwrap();
        assert_eq!((record.drift, record.alignment_initial, record.alignment_reference), (None, None, None));
        assert_eq!((record.alignment_labels_centred, record.condition), (None, None));
        assert!((record.alignment_labels.unwrap() - 1.0).abs() < 1e-15);
    }
}
