//! The first gradient step of the ReLU NTK.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, PI};

use serde::Serialize;

use super::input::{InputNorm, check};
use super::{MomentsError, relu_moments};
use crate::Scaled;
use crate::spec::Constants;

/// Mean of the derivative of $\Theta(x, x)$ along gradient flow at initialisation, activation pattern held fixed.
///
/// For the loss $\tfrac12 (f(x) - y)^2$ on the single input $x$ and one output,
/// $$\frac{d\,E\,\Theta}{d\eta}\Big|_{\text{a.e.}} = -4 S,$$
/// for every target $y$; for the loss $(f - y)^2$ it is twice that. This is what automatic differentiation sees. A real
/// step also switches neurons, see [`crossing_update`]. Derived in docs/theory.
///
/// # Errors
/// [`MomentsError::SeveralOutputs`], and those of [`relu_moments`].
///
/// # Accuracy and cost
/// Those of [`relu_moments`].
///
/// # Example
/// One hidden layer of width $n$ at $|x|^2 = n_0$: $S = 8/n$.
/// ```
/// use fathom_ntk::moments::{InputNorm, mean_first_update};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("3,4,1".parse()?), ..Default::default() };
/// let constants = Architecture::try_from(spec)?.constants().ok_or("infinite width")?;
/// let update = mean_first_update(&constants, &InputNorm::new(3.0, None)?)?;
/// assert_eq!(update.to_f64(), -8.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mean_first_update(c: &Constants, input: &InputNorm) -> Result<Scaled, MomentsError> {
    check(c)?;
    one_output(c)?;
    Ok(relu_moments(c, input)?.update_sum * -4.0)
}

/// Mean change of $\Theta(x, x)$ in the first gradient step, for each unit of learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FirstUpdate {
    /// $-4S$: the derivative with the activation pattern held fixed; exact.
    pub fixed_pattern: Scaled,
    /// What neurons add that switch on or off during the step; negative, leading order in width.
    pub crossing: Scaled,
    /// The sum: what a real step does, $\lim_{\eta \to 0} E[\Theta(\theta - \eta \nabla) - \Theta(\theta)]/\eta$.
    pub finite_step: Scaled,
}

/// Mean change of $\Theta(x, x)$ in a real gradient step of small learning rate η, divided by η.
///
/// A step changes each preactivation by order $\eta/\sqrt n$, so of order $\eta \sqrt n$ neurons cross zero, and each
/// crossing makes Θ jump. The mean of these jumps is of order $n^{-1/2}$, more than the $1/n$ of the derivative
/// with the activation pattern held fixed; it is always negative and depends on the target $y$. Activations without a
/// kink have no such term.
///
/// Loss $\tfrac12 (f(x) - y)^2$, gradient descent on the single input $x$. Derived in docs/theory.
///
/// # Errors
/// [`MomentsError::SeveralOutputs`], [`MomentsError::NotGaussian`] and
/// [`MomentsError::ZeroPreactivation`] where the law of the crossings is not known; [`MomentsError::Value`] for a
/// target that is not finite; those of [`relu_moments`].
///
/// # Accuracy and cost
/// `fixed_pattern` is exact; `crossing` holds for large widths at fixed depth, and is a few per cent off at widths of
/// 16 to 100. $O(L)$.
///
/// # Example
/// ```
/// use fathom_ntk::moments::{InputNorm, crossing_update};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("3,64,1".parse()?), ..Default::default() };
/// let constants = Architecture::try_from(spec)?.constants().ok_or("infinite width")?;
/// let update = crossing_update(&constants, &InputNorm::new(3.0, None)?, 0.0)?;
/// assert_eq!(update.fixed_pattern.to_f64(), -0.5);
/// assert!((update.finite_step.to_f64() + 0.859).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn crossing_update(c: &Constants, input: &InputNorm, target: f64) -> Result<FirstUpdate, MomentsError> {
    let fixed_pattern = mean_first_update(c, input)?;
    if !target.is_finite() {
        return Err(MomentsError::Value { name: "target", allowed: "finite", got: target });
    }
    let biases_are_random = c.bias_var.iter().any(|v| *v > 0.0);
    for (name, excess_kurtosis, used) in
        [("weights", c.weight_kurtosis, true), ("biases", c.bias_kurtosis, biases_are_random)]
    {
        if used && excess_kurtosis != 0.0 {
            return Err(MomentsError::NotGaussian { name, excess_kurtosis });
        }
    }
    let crossing = crossing(c, input, target)?;
    Ok(FirstUpdate { fixed_pattern, crossing, finite_step: fixed_pattern + crossing })
}

fn one_output(c: &Constants) -> Result<(), MomentsError> {
    match c.widths[c.depth()] {
        1 => Ok(()),
        outputs => Err(MomentsError::SeveralOutputs { outputs }),
    }
}

/// $-E|f - y| \sum_l n_l\, E[\text{jump of layer } l]$.
fn crossing(c: &Constants, input: &InputNorm, target: f64) -> Result<Scaled, MomentsError> {
    let depth = c.depth();
    let half_var = |l: usize| 0.5 * c.weight_var[l];
    let first = Scaled::from(c.weight_var[0]) * (input.sq_norm() / c.widths[0] as f64);
    // Variance and NTK of one preactivation, variance of an off-diagonal NTK entry, and b_l = E|δ^l|².
    let (mut v, mut h, mut u) = (first + c.bias_var[0], first * c.alpha[0] + c.beta[0], Scaled::ZERO);
    let mut b = (1..depth).fold(Scaled::ONE, |b, l| b * half_var(l));
    let mut total = Scaled::ZERO;
    for l in 1..depth {
        if v.is_zero() {
            return Err(MomentsError::ZeroPreactivation { layer: l });
        }
        let (half, n) = (half_var(l), c.widths[l] as f64);
        let from_above = h * (b / Scaled::from(half)) * (2.0 * half / n);
        let a_square = u * b;
        let (a, both) = (a_square.sqrt(), (a_square + h * from_above).sqrt());
        if !both.is_zero() {
            let jump = both * 2.0 + a_square / both - a;
            total += from_above * jump / v.sqrt() * (n / (2.0 * PI));
        }
        b = b / Scaled::from(half);
        u = (h * h * (2.0 / n) + u) * half * half;
        h = (v * c.alpha[l] + h) * half + c.beta[l];
        v = v * half + c.bias_var[l];
    }
    Ok(-(total * mean_distance(v, target)))
}

/// $E|f - y|$ for $f \sim \mathcal N(0, v)$.
fn mean_distance(v: Scaled, y: f64) -> Scaled {
    let s = v.sqrt();
    let y = Scaled::from(y.abs());
    // Beyond 40 standard deviations, |f − y| and y − f have the same mean y.
    if y > s * 40.0 {
        return y;
    }
    let t = if s.is_zero() { 0.0 } else { (y / s).to_f64() };
    s * (FRAC_2_PI.sqrt() * (-0.5 * t * t).exp() + t * libm::erf(t * FRAC_1_SQRT_2))
}
