//! What draws cannot tell.

use std::fmt;

use serde::Serialize;

use crate::Scaled;

/// A moment of an observable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Moment {
    /// $E x$.
    Mean,
    /// $E x^2$.
    SecondMoment,
}

/// Why an estimate, or its standard error, must not be relied upon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "warning")]
#[non_exhaustive]
pub enum TailWarning {
    /// One draw makes a large part of the sampled variance of the estimate, so another run would give another standard
    /// error, and probably another estimate.
    OneDrawDominates {
        /// Of which moment.
        moment: Moment,
        /// Its part, above [`TailWarning::MAX_SHARE`].
        share: f64,
    },
    /// A law with the known or sampled width of the logarithm has most of its moment where these draws hardly come.
    TooFewDraws {
        /// Of which moment.
        moment: Moment,
        /// Squared relative standard error by that law, above [`TailWarning::MAX_RELATIVE_VARIANCE`].
        relative_variance: Scaled,
        /// Draws with which it would be at that bound.
        draws_needed: Scaled,
    },
}

impl TailWarning {
    /// Largest part of the sampled variance that one draw may make.
    ///
    /// With a share $h$ of one draw in a sum, the relative variance of the sum is sampled as $h^2$ or more; at 1/4, the
    /// standard error itself is uncertain by at least 1/8.
    pub const MAX_SHARE: f64 = 0.25;
    /// Largest squared relative standard error of an estimate by the log-normal law: a standard error of half the value.
    pub const MAX_RELATIVE_VARIANCE: f64 = 0.25;

    /// The moment that is not estimated.
    pub fn moment(&self) -> Moment {
        match *self {
            Self::OneDrawDominates { moment, .. } | Self::TooFewDraws { moment, .. } => moment,
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mean => "mean",
            Self::SecondMoment => "second moment",
        })
    }
}

impl fmt::Display for TailWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneDrawDominates { moment, share } => {
                let percent = 100.0 * share;
                write!(
                    f,
                    "one draw makes {percent:.0} % of the sampled variance of the {moment}: {}",
                    match moment {
                        Moment::Mean => "its standard error is uncertain; draw more",
                        Moment::SecondMoment => "the errors of variance and dispersion are uncertain; draw more",
                    }
                )
            }
            Self::TooFewDraws { moment, draws_needed, .. } => {
                let of = match moment {
                    Moment::Mean => "the mean",
                    Moment::SecondMoment => "the second moment, and so variance and dispersion,",
                };
                let digits = draws_needed.ln() / std::f64::consts::LN_10;
                write!(f, "{of} cannot be estimated from so few draws: about ")?;
                if digits < 5.0 {
                    write!(f, "{:.0} are needed", draws_needed.to_f64().ceil())
                } else {
                    write!(f, "10^{digits:.1} are needed")
                }
            }
        }
    }
}
