//! What can be asked of trained networks, and what is answered.

use serde::Serialize;

use super::{Iterations, Kernel, LossSpread, PredictError, Solver, Time};
use crate::Scaled;

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
    pub(super) fn checked(self) -> Result<Self, PredictError> {
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
    /// The same of one network, over initialisations: at finite times, if covariances are asked for.
    pub train_spread: Option<LossSpread>,
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
    /// How it went, if the system was solved iteratively.
    pub iterative: Option<Iterations>,
    /// A lower bound of the condition number of the matrix that was factorized (of the gaps, if bordered).
    pub condition_estimate: Option<f64>,
    /// The answers, in the order of the times.
    pub at: Vec<AtTime>,
}
