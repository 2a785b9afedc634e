//! How hard it is to estimate moments of a log-normal law, with an atom at zero.

use crate::Scaled;

use super::Marginal;

/// The law of a number that is zero with probability $p$, and otherwise $e^z$ with normal $z$ of variance $s^2$.
///
/// With $e = e^{s^2}$, $u = e - 1$ and $q = 1 - p$, its moments relative to its mean are $r_k = e^{k(k-1)/2}/q^{k-1}$.
/// The methods give $N$ times the squared relative standard error of an estimate from $N$ draws, by the delta method.
/// They are written as sums of positive terms in $u$ and $p$, so that small ones keep their digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogNormal {
    /// $u = e^{s^2} - 1$.
    u: Scaled,
    /// $p$.
    zero: f64,
}

impl LogNormal {
    /// The law with the given draws' variance of the logarithm, or with the given dispersion if that is larger.
    ///
    /// `None` if the draws are neither positive nor zero, or fewer than two positive, and no dispersion is given.
    pub(super) fn of(marginal: &Marginal, log_dispersion: Option<f64>) -> Option<Self> {
        let sketch = marginal.sketch();
        let sampled = marginal.log_moments().filter(|_| sketch.negative() == 0).map(|(_, variance)| variance);
        let zero = sampled.map_or(0.0, |_| sketch.zero() as f64 / marginal.count() as f64);
        // The dispersion of the law is e^{s²}/q.
        let given = log_dispersion.map(|log| log + (-zero).ln_1p());
        let s2 = sampled.into_iter().chain(given).reduce(f64::max)?;
        Some(Self { u: exp_less_one(s2.max(0.0)), zero })
    }

    /// Of the mean: $r_2 - 1 = (u + p)/q$.
    pub(super) fn mean(self) -> Scaled {
        (self.u + self.zero) * self.nonzero().recip()
    }

    /// Of the second moment: $r_4/r_2^2 - 1 = (e^4 - 1 + p)/q$.
    pub(super) fn second_moment(self) -> Scaled {
        let u = self.u;
        let power = u * (u * (u * (u + 4.0) + 6.0) + 4.0);
        (power + self.zero) * self.nonzero().recip()
    }

    /// Of the dispersion: $r_4/r_2^2 - 4 r_3/r_2 + 4 r_2 - 1 = (2 u^2 + 4 u^3 + u^4 + p)/q$.
    pub(super) fn dispersion(self) -> Scaled {
        let u = self.u;
        let power = u * u * (u * (u + 4.0) + 2.0);
        (power + self.zero) * self.nonzero().recip()
    }

    /// Of the variance: kurtosis less one, $2 + 16 u + 15 u^2 + 6 u^3 + u^4$ for $p = 0$, and
    /// $(e^6 - 4 q e^3 + 8 q^2 e - q e^2 - 4 q^3) / (q (e - q)^2)$ in general.
    pub(super) fn variance(self) -> Scaled {
        let (u, q) = (self.u, self.nonzero());
        if self.zero == 0.0 {
            return u * (u * (u * (u + 6.0) + 15.0) + 16.0) + 2.0;
        }
        let e = u + 1.0;
        let square = e * e;
        let numerator = square * square * square - square * e * (4.0 * q) + e * (8.0 * q * q)
            - square * q
            - Scaled::from(4.0 * q * q * q);
        let denominator = (u + self.zero) * (u + self.zero) * q;
        (numerator / denominator).max(Scaled::ZERO)
    }

    fn nonzero(self) -> f64 {
        1.0 - self.zero
    }
}

/// $e^x - 1$ without loss for small $x$.
pub(super) fn exp_less_one(x: f64) -> Scaled {
    if x < 1.0 { Scaled::from(x.exp_m1()) } else { Scaled::exp(x) - Scaled::ONE }
}
