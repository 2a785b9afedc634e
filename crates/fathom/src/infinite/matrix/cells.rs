//! A function of one variable on $(0, 1]$, graded towards 0: polynomials on a fixed number of cells in every octave.

use std::f64::consts::PI;
use std::ops::Range;

use rayon::prelude::*;

/// Coefficients of a cell: degree seven, one cache line.
pub(super) const TERMS: usize = 8;
/// Bits of an `f64` after the exponent.
const MANTISSA: u32 = 52;
/// Powers of two that one octave is divided into, tried one after the other.
const DIVISIONS: Range<u32> = 4..9;

/// Two functions of $w$ on the octaves $[2^{-b}, 2^{-a})$, as polynomials in the position within a cell.
///
/// A cell is an octave's $2^{k}$-th part, so its number is the leading $k$ bits of the mantissa after the exponent: the
/// look-up is a shift. On a cell $[a, a(1 + 2^{-k})]$ a function that is analytic for $\Re w > 0$ is interpolated at
/// eight Chebyshev nodes with an error of about $\rho^{-8}$, $\rho = 2^{k+2}$.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    division: u32,
    /// The leading bits of the first cell.
    first: u64,
    functions: [Vec<[f64; TERMS]>; 2],
}

/// How closely a function is to be interpolated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accuracy<'a> {
    /// Relative to the largest value in a cell.
    pub relative: f64,
    /// Functions (from some $w$ on, and constant before) whose rounding is in the values, because they are what is left of
    /// sums of that size.
    pub bound: Option<&'a Cells>,
    pub from: f64,
}

/// Roundings of a sum that may be left in what remains of it.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

impl Cells {
    /// Interpolates `function` from `low` (a power of two) to `high`, as close as `accuracy` says in each cell; `None` if
    /// not even the finest cells are.
    ///
    /// Cells are filled side by side if `parallel`.
    ///
    /// # Errors
    /// Those of `function`.
    pub fn fill<E: Send>(
        low: f64,
        high: f64,
        accuracy: Accuracy<'_>,
        parallel: bool,
        function: impl Fn(f64) -> Result<[f64; 2], E> + Sync,
    ) -> Result<Option<Self>, E> {
        for division in DIVISIONS {
            let place = Place::of(low, division);
            // One cell more holds the upper end itself.
            let count = place.distance(Place::of(high, division)).unwrap_or(0) + 1;
            let cell = |i: usize| Cell::fill(place.after(i), accuracy, &function);
            let cells: Result<Vec<_>, E> =
                if parallel { (0..count).into_par_iter().map(cell).collect() } else { (0..count).map(cell).collect() };
            if let Some(cells) = cells?.into_iter().collect::<Option<Vec<_>>>() {
                let functions = [0, 1].map(|f| cells.iter().map(|cell| cell.coefficients[f]).collect());
                return Ok(Some(Self { division, first: place.bits, functions }));
            }
        }
        Ok(None)
    }

    /// Every octave is cut into two to this power.
    pub fn division(&self) -> u32 {
        self.division
    }

    /// Function number `which`, to be looked up many times.
    #[inline(always)]
    pub fn function(&self, which: usize) -> Function<'_> {
        let shift = MANTISSA - self.division;
        Function {
            cells: &self.functions[which],
            first: self.first,
            shift,
            mask: (1 << shift) - 1,
            scale: f64::from(2_u32 << self.division),
        }
    }
}

/// One function of a table.
#[derive(Clone, Copy)]
pub(super) struct Function<'a> {
    pub cells: &'a [[f64; TERMS]],
    /// The leading bits of the first cell, and how many bits follow those.
    pub first: u64,
    pub shift: u32,
    /// Those that follow.
    mask: u64,
    /// Cells of half an octave's length.
    pub scale: f64,
}

/// The value at `t` of a polynomial in powers of $t$.
#[inline(always)]
pub(super) fn polynomial(c: &[f64; TERMS], t: f64) -> f64 {
    let square = t * t;
    let low = (c[0] + c[1] * t) + (c[2] + c[3] * t) * square;
    let high = (c[4] + c[5] * t) + (c[6] + c[7] * t) * square;
    low + high * (square * square)
}

impl Function<'_> {
    /// The value at `w`; that of the nearest cell for `w` outside the table, which is meaningless but finite.
    #[inline(always)]
    pub fn at(&self, w: f64) -> f64 {
        const ONE: u64 = 1.0_f64.to_bits();
        let bits = w.to_bits();
        let number = usize::try_from((bits >> self.shift).saturating_sub(self.first)).unwrap_or(usize::MAX);
        let Some(c) = self.cells.get(number.min(self.cells.len() - 1)) else { return 0.0 };
        let t = (f64::from_bits(bits & self.mask | ONE) - 1.0) * self.scale - 1.0;
        polynomial(c, t)
    }
}

/// Which cell: the leading bits of its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    bits: u64,
    shift: u32,
}

impl Place {
    /// The cell of `w` where every octave is cut into $2^k$ with `division` $k$.
    pub fn of(w: f64, division: u32) -> Self {
        let shift = MANTISSA - division;
        Self { bits: w.to_bits() >> shift, shift }
    }

    /// How many cells the other one is away, in either direction.
    pub fn distance(self, other: Self) -> Option<usize> {
        usize::try_from(self.bits.abs_diff(other.bits)).ok()
    }

    fn after(self, cells: usize) -> Self {
        Self { bits: self.bits + cells as u64, ..self }
    }

    fn ends(self) -> [f64; 2] {
        [self, self.after(1)].map(|place| f64::from_bits(place.bits << place.shift))
    }
}

/// Two functions on one cell, by their coefficients in powers of $t \in [-1, 1]$.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    ends: [f64; 2],
    coefficients: [[f64; TERMS]; 2],
}

impl Cell {
    /// Interpolates both functions; `None` if not closely enough.
    pub fn fill<E>(
        place: Place,
        accuracy: Accuracy<'_>,
        function: impl Fn(f64) -> Result<[f64; 2], E>,
    ) -> Result<Option<Self>, E> {
        let ends = place.ends();
        let (middle, half) = (0.5 * (ends[0] + ends[1]), 0.5 * (ends[1] - ends[0]));
        let mut values = [[0.0; TERMS]; 2];
        let [first, second] = &mut values;
        for (i, (first, second)) in first.iter_mut().zip(second).enumerate() {
            [*first, *second] = function(middle + half * node(i))?;
        }
        let coefficients = values.map(|values| powers(&chebyshev(&values)));
        // Where the first neglected polynomial T₈ is ±1 and so is T₁₆, and in between.
        for t in [0.0, CHECK] {
            let w = middle + half * t;
            let exact = function(w)?;
            for f in 0..2 {
                let largest = values[f].iter().fold(exact[f].abs(), |m, v| m.max(v.abs()));
                let error = (polynomial(&coefficients[f], t) - exact[f]).abs();
                let rounding = |bound: &Cells| ROUNDING * bound.function(f).at(w.max(accuracy.from)).abs();
                let floor = accuracy.bound.map_or(0.0, rounding);
                if error.is_nan() || error > accuracy.relative * largest + floor {
                    return Ok(None);
                }
            }
        }
        Ok(Some(Self { ends, coefficients }))
    }

    /// Both values at `w` in the cell.
    pub fn at(&self, w: f64) -> [f64; 2] {
        let [start, end] = self.ends;
        let t = ((w - start) - (end - w)) / (end - start);
        self.coefficients.map(|c| polynomial(&c, t))
    }
}

/// $\cos(\pi/8)$, where $T_8 = -1$.
const CHECK: f64 = 0.923_879_532_511_286_7;

/// The node $\cos((i + \frac12)\pi/8)$.
fn node(i: usize) -> f64 {
    ((i as f64 + 0.5) * PI / TERMS as f64).cos()
}

/// Coefficients of Chebyshev polynomials from values at the nodes.
fn chebyshev(values: &[f64; TERMS]) -> [f64; TERMS] {
    let n = TERMS as f64;
    std::array::from_fn(|k| {
        let terms = values.iter().enumerate().map(|(i, v)| v * (k as f64 * (i as f64 + 0.5) * PI / n).cos());
        terms.sum::<f64>() * if k == 0 { 1.0 } else { 2.0 } / n
    })
}

/// The same polynomial in powers of $t$: $T_{k+1} = 2 t T_k - T_{k-1}$ on the coefficients.
fn powers(c: &[f64; TERMS]) -> [f64; TERMS] {
    let mut result = [0.0; TERMS];
    let (mut before, mut now) = ([0.0; TERMS], [0.0; TERMS]);
    now[0] = 1.0;
    for (k, c) in c.iter().enumerate() {
        for (r, n) in result.iter_mut().zip(&now) {
            *r += c * n;
        }
        let mut next = [0.0; TERMS];
        for i in 0..TERMS {
            let shifted = if i == 0 { 0.0 } else { now[i - 1] };
            next[i] = if k == 0 { shifted } else { 2.0 * shifted - before[i] };
        }
        (before, now) = (now, next);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(function: impl Fn(f64) -> [f64; 2] + Sync) -> Option<Cells> {
        let accuracy = Accuracy { relative: 1e-13, bound: None, from: 0.0 };
        Cells::fill(2.0_f64.powi(-8), 1.0, accuracy, false, |w| Ok::<_, ()>(function(w))).unwrap()
    }

    #[test]
    fn roots_and_deep_iterates_are_interpolated_to_rounding() {
        // An algebraic singularity at 0, and the sharp transition 1/(1 + 10⁹ w), analytic for Re w > 0.
        let function = |w: f64| [w.sqrt(), (1.0 + 1e9 * w).recip()];
        let cells = table(function).unwrap();
        for i in 0..10_000 {
            let w = 2.0_f64.powf(-8.0 * f64::from(i) / 10_000.0);
            for (f, exact) in function(w).into_iter().enumerate() {
                let got = cells.function(f).at(w);
                // The bound on the error, and some ten roundings.
                assert!((got / exact - 1.0).abs() < 1e-14, "{w} {got} {exact}");
            }
        }
        assert!((cells.function(0).at(1.0) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn a_function_that_is_not_smooth_is_refused() {
        assert!(table(|w| [(w - 0.3).abs(), 1.0]).is_none());
    }

    #[test]
    fn a_narrower_strip_gets_finer_cells() {
        let narrow = |w: f64| [(1.0 + 400.0 * (w - 0.3).powi(2)).recip(), 1.0];
        let cells = table(narrow).unwrap();
        assert!(cells.division > 4);
        assert!((cells.function(0).at(0.31) / narrow(0.31)[0] - 1.0).abs() < 1e-13);
    }
}
