//! A symmetric kernel in four bytes a pair.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::error::check_length;
use super::{KernelOperator, PredictError};

/// Rows and columns of a tile: what a product reads and writes beside the tile stays in the first-level cache.
const TILE: usize = 96;
/// Entries of a tile.
const AREA: usize = TILE * TILE;
/// Rows of a tile that are multiplied together.
const GROUP: usize = 4;
/// Vectors that are multiplied at a time.
const PANEL: usize = 16;
/// Vectors are padded to a multiple of this.
const LANES: usize = 8;
/// Partial sums of a product, whatever the number of threads.
const PARTS: usize = 16;
/// The integer that stands for a cosine of one.
const ONE: f64 = i32::MAX as f64;
/// Cosines beyond one by no more than this are rounding errors.
const ROUNDING: f64 = 1e-6;

/// A symmetric, positive semi-definite kernel as its diagonal and the cosines $K_{ij}/\sqrt{K_{ii}K_{jj}}$ of its lower half
/// in 32-bit fixed point.
///
/// Cosines lie between −1 and 1, so a fixed point wastes no bits on an exponent: entries are known to
/// $2.4 \cdot 10^{-10} \sqrt{K_{ii}K_{jj}}$, a hundred times closer than in single precision at the same size. The error is a
/// symmetric matrix of norm $10^{-10}\sqrt n$ or so, in units of the diagonal; a ridge above that keeps the matrix
/// positive definite.
///
/// # Accuracy and cost
/// $2 n^2$ bytes. Products are made in double precision; each reads the kernel once for up to 16 vectors, with the same bits
/// on any number of threads.
///
/// # Example
/// ```
/// use fathom_ntk::predict::{KernelOperator, PackedKernel};
/// let mut kernel = PackedKernel::new(&[4.0, 1.0])?;
/// kernel.set_rows(0, 2, &[4.0, -1.0, -1.0, 1.0])?;
/// let mut out = [0.0; 2];
/// kernel.apply(&[1.0, 2.0], 1, &mut out)?;
/// // The cosine −1/2 is known to 2.4e-10.
/// assert!((out[0] - 2.0).abs() < 2e-9 && (out[1] - 1.0).abs() < 1e-9);
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
pub struct PackedKernel {
    n: usize,
    /// $\sqrt{K_{ii}}$.
    root: Vec<f64>,
    /// Rows of tiles up to the diagonal, tile after tile.
    strips: Vec<Vec<i32>>,
}

impl PackedKernel {
    /// A kernel with this diagonal; all else is zero until it is set.
    ///
    /// # Errors
    /// [`PredictError`] if there is no diagonal, or an entry of it is negative or not finite.
    pub fn new(diagonal: &[f64]) -> Result<Self, PredictError> {
        if diagonal.is_empty() {
            return Err(PredictError::NoInputs);
        }
        let name = "a diagonal entry of the kernel";
        if let Some(&got) = diagonal.iter().find(|d| !(d.is_finite() && **d >= 0.0)) {
            return Err(PredictError::OutOfRange { name, allowed: "at least 0 and finite", got });
        }
        let n = diagonal.len();
        let strips = (0..n.div_ceil(TILE)).map(|i| vec![0; (i + 1) * AREA]).collect();
        let mut kernel = Self { n, root: diagonal.iter().map(|d| d.sqrt()).collect(), strips };
        for i in 0..n {
            if kernel.root[i] > 0.0 {
                let (strip, at) = (i / TILE, i % TILE);
                kernel.strips[strip][strip * AREA + at * (TILE + 1)] = i32::MAX;
            }
        }
        Ok(kernel)
    }

    /// Bytes for a kernel of $n$ inputs.
    ///
    /// # Example
    /// ```
    /// let bytes = fathom_ntk::predict::PackedKernel::bytes(60_000);
    /// assert!((bytes as f64 / 7.2e9 - 1.0).abs() < 0.01);
    /// ```
    pub fn bytes(n: usize) -> u64 {
        let strips = n.div_ceil(TILE) as u64;
        (strips * (strips + 1) / 2).saturating_mul(4 * AREA as u64)
    }

    /// Sets rows from `first` on.
    ///
    /// # Arguments
    /// * `width`: columns that are given, from the first one on; at least up to the diagonal of the last row.
    /// * `values`: the entries, row after row.
    ///
    /// # Errors
    /// [`PredictError`] if the rows do not fit, or an entry is beyond what the diagonal allows.
    pub fn set_rows(&mut self, first: usize, width: usize, values: &[f64]) -> Result<(), PredictError> {
        let rows = values.len() / width.max(1);
        let name = "rows of a packed kernel (rows × columns)";
        check_length(name, rows * width, values.len())?;
        let end = first + rows;
        if end > self.n || width < end {
            return Err(PredictError::Length { name, expected: self.n * self.n, got: end.max(self.n + 1) * width });
        }
        let root = &self.root;
        let strips = &mut self.strips[first / TILE..end.div_ceil(TILE)];
        strips.par_iter_mut().enumerate().try_for_each(|(k, strip)| {
            let index = first / TILE + k;
            for i in first.max(index * TILE)..end.min((index + 1) * TILE) {
                let row = &values[(i - first) * width..(i - first) * width + i];
                set_row(strip, index, i, row, root)?;
            }
            Ok(())
        })
    }

    /// The entry $(i, j)$.
    fn entry(&self, i: usize, j: usize) -> f64 {
        let (i, j) = (i.max(j), i.min(j));
        let strip = &self.strips[i / TILE];
        let q = strip[j / TILE * AREA + i % TILE * TILE + j % TILE];
        f64::from(q) * (self.root[i] * self.root[j] / ONE)
    }

    /// Up to [`PANEL`] columns of a product, from column `col` of `columns`.
    fn multiply(&self, vectors: &[f64], columns: usize, col: usize, out: &mut [f64]) {
        let used = PANEL.min(columns - col);
        let width = used.next_multiple_of(LANES);
        let padded = self.strips.len() * TILE;
        let (mut input, start) = aligned(padded * width);
        let input = &mut input[start..][..padded * width];
        for ((to, from), root) in input.chunks_exact_mut(width).zip(vectors.chunks_exact(columns)).zip(&self.root) {
            to.iter_mut().zip(&from[col..col + used]).for_each(|(to, from)| *to = root * from);
        }
        let input = &*input;
        let parts = PARTS.min(self.strips.len());
        let sums = (0..parts).into_par_iter().map(|part| {
            let (mut sum, start) = aligned(padded * width);
            for index in (part..self.strips.len()).step_by(parts) {
                let (tiles, output) = (&self.strips[index], &mut sum[start..][..padded * width]);
                Arch::new().dispatch(Strip { tiles, index, width, input, output });
            }
            (sum, start)
        });
        let sums: Vec<(Vec<f64>, usize)> = sums.collect();
        out.par_chunks_exact_mut(columns).enumerate().for_each(|(i, out)| {
            for (c, out) in out[col..col + used].iter_mut().enumerate() {
                let sum: f64 = sums.iter().map(|(sum, start)| sum[start + i * width + c]).sum();
                *out = sum * (self.root[i] / ONE);
            }
        });
    }
}

/// Zeros, and where among them a cache line begins.
fn aligned(count: usize) -> (Vec<f64>, usize) {
    const LINE: usize = 64;
    let values = vec![0.0; count + LINE / size_of::<f64>()];
    let start = values.as_ptr().align_offset(LINE).min(LINE / size_of::<f64>());
    (values, start)
}

/// Entries before the diagonal of row `i`, and their mirror images within the tile on the diagonal.
fn set_row(strip: &mut [i32], index: usize, i: usize, row: &[f64], root: &[f64]) -> Result<(), PredictError> {
    let at = i % TILE;
    for (j, &value) in row.iter().enumerate() {
        let size = root[i] * root[j];
        let cosine = if size > 0.0 { value / size } else { value };
        if cosine.is_nan() || cosine.abs() > 1.0 + ROUNDING {
            let name = "an entry of the kernel over the roots of its diagonal entries";
            return Err(PredictError::OutOfRange { name, allowed: "between -1 and 1", got: cosine });
        }
        // Beyond the range it saturates.
        let q = (cosine * ONE).round() as i32;
        strip[j / TILE * AREA + at * TILE + j % TILE] = q;
        if j / TILE == index {
            strip[index * AREA + j % TILE * TILE + at] = q;
        }
    }
    Ok(())
}

impl KernelOperator for PackedKernel {
    fn size(&self) -> usize {
        self.n
    }

    fn apply(&self, vectors: &[f64], columns: usize, out: &mut [f64]) -> Result<(), PredictError> {
        for col in (0..columns).step_by(PANEL) {
            self.multiply(vectors, columns, col, out);
        }
        Ok(())
    }

    fn diagonal(&self) -> Vec<f64> {
        self.root.iter().map(|r| r * r).collect()
    }

    fn rows(&self, which: &[usize]) -> Result<Vec<f64>, PredictError> {
        let mut rows = vec![0.0; which.len() * self.n];
        rows.par_chunks_exact_mut(self.n).zip(which).for_each(|(row, &i)| {
            row.iter_mut().enumerate().for_each(|(j, entry)| *entry = self.entry(i, j));
        });
        Ok(rows)
    }
}

/// A row of tiles times vectors, and times others from the left.
struct Strip<'a> {
    tiles: &'a [i32],
    index: usize,
    width: usize,
    /// `width` numbers an input.
    input: &'a [f64],
    output: &'a mut [f64],
}

impl WithSimd for Strip<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let per_row = self.width / S::F64_LANES;
        let (input, output) = (S::as_simd_f64s(self.input).0, S::as_mut_simd_f64s(self.output).0);
        let tile_rows = TILE * per_row;
        let (above, own) = output.split_at_mut(self.index * tile_rows);
        let left = &input[self.index * tile_rows..];
        let mut wide = [[0.0; TILE]; GROUP];
        for (j, tile) in self.tiles.chunks_exact(AREA).enumerate() {
            let right = &input[j * tile_rows..(j + 1) * tile_rows];
            let first = (j * tile_rows).min(above.len());
            // Empty for the tile on the diagonal, which is its own mirror image.
            let mirror = &mut above[first..];
            let mirror = if mirror.is_empty() { mirror } else { &mut mirror[..tile_rows] };
            for (g, rows) in tile.chunks_exact(GROUP * TILE).enumerate() {
                for (wide, row) in wide.iter_mut().zip(rows.chunks_exact(TILE)) {
                    for (wide, q) in wide.iter_mut().zip(row) {
                        *wide = f64::from(*q);
                    }
                }
                let place = g * GROUP * per_row..(g + 1) * GROUP * per_row;
                let (left, own) = (&left[place.clone()], &mut own[place]);
                let mut at = 0;
                while at + 2 <= per_row {
                    group::<S, 2>(simd, &wide, (left, right), (own, mirror), per_row, at);
                    at += 2;
                }
                if at < per_row {
                    group::<S, 1>(simd, &wide, (left, right), (own, mirror), per_row, at);
                }
            }
        }
    }
}

/// Four rows of a tile: `own` += rows × `right`, `mirror` += rowsᵀ × `left`, in `P` vectors from `at` on.
#[inline(always)]
fn group<S: Simd, const P: usize>(
    simd: S,
    wide: &[[f64; TILE]; GROUP],
    (left, right): (&[S::f64s], &[S::f64s]),
    (own, mirror): (&mut [S::f64s], &mut [S::f64s]),
    per_row: usize,
    at: usize,
) {
    let mut sums = [[simd.splat_f64s(0.0); P]; GROUP];
    let mut factors = sums;
    for r in 0..GROUP {
        for p in 0..P {
            factors[r][p] = left[r * per_row + at + p];
        }
    }
    if mirror.is_empty() {
        for (c, right) in right.chunks_exact(per_row).enumerate() {
            let right = &right[at..at + P];
            for r in 0..GROUP {
                let x = simd.splat_f64s(wide[r][c]);
                for p in 0..P {
                    sums[r][p] = simd.mul_add_f64s(x, right[p], sums[r][p]);
                }
            }
        }
    } else {
        for (c, (right, mirror)) in right.chunks_exact(per_row).zip(mirror.chunks_exact_mut(per_row)).enumerate() {
            let (right, mirror) = (&right[at..at + P], &mut mirror[at..at + P]);
            // Copies, so that they stay in registers.
            let (mut from, mut to) = ([simd.splat_f64s(0.0); P], [simd.splat_f64s(0.0); P]);
            from.copy_from_slice(right);
            to.copy_from_slice(mirror);
            for r in 0..GROUP {
                let x = simd.splat_f64s(wide[r][c]);
                for p in 0..P {
                    sums[r][p] = simd.mul_add_f64s(x, from[p], sums[r][p]);
                    to[p] = simd.mul_add_f64s(x, factors[r][p], to[p]);
                }
            }
            mirror.copy_from_slice(&to);
        }
    }
    for (own, sums) in own.chunks_exact_mut(per_row).zip(&sums) {
        for (own, sum) in own[at..at + P].iter_mut().zip(sums) {
            *own = simd.add_f64s(*own, *sum);
        }
    }
}
