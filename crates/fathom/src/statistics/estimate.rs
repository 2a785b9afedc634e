//! Estimates with standard errors, from moments.

use serde::Serialize;

use crate::Scaled;

use super::{Marginal, StatisticsError, Summary};

/// A number estimated from draws, and how far off it may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: Scaled,
    /// Its standard error; `None` where the draws do not tell.
    pub standard_error: Option<Scaled>,
}

impl Estimate {
    /// From the variance of the estimate; rounding may have made it negative.
    pub(super) fn with_variance(value: Scaled, variance: Scaled) -> Self {
        Self { value, standard_error: Some(variance.max(Scaled::ZERO).sqrt()) }
    }

    /// Standard error over size; `None` without a standard error, and for an estimate of zero.
    pub fn relative_error(&self) -> Option<f64> {
        let error = self.standard_error?;
        (!self.value.is_zero()).then(|| (error / self.value.abs()).to_f64())
    }
}

/// Estimates by the draws alone: standard errors by the delta method, with sampled moments in place of the exact ones.
///
/// They are asymptotic, and too small when the tails are heavy: see [`Tails`](super::Tails). Below, $\mu$ is the mean,
/// $\mu_p = M_p/N$ are sampled central moments and $s^2 = M_2/(N-1)$. The error of a function of moments is, to first order,
/// the mean over the draws of its influence function; its variance over $N$ is the square of the standard error.
impl Marginal {
    /// Mean $\bar x$, with $\mathrm{se}^2 = s^2/N$.
    ///
    /// `None` without draws; no standard error from a single one.
    pub fn mean(&self) -> Option<Estimate> {
        let n = self.count() as f64;
        match self.count() {
            0 => None,
            1 => Some(Estimate { value: self.mean, standard_error: None }),
            _ => Some(Estimate::with_variance(self.mean, self.sample_variance() * n.recip())),
        }
    }

    /// Variance $s^2$, with $\mathrm{se}^2 = (\mu_4 - \mu_2^2\,\frac{N-3}{N-1})/N$, exact but for the sampled moments.
    ///
    /// `None` for fewer than two draws.
    pub fn variance(&self) -> Option<Estimate> {
        let [mu2, _, mu4] = self.moments_of_several()?;
        let n = self.count() as f64;
        let variance = (mu4 - mu2 * mu2 * ((n - 3.0) / (n - 1.0))) * n.recip();
        Some(Estimate::with_variance(self.sample_variance(), variance))
    }

    /// Second moment $E x^2 = \mu_2 + \mu^2$; influence $x^2 - E x^2$, so that
    /// $N\,\mathrm{se}^2 = \mu_4 + 4 \mu \mu_3 + 4 \mu^2 \mu_2 - \mu_2^2$.
    ///
    /// `None` for fewer than two draws.
    pub fn second_moment(&self) -> Option<Estimate> {
        let [mu2, mu3, mu4] = self.moments_of_several()?;
        let mean = self.mean;
        let variance = mu4 + mean * mu3 * 4.0 + mean * mean * mu2 * 4.0 - mu2 * mu2;
        Some(Estimate::with_variance(mu2 + mean * mean, variance * (self.count() as f64).recip()))
    }

    /// Relative variance $s^2/\mu^2$, which is the dispersion less one; influence
    /// $\frac{(x - \mu)^2 - \mu_2}{\mu^2} - \frac{2 \mu_2 (x - \mu)}{\mu^3}$.
    ///
    /// `None` for fewer than two draws, and for a mean of zero.
    ///
    /// # Example
    /// For draws 1 and 3: $s^2/\mu^2 = 2/4$.
    /// ```
    /// use fathom_ntk::{Scaled, statistics::{BlockDraws, Observables}};
    /// let mut block = BlockDraws::new(&Observables::new(["theta"])?);
    /// block.push(&[Some(Scaled::from(1.0))])?;
    /// block.push(&[Some(Scaled::from(3.0))])?;
    /// let summary = block.summary()?;
    /// let theta = summary.marginal(0)?;
    /// assert_eq!(theta.relative_variance().unwrap().value.to_f64(), 0.5);
    /// assert_eq!(theta.dispersion().unwrap().value.to_f64(), 1.5);
    /// # Ok::<(), fathom_ntk::statistics::StatisticsError>(())
    /// ```
    pub fn relative_variance(&self) -> Option<Estimate> {
        let [mu2, mu3, mu4] = self.moments_of_several()?;
        if self.mean.is_zero() {
            return None;
        }
        let square = self.mean * self.mean;
        let ratio = mu2 / square;
        let variance = (mu4 - mu2 * mu2) / (square * square) - ratio * (mu3 / (square * self.mean)) * 4.0
            + ratio * ratio * ratio * 4.0;
        let value = self.sample_variance() / square;
        Some(Estimate::with_variance(value, variance * (self.count() as f64).recip()))
    }

    /// Dispersion $E x^2 / (E x)^2$, as one plus [`Marginal::relative_variance`].
    pub fn dispersion(&self) -> Option<Estimate> {
        let excess = self.relative_variance()?;
        Some(Estimate { value: excess.value + 1.0, ..excess })
    }

    /// Relative standard deviation $s/|\mu|$: the root of [`Marginal::relative_variance`].
    ///
    /// No standard error where the variance is zero.
    pub fn relative_std(&self) -> Option<Estimate> {
        let square = self.relative_variance()?;
        let value = square.value.sqrt();
        let standard_error = square.standard_error.filter(|_| !value.is_zero()).map(|error| error / (value * 2.0));
        Some(Estimate { value, standard_error })
    }

    /// Skewness $\mu_3/\mu_2^{3/2}$, without a standard error, which would need sixth moments.
    ///
    /// `None` for fewer than two draws, and for a variance of zero.
    pub fn skewness(&self) -> Option<f64> {
        let [mu2, mu3, _] = self.moments_of_several()?;
        (!mu2.is_zero()).then(|| (mu3 / mu2 / mu2.sqrt()).to_f64())
    }

    /// Kurtosis $\mu_4/\mu_2^2$ (3 for a normal law), without a standard error, which would need eighth moments.
    ///
    /// `None` for fewer than two draws, and for a variance of zero.
    pub fn kurtosis(&self) -> Option<f64> {
        let [mu2, _, mu4] = self.moments_of_several()?;
        (!mu2.is_zero()).then(|| (mu4 / mu2 / mu2).to_f64())
    }

    fn moments_of_several(&self) -> Option<[Scaled; 3]> {
        (self.count() >= 2).then(|| self.central_moments())
    }

    /// $s^2$ of two draws or more.
    fn sample_variance(&self) -> Scaled {
        let n = self.count() as f64;
        self.central_moments()[0] * (n / (n - 1.0))
    }
}

/// Pairs of joint observables, over the draws in which all joint observables are defined.
impl Summary {
    /// Covariance $C_{jk}/(n - 1)$ of the observables $j$ and $k$.
    ///
    /// Its standard error is an upper bound: by the inequality of Cauchy and Schwarz,
    /// $n\,\mathrm{se}^2 = E[x^2 y^2] - c^2 \le \sqrt{\mu_4(x)\,\mu_4(y)} - c^2$ for centred $x$, $y$. Equal for proportional
    /// observables, $\sqrt 3$ too large for independent normal ones.
    ///
    /// `None` for fewer than two draws.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownObservable`], [`StatisticsError::NotJoint`].
    pub fn covariance(&self, j: usize, k: usize) -> Result<Option<Estimate>, StatisticsError> {
        let product = self.joint_product(j, k)?;
        let n = self.joint().count() as f64;
        if n < 2.0 {
            return Ok(None);
        }
        let [_, _, left] = self.marginal(j)?.central_moments();
        let [_, _, right] = self.marginal(k)?.central_moments();
        let mean_product = product * n.recip();
        let variance = left.sqrt() * right.sqrt() - mean_product * mean_product;
        Ok(Some(Estimate::with_variance(product * (n - 1.0).recip(), variance * n.recip())))
    }

    /// Correlation $r = C_{jk}/\sqrt{C_{jj} C_{kk}}$ of the observables $j$ and $k$.
    ///
    /// Its standard error is $(1 - r^2)\sqrt{\kappa/(3 n)}$ with the mean kurtosis $\kappa$ of the two: asymptotically
    /// exact for elliptical laws (Muirhead 1982, *Aspects of Multivariate Statistical Theory*, §5.1), a guide for others.
    ///
    /// `None` for fewer than two draws, and where a variance is zero.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownObservable`], [`StatisticsError::NotJoint`].
    pub fn correlation(&self, j: usize, k: usize) -> Result<Option<Estimate>, StatisticsError> {
        let product = self.joint_product(j, k)?;
        let (left, right) = (self.joint_product(j, j)?, self.joint_product(k, k)?);
        let n = self.joint().count() as f64;
        let kurtoses = (self.marginal(j)?.kurtosis(), self.marginal(k)?.kurtosis());
        let (Some(first), Some(second)) = kurtoses else { return Ok(None) };
        if n < 2.0 || left.is_zero() || right.is_zero() {
            return Ok(None);
        }
        // The two roots are apart so that equal observables give one, up to rounding.
        let r = (product / left.sqrt() / right.sqrt()).to_f64().clamp(-1.0, 1.0);
        let error = (1.0 - r) * (1.0 + r) * (0.5 * (first + second) / (3.0 * n)).sqrt();
        Ok(Some(Estimate { value: Scaled::from(r), standard_error: Some(Scaled::from(error)) }))
    }

    fn joint_product(&self, j: usize, k: usize) -> Result<Scaled, StatisticsError> {
        self.marginal(j)?;
        self.marginal(k)?;
        self.joint().product(j, k)
    }
}
