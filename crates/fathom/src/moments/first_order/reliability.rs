//! Whether first order is enough.

use serde::Serialize;

/// How far a first-order result can be trusted.
///
/// Thresholds from a comparison with sampled networks: 10 settings of activation and phase, depths 2 to 20, widths 16 to
/// 128. They are empirical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The standard deviation is right to about 5 %: relative variance and mean shift at most 0.1.
    Quantitative,
    /// Right to about 20 %: relative variance at most 0.35, relative mean shift at most 0.3.
    Indicative,
    /// Outside first order: sample, or use the exact formulas for relu.
    Beyond,
}

/// How far one [`FirstOrder`](super::FirstOrder).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reliability {
    /// On mean, variance and covariance of the NTK, and on the mean movement.
    pub statistics: Trust,
    /// Whether the root mean square movement is right to about 30 %: needs a relative variance of at most 0.05.
    pub rms_movement: bool,
    /// Whether the kernel itself fluctuates too much ($v / K^2 > 0.35$) for an expansion around its limit.
    pub kernel_fluctuates: bool,
}

impl Reliability {
    pub(super) fn new(relative_variance: f64, relative_mean_shift: f64, kernel_dispersion: f64) -> Self {
        let within = |variance: f64, shift: f64| relative_variance <= variance && relative_mean_shift <= shift;
        let statistics = if within(0.1, 0.1) {
            Trust::Quantitative
        } else if within(0.35, 0.3) {
            Trust::Indicative
        } else {
            Trust::Beyond
        };
        Self { statistics, rms_movement: within(0.05, 0.1), kernel_fluctuates: kernel_dispersion > 0.35 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_inclusive_and_both_numbers_count() {
        let statistics = |r, m| Reliability::new(r, m, 0.0).statistics;
        assert_eq!(statistics(0.1, 0.1), Trust::Quantitative);
        assert_eq!(statistics(0.11, 0.0), Trust::Indicative);
        assert_eq!(statistics(0.0, 0.11), Trust::Indicative);
        assert_eq!(statistics(0.36, 0.0), Trust::Beyond);
        assert_eq!(statistics(0.0, 0.31), Trust::Beyond);
        assert_eq!(statistics(f64::INFINITY, 0.0), Trust::Beyond);
        assert!(Reliability::new(0.05, 0.0, 0.35).rms_movement && !Reliability::new(0.051, 0.0, 0.0).rms_movement);
        assert!(
            !Reliability::new(0.0, 0.0, 0.35).kernel_fluctuates && Reliability::new(0.0, 0.0, 0.36).kernel_fluctuates
        );
    }
}
