//! A kernel that is a function of the angle alone.

use std::sync::OnceLock;

use super::cells::{Accuracy, Cells};
use super::look_up::Joined;
use super::method::Exponents;
use crate::Scaled;
use crate::infinite::general::{Chain, Use};
use crate::infinite::pair::PairRecursion;
use crate::infinite::{KernelError, PairInput};

/// $1 - |c|$ from here on is in the table that every pair uses (a power of two).
pub(super) const WIDE: f64 = 1.0 / 256.0;
/// Octaves below [`WIDE`] that get a table when a pair needs it; inputs of ordinary numbers hardly come closer.
const DEEP: usize = 192;
/// Relative error of the tables up to this depth, and beyond.
const TOLERANCES: (usize, [f64; 2]) = (100, [5e-13, 5e-12]);

/// Σ and Θ as functions of $c$ at one variance.
pub(super) struct AngleKernel<'a> {
    recursion: PairRecursion<'a>,
    chain: Chain,
    /// $|x|^2/n_0$.
    mean_square: f64,
    /// Whether $K(-c) = -K(c)$: then tables hold $K/c$.
    odd: bool,
    tolerance: f64,
    exponents: Exponents,
    /// For $c \ge 0$ and for $c < 0$, as functions of $1 - |c|$.
    wide: [Cells; 2],
    /// The same, for many cosines at once.
    joined: Joined,
    deep: Vec<[OnceLock<Option<Cells>>; 2]>,
    /// At $c = 1$ and $c = -1$.
    ends: [[f64; 2]; 2],
}

impl<'a> AngleKernel<'a> {
    /// The kernel of inputs with $|x|^2/n_0$ = `mean_square`; `None` if it cannot be tabulated.
    pub fn new(
        recursion: PairRecursion<'a>,
        mean_square: f64,
        odd: bool,
        exponents: Exponents,
    ) -> Result<Option<Self>, KernelError> {
        let chain = recursion.chain_for(mean_square, Use::Many);
        let (limit, [shallow, great]) = TOLERANCES;
        let tolerance = if recursion.layers().len() < limit { shallow } else { great };
        let point = Point { recursion: &recursion, chain: &chain, mean_square, odd, exponents };
        let fill = |negative, bound| {
            let accuracy = Accuracy { relative: tolerance, bound, from: WIDE };
            Cells::fill(WIDE, 1.0, accuracy, true, |w| point.at(w, negative))
        };
        let Some(acute) = fill(false, None)? else { return Ok(None) };
        // As power series with non-negative coefficients, |K(−c)| ≤ K(c): what has cancelled has the rounding of that.
        let Some(obtuse) = fill(true, Some(&acute))? else { return Ok(None) };
        let ends = [point.at(0.0, false)?, point.at(0.0, true)?];
        let deep = (0..DEEP).map(|_| Default::default()).collect();
        let joined = Joined::new(&acute, &obtuse);
        let wide = [acute, obtuse];
        Ok(Some(Self { recursion, chain, mean_square, odd, tolerance, exponents, wide, joined, deep, ends }))
    }

    fn point(&self) -> Point<'_, 'a> {
        let Self { recursion, chain, mean_square, odd, exponents, .. } = self;
        Point { recursion, chain, mean_square: *mean_square, odd: *odd, exponents: *exponents }
    }

    /// Kernel number `kind` at many cosines; where $1 - |c| <$ [`WIDE`] the result is meaningless.
    pub fn look_up(&self, kind: usize, cosines: &[f64], out: &mut [f64]) {
        self.joined.look_up(kind, self.odd, cosines, out);
    }

    /// Both kernels of one pair, from $1 - c$ and $1 + c$.
    pub fn at(&self, gap: f64, cogap: f64) -> Result<[f64; 2], KernelError> {
        let negative = cogap < gap;
        let w = gap.min(cogap);
        let cosine = if negative { w - 1.0 } else { 1.0 - w };
        let factor = if self.odd { cosine } else { 1.0 };
        let side = usize::from(negative);
        let cells = if w >= WIDE { Some(&self.wide[side]) } else { self.deep_cells(w, negative) };
        let values = match cells {
            Some(cells) => [0, 1].map(|kind| cells.function(kind).at(w)),
            None if w == 0.0 => self.ends[side],
            None => self.point().at(w, negative)?,
        };
        Ok(values.map(|value| factor * value))
    }

    /// The table of an octave, filled by the first pair that needs it. Sequentially: other pairs may wait for it.
    fn deep_cells(&self, w: f64, negative: bool) -> Option<&Cells> {
        if w == 0.0 {
            return None;
        }
        let octave = usize::try_from(-1 - libm::ilogb(w / WIDE)).ok()?;
        let slot = &self.deep.get(octave)?[usize::from(negative)];
        let low = libm::scalbn(WIDE, -1 - i32::try_from(octave).ok()?);
        let bound = negative.then_some(&self.wide[0]);
        let accuracy = Accuracy { relative: self.tolerance, bound, from: WIDE };
        let fill = || Cells::fill(low, 2.0 * low, accuracy, false, |w| self.point().at(w, negative)).ok().flatten();
        slot.get_or_init(fill).as_ref()
    }
}

/// The kernel by the recursion.
struct Point<'p, 'a> {
    recursion: &'p PairRecursion<'a>,
    chain: &'p Chain,
    mean_square: f64,
    odd: bool,
    exponents: Exponents,
}

impl Point<'_, '_> {
    /// Both kernels (over $c$ if they are odd) at $1 - |c| = w$.
    fn at(&self, w: f64, negative: bool) -> Result<[f64; 2], KernelError> {
        let (gap, cogap) = if negative { (2.0 - w, w) } else { (w, 2.0 - w) };
        let input = PairInput::from_known(self.mean_square, self.mean_square, gap, cogap);
        let kernel = self.recursion.run(&input, [self.chain, self.chain])?;
        let cosine = if negative { w - 1.0 } else { 1.0 - w };
        let scaled = |value: Scaled, kind| {
            let value = self.exponents.apply(value, kind);
            if self.odd { value / cosine } else { value }
        };
        Ok([scaled(kernel.nngp[2], 0), scaled(kernel.ntk[2], 1)])
    }
}
