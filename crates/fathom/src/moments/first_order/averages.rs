//! Gaussian averages of φ and its derivatives over one layer.

use crate::Scaled;
use crate::activation::{Homogeneous, Jet, Nonlinearity, Regularity};
use crate::quadrature::Line;

/// Number of integrals taken at once.
const INTEGRALS: usize = 20;

/// Averages over $z \sim \mathcal N(0, K)$, without any factor of $\sigma_w^2$; primes are derivatives of φ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Averages {
    /// $\langle\phi^2\rangle$ and its first and second derivative in $K$.
    pub(super) value: [Scaled; 3],
    /// $\langle\phi'^2\rangle$ and its first and second derivative in $K$.
    pub(super) slope: [Scaled; 3],
    /// Var φ².
    pub(super) var_value: Scaled,
    /// Cov(φ², φ′²).
    pub(super) cov: Scaled,
    /// Var φ′².
    pub(super) var_slope: Scaled,
    /// $\langle\phi^2\phi'^2\rangle$.
    pub(super) value_slope: Scaled,
    /// $\langle\phi'^4\rangle$.
    pub(super) slope_4: Scaled,
    /// Averages with φ″, zero where φ is piecewise linear.
    pub(super) curved: Curved,
}

/// Averages that involve φ″ and serve the movement of the NTK only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Curved {
    /// $\langle\phi''\phi'^2\phi\rangle$.
    pub(super) mixed: Scaled,
    /// $\langle\phi''^2\phi'^2\rangle$.
    pub(super) square: Scaled,
    /// $\langle\phi''^2\rangle$.
    pub(super) curvature: Scaled,
    /// $\langle(\phi''\phi'^3)'\rangle = \langle\phi'''\phi'^3\rangle + 3\langle\phi''^2\phi'^2\rangle$.
    pub(super) stein: Scaled,
    /// $\langle\phi''^2\phi'^4\rangle$.
    pub(super) g11: Scaled,
    /// $\langle\phi''\phi'^4\phi\rangle$.
    pub(super) g12: Scaled,
    /// $\langle\phi'^4\phi^2\rangle$.
    pub(super) g22: Scaled,
}

impl Averages {
    /// Closed forms for $\phi = a z + b|z|$ at any variance; the averages with φ″ are the formal zeros.
    pub(super) fn homogeneous(parts: Homogeneous, k: Scaled) -> Self {
        let (left, right) = ((parts.a - parts.b).powi(2), (parts.a + parts.b).powi(2));
        let m = |power: i32| 0.5 * (left.powi(power) + right.powi(power));
        let (zero, m1, m2) = (Scaled::ZERO, m(1), m(2));
        // m2 − m1² as a square, so that |z| and z give exactly zero.
        let spread = (0.5 * (right - left)).powi(2);
        let curved =
            Curved { mixed: zero, square: zero, curvature: zero, stein: zero, g11: zero, g12: zero, g22: k * m(3) };
        Self {
            value: [k * m1, m1.into(), zero],
            slope: [m1.into(), zero, zero],
            var_value: k * k * (2.0 * m2 + spread),
            cov: k * spread,
            var_slope: spread.into(),
            value_slope: k * m2,
            slope_4: m2.into(),
            curved,
        }
    }

    /// By quadrature at a positive, finite variance; `None` if an average is not finite.
    ///
    /// Derivatives in $K$ are averages of derivatives of φ (strong form) where φ is smooth and $K \le 1$, where the weak
    /// form loses a factor $1/K$ by cancellation; elsewhere they are weighted with the Hermite polynomials He₂ and He₄
    /// (weak form), which holds for any φ and loses less at large $K$.
    pub(super) fn integrate(activation: &dyn Nonlinearity, k: f64) -> Option<Self> {
        let scale = k.sqrt();
        let origin = activation.jet(0.0);
        let shift = [origin[0] * origin[0], origin[1] * origin[1]];
        let strong = activation.regularity() == Regularity::Smooth && k <= 1.0;
        let means: [f64; INTEGRALS] = Line::new(activation, k).means(|u| {
            let j = activation.jet(scale * u);
            let derivatives = if strong { strong_form(&j) } else { weak_form(&j, u, k, shift) };
            integrands(&j, shift, derivatives)
        });
        means.iter().all(|m| m.is_finite()).then(|| Self::from_means(&means))
    }

    /// Reads the averages of [`integrands`].
    fn from_means(m: &[f64; INTEGRALS]) -> Self {
        let s = Scaled::from;
        Self {
            value: [s(m[5]), s(m[15]), s(m[16])],
            slope: [s(m[6]), s(m[17]), s(m[18])],
            var_value: s(m[2] - m[0] * m[0]),
            cov: s(m[3] - m[0] * m[1]),
            var_slope: s(m[4] - m[1] * m[1]),
            value_slope: s(m[7]),
            slope_4: s(m[8]),
            curved: Curved {
                mixed: s(m[9]),
                square: s(m[10]),
                curvature: s(m[11]),
                stein: s(m[19]),
                g11: s(m[12]),
                g12: s(m[13]),
                g22: s(m[14]),
            },
        }
    }
}

/// The five averages that can be written in two ways: $\langle\phi^2\rangle'$, $\langle\phi^2\rangle''$,
/// $\langle\phi'^2\rangle'$, $\langle\phi'^2\rangle''$ in $K$, and [`Curved::stein`].
type Derivatives = [f64; 5];

/// $\partial_K \langle F \rangle = \frac 12 \langle F'' \rangle$, written out for $F = \phi^2$ and $\phi'^2$.
fn strong_form(j: &Jet) -> Derivatives {
    [
        j[1] * j[1] + j[0] * j[2],
        0.25 * (6.0 * j[2] * j[2] + 8.0 * j[1] * j[3] + 2.0 * j[0] * j[4]),
        j[2] * j[2] + j[1] * j[3],
        0.25 * (6.0 * j[3] * j[3] + 8.0 * j[2] * j[4] + 2.0 * j[1] * j[5]),
        j[1] * j[1] * (j[3] * j[1] + 3.0 * j[2] * j[2]),
    ]
}

/// $\partial_K \langle F \rangle = \langle F\, \mathrm{He}_2(u) \rangle / 2K$ and
/// $\langle F\, \mathrm{He}_4(u) \rangle / 4K^2$ for the second derivative; a constant taken off $F$ changes nothing.
fn weak_form(j: &Jet, u: f64, k: f64, shift: [f64; 2]) -> Derivatives {
    let (value, slope) = (j[0] * j[0] - shift[0], j[1] * j[1] - shift[1]);
    let (square, second) = (u * u, u * u - 1.0);
    let first = second / (2.0 * k);
    let fourth = (square * (square - 6.0) + 3.0) / (4.0 * k * k);
    [value * first, value * fourth, slope * first, slope * fourth, u / k.sqrt() * j[2] * j[1].powi(3)]
}

fn integrands(j: &Jet, shift: [f64; 2], derivatives: Derivatives) -> [f64; INTEGRALS] {
    let [f0, f1, f2, ..] = *j;
    let (value, slope, curvature) = (f0 * f0, f1 * f1, f2 * f2);
    let (a, b) = (value - shift[0], slope - shift[1]);
    let [d15, d16, d17, d18, d19] = derivatives;
    [
        a,
        b,
        a * a,
        a * b,
        b * b,
        value,
        slope,
        value * slope,
        slope * slope,
        f2 * slope * f0,
        curvature * slope,
        curvature,
        curvature * slope * slope,
        f2 * slope * slope * f0,
        slope * slope * value,
        d15,
        d16,
        d17,
        d18,
        d19,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;

    fn numbers(a: &Averages) -> Vec<f64> {
        let Curved { mixed, square, curvature, stein, g11, g12, g22 } = a.curved;
        let rest = [a.var_value, a.cov, a.var_slope, a.value_slope, a.slope_4];
        let all = [&a.value[..], &a.slope, &rest, &[mixed, square, curvature, stein, g11, g12, g22]].concat();
        all.into_iter().map(Scaled::to_f64).collect()
    }

    /// The two forms meet at K = 1, where neither loses digits; He₄ and the sixth derivative cost a factor of ten each.
    #[test]
    fn strong_and_weak_derivatives_agree_where_they_meet() {
        for name in ["tanh", "erf"] {
            let phi: Activation = name.parse().unwrap();
            let strong = Averages::integrate(&*phi, 1.0).unwrap();
            let weak = Averages::integrate(&*phi, 1.0 + f64::EPSILON).unwrap();
            for (s, w) in numbers(&strong).into_iter().zip(numbers(&weak)) {
                assert!((s - w).abs() < 1e-13 * s.abs().max(0.1), "{name}: {s} {w}");
            }
        }
    }

    /// Quadrature with a panel edge on the kink against the closed forms; the weak derivatives must come out as zeros.
    #[test]
    fn quadrature_of_leaky_relu_gives_its_closed_forms() {
        let phi: Activation = "leaky-relu:0.3".parse().unwrap();
        let parts = phi.homogeneous().unwrap();
        for k in [0.37, 5.2] {
            let integrated = numbers(&Averages::integrate(&*phi, k).unwrap());
            let closed = numbers(&Averages::homogeneous(parts, k.into()));
            for (i, (x, y)) in integrated.into_iter().zip(closed).enumerate() {
                assert!((x - y).abs() < 1e-13 * y.abs().max(1.0), "K = {k}, average {i}: {x} {y}");
            }
        }
    }
}
