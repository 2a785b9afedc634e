//! tanh.

use super::jet::Taylor;
use super::logistic::logistic;
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
        // w = 1 + tanh is small in the left tail and solves w′ = w (2 − w); derivatives of even order are odd.
        let left = -z.abs();
        let mut jet = Taylor::variable(left).solve(2.0 * logistic(2.0 * left), |w| w.scale(2.0) - w * w).jet();
        if z > 0.0 {
            for order in [2, 4, 6] {
                jet[order] = -jet[order];
            }
        }
        (jet[0], jet[1]) = (z.tanh(), self.slope(z));
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
