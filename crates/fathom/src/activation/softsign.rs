//! softsign.

use super::{Breakpoint, Jet, Nonlinearity, Parity, Regularity};

/// $z/(1 + |z|)$: odd, bounded, with a jump of $\phi''$ from 2 to −2 at 0; no closed-form dual.
#[derive(Debug)]
pub(super) struct Softsign;

impl Nonlinearity for Softsign {
    fn name(&self) -> String {
        "softsign".into()
    }

    fn value(&self, z: f64) -> f64 {
        z / (1.0 + z.abs())
    }

    fn slope(&self, z: f64) -> f64 {
        let d = 1.0 + z.abs();
        1.0 / (d * d)
    }

    fn jet(&self, z: f64) -> Jet {
        // φ = ±1 ∓ 1/(1 ± z): each derivative multiplies by the order and by ∓1/(1 + |z|).
        let ratio = if z > 0.0 { -1.0 / (1.0 + z) } else { 1.0 / (1.0 - z) };
        let mut jet = [self.value(z), self.slope(z), 0.0, 0.0, 0.0, 0.0, 0.0];
        for order in 2..jet.len() {
            jet[order] = jet[order - 1] * ratio * order as f64;
        }
        jet
    }

    fn regularity(&self) -> Regularity {
        Regularity::CurvatureJump
    }

    fn parity(&self) -> Parity {
        Parity::Odd
    }

    fn breakpoints(&self) -> Vec<Breakpoint> {
        vec![Breakpoint { at: 0.0, order: 2, jump: -4.0 }]
    }

    fn strip(&self) -> f64 {
        0.0
    }
}
