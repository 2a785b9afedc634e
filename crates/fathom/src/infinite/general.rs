//! One layer of any activation that is not piecewise linear.

use super::side::SeriesLength;
use super::state::{Layer, State};
use super::{Expectations, Moments, Side};
use crate::Scaled;
use crate::activation::{Activation, Covariance};

/// Below this gap the expectations are linear in $u$ and $\sqrt u$ to rounding.
const TINY_GAP: f64 = 1e-33;
/// Relative difference of norms below which $E[(\phi(\sqrt{q_1}Z) - \phi(\sqrt{q_2}Z))^2]$ is quadratic to rounding.
const TINY_SHIFT: f64 = 1e-8;
/// A susceptibility this close to one is one: the difference is the rounding of $\sigma_w^2$ and of the integrals.
const CRITICAL: f64 = 2e-14;
/// A relative gap above this needs no difference of its own: subtraction of the entries gives it to rounding.
const WIDE_GAP: f64 = 0.3;
/// Layers at one variance from which on a table pays.
const LONG_REST: usize = 200;
/// A variance that changes by less, relatively, has converged.
const CONVERGED: f64 = 4.0 * f64::EPSILON;
/// Two that differ by less have converged to one fixed point: each to the last step, over one minus the slope of the map.
const MET: f64 = 8.0 * CONVERGED;

/// How closely pairs are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Every gap to full relative accuracy.
    Full,
    /// Gaps above 10⁻⁶ by subtraction: ten digits of them, and several times faster. For many pairs at once.
    Bulk,
    /// Every gap of the NNGP to full relative accuracy; the NTK stays zero and the slope of φ is not used.
    NngpOnly,
}

/// What the expectations of one input are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A few pairs.
    Few,
    /// Thousands of pairs, so that tables pay in every layer.
    Many,
    /// Sums of Hermite series, even where there is a closed form.
    Series,
}

/// Relative size of a squared difference below which [`Detail::Bulk`] takes the accurate way all the same.
const BULK_GAP: f64 = 1e-6;

/// The recursion for one activation.
pub(super) struct General<'a> {
    activation: &'a Activation,
    expectations: Expectations,
    detail: Detail,
}

/// The expectations of one input at every layer, up to where its variance has converged.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain(Vec<Side>);

impl Chain {
    /// From sides before weight layers 2, 3, …
    pub fn new(sides: Vec<Side>) -> Self {
        Self(sides)
    }

    /// The sides before weight layers 2, 3, …; the last one holds for all layers that follow.
    pub fn sides(&self) -> &[Side] {
        &self.0
    }

    /// Bytes that the sides take.
    pub fn bytes(&self) -> usize {
        let of = |side: &Side| size_of::<Side>() + side.series().map_or(0, size_of_val);
        self.0.iter().map(of).sum()
    }

    /// The side before the layer with index `l` (0 is the first layer, which has none).
    pub fn before(&self, l: usize) -> Option<&Side> {
        self.0.get(l.checked_sub(1)?).or(self.0.last())
    }

    /// Whether the chain ends with the layers or comes to rest; else the variance has left the range.
    pub fn goes_through(&self, layers: &[Layer]) -> bool {
        let count = self.0.len();
        let rests = |last: &Side| layers.get(count).is_some_and(|next| next_variance(last, *next) == last.variance());
        count + 1 == layers.len() || self.0.last().is_some_and(rests)
    }

    /// The side at variance `q` before weight layer `layer` (counted from 2), if the chain holds it.
    fn side(&self, layer: usize, q: f64) -> Option<&Side> {
        let side = self.0.get(layer - 2).or(self.0.last())?;
        (side.variance() == q).then_some(side)
    }
}

/// The variance after a weight layer, held where it has converged to rounding.
pub(super) fn next_variance(side: &Side, layer: Layer) -> f64 {
    let q = side.variance();
    let next = layer.weight_var * side.value_sq() + layer.bias_var;
    if (next - q).abs() <= CONVERGED * q { q } else { next }
}

/// Expectations of one layer, with what depends on the difference of the norms taken apart.
struct LayerMoments {
    first: Side,
    second: Side,
    value: f64,
    slope: f64,
    value_gap_sq: Scaled,
    slope_gap_sq: Scaled,
    /// $V(q_1) - V(q_2)$.
    value_sq_difference: Scaled,
}

impl<'a> General<'a> {
    pub fn new(activation: &'a Activation, detail: Detail) -> Self {
        Self { activation, expectations: Expectations::new(activation), detail }
    }

    /// The expectations at variance `q`; without tables.
    pub fn side(&self, q: f64, purpose: Use) -> Side {
        match purpose {
            Use::Series => Side::new(&**self.activation, q, SeriesLength::Long),
            Use::Few | Use::Many => self.expectations.side(q),
        }
    }

    /// `side` with at least so many coefficients in its series.
    pub fn continued(&self, side: Side, terms: usize) -> Side {
        side.continued(&**self.activation, terms)
    }

    /// Whether moments at this variance take no two-dimensional integral.
    pub fn is_cheap(&self, side: &Side) -> bool {
        self.expectations.is_cheap(side)
    }

    /// Whether a side for this purpose takes integrals.
    pub fn integrates(&self, purpose: Use) -> bool {
        purpose == Use::Series || !self.expectations.is_closed()
    }

    /// φ.
    pub fn activation(&self) -> &'a Activation {
        self.activation
    }

    /// Follows one input of first-layer variance `q` through `layers` (the first of which is weight layer 1).
    pub fn chain(&self, mut q: f64, layers: &[Layer], largest: f64, purpose: Use) -> Chain {
        let mut sides = Vec::new();
        for (l, &layer) in layers.iter().enumerate().skip(1) {
            if q.is_nan() || q > largest {
                break;
            }
            let mut side = self.side(q, purpose);
            let next = next_variance(&side, layer);
            let rests = next == q && layers[l..].iter().all(|&other| other.same_variances(layer));
            if purpose == Use::Many || (purpose == Use::Few && rests && layers.len() - l >= LONG_REST) {
                side = side.tabulated(&self.expectations);
            }
            sides.push(side);
            if rests {
                break;
            }
            q = next;
        }
        Chain(sides)
    }

    /// The state after the activation and weight layer `l` (2 to $L$); both variances must be ordinary numbers.
    pub fn advance(&self, state: &State, layer: Layer, l: usize, chains: [&Chain; 2]) -> State {
        let (q1, q2) = (state.q1.to_f64(), state.q2.to_f64());
        let side = |chain: &Chain, q| chain.side(l, q).cloned().unwrap_or_else(|| self.expectations.side(q));
        let first = side(chains[0], q1);
        let second = if q1 == q2 { first.clone() } else { side(chains[1], q2) };
        let m = self.layer_moments(state, first, second);
        let a = layer.weight_var;
        let (n1, n2) = (next_variance(&m.first, layer), next_variance(&m.second, layer));
        let (root1, root2) = (n1.sqrt(), n2.sqrt());
        let p = root1 * root2;
        let value_gap_sq = match self.critical_gap(state, &m, [n1, n2], a) {
            Some(gap_sq) => gap_sq,
            None => m.value_gap_sq * a,
        };
        let shift =
            if root1 + root2 == 0.0 { Scaled::ZERO } else { m.value_sq_difference * a / Scaled::from(root1 + root2) };
        let cosine = if p == 0.0 { 0.0 } else { (a * m.value + layer.bias_var) / p };
        // A wide gap needs no difference of squares, and very different norms leave nothing of it.
        let gap = if 1.0 - cosine > WIDE_GAP || value_gap_sq > Scaled::from(2.0 * p) {
            Scaled::from(1.0 - cosine)
        } else {
            (value_gap_sq - shift * shift) / Scaled::from(2.0 * p)
        };
        let mut next = State { q1: Scaled::from(n1), q2: Scaled::from(n2), shift, ..*state };
        if self.detail != Detail::NngpOnly {
            advance_ntk(&mut next, layer, &m, value_gap_sq);
        }
        next.correlate(gap.max(Scaled::ZERO), cosine);
        next
    }

    /// On the edge of chaos at its fixed point, $\sigma_w^2 E[(\phi(u)-\phi(v))^2] = 2 q u (1 - \int_0^1 D(ut)\,dt)$ with
    /// $D(u) = \sigma_w^2 [\dot F(g) - \dot F(g(1-u))]$: the rounding of $\sigma_w^2$ drops out, which otherwise costs
    /// depth × ε. `None` elsewhere, and where $D$ would have to be integrated anew at every node.
    fn critical_gap(&self, state: &State, m: &LayerMoments, next: [f64; 2], a: f64) -> Option<Scaled> {
        let q = m.first.variance();
        let at_rest = next == [q, q] && m.second.variance() == q && state.shift.is_zero();
        if !at_rest || (a * m.first.slope_sq() - 1.0).abs() > CRITICAL {
            return None;
        }
        let u = state.gap.to_f64();
        if !(TINY_GAP..0.5).contains(&u) || !self.expectations.is_cheap(&m.first) {
            return None;
        }
        let lost = 0.5 * a * self.expectations.mean_slope_gap(&m.first, u);
        Some(state.gap * (2.0 * q * (1.0 - lost)))
    }

    fn layer_moments(&self, state: &State, first: Side, second: Side) -> LayerMoments {
        let (q1, q2) = (first.variance(), second.variance());
        if self.detail == Detail::Bulk
            && let Some(m) = self.bulk_moments(state, &first, &second)
        {
            return m;
        }
        let middle = q1.sqrt() * q2.sqrt();
        let relative_shift = if middle == 0.0 { Scaled::ONE } else { state.shift.abs() / Scaled::from(middle.sqrt()) };
        if relative_shift > Scaled::from(TINY_SHIFT) {
            let covariance = Covariance::unchecked(q1, q2, state.gap.to_f64(), state.cogap).with_cosine(state.cosine);
            let m = self.expectations.pair(&first, &second, &covariance);
            let difference = Scaled::from(self.expectations.value_sq_difference(q1, q2));
            return LayerMoments {
                value: m.value,
                slope: m.slope,
                value_gap_sq: m.value_gap_sq.into(),
                slope_gap_sq: m.slope_gap_sq.into(),
                value_sq_difference: difference,
                first,
                second,
            };
        }
        // Variances that have converged from both sides may differ in their last digits for ever.
        let same = (q1 - q2).abs() <= MET * q1;
        let side = if same { first.clone() } else { self.expectations.side(middle) };
        let (value, slope, mut value_gap_sq, mut slope_gap_sq) = self.equal_norms(state, &side);
        let mut value_sq_difference = Scaled::ZERO;
        if !state.shift.is_zero() {
            let by_shift = side.shift_derivatives(&**self.activation);
            let shift_sq = state.shift * state.shift;
            value_gap_sq += shift_sq * by_shift[0];
            slope_gap_sq += shift_sq * by_shift[1];
            value_sq_difference = state.shift * by_shift[2];
        }
        LayerMoments { first, second, value, slope, value_gap_sq, slope_gap_sq, value_sq_difference }
    }

    /// Moments at equal variances: by the usual rules, or linearised where the gap is below the resolution of an angle.
    fn equal_norms(&self, state: &State, side: &Side) -> (f64, f64, Scaled, Scaled) {
        let q = side.variance();
        if state.gap >= Scaled::from(TINY_GAP) {
            let covariance = Covariance::unchecked(q, q, state.gap.to_f64(), state.cogap).with_cosine(state.cosine);
            let Moments { value, slope, value_gap_sq, slope_gap_sq } = self.expectations.pair(side, side, &covariance);
            return (value, slope, value_gap_sq.into(), slope_gap_sq.into());
        }
        // E[(u − v)²] = 2 q (1 − c) =: d². A jump J at z₀ adds J² p(z₀) E|u − v|, E|u − v| = d √(2/π).
        let d_sq = state.gap * (2.0 * q);
        let curvature_sq = side.curvature_sq(&**self.activation);
        let by_jumps = |order: u8| {
            let jumps = self.activation.breakpoints().into_iter().filter(|b| b.order == order);
            let sum = jumps.fold(0.0, |sum, b| {
                let density = (-0.5 * b.at * b.at / q).exp() / (2.0 * std::f64::consts::PI * q).sqrt();
                sum + b.jump * b.jump * density
            });
            d_sq.sqrt() * ((2.0 / std::f64::consts::PI).sqrt() * sum)
        };
        let value_gap_sq = d_sq * side.slope_sq() + by_jumps(0);
        (side.value_sq(), side.slope_sq(), value_gap_sq, d_sq * curvature_sq + by_jumps(1))
    }

    /// Gaps by subtraction, where they are large enough for it.
    fn bulk_moments(&self, state: &State, first: &Side, second: &Side) -> Option<LayerMoments> {
        let (q1, q2) = (first.variance(), second.variance());
        let covariance = Covariance::unchecked(q1, q2, state.gap.to_f64(), state.cogap).with_cosine(state.cosine);
        let (value, slope) = self.expectations.products(first, second, &covariance)?;
        let total = first.value_sq() + second.value_sq();
        let value_gap_sq = total - 2.0 * value;
        let slope_gap_sq = first.slope_sq() + second.slope_sq() - 2.0 * slope;
        (value_gap_sq > BULK_GAP * total).then(|| LayerMoments {
            first: first.clone(),
            second: second.clone(),
            value,
            slope,
            value_gap_sq: value_gap_sq.into(),
            slope_gap_sq: slope_gap_sq.max(0.0).into(),
            value_sq_difference: (first.value_sq() - second.value_sq()).into(),
        })
    }
}

/// $\sigma_w^2 E[\phi'^2]$, which is taken as one if it is that to rounding.
pub(super) fn susceptibility(side: &Side, layer: Layer) -> f64 {
    let chi = layer.weight_var * side.slope_sq();
    if (chi - 1.0).abs() <= CRITICAL { 1.0 } else { chi }
}

/// Replaces the NTK that `state` still has from the layer before; its variances are those of the new layer.
fn advance_ntk(state: &mut State, layer: Layer, m: &LayerMoments, value_gap_sq: Scaled) {
    let a = layer.weight_var;
    let (chi1, chi2) = (susceptibility(&m.first, layer), susceptibility(&m.second, layer));
    let (alpha, beta) = (layer.alpha, Scaled::from(layer.beta));
    let mean = (state.ntk1 + state.ntk2) * 0.5;
    let slope_gap_sq = m.slope_gap_sq * a;
    // Off the diagonal by what is left of the mean susceptibility, exact where the gap is small.
    let narrow = slope_gap_sq < Scaled::from(1e-3 * (a * m.slope).abs());
    let slope = if narrow { 0.5 * (chi1 + chi2) - 0.5 * slope_gap_sq.to_f64() } else { a * m.slope };
    let own = |q: Scaled| Scaled::from(alpha * (q.to_f64() - layer.bias_var)) + beta;
    let ntk1 = own(state.q1) + state.ntk1 * chi1;
    let ntk2 = own(state.q2) + state.ntk2 * chi2;
    let ntk12 = Scaled::from(alpha * a * m.value) + beta + state.ntk12 * slope;
    let diagonal = (ntk1 + ntk2) * 0.5;
    // Very different diagonals cancel in the recursion of their gap, as very different norms do.
    let ntk_gap = if diagonal - ntk12 > diagonal * WIDE_GAP {
        diagonal - ntk12
    } else {
        value_gap_sq * (0.5 * alpha)
            + state.ntk_gap * slope
            + slope_gap_sq * mean * 0.5
            + (state.ntk1 - state.ntk2) * (0.25 * (chi1 - chi2))
    };
    *state = State { ntk1, ntk2, ntk12, ntk_gap, ..*state };
}
