//! Leave-one-out error and marginal likelihood of a kernel for every ridge: one eigendecomposition.

use std::f64::consts::PI;

use serde::Serialize;

use super::centred::product;
use super::error::check_length;
use super::{PredictError, Ridge, Targets};
use crate::linalg::{Eigen, symmetric_eigen};

/// How well a kernel explains its training targets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// ρ, in the kernel's units.
    pub ridge: f64,
    /// Mean over inputs and outputs of the squared leave-one-out residual.
    pub loo_error: f64,
    /// Share of the inputs whose class is right when they are left out; `None` without classes.
    pub loo_accuracy: Option<f64>,
    /// $\log p(y)$ under $y \sim \mathcal N(0, K + \rho)$, summed over outputs.
    pub log_marginal_likelihood: f64,
    /// Leave-one-out predictions, $n \times k$.
    #[serde(skip)]
    pub loo_predictions: Vec<f64>,
}

/// The spectrum of a training kernel, and the targets in its coordinates.
pub struct SpectralFit {
    n: usize,
    outputs: usize,
    eigen: Eigen,
    targets: Vec<f64>,
    /// $V^\top y$, $n \times k$.
    coordinates: Vec<f64>,
    mean_diagonal: f64,
}

impl SpectralFit {
    /// Decomposes a training kernel.
    ///
    /// # Arguments
    /// * `kernel`: $n \times n$, symmetric.
    /// * `targets`: of inputs that may repeat: with a ridge, that is no obstacle.
    ///
    /// # Errors
    /// [`PredictError`] for sizes that do not fit and entries that are not finite.
    ///
    /// # Accuracy and cost
    /// About $9 n^3$ on one thread.
    pub fn new(kernel: &[f64], targets: &Targets) -> Result<Self, PredictError> {
        let (outputs, targets) = (targets.outputs(), targets.given().to_vec());
        let n = targets.len() / outputs;
        check_length("the kernel of the training inputs", n * n, kernel.len())?;
        let eigen = symmetric_eigen(n, |i, j| kernel[i * n + j]).ok_or(PredictError::Eigenvalues)?;
        let transposed: Vec<f64> = (0..n * n).map(|k| eigen.vectors[(k % n) * n + k / n]).collect();
        let coordinates = product(&transposed, &targets, n, n, outputs);
        let mean_diagonal = (0..n).map(|i| kernel[i * (n + 1)]).sum::<f64>() / n as f64;
        Ok(Self { n, outputs, eigen, targets, coordinates, mean_diagonal })
    }

    /// The last input that an eigenvector is mostly made of.
    fn most_of_mode(&self, mode: usize) -> usize {
        let share = |i: usize| self.eigen.vectors[i * self.n + mode].abs();
        let most = (0..self.n).map(share).fold(0.0, f64::max);
        (0..self.n).rev().find(|&i| share(i) >= 0.99 * most).unwrap_or(0)
    }

    /// Scores with a ridge.
    ///
    /// With $\alpha = (K + \rho)^{-1} y$ the residual of an input left out is $\alpha_i/[(K + \rho)^{-1}]_{ii}$, and
    ///
    /// $$\log p(y) = -\tfrac12 y^\top\alpha - \tfrac12 \log\det(K + \rho) - \tfrac n2 \log 2\pi .$$
    ///
    /// Source: Rasmussen & Williams (2006), eqs. 5.8, 5.10 to 5.12.
    ///
    /// # Errors
    /// [`PredictError::Singular`] if $K + \rho$ has an eigenvalue that is zero to rounding;
    /// [`PredictError::OutOfRange`] for a ridge below 0.
    ///
    /// # Accuracy and cost
    /// $O(n^2 k)$. Relative errors of ε times the condition number of $K + \rho$.
    ///
    /// # Example
    /// Two inputs: the first is predicted from the second as $y_2/2$, and the other way round.
    /// ```
    /// use fathom_ntk::predict::{Distinct, Ridge, SpectralFit, Targets};
    /// let targets = Targets::new(&[1.0, 4.0], 1, &Distinct::all(2))?;
    /// let fit = SpectralFit::new(&[2.0, 1.0, 1.0, 2.0], &targets)?;
    /// let scores = fit.scores(Ridge::Absolute(0.0), None)?;
    /// // Residuals 1 − 2 and 4 − 1/2.
    /// assert!((scores.loo_error - (1.0 + 12.25) / 2.0).abs() < 1e-13);
    /// # Ok::<(), fathom_ntk::predict::PredictError>(())
    /// ```
    pub fn scores(&self, ridge: Ridge, classes: Option<&[usize]>) -> Result<Scores, PredictError> {
        let ridge = ridge.times(self.mean_diagonal)?;
        let (n, k) = (self.n, self.outputs);
        let values: Vec<f64> = self.eigen.values.iter().map(|value| value + ridge).collect();
        let noise = n as f64 * f64::EPSILON * values.last().copied().unwrap_or(0.0);
        if let Some(place) = values.iter().position(|v| v.is_nan() || *v <= noise) {
            return Err(PredictError::Singular { row: self.most_of_mode(place) });
        }
        let scaled: Vec<f64> = self.coordinates.iter().enumerate().map(|(i, y)| y / values[i / k]).collect();
        let alpha = product(&self.eigen.vectors, &scaled, n, n, k);
        let mut predictions = Vec::with_capacity(n * k);
        for (i, row) in self.eigen.vectors.chunks_exact(n).enumerate() {
            let inverse: f64 = row.iter().zip(&values).map(|(v, value)| v * v / value).sum();
            predictions.extend((i * k..(i + 1) * k).map(|j| self.targets[j] - alpha[j] / inverse));
        }
        let squares = predictions.iter().zip(&self.targets).map(|(f, y)| (f - y).powi(2));
        let fit: f64 = self.coordinates.iter().zip(&scaled).map(|(y, a)| y * a).sum();
        let volume: f64 = values.iter().map(|value| value.ln()).sum();
        Ok(Scores {
            ridge,
            loo_error: squares.sum::<f64>() / (n * k) as f64,
            loo_accuracy: classes.map(|classes| accuracy(&predictions, k, classes)).transpose()?,
            log_marginal_likelihood: -0.5 * fit - 0.5 * k as f64 * (volume + n as f64 * (2.0 * PI).ln()),
            loo_predictions: predictions,
        })
    }
}

/// Targets of a classification: $1 - 1/C$ for the class of an input and $-1/C$ for the others.
///
/// # Arguments
/// * `classes`: of each input, counted from 0.
/// * `count`: $C$, at least 2.
///
/// # Errors
/// [`PredictError::OutOfRange`] for a class that is not below $C$.
///
/// # Example
/// ```
/// use fathom_ntk::predict::one_hot;
/// assert_eq!(one_hot(&[1, 0], 2)?, [-0.5, 0.5, 0.5, -0.5]);
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
pub fn one_hot(classes: &[usize], count: usize) -> Result<Vec<f64>, PredictError> {
    if let Some(class) = classes.iter().find(|&&class| class >= count) {
        return Err(PredictError::OutOfRange {
            name: "a class",
            allowed: "below the number of classes",
            got: *class as f64,
        });
    }
    let share = 1.0 / count as f64;
    let target = |class: usize, output: usize| if class == output { 1.0 - share } else { -share };
    Ok(classes.iter().flat_map(|&class| (0..count).map(move |output| target(class, output))).collect())
}

/// Share of the inputs whose largest output is that of their class; of one output, whose sign is (class 1 if positive).
///
/// # Errors
/// [`PredictError::Length`] if there are not as many rows of outputs as classes.
///
/// # Example
/// ```
/// use fathom_ntk::predict::accuracy;
/// assert_eq!(accuracy(&[0.2, 0.7, 0.9, 0.1], 2, &[1, 1])?, 0.5);
/// assert_eq!(accuracy(&[0.3, -0.2], 1, &[1, 0])?, 1.0);
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
pub fn accuracy(predictions: &[f64], outputs: usize, classes: &[usize]) -> Result<f64, PredictError> {
    check_length("the predictions (inputs × outputs)", classes.len() * outputs, predictions.len())?;
    let class_of = |row: &[f64]| match row {
        [single] => usize::from(*single > 0.0),
        // The first of equal outputs.
        _ => (0..outputs).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0),
    };
    let right = predictions.chunks_exact(outputs.max(1)).zip(classes).filter(|(row, class)| class_of(row) == **class);
    Ok(right.count() as f64 / classes.len().max(1) as f64)
}
