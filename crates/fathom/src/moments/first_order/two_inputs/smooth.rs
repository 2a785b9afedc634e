//! The averages of one layer by quadrature, for analytic activations.

use super::averages::{Curvature, MovingAverages, PairAverages};
use super::pairs::{ByPair, Matrix, PAIRS, matrix, pair};
use crate::Scaled;
use crate::activation::{Covariance, Jet, Nonlinearity};
use crate::quadrature::plane;

/// Derivatives $(i, j)$ with $\langle\phi^{(i)}_0\phi^{(j)}_1\rangle$ in use, but for (0,0) and (1,1).
const ORDERS: [(usize, usize); 12] =
    [(2, 0), (0, 2), (4, 0), (3, 1), (2, 2), (1, 3), (0, 4), (5, 1), (4, 2), (3, 3), (2, 4), (1, 5)];

/// The same at one input.
const SINGLE_ORDERS: [(usize, usize); 7] = [(2, 0), (2, 2), (3, 1), (4, 0), (5, 1), (4, 2), (3, 3)];

/// Sums over the nodes of a rule.
#[derive(Default)]
struct Sums {
    /// Of $\phi_a\phi_b - \phi(0)^2$ and $\phi'_a\phi'_b - \phi'(0)^2$.
    features: [f64; 6],
    /// Of products of two features; the lower triangle only.
    squares: [[f64; 6]; 6],
    /// By [`ORDERS`].
    mixed: [f64; 12],
    /// By input and [`SINGLE_ORDERS`].
    single: [[f64; 7]; 2],
    /// As in [`MovingAverages`].
    value: [[[f64; 3]; 2]; 2],
    third: [[f64; 4]; 2],
    second: [[f64; 3]; 3],
}

impl Sums {
    /// Adds one node; `shift` is $\phi(0)^2$, $\phi'(0)^2$.
    fn add(&mut self, weight: f64, jets: [&Jet; 2], shift: [f64; 2]) {
        let values = PAIRS.map(|(a, b)| jets[a][0] * jets[b][0]);
        let slopes = PAIRS.map(|(a, b)| jets[a][1] * jets[b][1]);
        let bends = PAIRS.map(|(a, b)| jets[a][2] * jets[b][2]);
        let mut features = [0.0; 6];
        for p in 0..3 {
            (features[p], features[3 + p]) = (values[p] - shift[0], slopes[p] - shift[1]);
        }
        for p in 0..6 {
            let weighted = weight * features[p];
            self.features[p] += weighted;
            for (sum, other) in self.squares[p].iter_mut().zip(&features[..=p]) {
                *sum += weighted * other;
            }
        }
        for (sum, (i, j)) in self.mixed.iter_mut().zip(ORDERS) {
            *sum += weight * jets[0][i] * jets[1][j];
        }
        for (sums, jet) in self.single.iter_mut().zip(jets) {
            for (sum, (i, j)) in sums.iter_mut().zip(SINGLE_ORDERS) {
                *sum += weight * jet[i] * jet[j];
            }
        }
        let weighted = slopes.map(|s| weight * s);
        for (sums, bend) in self.second.iter_mut().zip(bends) {
            for (sum, slope) in sums.iter_mut().zip(weighted) {
                *sum += bend * slope;
            }
        }
        let cubes =
            [weighted[0] * jets[0][1], weighted[1] * jets[0][1], weighted[1] * jets[1][1], weighted[2] * jets[1][1]];
        for a in 0..2 {
            for (sum, cube) in self.third[a].iter_mut().zip(cubes) {
                *sum += jets[a][3] * cube;
            }
            for b in 0..2 {
                let product = jets[a][2] * jets[b][0];
                for (sum, slope) in self.value[a][b].iter_mut().zip(weighted) {
                    *sum += product * slope;
                }
            }
        }
    }

    fn covariances(&self, rows: usize, columns: usize) -> Matrix {
        matrix(|p, q| {
            let (p, q) = (rows + p, columns + q);
            (self.squares[p.max(q)][p.min(q)] - self.features[p] * self.features[q]).into()
        })
    }

    fn mixed(&self, i: usize, j: usize) -> f64 {
        ORDERS.iter().zip(self.mixed).find(|(order, _)| **order == (i, j)).map_or(f64::NAN, |(_, sum)| sum)
    }

    /// $\langle\phi^{(i)}\phi^{(j)}\rangle$ at one input, $i \ge j$.
    fn single(&self, input: usize, i: usize, j: usize) -> f64 {
        let sums = SINGLE_ORDERS.iter().zip(self.single[input]);
        sums.into_iter().find(|(order, _)| **order == (i, j)).map_or(f64::NAN, |(_, sum)| sum)
    }
}

impl PairAverages {
    /// By quadrature at any covariance; `None` if the average of a product is not finite.
    ///
    /// Derivatives in $K$ are averages of derivatives of φ: $\partial_{aa} = \frac12 \langle\partial_a^2\rangle$,
    /// $\partial_{01} = \langle\partial_0\partial_1\rangle$. Nothing is divided by $K$ or its determinant.
    pub(super) fn integrate(activation: &dyn Nonlinearity, covariance: &Covariance) -> Option<Self> {
        let origin = activation.jet(0.0);
        let shift = [origin[0] * origin[0], origin[1] * origin[1]];
        let mut sums = Sums::default();
        plane(activation, covariance, |weight, u, v| sums.add(weight, [u, v], shift))?;
        let averages = Self::from_sums(&sums, shift);
        averages.is_finite().then_some(averages)
    }

    fn from_sums(sums: &Sums, shift: [f64; 2]) -> Self {
        let at = |offset: usize, shift: f64| -> ByPair {
            std::array::from_fn(|p| (sums.features[offset + p] + shift).into())
        };
        let (value, slope) = (at(0, shift[0]), at(3, shift[1]));
        let moving = MovingAverages::from_sums(sums);
        Self {
            value_value: sums.covariances(0, 0),
            value_slope: sums.covariances(0, 3),
            slope_slope: sums.covariances(3, 3),
            value_by_k: by_k(&moving.m20, &slope),
            slope_by_k: by_k(&moving.m31, &moving.m22),
            value_twice: curvature(sums, 0),
            slope_twice: curvature(sums, 1),
            value,
            slope,
            moving: Some(Box::new(moving)),
        }
    }
}

impl MovingAverages {
    fn from_sums(sums: &Sums) -> Self {
        let off_diagonal = |i: usize, j: usize| {
            [[sums.single(0, i, j), sums.mixed(i, j)], [sums.mixed(j, i), sums.single(1, i, j)]]
                .map(|row| row.map(Scaled::from))
        };
        Self {
            m20: off_diagonal(2, 0),
            m31: off_diagonal(3, 1),
            m22: [sums.single(0, 2, 2), sums.mixed(2, 2), sums.single(1, 2, 2)].map(Scaled::from),
            value: sums.value.map(|rows| rows.map(|row| row.map(Scaled::from))),
            third: sums.third.map(|row| row.map(Scaled::from)),
            second: sums.second.map(|row| row.map(Scaled::from)),
        }
    }
}

/// $\partial_P\langle F_aF_b\rangle$ from $\langle F''_a F_b\rangle$ and $\langle F'_a F'_b\rangle$.
fn by_k(twice: &[[Scaled; 2]; 2], once: &ByPair) -> Matrix {
    let zero = Scaled::ZERO;
    let diagonal = |a: usize| twice[a][a] + once[pair(a, a)];
    [[diagonal(0), zero, zero], [twice[0][1] * 0.5, once[1], twice[1][0] * 0.5], [zero, zero, diagonal(1)]]
}

/// Second derivatives of $\langle\phi^{(k)}_a\phi^{(k)}_b\rangle$, `order` being $k$.
fn curvature(sums: &Sums, order: usize) -> Curvature {
    let k = order;
    let diagonal = [0, 1].map(|a| {
        let sum =
            6.0 * sums.single(a, k + 2, k + 2) + 8.0 * sums.single(a, k + 3, k + 1) + 2.0 * sums.single(a, k + 4, k);
        Scaled::from(0.25 * sum)
    });
    let mixed = [4, 3, 2, 1, 0].map(|i| Scaled::from(sums.mixed(k + i, k + 4 - i)));
    Curvature { diagonal, mixed }
}
