//! Where the NTK of a random ReLU network lies.

use std::f64::consts::FRAC_1_SQRT_2;

use super::MomentsError;
use crate::Scaled;

/// Logarithms of the ends of the central range that holds $\Theta(x, x)$ with the given probability, by the log-normal
/// surrogate $\log\Theta \sim \mathcal N(\log E\Theta - \tfrac12 \log D,\ \log D)$ with dispersion $D$.
///
/// The surrogate has the exact mean and second moment. It is approximate: for widths of 100 without biases at
/// $L/n \le 2$, mean and variance of $\log\Theta$ are within 6 % of those of networks drawn at random.
///
/// # Arguments
/// * `mean`: $E\,\Theta$, positive.
/// * `log_dispersion`: $\log D \ge 0$.
/// * `probability`: inside the range, between 0 and 1.
///
/// # Returns
/// $(\log\Theta_\mathrm{low}, \log\Theta_\mathrm{high})$, natural logarithms.
///
/// # Errors
/// [`MomentsError::Value`] for arguments outside their ranges.
///
/// # Accuracy and cost
/// $10^{-15}$ relative in the quantile, apart from the surrogate. Some microseconds.
///
/// # Example
/// ```
/// use fathom_ntk::{Scaled, moments::lognormal_range};
/// let (low, high) = lognormal_range(Scaled::ONE, 1.0, 0.9)?;
/// assert!((low + 0.5 + 1.6448536269514722).abs() < 1e-14);
/// assert!((high + 0.5 - 1.6448536269514722).abs() < 1e-14);
/// # Ok::<(), fathom_ntk::moments::MomentsError>(())
/// ```
pub fn lognormal_range(mean: Scaled, log_dispersion: f64, probability: f64) -> Result<(f64, f64), MomentsError> {
    let log_mean = mean.ln();
    if !log_mean.is_finite() {
        return Err(MomentsError::Value { name: "mean", allowed: "positive and finite", got: mean.to_f64() });
    }
    if !(log_dispersion.is_finite() && log_dispersion >= 0.0) {
        let name = "log_dispersion";
        return Err(MomentsError::Value { name, allowed: "at least 0 and finite", got: log_dispersion });
    }
    if !(probability > 0.0 && probability < 1.0) {
        let name = "probability";
        return Err(MomentsError::Value { name, allowed: "between 0 and 1, both excluded", got: probability });
    }
    let median = log_mean - 0.5 * log_dispersion;
    let reach = central_quantile(probability) * log_dispersion.sqrt();
    Ok((median - reach, median + reach))
}

/// $z$ with $P(|Z| \le z) = $ `probability` for a standard normal $Z$, by bisection down to neighbouring numbers.
fn central_quantile(probability: f64) -> f64 {
    let outside = 1.0 - probability;
    let too_low = |z: f64| {
        // The smaller of the two probabilities keeps its digits.
        if probability < 0.5 {
            libm::erf(z * FRAC_1_SQRT_2) < probability
        } else {
            libm::erfc(z * FRAC_1_SQRT_2) > outside
        }
    };
    // erfc(40/√2) underflows far below the least `outside`, 2^-53.
    let (mut low, mut high) = (0.0, 40.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return high;
        }
        if too_low(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}
