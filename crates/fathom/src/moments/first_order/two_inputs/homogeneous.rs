//! The averages of one layer in closed form, for $\phi = a z + b|z|$.

use std::f64::consts::{FRAC_2_PI, PI};

use super::averages::{Curvature, MovingAverages, PairAverages};
use super::pairs::{ByPair, Matrix, matrix};
use crate::Scaled;
use crate::activation::Homogeneous;
use crate::quadrature::panel_rule;

/// Smallest $1 - |\rho|$ at which averages with derivatives of $|z|$ keep enough digits.
pub(super) const LEAST_GAP: f64 = 1e-6;

/// Two preactivations, as far as homogeneous averages depend on them.
struct Angle {
    rho: f64,
    /// $\sqrt{1 - \rho^2}$.
    sine: f64,
    /// $K_{00}$, $\sqrt{K_{00}K_{11}}$, $K_{11}$.
    sizes: ByPair,
    /// $\sqrt{K_{11}/K_{00}}$.
    ratio: Scaled,
}

impl PairAverages {
    /// Closed forms at positive variances, with $\kappa(\rho) = \langle\phi'_0\phi'_1\rangle = a^2 + \frac{2b^2}\pi \arcsin\rho$
    /// and its derivatives; the gap $1 - |\rho|$ as an error if $|z|$ matters and the inputs are nearly parallel.
    ///
    /// Averages of four factors are sums over quadrants of $\langle|z_0|^i|z_1|^j\rangle$.
    pub(super) fn homogeneous(parts: Homogeneous, k: &ByPair) -> Result<Self, f64> {
        let (s0, s1) = (k[0].sqrt(), k[2].sqrt());
        let rho = (k[1] / (s0 * s1)).to_f64().clamp(-1.0, 1.0);
        let gap = 1.0 - rho.abs();
        let kinked = parts.b != 0.0;
        if kinked && (gap.is_nan() || gap < LEAST_GAP) {
            return Err(gap);
        }
        let sine = ((1.0 - rho) * (1.0 + rho)).sqrt();
        let angle = Angle { rho, sine, sizes: [k[0], s0 * s1, k[2]], ratio: s1 / s0 };
        let (mean, bent) = (parts.mean_square(), parts.b * parts.b * FRAC_2_PI);
        let kappa = parts.a * parts.a + bent * rho.asin();
        let unit_value = [mean, kappa * rho + bent * sine, mean];
        let slope = [mean, kappa, mean];
        let (values, slopes) = ([[2, 0], [1, 1], [0, 2]], [[0; 2]; 3]);
        let covariance = |left: &[[i32; 2]; 3], right: &[[i32; 2]; 3], means: [&[f64; 3]; 2]| -> [[f64; 3]; 3] {
            let entry = |p: usize, q: usize| {
                let powers = [left[p][0] + right[q][0], left[p][1] + right[q][1]];
                let factors = [values[p][0] + values[q][0], values[p][1] + values[q][1]];
                quadrants(parts, factors, powers, rho) - means[0][p] * means[1][q]
            };
            std::array::from_fn(|p| std::array::from_fn(|q| entry(p, q)))
        };
        let value_value = covariance(&values, &values, [&unit_value, &unit_value]);
        let value_slope = covariance(&values, &slopes, [&unit_value, &slope]);
        let slope_slope = covariance(&slopes, &slopes, [&slope, &slope]);
        let sizes = &angle.sizes;
        let (slope_by_k, value_twice, slope_twice) =
            if kinked { angle.bent_derivatives(bent) } else { straight_derivatives() };
        Ok(Self {
            value: std::array::from_fn(|p| sizes[p] * unit_value[p]),
            slope: slope.map(Scaled::from),
            value_value: matrix(|p, q| sizes[p] * sizes[q] * value_value[p][q]),
            value_slope: matrix(|p, q| sizes[p] * value_slope[p][q]),
            slope_slope: slope_slope.map(|row| row.map(Scaled::from)),
            value_by_k: angle.value_by_k(mean, kappa, bent),
            slope_by_k,
            value_twice,
            slope_twice,
            moving: (!kinked).then(|| Box::new(MovingAverages::straight())),
        })
    }
}

impl Angle {
    fn value_by_k(&self, mean: f64, kappa: f64, bent: f64) -> Matrix {
        let zero = Scaled::ZERO;
        let half = 0.5 * bent * self.sine;
        let mixed = [self.ratio * half, kappa.into(), Scaled::from(half) / self.ratio];
        [[mean.into(), zero, zero], mixed, [zero, zero, mean.into()]]
    }

    /// Derivatives of the slopes, and second derivatives of values and slopes, where φ has a kink.
    fn bent_derivatives(&self, bent: f64) -> (Matrix, Curvature, Curvature) {
        let Self { rho, sine, sizes, ratio } = self;
        let zero = Scaled::ZERO;
        // κ′ and κ″.
        let first = bent / sine;
        let second = first * rho / (sine * sine);
        let [k0, m, k1] = sizes.map(|size| Scaled::ONE / size);
        let slope_by_k = [[zero; 3], [k0 * (-0.5 * first * rho), m * first, k1 * (-0.5 * first * rho)], [zero; 3]];
        let ends = first * (2.0 * rho * rho - 1.0);
        let value_twice = Curvature {
            diagonal: [zero; 2],
            mixed: [*ratio * k0 * ends, k0 * (-first * rho), m * first, k1 * (-first * rho), k1 * ends / *ratio],
        };
        let (outer, inner) = (second * rho * rho + 3.0 * first * rho, -(second * rho + first));
        let slope_twice = Curvature {
            diagonal: [zero; 2],
            mixed: [k0 * k0 * outer, k0 * m * inner, m * m * second, k1 * m * inner, k1 * k1 * outer],
        };
        (slope_by_k, value_twice, slope_twice)
    }
}

/// The same for a linear φ.
fn straight_derivatives() -> (Matrix, Curvature, Curvature) {
    let none = Curvature { diagonal: [Scaled::ZERO; 2], mixed: [Scaled::ZERO; 5] };
    ([[Scaled::ZERO; 3]; 3], none, none)
}

impl MovingAverages {
    /// Those of a linear φ: all have a factor φ″ or φ‴.
    fn straight() -> Self {
        let zero = Scaled::ZERO;
        Self {
            m20: [[zero; 2]; 2],
            m31: [[zero; 2]; 2],
            m22: [zero; 3],
            value: [[[zero; 3]; 2]; 2],
            third: [[zero; 4]; 2],
            second: [[zero; 3]; 3],
        }
    }
}

/// $\langle\prod\rangle$ at unit variances of `factors[a]` factors φ or φ′ at each input $a$, of which `powers[a]` are φ.
///
/// `powers` add up to an even number.
fn quadrants(parts: Homogeneous, factors: [i32; 2], powers: [i32; 2], rho: f64) -> f64 {
    let (right, left) = (parts.a + parts.b, parts.a - parts.b);
    let weight = |first: f64, second: f64| first.powi(factors[0]) * second.powi(factors[1]);
    let sign = if powers[1] % 2 == 0 { 1.0 } else { -1.0 };
    (weight(right, right) + weight(left, left)) * quadrant(powers, rho)
        + sign * (weight(right, left) + weight(left, right)) * quadrant(powers, -rho)
}

/// $E[u^i v^j 1_{u > 0} 1_{v > 0}]$ at unit variances and correlation ρ, for $i + j$ = 0, 2 or 4.
///
/// With $u = r\cos t$, $v = r\cos(t - \theta)$ the integral over $r$ is $2^{k/2}\,\Gamma(k/2 + 1)$, $k = i + j$.
fn quadrant([i, j]: [i32; 2], rho: f64) -> f64 {
    let theta = rho.acos();
    let (middle, half) = (0.5 * theta, 0.5 * (PI - theta));
    let radial = [1.0, 2.0, 8.0][(i + j) as usize / 2];
    let rule = panel_rule();
    let angular: f64 = rule
        .nodes
        .iter()
        .zip(&rule.weights)
        .map(|(x, w)| w * (middle + half * x).cos().powi(i) * (half * x - middle).cos().powi(j))
        .sum();
    radial * half * angular / (2.0 * PI)
}
