//! Thresholds and choices of a verdict.

use serde::Serialize;

use super::VerdictError;

/// Two limits of a number: fine up to `within`, bad from `outside` on, borderline between.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// Largest value that is fine.
    pub within: f64,
    /// Smallest value that is bad.
    pub outside: f64,
}

/// What a verdict is judged by. [`Default`] gives the documented defaults.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct VerdictOptions {
    /// Of std Θ / E Θ at initialisation. Default 0.5 (dispersion 1.25) and 1 (dispersion 2).
    pub random: Threshold,
    /// Of the relative change of Θ in one gradient step. Default 0.25 and 1.
    pub moves: Threshold,
    /// Of the gradient steps to fit a typical direction of the data. Default $10^4$ and $10^6$.
    pub steps: Threshold,
    /// Learning rate η of the step, for the loss $\frac12 (f(x) - y)^2$ on one input; `None` stands for
    /// $\eta = 1/E\,\Theta(x, x)$, the rate at which the linearised network fits that input in one step.
    pub learning_rate: Option<f64>,
    /// Target $y$ of the step. Default 1.
    pub target: f64,
    /// ε of the width advice: std Θ / E Θ ≤ ε. Default 0.1.
    pub tolerance: f64,
    /// Most rows of the data the kernel is computed on; `None` chooses by cost, at most 256.
    pub sample: Option<usize>,
    /// Selects the rows.
    pub seed: u64,
}

impl Default for VerdictOptions {
    fn default() -> Self {
        Self {
            random: Threshold { within: 0.5, outside: 1.0 },
            moves: Threshold { within: 0.25, outside: 1.0 },
            steps: Threshold { within: 1e4, outside: 1e6 },
            learning_rate: None,
            target: 1.0,
            tolerance: 0.1,
            sample: None,
            seed: 0,
        }
    }
}

impl VerdictOptions {
    pub(super) fn check(&self) -> Result<(), VerdictError> {
        for (name, t) in [("random", self.random), ("moves", self.moves), ("steps", self.steps)] {
            if !(t.within > 0.0 && t.outside >= t.within && t.outside.is_finite()) {
                return Err(VerdictError::Threshold { name, within: t.within, outside: t.outside });
            }
        }
        let positive = [
            ("the learning rate", self.learning_rate.unwrap_or(1.0)),
            ("the tolerance of the width advice", self.tolerance),
        ];
        for (name, got) in positive {
            if !(got.is_finite() && got > 0.0) {
                return Err(VerdictError::NotPositive { name, got });
            }
        }
        if !self.target.is_finite() {
            return Err(VerdictError::Target { got: self.target });
        }
        match self.sample {
            Some(got @ (0 | 1)) => Err(VerdictError::Sample { got }),
            _ => Ok(()),
        }
    }
}
