//! The end of training, and ridge regression: one Cholesky factorization.

use rayon::prelude::*;
use serde::Serialize;

use super::centred::{Centred, product};
use super::weights::Weights;
use super::{Kernel, PredictError};
use crate::linalg::Cholesky;

/// Right-hand sides that are solved together.
const BATCH: usize = 256;

/// How a linear system was solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solver {
    /// Cholesky factorization of the kernel matrix.
    Cholesky,
    /// Cholesky factorization of the gaps, bordered by the constant vector: for kernels that are nearly constant.
    Bordered,
    /// Eigenvectors of the kernel matrix.
    Eigen,
    /// Eigenvectors of the gaps and, apart from them, of the constant part.
    BorderedEigen,
    /// Preconditioned conjugate gradients.
    ConjugateGradients,
}

/// A factorized training kernel $C^{1/2} K C^{1/2} + \rho$.
pub(super) struct Direct<'a> {
    kernel: &'a Kernel,
    root: &'a [f64],
    /// ρ in units of the kernel's entries.
    ridge: f64,
    cholesky: Cholesky,
    border: Option<Border>,
}

/// What eliminating the gaps leaves of the constant vector.
struct Border {
    centred: Centred,
    /// $(M + \rho)^{-1} c$.
    solved: Vec<f64>,
    /// $\kappa + \rho - \gamma c^\top (M + \rho)^{-1} c$ in units of entries.
    schur: f64,
}

impl<'a> Direct<'a> {
    /// Factorizes; `root` are the square roots of the multiplicities.
    ///
    /// # Arguments
    /// * `train`: the entries or gaps of the training kernel, in whose memory the factor will be; `kernel` may be without.
    pub fn new(kernel: &'a Kernel, train: Vec<f64>, root: &'a [f64], ridge: f64) -> Result<Self, PredictError> {
        let in_gaps = ridge / kernel.gap_ratio();
        if kernel.has_gaps() && (ridge == 0.0 || in_gaps.is_finite()) {
            Self::bordered(kernel, train, root, ridge, in_gaps)
        } else {
            Self::plain(kernel, train, root, ridge)
        }
    }

    fn plain(kernel: &'a Kernel, mut train: Vec<f64>, root: &'a [f64], ridge: f64) -> Result<Self, PredictError> {
        let n = kernel.n;
        let as_it_is = !kernel.has_gaps() && root.iter().all(|r| *r == 1.0);
        train.par_chunks_mut(n).enumerate().for_each(|(i, row)| {
            if !as_it_is {
                for (j, value) in row.iter_mut().enumerate() {
                    *value = root[i] * kernel.entry_of(i, j, *value) * root[j];
                }
            }
            row[i] += ridge;
        });
        let cholesky = factorize(train, n)?;
        Ok(Self { kernel, root, ridge, cholesky, border: None })
    }

    fn bordered(
        kernel: &'a Kernel,
        train: Vec<f64>,
        root: &'a [f64],
        ridge: f64,
        in_gaps: f64,
    ) -> Result<Self, PredictError> {
        let mut centred = Centred::new(kernel, &train, root);
        drop(train);
        let size = kernel.n - 1;
        let mut core = std::mem::take(&mut centred.core);
        let added = if ridge == 0.0 { 0.0 } else { in_gaps };
        (0..size).for_each(|i| core[i * (size + 1)] += added);
        let cholesky = factorize(core, size)?;
        let mut solved = centred.coupling.clone();
        cholesky.solve(&mut solved);
        let schur = centred.last + ridge - centred.ratio * dot(&centred.coupling, &solved);
        if schur.is_nan() || schur <= 0.0 {
            return Err(PredictError::Singular { row: size });
        }
        Ok(Self { kernel, root, ridge, cholesky, border: Some(Border { centred, solved, schur }) })
    }

    pub fn solver(&self) -> Solver {
        if self.border.is_some() { Solver::Bordered } else { Solver::Cholesky }
    }

    /// The factorization.
    pub fn cholesky(&self) -> &Cholesky {
        &self.cholesky
    }

    /// Means on the test inputs ($m \times k$), and residuals $y - f$ on the training inputs ($n \times k$), of the
    /// network that starts at zero.
    pub fn mean(&self, targets: &[f64], outputs: usize) -> (Vec<f64>, Vec<f64>) {
        let n = self.kernel.n;
        let m = self.kernel.m;
        let mut means = vec![0.0; m * outputs];
        let mut residuals = vec![0.0; n * outputs];
        let Some(border) = &self.border else {
            let mut columns = self.scaled_columns(targets, outputs);
            self.cholesky.solve(&mut columns);
            for i in 0..n {
                for k in 0..outputs {
                    let a = columns[k * n + i];
                    residuals[i * outputs + k] = self.ridge * a / self.root[i];
                    columns[k * n + i] = a * self.root[i];
                }
            }
            let coefficients: Vec<f64> =
                (0..n).flat_map(|i| (0..outputs).map(move |k| (i, k))).map(|(i, k)| columns[k * n + i]).collect();
            return (self.entries_times(&coefficients, outputs), residuals);
        };
        let parts: Vec<(f64, Vec<f64>)> =
            (0..outputs).map(|k| self.border_solution(border, targets, outputs, k)).collect();
        means.par_chunks_mut(outputs).enumerate().for_each(|(x, row)| {
            let cross = border.centred.cross(self.kernel, x);
            for (mean, (last, rest)) in row.iter_mut().zip(&parts) {
                *mean = cross.last * last + dot(&cross.rest, rest);
            }
        });
        if self.ridge > 0.0 {
            for (k, (last, rest)) in parts.into_iter().enumerate() {
                let a = rest.iter().map(|r| r / border.centred.ratio).chain([last]).collect();
                let points = border.centred.to_points(a);
                for i in 0..n {
                    // to_points multiplies by the root once; the residual needs it divided instead.
                    residuals[i * outputs + k] = self.ridge * points[i] / (self.root[i] * self.root[i]);
                }
            }
        }
        (means, residuals)
    }

    /// $C^{1/2} y$, column after column.
    fn scaled_columns(&self, targets: &[f64], outputs: usize) -> Vec<f64> {
        let n = self.kernel.n;
        (0..outputs).flat_map(|k| (0..n).map(move |i| self.root[i] * targets[i * outputs + k])).collect()
    }

    /// Test kernel ($m \times n$, entries) times $n \times k$ coefficients.
    fn entries_times(&self, coefficients: &[f64], outputs: usize) -> Vec<f64> {
        let kernel = self.kernel;
        if kernel.gap_scale.is_none() {
            return product(&kernel.cross, coefficients, kernel.m, kernel.n, outputs);
        }
        product(&kernel.cross_entries(), coefficients, kernel.m, kernel.n, outputs)
    }

    /// Solution for one output: the last component in units of 1 / entries, the others in units of 1 / γ.
    fn border_solution(&self, border: &Border, targets: &[f64], outputs: usize, k: usize) -> (f64, Vec<f64>) {
        let n = self.kernel.n;
        let mut y = border.centred.to_basis((0..n).map(|i| targets[i * outputs + k]));
        let y_last = y[n - 1];
        y.truncate(n - 1);
        let last = (y_last - dot(&border.solved, &y)) / border.schur;
        self.cholesky.solve(&mut y);
        let shift = border.centred.ratio * last;
        y.iter_mut().zip(&border.solved).for_each(|(y, s)| *y -= shift * s);
        (last, y)
    }

    /// What each test input makes of the training outputs: $\omega = (K + \rho C^{-1})^{-1} k_x$.
    pub fn weights(&self) -> Weights {
        let (n, m) = (self.kernel.n, self.kernel.m);
        let mut weights = Weights { omega: Vec::with_capacity(n * m), leftover: Vec::with_capacity(m) };
        let Some(border) = &self.border else {
            let entries = if self.kernel.has_gaps() { Some(self.kernel.cross_entries()) } else { None };
            let mut omega = entries.unwrap_or_else(|| self.kernel.cross.clone());
            let scale = |omega: &mut Vec<f64>| {
                omega.par_chunks_mut(n).for_each(|row| row.iter_mut().zip(self.root).for_each(|(w, r)| *w *= r));
            };
            scale(&mut omega);
            self.cholesky.solve(&mut omega);
            scale(&mut omega);
            weights.leftover.extend(omega.chunks_exact(n).map(|row| 1.0 - row.iter().sum::<f64>()));
            weights.omega = omega;
            return weights;
        };
        for start in (0..m).step_by(BATCH) {
            let batch: Vec<_> = (start..m.min(start + BATCH)).map(|x| border.centred.cross(self.kernel, x)).collect();
            let mut solved: Vec<f64> = batch.iter().flat_map(|row| row.rest.iter().copied()).collect();
            self.cholesky.solve(&mut solved);
            for (i, row) in batch.iter().enumerate() {
                let centred = &border.centred;
                let last = (row.last - centred.ratio * dot(&border.solved, &row.rest)) / border.schur;
                let z = &solved[i * (n - 1)..(i + 1) * (n - 1)];
                let omega = z.iter().zip(&border.solved).map(|(z, s)| z - s * last).chain([last]).collect();
                weights.omega.extend(centred.to_points(omega));
                let inner = dot(&centred.coupling, &border.solved) + centred.norm * dot(&border.solved, &row.rest);
                weights.leftover.push((self.ridge + centred.ratio * (row.deficit - inner)) / border.schur);
            }
        }
        weights
    }
}

fn factorize(matrix: Vec<f64>, size: usize) -> Result<Cholesky, PredictError> {
    let diagonal: Vec<f64> = (0..size).map(|i| matrix[i * (size + 1)]).collect();
    let cholesky = Cholesky::new(matrix, size).map_err(|row| PredictError::Singular { row })?;
    // Squared pivots are what an input adds to those before it; a share of the diagonal below rounding is noise.
    let rounding = size as f64 * f64::EPSILON;
    let noise = cholesky.pivots().zip(&diagonal).position(|(p, d)| p.is_nan() || p * p <= rounding * d);
    match noise {
        Some(row) => Err(PredictError::Singular { row }),
        None => Ok(cholesky),
    }
}

/// Numbers summed side by side.
const LANES: usize = 8;

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (heads, tails) = (a.chunks_exact(LANES).zip(b.chunks_exact(LANES)), a.len() / LANES * LANES);
    let mut sums = [0.0; LANES];
    for (a, b) in heads {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f64 = a.iter().zip(b).skip(tails).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}
