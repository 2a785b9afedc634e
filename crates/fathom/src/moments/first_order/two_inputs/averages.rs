//! Gaussian averages of φ and its derivatives over one layer at two inputs.

use super::pairs::{ByPair, Matrix, pair};
use crate::Scaled;

/// Averages over $(z_0, z_1) \sim \mathcal N(0, K)$, without any factor of $\sigma_w^2$.
///
/// Entries are by pair of inputs: (0,0), (0,1), (1,1). Derivatives by $K_{01}$ move $K_{10}$ along.
#[derive(Clone, Debug)]
pub(super) struct PairAverages {
    /// $\langle\phi_a\phi_b\rangle$.
    pub value: ByPair,
    /// $\langle\phi'_a\phi'_b\rangle$.
    pub slope: ByPair,
    /// Covariances of $\phi_a\phi_b$ (rows) and $\phi_g\phi_d$ (columns).
    pub value_value: Matrix,
    /// Of $\phi_a\phi_b$ and $\phi'_g\phi'_d$.
    pub value_slope: Matrix,
    /// Of $\phi'_a\phi'_b$ and $\phi'_g\phi'_d$.
    pub slope_slope: Matrix,
    /// $\partial\langle\phi_a\phi_b\rangle/\partial K_P$, a column for each $P$.
    pub value_by_k: Matrix,
    /// $\partial\langle\phi'_a\phi'_b\rangle/\partial K_P$.
    pub slope_by_k: Matrix,
    /// Second derivatives of $\langle\phi_a\phi_b\rangle$.
    pub value_twice: Curvature,
    /// Second derivatives of $\langle\phi'_a\phi'_b\rangle$.
    pub slope_twice: Curvature,
    /// Averages that the movement needs; `None` for kinked φ.
    pub moving: Option<Box<MovingAverages>>,
}

/// Second derivatives in $K$ of averages of a product $F_a F_b$.
#[derive(Clone, Copy, Debug)]
pub(super) struct Curvature {
    /// $d^2\langle F_a^2\rangle/dK_{aa}^2$.
    pub diagonal: [Scaled; 2],
    /// $\langle F_0^{(i)} F_1^{(4-i)}\rangle$ for $i = 4, \dots, 0$.
    pub mixed: [Scaled; 5],
}

impl Curvature {
    /// $\frac12 \sum_{PQ} \partial_P\partial_Q\langle F_aF_b\rangle\, v_{PQ}$.
    pub(super) fn along(&self, v: &Matrix) -> ByPair {
        let m = &self.mixed;
        let mixed = m[0] * v[0][0]
            + m[1] * v[0][1] * 4.0
            + m[2] * (v[0][2] * 2.0 + v[1][1] * 4.0)
            + m[3] * v[1][2] * 4.0
            + m[4] * v[2][2];
        [self.diagonal[0] * v[0][0] * 0.5, mixed * 0.125, self.diagonal[1] * v[2][2] * 0.5]
    }
}

/// Averages with φ″ that serve the movement of the NTK only.
#[derive(Clone, Copy, Debug)]
pub(super) struct MovingAverages {
    /// $\langle\phi''_a\phi_b\rangle$.
    pub m20: [[Scaled; 2]; 2],
    /// $\langle\phi'''_a\phi'_b\rangle$.
    pub m31: [[Scaled; 2]; 2],
    /// $\langle\phi''_a\phi''_b\rangle$.
    pub m22: ByPair,
    /// $\langle\phi''_a \phi_b\; \phi'_g\phi'_d\rangle$ as `[a][b][pair(g, d)]`.
    pub value: [[ByPair; 2]; 2],
    /// $\langle\phi'''_a\; \phi'_b\phi'_g\phi'_d\rangle$ as `[a][number of ones among b, g, d]`.
    pub third: [[Scaled; 4]; 2],
    /// $\langle\phi''_a\phi''_b\; \phi'_g\phi'_d\rangle$.
    pub second: Matrix,
}

impl PairAverages {
    /// $\langle\phi'_a\phi'_b\;\phi_g\phi_d\rangle$ for the pairs `slopes` and `values`.
    pub(super) fn slopes_values(&self, slopes: usize, values: usize) -> Scaled {
        self.value_slope[values][slopes] + self.slope[slopes] * self.value[values]
    }

    /// $\langle\phi'_a\phi'_b\;\phi'_g\phi'_d\rangle$.
    pub(super) fn slopes_slopes(&self, first: usize, second: usize) -> Scaled {
        self.slope_slope[first][second] + self.slope[first] * self.slope[second]
    }

    /// $\langle\partial_g(\phi'_a\phi_b)\rangle$ as `[a][b][g]`.
    pub(super) fn first_response(&self) -> [[[Scaled; 2]; 2]; 2] {
        responses(&self.value_by_k)
    }

    /// $\langle\partial_g(\phi''_a\phi'_b)\rangle$.
    pub(super) fn second_response(&self) -> [[[Scaled; 2]; 2]; 2] {
        responses(&self.slope_by_k)
    }

    /// Whether every average that the statics need is a number.
    pub(super) fn is_finite(&self) -> bool {
        let matrices = [&self.value_value, &self.value_slope, &self.slope_slope, &self.value_by_k, &self.slope_by_k];
        let curvatures = [&self.value_twice, &self.slope_twice];
        self.value.iter().chain(&self.slope).all(|x| x.is_finite())
            && matrices.iter().all(|m| m.iter().flatten().all(|x| x.is_finite()))
            && curvatures.iter().all(|c| c.diagonal.iter().chain(&c.mixed).all(|x| x.is_finite()))
    }
}

/// $\langle\partial_g(F'_a F_b)\rangle$ from the derivatives of $\langle F_aF_b\rangle$ in $K$.
fn responses(by_k: &Matrix) -> [[[Scaled; 2]; 2]; 2] {
    let mut result = [[[Scaled::ZERO; 2]; 2]; 2];
    for a in 0..2 {
        result[a][a][a] = by_k[pair(a, a)][pair(a, a)];
        let b = 1 - a;
        // ∂/∂K_aa is half of ⟨F″_a F_b⟩, ∂/∂K_ab is ⟨F′_a F′_b⟩.
        result[a][b][a] = by_k[1][pair(a, a)] * 2.0;
        result[a][b][b] = by_k[1][1];
    }
    result
}
