//! The exponential linear units elu and selu.

use super::{Breakpoint, Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// $\lambda z$ for $z > 0$, $\lambda\alpha(e^z - 1)$ otherwise; no closed-form dual.
#[derive(Debug)]
pub(super) struct ExponentialLinear {
    name: String,
    /// λ.
    scale: f64,
    /// α.
    alpha: f64,
}

impl ExponentialLinear {
    /// λ = 1 (Clevert, Unterthiner & Hochreiter 2016).
    pub(super) fn elu(alpha: f64) -> Self {
        let name = if alpha == 1.0 { "elu".into() } else { format!("elu:{alpha}") };
        Self { name, scale: 1.0, alpha }
    }

    /// The λ and α that make $(q, E\phi) = (1, 0)$ a fixed point of a layer (Klambauer et al. 2017, eq. 14).
    pub(super) fn selu() -> Self {
        Self { name: "selu".into(), scale: 1.050_700_987_355_480_5, alpha: 1.673_263_242_354_377_2 }
    }
}

impl Nonlinearity for ExponentialLinear {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn value(&self, z: f64) -> f64 {
        self.scale * if z > 0.0 { z } else { self.alpha * z.exp_m1() }
    }

    fn slope(&self, z: f64) -> f64 {
        self.scale * if z > 0.0 { 1.0 } else { self.alpha * z.exp() }
    }

    fn jet(&self, z: f64) -> Jet {
        if z > 0.0 {
            return [self.value(z), self.scale, 0.0, 0.0, 0.0, 0.0, 0.0];
        }
        let mut jet = [self.slope(z); 7];
        jet[0] = self.value(z);
        jet
    }

    fn regularity(&self) -> Regularity {
        if self.alpha == 1.0 { Regularity::CurvatureJump } else { Regularity::Kinked }
    }

    fn parity(&self) -> Parity {
        Parity::Neither
    }

    fn breakpoints(&self) -> Vec<Breakpoint> {
        let (order, jump) = if self.alpha == 1.0 { (2, -1.0) } else { (1, 1.0 - self.alpha) };
        vec![Breakpoint { at: 0.0, order, jump: self.scale * jump }]
    }

    fn asymptote(&self) -> Option<Homogeneous> {
        Some(Homogeneous { a: 0.5 * self.scale, b: 0.5 * self.scale })
    }

    fn strip(&self) -> f64 {
        0.0
    }
}
