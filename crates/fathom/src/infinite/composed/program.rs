//! The steps that blocks stand for.

use crate::Scaled;
use crate::activation::{Activation, Homogeneous, Regularity};
use crate::infinite::general::{Chain, Detail, General};
use crate::infinite::pair::LARGE;
use crate::infinite::state::{Layer, State};
use crate::infinite::{KernelError, piecewise_linear};
use crate::spec::{Block, Composition};

/// What happens to the state of a pair.
pub(in crate::infinite) enum Step<'a> {
    /// Weights without a function before them.
    Linear(Layer),
    /// A function, and the weights after it: together, because the product of weight variance and mean squared slope is
    /// known better than either where it is one.
    Nonlinear(General<'a>, Layer),
    /// A shortcut, and a branch times λ that is added.
    Residual { lambda_sq: f64, branch: Vec<Step<'a>>, shortcut: Vec<Step<'a>> },
    /// Division by the root of the variance.
    Normalise,
}

/// A function alone: the identity as its weights, which add nothing to the NTK.
const NO_WEIGHTS: Layer = Layer { weight_var: 1.0, bias_var: 0.0, alpha: 0.0, beta: 0.0 };

/// Builds the steps, and counts the features that come into each weight block.
struct Compiler<'a> {
    network: &'a Composition,
    with_ntk: bool,
    /// Features or channels here, if they are known.
    features: Option<usize>,
}

/// The steps of a network on lists of features.
///
/// # Errors
/// [`KernelError`] for networks on images, functions without NTK and missing widths.
pub(in crate::infinite) fn steps(network: &Composition, with_ntk: bool) -> Result<Vec<Step<'_>>, KernelError> {
    if !network.input().space().is_empty() {
        return Err(KernelError::Images);
    }
    Compiler { network, with_ntk, features: network.input().channels() }.steps(network.blocks())
}

impl<'a> Compiler<'a> {
    fn steps(&mut self, blocks: &'a [Block]) -> Result<Vec<Step<'a>>, KernelError> {
        let mut steps: Vec<Step<'a>> = Vec::with_capacity(blocks.len());
        let mut pending: Option<&'a Activation> = None;
        for block in blocks {
            match block {
                Block::Dense { weight_var, bias_var, width } => {
                    let layer = self.layer(*weight_var, *bias_var, *width)?;
                    steps.push(match pending.take() {
                        Some(function) => Step::Nonlinear(General::new(function, self.detail()), layer),
                        None => Step::Linear(layer),
                    });
                    continue;
                }
                Block::Activation { function } => {
                    if self.with_ntk && function.regularity() == Regularity::Discontinuous {
                        return Err(KernelError::NoNtk { activation: function.name() });
                    }
                    pending = Some(function);
                    continue;
                }
                _ => {}
            }
            if let Some(function) = pending.take() {
                steps.push(Step::Nonlinear(General::new(function, self.detail()), NO_WEIGHTS));
            }
            match block {
                Block::Residual { lambda_sq, branch, shortcut } => {
                    let before = self.features;
                    let branch = self.steps(branch)?;
                    self.features = before;
                    let shortcut = self.steps(shortcut)?;
                    steps.push(Step::Residual { lambda_sq: *lambda_sq, branch, shortcut });
                }
                Block::LayerNorm => steps.push(Step::Normalise),
                _ => return Err(KernelError::Images),
            }
        }
        Ok(steps)
    }

    fn detail(&self) -> Detail {
        if self.with_ntk { Detail::Full } else { Detail::NngpOnly }
    }

    fn layer(&mut self, weight_var: f64, bias_var: f64, width: Option<usize>) -> Result<Layer, KernelError> {
        let features = std::mem::replace(&mut self.features, width);
        let (alpha, beta) = if self.with_ntk {
            self.network.ntk_coefficients(weight_var, bias_var, features).ok_or(KernelError::NeedsWidths)?
        } else {
            (0.0, 0.0)
        };
        Ok(Layer { weight_var, bias_var, alpha, beta })
    }
}

/// The state after all steps; `layer` counts weight layers.
pub(in crate::infinite) fn run(
    steps: &[Step<'_>],
    mut state: State,
    layer: &mut usize,
    depth: usize,
) -> Result<State, KernelError> {
    for step in steps {
        state = match step {
            Step::Linear(weights) => {
                *layer += 1;
                piecewise_linear::advance(&state, Homogeneous::IDENTITY, *weights)
            }
            Step::Nonlinear(general, weights) => {
                *layer += 1;
                nonlinear(general, &state, *weights, *layer, depth)?
            }
            Step::Residual { lambda_sq, branch, shortcut } => {
                let mut layer_of_shortcut = *layer;
                let shortcut = run(shortcut, state, &mut layer_of_shortcut, depth)?;
                let branch = run(branch, state, layer, depth)?;
                *layer = (*layer).max(layer_of_shortcut);
                shortcut.plus(*lambda_sq, &branch)
            }
            Step::Normalise => state.normalised(),
        };
        if !state.is_finite() {
            return Err(KernelError::Diverges { layer: *layer, depth, activation: "this network".into() });
        }
    }
    Ok(state)
}

/// The state after a function and the weights behind it.
pub(in crate::infinite) fn nonlinear(
    general: &General<'_>,
    state: &State,
    weights: Layer,
    layer: usize,
    depth: usize,
) -> Result<State, KernelError> {
    let activation = general.activation();
    match activation.homogeneous() {
        Some(parts) => Ok(piecewise_linear::advance(state, parts, weights)),
        None if state.q1.max(state.q2) <= Scaled::from(LARGE) => {
            let none = Chain::default();
            Ok(general.advance(state, weights, 2, [&none, &none]))
        }
        None => match activation.asymptote() {
            Some(parts) => Ok(piecewise_linear::advance(state, parts, weights)),
            None => Err(KernelError::Diverges { layer, depth, activation: activation.name() }),
        },
    }
}
