//! A kernel given by gaps, in a basis whose last vector is the constant one.
//!
//! With multiplicities $c_i$, $N = \sum c_i$ and $u_i = \sqrt{c_i/N}$, the reflection $H$ that maps $u$ to $-e_n$ turns
//! $C^{1/2} K C^{1/2}$ with $K_{ij} = \frac12(d_i + d_j) - \Gamma_{ij}$ into
//!
//! $$\begin{pmatrix} \gamma M & \gamma c \\ \gamma c^\top & \kappa \end{pmatrix}, \qquad
//!   \kappa = N \bar d - (H G H)_{nn}, \quad G = C^{1/2}\Gamma C^{1/2} .$$
//!
//! The large part of all entries is in κ alone, and $M$ is made of gaps: nothing cancels. Derived in `docs/theory`.

use super::Kernel;
use crate::linalg::{multiply_tiled, rows};

/// The transformed kernel.
pub(super) struct Centred {
    /// $M$, $(n - 1)^2$ values.
    pub core: Vec<f64>,
    /// $c$, $n - 1$ values.
    pub coupling: Vec<f64>,
    /// κ in units of the kernel's entries.
    pub last: f64,
    /// γ in units of the kernel's entries.
    pub ratio: f64,
    /// $\sqrt N$.
    pub norm: f64,
    root: Vec<f64>,
    /// $H = 1 - \beta v v^\top$.
    direction: Vec<f64>,
    beta: f64,
    /// $(HGH)_{nn}$ in units of γ.
    corner: f64,
    mean: f64,
    /// $\frac12 \sqrt{c_i} (d_i - \bar d)$ reflected, in units of γ.
    excess: Vec<f64>,
    /// $\frac12 (d_x - \bar d)$ of the test inputs, in units of γ.
    test_excess: Vec<f64>,
}

/// The kernel between one test input and the training inputs, transformed.
pub(super) struct CrossRow {
    /// The first $n - 1$ components in units of γ.
    pub rest: Vec<f64>,
    /// The last, in units of entries.
    pub last: f64,
    /// $\kappa + \sqrt N\,$`last` in units of γ, without cancellation.
    pub deficit: f64,
}

impl Centred {
    /// Transforms the training kernel, given by the gaps `train`; `root` are the $\sqrt{c_i}$.
    pub fn new(kernel: &Kernel, train: &[f64], root: &[f64]) -> Self {
        let n = kernel.n;
        let weights: Vec<f64> = root.iter().map(|r| r * r).collect();
        let norm = weights.iter().sum::<f64>().sqrt();
        let mut direction: Vec<f64> = root.iter().map(|r| r / norm).collect();
        direction[n - 1] += 1.0;
        let beta = direction[n - 1].recip();
        let ratio = kernel.gap_ratio();
        let (mean, excess, test_excess) = kernel.diagonal_excess(&weights);
        let in_gaps = |e: f64| if e == 0.0 || ratio == 0.0 { 0.0 } else { 0.5 * e / ratio };
        let mut centred = Self {
            core: Vec::new(),
            coupling: Vec::new(),
            last: 0.0,
            ratio,
            norm,
            root: root.to_vec(),
            direction,
            beta,
            corner: 0.0,
            mean,
            excess: excess.iter().zip(root).map(|(e, r)| r * in_gaps(*e)).collect(),
            test_excess: test_excess.into_iter().map(in_gaps).collect(),
        };
        let mut excess = std::mem::take(&mut centred.excess);
        centred.reflect(&mut excess);
        // The mean excess is zero but for rounding.
        excess[n - 1] = 0.0;
        centred.excess = excess;
        centred.transform(train);
        centred
    }

    /// $-HGH$ by the rank-two update of a two-sided reflection.
    fn transform(&mut self, train: &[f64]) {
        let n = self.root.len();
        let gap = |i: usize, j: usize| self.root[i] * train[i * n + j] * self.root[j];
        let v = &self.direction;
        let product: Vec<f64> = (0..n).map(|i| self.beta * (0..n).map(|j| gap(i, j) * v[j]).sum::<f64>()).collect();
        let along = 0.5 * self.beta * product.iter().zip(v).map(|(p, v)| p * v).sum::<f64>();
        let w: Vec<f64> = product.iter().zip(v).map(|(p, v)| p - along * v).collect();
        let reflected = |i: usize, j: usize| gap(i, j) - v[i] * w[j] - w[i] * v[j];
        let rest = n - 1;
        let core = (0..rest).flat_map(|i| (0..rest).map(move |j| (i, j))).map(|(i, j)| -reflected(i, j)).collect();
        let coupling = (0..rest).map(|i| -self.norm * self.excess[i] - reflected(i, rest)).collect();
        self.corner = reflected(rest, rest);
        self.last = self.norm * self.norm * self.mean - self.ratio * self.corner;
        (self.core, self.coupling) = (core, coupling);
    }

    /// $H$ times a vector.
    pub fn reflect(&self, z: &mut [f64]) {
        let along = self.beta * z.iter().zip(&self.direction).map(|(z, v)| z * v).sum::<f64>();
        for (z, v) in z.iter_mut().zip(&self.direction) {
            *z -= along * v;
        }
    }

    /// $H C^{1/2}$ times a column.
    pub fn to_basis(&self, column: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut z: Vec<f64> = column.zip(&self.root).map(|(y, r)| r * y).collect();
        self.reflect(&mut z);
        z
    }

    /// $C^{1/2} H$ times a vector.
    pub fn to_points(&self, mut z: Vec<f64>) -> Vec<f64> {
        self.reflect(&mut z);
        z.iter_mut().zip(&self.root).for_each(|(z, r)| *z *= r);
        z
    }

    /// The kernel between test input `x` and the training inputs.
    pub fn cross(&self, kernel: &Kernel, x: usize) -> CrossRow {
        let n = kernel.n;
        let gaps = self.to_basis(kernel.cross[x * n..(x + 1) * n].iter().copied());
        let excess = self.test_excess[x];
        let last = -self.norm * (self.mean + self.ratio * excess) - self.ratio * gaps[n - 1];
        let deficit = -self.norm * self.norm * excess - self.corner - self.norm * gaps[n - 1];
        let rest = gaps.iter().zip(&self.excess).take(n - 1).map(|(g, e)| e - g).collect();
        CrossRow { rest, last, deficit }
    }
}

/// Rows of `a` times `b`, both row after row.
pub(super) fn product(a: &[f64], b: &[f64], rows_of_a: usize, inner: usize, cols: usize) -> Vec<f64> {
    let mut out = vec![0.0; rows_of_a * cols];
    if inner > 0 && !out.is_empty() {
        multiply_tiled(&mut out, rows(a, rows_of_a, inner), rows(b, inner, cols), 128, |_, _, _| {});
    }
    out
}
