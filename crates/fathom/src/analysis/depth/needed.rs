//! How deep is deep: the depth from which on the ratio is within ε of its limit.

use serde::Serialize;

use super::DepthError;
use super::law::Law;
use super::measure::ratio;
use super::subject::Subject;
use crate::Scaled;
use crate::spec::BranchScaling;

/// The deepest that is looked at.
const DEEPEST: f64 = 1e18;
/// Most layers of one pass that verifies a prediction.
const MOST_LAYERS: f64 = 1_000_000.0;
/// The same where a layer may take integrals.
const MOST_LAYERS_BY_INTEGRALS: f64 = 100_000.0;
/// The same where every depth is a pass of its own.
const MOST_LAYERS_BY_PASSES: f64 = 20_000.0;
/// Depths of a pass.
const POINTS: usize = 40;

/// From which depth on the ratio of off-diagonal to diagonal is within ε of its limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NeededDepth {
    /// ε.
    pub epsilon: f64,
    /// By the rate; `None` if there is none, or if it takes more than $10^{18}$ layers.
    pub predicted: Option<f64>,
    /// By the recursion, followed to four times the prediction; `None` if that is beyond
    /// $10^6$ layers, $10^5$ where φ is not piecewise linear, and $2 \cdot 10^4$ for $\lambda^2 = 1/L$ and for images whose
    /// branches fade.
    pub verified: Option<usize>,
}

impl NeededDepth {
    /// From the rate, then by the recursion.
    pub(super) fn find(
        subject: Subject<'_>,
        law: Option<&Law>,
        limit: Option<f64>,
        epsilon: f64,
    ) -> Result<Self, DepthError> {
        let predicted = law.and_then(|law| predicted(law, epsilon));
        let (Some(depth), Some(limit)) = (predicted, limit) else {
            return Ok(Self { epsilon, predicted, verified: None });
        };
        let network = subject.network();
        let most = match network.scaling() {
            _ if subject.keeps_places() => MOST_LAYERS_BY_PASSES,
            Some(BranchScaling::InverseDepth) => MOST_LAYERS_BY_PASSES,
            _ if network.activation().homogeneous().is_none() => MOST_LAYERS_BY_INTEGRALS,
            _ => MOST_LAYERS,
        };
        if 4.0 * depth > most {
            return Ok(Self { epsilon, predicted, verified: None });
        }
        let outside = |depths: &[usize]| -> Result<Vec<bool>, DepthError> {
            let kernels = subject.kernels(depths)?;
            Ok(kernels.iter().map(|kernel| (ratio(kernel) - limit).abs() > epsilon).collect())
        };
        Ok(Self { epsilon, predicted, verified: Some(last_outside(4 * (depth as usize).max(2), outside)? + 1) })
    }
}

/// The last depth up to `deepest` at which the error is too large (0 if none): a grid, refined around the last one found.
fn last_outside(
    deepest: usize,
    outside: impl Fn(&[usize]) -> Result<Vec<bool>, DepthError>,
) -> Result<usize, DepthError> {
    let (mut low, mut high) = (0, deepest);
    while high - low > 1 {
        let step = ((high - low) as f64 / POINTS as f64).max(1.0);
        let mut depths: Vec<usize> =
            (1..=POINTS).map(|i| (low + (i as f64 * step).round() as usize).min(high)).collect();
        depths.dedup();
        let found = outside(&depths)?;
        match found.iter().rposition(|outside| *outside) {
            Some(i) => {
                low = depths[i];
                match depths.get(i + 1) {
                    Some(&next) => high = next,
                    None => return Ok(low),
                }
            }
            None => high = depths[0],
        }
    }
    Ok(low)
}

/// The depth after the last at which the rate exceeds ε, on a grid of ratio 1.1, refined by bisection.
fn predicted(law: &Law, epsilon: f64) -> Option<f64> {
    let outside = |depth: f64| law.error(depth).is_none_or(|error| error.abs() > Scaled::from(epsilon));
    if outside(DEEPEST) {
        return None;
    }
    let mut high = DEEPEST;
    while high > 1.0 && !outside(high / 1.1) {
        high /= 1.1;
    }
    if high <= 1.0 {
        return Some(1.0);
    }
    let mut low = (high / 1.1).floor().max(1.0);
    high = high.ceil();
    while high - low > 1.0 && high - low > 1e-9 * high {
        let middle = (0.5 * (low + high)).floor();
        if outside(middle) { low = middle } else { high = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_depth_outside_is_found_wherever_it_is() {
        for last in [0, 1, 2, 39, 40, 41, 500, 999, 1000] {
            let outside = |depths: &[usize]| Ok(depths.iter().map(|&depth| depth <= last).collect());
            assert_eq!(last_outside(1000, outside).unwrap(), last);
        }
    }
}
