//! Estimates of a positive observable whose tail the draws may not contain.

use crate::Scaled;

use super::log_normal::{LogNormal, exp_less_one};
use super::{Estimate, Marginal, Moment, StatisticsError, TailWarning};

/// Estimates of one observable with standard errors that allow for heavy tails, and warnings where nothing helps.
///
/// A kernel after many layers is a product of many factors, so that its logarithm is nearly normal. Sampled variances
/// of such a number are mostly too small: what dominates them is rarely drawn. But mean and variance $s^2$ of the
/// logarithm are easy to sample, and a log-normal law with this $s^2$ has $E x^k = e^{k \mu + k^2 s^2/2}$, so
///
/// - its dispersion is $D = e^{s^2}$ and the squared relative standard error of its mean $(e^{s^2} - 1)/N$,
/// - that of its second moment is $(e^{8 s^2 - 4 s^2} - 1)/N = (e^{4 s^2} - 1)/N$,
///
/// and likewise for variance and dispersion; zeros are taken as an atom. The standard errors here are these or the
/// sampled ones, whichever are larger. Where $D$ is known exactly, as for ReLU, the mean has $(D - 1)/N$, and $e^{s^2}$ is
/// replaced by $D$ elsewhere if $D$ is larger.
///
/// Neither applies to observables that take negative values, unless $D$ is given: for these, only
/// [`TailWarning::OneDrawDominates`] sees a heavy tail, and only if it was drawn from.
///
/// # Example
/// The same number 256 times, though its dispersion is known to be $e^{10}$: the mean is not known at all.
/// ```
/// use fathom_ntk::{Scaled, statistics::{BlockDraws, Moment, Observables}};
/// let mut block = BlockDraws::new(&Observables::new(["theta"])?);
/// for _ in 0..256 {
///     block.push(&[Some(Scaled::from(1.0))])?;
/// }
/// let summary = block.summary()?;
/// let tails = summary.marginal(0)?.tails(Some(10.0))?;
/// let expected = ((10.0_f64.exp() - 1.0) / 256.0).sqrt();
/// assert!((tails.mean().unwrap().relative_error().unwrap() / expected - 1.0).abs() < 1e-14);
/// assert_eq!(tails.warnings()[0].moment(), Moment::Mean);
/// # Ok::<(), fathom_ntk::statistics::StatisticsError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tails<'a> {
    marginal: &'a Marginal,
    law: Option<LogNormal>,
    /// $D - 1$, where $D$ is known.
    exact: Option<Scaled>,
}

impl Marginal {
    /// Estimates that allow for heavy tails.
    ///
    /// # Arguments
    /// * `log_dispersion`: $\ln(E x^2/(E x)^2)$, where it is known exactly.
    ///
    /// # Errors
    /// [`StatisticsError::LogDispersion`] if it is negative or not finite.
    pub fn tails(&self, log_dispersion: Option<f64>) -> Result<Tails<'_>, StatisticsError> {
        if let Some(got) = log_dispersion.filter(|log| !(log.is_finite() && *log >= 0.0)) {
            return Err(StatisticsError::LogDispersion { got });
        }
        let law = LogNormal::of(self, log_dispersion);
        Ok(Tails { marginal: self, law, exact: log_dispersion.map(exp_less_one) })
    }
}

impl Tails<'_> {
    /// The mean, as [`Marginal::mean`].
    pub fn mean(&self) -> Option<Estimate> {
        self.widened(self.marginal.mean()?, self.of_mean())
    }

    /// The second moment, as [`Marginal::second_moment`].
    pub fn second_moment(&self) -> Option<Estimate> {
        self.widened(self.marginal.second_moment()?, self.law.map(LogNormal::second_moment))
    }

    /// The variance, as [`Marginal::variance`].
    pub fn variance(&self) -> Option<Estimate> {
        self.widened(self.marginal.variance()?, self.law.map(LogNormal::variance))
    }

    /// The dispersion, as [`Marginal::dispersion`].
    pub fn dispersion(&self) -> Option<Estimate> {
        self.widened(self.marginal.dispersion()?, self.law.map(LogNormal::dispersion))
    }

    /// What must not be relied upon: nothing, if this is empty.
    pub fn warnings(&self) -> Vec<TailWarning> {
        let mut warnings = Vec::new();
        let draws = Scaled::from(self.marginal.count() as f64);
        // With a known dispersion, the error of the mean does not depend on the sampled one.
        let share_of_mean = if self.exact.is_some() { None } else { self.marginal.largest_square_deviation() };
        let moments = [
            (Moment::Mean, self.of_mean(), share_of_mean),
            (Moment::SecondMoment, self.law.map(LogNormal::second_moment), self.marginal.largest_fourth_power()),
        ];
        for (moment, of_one_draw, share) in moments {
            if let Some(of_one_draw) = of_one_draw.filter(|_| !draws.is_zero()) {
                let relative_variance = of_one_draw / draws;
                if relative_variance > Scaled::from(TailWarning::MAX_RELATIVE_VARIANCE) {
                    let draws_needed = of_one_draw / Scaled::from(TailWarning::MAX_RELATIVE_VARIANCE);
                    warnings.push(TailWarning::TooFewDraws { moment, relative_variance, draws_needed });
                }
            }
            if let Some(share) = share.filter(|&share| share > TailWarning::MAX_SHARE) {
                warnings.push(TailWarning::OneDrawDominates { moment, share });
            }
        }
        warnings
    }

    /// Whether the mean is known to the relative standard error `target`: by the larger of the sampled and the corrected
    /// one, and without a warning about the mean.
    ///
    /// A mean of zero is not known to any relative error. When drawing until this holds, ask at [`check_points`] only:
    /// the more often one asks, the more chance decides.
    ///
    /// [`check_points`]: super::check_points
    pub fn mean_is_within(&self, target: f64) -> bool {
        let reached = self.mean().and_then(|mean| mean.relative_error()).is_some_and(|error| error <= target);
        reached && self.warnings().iter().all(|warning| warning.moment() != Moment::Mean)
    }

    fn of_mean(&self) -> Option<Scaled> {
        self.exact.or(self.law.map(LogNormal::mean))
    }

    /// With the standard error of a relative variance of one draw, if that is larger.
    fn widened(&self, sampled: Estimate, of_one_draw: Option<Scaled>) -> Option<Estimate> {
        let draws = Scaled::from(self.marginal.count() as f64);
        let by_law = of_one_draw.map(|variance| sampled.value.abs() * (variance / draws).sqrt());
        let standard_error = sampled.standard_error.into_iter().chain(by_law).reduce(Scaled::max);
        Some(Estimate { standard_error, ..sampled })
    }
}

impl Marginal {
    /// The largest of the terms of $M_2$, relative to $M_2$.
    fn largest_square_deviation(&self) -> Option<f64> {
        let (least, greatest) = self.range()?;
        let farthest = (self.mean - least).max(greatest - self.mean);
        let sum = self.central_moments()[0] * self.count() as f64;
        (!sum.is_zero()).then(|| (farthest / sum * farthest).to_f64().min(1.0))
    }

    /// The largest of the terms of $\sum_i x_i^4 = N (\mu_4 + 4 \mu \mu_3 + 6 \mu^2 \mu_2 + \mu^4)$, relative to the sum.
    fn largest_fourth_power(&self) -> Option<f64> {
        let (least, greatest) = self.range()?;
        let [mu2, mu3, mu4] = self.central_moments();
        let square = self.mean * self.mean;
        let sum = (mu4 + self.mean * mu3 * 4.0 + square * mu2 * 6.0 + square * square) * self.count() as f64;
        let largest = least.abs().max(greatest.abs());
        let fourth = largest * largest * (largest * largest);
        // A constant observable has no tail, and a share of 1/N.
        (!sum.is_zero() && !mu2.is_zero()).then(|| (fourth / sum).to_f64().min(1.0))
    }
}
