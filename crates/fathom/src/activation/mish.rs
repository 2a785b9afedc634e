//! mish.

use std::f64::consts::PI;

use super::jet::Taylor;
use super::{Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $z \tanh(\ln(1 + e^z))$: smooth, close to relu far from 0; no closed-form dual.
///
/// With $w = e^z$ this is $z\,\frac{w^2 + 2w}{w^2 + 2w + 2}$: a rational function of $e^z$, so the logarithm leaves no
/// branch point and the nearest singularities are the poles $e^z = -1 \pm i$, at $z = \ln\sqrt 2 \pm \frac{3\pi}{4} i$.
#[derive(Debug)]
pub(super) struct Mish;

/// The factor of $z$, and its derivative.
fn gate(z: f64) -> (f64, f64) {
    let e = (-z.abs()).exp();
    if z <= 0.0 {
        let n = e * (e + 2.0);
        (n / (n + 2.0), 4.0 * e * (e + 1.0) / ((n + 2.0) * (n + 2.0)))
    } else {
        let d = 1.0 + 2.0 * e * (1.0 + e);
        ((1.0 + 2.0 * e) / d, 4.0 * e * e * (1.0 + e) / (d * d))
    }
}

/// The Taylor series of the factor of $z$; on the right it is $1 - 2e^2/(1 + 2e + 2e^2)$ with $e = e^{-z}$.
fn gate_series(z: f64) -> Taylor {
    let two = Taylor::constant(2.0);
    if z <= 0.0 {
        let e = Taylor::variable(z).exp();
        let n = e * (e + two);
        n / (n + two)
    } else {
        let one = Taylor::constant(1.0);
        let e = Taylor::variable(z).scale(-1.0).exp();
        one - (e * e).scale(2.0) / (one + (e * (one + e)).scale(2.0))
    }
}

impl Nonlinearity for Mish {
    fn name(&self) -> String {
        "mish".into()
    }

    fn value(&self, z: f64) -> f64 {
        z * gate(z).0
    }

    fn slope(&self, z: f64) -> f64 {
        let (factor, rate) = gate(z);
        factor + z * rate
    }

    fn jet(&self, z: f64) -> Jet {
        (Taylor::variable(z) * gate_series(z)).jet()
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Neither
    }

    fn asymptote(&self) -> Option<Homogeneous> {
        Some(Homogeneous::RELU)
    }

    fn strip(&self) -> f64 {
        0.75 * PI
    }
}
