//! The loss of one input.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Examples, TrainError};
use crate::linalg::Real;
use crate::spec::OptionError;

/// ℓ, the loss of one input; training minimises its sum over inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// $\frac12 |f - y|^2$.
    #[default]
    Squared,
    /// $-\sum_c y_c \ln p_c$ with $p_c = e^{f_c}/\sum_d e^{f_d}$; targets are probabilities.
    CrossEntropy,
}

/// How far the sum of probabilities may be from 1.
const SUM_TOLERANCE: f64 = 1e-6;

impl Loss {
    /// ℓ of one input.
    ///
    /// # Arguments
    /// * `outputs`, `targets`: of this input, equally many.
    ///
    /// # Accuracy and cost
    /// Cross-entropy is computed from $f_c - \max f$: no overflow, rounding errors of order $|f|\,\varepsilon$.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::train::Loss;
    /// assert_eq!(Loss::Squared.of(&[3.0, 1.0], &[1.0, 1.0]), 2.0);
    /// let fair = Loss::CrossEntropy.of(&[7.0, 7.0], &[0.0, 1.0]);
    /// assert!((fair - 2_f64.ln()).abs() < 1e-15);
    /// ```
    pub fn of(self, outputs: &[f64], targets: &[f64]) -> f64 {
        let pairs = outputs.iter().zip(targets);
        match self {
            Self::Squared => pairs.map(|(f, y)| 0.5 * (f - y) * (f - y)).sum(),
            Self::CrossEntropy => {
                let top = log_sum_exp(outputs.iter().copied());
                pairs.map(|(f, y)| y * (top - f)).sum()
            }
        }
    }

    /// ℓ of one input, with its outputs replaced by `factor` times its derivatives.
    pub(crate) fn differentiate<T: Real>(self, outputs: &mut [T], targets: &[f64], factor: f64) -> f64 {
        let mut loss = 0.0;
        match self {
            Self::Squared => {
                for (f, y) in outputs.iter_mut().zip(targets) {
                    let residual = f.to_f64() - y;
                    loss += 0.5 * residual * residual;
                    *f = T::from_f64(factor * residual);
                }
            }
            Self::CrossEntropy => {
                let top = log_sum_exp(outputs.iter().map(|f| f.to_f64()));
                for (f, y) in outputs.iter_mut().zip(targets) {
                    let below = top - f.to_f64();
                    loss += y * below;
                    *f = T::from_f64(factor * ((-below).exp() - y));
                }
            }
        }
        loss
    }

    /// That the targets have a meaning for this loss.
    pub(super) fn check(self, examples: &Examples) -> Result<(), TrainError> {
        if self == Self::Squared {
            return Ok(());
        }
        let outputs = examples.outputs();
        if outputs < 2 {
            return Err(TrainError::OneOutput { got: outputs });
        }
        for (row, targets) in examples.targets().chunks_exact(outputs).enumerate() {
            let sum: f64 = targets.iter().sum();
            let got = targets.iter().copied().fold(f64::INFINITY, f64::min);
            if got < 0.0 || (sum - 1.0).abs() > SUM_TOLERANCE {
                return Err(TrainError::NotProbabilities { row, got, sum });
            }
        }
        Ok(())
    }
}

/// $\ln \sum_c e^{f_c}$.
fn log_sum_exp(outputs: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = outputs.clone().fold(f64::NEG_INFINITY, f64::max);
    top + outputs.map(|f| (f - top).exp()).sum::<f64>().ln()
}

impl FromStr for Loss {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match text.trim().to_lowercase().replace('_', "-").as_str() {
            "squared" => Ok(Self::Squared),
            "cross-entropy" => Ok(Self::CrossEntropy),
            _ => Err(OptionError { what: "loss", got: text.into(), allowed: "squared, cross-entropy" }),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Squared => "squared",
            Self::CrossEntropy => "cross-entropy",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// −ln of the entries of softmax(1, 2, 4), from ln(e + e² + e⁴) = 4.1698460195562856 in decimal arithmetic.
    #[test]
    fn cross_entropy_has_known_values_also_far_from_zero() {
        let exact = [3.169_846_019_556_285_6, 2.169_846_019_556_285_6, 0.169_846_019_556_285_6];
        for shift in [0.0, 700.0, -1e6] {
            for (class, exact) in exact.into_iter().enumerate() {
                let mut targets = [0.0; 3];
                targets[class] = 1.0;
                let outputs = [1.0 + shift, 2.0 + shift, 4.0 + shift];
                let loss = Loss::CrossEntropy.of(&outputs, &targets);
                // Outputs of size |shift| carry rounding errors of that size.
                assert!((loss - exact).abs() < 4.0 * f64::EPSILON * (4.0 + shift.abs()), "{loss} {exact}");
            }
        }
    }

    #[test]
    fn derivatives_are_central_differences() {
        let (outputs, targets) = ([0.3, -1.2, 2.0], [0.2, 0.5, 0.3]);
        for loss in [Loss::Squared, Loss::CrossEntropy] {
            let mut derivatives = outputs;
            let value = loss.differentiate(&mut derivatives, &targets, 3.0);
            assert!((value - loss.of(&outputs, &targets)).abs() < 1e-15);
            for c in 0..3 {
                let at = |h: f64| {
                    let mut moved = outputs;
                    moved[c] += h;
                    loss.of(&moved, &targets)
                };
                let difference = 3.0 * (at(1e-5) - at(-1e-5)) / 2e-5;
                // Truncation h²/6 · |ℓ‴| < 1e-10, rounding ε/h ≈ 2e-11, both times 3.
                assert!((derivatives[c] - difference).abs() < 5e-10, "{loss}");
            }
        }
    }

    #[test]
    fn outputs_that_are_not_finite_give_a_loss_that_is_not() {
        for loss in [Loss::Squared, Loss::CrossEntropy] {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert!(!loss.of(&[bad, bad], &[1.0, 0.0]).is_finite(), "{loss} {bad}");
            }
        }
    }

    #[test]
    fn cross_entropy_needs_probabilities() {
        let examples = |targets: Vec<f64>, outputs| Examples::new(vec![1.0], 1, targets, outputs).unwrap();
        assert!(Loss::CrossEntropy.check(&examples(vec![0.25, 0.75], 2)).is_ok());
        assert!(matches!(Loss::CrossEntropy.check(&examples(vec![1.0], 1)), Err(TrainError::OneOutput { got: 1 })));
        for bad in [vec![0.5, 0.6], vec![-0.5, 1.5]] {
            assert!(matches!(Loss::CrossEntropy.check(&examples(bad, 2)), Err(TrainError::NotProbabilities { .. })));
        }
    }
}
