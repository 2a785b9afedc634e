//! Training until a finite time: one eigendecomposition.

use super::centred::{Centred, CrossRow, product};
use super::direct::{Solver, dot};
use super::time::Clock;
use super::weights::Weights;
use super::{Kernel, PredictError, Time};
use crate::Scaled;
use crate::linalg::{Eigen, symmetric_eigen};

/// Rounds in which the constant direction is separated from the gaps; each gains the ratio of the two.
const ROUNDS: usize = 80;

/// Eigenvectors of the training kernel $C^{1/2} K C^{1/2}$, and inputs and targets in their coordinates.
pub(super) struct Modes {
    eigen: Eigen,
    /// Size of the decomposed matrix: $n$, or $n - 1$ beside the constant direction.
    size: usize,
    /// Unit of the eigenvalues.
    unit: Scaled,
    /// ρ in units of the eigenvalues.
    ridge: f64,
    top: Option<Top>,
    root: Vec<f64>,
}

/// The direction in which all entries are equal, turned a little to be an eigenvector.
pub(super) struct Top {
    pub centred: Centred,
    /// Eigenvalue, and ρ, in units of entries.
    value: f64,
    ridge: f64,
    scale: Scaled,
    /// The eigenvector is $(v, 1)$; $h = v/\gamma$ times κ.
    pub v: Vec<f64>,
    h: Vec<f64>,
    /// $(1 + v v^\top)^{-1/2} = 1 - \tau v v^\top$.
    pub tau: f64,
    pub length: f64,
}

/// Rows of numbers in the coordinates of the modes: those of the eigenvectors, and one of the top direction.
pub(super) struct Coordinates {
    pub rest: Vec<f64>,
    pub top: Vec<f64>,
    /// $1 - \sum_i \omega_i$ when the top direction is learnt and no other; of kernels only.
    pub shortfall: Vec<f64>,
}

impl Modes {
    /// Decomposes the training kernel; ρ is in units of the kernel's entries.
    pub fn new(kernel: &Kernel, root: &[f64], ridge: f64) -> Result<Self, PredictError> {
        let in_gaps = if ridge == 0.0 { 0.0 } else { ridge / kernel.gap_ratio() };
        let root = root.to_vec();
        match kernel.gap_scale {
            Some(gap) if in_gaps.is_finite() => {
                let (top, matrix) = Top::separate(Centred::new(kernel, &kernel.train, &root), kernel.scale, ridge);
                let size = kernel.n - 1;
                let eigen = symmetric_eigen(size, |i, j| matrix[i * size + j]).ok_or(PredictError::Eigenvalues)?;
                Ok(Self { eigen, size, unit: gap, ridge: in_gaps, top: Some(top), root })
            }
            _ => {
                let entry = |i: usize, j: usize| root[i] * kernel.entry(i, j) * root[j];
                let eigen = symmetric_eigen(kernel.n, entry).ok_or(PredictError::Eigenvalues)?;
                Ok(Self { eigen, size: kernel.n, unit: kernel.scale, ridge, top: None, root })
            }
        }
    }

    /// Eigenvectors as columns, row after row.
    pub fn vectors(&self) -> &[f64] {
        &self.eigen.vectors
    }

    /// Modes beside the top direction.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The top direction, if it is apart.
    pub fn top(&self) -> Option<&Top> {
        self.top.as_ref()
    }

    /// $C^{1/2}$.
    pub fn root(&self) -> &[f64] {
        &self.root
    }

    pub fn solver(&self) -> Solver {
        if self.top.is_some() { Solver::BorderedEigen } else { Solver::Eigen }
    }

    /// Largest and smallest eigenvalue of the kernel, without ridge.
    pub fn extremes(&self) -> (Scaled, Scaled) {
        let of = |value: Option<&f64>| value.map_or(Scaled::ZERO, |v| self.unit * *v);
        let (least, most) = (of(self.eigen.values.first()), of(self.eigen.values.last()));
        match &self.top {
            Some(top) if self.size == 0 => (top.scale * top.value, top.scale * top.value),
            Some(top) => ((top.scale * top.value).max(most), least),
            None => (most, least),
        }
    }

    /// Coordinates of $n \times k$ numbers on the training inputs, multiplied by $C^{1/2}$.
    pub fn of_targets(&self, values: &[f64], outputs: usize) -> Coordinates {
        let n = self.root.len();
        let Some(top) = &self.top else {
            let scaled: Vec<f64> = (0..n * outputs).map(|i| self.root[i / outputs] * values[i]).collect();
            return Coordinates {
                rest: self.transposed_times(&scaled, outputs),
                top: Vec::new(),
                shortfall: Vec::new(),
            };
        };
        let (mut rows, mut tops) = (vec![0.0; self.size * outputs], Vec::with_capacity(outputs));
        for k in 0..outputs {
            let z = top.centred.to_basis((0..n).map(|i| values[i * outputs + k]));
            let (rest, last) = z.split_at(self.size);
            tops.push((dot(&top.v, rest) + last[0]) / top.length);
            let across: Vec<f64> = rest.iter().zip(&top.v).map(|(r, v)| r - v * last[0]).collect();
            for (i, value) in top.turn(across).into_iter().enumerate() {
                rows[i * outputs + k] = value;
            }
        }
        Coordinates { rest: self.transposed_times(&rows, outputs), top: tops, shortfall: Vec::new() }
    }

    /// $V^\top$ times `size` × k numbers.
    fn transposed_times(&self, rows: &[f64], cols: usize) -> Vec<f64> {
        let n = self.size;
        let transposed: Vec<f64> = (0..n * n).map(|k| self.eigen.vectors[(k % n) * n + k / n]).collect();
        product(&transposed, rows, n, n, cols)
    }

    /// Coordinates of the kernel between test and training inputs, a test input a row: `rest` in units of the
    /// eigenvalues, `top` in units of entries.
    pub fn of_cross(&self, kernel: &Kernel) -> Coordinates {
        let (n, m) = (kernel.n, kernel.m);
        let Some(top) = &self.top else {
            let mut rows = if kernel.has_gaps() { kernel.cross_entries() } else { kernel.cross.clone() };
            rows.chunks_exact_mut(n).for_each(|row| row.iter_mut().zip(&self.root).for_each(|(k, r)| *k *= r));
            return Coordinates {
                rest: product(&rows, &self.eigen.vectors, m, n, n),
                top: Vec::new(),
                shortfall: Vec::new(),
            };
        };
        let mut rows = Vec::with_capacity(m * self.size);
        let (mut tops, mut shortfall) = (Vec::with_capacity(m), Vec::with_capacity(m));
        for x in 0..m {
            let CrossRow { rest, last, deficit } = top.centred.cross(kernel, x);
            shortfall.push(top.shortfall(&rest, deficit));
            tops.push((top.centred.ratio * dot(&top.v, &rest) + last) / top.length);
            let share = last / top.centred.last;
            rows.extend(top.turn(rest.iter().zip(&top.h).map(|(r, h)| r - h * share).collect()));
        }
        Coordinates { rest: product(&rows, &self.eigen.vectors, m, self.size, self.size), top: tops, shortfall }
    }

    fn clocks(&self, time: Time) -> (Clock, Option<(&Top, Clock)>) {
        (time.in_units(self.unit), self.top.as_ref().map(|top| (top, time.in_units(top.scale))))
    }

    /// $p_t$ of every mode, and of the top one.
    fn gains(&self, time: Time) -> (Vec<f64>, Option<f64>) {
        let (clock, top) = self.clocks(time);
        let gains = self.eigen.values.iter().map(|value| clock.gain(value.max(0.0) + self.ridge)).collect();
        (gains, top.map(|(top, clock)| clock.gain(top.value + top.ridge)))
    }

    /// What is left of an initial error along every mode, and along the top one.
    pub fn left(&self, time: Time) -> (Vec<f64>, Option<f64>) {
        let (clock, top) = self.clocks(time);
        let left = self.eigen.values.iter().map(|value| clock.left_with_ridge(*value, self.ridge)).collect();
        (left, top.map(|(top, clock)| clock.left_with_ridge(top.value, top.ridge)))
    }

    /// Mean on the test inputs, $m \times k$.
    pub fn mean(&self, time: Time, cross: &Coordinates, targets: &Coordinates, outputs: usize) -> Vec<f64> {
        let (gains, top) = self.gains(time);
        let learnt: Vec<f64> = targets.rest.iter().enumerate().map(|(i, y)| y * gains[i / outputs]).collect();
        let rows = cross.rest.len().checked_div(self.size).unwrap_or(cross.top.len());
        let mut mean = product(&cross.rest, &learnt, rows, self.size, outputs);
        if let Some(gain) = top {
            for (row, k) in mean.chunks_exact_mut(outputs).zip(&cross.top) {
                row.iter_mut().zip(&targets.top).for_each(|(f, y)| *f += k * gain * y);
            }
        }
        mean
    }

    /// Residuals $y - f$ of the mean network on the training inputs, $n \times k$.
    pub fn residuals(&self, time: Time, targets: &Coordinates, outputs: usize) -> Vec<f64> {
        let (left, top) = self.left(time);
        let rest: Vec<f64> = targets.rest.iter().enumerate().map(|(i, y)| y * left[i / outputs]).collect();
        let rows = product(&self.eigen.vectors, &rest, self.size, self.size, outputs);
        let n = self.root.len();
        let mut residuals = vec![0.0; n * outputs];
        for k in 0..outputs {
            let across: Vec<f64> = (0..self.size).map(|i| rows[i * outputs + k]).collect();
            let points = match (&self.top, top) {
                (Some(parts), Some(left)) => parts.points(across, left * targets.top[k]),
                _ => across.iter().zip(&self.root).map(|(a, r)| a * r).collect(),
            };
            for i in 0..n {
                residuals[i * outputs + k] = points[i] / (self.root[i] * self.root[i]);
            }
        }
        residuals
    }

    /// What each test input makes of the training outputs at a time.
    pub fn weights(&self, time: Time, cross: &Coordinates) -> Weights {
        let (gains, top) = self.gains(time);
        let n = self.root.len();
        let m = cross.rest.len().checked_div(self.size).unwrap_or(cross.top.len());
        let scaled: Vec<f64> = cross.rest.iter().enumerate().map(|(i, z)| z * gains[i % self.size]).collect();
        let transposed: Vec<f64> = {
            let size = self.size;
            (0..size * size).map(|k| self.eigen.vectors[(k % size) * size + k / size]).collect()
        };
        let across = product(&scaled, &transposed, m, self.size, self.size);
        let mut weights = Weights { omega: Vec::with_capacity(m * n), leftover: Vec::with_capacity(m) };
        for x in 0..m {
            let row = across[x * self.size..(x + 1) * self.size].to_vec();
            match (&self.top, top) {
                (Some(parts), Some(gain)) => {
                    let clock = time.in_units(parts.scale);
                    weights.leftover.push(parts.leftover(clock, cross.top[x], cross.shortfall[x], &row));
                    weights.omega.extend(parts.points(row, gain * cross.top[x]));
                }
                _ => {
                    weights.leftover.push(1.0 - dot(&row, &self.root));
                    weights.omega.extend(row.iter().zip(&self.root).map(|(a, r)| a * r));
                }
            }
        }
        weights
    }
}

impl Top {
    /// Separates the constant direction: its eigenvector, and the kernel across it in units of γ.
    fn separate(mut centred: Centred, scale: Scaled, ridge: f64) -> (Self, Vec<f64>) {
        let core = std::mem::take(&mut centred.core);
        let size = centred.coupling.len();
        let mut value = centred.last;
        let (mut v, mut h) = (vec![0.0; size], centred.coupling.clone());
        for _ in 0..ROUNDS {
            let applied = product(&core, &v, size, size, 1);
            h = centred.coupling.iter().zip(&applied).map(|(c, a)| (c + a) * (centred.last / value)).collect();
            let next: Vec<f64> = h.iter().map(|h| h * (centred.ratio / centred.last)).collect();
            let change = next.iter().zip(&v).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
            let done = change <= f64::EPSILON.powi(2) * dot(&next, &next);
            v = next;
            value = centred.last + centred.ratio * dot(&centred.coupling, &v);
            if done {
                break;
            }
        }
        let square = dot(&v, &v);
        let length = (1.0 + square).sqrt();
        // (1 − 1/√(1 + s))/s without cancellation.
        let tau = 1.0 / (length * (length + 1.0));
        let c = &centred.coupling;
        let raw: Vec<f64> = (0..size * size)
            .map(|k| (k / size, k % size))
            .map(|(i, j)| core[i * size + j] - c[i] * v[j] - v[i] * c[j] + 0.5 * (h[i] * v[j] + v[i] * h[j]))
            .collect();
        // T raw T with T = 1 − τ v vᵀ.
        let along = product(&raw, &v, size, size, 1);
        let both = dot(&along, &v);
        let matrix = (0..size * size)
            .map(|k| (k / size, k % size))
            .map(|(i, j)| {
                raw[i * size + j] - tau * (along[i] * v[j] + v[i] * along[j]) + tau * tau * both * v[i] * v[j]
            })
            .collect();
        (Self { centred, value, ridge, scale, v, h, tau, length }, matrix)
    }

    /// $1 - \tau v v^\top$ times a vector.
    pub fn turn(&self, mut z: Vec<f64>) -> Vec<f64> {
        let along = self.tau * dot(&z, &self.v);
        z.iter_mut().zip(&self.v).for_each(|(z, v)| *z -= along * v);
        z
    }

    /// $1 - \sum_i \omega_i$ of $\omega = k_0/\lambda_0$ times the top vector, for $k_0$ = (γ v·`rest` + `last`)/length: with
    /// $\lambda_0 = \kappa + \gamma c \cdot v$ everything of the size of entries cancels in the formula.
    fn shortfall(&self, rest: &[f64], deficit: f64) -> f64 {
        let Centred { coupling, last, ratio, norm, .. } = &self.centred;
        let value = self.value + self.ridge;
        let gaps =
            deficit + dot(coupling, &self.v) + dot(&self.h, &self.v) * (value / last) + norm * dot(&self.v, rest);
        (self.ridge + ratio * gaps) / (self.length * self.length * value)
    }

    /// $1 - \sum_i \omega_i$ at a time, for coordinates `across` of ω and `cross` of the kernel.
    fn leftover(&self, clock: Clock, cross: f64, shortfall: f64, across: &[f64]) -> f64 {
        let value = self.value + self.ridge;
        let unlearnt = clock.left(value) * self.centred.norm * cross / (self.length * value);
        let turned = dot(across, &self.v) * (1.0 - self.tau * dot(&self.v, &self.v));
        shortfall - unlearnt - self.centred.norm * turned
    }

    /// A vector with coordinates `across` and `top`, on the training inputs, multiplied by $C^{1/2}$.
    fn points(&self, across: Vec<f64>, top: f64) -> Vec<f64> {
        let mut z = self.turn(across);
        let top = top / self.length;
        let last = top - dot(&z, &self.v);
        z.iter_mut().zip(&self.v).for_each(|(z, v)| *z += top * v);
        z.push(last);
        self.centred.to_points(z)
    }
}
