//! What the network is fed with.

use serde::Serialize;

use super::VerdictError;
use crate::moments::InputNorm;

/// What the network is fed with: data, or only a typical squared norm.
#[derive(Clone, Copy, Debug)]
pub enum Inputs<'a> {
    /// One input a row, row after row.
    Rows {
        /// All features of the first row, then of the second, …
        values: &'a [f64],
        /// Features of a row.
        features: usize,
    },
    /// $|x|^2$ of a typical input; different inputs are taken to be orthogonal.
    SquaredNorm(f64),
    /// $|x|^2 = n_0$: entries of typical size 1.
    Unit,
}

/// The inputs in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InputSummary {
    /// Rows of the data; `None` if only a norm was given.
    pub rows: Option<usize>,
    /// Features of each input, if known.
    pub features: Option<usize>,
    /// $|x|^2$ of the typical input: the row of median norm among those that are not zero.
    pub typical_sq_norm: f64,
    /// $|x|^2/n_0$ of the typical input.
    pub typical_mean_square: f64,
    /// Smallest and largest $|x|^2$.
    pub sq_norm_range: Option<[f64; 2]>,
    /// Rows that are zero.
    pub zero_rows: usize,
    /// Rows of the kernel sample that repeat an earlier one; they are left out of it.
    pub repeated_rows: usize,
    /// Rows the kernel was computed on.
    pub sampled_rows: usize,
}

/// Inputs after the checks.
pub(super) struct Checked<'a> {
    rows: Vec<&'a [f64]>,
    pub typical: Typical,
    pub summary: InputSummary,
}

/// The typical input.
pub(super) struct Typical {
    pub sq_norm: f64,
    pub mean_square: f64,
    pub norm: InputNorm,
}

fn sq_norm(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum()
}

/// Checks the inputs against the input width, and picks the typical one.
pub(super) fn check<'a>(inputs: Inputs<'a>, n0: Option<usize>) -> Result<Checked<'a>, VerdictError> {
    let (values, features) = match inputs {
        Inputs::Rows { values, features } => (values, features),
        Inputs::SquaredNorm(got) if !(got.is_finite() && got > 0.0) => {
            return Err(VerdictError::SquaredNorm { got });
        }
        Inputs::SquaredNorm(norm) => return without_rows(norm, norm / n0.unwrap_or(1) as f64, n0),
        Inputs::Unit => return without_rows(n0.unwrap_or(1) as f64, 1.0, n0),
    };
    if values.is_empty() || features == 0 {
        return Err(VerdictError::NoRows);
    }
    if values.len() % features != 0 {
        return Err(VerdictError::Ragged { values: values.len(), features });
    }
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(VerdictError::NotFinite { row: i / features, position: i % features, got: values[i] });
    }
    if let Some(inputs) = n0.filter(|&n| n != features) {
        return Err(VerdictError::Features { features, inputs });
    }
    let rows: Vec<&[f64]> = values.chunks_exact(features).collect();
    let mut norms: Vec<(f64, usize)> = rows.iter().enumerate().map(|(i, x)| (sq_norm(x), i)).collect();
    norms.sort_by(|a, b| a.0.total_cmp(&b.0));
    let zero_rows = norms.iter().filter(|n| n.0 == 0.0).count();
    // With nothing but zeros the typical input is zero too; the biases, if any, are then all there is.
    let (typical, index) = norms[if zero_rows == norms.len() { 0 } else { (zero_rows + norms.len()) / 2 }];
    if !norms[norms.len() - 1].0.is_finite() {
        return Err(VerdictError::SquaredNorm { got: norms[norms.len() - 1].0 });
    }
    let mean_square = typical / features as f64;
    Ok(Checked {
        typical: Typical { sq_norm: typical, mean_square, norm: InputNorm::of(rows[index])? },
        summary: InputSummary {
            rows: Some(rows.len()),
            features: Some(features),
            typical_sq_norm: typical,
            typical_mean_square: mean_square,
            sq_norm_range: Some([norms[0].0, norms[norms.len() - 1].0]),
            zero_rows,
            repeated_rows: 0,
            sampled_rows: 0,
        },
        rows,
    })
}

fn without_rows<'a>(sq_norm: f64, mean_square: f64, features: Option<usize>) -> Result<Checked<'a>, VerdictError> {
    Ok(Checked {
        rows: Vec::new(),
        typical: Typical { sq_norm, mean_square, norm: InputNorm::new(sq_norm, None)? },
        summary: InputSummary {
            rows: None,
            features,
            typical_sq_norm: sq_norm,
            typical_mean_square: mean_square,
            sq_norm_range: None,
            zero_rows: 0,
            repeated_rows: 0,
            sampled_rows: 0,
        },
    })
}

impl<'a> Checked<'a> {
    /// The row that the typical input is; `None` without data.
    pub fn typical_row(&self) -> Option<&'a [f64]> {
        self.rows.iter().copied().find(|row| sq_norm(row) == self.typical.sq_norm)
    }

    /// At most `size` different, usable rows, chosen by `seed`; counts what is left out.
    pub fn sample(&mut self, size: usize, seed: u64, keep_zero: bool) -> Vec<&'a [f64]> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let mut state = seed;
        for i in 0..order.len().min(size) {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let span = (order.len() - i) as u64;
            // The bias of the remainder is below 2⁻⁴⁰ for any table that fits in memory.
            order.swap(i, i + (mix(state) % span) as usize);
        }
        order.truncate(size);
        order.sort_unstable();
        let mut seen = std::collections::HashSet::new();
        let mut chosen = Vec::new();
        self.summary.repeated_rows = 0;
        for i in order {
            let bits: Vec<u64> = self.rows[i].iter().map(|v| (v + 0.0).to_bits()).collect();
            if !seen.insert(bits) {
                self.summary.repeated_rows += 1;
            } else if keep_zero || self.rows[i].iter().any(|v| *v != 0.0) {
                chosen.push(i);
            }
        }
        self.summary.sampled_rows = chosen.len();
        chosen.into_iter().map(|i| self.rows[i]).collect()
    }
}

/// The finalizer of SplitMix64 (Steele, Lea & Flood 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
