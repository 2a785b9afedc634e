//! The logistic function, which sigmoid, silu, softplus and tanh share, without overflow or cancellation on either side.

use super::jet::Taylor;

/// $\sigma(z) = 1/(1 + e^{-z})$, to full relative accuracy.
pub(super) fn logistic(z: f64) -> f64 {
    let e = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// $1.5 \cdot 2^{52}$: adding it rounds to an integer, which the low bits then hold.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// $\ln 2$ in two parts, the first with zeros at its end, so that multiples of it are exact.
const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];

/// $e^x$ and $e^x - 1$ for $-700 \le x \le 0$, both to full relative accuracy, without a branch, so that loops over them
/// vectorise: $x = k \ln 2 + r$ and the Taylor series of $e^r - 1$.
#[inline(always)]
pub(super) fn exponential(x: f64) -> (f64, f64) {
    let rounded = x * std::f64::consts::LOG2_E + ROUNDER;
    let k = rounded - ROUNDER;
    let power = f64::from_bits(rounded.to_bits().wrapping_sub(ROUNDER.to_bits()).wrapping_add(1023) << 52);
    let r = (x - k * LN_2[0]) - k * LN_2[1];
    // |r| ≤ ln 2 / 2: the first term left out is below 2⁻⁵⁶ of the sum.
    let mut series = 1.0 / 6_227_020_800.0;
    for inverse in
        [479_001_600.0, 39_916_800.0, 3_628_800.0, 362_880.0, 40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0]
    {
        series = series * r + 1.0 / inverse;
    }
    let less_one = power * (r + r * r * series);
    (power + less_one, less_one + (power - 1.0))
}

/// The Taylor series of σ at `z`; derivatives keep their relative accuracy in both tails.
pub(super) fn logistic_series(z: f64) -> Taylor {
    // σ′ = σ − σ² in the left tail, where σ is small; σ(z) = 1 − σ(−z) on the right.
    if z <= 0.0 {
        Taylor::variable(z).solve(logistic(z), |s| s - s * s)
    } else {
        let reflected = Taylor::variable(z).scale(-1.0).solve(logistic(-z), |s| s - s * s);
        Taylor::constant(1.0) - reflected
    }
}

#[cfg(test)]
mod tests {
    use super::exponential;

    /// Against the standard library, whose functions are within an ulp.
    #[test]
    fn exponentials_have_full_relative_accuracy() {
        for i in 0..40_000 {
            let x = -((f64::from(i) / 40_000.0).powi(4) * 700.0) - 1e-12;
            let (exp, exp_m1) = exponential(x);
            assert!((exp / x.exp() - 1.0).abs() < 4.0 * f64::EPSILON, "{x}");
            assert!((exp_m1 / x.exp_m1() - 1.0).abs() < 4.0 * f64::EPSILON, "{x}");
        }
        assert_eq!(exponential(0.0), (1.0, 0.0));
    }
}
