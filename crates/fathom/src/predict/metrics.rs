//! Predictions against targets.

use serde::Serialize;

use super::PredictError;
use super::error::check_length;

/// The squared error of networks drawn from the ensemble, a mean over inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LossSpread {
    /// Mean over initialisations.
    pub mean: f64,
    /// Standard deviation over initialisations.
    pub std: f64,
}

/// Mean and standard deviation over initialisations of $\frac1{mk}\sum |f(x) - y|^2$, a quadratic form of Gaussian numbers:
///
/// $$E = \frac1{mk}\sum_a (|\delta_a|^2 + \operatorname{tr} C), \qquad
///   \operatorname{Var} = \frac1{(mk)^2} \sum_a (2 \operatorname{tr} C^2 + 4\, \delta_a^\top C\, \delta_a),$$
///
/// with the residuals $\delta_a$ of the mean in output $a$ and the covariance $C$ of each output.
///
/// # Arguments
/// * `mean`, `targets`: $m \times k$.
/// * `covariance`: $m \times m$.
///
/// # Errors
/// [`PredictError::Length`] for sizes that do not fit.
///
/// # Example
/// One output of mean 0 and variance 1 with target 0: the mean of $z^2$ is 1, its standard deviation $\sqrt 2$.
/// ```
/// use fathom_ntk::predict::loss_spread;
/// let loss = loss_spread(&[0.0], &[1.0], &[0.0], 1)?;
/// assert!((loss.mean - 1.0).abs() < 1e-15 && (loss.std - 2_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
pub fn loss_spread(
    mean: &[f64],
    covariance: &[f64],
    targets: &[f64],
    outputs: usize,
) -> Result<LossSpread, PredictError> {
    let m = covariance.len().isqrt();
    check_length("the covariance (test inputs squared)", m * m, covariance.len())?;
    check_length("the means (test inputs × outputs)", m * outputs, mean.len())?;
    check_length("the test targets (test inputs × outputs)", m * outputs, targets.len())?;
    let count = (m * outputs) as f64;
    let residuals: Vec<f64> = mean.iter().zip(targets).map(|(f, y)| f - y).collect();
    let trace: f64 = (0..m).map(|i| covariance[i * (m + 1)]).sum();
    let square: f64 = covariance.iter().map(|c| c * c).sum();
    let mut form = 0.0;
    for (i, row) in covariance.chunks_exact(m.max(1)).enumerate() {
        for a in 0..outputs {
            let along: f64 = row.iter().zip(residuals[a..].iter().step_by(outputs)).map(|(c, r)| c * r).sum();
            form += along * residuals[i * outputs + a];
        }
    }
    let k = outputs as f64;
    let sum: f64 = residuals.iter().map(|r| r * r).sum();
    Ok(LossSpread { mean: (sum + k * trace) / count, std: (2.0 * k * square + 4.0 * form).max(0.0).sqrt() / count })
}

/// How good predictions are on inputs with known targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// Mean over inputs and outputs of the squared error of the mean.
    pub error: f64,
    /// The same of a network drawn from the ensemble: with its variance added.
    pub error_of_one_network: Option<f64>,
    /// Share of the targets within two standard deviations.
    pub within_two_std: Option<f64>,
    /// Share of the inputs whose class is right.
    pub accuracy: Option<f64>,
}

impl Metrics {
    /// Compares means and variances with targets.
    ///
    /// # Arguments
    /// * `mean`, `targets`: $m \times k$.
    /// * `variance`: $m$ values.
    /// * `classes`: of the test inputs.
    ///
    /// # Errors
    /// [`PredictError::Length`] for sizes that do not fit.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::predict::Metrics;
    /// let metrics = Metrics::of(&[1.0, 2.0], Some(&[0.25, 1.0]), &[1.0, 5.0], 1, None)?;
    /// assert_eq!((metrics.error, metrics.error_of_one_network), (4.5, Some(5.125)));
    /// assert_eq!(metrics.within_two_std, Some(0.5));
    /// # Ok::<(), fathom_ntk::predict::PredictError>(())
    /// ```
    pub fn of(
        mean: &[f64],
        variance: Option<&[f64]>,
        targets: &[f64],
        outputs: usize,
        classes: Option<&[usize]>,
    ) -> Result<Self, PredictError> {
        check_length("the test targets (test inputs × outputs)", mean.len(), targets.len())?;
        let count = mean.len().max(1) as f64;
        let squares = || mean.iter().zip(targets).map(|(f, y)| (f - y).powi(2));
        let error = squares().sum::<f64>() / count;
        let variance = variance.map(|variance| {
            check_length("the variances (test inputs)", mean.len() / outputs.max(1), variance.len())?;
            Ok::<_, PredictError>(variance)
        });
        let variance = variance.transpose()?;
        let spread = |variance: &[f64]| error + variance.iter().sum::<f64>() / variance.len().max(1) as f64;
        let within = |variance: &[f64]| {
            squares().enumerate().filter(|(i, square)| *square <= 4.0 * variance[i / outputs]).count() as f64 / count
        };
        Ok(Self {
            error,
            error_of_one_network: variance.map(spread),
            within_two_std: variance.map(within),
            accuracy: classes.map(|classes| super::accuracy(mean, outputs, classes)).transpose()?,
        })
    }
}
