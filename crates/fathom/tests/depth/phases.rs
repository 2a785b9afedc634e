//! The ordered and the chaotic phase.

use fathom_ntk::analysis::depth::{DepthClass, DepthNetwork, DepthRate};
use fathom_ntk::analysis::phase;
use fathom_ntk::infinite::PairInput;

use super::{activation, first_layer, relu, report};

#[test]
fn smooth_networks_fall_like_depth_times_an_exponential() {
    let erf = activation("erf");
    let network = DepthNetwork::mlp(&erf, 1.0, 0.1).unwrap();
    let q = phase(&erf, 1.0, 0.1, None).unwrap().q_star.unwrap();
    let found = report(&network, &first_layer(&network, [q, q], 0.5), &[40, 80, 320]);
    assert_eq!((found.class, found.ratio_limit), (DepthClass::Ordered, Some(1.0)));
    let limit = q / (1.0 - found.constants.chi1.unwrap());
    for row in &found.rows {
        // Γ over its prediction is 1 − 3.779/L, from a recursion in closed form; at L = 40, the next order is 0.1/L².
        let measured = (row.error.unwrap() / row.predicted.unwrap()).to_f64();
        let off = (measured * row.ntk[0].to_f64() / limit - 1.0) * row.depth as f64;
        assert!((off + 3.779).abs() < 0.004, "L = {}: {off}", row.depth);
    }
    assert!(matches!(found.rate, Some(DepthRate::Exponential { times_depth: true, .. })));
}

#[test]
fn kinked_networks_fall_with_half_the_exponent() {
    let network = relu(1.0, 0.1);
    let found = report(&network, &first_layer(&network, [0.2, 0.2], 0.5), &[80, 160]);
    for row in &found.rows {
        // Corrections of order L a^{L/2}: 1e-10 at L = 80.
        let ratio = (row.error.unwrap() / row.predicted.unwrap()).to_f64();
        assert!((ratio - 1.0).abs() < 1e-9, "L = {}: {ratio}", row.depth);
    }
    let Some(DepthRate::Exponential { layers, times_depth, .. }) = found.rate else { unreachable!() };
    assert!((layers - 2.0 / 2_f64.ln()).abs() < 1e-12 && !times_depth);
    // A kink that is not homogeneous: the same formula with its s.
    let selu = DepthNetwork::mlp(&activation("selu"), 0.4, 0.3).unwrap();
    let found = report(&selu, &PairInput::from_gap(1.0, 1.0, 0.5).unwrap(), &[120]);
    let ratio = (found.rows[0].error.unwrap() / found.rows[0].predicted.unwrap()).to_f64();
    assert_eq!(found.class, DepthClass::Ordered);
    assert!((ratio - 1.0).abs() < 1e-6, "{ratio}");
}

#[test]
fn norms_that_settle_last_leave_no_constant() {
    // gelu at these variances has λ_q = 0.350 > χ₁ = 0.321, but λ_q² < χ₁: directions still rule.
    let gelu = DepthNetwork::mlp(&activation("gelu"), 1.0, 0.1).unwrap();
    let found = report(&gelu, &PairInput::from_gap(0.5, 3.0, 0.5).unwrap(), &[200]);
    let ratio = (found.rows[0].error.unwrap() / found.rows[0].predicted.unwrap()).to_f64();
    // Relative corrections of order 1/L.
    assert!((ratio - 1.0).abs() < 0.1, "{ratio}");
    assert!(found.constants.lambda_q.unwrap() > found.constants.chi1.unwrap());
}

#[test]
fn chaos_leaves_the_diagonal() {
    let erf = activation("erf");
    let network = DepthNetwork::mlp(&erf, 4.0, 0.3).unwrap();
    let q = phase(&erf, 4.0, 0.3, None).unwrap().q_star.unwrap();
    let found = report(&network, &first_layer(&network, [q, q], 0.5), &[40, 80, 1000, 100_000]);
    assert_eq!((found.class, found.ratio_limit), (DepthClass::Chaotic, Some(0.0)));
    let constants = found.constants;
    let (c, chi, f2) = (constants.c_star.unwrap(), constants.chi_star.unwrap(), constants.curvature.unwrap());
    let limit = q * c / (1.0 - chi);
    assert!((limit - 6.772_686_003_006_11).abs() < 1e-12, "{limit}");
    assert!((found.rows[2].ntk[2].to_f64() - limit).abs() < 1e-11);
    // f″ of erf in closed form: (4/π) 4k ((1 + 2q)² − 4k²)^{−3/2} σ_w² q.
    let k = q * c;
    let closed = 4.0 * q * 16.0 * k / std::f64::consts::PI * ((1.0 + 2.0 * q).powi(2) - 4.0 * k * k).powf(-1.5);
    assert!((f2 / closed - 1.0).abs() < 1e-8, "{f2} {closed}");
    let predicted = constants.psi.unwrap() / chi * (q * chi + f2 * limit);
    for (row, off) in found.rows.iter().zip([-7.5986, -7.5983]) {
        let depth = row.depth as f64;
        let deviation = (row.ntk[2].to_f64() - limit) / (depth * chi.powf(depth));
        // At L = 80 the deviation is 1e-11 of the entry, known to 4 digits.
        let allowed = if row.depth == 40 { 2e-3 } else { 0.5 };
        assert!(((deviation - predicted) * depth - off).abs() < allowed, "{deviation} {predicted}");
    }
    // Where the deviation has gone, the rate is exact.
    let last = found.rows[3];
    assert!(((last.error.unwrap() / last.predicted.unwrap()).to_f64() - 1.0).abs() < 1e-10);
    assert!((last.ntk[0].ln() / std::f64::consts::LN_2 - 52_042.954_104).abs() < 1e-6);
}

/// Odd networks without bias tend to correlation 0, so that nothing but a deviation is left off the diagonal: it falls like
/// L χ(0)^L, χ(0) = σ_w² (E φ′)², while the diagonal grows like χ₁^L.
#[test]
fn odd_chaotic_networks_have_a_rate_though_their_limit_is_zero() {
    let erf = activation("erf");
    let network = DepthNetwork::mlp(&erf, 3.0, 0.0).unwrap();
    let q = phase(&erf, 3.0, 0.0, None).unwrap().q_star.unwrap();
    let found = report(&network, &first_layer(&network, [q, q], 0.5), &[40, 80]);
    let Some(DepthRate::Exponential { coefficient, layers, times_depth: true }) = found.rate else { unreachable!() };
    // E φ′ = (2/√π)/√(1 + 2q) and E φ′² = (4/π)/√(1 + 4q).
    let at_zero = 3.0 * 4.0 / std::f64::consts::PI / (1.0 + 2.0 * q);
    let chi1 = 3.0 * 4.0 / std::f64::consts::PI / (1.0 + 4.0 * q).sqrt();
    assert!((layers * (chi1 / at_zero).ln() - 1.0).abs() < 1e-9, "{layers}");
    assert!(coefficient > 0.0);
    let [near, far] = [0, 1].map(|i| found.rows[i].scaled_error.unwrap());
    // Corrections of order 1/L: twice the depth halves them.
    assert!(((far / coefficient - 1.0) / (near / coefficient - 1.0) - 0.5).abs() < 0.05, "{near} {far} {coefficient}");
    assert!((far / coefficient - 1.0).abs() < 0.1);
}
