//! How the entries are to be computed, and what is known of them before.

use rayon::prelude::*;

use super::angle::AngleKernel;
use super::arcsine::{Arcsine, suits};
use super::blocks::Blocks;
use super::method::{Exponents, PairFunction, Pairs, Pairwise, exponent};
use super::piecewise::PiecewiseLinear;
use super::rows::Rows;
use super::series::{Series, have_series};
use super::{MatrixError, Method};
use crate::Scaled;
use crate::activation::{Homogeneous, Parity};
use crate::infinite::general::{Chain, Detail, Use, next_variance, susceptibility};
use crate::infinite::pair::PairRecursion;
use crate::infinite::{KernelError, PairInput};
use crate::spec::Architecture;

/// Norms that differ by less, relatively, count as equal.
const EQUAL_NORMS: f64 = 1e-13;
/// Binary exponents up to which kernels are computed as they are.
const RANGE: i64 = 900;
/// Entries up to which it is quicker to go without a table, which takes some thousand recursions one by one: with the closed
/// recursion of many pairs at once, without integrals, and with integrals.
const FEW: [usize; 3] = [1 << 16, 1 << 8, 1 << 2];

/// Σ and Θ of an input with itself.
pub(super) fn own_kernel(recursion: &PairRecursion<'_>, mean_square: f64) -> Result<[Scaled; 2], KernelError> {
    diagonal_entry(recursion, &recursion.chain(mean_square), mean_square)
}

/// The same from its chain: by one recursion in Σ and Θ if the chain goes through all layers.
fn diagonal_entry(recursion: &PairRecursion<'_>, chain: &Chain, mean_square: f64) -> Result<[Scaled; 2], KernelError> {
    let layers = recursion.layers();
    if !chain.goes_through(layers) {
        let input = PairInput::from_known(mean_square, mean_square, 0.0, 2.0);
        let kernel = recursion.run(&input, [chain, chain])?;
        return Ok([kernel.nngp[0], kernel.ntk[0]]);
    }
    let first = layers[0];
    let mut nngp = first.weight_var * mean_square + first.bias_var;
    let mut ntk = Scaled::from(first.alpha * first.weight_var * mean_square + first.beta);
    for (l, layer) in layers.iter().enumerate().skip(1) {
        let Some(side) = chain.before(l) else { continue };
        nngp = next_variance(side, *layer);
        let own = Scaled::from(layer.alpha * (nngp - layer.bias_var) + layer.beta);
        ntk = own + ntk * susceptibility(side, *layer);
    }
    Ok([nngp.into(), ntk])
}

/// How the entries are to be computed.
pub(super) struct Plan<'a> {
    pub method: Method,
    pub function: Box<dyn PairFunction + 'a>,
    /// Bytes held for it beside the inputs.
    pub bytes: usize,
    /// Of the function's values.
    pub exponents: Exponents,
    /// Whether the function's values are divided by $|x||x'|/n_0$.
    pub per_norm: bool,
    /// $\Sigma(x, x)$ and $\Theta(x, x)$ of the inputs and of the others (empty if they are the same).
    pub diagonals: [Vec<[Scaled; 2]>; 2],
}

impl<'a> Plan<'a> {
    pub fn new(
        arch: &'a Architecture,
        detail: Detail,
        recursion: PairRecursion<'a>,
        sets: [&Rows; 2],
        two: bool,
    ) -> Result<Self, MatrixError> {
        let without_bias = recursion.layers().iter().all(|l| l.bias_var == 0.0 && l.beta == 0.0);
        let homogeneous = arch.activation().homogeneous();
        let sets_used = if two { &sets[..] } else { &sets[..1] };
        let [closed, series, integrals] = FEW;
        let few = match homogeneous {
            Some(_) => closed,
            None if recursion.integrates() => integrals,
            None => series,
        };
        if sets[0].count().saturating_mul(sets[1].count()) <= few {
            return Self::by_pairs(arch, recursion, homogeneous, sets, two);
        }
        let common = if without_bias && homogeneous.is_some() { Some(1.0) } else { common_norm(sets_used) };
        if let Some(mean_square) = common {
            let per_norm = without_bias && homogeneous.is_some();
            if let Some(plan) = Self::by_angle(arch, detail, mean_square, per_norm, without_bias, sets_used)? {
                return Ok(plan);
            }
        }
        Self::by_pairs(arch, recursion, homogeneous, sets, two)
    }

    /// For a network of blocks.
    pub fn of_blocks(mut blocks: Blocks<'a>) -> Self {
        let (bytes, diagonals) = (blocks.bytes(), std::mem::take(&mut blocks.diagonals));
        let largest = |kind: usize| diagonals.iter().flatten().fold(Scaled::ZERO, |m, own| m.max(own[kind]));
        let exponents = Exponents([0, 1].map(|kind| exponent(largest(kind), RANGE)));
        blocks.exponents = exponents;
        Self { method: Method::Blocks, function: Box::new(blocks), bytes, exponents, per_norm: false, diagonals }
    }

    /// A table over the angle; `None` if the kernel cannot be tabulated.
    fn by_angle(
        arch: &'a Architecture,
        detail: Detail,
        mean_square: f64,
        per_norm: bool,
        without_bias: bool,
        sets: &[&Rows],
    ) -> Result<Option<Self>, MatrixError> {
        let recursion = PairRecursion::new(arch, detail)?;
        let own = own_kernel(&recursion, mean_square)?;
        let exponents = Exponents(own.map(|own| exponent(own, RANGE)));
        let odd = without_bias && arch.activation().parity() == Parity::Odd;
        let Some(function) = AngleKernel::new(recursion, mean_square, odd, exponents)? else { return Ok(None) };
        let diagonal = |rows: &Rows| {
            let own = |norm: &Scaled| if per_norm { own.map(|own| own * *norm * *norm) } else { own };
            rows.norms().iter().map(own).collect()
        };
        let mut diagonals = sets.iter().map(|rows| diagonal(rows));
        let diagonals = [diagonals.next().unwrap_or_default(), diagonals.next().unwrap_or_default()];
        let function = Box::new(function);
        Ok(Some(Self { method: Method::Angle, function, bytes: 0, exponents, per_norm, diagonals }))
    }

    fn by_pairs(
        arch: &'a Architecture,
        recursion: PairRecursion<'a>,
        homogeneous: Option<Homogeneous>,
        sets: [&Rows; 2],
        two: bool,
    ) -> Result<Self, MatrixError> {
        let chains = |purpose: Use| {
            let of = |rows: &Rows| recursion.chains_for(rows.mean_squares(), purpose);
            let first = of(sets[0]);
            let second = if two { of(sets[1]) } else { first.clone() };
            [first, second]
        };
        let plain = chains(if recursion.integrates() { Use::Series } else { Use::Few });
        let mut diagonals: [Vec<[Scaled; 2]>; 2] = Default::default();
        for (set, diagonal) in diagonals.iter_mut().enumerate().take(if two { 2 } else { 1 }) {
            let of = |(chain, q): (&Chain, &f64)| diagonal_entry(&recursion, chain, *q);
            *diagonal = plain[set].par_iter().zip(sets[set].mean_squares()).map(of).collect::<Result<_, _>>()?;
        }
        let exponents = Exponents(
            [0, 1]
                .map(|kind| exponent(diagonals.iter().flatten().fold(Scaled::ZERO, |m, own| m.max(own[kind])), RANGE)),
        );
        let linear = arch.depth() == 1;
        let arcsine = if linear { None } else { suits(arch.activation().scaled_erf(), &plain, recursion.layers()) };
        let series = if homogeneous.is_some() || arcsine.is_some() || linear {
            None
        } else if have_series(&plain, recursion.layers()) {
            Some(Default::default())
        } else if recursion.integrates() {
            None
        } else {
            let own = chains(Use::Series);
            have_series(&own, recursion.layers()).then_some(own)
        };
        let bytes = plain.iter().chain(series.iter().flatten()).flatten().map(Chain::bytes).sum();
        let mean_squares = sets.map(|rows| rows.mean_squares().to_vec());
        let pairs = Pairs { recursion, mean_squares, chains: plain, exponents };
        let norms = sets.map(Rows::norms);
        let (method, function, exponents): (_, Box<dyn PairFunction + 'a>, _) = match (homogeneous, arcsine, series) {
            (Some(parts), ..) => boxed_piecewise(PiecewiseLinear::new(pairs, parts, norms)),
            (None, ..) if linear => boxed_piecewise(PiecewiseLinear::new(pairs, Homogeneous::IDENTITY, norms)),
            (None, Some(function), _) => {
                let arcsine = Arcsine::new(pairs, function);
                let exponents = arcsine.exponents();
                (Method::Arcsine, Box::new(arcsine), exponents)
            }
            (None, None, Some(own)) => {
                let series = Series::new(pairs, own);
                let exponents = series.exponents();
                (Method::Series, Box::new(series), exponents)
            }
            (None, None, None) => (Method::Pairwise, Box::new(Pairwise(pairs)), exponents),
        };
        Ok(Self { method, function, bytes, exponents, per_norm: false, diagonals })
    }
}

fn boxed_piecewise<'a>(function: PiecewiseLinear<'a>) -> (Method, Box<dyn PairFunction + 'a>, Exponents) {
    let exponents = function.exponents();
    (Method::PiecewiseLinear, Box::new(function), exponents)
}

/// $|x|^2/n_0$ if it is the same for all inputs.
fn common_norm(sets: &[&Rows]) -> Option<f64> {
    let all = || sets.iter().flat_map(|rows| rows.mean_squares());
    let (low, high) = all().fold((f64::INFINITY, 0.0_f64), |(low, high), q| (low.min(*q), high.max(*q)));
    (high - low <= EQUAL_NORMS * low).then_some(0.5 * (low + high))
}
