//! Mean and covariance of trained, infinitely wide networks.

use serde::Serialize;

use super::direct::{Direct, Solver};
use super::error::check_length;
use super::modes::{Coordinates, Modes};
use super::weights::Spread;
use super::{Kernel, PredictError, Targets, Time};
use crate::Scaled;

/// Eigenvectors take their matrix, its reduction and themselves.
const EIGEN_COPIES: u64 = 4;
/// Rounds of the power iteration that bounds the learning rate where no eigenvalues are computed.
const POWER_ROUNDS: usize = 200;

/// Which part of a network is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// All layers, from a random initialisation: the NTK.
    #[default]
    Ntk,
    /// The last layer only: the NNGP. At infinite time this is the Bayesian posterior of the random network given its
    /// values on the training inputs, with noise of variance ρ.
    Nngp,
}

/// Strength ρ of the pull towards the initialisation, or variance of the noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ridge {
    /// ρ itself.
    Absolute(f64),
    /// ρ as a share of the mean of $K(x_i, x_i)$ over the training inputs.
    Relative(f64),
}

impl Ridge {
    fn checked(self) -> Result<Self, PredictError> {
        let (Self::Absolute(got) | Self::Relative(got)) = self;
        if got.is_finite() && got >= 0.0 {
            Ok(self)
        } else {
            Err(PredictError::OutOfRange { name: "the ridge", allowed: "at least 0 and finite", got })
        }
    }

    /// ρ in units of the kernel's entries.
    pub(super) fn in_units(self, kernel: &Kernel) -> Result<f64, PredictError> {
        Ok(match self.checked()? {
            Self::Absolute(ridge) => (Scaled::from(ridge) / kernel.scale).to_f64(),
            Self::Relative(share) => share * kernel.mean_diagonal(),
        })
    }

    /// ρ for a kernel of this mean diagonal.
    pub(super) fn times(self, mean_diagonal: f64) -> Result<f64, PredictError> {
        Ok(match self.checked()? {
            Self::Absolute(ridge) => ridge,
            Self::Relative(share) => share * mean_diagonal,
        })
    }
}

/// How much of the covariance over initialisations to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covariance {
    /// Means only.
    #[default]
    None,
    /// Variances.
    Diagonal,
    /// All pairs of test inputs.
    Full,
}

/// What to predict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictOptions {
    /// Which part of the network is trained.
    pub method: Method,
    /// When training stops; one answer for each.
    pub times: Vec<Time>,
    /// ρ.
    pub ridge: Ridge,
    /// How much of the covariance.
    pub covariance: Covariance,
    /// Most memory in bytes beside the kernels; `None` for no limit.
    pub memory: Option<u64>,
}

impl Default for PredictOptions {
    fn default() -> Self {
        Self {
            method: Method::Ntk,
            times: vec![Time::Infinite],
            ridge: Ridge::Absolute(0.0),
            covariance: Covariance::None,
            memory: None,
        }
    }
}

/// Mean and covariance over initialisations at one time.
#[derive(Clone, Debug, Serialize)]
pub struct AtTime {
    /// When.
    pub time: Time,
    /// Mean on the test inputs, $m \times k$.
    pub mean: Vec<f64>,
    /// Variance of each output on the test inputs, $m$ values.
    pub variance: Option<Vec<f64>>,
    /// Covariance of each output, $m \times m$.
    pub covariance: Option<Vec<f64>>,
    /// Mean on the training inputs as given, $n \times k$.
    pub train_mean: Vec<f64>,
    /// Mean over training inputs and outputs of the squared residual of the mean network.
    pub train_error: f64,
}

/// What infinitely wide networks predict.
#[derive(Clone, Debug, Serialize)]
pub struct Prediction {
    /// Training inputs that are different.
    pub training_inputs: usize,
    /// Training inputs that repeat an earlier one; they were merged.
    pub repeated_inputs: usize,
    /// Test inputs.
    pub test_inputs: usize,
    /// Outputs.
    pub outputs: usize,
    /// Which part of the network was trained.
    pub method: Method,
    /// ρ.
    pub ridge: Scaled,
    /// The solvers used.
    pub solvers: Vec<Solver>,
    /// Largest eigenvalue of the training kernel (with multiplicities, without ρ).
    pub lambda_max: Scaled,
    /// Smallest eigenvalue, where eigenvalues were computed.
    pub lambda_min: Option<Scaled>,
    /// Learning rates of gradient descent below this are stable: $2/(\lambda_{max} + \rho)$.
    pub max_learning_rate: Scaled,
    /// A lower bound of the condition number of the matrix that was factorized (of the gaps, if bordered).
    pub condition_estimate: Option<f64>,
    /// The answers, in the order of the times.
    pub at: Vec<AtTime>,
}

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
    let kernel = driver.ok_or(PredictError::Missing { needed })?;
    let ridge = options.ridge.in_units(kernel)?;
    let nngp = match (options.covariance, nngp) {
        (Covariance::None, _) => None,
        (_, Some(nngp)) => Some(nngp),
        (_, None) => return Err(PredictError::Missing { needed: "nngp" }),
    };
    check(kernel, nngp, targets, options)?;
    let root = targets.roots();
    let job = Job { kernel, nngp, targets, options, ridge };
    let direct =
        options.times.iter().any(|t| t.is_infinite()).then(|| Direct::new(kernel, &root, ridge)).transpose()?;
    let modes = options.times.iter().any(|t| !t.is_infinite()).then(|| Modes::new(kernel, &root, ridge)).transpose()?;
    let (lambda_max, lambda_min) = match &modes {
        Some(modes) => (modes.extremes().0, Some(modes.extremes().1)),
        None => (kernel.scale * largest_eigenvalue(kernel, &root), None),
    };
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
        condition_estimate: direct.as_ref().map(|direct| direct.cholesky().condition_estimate()),
        at: job.answers(direct.as_ref(), modes.as_ref(), lambda_max)?,
    })
}

fn check(
    kernel: &Kernel,
    nngp: Option<&Kernel>,
    targets: &Targets,
    options: &PredictOptions,
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
    let needed = memory_needed(kernel.n, kernel.m, targets.outputs, options);
    if needed > allowed { Err(PredictError::Memory { needed, allowed }) } else { Ok(()) }
}

/// Bytes that [`predict`] takes beside the kernels of $n$ training and $m$ test inputs.
///
/// # Example
/// ```
/// use fathom_ntk::predict::{PredictOptions, memory_needed};
/// // One matrix of 10,000², and 1,000 predictions of ten outputs.
/// let bytes = memory_needed(10_000, 1_000, 10, &PredictOptions::default());
/// assert!((bytes as f64 / 8e8 - 1.0).abs() < 0.01);
/// ```
pub fn memory_needed(n: usize, m: usize, outputs: usize, options: &PredictOptions) -> u64 {
    let [n, m, k] = [n, m, outputs].map(|size| size as u64);
    let finite = options.times.iter().any(|t| !t.is_infinite());
    let infinite = options.times.iter().any(|t| t.is_infinite());
    let copies = u64::from(infinite) + if finite { EIGEN_COPIES } else { 0 };
    let weights = if finite || options.covariance != Covariance::None { 3 } else { 0 };
    let answers = options.times.len() as u64;
    let square = if options.covariance == Covariance::Full { answers } else { 0 };
    let pieces = [(copies, n, n), (weights, m, n), (square, m, m), (2 * answers + 2, n.saturating_add(m), k)];
    pieces.iter().fold(0_u64, |sum, &(c, a, b)| sum.saturating_add(a.saturating_mul(b).saturating_mul(8 * c)))
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
        let mut answers = Vec::with_capacity(self.options.times.len());
        for &time in &self.options.times {
            let answer = match (direct, modes, &coordinates) {
                (Some(direct), ..) if time.is_infinite() => self.at_infinity(direct, time)?,
                (_, Some(modes), Some((targets, cross))) => self.at(modes, targets, cross, time)?,
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
        AtTime { time, mean, variance, covariance, train_mean, train_error }
    }
}

/// The largest eigenvalue of the training kernel in units of its entries, by power iteration from the diagonal.
fn largest_eigenvalue(kernel: &Kernel, root: &[f64]) -> f64 {
    let n = kernel.n;
    let mut vector: Vec<f64> = (0..n).map(|i| root[i] * kernel.diagonal[i].sqrt()).collect();
    let mut value = 0.0;
    for _ in 0..POWER_ROUNDS {
        let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        vector.iter_mut().zip(root).for_each(|(v, r)| *v *= r / length);
        let applied = kernel.apply(&vector);
        let next = vector.iter().zip(&applied).map(|(v, a)| v * a).sum::<f64>();
        vector = applied.iter().zip(root).map(|(a, r)| a * r).collect();
        let settled = (next - value).abs() <= 4.0 * f64::EPSILON * next;
        value = next;
        if settled {
            break;
        }
    }
    value
}
