//! The correlation map near correlation one.

use std::f64::consts::{PI, SQRT_2};

use crate::activation::{Activation, Homogeneous};
use crate::quadrature::Line;

/// Coefficients of the correlation map at correlation one,
///
/// $$f(1 - u) = 1 - \chi_1 u + s\,u^{3/2} + \zeta u^2 - \dots, \quad 1 - \chi_1 u + \beta u^2 - \eta u^{5/2} - \dots, \quad
///   1 - \chi_1 u + \beta u^2 - \gamma u^3 + \dots$$
///
/// where φ has kinks, where φ″ jumps, and elsewhere. From $f'' = \sigma_w^2 q E[\phi''(U) \phi''(V)]$, in which a kink of
/// size $J$ at $z_0$ is a point mass: two of them meet with density $e^{-z_0^2/2q}/(2\pi q \sqrt{2u})$. Derived in docs/theory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Expansion {
    /// $\frac{\sqrt2}{3\pi}\sigma_w^2 \sum J^2 e^{-z_0^2/2q}$.
    pub s: f64,
    /// Coefficient of $u^2$ beside a kink.
    pub zeta: f64,
    /// $\frac12 \sigma_w^2 q E[\phi''^2]$, without point masses.
    pub beta: f64,
    /// $\frac16 \sigma_w^2 q^2 E[\phi'''^2]$, without point masses.
    pub gamma: f64,
    /// $\frac{2\sqrt2}{15\pi} \sigma_w^2 q \sum J^2 e^{-z_0^2/2q}$ over jumps of φ″.
    pub eta: f64,
}

impl Expansion {
    /// Of φ at variance `q > 0`.
    pub fn new(activation: &Activation, weight_var: f64, q: f64) -> Self {
        if let Some(parts) = activation.homogeneous() {
            return Self::homogeneous(parts, weight_var * parts.mean_square());
        }
        let scale = q.sqrt();
        let [curvature_sq, third_sq] = Line::new(&**activation, q).means(|z| {
            let jet = activation.jet(scale * z);
            [jet[2] * jet[2], jet[3] * jet[3]]
        });
        let (mut kinks, mut beside, mut jumps) = (0.0, 0.0, 0.0);
        for point in activation.breakpoints() {
            let weight = (-0.5 * point.at * point.at / q).exp();
            match point.order {
                1 => {
                    let (left, right) =
                        (activation.jet(point.at.next_down())[2], activation.jet(point.at.next_up())[2]);
                    kinks += point.jump * point.jump * weight;
                    beside += point.jump * (left + right) * weight;
                }
                2 => jumps += point.jump * point.jump * weight,
                _ => {}
            }
        }
        let half = 0.5 * weight_var * q;
        Self {
            s: weight_var * kinks * SQRT_2 / (3.0 * PI),
            zeta: if kinks == 0.0 { 0.0 } else { half * (curvature_sq + beside / (2.0 * PI * q).sqrt()) },
            beta: half * curvature_sq,
            gamma: weight_var * q * q * third_sq / 6.0,
            eta: weight_var * q * jumps * 2.0 * SQRT_2 / (15.0 * PI),
        }
    }

    /// Of $az + b|z|$ with $\chi_1$ = `growth`: $s = \frac{4\sqrt2}{3\pi} \Delta \chi_1$, $\Delta = b^2/(a^2 + b^2)$.
    pub fn homogeneous(parts: Homogeneous, growth: f64) -> Self {
        let share = parts.b * parts.b / parts.mean_square();
        Self { s: 4.0 * SQRT_2 * share / (3.0 * PI) * growth, ..Self::default() }
    }

    /// $f''(1)$ without the point masses.
    pub fn second_derivative(&self) -> f64 {
        2.0 * self.beta
    }
}
