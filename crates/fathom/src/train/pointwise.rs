//! Activations of whole rows, vectorised.

use pulp::{Arch, NullaryFnOnce};

use crate::activation::Activation;
use crate::linalg::Real;

/// Numbers that go through double precision together.
const BLOCK: usize = 256;

/// $z$ becomes $\phi'(z)$, and `values` become $\phi(z)$.
pub(super) fn activate<T: Real>(activation: &Activation, z: &mut [T], values: &mut [T]) {
    if let Some(parts) = activation.homogeneous() {
        let [right, left] = [parts.a + parts.b, parts.a - parts.b].map(T::from_f64);
        return Arch::new().dispatch(Bend { right, left, z, values });
    }
    let [mut exact, mut phi, mut slope] = [[0.0; BLOCK]; 3];
    for (z, values) in z.chunks_mut(BLOCK).zip(values.chunks_mut(BLOCK)) {
        let count = z.len();
        exact.iter_mut().zip(&*z).for_each(|(exact, z)| *exact = z.to_f64());
        activation.values_and_slopes(&exact[..count], &mut phi[..count], &mut slope[..count]);
        values.iter_mut().zip(&phi).for_each(|(value, phi)| *value = T::from_f64(*phi));
        z.iter_mut().zip(&slope).for_each(|(z, slope)| *z = T::from_f64(*slope));
    }
}

/// `to` plus, or times, `from`.
pub(super) fn add<T: Real>(to: &mut [T], from: &[T]) {
    Arch::new().dispatch(Combine::<T, false> { to, from });
}

/// `to` times `from`.
pub(super) fn scale<T: Real>(to: &mut [T], from: &[T]) {
    Arch::new().dispatch(Combine::<T, true> { to, from });
}

/// $a z + b |z|$ and its slope, from the left at 0.
struct Bend<'a, T> {
    right: T,
    left: T,
    z: &'a mut [T],
    values: &'a mut [T],
}

impl<T: Real> NullaryFnOnce for Bend<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let zero = T::from_f64(0.0);
        for (z, value) in self.z.iter_mut().zip(self.values) {
            let slope = if *z > zero { self.right } else { self.left };
            *value = slope * *z;
            *z = slope;
        }
    }
}

struct Combine<'a, T, const TIMES: bool> {
    to: &'a mut [T],
    from: &'a [T],
}

impl<T: Real, const TIMES: bool> NullaryFnOnce for Combine<'_, T, TIMES> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (to, from) in self.to.iter_mut().zip(self.from) {
            if TIMES {
                *to *= *from;
            } else {
                *to += *from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_the_activation_and_its_slope_in_both_precisions() {
        for name in ["relu", "leaky-relu:0.1", "abs", "tanh", "gelu", "elu"] {
            let activation: Activation = name.parse().unwrap();
            // Longer than a block, with a kink among the points.
            let z: Vec<f64> = (0..600).map(|i| f64::from(i - 300) / 64.0).collect();
            let (mut slopes, mut values) = (z.clone(), vec![0.0; z.len()]);
            activate(&activation, &mut slopes, &mut values);
            let mut short: Vec<f32> = z.iter().map(|z| f32::from_f64(*z)).collect();
            let mut short_values = vec![0.0_f32; z.len()];
            activate(&activation, &mut short, &mut short_values);
            for (i, z) in z.iter().enumerate() {
                let (value, slope) = (activation.value(*z), activation.slope(*z));
                assert!((values[i] - value).abs() <= 4.0 * f64::EPSILON * value.abs(), "{name} at {z}");
                assert!((slopes[i] - slope).abs() <= 4.0 * f64::EPSILON * slope.abs(), "{name} at {z}");
                // z is exact in single precision; one rounding of each constant and one of the product remain.
                let close = |got: f32, exact: f64| (f64::from(got) - exact).abs() <= 1.3e-7 * exact.abs();
                assert!(close(short_values[i], value) && close(short[i], slope), "{name} at {z}");
            }
        }
    }
}
