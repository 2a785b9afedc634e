//! How the entries are computed.

use std::ops::Range;

use serde::Serialize;

use super::angle::AngleKernel;
use super::jobs::TILE;
use crate::Scaled;
use crate::infinite::general::Chain;
use crate::infinite::pair::PairRecursion;
use crate::infinite::{KernelError, PairInput};

/// How the entries are computed; all agree to the accuracy of the [engine](super::KernelEngine).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// From a table over the angle: equal norms, or $\phi(z) = a z + b|z|$ without biases. Depth costs nothing. Not for some
    /// ten thousand entries or fewer with a closed recursion of $\phi(z) = a z + b|z|$, which is quicker than the table.
    Angle,
    /// By the closed recursion of $\phi(z) = a z + b|z|$, many pairs at once: some nanoseconds a layer and entry.
    PiecewiseLinear,
    /// By the closed recursion of $\phi(z) = o + f\,\mathrm{erf}(s z)$, many pairs at once: some nanoseconds a layer and entry.
    Arcsine,
    /// By Hermite series, many pairs at once: some ten nanoseconds a layer and entry.
    Series,
    /// Pair by pair, by integrals: from a microsecond to a fraction of a millisecond a layer and entry. For activations that
    /// are not analytic and inputs of different norms.
    Pairwise,
    /// Pair by pair and block by block: networks of blocks. On images, a few nanoseconds a layer and pair of places, of
    /// which only those at the same place count unless something is pooled.
    Blocks,
}

/// Binary exponents that Σ and Θ are divided by, so that `f64` holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exponents(pub [i64; 2]);

impl Exponents {
    /// `value` of kernel number `kind` without the exponent.
    pub fn apply(self, value: Scaled, kind: usize) -> f64 {
        value.times_power_of_two(-self.0[kind]).to_f64()
    }
}

/// The exponent that brings `largest` below $2^{\text{range}}$ and not below $2^{-\text{range}}$: 0 if it is there already.
///
/// Large kernels stay near the upper end, because in the chaotic phase the entries off the diagonal are small beside it.
pub(super) fn exponent(largest: Scaled, range: i64) -> i64 {
    if largest.is_zero() || !largest.is_finite() {
        return 0;
    }
    let binary = (largest.ln() / std::f64::consts::LN_2).floor() as i64;
    if binary > range {
        binary - range
    } else if binary < -range {
        binary
    } else {
        0
    }
}

/// Σ and Θ of pairs of rows, divided by their [`Exponents`] (and by $|x||x'|/n_0$ where the angle is all).
pub(super) trait PairFunction: Send + Sync {
    /// Rows and columns of a tile.
    fn tile(&self) -> usize {
        TILE
    }

    /// Whether it computes every pair from the inputs themselves, and no cosines are needed.
    fn reads_inputs(&self) -> bool {
        false
    }

    /// What all rows of a tile share: numbers that depend on its columns alone.
    fn prepare(&self, cols: Range<usize>) -> Vec<f64>;

    /// One row of a tile, from the cosines. Pairs that are nearly parallel or opposite are finite, but may be wrong.
    ///
    /// # Arguments
    /// * `out`: Σ and Θ; empty where not wanted.
    fn row(&self, i: usize, cols: Range<usize>, prepared: &[f64], cosines: &[f64], out: [&mut [f64]; 2]);

    /// One pair, from $1 - c$ and $1 + c$.
    fn pair(&self, i: usize, j: usize, gap: f64, cogap: f64) -> Result<[f64; 2], KernelError>;
}

impl PairFunction for AngleKernel<'_> {
    fn prepare(&self, _cols: Range<usize>) -> Vec<f64> {
        Vec::new()
    }

    fn row(&self, _i: usize, _cols: Range<usize>, _prepared: &[f64], cosines: &[f64], out: [&mut [f64]; 2]) {
        for (kind, out) in out.into_iter().enumerate() {
            if !out.is_empty() {
                self.look_up(kind, cosines, out);
            }
        }
    }

    fn pair(&self, _i: usize, _j: usize, gap: f64, cogap: f64) -> Result<[f64; 2], KernelError> {
        self.at(gap, cogap)
    }
}

/// The recursion of [`pair_kernel`](crate::infinite::pair_kernel) for given inputs.
pub(super) struct Pairs<'a> {
    pub recursion: PairRecursion<'a>,
    /// $|x|^2/n_0$ of the inputs and of the others.
    pub mean_squares: [Vec<f64>; 2],
    /// The chains of the inputs and of the others; empty if they are cheap enough to be made anew.
    pub chains: [Vec<Chain>; 2],
    pub exponents: Exponents,
}

impl Pairs<'_> {
    pub fn at(&self, i: usize, j: usize, gap: f64, cogap: f64) -> Result<[f64; 2], KernelError> {
        let (xx, yy) = (self.mean_squares[0][i], self.mean_squares[1][j]);
        let input = PairInput::from_known(xx, yy, gap, cogap);
        let kernel = match (self.chains[0].get(i), self.chains[1].get(j)) {
            (Some(first), Some(second)) => self.recursion.run(&input, [first, second])?,
            _ => self.recursion.run(&input, [&self.recursion.chain(xx), &self.recursion.chain(yy)])?,
        };
        Ok([self.exponents.apply(kernel.nngp[2], 0), self.exponents.apply(kernel.ntk[2], 1)])
    }
}

/// Every pair by [`Pairs`], for want of anything faster.
pub(super) struct Pairwise<'a>(pub Pairs<'a>);

impl PairFunction for Pairwise<'_> {
    fn prepare(&self, _cols: Range<usize>) -> Vec<f64> {
        Vec::new()
    }

    fn row(&self, i: usize, cols: Range<usize>, _prepared: &[f64], cosines: &[f64], out: [&mut [f64]; 2]) {
        let [nngp, ntk] = out;
        for (at, (j, c)) in cols.zip(cosines).enumerate() {
            // A pair without a kernel is found out by its entry.
            let values = self.0.at(i, j, 1.0 - c, 1.0 + c).unwrap_or([f64::NAN; 2]);
            for (out, value) in [&mut *nngp, &mut *ntk].into_iter().zip(values) {
                if let Some(out) = out.get_mut(at) {
                    *out = value;
                }
            }
        }
    }

    fn pair(&self, i: usize, j: usize, gap: f64, cogap: f64) -> Result<[f64; 2], KernelError> {
        self.0.at(i, j, gap, cogap)
    }
}
