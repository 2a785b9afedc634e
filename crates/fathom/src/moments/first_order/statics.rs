//! Kernel and NTK of one layer with their leading fluctuations and mean shifts.

use serde::Serialize;

use super::FirstOrderError;
use super::transition::Transition;
use crate::Scaled;

/// Kernels of one layer and their corrections at order 1 / width, the factors $1/n_l$ included.
///
/// $\hat G$ is the random kernel given the layers below, τ the part of the NTK matrix $H_{ij}$ of the layer that is the
/// same for all its neurons (the diagonal). Recursions: [module page](super) and docs/theory.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tensors {
    /// $K$, the infinitely wide NNGP kernel.
    pub nngp: Scaled,
    /// Θ, the infinitely wide NTK.
    pub ntk: Scaled,
    /// $v = \mathrm{Var}\,\hat G$; $E z^4 - 3 (E z^2)^2 = 3v$.
    pub v: Scaled,
    /// $d = \mathrm{Cov}(\hat G, \tau)$.
    pub d: Scaled,
    /// $a = \mathrm{Var}\,\tau$.
    pub a: Scaled,
    /// $f = E[H_{ij} z_i z_j]$, $i \ne j$.
    pub f: Scaled,
    /// $b = E[H_{ij}^2]$, $i \ne j$.
    pub b: Scaled,
    /// $E[z^2] - K$.
    pub k1: Scaled,
    /// $E[H_{ii}] - \Theta$.
    pub t1: Scaled,
}

impl Tensors {
    /// Layer 1, which is linear.
    pub(super) fn start(nngp: Scaled, ntk: Scaled) -> Self {
        let zero = Scaled::ZERO;
        Self { nngp, ntk, v: zero, d: zero, a: zero, f: zero, b: zero, k1: zero, t1: zero }
    }

    /// One layer up.
    pub(super) fn next(&self, step: &Transition) -> Self {
        let Transition { alpha, iv, ntk, g1, g2, h, h1, h2, m, innovation, .. } = *step;
        let Self { v, d, a, f, b, .. } = *self;
        let k1 = g1 * self.k1 + g2 * v * 0.5;
        Self {
            nngp: step.next_nngp,
            ntk: step.next_ntk,
            v: innovation.v * iv + g1 * g1 * v,
            d: innovation.d * iv + g1 * (m * v + h * d),
            a: innovation.a * iv + m * m * v + m * h * d * 2.0 + h * h * a,
            f: innovation.f * iv + g1 * g1 * f,
            b: innovation.b * iv + h * h * b,
            k1,
            t1: k1 * alpha + h * self.t1 + h1 * (ntk * self.k1 + d) + h2 * ntk * v * 0.5 + h1 * f * 2.0,
        }
    }

    /// The same if all numbers are numbers and Θ is not zero.
    pub(super) fn checked(self, layer: usize) -> Result<Self, FirstOrderError> {
        let all = [self.nngp, self.ntk, self.v, self.d, self.a, self.f, self.b, self.k1, self.t1];
        if !all.iter().all(|x| x.is_finite()) {
            return Err(FirstOrderError::NotFinite { layer });
        }
        if self.ntk.is_zero() { Err(FirstOrderError::ZeroNtk) } else { Ok(self) }
    }

    /// $\mathrm{Var}\,\Theta = a + 2b$.
    pub(super) fn variance(&self) -> Scaled {
        self.a + self.b * 2.0
    }
}
