//! Orthogonal factorisation by Householder reflectors, for tall narrow matrices that may be rank-deficient.
//!
//! Written out because the matrices of a sampler are narrow (as many columns as inputs): there this is about twice as
//! fast as a blocked factorisation. $Q$ is applied in the compact form of Schreiber & Van Loan (1989),
//! $Q = I - V T V^\top$ with $T^{-1} = \operatorname{diag}(1/\tau) + \text{strictly upper part of } V^\top V$.

use pulp::{Arch, NullaryFnOnce};

use super::{by_columns, product, subtract_product};

/// $A = Q R$ with $Q$ orthogonal and kept as reflectors, so that its columns are orthonormal whatever the rank of $A$.
///
/// Every sum is made in an order fixed by the number of rows, with fused multiplication and addition, so the same
/// matrix gives the same bits on every processor.
#[derive(Debug)]
pub(crate) struct Reflectors {
    rows: usize,
    cols: usize,
    /// $A$, then below its diagonal the reflectors.
    factor: Vec<f64>,
    /// $T^{-1}$, rank × rank, with the inverses of its diagonal entries in their places.
    inverse: Vec<f64>,
    /// $V^\top X$, then $T V^\top X$, of one application.
    inner: Vec<f64>,
}

impl Reflectors {
    /// Room for a `rows × cols` matrix.
    pub(crate) fn new(rows: usize, cols: usize) -> Self {
        let rank = rows.min(cols);
        Self { rows, cols, factor: vec![0.0; rows * cols], inverse: vec![0.0; rank * rank], inner: Vec::new() }
    }

    /// $r = \min(\text{rows}, \text{cols})$, the rows of $R$.
    pub(crate) fn rank(&self) -> usize {
        self.rows.min(self.cols)
    }

    /// The entries of $A$, to be set column by column before [`factorise`](Self::factorise).
    pub(crate) fn matrix_mut(&mut self) -> &mut [f64] {
        &mut self.factor
    }

    /// Factorises, and writes $R$ ($r$ × cols, zeros below the diagonal) to `upper`.
    pub(crate) fn factorise(&mut self, upper: &mut [f64]) {
        let rank = self.rank();
        Arch::new().dispatch(Factorise { matrix: &mut self.factor, rows: self.rows, rank });
        for (j, (to, column)) in upper.chunks_exact_mut(rank).zip(self.factor.chunks_exact_mut(self.rows)).enumerate() {
            let filled = rank.min(j + 1);
            to[..filled].copy_from_slice(&column[..filled]);
            to[filled..].fill(0.0);
            // What remains is V, whose first entry is implied: 1, or 0 for a reflector that does nothing.
            if j < rank {
                column[..j].fill(0.0);
                let silent = column[j + 1..].iter().all(|v| *v == 0.0);
                column[j] = if silent { 0.0 } else { 1.0 };
            }
        }
    }

    /// Prepares [`apply`](Self::apply) after [`factorise`](Self::factorise).
    pub(crate) fn gather(&mut self) {
        let (rank, v) = (self.rank(), by_columns(&self.factor, self.rows, self.rank()));
        product(v.transpose(), v, &mut self.inverse, rank, 0);
        for j in 0..rank {
            // 1/τ = |v|²/2 makes I − τ v vᵀ a reflection; with v = 0 any number will do. Kept is τ.
            let half = 0.5 * self.inverse[j * rank + j];
            self.inverse[j * rank + j] = if half > 0.0 { half.recip() } else { 1.0 };
        }
    }

    /// $X \leftarrow Q X$ with the full $Q$ (rows × rows), for a column-major $X$ of as many rows.
    pub(crate) fn apply(&mut self, x: &mut [f64]) {
        let (rows, rank) = (self.rows, self.rank());
        let cols = x.len() / rows;
        let v = by_columns(&self.factor, rows, rank);
        self.inner.resize(rank * cols, 0.0);
        product(v.transpose(), by_columns(x, rows, cols), &mut self.inner, rank, 0);
        for column in self.inner.chunks_exact_mut(rank) {
            for i in (0..rank).rev() {
                let solved = column[i] * self.inverse[i * rank + i];
                column[i] = solved;
                let above = &self.inverse[i * rank..i * rank + i];
                column[..i].iter_mut().zip(above).for_each(|(to, s)| *to -= s * solved);
            }
        }
        subtract_product(v, by_columns(&self.inner, rank, cols), x);
    }
}

/// Sums of squares below this have lost digits of the numbers, or all of them.
const TINY: f64 = f64::from_bits((1023 - 800) << 52);

/// Multiplies by the power of two that brings the largest number to about one; returns what undoes it.
fn enlarge(values: &mut [f64]) -> f64 {
    let largest = values.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
    // 2^1000 is the most that has an inverse, and enough for all but subnormal numbers.
    let exponent = ((largest.to_bits() >> 52) as i64 - 1023).clamp(-1000, 0);
    let (up, down) =
        (f64::from_bits(((1023 - exponent) as u64) << 52), f64::from_bits(((1023 + exponent) as u64) << 52));
    values.iter_mut().for_each(|v| *v *= up);
    down
}

/// Numbers summed side by side: one vector of the widest kind.
const LANES: usize = 8;

/// Replaces a matrix by $R$ and the reflectors that make it, scaled to begin with one.
struct Factorise<'a> {
    matrix: &'a mut [f64],
    rows: usize,
    rank: usize,
}

impl NullaryFnOnce for Factorise<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self.rows;
        for j in 0..self.rank {
            let (left, right) = self.matrix.split_at_mut((j + 1) * rows);
            let v = &mut left[j * rows + j..];
            let mut below = dots(&v[1..], [&v[1..]])[0];
            let mut size = 1.0;
            if below < TINY {
                size = enlarge(v);
                below = dots(&v[1..], [&v[1..]])[0];
                if below == 0.0 {
                    // Nothing that shows beside the first entry.
                    v[1..].fill(0.0);
                    v[0] *= size;
                    continue;
                }
            }
            let first = v[0];
            let norm = first.mul_add(first, below).sqrt();
            // Away from the first entry, so that nothing cancels.
            let diagonal = if first > 0.0 { -norm } else { norm };
            let pivot = first - diagonal;
            let inverse = 1.0 / pivot;
            v[1..].iter_mut().for_each(|v| *v *= inverse);
            v[0] = 1.0;
            let minus_tau = pivot / diagonal;
            let mut groups = right.chunks_exact_mut(4 * rows);
            for group in &mut groups {
                let (a, b) = group.split_at_mut(2 * rows);
                let ((a, b), (c, d)) = (a.split_at_mut(rows), b.split_at_mut(rows));
                let columns = [&mut a[j..], &mut b[j..], &mut c[j..], &mut d[j..]];
                let products = dots(v, [&*columns[0], &*columns[1], &*columns[2], &*columns[3]]);
                for (column, product) in columns.into_iter().zip(products) {
                    add(minus_tau * product, v, column);
                }
            }
            for column in groups.into_remainder().chunks_exact_mut(rows) {
                let product = dots(v, [&column[j..]])[0];
                add(minus_tau * product, v, &mut column[j..]);
            }
            v[0] = diagonal * size;
        }
    }
}

/// Inner products of `v` with several columns of the same length.
#[inline(always)]
fn dots<const N: usize>(v: &[f64], columns: [&[f64]; N]) -> [f64; N] {
    let whole = v.len() / LANES * LANES;
    let mut sums = [[0.0; LANES]; N];
    let heads = columns.map(|column| &column[..whole]);
    for i in (0..whole).step_by(LANES) {
        for (sum, head) in sums.iter_mut().zip(heads) {
            for lane in 0..LANES {
                sum[lane] = v[i + lane].mul_add(head[i + lane], sum[lane]);
            }
        }
    }
    // Loops, not iterators: what is not inlined here is not translated for the vector unit.
    let mut totals = [0.0; N];
    for n in 0..N {
        let s = sums[n];
        totals[n] = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
        for i in whole..v.len() {
            totals[n] = v[i].mul_add(columns[n][i], totals[n]);
        }
    }
    totals
}

/// `column += factor · v`.
#[inline(always)]
fn add(factor: f64, v: &[f64], column: &mut [f64]) {
    column.iter_mut().zip(v).for_each(|(to, v)| *to = factor.mul_add(*v, *to));
}
