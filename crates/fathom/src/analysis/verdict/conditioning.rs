//! The infinite-width kernel on the data: its entries, its spectrum, and what gradient descent makes of it.

use serde::Serialize;

use super::VerdictError;
use crate::Scaled;
use crate::infinite::{Expectations, Gram, PairInput, gram, pair_kernel};
use crate::linalg::symmetric_eigenvalues;
use crate::spec::Architecture;

/// Inputs that stand for data where only a norm is known.
const ORTHOGONAL_INPUTS: usize = 100;
/// Largest sample.
const LARGEST_SAMPLE: usize = 256;
/// Smallest sample that is chosen for its cost.
const SMALLEST_SAMPLE: usize = 6;
/// Time for the sample's kernel, and the time beyond which even the smallest is left out, in seconds.
const TIME: f64 = 0.15;
const LONGEST: f64 = 2.0;
/// Seconds for one layer of one pair: piecewise linear activations, closed forms and series, the accurate way for pairs
/// that are nearly equal, one panel of the polar rule; and for one layer of one input.
const COSTS: [f64; 4] = [1.2e-7, 4e-7, 5e-5, 2.5e-4];
const COST_OF_ROW: f64 = 5e-5;
/// Gaps $1 - c$ between which a pair takes the accurate way.
const NEARLY_EQUAL: [f64; 2] = [1e-6, 1e-33];

/// Mean and range of a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

/// NNGP and NTK of the infinitely wide network on the data.
#[derive(Clone, Debug, Serialize)]
pub struct KernelOnData {
    /// $\Sigma(x, x)$ at the typical input.
    pub nngp: Scaled,
    /// $\Theta(x, x)$ at the typical input.
    pub ntk: Scaled,
    /// $\Sigma(x, x')/\sqrt{\Sigma(x, x)\Sigma(x', x')}$ over the pairs; `None` if there are none.
    pub nngp_correlation: Option<Spread>,
    /// $\Theta(x, x')/\sqrt{\Theta(x, x)\Theta(x', x')}$ over the pairs.
    pub ntk_correlation: Option<Spread>,
    /// What `ntk_correlation` tends to with depth, if known.
    pub ntk_correlation_limit: Option<f64>,
    /// Spectrum and gradient descent; `None` if there are fewer than two usable inputs.
    pub conditioning: Option<Conditioning>,
    /// Why a quantity above is missing.
    pub undefined: Vec<String>,
}

/// Spectrum of the NTK matrix of $n$ inputs, and full-batch gradient descent on $\frac12\sum_i (f(x_i) - y_i)^2$.
#[derive(Clone, Debug, Serialize)]
pub struct Conditioning {
    /// $n$.
    pub inputs: usize,
    /// Largest eigenvalue.
    pub lambda_max: Scaled,
    /// Median eigenvalue of the centred matrix $P\Theta P$, $P = I - \frac1n 11^\top$.
    pub lambda_median: Scaled,
    /// Smallest eigenvalue of the centred matrix, its zero left out; at least the smallest of Θ itself.
    pub lambda_min: Scaled,
    /// Whether `lambda_min` stands clear of rounding; if not, it is an upper bound of what rounding can hide.
    pub resolved: bool,
    /// `lambda_max` / `lambda_min`.
    pub condition: Scaled,
    /// $2/\lambda_{max}$: gradient descent diverges from there on.
    pub max_learning_rate: Scaled,
    /// $\lambda_{max}/\lambda_{median}$: steps at $\eta = 1/\lambda_{max}$ in which the error along a typical direction
    /// falls by a factor e.
    pub steps_typical: Scaled,
    /// The same along the slowest direction.
    pub steps_slowest: Scaled,
}

/// Rows that can be afforded, or why none can.
pub(super) fn affordable_rows(arch: &Architecture, first_variance: f64) -> Result<usize, String> {
    let (pair, row) = costs(arch, first_variance);
    let seconds = |n: f64| 0.5 * pair * n * n + row * n;
    if seconds(SMALLEST_SAMPLE as f64) > LONGEST {
        return Err(format!(
            "the kernel on the data takes long for {} at depth {}: ask for a sample of some rows",
            arch.activation().name(),
            arch.depth()
        ));
    }
    // The root of seconds(n) = TIME, without cancellation.
    let rows = 2.0 * TIME / (row + (row * row + 2.0 * pair * TIME).sqrt());
    Ok((rows as usize).clamp(SMALLEST_SAMPLE, LARGEST_SAMPLE))
}

/// Seconds for one pair and for one row, estimated along the layers of the typical input.
fn costs(arch: &Architecture, mut variance: f64) -> (f64, f64) {
    let activation = arch.activation();
    let depth = arch.depth();
    if activation.homogeneous().is_some() {
        return (COSTS[0] * depth as f64, COSTS[0] * depth as f64);
    }
    let expectations = Expectations::new(activation);
    let (mut pair, mut row, mut gap) = (0.0, 0.0, 1.0_f64);
    for layer in 1..depth {
        let left = (depth - layer) as f64;
        if !variance.is_finite() {
            return (pair + COSTS[0] * left, row + COSTS[0] * left);
        }
        let side = expectations.side(variance);
        let polar = (!expectations.is_cheap(&side)).then(|| COSTS[3] * polar_panels(variance));
        let weight_var = arch.weight_var(layer + 1);
        let next = weight_var * side.value_sq() + arch.bias_var(layer + 1);
        row += COST_OF_ROW;
        let shrinks = weight_var * side.slope_sq() * variance / next;
        if (next / variance).ln().abs() < SETTLED && arch.uniform_variances().is_some() {
            pair += polar.map_or_else(|| settled_pair(gap, shrinks, left), |cost| cost * left);
            return (pair, row + COST_OF_ROW * left.min(SETTLED_LAYERS));
        }
        let accurate = gap < NEARLY_EQUAL[0] && gap > NEARLY_EQUAL[1];
        pair += polar.unwrap_or(if accurate { COSTS[2] } else { COSTS[1] });
        gap = (gap * shrinks).min(1.0);
        variance = next;
    }
    (pair, row)
}

/// Seconds for `layers` layers of a pair whose gap is multiplied by `shrinks` in each.
fn settled_pair(gap: f64, shrinks: f64, layers: f64) -> f64 {
    let until = |end: f64| if shrinks < 1.0 { ((end / gap).ln() / shrinks.ln()).clamp(0.0, layers) } else { layers };
    let (start, end) = (until(NEARLY_EQUAL[0]), until(NEARLY_EQUAL[1]));
    COSTS[1] * layers + COSTS[2] * (end - start)
}

/// A variance that changes by less in a layer, relatively, costs the same from there on; and about how many layers later
/// it has converged, so that a row costs nothing any more.
const SETTLED: f64 = 1e-3;
const SETTLED_LAYERS: f64 = 100.0;

/// Panels of the polar rule, about: they grow with the logarithm of the variance in angle and in radius.
fn polar_panels(variance: f64) -> f64 {
    let logarithm = 0.5 * variance.ln();
    (1.0 + (1.1 * logarithm + 0.4).max(0.0)) * (1.0 + (1.8 * logarithm - 1.2).max(0.0))
}

/// The kernel at the typical input and on the sample.
pub(super) fn kernel_on_data(
    arch: &Architecture,
    typical_mean_square: f64,
    rows: Option<Result<&[&[f64]], String>>,
    limit: Option<f64>,
) -> Result<KernelOnData, VerdictError> {
    // Where there are data, only the diagonal is needed, and a pair of equal inputs costs next to nothing.
    let gap = if rows.is_some() { 0.0 } else { 1.0 };
    let typical = PairInput::from_gap(typical_mean_square, typical_mean_square, gap)?;
    let pair = pair_kernel(arch, &typical)?;
    let mut result = KernelOnData {
        nngp: pair.nngp[0],
        ntk: pair.ntk[0],
        nngp_correlation: None,
        ntk_correlation: None,
        ntk_correlation_limit: limit,
        conditioning: None,
        undefined: Vec::new(),
    };
    let matrix = match rows {
        Some(Err(reason)) => {
            result.undefined.push(reason);
            return Ok(result);
        }
        Some(Ok(rows)) if rows.len() >= 2 => Matrix::Gram(gram(arch, rows)?),
        Some(Ok(rows)) => {
            let held = rows.len();
            result.undefined.push(format!(
                "correlations, eigenvalues and steps need two different inputs, the sample holds {held}"
            ));
            return Ok(result);
        }
        None => Matrix::Uniform { diagonal: pair.ntk[0], off: pair.ntk[2], gap: pair.ntk_gap, nngp_gap: pair.gap },
    };
    (result.nngp_correlation, result.ntk_correlation) = matrix.correlations();
    if result.ntk_correlation.is_none() {
        result.undefined.push("the ntk correlation of an input whose ntk is zero".into());
    }
    match matrix.conditioning() {
        Some(conditioning) => result.conditioning = Some(conditioning),
        None => result.undefined.push("eigenvalues: the ntk on the data is zero or not finite".into()),
    }
    Ok(result)
}

/// The kernel matrix: of data, or of orthogonal inputs of equal norm.
enum Matrix {
    Gram(Gram),
    Uniform { diagonal: Scaled, off: Scaled, gap: Scaled, nngp_gap: Scaled },
}

impl Matrix {
    fn correlations(&self) -> (Option<Spread>, Option<Spread>) {
        match self {
            Self::Uniform { diagonal, off, nngp_gap, .. } => {
                let nngp = 1.0 - nngp_gap.to_f64();
                (spread([nngp]), spread([(*off / *diagonal).to_f64()]))
            }
            Self::Gram(gram) => {
                let pairs = || (0..gram.size()).flat_map(|j| (0..j).map(move |i| gram.pair(i, j)));
                let ntk = |p: &crate::infinite::PairKernel| (p.ntk[2] / (p.ntk[0].sqrt() * p.ntk[1].sqrt())).to_f64();
                (spread(pairs().map(|p| 1.0 - p.gap.to_f64())), spread(pairs().map(ntk)))
            }
        }
    }

    fn conditioning(&self) -> Option<Conditioning> {
        match self {
            Self::Uniform { diagonal, off, gap, .. } => {
                let n = ORTHOGONAL_INPUTS;
                let together = *diagonal + *off * (n as f64 - 1.0);
                (diagonal.is_finite() && !diagonal.is_zero())
                    .then(|| finish(n, together.max(*gap), *gap, *gap, !gap.is_zero()))
            }
            Self::Gram(gram) => spectrum(gram),
        }
    }
}

fn spread(numbers: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let (mut count, mut sum, mut min, mut max) = (0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY);
    for x in numbers {
        count += 1.0;
        sum += x;
        min = min.min(x);
        max = max.max(x);
    }
    (count > 0.0 && f64::is_finite(sum)).then(|| Spread { mean: sum / count, min, max })
}

/// Eigenvalues of Θ and of $P\Theta P = -P\Gamma P$, whose entries have no cancellation however close to each other
/// those of Θ are. The two interlace, so nothing of size is missed.
fn spectrum(gram: &Gram) -> Option<Conditioning> {
    let n = gram.size();
    let largest = |f: &dyn Fn(usize, usize) -> Scaled| {
        (0..n).flat_map(|j| (0..=j).map(move |i| (i, j))).fold(Scaled::ZERO, |m, (i, j)| m.max(f(i, j).abs()))
    };
    let scale = largest(&|i, j| gram.pair(i, j).ntk[2]);
    if scale.is_zero() || !scale.is_finite() {
        return None;
    }
    let whole = symmetric_eigenvalues(n, |i, j| (gram.pair(i, j).ntk[2] / scale).to_f64())?;
    let gap_scale = largest(&|i, j| gram.pair(i, j).ntk_gap);
    let lambda_max = scale * *whole.last()?;
    if gap_scale.is_zero() {
        return Some(finish(n, lambda_max, Scaled::ZERO, Scaled::ZERO, false));
    }
    let gap = |i: usize, j: usize| (gram.pair(i, j).ntk_gap / gap_scale).to_f64();
    let means: Vec<f64> = (0..n).map(|i| (0..n).map(|j| gap(i, j)).sum::<f64>() / n as f64).collect();
    let mean = means.iter().sum::<f64>() / n as f64;
    let mut centred = symmetric_eigenvalues(n, |i, j| means[i] + means[j] - mean - gap(i, j))?;
    // The constant vector's eigenvalue is zero but for rounding.
    let zero = (0..n).min_by(|&i, &j| centred[i].abs().total_cmp(&centred[j].abs()))?;
    centred.remove(zero);
    let rounding = n as f64 * f64::EPSILON * centred.last()?;
    let median = centred[centred.len() / 2].max(rounding);
    let least = centred[0];
    Some(finish(n, lambda_max, gap_scale * median, gap_scale * least.max(rounding), least > rounding))
}

/// What there is to say of kernels of another source.
///
/// # Arguments
/// * `typical`: Σ and Θ at the typical input.
/// * `matrices`: Σ and Θ of `rows` different inputs, row after row; `None` of fewer than two.
pub(super) fn on_matrix(typical: [Scaled; 2], rows: usize, matrices: Option<[&[Scaled]; 2]>) -> KernelOnData {
    let mut result = KernelOnData {
        nngp: typical[0],
        ntk: typical[1],
        nngp_correlation: None,
        ntk_correlation: None,
        ntk_correlation_limit: None,
        conditioning: None,
        undefined: Vec::new(),
    };
    let Some(matrices) = matrices else {
        let needed = "correlations, eigenvalues and steps need two different inputs";
        result.undefined.push(format!("{needed}, the sample holds {rows}"));
        return result;
    };
    let correlation = |matrix: &[Scaled]| {
        let at = |i: usize, j: usize| matrix[i * rows + j];
        let pairs = (0..rows).flat_map(|j| (0..j).map(move |i| (i, j)));
        spread(pairs.map(|(i, j)| (at(i, j) / (at(i, i).sqrt() * at(j, j).sqrt())).to_f64()))
    };
    [result.nngp_correlation, result.ntk_correlation] = matrices.map(correlation);
    result.conditioning = spectrum_of(rows, matrices[1]);
    if result.conditioning.is_none() {
        result.undefined.push("eigenvalues: the ntk on the data is zero or not finite".into());
    }
    result
}

/// As [`spectrum`], of entries that are known to rounding only.
fn spectrum_of(n: usize, matrix: &[Scaled]) -> Option<Conditioning> {
    let scale = matrix.iter().fold(Scaled::ZERO, |m, x| m.max(x.abs()));
    if scale.is_zero() || !scale.is_finite() {
        return None;
    }
    let entry = |i: usize, j: usize| (matrix[i * n + j] / scale).to_f64();
    let largest = *symmetric_eigenvalues(n, entry)?.last()?;
    let means: Vec<f64> = (0..n).map(|i| (0..n).map(|j| entry(i, j)).sum::<f64>() / n as f64).collect();
    let mean = means.iter().sum::<f64>() / n as f64;
    let mut centred = symmetric_eigenvalues(n, |i, j| entry(i, j) - means[i] - means[j] + mean)?;
    let zero = (0..n).min_by(|&i, &j| centred[i].abs().total_cmp(&centred[j].abs()))?;
    centred.remove(zero);
    let rounding = n as f64 * f64::EPSILON * largest;
    let (median, least) = (centred[centred.len() / 2].max(rounding), centred[0]);
    Some(finish(n, scale * largest, scale * median, scale * least.max(rounding), least > rounding))
}

fn finish(
    inputs: usize,
    lambda_max: Scaled,
    lambda_median: Scaled,
    lambda_min: Scaled,
    resolved: bool,
) -> Conditioning {
    Conditioning {
        inputs,
        lambda_max,
        lambda_median,
        lambda_min,
        resolved,
        condition: lambda_max / lambda_min,
        max_learning_rate: Scaled::from(2.0) / lambda_max,
        steps_typical: lambda_max / lambda_median,
        steps_slowest: lambda_max / lambda_min,
    }
}
