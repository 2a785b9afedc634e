//! What an activation has to say of itself.

use std::fmt::Debug;

use super::{Covariance, Homogeneous, Jet, ScaledErf};

/// How smooth a function is; decides its rates at great depth and the rules that integrate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Regularity {
    /// φ jumps (step): there is an NNGP but no NTK.
    Discontinuous,
    /// φ is continuous, φ′ jumps (relu): the correlation gap closes like $1/L^2$ on the edge of chaos.
    Kinked,
    /// φ′ is continuous, φ″ jumps (elu).
    CurvatureJump,
    /// φ″ is continuous. Higher derivatives may jump (rectified powers from degree 3 on); [`Nonlinearity::strip`] tells
    /// whether φ is analytic (tanh, gelu).
    Smooth,
}

/// Symmetry of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// $\phi(-z) = \phi(z)$.
    Even,
    /// $\phi(-z) = -\phi(z)$.
    Odd,
    /// Neither.
    Neither,
}

/// A point where φ or one of its derivatives jumps.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Breakpoint {
    /// Where.
    pub at: f64,
    /// Lowest derivative that jumps there: 0 for a step, 1 for a kink, 2 for a jump of φ″.
    pub order: u8,
    /// Right limit minus left limit of that derivative.
    pub jump: f64,
}

/// $F = E[\phi(u)\phi(v)]$ and $\dot F = E[\phi'(u)\phi'(v)]$ at one covariance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual {
    /// $F$.
    pub value: f64,
    /// $\dot F$; infinite for a step.
    pub slope: f64,
}

/// An activation function.
///
/// Implementations are pure functions of `z`; `name` is their canonical text form and identifies them.
pub trait Nonlinearity: Send + Sync + Debug {
    /// Canonical text form, which [`Activation`](super::Activation) parses back: `relu`, `leaky-relu:0.1`.
    fn name(&self) -> String;

    /// $\phi(z)$.
    fn value(&self, z: f64) -> f64;

    /// $\phi'(z)$; at a kink, the value from the left (so that relu′(0) = 0).
    fn slope(&self, z: f64) -> f64;

    /// $\phi$ and $\phi'$ of every entry of `z`; all slices have the same length.
    ///
    /// Sampling spends its time here for activations that are dear to evaluate.
    fn values_and_slopes(&self, z: &[f64], values: &mut [f64], slopes: &mut [f64]) {
        if let Some(homogeneous) = self.homogeneous() {
            homogeneous.values_and_slopes(z, values, slopes);
        } else {
            for ((z, value), slope) in z.iter().zip(values).zip(slopes) {
                (*value, *slope) = (self.value(*z), self.slope(*z));
            }
        }
    }

    /// $\phi, \phi', \dots, \phi^{(6)}$ at `z`, ignoring the point masses that sit on breakpoints.
    fn jet(&self, z: f64) -> Jet;

    /// How smooth φ is.
    fn regularity(&self) -> Regularity;

    /// Symmetry of φ.
    fn parity(&self) -> Parity;

    /// Points where φ or one of its derivatives jumps, in increasing order; empty for analytic functions.
    fn breakpoints(&self) -> Vec<Breakpoint> {
        Vec::new()
    }

    /// The coefficients if φ is exactly $a z + b|z|$.
    fn homogeneous(&self) -> Option<Homogeneous> {
        None
    }

    /// The coefficients if φ is exactly $o + f\,\mathrm{erf}(s z)$.
    fn scaled_erf(&self) -> Option<ScaledErf> {
        None
    }

    /// The homogeneous function that φ approaches as $|z| \to \infty$ with bounded error, if there is one other than zero.
    fn asymptote(&self) -> Option<Homogeneous> {
        self.homogeneous()
    }

    /// $|z|$ beyond which φ is not known (and [`Self::value`] is NaN): ∞ for functions given by a formula.
    fn reach(&self) -> f64 {
        f64::INFINITY
    }

    /// Half-width of the strip around the real line in which φ is analytic: ∞ for entire functions, 0 if not analytic.
    fn strip(&self) -> f64;

    /// $F$ and $\dot F$ in closed form, to nearly full relative accuracy for every covariance; `None` if unknown.
    fn dual(&self, _covariance: &Covariance) -> Option<Dual> {
        None
    }

    /// $F(q_1, q_2, \sqrt{q_1 q_2}) - F(q_1, q_2, k)$ (in `value`) and the same of $\dot F$ (in `slope`) in closed form,
    /// without cancellation as $k \to \sqrt{q_1 q_2}$; `None` if unknown.
    fn dual_gap(&self, _covariance: &Covariance) -> Option<Dual> {
        None
    }

    /// $E[(\phi(\sqrt{q_1}Z) - \phi(\sqrt{q_2}Z))^2]$ (in `value`) and the same of φ′ (in `slope`) in closed form,
    /// without cancellation as $q_1 \to q_2$; `None` to have it integrated, which oscillating functions must not.
    fn norm_gap(&self, _q1: f64, _q2: f64) -> Option<Dual> {
        None
    }

    /// $E[\phi(\sqrt{q_1}Z)^2] - E[\phi(\sqrt{q_2}Z)^2]$ in closed form, without cancellation as $q_1 \to q_2$; `None`
    /// to have it integrated.
    fn value_sq_difference(&self, _q1: f64, _q2: f64) -> Option<f64> {
        None
    }
}
