//! Powers of relu.

use std::f64::consts::{FRAC_PI_2, TAU};

use super::{Breakpoint, Covariance, Dual, Jet, Nonlinearity, Parity, Regularity};
use crate::quadrature::panel_rule;

/// $\max(0, z)^n$ with $n \ge 2$; $n = 1$ is [`PiecewiseLinear::relu`](super::relu::PiecewiseLinear::relu).
///
/// $F = g^n J_n(\theta)/(2\pi)$, $\dot F = n^2 g^{n-1} J_{n-1}(\theta)/(2\pi)$ (Cho & Saul 2009), where the integral over
/// the radius leaves, with $\eta = \pi - \theta$,
///
/// $$J_n = 2^{n+1} n! \int_0^{\eta/2} \big(\sin(\tfrac\eta 2 + x)\sin(\tfrac\eta 2 - x)\big)^n dx:$$
///
/// a positive trigonometric polynomial, which 24 Gauss–Legendre nodes integrate to rounding. The usual closed form of
/// $J_n$ loses all digits as $\eta \to 0$.
#[derive(Debug)]
pub(super) struct RectifiedPower {
    degree: u8,
}

/// Largest degree offered; 24 nodes are enough up to here.
pub(super) const MAX_DEGREE: u8 = 8;

/// $\int_0^a h(x)\,dx$ for a trigonometric polynomial of degree up to 16 and $a \le \pi/2$.
fn integral(a: f64, h: impl Fn(f64) -> f64) -> f64 {
    let rule = panel_rule();
    let half = 0.5 * a;
    half * rule.nodes.iter().zip(&rule.weights).map(|(t, w)| w * h(half * (1.0 + t))).sum::<f64>()
}

/// $2^{n+1} n!$.
fn prefactor(n: i32) -> f64 {
    (1..=n).fold(2.0, |product, i| product * 2.0 * f64::from(i))
}

/// $J_n(\theta)$.
fn angular(n: i32, c: &Covariance) -> f64 {
    let half = 0.5 * c.coangle();
    prefactor(n) * integral(half, |x| ((half + x).sin() * (half - x).sin()).powi(n))
}

/// $J_n(0) - J_n(\theta)$, as a sum of positive terms: where both integrands are present,
/// $\cos^{2n} x - (\cos^2 x - s)^n = s \sum_i \cos^{2i} x\, (\cos^2 x - s)^{n-1-i}$ with $s = \sin^2(\theta/2)$; and the
/// rest of the first one.
fn angular_gap(n: i32, c: &Covariance) -> f64 {
    let (half, s) = (0.5 * c.coangle(), 0.5 * c.gap());
    let shared = integral(half, |x| {
        let (square, reduced) = (x.cos().powi(2), (half + x).sin() * (half - x).sin());
        // Horner in `square`: Σ square^i reduced^(n−1−i).
        let mut power = 1.0;
        (1..n).fold(1.0, |sum, _| {
            power *= reduced;
            sum * square + power
        })
    });
    let rest = integral((0.5 * c.angle()).min(FRAC_PI_2), |y| y.sin().powi(2 * n));
    prefactor(n) * (s * shared + rest)
}

impl RectifiedPower {
    /// For a degree from 2 to [`MAX_DEGREE`].
    pub(super) fn new(degree: u8) -> Self {
        Self { degree }
    }

    fn degree(&self) -> i32 {
        i32::from(self.degree)
    }

    /// Value and slope from the two angular factors.
    fn dual_of(&self, c: &Covariance, upper: f64, lower: f64) -> Dual {
        let (n, g) = (self.degree(), c.g());
        let power = g.powi(n - 1);
        Dual { value: power * g * upper / TAU, slope: f64::from(n * n) * power * lower / TAU }
    }
}

impl Nonlinearity for RectifiedPower {
    fn name(&self) -> String {
        format!("rectified-power:{}", self.degree)
    }

    fn value(&self, z: f64) -> f64 {
        z.max(0.0).powi(self.degree())
    }

    fn slope(&self, z: f64) -> f64 {
        f64::from(self.degree) * z.max(0.0).powi(self.degree() - 1)
    }

    fn jet(&self, z: f64) -> Jet {
        let mut jet = [0.0; 7];
        if z > 0.0 {
            let mut factor = 1.0;
            for (order, derivative) in (0..).zip(&mut jet) {
                let left = self.degree() - order;
                if left < 0 {
                    break;
                }
                *derivative = factor * z.powi(left);
                factor *= f64::from(left);
            }
        }
        jet
    }

    fn regularity(&self) -> Regularity {
        if self.degree == 2 { Regularity::CurvatureJump } else { Regularity::Smooth }
    }

    fn parity(&self) -> Parity {
        Parity::Neither
    }

    fn breakpoints(&self) -> Vec<Breakpoint> {
        vec![Breakpoint { at: 0.0, order: self.degree, jump: (1..=self.degree).map(f64::from).product() }]
    }

    fn strip(&self) -> f64 {
        0.0
    }

    fn dual(&self, c: &Covariance) -> Option<Dual> {
        Some(self.dual_of(c, angular(self.degree(), c), angular(self.degree() - 1, c)))
    }

    fn dual_gap(&self, c: &Covariance) -> Option<Dual> {
        Some(self.dual_of(c, angular_gap(self.degree(), c), angular_gap(self.degree() - 1, c)))
    }
}
