//! Deep circular convolutional networks, place by place, until their places agree.

use super::composed::nonlinear;
use super::general::{Detail, General};
use super::state::{Layer, State};
use super::{KernelError, PairInput, PairKernel, piecewise_linear};
use crate::activation::{Activation, Homogeneous, Regularity};
use crate::spec::BranchScaling;

/// Relative difference of two places below which they count as one: what it does to their mean is of second order.
const AGREED: f64 = 1e-9;
/// Layers between two looks at whether all places agree.
const LOOK: usize = 8;

/// A circular convolutional network of one window, with or without residual connections.
///
/// Windows keep the offset between two places, and the outputs need offset 0 alone: one [`State`] a place, with
///
/// $$\Sigma' = \sigma_w^2\,\mathcal A[F] + \sigma_b^2, \qquad \Theta' = \Sigma' + \sigma_w^2\,\mathcal A[\dot F\,\Theta] .$$
///
/// A mean over a window is a sum of independent contributions, so that gaps stay sums of terms that are not negative. All but
/// the constant spatial pattern fade exponentially; once places agree, one of them is all.
pub(crate) struct CircularDepth<'a> {
    general: General<'a>,
    layer: Layer,
    scaling: Option<BranchScaling>,
    /// For every place, the places of its window.
    windows: Vec<Vec<usize>>,
}

/// What is known of two images between layers.
enum Known {
    Places(Vec<State>),
    Agreed(State),
}

impl<'a> CircularDepth<'a> {
    /// # Arguments
    /// * `windows`: for every place, the places of its window, all of one number.
    pub(crate) fn new(
        activation: &'a Activation,
        [weight_var, bias_var]: [f64; 2],
        scaling: Option<BranchScaling>,
        windows: Vec<Vec<usize>>,
    ) -> Result<Self, KernelError> {
        if activation.regularity() == Regularity::Discontinuous {
            return Err(KernelError::NoNtk { activation: activation.name() });
        }
        let layer = Layer { weight_var, bias_var, alpha: 1.0, beta: bias_var };
        Ok(Self { general: General::new(activation, Detail::Full), layer, scaling, windows })
    }

    /// The mean over places of Σ and Θ at `depths`, which increase.
    ///
    /// # Arguments
    /// * `inputs`: the channels of both images at every place.
    pub(crate) fn pair(&self, inputs: &[PairInput], depths: &[usize]) -> Result<Vec<PairKernel>, KernelError> {
        let mut kernels = Vec::with_capacity(depths.len());
        match self.scaling {
            // The branches depend on the depth of the whole: every depth is a network of its own.
            Some(BranchScaling::InverseDepth) => {
                for &depth in depths {
                    let lambda_sq = |_| (depth as f64).recip();
                    self.follow(inputs, &[depth], lambda_sq, |kernel| kernels.push(kernel))?;
                }
            }
            scaling => {
                let lambda_sq = |l| scaling.map_or(0.0, |scaling| scaling.lambda_sq(l, l));
                self.follow(inputs, depths, lambda_sq, |kernel| kernels.push(kernel))?;
            }
        }
        Ok(kernels)
    }

    fn follow(
        &self,
        inputs: &[PairInput],
        depths: &[usize],
        lambda_sq: impl Fn(usize) -> f64,
        mut visit: impl FnMut(PairKernel),
    ) -> Result<(), KernelError> {
        let deepest = depths.last().copied().unwrap_or(0);
        let share = self.share();
        let first = inputs.iter().map(|input| {
            let state = State::of_inputs(input);
            piecewise_linear::advance(&state, Homogeneous::IDENTITY, share)
        });
        let mut known = Known::Places(self.summed(&first.collect::<Vec<_>>()));
        let mut wanted = depths.iter().copied().peekable();
        for l in 1..=deepest {
            if l > 1 {
                known = self.layer_after(known, l, deepest, lambda_sq(l))?;
            }
            let state = known.mean();
            if wanted.next_if_eq(&l).is_some() {
                let state = state.unwrap_or_else(|| known.mean_of_places());
                if !state.is_finite() {
                    let activation = self.general.activation().name();
                    return Err(KernelError::Diverges { layer: l, depth: deepest, activation });
                }
                visit(state.kernel());
            }
        }
        Ok(())
    }

    /// What each place of a window adds.
    fn share(&self) -> Layer {
        let part = (self.windows.first().map_or(1, Vec::len).max(1) as f64).recip();
        let Layer { weight_var, bias_var, alpha, beta } = self.layer;
        Layer { weight_var: part * weight_var, bias_var: part * bias_var, alpha, beta: part * beta }
    }

    /// The sums over all windows.
    fn summed(&self, places: &[State]) -> Vec<State> {
        let sum = |window: &Vec<usize>| {
            let mut states = window.iter().map(|place| places[*place]);
            let first = states.next();
            first.map(|first| states.fold(first, |sum, state| sum.plus(1.0, &state)))
        };
        self.windows.iter().filter_map(sum).collect()
    }

    fn layer_after(&self, known: Known, l: usize, deepest: usize, lambda_sq: f64) -> Result<Known, KernelError> {
        let add = |before: &State, branch: State| match self.scaling {
            Some(_) => before.plus(lambda_sq, &branch),
            None => branch,
        };
        let places = match known {
            Known::Agreed(state) => {
                let branch = nonlinear(&self.general, &state, self.layer, l, deepest)?;
                return Ok(Known::Agreed(add(&state, branch)));
            }
            Known::Places(places) => places,
        };
        let share = self.share();
        let after: Vec<State> =
            places.iter().map(|state| nonlinear(&self.general, state, share, l, deepest)).collect::<Result<_, _>>()?;
        let mut after = self.summed(&after);
        for (state, before) in after.iter_mut().zip(&places) {
            *state = add(before, *state);
        }
        let known = Known::Places(after);
        if l.is_multiple_of(LOOK) && known.agrees() { Ok(Known::Agreed(known.mean_of_places())) } else { Ok(known) }
    }
}

impl Known {
    /// The one state where all agree.
    fn mean(&self) -> Option<State> {
        match self {
            Self::Agreed(state) => Some(*state),
            Self::Places(_) => None,
        }
    }

    fn mean_of_places(&self) -> State {
        match self {
            Self::Agreed(state) => *state,
            Self::Places(places) => {
                let sum = places[1..].iter().fold(places[0], |sum, state| sum.plus(1.0, state));
                sum.times((places.len() as f64).recip())
            }
        }
    }

    /// Whether what differs between places is too little to count.
    fn agrees(&self) -> bool {
        match self {
            Self::Agreed(_) => true,
            Self::Places(places) => places[1..].iter().all(|state| state.agrees_with(&places[0])),
        }
    }
}

impl State {
    /// The state of $\sqrt f z$.
    fn times(&self, factor: f64) -> Self {
        Self {
            q1: self.q1 * factor,
            q2: self.q2 * factor,
            shift: self.shift * factor.sqrt(),
            ntk1: self.ntk1 * factor,
            ntk2: self.ntk2 * factor,
            ntk12: self.ntk12 * factor,
            ntk_gap: self.ntk_gap * factor,
            ..*self
        }
    }

    /// Whether two places have the same kernels, up to what counts at second order only.
    fn agrees_with(&self, other: &Self) -> bool {
        let near = |a: crate::Scaled, b: crate::Scaled| (a - b).abs() <= b.abs() * AGREED;
        // Ratios of the norms of both images that differ between places add their squared difference to the gap.
        let ratio = |state: &Self| state.shift / state.q1.sqrt();
        let apart =
            if self.q1.is_zero() || other.q1.is_zero() { crate::Scaled::ZERO } else { ratio(self) - ratio(other) };
        near(self.q1, other.q1)
            && near(self.q2, other.q2)
            && near(self.gap, other.gap)
            && near(self.ntk1, other.ntk1)
            && near(self.ntk2, other.ntk2)
            && near(self.ntk12, other.ntk12)
            && near(self.ntk_gap, other.ntk_gap)
            && apart * apart <= other.gap * (AGREED * AGREED)
    }
}
