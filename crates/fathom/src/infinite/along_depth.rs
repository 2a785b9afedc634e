//! Kernels of one pair at many depths, in one pass through the layers.

use super::composed::nonlinear;
use super::general::{Chain, Detail, General};
use super::pair::PairRecursion;
use super::state::{Layer, State};
use super::{KernelError, PairInput, PairKernel, piecewise_linear};
use crate::activation::{Activation, Homogeneous, Regularity};
use crate::spec::{Architecture, BranchScaling};

/// Layers whose expectations over one input are held: beyond, most variances have come to rest, and the others would take
/// too much memory.
const HELD_LAYERS: usize = 20_000;

/// A network whose kernels at several depths are wanted.
pub(crate) struct AlongDepth<'a>(Kind<'a>);

enum Kind<'a> {
    Plain(PairRecursion<'a>),
    Residual { general: General<'a>, layer: Layer, scaling: BranchScaling },
}

/// What of a recursion depends on one input alone.
pub(crate) struct Prepared(Chain);

impl<'a> AlongDepth<'a> {
    /// The first layers of a fully connected network.
    pub(crate) fn plain(arch: &'a Architecture) -> Result<Self, KernelError> {
        Ok(Self(Kind::Plain(PairRecursion::new(arch, Detail::Full)?)))
    }

    /// Residual networks in the NTK parameterization, whose branches share their variances.
    pub(crate) fn residual(
        activation: &'a Activation,
        weight_var: f64,
        bias_var: f64,
        scaling: BranchScaling,
    ) -> Result<Self, KernelError> {
        if activation.regularity() == Regularity::Discontinuous {
            return Err(KernelError::NoNtk { activation: activation.name() });
        }
        let layer = Layer { weight_var, bias_var, alpha: 1.0, beta: bias_var };
        Ok(Self(Kind::Residual { general: General::new(activation, Detail::Full), layer, scaling }))
    }

    /// What depends on $|x|^2/n_0$ alone.
    pub(crate) fn prepare(&self, mean_square: f64) -> Prepared {
        Prepared(match &self.0 {
            Kind::Plain(recursion) => recursion.chain_of_first(mean_square, HELD_LAYERS),
            Kind::Residual { .. } => Chain::default(),
        })
    }

    /// The kernels at `depths`, which increase; of a fully connected network not beyond its own.
    ///
    /// # Arguments
    /// * `goes_on`: told the layers that are done; the kernels end where it is false.
    pub(crate) fn pair(
        &self,
        input: &PairInput,
        prepared: [&Prepared; 2],
        depths: &[usize],
        goes_on: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<PairKernel>, KernelError> {
        let mut kernels = Vec::with_capacity(depths.len());
        match &self.0 {
            Kind::Plain(recursion) => {
                recursion.follow(input, prepared.map(|p| &p.0), depths, goes_on, |kernel| {
                    kernels.push(kernel);
                })?;
            }
            // The branches depend on the depth of the whole: every depth is a network of its own.
            Kind::Residual { general, layer, scaling: BranchScaling::InverseDepth } => {
                for &depth in depths {
                    let lambda_sq = |_| (depth as f64).recip();
                    let known = kernels.len();
                    residual(general, *layer, input, &[depth], lambda_sq, goes_on, &mut kernels)?;
                    if kernels.len() == known {
                        break;
                    }
                }
            }
            Kind::Residual { general, layer, scaling } => {
                let lambda_sq = |l| scaling.lambda_sq(l, l);
                residual(general, *layer, input, depths, lambda_sq, goes_on, &mut kernels)?;
            }
        }
        Ok(kernels)
    }
}

/// $z^l = z^{l-1} + \lambda_l\,(\dots)$: each branch adds an independent state.
fn residual(
    general: &General<'_>,
    layer: Layer,
    input: &PairInput,
    depths: &[usize],
    lambda_sq: impl Fn(usize) -> f64,
    goes_on: &dyn Fn(usize) -> bool,
    kernels: &mut Vec<PairKernel>,
) -> Result<(), KernelError> {
    let deepest = depths.last().copied().unwrap_or(0);
    let mut state = piecewise_linear::advance(&State::of_inputs(input), Homogeneous::IDENTITY, layer);
    let mut wanted = depths.iter().copied().peekable();
    for l in 1..=deepest {
        if l > 1 {
            let branch = nonlinear(general, &state, layer, l, deepest)?;
            state = state.plus(lambda_sq(l), &branch);
        }
        if !state.is_finite() {
            let activation = general.activation().name();
            return Err(KernelError::Diverges { layer: l, depth: deepest, activation });
        }
        if wanted.next_if_eq(&l).is_some() {
            kernels.push(state.kernel());
        }
        if !goes_on(l) {
            break;
        }
    }
    Ok(())
}
