//! A kernel that is a function of the angle alone.

use std::sync::OnceLock;

use super::cells::{Accuracy, Cell, Cells, Place};
use super::look_up::Joined;
use super::method::Exponents;
use crate::Scaled;
use crate::infinite::general::{Chain, Use};
use crate::infinite::pair::PairRecursion;
use crate::infinite::{KernelError, PairInput};

/// $1 - |c|$ from here on is in the table that every pair uses (a power of two).
pub(super) const WIDE: f64 = 1.0 / 256.0;
/// Octaves below [`WIDE`] whose cells are filled when a pair needs them; inputs of ordinary numbers hardly come closer.
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
    /// Cells of the octaves below, each filled by the first pair that needs it.
    deep: [Vec<OnceLock<Option<Box<Cell>>>>; 2],
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
        let chain = chain(&recursion, mean_square);
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
        let deep = [&acute, &obtuse].map(|cells| (0..DEEP << cells.division()).map(|_| OnceLock::new()).collect());
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
        let values = if w >= WIDE {
            [0, 1].map(|kind| self.wide[side].function(kind).at(w))
        } else if w == 0.0 {
            self.ends[side]
        } else if let Some(cell) = self.deep_cell(w, side) {
            cell.at(w)
        } else {
            self.point().at(w, negative)?
        };
        Ok(values.map(|value| factor * value))
    }

    /// The cell of $w$. Whichever pair fills it, it is the same.
    fn deep_cell(&self, w: f64, side: usize) -> Option<&Cell> {
        let place = Place::of(w, self.wide[side].division());
        let below = Place::of(WIDE, self.wide[side].division()).distance(place)?;
        let negative = side == 1;
        let bound = negative.then_some(&self.wide[0]);
        let accuracy = Accuracy { relative: self.tolerance, bound, from: WIDE };
        let fill = || Cell::fill(place, accuracy, |w| self.point().at(w, negative)).ok().flatten().map(Box::new);
        self.deep[side].get(below - 1)?.get_or_init(fill).as_deref()
    }
}

/// The chain whose pairs cost least: closed forms or short series, else long series, else tables.
fn chain(recursion: &PairRecursion<'_>, mean_square: f64) -> Chain {
    [Use::Few, Use::Series]
        .into_iter()
        .map(|purpose| recursion.chain_for(mean_square, purpose))
        .find(|chain| recursion.is_cheap(chain))
        .unwrap_or_else(|| recursion.chain_for(mean_square, Use::Many))
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
