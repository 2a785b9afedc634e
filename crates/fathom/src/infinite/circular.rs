//! Deep circular convolutional networks, place by place, until their places agree.

use super::composed::nonlinear;
use super::general::{Chain, Detail, General, Use, next_variance};
use super::pair::LARGE;
use super::state::{Layer, State};
use super::{KernelError, PairInput, PairKernel, piecewise_linear};
use crate::Scaled;
use crate::activation::{Activation, Homogeneous, Regularity};
use crate::spec::BranchScaling;

/// Relative difference of two places below which they count as one: what it does to their mean is of second order.
const AGREED: f64 = 1e-9;
/// Relative distance from the variance at which a network rests below which a place has reached it: the rounding of a window.
const RESTED: f64 = 3e-14;
/// Layers in which a variance must come to rest, or expectations are computed layer by layer.
const SOON: usize = 1000;
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
    /// For every axis, and for every place, the places of its window along that axis.
    windows: Vec<Vec<Vec<usize>>>,
    /// The variance at which all places come to rest, and the expectations there.
    rest: Option<(f64, Chain)>,
}

/// What is known of two images between layers.
enum Known {
    Places(Vec<State>),
    Agreed(State),
}

impl<'a> CircularDepth<'a> {
    /// # Arguments
    /// * `windows`: for every axis, and for every place, the places of its window along that axis, all of one number.
    /// * `detail`: for functions without closed forms.
    pub(crate) fn new(
        activation: &'a Activation,
        [weight_var, bias_var]: [f64; 2],
        scaling: Option<BranchScaling>,
        windows: Vec<Vec<Vec<usize>>>,
        detail: Detail,
    ) -> Result<Self, KernelError> {
        if activation.regularity() == Regularity::Discontinuous {
            return Err(KernelError::NoNtk { activation: activation.name() });
        }
        let layer = Layer { weight_var, bias_var, alpha: 1.0, beta: bias_var };
        let mut general = General::new(activation, Detail::Full);
        if general.integrates(Use::Few) {
            general = General::new(activation, detail);
        }
        let alone = scaling.is_none() && activation.homogeneous().is_none();
        let rest = if alone { rest(&general, layer) } else { None };
        Ok(Self { general, layer, scaling, windows, rest })
    }

    /// The mean over places of Σ and Θ at `depths`, which increase.
    ///
    /// # Arguments
    /// * `inputs`: the channels of both images at every place.
    /// * `goes_on`: told the layers that are done, at every place; the kernels end where it is false.
    pub(crate) fn pair(
        &self,
        inputs: &[PairInput],
        depths: &[usize],
        goes_on: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<PairKernel>, KernelError> {
        let mut kernels = Vec::with_capacity(depths.len());
        match self.scaling {
            // The branches depend on the depth of the whole: every depth is a network of its own.
            Some(BranchScaling::InverseDepth) => {
                for &depth in depths {
                    let lambda_sq = |_| (depth as f64).recip();
                    let known = kernels.len();
                    self.follow(inputs, &[depth], lambda_sq, goes_on, &mut kernels)?;
                    if kernels.len() == known {
                        break;
                    }
                }
            }
            scaling => {
                let lambda_sq = |l| scaling.map_or(0.0, |scaling| scaling.lambda_sq(l, l));
                self.follow(inputs, depths, lambda_sq, goes_on, &mut kernels)?;
            }
        }
        Ok(kernels)
    }

    fn follow(
        &self,
        inputs: &[PairInput],
        depths: &[usize],
        lambda_sq: impl Fn(usize) -> f64,
        goes_on: &dyn Fn(usize) -> bool,
        kernels: &mut Vec<PairKernel>,
    ) -> Result<(), KernelError> {
        let deepest = depths.last().copied().unwrap_or(0);
        let share = self.share();
        let first = inputs.iter().map(|input| {
            let state = State::of_inputs(input);
            piecewise_linear::advance(&state, Homogeneous::IDENTITY, share)
        });
        let mut known = Known::Places(self.summed(first.collect()));
        let mut wanted = depths.iter().copied().peekable();
        for l in 1..=deepest {
            if l > 1 {
                let Some(after) = self.layer_after(known, l, deepest, lambda_sq(l), goes_on)? else { break };
                known = after;
            }
            let state = known.mean();
            if wanted.next_if_eq(&l).is_some() {
                let state = state.unwrap_or_else(|| known.mean_of_places());
                if !state.is_finite() {
                    let activation = self.general.activation().name();
                    return Err(KernelError::Diverges { layer: l, depth: deepest, activation });
                }
                kernels.push(state.kernel());
            }
        }
        Ok(())
    }

    /// What each place of a window adds.
    fn share(&self) -> Layer {
        let size = |axis: &Vec<Vec<usize>>| axis.first().map_or(1, Vec::len).max(1);
        let part = (self.windows.iter().map(size).product::<usize>() as f64).recip();
        let Layer { weight_var, bias_var, alpha, beta } = self.layer;
        Layer { weight_var: part * weight_var, bias_var: part * bias_var, alpha, beta: part * beta }
    }

    /// The sums over all windows, one axis after the other.
    fn summed(&self, mut places: Vec<State>) -> Vec<State> {
        for axis in &self.windows {
            let sum = |window: &Vec<usize>| {
                let mut states = window.iter().map(|place| places[*place]);
                let first = states.next();
                first.map(|first| states.fold(first, |sum, state| sum.plus(1.0, &state)))
            };
            places = axis.iter().filter_map(sum).collect();
        }
        places
    }

    /// The state after φ and the weights behind it.
    fn nonlinear(&self, state: &State, weights: Layer, l: usize, deepest: usize) -> Result<State, KernelError> {
        match &self.rest {
            Some((q, chain)) if [state.q1, state.q2].iter().any(|own| own.to_f64() == *q) => {
                // A chain of one side holds it for the second layer, and for all that follow.
                Ok(self.general.advance(state, weights, 2, [chain, chain]))
            }
            _ => nonlinear(&self.general, state, weights, l, deepest),
        }
    }

    /// Variances that have come to rest but for rounding are equal.
    fn rested(&self, mut state: State) -> State {
        let Some((rest, _)) = self.rest else { return state };
        let near = |q: Scaled| (q.to_f64() - rest).abs() <= RESTED * rest;
        let (first, second) = (near(state.q1), near(state.q2));
        if first {
            state.q1 = Scaled::from(rest);
        }
        if second {
            state.q2 = Scaled::from(rest);
        }
        if first && second {
            state.shift = Scaled::ZERO;
        }
        state
    }

    /// `None` if that was stopped.
    fn layer_after(
        &self,
        known: Known,
        l: usize,
        deepest: usize,
        lambda_sq: f64,
        goes_on: &dyn Fn(usize) -> bool,
    ) -> Result<Option<Known>, KernelError> {
        let add = |before: &State, branch: State| match self.scaling {
            Some(_) => before.plus(lambda_sq, &branch),
            None => branch,
        };
        let places = match known {
            Known::Agreed(state) => {
                let branch = self.nonlinear(&state, self.layer, l, deepest)?;
                return Ok(goes_on(l).then(|| Known::Agreed(self.rested(add(&state, branch)))));
            }
            Known::Places(places) => places,
        };
        let share = self.share();
        let mut after = Vec::with_capacity(places.len());
        for state in &places {
            if !goes_on(l - 1) {
                return Ok(None);
            }
            after.push(self.nonlinear(state, share, l, deepest)?);
        }
        let mut after = self.summed(after);
        for (state, before) in after.iter_mut().zip(&places) {
            *state = self.rested(add(before, *state));
        }
        let known = Known::Places(after);
        let agrees = l.is_multiple_of(LOOK) && known.agrees();
        Ok(Some(if agrees { Known::Agreed(known.mean_of_places()) } else { known }))
    }
}

/// The variance to which most inputs lead, with its expectations; `None` if it is not reached soon.
fn rest(general: &General<'_>, layer: Layer) -> Option<(f64, Chain)> {
    let chain = general.chain(1.0, &vec![layer; SOON], LARGE, Use::Few);
    let last = chain.sides().last()?.clone();
    let q = last.variance();
    (next_variance(&last, layer) == q && q > 0.0).then(|| (q, Chain::new(vec![last])))
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
        let near = |a: Scaled, b: Scaled| (a - b).abs() <= b.abs() * AGREED;
        // Ratios of the norms of both images that differ between places add their squared difference to the gap.
        let ratio = |state: &Self| state.shift / state.q1.sqrt();
        let apart = if self.q1.is_zero() || other.q1.is_zero() { Scaled::ZERO } else { ratio(self) - ratio(other) };
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
