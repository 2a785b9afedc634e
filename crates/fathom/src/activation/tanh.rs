//! tanh.

use super::jet::Taylor;
use super::{Jet, Nonlinearity, Parity, Regularity};

/// $\tanh z$: smooth, odd, no closed-form dual.
#[derive(Debug)]
pub(super) struct Tanh;

impl Nonlinearity for Tanh {
    fn name(&self) -> String {
        "tanh".into()
    }

    fn value(&self, z: f64) -> f64 {
        z.tanh()
    }

    fn slope(&self, z: f64) -> f64 {
        // 1 / cosh² keeps its digits where 1 − tanh² has none left.
        let c = z.abs().min(350.0).cosh();
        1.0 / (c * c)
    }

    fn jet(&self, z: f64) -> Jet {
        let one = Taylor::constant(1.0);
        let mut jet = Taylor::variable(z).solve(z.tanh(), |t| one - t * t).jet();
        jet[1] = self.slope(z);
        jet
    }

    fn regularity(&self) -> Regularity {
        Regularity::Smooth
    }

    fn parity(&self) -> Parity {
        Parity::Odd
    }

    fn strip(&self) -> f64 {
        std::f64::consts::FRAC_PI_2
    }
}
