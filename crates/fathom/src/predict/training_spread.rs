//! Spread of the error on the training inputs over initialisations.

use super::centred::{Centred, product};
use super::direct::dot;
use super::modes::{Coordinates, Modes, Top};
use super::{Kernel, LossSpread, Time};
use crate::Scaled;

/// The prior covariance of the networks on the training inputs, in the coordinates of the modes.
///
/// A network leaves $L_t (y - f_0)$ of its error on the training inputs, and $L_t$ is diagonal in these coordinates, so that
/// the covariance of what is left is $L_t S L_t$ with one $S$ for all times.
pub(super) struct TrainingSpread {
    /// $S$ between the modes, $s \times s$.
    rest: Vec<f64>,
    /// $S$ between the modes and the top direction, and of the latter.
    coupling: Vec<f64>,
    top: f64,
    unit: Scaled,
}

impl TrainingSpread {
    /// Turns the training block of the NNGP into the coordinates of the modes; two products of matrices.
    pub fn new(modes: &Modes, nngp: &Kernel) -> Self {
        let (vectors, size, unit) = (modes.vectors(), modes.size(), nngp.scale);
        let turned = |matrix: &[f64]| {
            let right = product(matrix, vectors, size, size, size);
            let transposed: Vec<f64> = (0..size * size).map(|k| vectors[(k % size) * size + k / size]).collect();
            product(&transposed, &right, size, size, size)
        };
        let root = modes.root();
        let Some(top) = modes.top() else {
            let n = nngp.n;
            let scaled = (0..n * n).map(|k| root[k / n] * nngp.entry(k / n, k % n) * root[k % n]).collect::<Vec<_>>();
            return Self { rest: turned(&scaled), coupling: Vec::new(), top: 0.0, unit };
        };
        let (matrix, coupling, corner) = across(top, nngp, root);
        let coupling = product(&coupling, vectors, 1, size, size);
        Self { rest: turned(&matrix), coupling, top: corner, unit }
    }

    /// Mean and standard deviation over initialisations of the squared error, a mean over `count` numbers, given
    /// that of the mean network; `None` if they exceed `f64`.
    pub fn loss(
        &self,
        modes: &Modes,
        time: Time,
        targets: &Coordinates,
        outputs: usize,
        mean: Mean,
    ) -> Option<LossSpread> {
        let (left, top) = modes.left(time);
        let size = left.len();
        let top = top.unwrap_or(0.0);
        let (mut trace, mut square) = (top * top * self.top, (top * top * self.top).powi(2));
        for (i, row) in self.rest.chunks_exact(size.max(1)).enumerate() {
            let entries = row.iter().zip(&left).map(|(s, d)| left[i] * s * d);
            trace += left[i] * row[i] * left[i];
            square += entries.map(|e| e * e).sum::<f64>();
        }
        for (s, d) in self.coupling.iter().zip(&left) {
            square += 2.0 * (top * s * d).powi(2);
        }
        let mut form = 0.0;
        for k in 0..outputs {
            // L S L times the residual L y.
            let twice: Vec<f64> = left.iter().enumerate().map(|(i, d)| d * d * targets.rest[i * outputs + k]).collect();
            let last = targets.top.get(k).map_or(0.0, |y| top * top * y);
            let applied = product(&self.rest, &twice, size, size, 1);
            form += dot(&twice, &applied) + 2.0 * last * dot(&self.coupling, &twice[..self.coupling.len()]);
            form += last * last * self.top;
        }
        let count = mean.count as f64;
        let k = outputs as f64;
        let spread = self.unit * (k * trace.max(0.0));
        let variance = self.unit * self.unit * (2.0 * k * square) + self.unit * (4.0 * form.max(0.0));
        let of = LossSpread { mean: mean.error + spread.to_f64() / count, std: variance.sqrt().to_f64() / count };
        (of.mean.is_finite() && of.std.is_finite()).then_some(of)
    }
}

/// The squared error of the mean network, and over how many numbers it is a mean.
#[derive(Clone, Copy)]
pub(super) struct Mean {
    pub error: f64,
    pub count: usize,
}

/// $C^{1/2} \Sigma C^{1/2}$ across the top direction, between both, and along it, in units of the entries of Σ.
///
/// In the basis of [`Centred`] the top direction is $(v, 1)/\ell$, and what is across it has the coordinates
/// $(T, -Tv)$ with $T = 1 - \tau v v^\top$.
fn across(top: &Top, nngp: &Kernel, root: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
    let (core, c, last) = in_basis(top, nngp, root);
    let size = c.len();
    let v = &top.v;
    let turned = top.turn(v.clone());
    // The covariance of all with the top direction.
    let applied = product(&core, v, size, size, 1);
    let rest: Vec<f64> = applied.iter().zip(&c).map(|(a, c)| (a + c) / top.length).collect();
    let end = (dot(&c, v) + last) / top.length;
    let corner = (dot(v, &rest) + end) / top.length;
    let coupling: Vec<f64> = top.turn(rest).iter().zip(&turned).map(|(r, t)| r - t * end).collect();
    // T core T − T c (T v)ᵀ − T v (T c)ᵀ + κ T v (T v)ᵀ, with T core T = core − τ(a vᵀ + v aᵀ) + τ² (v·a) v vᵀ.
    let tc = top.turn(c);
    let (tau, along) = (top.tau, dot(v, &applied));
    let matrix = (0..size * size).map(|k| (k / size, k % size)).map(|(i, j)| {
        core[i * size + j] - tau * (applied[i] * v[j] + v[i] * applied[j]) + tau * tau * along * v[i] * v[j]
            - (tc[i] * turned[j] + turned[i] * tc[j])
            + last * turned[i] * turned[j]
    });
    (matrix.collect(), coupling, corner)
}

/// $C^{1/2} \Sigma C^{1/2}$ in the basis whose last vector is the constant one: its core, coupling and last entry.
fn in_basis(top: &Top, nngp: &Kernel, root: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
    let n = nngp.n;
    if nngp.has_gaps() {
        let Centred { core, coupling, last, ratio, .. } = Centred::new(nngp, &nngp.train, root);
        let scaled = |values: Vec<f64>| values.into_iter().map(|value| ratio * value).collect::<Vec<f64>>();
        return (scaled(core), scaled(coupling), last);
    }
    let columns: Vec<Vec<f64>> = (0..n).map(|j| top.centred.to_basis((0..n).map(|i| nngp.train[i * n + j]))).collect();
    let rows: Vec<Vec<f64>> = (0..n).map(|i| top.centred.to_basis(columns.iter().map(|column| column[i]))).collect();
    let core = rows[..n - 1].iter().flat_map(|row| row[..n - 1].iter().copied()).collect();
    let coupling = rows[n - 1][..n - 1].to_vec();
    (core, coupling, rows[n - 1][n - 1])
}
