//! Kernel and NTK of one layer at two inputs, with their leading fluctuations and mean shifts.

use super::averages::PairAverages;
use super::pairs::{ByPair, Matrix, PAIRS, Tensor, apply, dot, matrix, pair, product, product_transposed, scaled};
use crate::Scaled;

/// Tensors of one layer, the factors $1/n_l$ included; letters as in [`Tensors`](super::super::Tensors).
#[derive(Clone, Debug)]
pub(super) struct PairTensors {
    pub nngp: ByPair,
    pub ntk: ByPair,
    /// $\mathrm{Cov}(\hat G_P, \hat G_Q)$.
    pub v: Matrix,
    /// $\mathrm{Cov}(\hat G_P, \tau_Q)$.
    pub d: Matrix,
    /// $\mathrm{Cov}(\tau_P, \tau_Q)$.
    pub a: Matrix,
    /// $E[H_{ij}(a, b)\, z_i(g)\, z_j(d)]$ at `(a, b, g, d)`, $i \ne j$.
    pub f: Tensor,
    /// $E[H_{ij}(a, b)\, H_{ij}(g, d)]$, $i \ne j$.
    pub b: Tensor,
    pub k1: ByPair,
    pub t1: ByPair,
}

/// The constants of the weight layer above a hidden layer, and the width of that layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    pub weight_var: f64,
    pub bias_var: f64,
    pub alpha: f64,
    pub beta: f64,
    pub inverse_width: f64,
}

/// One hidden layer: the averages over it and what the recursions make of them.
#[derive(Debug)]
pub(super) struct PairTransition<'a> {
    pub averages: &'a PairAverages,
    pub around: Surroundings,
    /// $\Theta$ below.
    pub ntk: ByPair,
    /// $h_{ab} = c\langle\phi'_a\phi'_b\rangle$.
    pub h: ByPair,
    /// $c\langle\partial_g(\phi'_a\phi_b)\rangle$.
    pub first: [[[Scaled; 2]; 2]; 2],
    /// $c\langle\partial_g(\phi''_a\phi'_b)\rangle$.
    pub second: [[[Scaled; 2]; 2]; 2],
    /// Response of the kernel to the kernel below.
    by_kernel: Matrix,
    /// Response of the slopes $h$.
    slope_by_kernel: Matrix,
    /// Response of the NTK to the kernel below, $\alpha\,\partial g + \Theta\,\partial h$.
    ntk_by_kernel: Matrix,
}

impl<'a> PairTransition<'a> {
    pub(super) fn new(averages: &'a PairAverages, around: Surroundings, ntk: ByPair) -> Self {
        let c = around.weight_var;
        let by_kernel = scaled(&averages.value_by_k, c);
        let slope_by_kernel = scaled(&averages.slope_by_k, c);
        let times = |tensor: [[[Scaled; 2]; 2]; 2]| tensor.map(|m| m.map(|row| row.map(|x| x * c)));
        Self {
            averages,
            around,
            ntk,
            h: averages.slope.map(|x| x * c),
            first: times(averages.first_response()),
            second: times(averages.second_response()),
            ntk_by_kernel: matrix(|p, q| by_kernel[p][q] * around.alpha + ntk[p] * slope_by_kernel[p][q]),
            by_kernel,
            slope_by_kernel,
        }
    }

    /// What a sum over the neurons of the hidden layer adds: factor $c^2/n$.
    pub(super) fn innovation(&self) -> f64 {
        self.around.inverse_width * self.around.weight_var * self.around.weight_var
    }

    /// The second moments that one hidden layer adds to $v$, $d$ and $a$.
    fn innovations(&self) -> [Matrix; 3] {
        let PairAverages { value_value, value_slope, slope_slope, .. } = self.averages;
        let (alpha, factor, ntk) = (self.around.alpha, self.innovation(), &self.ntk);
        let a = |p: usize, q: usize| {
            value_value[p][q] * (alpha * alpha)
                + (value_slope[p][q] * ntk[q] + value_slope[q][p] * ntk[p]) * alpha
                + slope_slope[p][q] * ntk[p] * ntk[q]
        };
        [
            scaled(value_value, factor),
            matrix(|p, q| (value_value[p][q] * alpha + value_slope[p][q] * ntk[q]) * factor),
            matrix(|p, q| a(p, q) * factor),
        ]
    }
}

impl PairTensors {
    /// Layer 1, which is linear.
    pub(super) fn start(nngp: ByPair, ntk: ByPair) -> Self {
        let zero = Scaled::ZERO;
        let (none, empty) = ([zero; 3], [[zero; 3]; 3]);
        let (v, d, a) = (empty, empty, empty);
        Self { nngp, ntk, v, d, a, f: Tensor::ZERO, b: Tensor::ZERO, k1: none, t1: none }
    }

    /// One layer up.
    pub(super) fn next(&self, step: &PairTransition<'_>) -> Self {
        let Surroundings { weight_var: c, bias_var, alpha, beta, .. } = step.around;
        let PairTransition { by_kernel, ntk_by_kernel, h, .. } = step;
        let [v, d, a] = step.innovations();
        let kernel = product(by_kernel, &self.v);
        let ntk_kernel = product(ntk_by_kernel, &self.v);
        let kernel_ntk = product(by_kernel, &self.d);
        let cross = product(ntk_by_kernel, &self.d);
        let (vv, vm) = (product_transposed(&kernel, by_kernel), product_transposed(&kernel, ntk_by_kernel));
        let mm = product_transposed(&ntk_kernel, ntk_by_kernel);
        let k1 = self.next_kernel_shift(step);
        Self {
            nngp: step.averages.value.map(|x| x * c + bias_var),
            ntk: std::array::from_fn(|p| step.averages.value[p] * (alpha * c) + beta + h[p] * self.ntk[p]),
            v: matrix(|p, q| v[p][q] + vv[p][q]),
            d: matrix(|p, q| d[p][q] + vm[p][q] + kernel_ntk[p][q] * h[q]),
            a: matrix(|p, q| a[p][q] + mm[p][q] + cross[p][q] * h[q] + cross[q][p] * h[p] + h[p] * h[q] * self.a[p][q]),
            f: self.next_f(step),
            b: self.next_b(step),
            t1: self.next_ntk_shift(step, &k1),
            k1,
        }
    }

    fn next_f(&self, step: &PairTransition<'_>) -> Tensor {
        let factor = step.innovation();
        Tensor::from_fn(|a, b, g, d| {
            let new = step.averages.slopes_values(pair(a, b), pair(g, d)) * step.ntk[pair(a, b)] * factor;
            let (left, right) = (&step.first[a][g], &step.first[b][d]);
            (0..2).fold(new, |sum, i| {
                sum + left[i] * (right[0] * self.f.at(a, b, i, 0) + right[1] * self.f.at(a, b, i, 1))
            })
        })
    }

    fn next_b(&self, step: &PairTransition<'_>) -> Tensor {
        let factor = step.innovation();
        Tensor::from_fn(|a, b, g, d| {
            let (p, q) = (pair(a, b), pair(g, d));
            let new = step.averages.slopes_slopes(p, q) * step.ntk[p] * step.ntk[q] * factor;
            new + step.h[pair(a, g)] * step.h[pair(b, d)] * self.b.at(a, b, g, d)
        })
    }

    fn next_kernel_shift(&self, step: &PairTransition<'_>) -> ByPair {
        let linear = apply(&step.by_kernel, &self.k1);
        let twice = step.averages.value_twice.along(&self.v);
        std::array::from_fn(|p| linear[p] + twice[p] * step.around.weight_var)
    }

    /// `k1` is that of the layer above.
    fn next_ntk_shift(&self, step: &PairTransition<'_>, k1: &ByPair) -> ByPair {
        let by_shift = apply(&step.slope_by_kernel, &self.k1);
        let twice = step.averages.slope_twice.along(&self.v);
        std::array::from_fn(|p| {
            let (a, b) = PAIRS[p];
            let row = &step.slope_by_kernel[p];
            let by_covariance = dot(row, &[self.d[0][p], self.d[1][p], self.d[2][p]]);
            let pairs = [self.f.at(a, b, 0, 0), self.f.at(a, b, 0, 1) + self.f.at(a, b, 1, 0), self.f.at(a, b, 1, 1)];
            // The derivative by K₀₁ moves both orders of the pair, so it counts each of them once.
            let by_pairs = row[0] * pairs[0] * 2.0 + row[1] * pairs[1] + row[2] * pairs[2] * 2.0;
            k1[p] * step.around.alpha
                + step.h[p] * self.t1[p]
                + self.ntk[p] * (by_shift[p] + twice[p] * step.around.weight_var)
                + by_covariance
                + by_pairs
        })
    }

    /// $\mathrm{Cov}(\Theta_P, \Theta_Q)$ of one output.
    pub(super) fn ntk_covariance(&self) -> Matrix {
        matrix(|p, q| {
            let ((a, b), (g, d)) = (PAIRS[p], PAIRS[q]);
            self.a[p][q] + self.b.at(a, b, g, d) + self.b.at(a, b, d, g)
        })
    }

    /// $\mathrm{Cov}(\Theta_P, z_g z_d)$, a column for each pair $(g, d)$.
    pub(super) fn ntk_output_covariance(&self) -> Matrix {
        matrix(|p, q| {
            let ((a, b), (g, d)) = (PAIRS[p], PAIRS[q]);
            self.d[q][p] + self.f.at(a, b, g, d) + self.f.at(a, b, d, g)
        })
    }

    /// Whether all of them are numbers.
    pub(super) fn is_finite(&self) -> bool {
        [&self.nngp, &self.ntk, &self.k1, &self.t1].iter().all(|x| x.iter().all(|x| x.is_finite()))
            && [&self.v, &self.d, &self.a].iter().all(|m| m.iter().flatten().all(|x| x.is_finite()))
            && self.f.is_finite()
            && self.b.is_finite()
    }
}
