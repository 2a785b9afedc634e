//! What is to be said of a kernel matrix without showing it.

use serde::Serialize;

use super::{Entry, KernelEngine, KernelKind, KernelMatrix, KernelScale, Method};
use crate::Scaled;
use crate::linalg::symmetric_eigenvalues;

/// Kernel matrices in a few numbers.
#[derive(Clone, Debug, Serialize)]
pub struct KernelSummary {
    /// Number of inputs.
    pub rows: usize,
    /// Number of the others.
    pub cols: usize,
    /// Whether both sets of inputs are the same.
    pub symmetric: bool,
    /// What the entries are divided by.
    pub scale: KernelScale,
    /// `f64` or `f32`.
    pub precision: &'static str,
    /// How the entries are computed.
    pub method: Method,
    /// Each kernel that was asked for.
    pub kernels: Vec<MatrixSummary>,
}

/// One kernel matrix in a few numbers.
#[derive(Clone, Debug, Serialize)]
pub struct MatrixSummary {
    /// Σ or Θ.
    pub kind: KernelKind,
    /// The kernel is $2^e$ times the values that are stored, with this $e$.
    pub exponent: i64,
    /// Mean of $K(x, x)$ over the inputs, scaled as asked for.
    pub mean_diagonal: Scaled,
    /// Eigenvalues, where they were computed.
    pub spectrum: Option<MatrixSpectrum>,
}

/// The ends of a spectrum, in units of the kernel.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MatrixSpectrum {
    /// $\lambda_{\max}$.
    pub largest: Scaled,
    /// $\lambda_{\min}$, which is noise below the resolution.
    pub smallest: Scaled,
    /// $n\, \varepsilon\, \lambda_{\max}$: eigenvalues below are not known in `f64`.
    pub resolution: Scaled,
    /// $\lambda_{\max}/\lambda_{\min}$; `None` if the smallest is not resolved.
    pub condition: Option<f64>,
}

impl KernelMatrix<f64> {
    /// Eigenvalues of a symmetric matrix, ascending, over $2^e$ like the values; `None` for a rectangle, or if the
    /// iteration does not converge. $O(n^3)$.
    ///
    /// # Example
    /// The NTK of orthogonal inputs of a linear network is diagonal:
    /// ```
    /// use fathom_ntk::infinite::matrix::{KernelEngine, MatrixOptions};
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let spec = ArchitectureSpec { depth: Some(1), ..Default::default() };
    /// let arch = Architecture::try_from(spec)?;
    /// let engine = KernelEngine::new(&arch, &[1.0, 0.0, 0.0, 2.0], 2, None, &MatrixOptions::default())?;
    /// assert_eq!(engine.matrices::<f64>()?[0].eigenvalues(), Some(vec![1.0, 4.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn eigenvalues(&self) -> Option<Vec<f64>> {
        (self.rows == self.cols)
            .then(|| symmetric_eigenvalues(self.rows, |i, j| self.values[i * self.cols + j]))
            .flatten()
    }

    /// The ends of the spectrum, from [`Self::eigenvalues`]; `None` of an empty list.
    pub fn spectrum(&self, eigenvalues: &[f64]) -> Option<MatrixSpectrum> {
        let (smallest, largest) = (*eigenvalues.first()?, *eigenvalues.last()?);
        let resolution = eigenvalues.len() as f64 * f64::EPSILON * largest;
        let scaled = |x: f64| Scaled::from(x).times_power_of_two(self.exponent);
        Some(MatrixSpectrum {
            largest: scaled(largest),
            smallest: scaled(smallest),
            resolution: scaled(resolution),
            condition: (smallest > resolution).then(|| largest / smallest),
        })
    }
}

impl KernelEngine<'_> {
    /// What can be said of the matrices.
    ///
    /// # Arguments
    /// * `spectra`: of every kernel, in the order of [`KernelKind::each`]; kernels beyond the list have none.
    pub fn summary<T: Entry>(&self, spectra: &[Option<MatrixSpectrum>]) -> KernelSummary {
        let [rows, cols] = self.shape();
        let kernels = self.options().kind.each().iter().enumerate().map(|(i, kind)| MatrixSummary {
            kind: *kind,
            exponent: self.exponent::<T>(*kind),
            mean_diagonal: self.mean_diagonal(*kind),
            spectrum: spectra.get(i).copied().flatten(),
        });
        KernelSummary {
            rows,
            cols,
            symmetric: self.is_symmetric(),
            scale: self.options().scale,
            precision: T::NAME,
            method: self.method(),
            kernels: kernels.collect(),
        }
    }
}
