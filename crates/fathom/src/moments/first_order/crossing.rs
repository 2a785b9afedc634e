//! Movement of the NTK of relu networks by sign changes of preactivations.

use std::f64::consts::FRAC_2_PI;

use super::FirstOrderError;
use super::profile::{HiddenWidths, Profile};
use crate::Scaled;
use crate::activation::Homogeneous;
use crate::spec::Architecture;

/// Why the movement by sign changes is not given: the condition of the derivation that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoCrossing {
    /// Not relu.
    #[error("the movement by sign changes is established for relu only")]
    NotRelu,
    /// Another weight variance.
    #[error("the movement by sign changes is established for weight_var 2 only")]
    WeightVar,
    /// Biases.
    #[error("the movement by sign changes is established without biases only")]
    Biases,
    /// Layer contributions other than those of the NTK parameterization.
    #[error("the movement by sign changes is established in the ntk parameterization only")]
    Parameterization,
    /// Different hidden widths.
    #[error("the movement by sign changes is established for equal hidden widths only")]
    UnequalWidths,
    /// More than one output.
    #[error("the movement by sign changes is established for one output only")]
    SeveralOutputs,
}

/// Coefficients $Cx_1, \dots, Cx_{L-1}$ of the movement of a relu network through sign changes: one step at learning rate
/// η and target 0 moves the mean NTK by
///
/// $$-2\eta\,(p + 2q) - \eta \sum_l Cx_l / \sqrt{n_l}$$
///
/// up to smaller terms, where the first term is what automatic differentiation sees
/// ([`FormalMovement`](super::FormalMovement)). About $\eta\sqrt n$ neurons of a layer change sign, and each changes the
/// NTK by order $1/n$. Derived in docs/theory from the joint Gaussian law of a preactivation and its change.
///
/// # Arguments
/// * `arch`: relu, `weight_var` 2, no bias, one output, equal hidden widths, NTK parameterization: what the formula was
///   checked for against sampled networks (agreement within 3 % at widths 256 and 1024, depths 2, 3, 5).
/// * `sq_norm`: $|x|^2$.
///
/// # Errors
/// [`FirstOrderError::NoCrossing`] names the condition that fails; else as for [`first_order`](super::first_order()).
///
/// # Accuracy and cost
/// Rounding errors only. $O(L)$.
///
/// # Example
/// ```
/// use fathom_ntk::moments::first_order::relu_crossing;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("4,64,1".parse()?), ..Default::default() })?;
/// let cx = relu_crossing(&arch, 4.0)?;
/// assert!((cx[0].to_f64() - 2.873393954).abs() < 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn relu_crossing(arch: &Architecture, sq_norm: f64) -> Result<Vec<Scaled>, FirstOrderError> {
    Ok(crossing_terms(&Profile::new(arch, sq_norm)?)??)
}

/// The inner error if the movement is not established.
pub(super) fn crossing_terms(profile: &Profile<'_>) -> Result<Result<Vec<Scaled>, NoCrossing>, FirstOrderError> {
    if let Some(reason) = obstacle(profile) {
        return Ok(Err(reason));
    }
    // With b at unit widths, n_l b_l is b itself, because hidden widths are equal.
    let unit = HiddenWidths::Equal(1.0);
    let mut terms = Vec::with_capacity(profile.depth() - 1);
    let mut tensors = profile.start()?;
    for layer in 1..profile.depth() {
        terms.push(term(tensors.nngp, tensors.ntk, tensors.b));
        tensors = tensors.next(&profile.transition(layer, unit, tensors.ntk)?);
    }
    let residual = (tensors.nngp * FRAC_2_PI).sqrt();
    for cx in &mut terms {
        *cx *= residual;
    }
    Ok(Ok(terms))
}

/// $Cx_l / E|z^L|$ from $K_l$, $\Theta_l$ and $n_l b_l$.
fn term(k: Scaled, ntk: Scaled, b: Scaled) -> Scaled {
    let s = 2.0;
    let (one, root) = (Scaled::ONE, FRAC_2_PI.sqrt());
    let noise = b * (0.5 * s);
    // V = s Θ² + noise; the ratio s Θ² / V lies in (0, 1], and s − s²Θ²/V = s noise / V.
    let variance = ntk * ntk * s + noise;
    let m1 = variance.sqrt() * root;
    let m3 = m1 * variance * 2.0;
    let share = ntk * s / variance;
    let inner = noise * s / variance * m1 + share * share * m3;
    let bracket = share * m3 * 2.0 - ntk * inner - ntk * noise.sqrt() * (s * root);
    bracket * (one / (k * (2.0 * std::f64::consts::PI)).sqrt()) * 0.5
}

fn obstacle(profile: &Profile<'_>) -> Option<NoCrossing> {
    let (arch, widths) = (profile.arch(), profile.widths());
    let hidden = &widths[1..arch.depth()];
    if arch.activation().homogeneous() != Some(Homogeneous { a: 0.5, b: 0.5 }) {
        return Some(NoCrossing::NotRelu);
    }
    for layer in 1..=arch.depth() {
        if arch.weight_var(layer) != 2.0 {
            return Some(NoCrossing::WeightVar);
        }
        match arch.ntk_coefficients(layer) {
            Some((1.0, 0.0)) if arch.bias_var(layer) == 0.0 => {}
            Some((1.0, _)) => return Some(NoCrossing::Biases),
            _ => return Some(NoCrossing::Parameterization),
        }
    }
    if hidden.windows(2).any(|pair| pair[0] != pair[1]) {
        return Some(NoCrossing::UnequalWidths);
    }
    (widths[arch.depth()] != 1).then_some(NoCrossing::SeveralOutputs)
}
