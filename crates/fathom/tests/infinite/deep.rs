//! Depth 1,000 to 1,000,000 against the asymptotics of every phase.

use fathom_ntk::activation::Activation;
use fathom_ntk::infinite::Expectations;
use fathom_ntk::quadrature::Line;

use super::{assert_close, kernel, network};

/// $s = 4\sqrt 2 \Delta/(3\pi)$: $1 - f(1 - u) = u - s u^{3/2} + \dots$ for $a z + b |z|$, $\Delta = b^2/(a^2+b^2)$.
fn kink(share: f64) -> f64 {
    4.0 * 2.0_f64.sqrt() * share / (3.0 * std::f64::consts::PI)
}

/// t − Y/4 with $u = (4/s^2) Y^{-2}$, which tends to −1/8 for every function $a z + b|z|$.
fn kink_residual(name: &str, depth: usize, weight_var: f64, share: f64, gap: f64) -> f64 {
    let k = kernel(&network(name, depth, weight_var, 0.0), 1.0, 1.0, gap);
    (k.ntk[2] / k.nngp[0]).to_f64() - 0.5 / (kink(share) * k.gap.sqrt().to_f64())
}

#[test]
fn critical_relu_reproduces_the_logarithm_and_the_constant_of_its_ntk() {
    // t = L/4 + (3/8) ln L + C/4 − 1/8 + O(ln L/L) with C = 3.38988 for orthogonal and one less for opposite inputs.
    for (gap, c) in [(1.0, 3.38988), (2.0, 2.38988)] {
        for depth in [10_000, 100_000, 1_000_000] {
            let k = kernel(&network("relu", depth, 2.0, 0.0), 1.0, 1.0, gap);
            let l = depth as f64;
            let got = k.ntk[2].to_f64() / 2.0 - (0.25 * l + 0.375 * l.ln() + 0.25 * c);
            // Next order κ² ln L/(4 L) and what is of order 1/L; C is rounded.
            assert!((got + 0.125).abs() < 3.0 * l.ln() / l + 2e-6, "gap {gap}, depth {depth}: {got}");
            assert_eq!(k.ntk[0].to_f64(), 2.0 * l);
        }
    }
}

#[test]
fn residuals_at_kinks_are_those_of_the_plain_recursion_in_many_digits() {
    // Rounded to the digits given.
    let leaky = 0.2025 / 0.505;
    for (name, weight_var, share, gap, depth, expected) in [
        ("relu", 2.0, 0.5, 1.0, 1_000, -0.14878),
        ("relu", 2.0, 0.5, 1.0, 10_000, -0.12741),
        ("relu", 2.0, 0.5, 1.0, 100_000, -0.12524),
        ("relu", 2.0, 0.5, 0.05, 1_000, -0.14844),
        ("relu", 2.0, 0.5, 0.05, 10_000, -0.12741),
        ("relu", 2.0, 0.5, 0.05, 100_000, -0.12524),
        ("abs", 1.0, 1.0, 1.0, 1_000, -0.13119),
        ("abs", 1.0, 1.0, 1.0, 10_000, -0.12563),
        ("abs", 1.0, 1.0, 1.0, 200_000, -0.12503),
        ("leaky-relu:0.1", 1.0 / 0.505, leaky, 1.0, 1_000, -0.16175),
        ("leaky-relu:0.1", 1.0 / 0.505, leaky, 1.0, 10_000, -0.12874),
        ("leaky-relu:0.1", 1.0 / 0.505, leaky, 1.0, 200_000, -0.12519),
    ] {
        let got = kink_residual(name, depth, weight_var, share, gap);
        assert!((got - expected).abs() < 6e-6, "{name} {gap} {depth}: {got}, not {expected}");
    }
}

/// The critical point of a smooth activation whose variance rests at `q`, with $\beta = \frac 12 \sigma_w^2 q E[\phi''^2]$
/// and $\gamma = \sigma_w^2 q^2 E[\phi'''^2]/6$.
fn critical(name: &str, q: f64) -> (f64, f64, f64, f64) {
    let phi: Activation = name.parse().unwrap();
    let side = Expectations::new(&phi).side(q);
    let weight_var = 1.0 / side.slope_sq();
    let [second, third] = Line::new(&*phi, q).means(|z| {
        let j = phi.jet(q.sqrt() * z);
        [j[2] * j[2], j[3] * j[3]]
    });
    let (beta, gamma) = (0.5 * weight_var * q * second, weight_var * q * q * third / 6.0);
    (weight_var, q - weight_var * side.value_sq(), beta, gamma)
}

#[test]
fn critical_smooth_networks_reproduce_their_logarithm_and_constant() {
    for (name, table) in [("tanh", (0.136_860_176_2, 0.094_945_617_8)), ("erf", (1.0 / 6.0, 1.0 / 9.0))] {
        let (weight_var, bias_var, beta, gamma) = critical(name, 0.5);
        assert_close("β", beta, table.0, 1e-9);
        assert_close("γ", gamma, table.1, 1e-9);
        let kappa = 1.0 - gamma / (beta * beta);
        let constant = 0.5 * (gamma / (beta * beta) - 1.0 / beta - kappa / 3.0);
        let xx = (0.5 - bias_var) / weight_var;
        let at = |depth: usize| {
            let k = kernel(&network(name, depth, weight_var, bias_var), xx, xx, 0.5);
            // The diagonal grows by q* a layer; the starting point is rounded, and so is the critical point.
            assert_close("diagonal", k.ntk[0].to_f64(), 0.5 * depth as f64, 1e-9);
            (k.ntk[2].to_f64() / 0.5, 1.0 / (beta * k.gap.to_f64()))
        };
        let mut before = f64::INFINITY;
        let mut theta = Vec::new();
        for depth in [1_000, 10_000, 100_000] {
            let (t, y) = at(depth);
            let error = (t - y / 3.0 - constant).abs();
            // Next order: κ² ln L/L.
            let l = depth as f64;
            assert!(error < 2.0 * kappa * kappa * l.ln() / l, "{name} {depth}: {error}");
            assert!(error < 0.5 * before);
            before = error;
            theta.push(t - l / 3.0);
        }
        let logarithm = (theta[2] - theta[1]) / 10.0_f64.ln();
        assert!((logarithm - kappa / 3.0).abs() < 0.01, "{name}: {logarithm}");
    }
}

#[test]
fn chaotic_erf_reaches_its_limit_off_the_diagonal_and_its_exponent_on_it() {
    let phi: Activation = "erf".parse().unwrap();
    let expectations = Expectations::new(&phi);
    let q = (0..2_000).fold(1.0, |q, _| 4.0 * expectations.side(q).value_sq() + 0.3);
    let xx = (q - 0.3) / 4.0;
    let k = kernel(&network("erf", 100_000, 4.0, 0.3), xx, xx, 0.7);
    // χ₁^L has relative error L ε: 4e-11 of the exponent's last printed digit.
    assert!((k.ntk[0].ln() / std::f64::consts::LN_2 - 52_042.954_104).abs() < 1e-6);
    assert_close("off the diagonal", k.ntk[2].to_f64(), 6.772_686_003_006_11, 1e-13);
    assert_close("NTK gap", (k.ntk_gap / k.ntk[0]).to_f64(), 1.0, 1e-15);
    let near = kernel(&network("erf", 10_000, 4.0, 0.3), xx, xx, 1e-12);
    assert_close("from near duplicates", near.ntk[2].to_f64(), 6.772_686_003_006_11, 1e-13);
}

#[test]
fn ordered_relu_closes_its_ntk_gap_at_half_the_rate_of_its_correlation() {
    // Γ ≃ (√a/(1 − √a)) (2√2 Δ/π) d √ψ a^{L/2} with d = q*/(1 − a), relative correction L a^{L/2}.
    let (a, q) = (0.5_f64, 0.2);
    let xx = (q - 0.1) / 1.0;
    for depth in [80, 400, 10_000] {
        let k = kernel(&network("relu", depth, 1.0, 0.1), xx, xx, 0.5);
        let l = depth as f64;
        let root = a.sqrt() / (1.0 - a.sqrt()) * 2.0_f64.sqrt() / std::f64::consts::PI * q / (1.0 - a);
        // √(ψ a^L) = √u.
        let predicted = k.gap.sqrt() * root;
        assert_close("Γ", (k.ntk_gap / predicted).to_f64(), 1.0, 2.0 * l * a.powf(0.5 * l) + 1e-13);
        assert_close("diagonal", k.ntk[0].to_f64(), q / (1.0 - a), 1e-13);
    }
    let deep = kernel(&network("relu", 10_000, 1.0, 0.1), xx, xx, 0.5);
    assert!((deep.gap.ln() / 10_000.0 / a.ln() - 1.0).abs() < 1e-3);
}

#[test]
fn ordered_erf_closes_its_ntk_gap_like_depth_times_its_correlation_gap() {
    // Γ ≃ L χ^{L−1} ψ [q χ + f''(1) d], d = q/(1 − χ), with correction O(1/L): L (Γ/prediction − 1) is constant.
    let phi: Activation = "erf".parse().unwrap();
    let expectations = Expectations::new(&phi);
    let q = (0..500).fold(1.0, |q, _| expectations.side(q).value_sq() + 0.1);
    let chi = expectations.side(q).slope_sq();
    let second = Line::new(&*phi, q).mean(|z| phi.jet(q.sqrt() * z)[2].powi(2));
    let bracket = q * chi + q * second * q / (1.0 - chi);
    let constant = |depth: usize| {
        let k = kernel(&network("erf", depth, 1.0, 0.1), q - 0.1, q - 0.1, 0.5);
        // ψ χ^L is the correlation gap of layer L, counted as in Γ.
        let predicted = k.gap * (bracket / chi * depth as f64);
        ((k.ntk_gap / predicted).to_f64() - 1.0) * depth as f64
    };
    let (early, late, latest) = (constant(160), constant(1_280), constant(20_480));
    assert_close("early and late", early, late, 1e-9);
    // L times a relative error of L ε.
    assert_close("late and latest", latest, late, 1e-5);
}

#[test]
fn elu_at_its_critical_point_follows_the_jump_of_its_curvature() {
    // With η = σ_w² q J² 2√2/(15π) and ε = 2 η β^{−3/2}, β u L = 1 + ε/√L + O(ln L/L): two depths that differ by four
    // eliminate neither, so the tolerance is the next order with the constants of the problem, of order 10 ln L/L.
    let (weight_var, bias_var, beta, _) = critical("elu", 1.0);
    let eta = weight_var * 2.0 * 2.0_f64.sqrt() / (15.0 * std::f64::consts::PI);
    let epsilon = 2.0 * eta * beta.powf(-1.5);
    assert_close("ε", epsilon, 4.026_62, 1e-5);
    let xx = (1.0 - bias_var) / weight_var;
    let depth = 2_000;
    let l = depth as f64;
    let k = kernel(&network("elu", depth, weight_var, bias_var), xx, xx, 1.0);
    let curvature = beta * k.gap.to_f64() * l - 1.0;
    assert!((curvature - epsilon / l.sqrt()).abs() < 10.0 * l.ln() / l, "{curvature}");
    let ratio = k.ntk[2].to_f64() / l - 1.0 / 3.0;
    assert!((ratio + 0.1 * epsilon / l.sqrt()).abs() < 3.0 * l.ln() / l, "{ratio}");
    assert_close("diagonal", k.ntk[0].to_f64(), l, 1e-10);
}
