//! Critical points that do not follow the generic limits.

use super::{kernel, network};

#[test]
fn critical_relu_with_bias_tends_to_four_sevenths() {
    // The error falls like L^{−1/2}: eliminated between two depths, the next order is 1/L (with a logarithm).
    let ratio = |depth| {
        let k = kernel(&network("relu", depth, 2.0, 0.3), 1.0, 1.0, 0.8);
        k.ntk[2].to_f64() / k.ntk[0].to_f64()
    };
    let (shallow, deep) = (ratio(40_000), ratio(160_000));
    assert!((2.0 * deep - shallow - 4.0 / 7.0).abs() < 2e-4, "{shallow} {deep}");
}

#[test]
fn with_unequal_norms_the_limit_depends_on_their_difference() {
    // X³ − X² = s²ν²/8 with ν = (q1 − q2)/B = 1.5 and s² = 8/(9π²): 2/(2 + 1.5 X) = 0.5656.
    let k = kernel(&network("relu", 1_000_000, 2.0, 0.5), 1.0, 1.0 + 0.375, 0.8);
    let ratio = k.ntk[2].to_f64() / (k.ntk[0] * k.ntk[1]).sqrt().to_f64();
    assert!((ratio - 0.5656).abs() < 1e-3, "{ratio}");
}

#[test]
fn tanh_without_bias_at_its_critical_weight_keeps_its_data() {
    // Plain recursion in many digits: Θ₁₂(4000) = 0.220509, Θ₁₁ = 0.500843, correlation → 0.44052.
    let k = kernel(&network("tanh", 4_000, 1.0, 0.0), 1.0, 1.0, 0.5);
    assert!((k.ntk[2].to_f64() - 0.220_509).abs() < 6e-7, "{}", k.ntk[2].to_f64());
    assert!((k.ntk[0].to_f64() - 0.500_843).abs() < 6e-7, "{}", k.ntk[0].to_f64());
    // The correlation approaches its limit like q ~ 1/(2L).
    assert!((1.0 - k.gap.to_f64() - 0.440_52).abs() < 2e-4, "{}", k.gap.to_f64());
}

#[test]
fn relu_above_its_critical_weight_forgets_its_bias() {
    // The ratio is 1/4 as without bias, up to (3/8) ln L/L.
    let k = kernel(&network("relu", 100_000, 3.0, 0.5), 1.0, 2.0, 1.0);
    let ratio = (k.ntk[2] / (k.ntk[0] * k.ntk[1]).sqrt()).to_f64();
    assert!((ratio - 0.25).abs() < 2e-4, "{ratio}");
    assert!(k.ntk[0].ln() > 40_000.0);
}
