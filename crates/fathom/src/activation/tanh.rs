//! tanh.

use pulp::{Arch, NullaryFnOnce};

use super::jet::Taylor;
use super::logistic::{exponential, logistic};
use super::{Jet, Nonlinearity, Parity, Regularity};

/// $\tanh z$: smooth, odd, no closed-form dual.
#[derive(Debug)]
pub(super) struct Tanh;

/// $\tanh z$ and $1/\cosh^2 z$ of every entry, from $e = e^{-2|z|}$: $(1 - e)/(1 + e)$ and $4 e/(1 + e)^2$.
struct Evaluate<'a> {
    z: &'a [f64],
    values: &'a mut [f64],
    slopes: &'a mut [f64],
}

impl NullaryFnOnce for Evaluate<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for ((z, value), slope) in self.z.iter().zip(self.values).zip(self.slopes) {
            let size = z.abs();
            // Comparing keeps NaN.
            let size = if size > FARTHEST { FARTHEST } else { size };
            let (e, less_one) = exponential(-2.0 * size);
            *value = (-less_one / (1.0 + e)).copysign(*z);
            *slope = 4.0 * e / ((1.0 + e) * (1.0 + e));
        }
    }
}

/// Beyond, $1/\cosh^2$ is taken to be constant, below $10^{-303}$.
const FARTHEST: f64 = 350.0;

impl Nonlinearity for Tanh {
    fn name(&self) -> String {
        "tanh".into()
    }

    fn value(&self, z: f64) -> f64 {
        z.tanh()
    }

    fn slope(&self, z: f64) -> f64 {
        // 1 / cosh² keeps its digits where 1 − tanh² has none left.
        let c = z.abs().min(FARTHEST).cosh();
        1.0 / (c * c)
    }

    fn values_and_slopes(&self, z: &[f64], values: &mut [f64], slopes: &mut [f64]) {
        Arch::new().dispatch(Evaluate { z, values, slopes });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_rows_have_the_accuracy_of_single_values() {
        let mut z: Vec<f64> = (-4000..4000).map(|i| f64::from(i).powi(3) * 1e-9).collect();
        z.extend([-400.0, 400.0, 1e-300, -1e-17, f64::INFINITY, f64::NEG_INFINITY]);
        let (mut values, mut slopes) = (vec![0.0; z.len()], vec![0.0; z.len()]);
        Tanh.values_and_slopes(&z, &mut values, &mut slopes);
        for ((z, value), slope) in z.iter().zip(values).zip(slopes) {
            // Either side within some ulp.
            assert!((value - z.tanh()).abs() <= 8.0 * f64::EPSILON * z.tanh().abs(), "{z}: {value}");
            assert!((slope / Tanh.slope(*z) - 1.0).abs() <= 16.0 * f64::EPSILON, "{z}: {slope}");
        }
        let (mut value, mut slope) = ([0.0], [0.0]);
        Tanh.values_and_slopes(&[f64::NAN], &mut value, &mut slope);
        assert!(value[0].is_nan() && slope[0].is_nan());
    }
}
