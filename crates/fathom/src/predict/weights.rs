//! What a prediction owes to each training input, and what that makes of its spread over initialisations.

use rayon::prelude::*;

use super::centred::product;
use super::direct::dot;
use super::{Kernel, PredictError};

/// The trained network at a test input is $f_t(x) = f_0(x) - \sum_i \omega_i(x) (f_0(x_i) - y_i)$.
pub(super) struct Weights {
    /// $m \times n$.
    pub omega: Vec<f64>,
    /// $1 - \sum_i \omega_i$, without cancellation where the solver can.
    pub leftover: Vec<f64>,
}

/// Covariance of $f_t(x)$ over initialisations.
pub(super) struct Spread {
    /// $m$ variances.
    pub variance: Vec<f64>,
    /// $m \times m$, if asked for.
    pub covariance: Option<Vec<f64>>,
}

impl Weights {
    /// $C(x, x') = \Sigma_{xx'} - \omega(x)\cdot\Sigma_{Xx'} - \Sigma_{xX}\cdot\omega(x') + \omega(x)\cdot\Sigma_{XX}\omega(x')$.
    ///
    /// With gaps $D$ in place of entries it is, for $S = 1 - \sum_i\omega_i$ and $B = \sum_i \omega_i (q_x - q_i) + S q_x$,
    /// $C = \frac12(S B' + S' B) - D_{xx'} + \omega \cdot D_{Xx'} + D_{xX} \cdot \omega' - \omega\cdot D\omega'$.
    ///
    /// # Arguments
    /// * `noise`: a Bayesian posterior has $\omega\cdot\rho C^{-1}\omega'$ in addition: ρ in units of the entries of
    ///   `nngp`, and the multiplicities.
    pub fn spread(&self, nngp: &Kernel, full: bool, noise: Option<(f64, &[f64])>) -> Result<Spread, PredictError> {
        let (n, m) = (nngp.n, nngp.m);
        let applied = product(&self.omega, &nngp.train, m, n, n);
        let sign = if nngp.has_gaps() { -1.0 } else { 1.0 };
        let noise_of = |w: &[f64], v: &[f64]| match noise {
            Some((ridge, counts)) => ridge * w.iter().zip(v).zip(counts).map(|((w, v), c)| w * v / c).sum::<f64>(),
            None => 0.0,
        };
        let unit = nngp.gap_scale.unwrap_or(nngp.scale);
        let balance = self.balances(nngp);
        let value = |x: usize, z: usize, applied: &[f64], test: f64| {
            let (wx, wz) = (&self.omega[x * n..(x + 1) * n], &self.omega[z * n..(z + 1) * n]);
            let cross = |row: usize, w: &[f64]| dot(&nngp.cross[row * n..(row + 1) * n], w);
            let form = test - cross(x, wz) - cross(z, wx) + dot(applied, wz);
            let border = match nngp.gap_scale {
                Some(_) => 0.5 * (self.leftover[x] * balance[z] + self.leftover[z] * balance[x]),
                None => 0.0,
            };
            (unit * (sign * form) + nngp.scale * (border + noise_of(wx, wz))).to_f64()
        };
        let diagonal = |x: usize| match nngp.gap_scale {
            Some(_) => 0.0,
            None => nngp.test_diagonal[x],
        };
        let variance: Vec<f64> =
            (0..m).into_par_iter().map(|x| value(x, x, &applied[x * n..(x + 1) * n], diagonal(x)).max(0.0)).collect();
        if !full {
            return Ok(Spread { variance, covariance: None });
        }
        let test = nngp.test.as_ref().ok_or(PredictError::Missing { needed: "kernel of all pairs of test inputs" })?;
        let mut covariance = vec![0.0; m * m];
        covariance.par_chunks_mut(m.max(1)).zip(applied.par_chunks(n)).enumerate().for_each(|(x, (row, applied))| {
            for z in 0..=x {
                row[z] = if z == x { variance[x] } else { value(x, z, applied, test[x * m + z]) };
            }
        });
        for x in 0..m {
            for z in 0..x {
                covariance[z * m + x] = covariance[x * m + z];
            }
        }
        Ok(Spread { variance, covariance: Some(covariance) })
    }

    /// $S q_x + \sum_i \omega_i (q_x - q_i)$ for gaps; nothing for entries.
    fn balances(&self, nngp: &Kernel) -> Vec<f64> {
        if !nngp.has_gaps() {
            return Vec::new();
        }
        let (_, excess, test_excess) = nngp.diagonal_excess(&vec![1.0; nngp.n]);
        let rows = self.omega.chunks_exact(nngp.n).zip(&self.leftover);
        rows.enumerate()
            .map(|(x, (omega, left))| {
                let differences = omega.iter().zip(&excess).map(|(w, e)| w * (test_excess[x] - e));
                left * nngp.test_diagonal[x] + differences.sum::<f64>()
            })
            .collect()
    }
}
