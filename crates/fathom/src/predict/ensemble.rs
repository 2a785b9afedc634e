//! Mean and covariance of trained, infinitely wide networks.

use std::borrow::Cow;

use super::direct::Direct;
use super::error::check_length;
use super::lanczos::largest_eigenvalue;
use super::memory::{Copies, bytes_beside};
use super::modes::{Coordinates, Modes};
use super::training_spread::{Mean, TrainingSpread};
use super::weights::Spread;
use super::{AtTime, Covariance, Kernel, Method, PredictError, PredictOptions, Prediction, Targets, Time};
use crate::Scaled;

/// Mean and covariance of infinitely wide networks after training on the squared loss.
///
/// With $f_0 \sim \mathcal{GP}(0, \Sigma)$, $\Theta_{XX} = V\Lambda V^\top$ and $p_t(\lambda) = (1 - e^{-\lambda t})/\lambda$ for
/// gradient flow, $(1 - (1 - \eta\lambda)^t)/\lambda$ for gradient descent, the trained network is
/// $f_t(x) = f_0(x) - A_t(x) (f_0(X) - y)$, $A_t = \Theta_{xX} V p_t(\Lambda + \rho) V^\top$: a Gaussian process of mean
/// $A_t y$ and covariance
///
/// $$C_t = \Sigma_{xx'} - A_t\Sigma_{Xx'} - \Sigma_{xX}A_t^\top + A_t\Sigma_{XX}A_t^\top .$$
///
/// Outputs are independent, with the same covariance. Sources: Jacot, Gabriel & Hongler (2018), arXiv:1806.07572, §5; Lee
/// et al. (2019), arXiv:1902.06720, eqs. 13 to 16. The bordered forms are derived in `docs/theory`.
///
/// # Arguments
/// * `ntk`: Θ; needed with [`Method::Ntk`].
/// * `nngp`: Σ; needed with [`Method::Nngp`] and for covariances.
/// * `targets`: as many different inputs as the kernels have training inputs.
///
/// # Errors
/// [`PredictError::Singular`] at infinite time without ridge if an input adds nothing to those before it;
/// [`PredictError`] for sizes that do not fit, numbers out of range, and too little memory.
///
/// # Accuracy and cost
/// Kernels held as [gaps](Kernel) keep relative accuracy in the ordered phase, whatever the condition number of their
/// entries; covariances between inputs of different norm keep at least half of the digits. Infinite time and ridge: $n^3/3$; finite times: one eigendecomposition, about $9 n^3$ on one thread, then
/// $O(m n k)$ a time; covariances $O(m n^2)$ a time. One matrix beside the kernels, four for eigenvectors.
///
/// # Example
/// One input with $\Theta = 2$, and a test input with $\Theta = 1$: it learns half of the target.
/// ```
/// use fathom_ntk::Scaled;
/// use fathom_ntk::predict::{Distinct, Kernel, PredictOptions, Targets, predict};
/// let ntk = Kernel::from_entries(vec![2.0], vec![1.0], vec![2.0], Scaled::ONE)?;
/// let targets = Targets::new(&[3.0], 1, &Distinct::all(1))?;
/// let prediction = predict(Some(&ntk), None, &targets, &PredictOptions::default())?;
/// assert!((prediction.at[0].mean[0] - 1.5).abs() < 1e-15);
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
pub fn predict(
    ntk: Option<&Kernel>,
    nngp: Option<&Kernel>,
    targets: &Targets,
    options: &PredictOptions,
) -> Result<Prediction, PredictError> {
    let (driver, needed) = match options.method {
        Method::Ntk => (ntk, "ntk"),
        Method::Nngp => (nngp, "nngp"),
    };
    answer(Cow::Borrowed(driver.ok_or(PredictError::Missing { needed })?), nngp, targets, options)
}

/// [`predict`] in the memory of the kernel that drives training, which is factorized in place.
///
/// # Arguments
/// As of [`predict`].
///
/// # Errors
/// As of [`predict`].
///
/// # Accuracy and cost
/// The same numbers; at infinite time no matrix beside the kernels, but one with [`Method::Nngp`] and a covariance.
///
/// # Example
/// ```
/// use fathom_ntk::Scaled;
/// use fathom_ntk::predict::{Distinct, Kernel, PredictOptions, Targets, predict_owned};
/// let ntk = Kernel::from_entries(vec![2.0], vec![1.0], vec![2.0], Scaled::ONE)?;
/// let targets = Targets::new(&[3.0], 1, &Distinct::all(1))?;
/// let prediction = predict_owned(Some(ntk), None, &targets, &PredictOptions::default())?;
/// assert!((prediction.at[0].mean[0] - 1.5).abs() < 1e-15);
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
pub fn predict_owned(
    ntk: Option<Kernel>,
    nngp: Option<Kernel>,
    targets: &Targets,
    options: &PredictOptions,
) -> Result<Prediction, PredictError> {
    match (options.method, ntk, nngp) {
        (Method::Ntk, None, _) => Err(PredictError::Missing { needed: "ntk" }),
        (Method::Nngp, _, None) => Err(PredictError::Missing { needed: "nngp" }),
        (Method::Ntk, Some(ntk), nngp) => answer(Cow::Owned(ntk), nngp.as_ref(), targets, options),
        (Method::Nngp, _, Some(nngp)) if options.covariance == Covariance::None => {
            answer(Cow::Owned(nngp), None, targets, options)
        }
        (Method::Nngp, _, Some(nngp)) => answer(Cow::Borrowed(&nngp), Some(&nngp), targets, options),
    }
}

/// The answers of a kernel; one that is owned lends its memory.
fn answer(
    mut driver: Cow<'_, Kernel>,
    nngp: Option<&Kernel>,
    targets: &Targets,
    options: &PredictOptions,
) -> Result<Prediction, PredictError> {
    let ridge = options.ridge.in_units(&driver)?;
    let nngp = match (options.covariance, nngp) {
        (Covariance::None, _) => None,
        (_, Some(nngp)) => Some(nngp),
        (_, None) => return Err(PredictError::Missing { needed: "nngp" }),
    };
    let copies = if matches!(driver, Cow::Owned(_)) { Copies::None } else { Copies::One };
    check(&driver, nngp, targets, options, copies)?;
    let root = targets.roots();
    let finite = options.times.iter().any(|t| !t.is_infinite());
    let modes = finite.then(|| Modes::new(&driver, &root, ridge)).transpose()?;
    let (lambda_max, lambda_min) = match &modes {
        Some(modes) => (modes.extremes().0, Some(modes.extremes().1)),
        None => (driver.scale * extreme(&driver, &root)?, None),
    };
    let infinite = options.times.iter().any(|t| t.is_infinite());
    let train = match &mut driver {
        Cow::Owned(kernel) => std::mem::take(&mut kernel.train),
        Cow::Borrowed(kernel) if infinite => kernel.train.clone(),
        Cow::Borrowed(_) => Vec::new(),
    };
    let kernel = &*driver;
    let job = Job { kernel, nngp, targets, options, ridge };
    let direct = infinite.then(|| Direct::new(kernel, train, &root, ridge)).transpose()?;
    Ok(Prediction {
        training_inputs: kernel.n,
        repeated_inputs: targets.repeated(),
        test_inputs: kernel.m,
        outputs: targets.outputs,
        method: options.method,
        ridge: kernel.scale * ridge,
        solvers: direct.iter().map(Direct::solver).chain(modes.iter().map(Modes::solver)).collect(),
        lambda_max,
        lambda_min,
        max_learning_rate: Scaled::from(2.0) / (lambda_max + kernel.scale * ridge),
        iterative: None,
        condition_estimate: direct.as_ref().map(|direct| direct.cholesky().condition_estimate()),
        at: job.answers(direct.as_ref(), modes.as_ref(), lambda_max)?,
    })
}

fn check(
    kernel: &Kernel,
    nngp: Option<&Kernel>,
    targets: &Targets,
    options: &PredictOptions,
    copies: Copies,
) -> Result<(), PredictError> {
    check_length("the targets (different training inputs)", kernel.n, targets.distinct_inputs())?;
    if let Some(nngp) = nngp {
        check_length("the nngp (training inputs)", kernel.n, nngp.n)?;
        check_length("the nngp (test inputs)", kernel.m, nngp.m)?;
        if options.covariance == Covariance::Full && nngp.test.is_none() {
            return Err(PredictError::Missing { needed: "kernel of all pairs of test inputs" });
        }
    }
    options.times.iter().try_for_each(|time| time.check())?;
    let Some(allowed) = options.memory else { return Ok(()) };
    let needed = bytes_beside(kernel.n, kernel.m, targets.outputs, options, copies);
    if needed > allowed { Err(PredictError::Memory { needed, allowed }) } else { Ok(()) }
}

/// Everything an answer is made of.
struct Job<'a> {
    kernel: &'a Kernel,
    nngp: Option<&'a Kernel>,
    targets: &'a Targets,
    options: &'a PredictOptions,
    ridge: f64,
}

impl Job<'_> {
    fn answers(
        &self,
        direct: Option<&Direct<'_>>,
        modes: Option<&Modes>,
        lambda_max: Scaled,
    ) -> Result<Vec<AtTime>, PredictError> {
        let coordinates = modes
            .map(|modes| (modes.of_targets(&self.targets.values, self.targets.outputs), modes.of_cross(self.kernel)));
        let prior = modes.zip(self.nngp).map(|(modes, nngp)| TrainingSpread::new(modes, nngp));
        let mut answers = Vec::with_capacity(self.options.times.len());
        for &time in &self.options.times {
            let answer = match (direct, modes, &coordinates) {
                (Some(direct), ..) if time.is_infinite() => self.at_infinity(direct, time)?,
                (_, Some(modes), Some((targets, cross))) => {
                    let mut answer = self.at(modes, targets, cross, time)?;
                    let mean = Mean { error: answer.train_error, count: answer.train_mean.len() };
                    let spread = |prior: &TrainingSpread| prior.loss(modes, time, targets, self.targets.outputs, mean);
                    answer.train_spread = prior.as_ref().and_then(spread);
                    answer
                }
                _ => continue,
            };
            let numbers = answer.mean.iter().chain(&answer.train_mean).chain(answer.variance.iter().flatten());
            if numbers.into_iter().any(|v| !v.is_finite()) {
                return Err(self.not_finite(time, lambda_max));
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    /// Why numbers are not finite: too large a step, or kernels beyond `f64`.
    fn not_finite(&self, time: Time, lambda_max: Scaled) -> PredictError {
        let largest = (Scaled::from(2.0) / (lambda_max + self.kernel.scale * self.ridge)).to_f64();
        match time.learning_rate() {
            Some(learning_rate) if learning_rate > largest => PredictError::Diverges { learning_rate, largest },
            _ => PredictError::NotFinite { name: "the prediction", position: 0, got: f64::INFINITY },
        }
    }

    fn at_infinity(&self, direct: &Direct<'_>, time: Time) -> Result<AtTime, PredictError> {
        let (mean, residuals) = direct.mean(&self.targets.values, self.targets.outputs);
        let posterior = self.options.method == Method::Nngp && self.ridge > 0.0;
        let noise = posterior.then_some((self.ridge, self.targets.multiplicity.as_slice()));
        let spread = self.nngp.map(|nngp| direct.weights().spread(nngp, self.full(), noise)).transpose()?;
        Ok(self.answer(time, mean, spread, &residuals))
    }

    fn at(
        &self,
        modes: &Modes,
        targets: &Coordinates,
        cross: &Coordinates,
        time: Time,
    ) -> Result<AtTime, PredictError> {
        let mean = modes.mean(time, cross, targets, self.targets.outputs);
        let residuals = modes.residuals(time, targets, self.targets.outputs);
        let spread = self.nngp.map(|nngp| modes.weights(time, cross).spread(nngp, self.full(), None)).transpose()?;
        Ok(self.answer(time, mean, spread, &residuals))
    }

    fn full(&self) -> bool {
        self.options.covariance == Covariance::Full
    }

    fn answer(&self, time: Time, mean: Vec<f64>, spread: Option<Spread>, residuals: &[f64]) -> AtTime {
        let merged: Vec<f64> = self.targets.values.iter().zip(residuals).map(|(y, r)| y - r).collect();
        let train_mean = self.targets.expand(&merged);
        let squares = train_mean.iter().zip(self.targets.given()).map(|(f, y)| (f - y).powi(2));
        let train_error = squares.sum::<f64>() / train_mean.len() as f64;
        let (variance, covariance) = spread.map_or((None, None), |s| (Some(s.variance), s.covariance));
        AtTime { time, mean, variance, covariance, train_mean, train_error, train_spread: None }
    }
}

/// The largest eigenvalue of the training kernel with multiplicities, in units of its entries.
fn extreme(kernel: &Kernel, root: &[f64]) -> Result<f64, PredictError> {
    let times_root = |v: &[f64]| -> Vec<f64> { v.iter().zip(root).map(|(v, r)| v * r).collect() };
    let start = kernel.diagonal.iter().zip(root).map(|(d, r)| r * d.sqrt()).collect();
    largest_eigenvalue(start, |v| Ok(times_root(&kernel.apply(&times_root(v)))))
}
