//! Rates, and what they predict at any depth.

use serde::Serialize;

use super::tau::Tau;
use crate::Scaled;

/// How the ratio of off-diagonal to diagonal approaches its limit: error ≈ `coefficient` times a function of $L$.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum DepthRate {
    /// $\ln L / L$.
    LogOverDepth {
        /// The factor.
        coefficient: f64,
    },
    /// $L^{-\text{exponent}}$.
    Power {
        /// The factor.
        coefficient: f64,
        /// The exponent.
        exponent: f64,
    },
    /// $1/\ln L$.
    InverseLog {
        /// The factor.
        coefficient: f64,
    },
    /// $e^{-L/\text{layers}}$, times $L$ if `times_depth`.
    Exponential {
        /// The factor.
        coefficient: f64,
        /// Layers in which the error falls by a factor e.
        layers: f64,
        /// Whether there is a factor $L$.
        times_depth: bool,
    },
}

impl DepthRate {
    /// The factor.
    pub fn coefficient(&self) -> f64 {
        match self {
            Self::LogOverDepth { coefficient }
            | Self::Power { coefficient, .. }
            | Self::InverseLog { coefficient }
            | Self::Exponential { coefficient, .. } => *coefficient,
        }
    }

    /// The function of $L$; `None` at depths where it is no positive number.
    pub fn shape(&self, depth: f64) -> Option<Scaled> {
        let shape = match self {
            Self::LogOverDepth { .. } => Scaled::from(depth.ln() / depth),
            Self::Power { exponent, .. } => Scaled::from(depth.powf(-exponent)),
            Self::InverseLog { .. } => Scaled::from(depth.ln().recip()),
            Self::Exponential { layers, times_depth, .. } => {
                Scaled::exp(-depth / layers) * Scaled::from(if *times_depth { depth } else { 1.0 })
            }
        };
        (shape.is_finite() && shape > Scaled::ZERO).then_some(shape)
    }
}

/// What turns a correlation gap into $Y$, which grows by one a layer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    /// $2/(s\sqrt u)$.
    Kinked(f64),
    /// $1/(\beta u)$.
    Smooth(f64),
}

impl Clock {
    pub fn y(self, gap: Scaled) -> f64 {
        match self {
            Self::Kinked(s) => (Scaled::from(2.0 / s) / gap.sqrt()).to_f64(),
            Self::Smooth(beta) => (Scaled::from(beta.recip()) / gap).to_f64(),
        }
    }
}

/// A rate with all its constants.
#[derive(Clone, Debug)]
pub(super) enum Law {
    /// $Y - \kappa \ln Y = \tau_L + C$; $t = Y/n + \delta_0$ off the diagonal, $\tau_L + D$ on it.
    ///
    /// With `next` = $(g, h)$, $Y + g/Y$ in place of $Y$ on the left, and $h/Y$ added to $t$.
    Clocked { clock: Clock, n: f64, kappa: f64, delta: f64, c: f64, tau: Tau, diagonal: f64, next: (f64, f64) },
    /// The leading term alone.
    Leading(DepthRate),
    /// $(A \ln L + B)/L$.
    LogOverDepth { coefficient: f64, offset: f64 },
    /// Off the diagonal $T_\infty + A L \chi_*^L$, on it $B \chi_1^L$; logarithms of B, $\chi_1$, $\chi_*$.
    Chaotic { offdiagonal: f64, transient: f64, ln_chi_star: f64, ln_diagonal: f64, ln_chi1: f64 },
}

impl Law {
    /// Ratio minus its limit at a depth; `None` before anything can be said.
    pub fn error(&self, depth: f64) -> Option<Scaled> {
        match self {
            Self::Clocked { n, kappa, delta, c, tau, diagonal, next: (g, h), .. } => {
                let tau = tau.at(depth);
                let first = clock_after(tau + c, *kappa)?;
                let y = clock_after(tau + c - g / first, *kappa)?;
                // Where the next term is as large as the first, there is no expansion.
                if y * y < -4.0 * h {
                    return None;
                }
                let excess = (kappa * y.ln() - g / y + c - diagonal) / n + delta + h / y;
                Some(Scaled::from(excess / (tau + diagonal)))
            }
            Self::LogOverDepth { coefficient, offset } => {
                Some(Scaled::from((coefficient * depth.ln() + offset) / depth))
            }
            Self::Leading(rate) => Some(rate.shape(depth)? * Scaled::from(rate.coefficient())),
            Self::Chaotic { offdiagonal, transient, ln_chi_star, ln_diagonal, ln_chi1 } => {
                let fading = Scaled::exp(ln_chi_star * depth) * Scaled::from(transient * depth);
                Some((fading + Scaled::from(*offdiagonal)) / Scaled::exp(ln_diagonal + ln_chi1 * depth))
            }
        }
    }
}

/// The larger solution of $Y - \kappa \ln Y = x$.
fn clock_after(x: f64, kappa: f64) -> Option<f64> {
    let left = |y: f64| y - kappa * y.ln() - x;
    let mut low = kappa.max(f64::MIN_POSITIVE);
    if left(low) > 0.0 {
        return None;
    }
    let mut high = (2.0 * low).max(2.0 * x.abs() + 2.0);
    while left(high) < 0.0 {
        low = high;
        high *= 2.0;
        if high.is_infinite() {
            return None;
        }
    }
    while high - low > 4.0 * f64::EPSILON * high {
        let middle = 0.5 * (low + high);
        if left(middle) < 0.0 { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_solves_its_equation_on_the_growing_branch() {
        for (kappa, y) in [(1.5, 3.0), (1.5, 1e9), (-3.0, 0.5), (5.95, 7.0), (0.0, 4.0), (-4.07, 1e4)] {
            let found = clock_after(y - kappa * f64::ln(y), kappa).unwrap();
            // The equation determines Y up to rounding of its two sides over its slope 1 − κ/Y.
            assert!((found - y).abs() < 1e-14 * y / (1.0 - kappa / y).abs(), "{kappa}, {y}: {found}");
        }
        assert!(clock_after(0.5, 1.5).is_none(), "the left side is at least κ − κ ln κ = 0.89");
    }
}
