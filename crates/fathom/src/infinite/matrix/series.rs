//! Any norms and an activation with a Hermite series: the recursion of one row of pairs, lanes side by side.

use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use super::method::{Exponents, PairFunction, Pairs};
use super::steps::{Step, steps, variance};
use crate::activation::Parity;
use crate::infinite::general::Chain;
use crate::infinite::state::Layer;
use crate::infinite::{KernelError, Side};

/// Pairs that go through the series together: few enough that their sums stay in registers.
const LANES: usize = 16;
/// Above this gap subtraction gives it to rounding.
const WIDE_GAP: f64 = 0.3;

/// The recursion by Hermite series for given inputs, whose variances all have one.
pub(super) struct Series<'a> {
    pairs: Pairs<'a>,
    /// Chains of sides with series, of the inputs and of the others; empty if those of `pairs` have them.
    chains: [Vec<Chain>; 2],
    steps: Vec<Step>,
    /// Whether the coefficients of odd or of even order vanish.
    parity: Parity,
}

/// Whether every variance of every chain has a series, in which case [`Series`] can be used.
pub(super) fn have_series(chains: &[Vec<Chain>; 2], layers: &[Layer]) -> bool {
    let has_series = |chain: &Chain| chain.sides().iter().all(|side| side.series().is_some());
    chains.iter().flatten().all(|chain| chain.goes_through(layers) && has_series(chain))
}

impl<'a> Series<'a> {
    /// # Arguments
    /// * `own_chains`: chains with series where those of `pairs` are closed forms; else empty.
    pub fn new(mut pairs: Pairs<'a>, own_chains: [Vec<Chain>; 2]) -> Self {
        let chains = if own_chains[0].is_empty() { &pairs.chains } else { &own_chains };
        let (steps, exponents) = steps(pairs.recursion.layers(), chains, &pairs.mean_squares);
        pairs.exponents = exponents;
        let parity = pairs.recursion.arch().activation().parity();
        Self { pairs, chains: own_chains, steps, parity }
    }

    pub fn exponents(&self) -> Exponents {
        self.pairs.exponents
    }

    fn chains(&self) -> &[Vec<Chain>; 2] {
        if self.chains[0].is_empty() { &self.pairs.chains } else { &self.chains }
    }

    /// Orders of the coefficients that do not vanish: the first, and the distance between them.
    fn orders(&self) -> (usize, usize) {
        match self.parity {
            Parity::Even => (0, 2),
            Parity::Odd => (1, 2),
            Parity::Neither => (0, 1),
        }
    }
}

/// Numbers of a tile's columns: for every block of lanes and every step, $\sqrt q$ after it, and then the coefficients of
/// the series before it, order by order.
struct Columns<'p> {
    numbers: &'p [f64],
    /// Where each step begins, and after the last.
    starts: &'p [f64],
}

impl PairFunction for Series<'_> {
    fn prepare(&self, cols: Range<usize>) -> Vec<f64> {
        // The layout is the same for every tile row, so the number of terms is that of the longest chain of the columns.
        let (start, stride) = self.orders();
        let chains = &self.chains()[1][cols.clone()];
        let means = &self.pairs.mean_squares[1][cols];
        let terms = |l: usize| {
            let longest = chains.iter().filter_map(|c| c.before(l)?.series()).map(<[f64]>::len).max().unwrap_or(0);
            longest.saturating_sub(start).div_ceil(stride)
        };
        let counts: Vec<usize> = (0..self.steps.len()).map(terms).collect();
        let blocks = chains.len().div_ceil(LANES);
        let header = counts.len() + 1;
        let mut result = vec![0.0; header];
        let mut place = 0;
        for (l, count) in counts.iter().enumerate() {
            result[l] = place as f64;
            place += (count + 1) * LANES;
        }
        result[counts.len()] = place as f64;
        result.resize(header + blocks * place, 0.0);
        for (at, (chain, mean_square)) in chains.iter().zip(means).enumerate() {
            let block = header + at / LANES * place;
            for (l, step) in self.steps.iter().enumerate() {
                let numbers = &mut result[block..];
                let first = counts[..l].iter().map(|c| (c + 1) * LANES).sum::<usize>() + at % LANES;
                numbers[first] = variance(chain, step, l, *mean_square).sqrt();
                let series = chain.before(l).and_then(Side::series).unwrap_or(&[]);
                for (k, a) in series.iter().skip(start).step_by(stride).enumerate() {
                    numbers[first + (k + 1) * LANES] = *a;
                }
            }
        }
        result
    }

    fn row(&self, i: usize, cols: Range<usize>, prepared: &[f64], cosines: &[f64], out: [&mut [f64]; 2]) {
        let (starts, numbers) = prepared.split_at(self.steps.len() + 1);
        let chain = &self.chains()[0][i];
        let mean_square = self.pairs.mean_squares[0][i];
        let (start, stride) = self.orders();
        let rows: Vec<RowStep<'_>> = self
            .steps
            .iter()
            .enumerate()
            .map(|(l, step)| RowStep {
                step,
                root_before: chain.before(l).map_or(mean_square, Side::variance).sqrt(),
                root: variance(chain, step, l, mean_square).sqrt(),
                series: chain.before(l).and_then(Side::series).unwrap_or(&[]),
            })
            .collect();
        let means = &self.pairs.mean_squares[1][cols];
        let columns = Columns { numbers, starts };
        Arch::new().dispatch(Row { rows: &rows, columns, means, orders: (start, stride), cosines, out });
    }

    fn pair(&self, i: usize, j: usize, gap: f64, cogap: f64) -> Result<[f64; 2], KernelError> {
        self.pairs.at(i, j, gap, cogap)
    }
}

/// One layer of the first input of a row of pairs.
struct RowStep<'a> {
    step: &'a Step,
    /// $\sqrt q$ before and after.
    root_before: f64,
    root: f64,
    /// Its coefficients before.
    series: &'a [f64],
}

/// A struct, because the loop is compiled for the processor at hand only when it is inlined into its method.
struct Row<'a> {
    rows: &'a [RowStep<'a>],
    columns: Columns<'a>,
    means: &'a [f64],
    orders: (usize, usize),
    cosines: &'a [f64],
    out: [&'a mut [f64]; 2],
}

impl NullaryFnOnce for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let [nngp, ntk] = self.out;
        let Columns { numbers, starts } = self.columns;
        let length = starts[starts.len() - 1] as usize;
        for (block, first) in (0..self.means.len()).step_by(LANES).enumerate() {
            let width = LANES.min(self.means.len() - first);
            let numbers = &numbers[block * length..][..length];
            let mut lanes = Lanes::new(&self.cosines[first..first + width], &self.means[first..first + width]);
            for (row, ends) in self.rows.iter().zip(starts.windows(2)) {
                lanes.advance(row, &numbers[ends[0] as usize..ends[1] as usize], self.orders);
            }
            for (out, values) in [(&mut *nngp, &lanes.covariance), (&mut *ntk, &lanes.ntk)] {
                if !out.is_empty() {
                    out[first..first + width].copy_from_slice(&values[..width]);
                }
            }
        }
    }
}

/// The state of many pairs that share their first input.
struct Lanes {
    /// $1 - c$ and $c$.
    gap: [f64; LANES],
    cosine: [f64; LANES],
    /// $\sqrt{q_2}$ before the layer.
    root: [f64; LANES],
    covariance: [f64; LANES],
    ntk: [f64; LANES],
}

/// Sums over the orders of the series.
struct Sums {
    /// $\sum a_k b_k c^k$.
    value: [f64; LANES],
    /// $\sum a_k b_k (1 - c^k)$.
    value_gap: [f64; LANES],
    /// $\sum (a_k - b_k)^2$.
    offset: [f64; LANES],
    /// $\sum k a_k b_k c^{k-1}$.
    slope: [f64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn new(cosines: &[f64], means: &[f64]) -> Self {
        let zeros = [0.0; LANES];
        let mut lanes = Self { gap: zeros, cosine: [1.0; LANES], root: [1.0; LANES], covariance: zeros, ntk: zeros };
        for (i, (c, mean)) in cosines.iter().zip(means).enumerate() {
            (lanes.cosine[i], lanes.gap[i], lanes.root[i]) = (*c, 1.0 - c, mean.sqrt());
        }
        lanes
    }

    /// $u' = [\sigma_w^2 (T + 2 \sum a_k b_k (1 - c^k)) - \delta'^2]/(2\sqrt{q_1' q_2'})$ with $T = \sum (a_k - b_k)^2$ and
    /// $\delta' = \sqrt{q_1'} - \sqrt{q_2'}$; by subtraction where it is wide.
    #[inline(always)]
    fn advance(&mut self, row: &RowStep<'_>, numbers: &[f64], orders: (usize, usize)) {
        let Layer { weight_var, bias_var, alpha, beta } = row.step.layer;
        let Some((roots, coefficients)) = numbers.split_first_chunk::<LANES>() else { return };
        let linear = row.series.is_empty();
        let sums = if linear { self.linear_sums(row) } else { self.sums(row.series, coefficients, orders) };
        for (i, root) in roots.iter().enumerate() {
            let p = (row.root * root).max(f64::MIN_POSITIVE);
            let shift = row.root - root;
            let spread = weight_var * (sums.offset[i] + 2.0 * sums.value_gap[i]) - shift * shift;
            let covariance = weight_var * sums.value[i] + bias_var;
            let cosine = covariance / p;
            let narrow = 0.5 * spread.max(0.0) / p;
            let wide = 1.0 - cosine > WIDE_GAP;
            let g = if linear { 1.0 } else { (row.root_before * self.root[i]).max(f64::MIN_POSITIVE) };
            let own = alpha * weight_var * sums.value[i] + beta;
            self.ntk[i] = own * row.step.own + weight_var * sums.slope[i] / g * row.step.chain * self.ntk[i];
            self.covariance[i] = covariance;
            self.gap[i] = if wide { 1.0 - cosine } else { narrow };
            self.cosine[i] = if wide { cosine } else { 1.0 - narrow };
            self.root[i] = *root;
        }
    }

    /// The identity, before the first layer.
    #[inline(always)]
    fn linear_sums(&self, row: &RowStep<'_>) -> Sums {
        let mut sums = Sums { value: [0.0; LANES], value_gap: [0.0; LANES], offset: [0.0; LANES], slope: [0.0; LANES] };
        for i in 0..LANES {
            let g = row.root_before * self.root[i];
            sums.value[i] = g * self.cosine[i];
            sums.value_gap[i] = g * self.gap[i];
            sums.offset[i] = (row.root_before - self.root[i]).powi(2);
        }
        sums
    }

    #[inline(always)]
    fn sums(&self, series: &[f64], coefficients: &[f64], (start, stride): (usize, usize)) -> Sums {
        let zeros = [0.0; LANES];
        let (mut value, mut value_gap, mut offset, mut slope) = (zeros, zeros, zeros, zeros);
        // c^k, 1 − c^k and c^{k−1}, and the factor and deficit of one step.
        let (mut power, mut deficit, mut before) = ([1.0; LANES], zeros, zeros);
        let (mut factor, mut lost) = (self.cosine, self.gap);
        if stride == 2 {
            for i in 0..LANES {
                factor[i] = self.cosine[i] * self.cosine[i];
                lost[i] = self.gap[i] * (1.0 + self.cosine[i]);
            }
        }
        if start == 1 {
            (power, deficit, before) = (self.cosine, self.gap, [1.0; LANES]);
        }
        let terms = (coefficients.len() / LANES).max(series.len().saturating_sub(start).div_ceil(stride));
        for k in 0..terms {
            // The shorter of two series ends in zeros.
            let order = start + k * stride;
            let a = series.get(order).copied().unwrap_or(0.0);
            let weighted = order as f64 * a;
            let b = coefficients.get(k * LANES..).and_then(|rest| rest.first_chunk()).unwrap_or(&[0.0; LANES]);
            for i in 0..LANES {
                let product = a * b[i];
                let difference = a - b[i];
                value[i] += product * power[i];
                value_gap[i] += product * deficit[i];
                offset[i] += difference * difference;
                slope[i] += weighted * b[i] * before[i];
                before[i] = if stride == 2 { power[i] * self.cosine[i] } else { power[i] };
                deficit[i] += lost[i] * power[i];
                power[i] *= factor[i];
            }
        }
        Sums { value, value_gap, offset, slope }
    }
}
