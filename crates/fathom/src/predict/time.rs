//! How far training has come along an eigenvector of the kernel.

use serde::Serialize;

use super::PredictError;
use crate::Scaled;

/// When training stops. The loss is $\frac12 \sum_i |f(x_i) - y_i|^2$, plus $\frac\rho2 |\theta - \theta_0|^2$ with a
/// ridge ρ; for a mean over $n$ inputs divide the rate by $n$.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Time {
    /// Never: the loss is minimal.
    Infinite,
    /// Gradient flow at rate 1 for this time (rate times time, if the rate is another).
    Flow(f64),
    /// Gradient descent without momentum.
    Steps {
        /// η.
        learning_rate: f64,
        /// Number of steps.
        steps: u64,
    },
}

impl Time {
    pub(super) fn check(self) -> Result<(), PredictError> {
        match self {
            Self::Flow(got) if got.is_nan() || got < 0.0 => {
                Err(PredictError::OutOfRange { name: "the training time", allowed: "at least 0", got })
            }
            Self::Steps { learning_rate: got, .. } if !(got.is_finite() && got >= 0.0) => {
                Err(PredictError::OutOfRange { name: "the learning rate", allowed: "at least 0 and finite", got })
            }
            _ => Ok(()),
        }
    }

    /// Whether nothing is left to learn.
    pub(super) fn is_infinite(self) -> bool {
        matches!(self, Self::Infinite | Self::Flow(f64::INFINITY))
    }

    /// The learning rate, for gradient descent.
    pub(crate) fn learning_rate(self) -> Option<f64> {
        match self {
            Self::Steps { learning_rate, .. } => Some(learning_rate),
            _ => None,
        }
    }

    /// The clock for eigenvalues in units of `unit`.
    pub(super) fn in_units(self, unit: Scaled) -> Clock {
        let times = |x: f64| if x.is_infinite() { x } else { (unit * x).to_f64() };
        match self {
            Self::Infinite => Clock::Flow(f64::INFINITY),
            Self::Flow(t) => Clock::Flow(times(t)),
            Self::Steps { learning_rate, steps } => Clock::Steps { rate: times(learning_rate), steps },
        }
    }
}

/// A time in the units of some eigenvalues.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    Flow(f64),
    Steps { rate: f64, steps: u64 },
}

impl Clock {
    /// What is left of an error along an eigenvector of this eigenvalue: $e^{-\lambda t}$ or $(1 - \eta\lambda)^t$.
    pub fn left(self, eigenvalue: f64) -> f64 {
        let value = eigenvalue.max(0.0);
        if value == 0.0 {
            return 1.0;
        }
        match self {
            Self::Flow(t) => (-value * t).exp(),
            Self::Steps { steps: 0, .. } => 1.0,
            Self::Steps { rate, steps } => {
                let x = rate * value;
                let size = steps as f64;
                if x < 1.0 {
                    return (size * (-x).ln_1p()).exp();
                }
                let power = (x - 1.0).powf(size);
                if steps % 2 == 0 { power } else { -power }
            }
        }
    }

    /// $p_t(\lambda) = (1 - \text{left}(\lambda))/\lambda$.
    pub fn gain(self, eigenvalue: f64) -> f64 {
        let value = eigenvalue.max(0.0);
        match self {
            Self::Flow(t) if value == 0.0 => t,
            Self::Flow(t) => -(-value * t).exp_m1() / value,
            Self::Steps { rate, steps } if value == 0.0 => rate * steps as f64,
            Self::Steps { rate, steps } if rate * value < 1.0 => {
                -((steps as f64) * (-rate * value).ln_1p()).exp_m1() / value
            }
            Self::Steps { .. } => (1.0 - self.left(value)) / value,
        }
    }

    /// What is left of an error that a ridge ρ pulls back: $1 - \lambda\, p_t(\lambda + \rho)$.
    pub fn left_with_ridge(self, eigenvalue: f64, ridge: f64) -> f64 {
        if ridge == 0.0 {
            return self.left(eigenvalue);
        }
        let value = eigenvalue.max(0.0);
        (ridge + value * self.left(value + ridge)) / (value + ridge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps one by one: $e \leftarrow e - \eta(\lambda e + \rho(e - 1))$ is gradient descent on
    /// $\frac12\lambda e^2 + \dots$ with the parameter $(1 - e)/\sqrt\lambda$ pulled back to 0.
    #[test]
    fn gains_and_remainders_are_those_of_step_by_step_descent() {
        for (rate, value, ridge, steps) in
            [(0.1, 2.0, 0.0, 7), (0.6, 2.5, 0.0, 4), (0.6, 2.5, 0.3, 5), (0.01, 3.0, 0.5, 200), (0.3, 0.0, 0.2, 3)]
        {
            let (mut gain, mut left) = (0.0_f64, 1.0_f64);
            for _ in 0..steps {
                gain += rate * (1.0 - (value + ridge) * gain);
                left -= rate * (value * left + ridge * (left - 1.0));
            }
            let clock = Time::Steps { learning_rate: rate, steps }.in_units(Scaled::ONE);
            // A few hundred roundings.
            assert!((clock.gain(value + ridge) / gain - 1.0).abs() < 1e-13, "{rate} {value} {ridge}");
            assert!((clock.left_with_ridge(value, ridge) - left).abs() < 1e-13, "{rate} {value} {ridge}");
        }
    }

    #[test]
    fn flow_is_the_limit_of_many_small_steps() {
        let flow = Clock::Flow(3.0);
        let steps = Clock::Steps { rate: 3e-7, steps: 10_000_000 };
        // The steps differ by (λη)² per step: λ²tη/2.
        assert!((flow.gain(0.7) - steps.gain(0.7)).abs() < 3e-7);
        assert_eq!(Clock::Flow(f64::INFINITY).gain(0.25), 4.0);
        assert_eq!(Clock::Flow(5.0).gain(0.0), 5.0);
        // 1 − e^{-x} keeps its digits: 1 − e^{-1e-12} = 1e-12 − 5e-25.
        assert!((Clock::Flow(1e-12).gain(1.0) / (1e-12 - 5e-25) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn bad_times_are_refused() {
        for time in [Time::Flow(-1.0), Time::Flow(f64::NAN), Time::Steps { learning_rate: -0.1, steps: 3 }] {
            assert!(matches!(time.check(), Err(PredictError::OutOfRange { .. })), "{time:?}");
        }
    }
}
