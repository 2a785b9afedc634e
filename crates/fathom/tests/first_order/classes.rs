//! Whole classes of networks: critical, half-stable, chaotic; great depth.

use fathom_ntk::moments::first_order::{
    HalfStablePoint, Trust, chaotic_slope, first_order, half_stable_point, per_layer, width_for,
};
use serde_json::Value;

use crate::{activation, apart, network};

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/one-over-n.json")).unwrap()
}

fn text(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str().and_then(|s| s.parse().ok())).unwrap()
}

#[test]
fn half_stable_points_agree_to_twelve_digits() {
    for (name, expected) in golden()["half_stable_points"].as_object().unwrap() {
        let HalfStablePoint { weight_var, bias_var, nngp } = half_stable_point(&activation(name)).unwrap();
        assert!(apart(weight_var, text(&expected["c"])) < 1e-13);
        // K* is the root of ⟨φφ″⟩, which is known to 1e-16 and has slope 0.01; the bias variance is K* − c⟨φ²⟩.
        assert!(apart(bias_var, text(&expected["beta"])) < 1e-11, "{bias_var}");
        assert!(apart(nngp, text(&expected["Kstar"])) < 1e-12, "{nngp}");
    }
    let gelu = half_stable_point(&activation("gelu")).unwrap();
    assert!(apart(gelu.nngp, (3.0 + 17_f64.sqrt()) / 2.0) < 1e-12);
}

/// The fixed point is the kernel of a deep network; the growth of the recursion at depth 5,000 is the slope.
#[test]
fn chaotic_slopes_agree_and_are_what_the_recursion_does() {
    for case in golden()["chaotic_slopes"].as_array().unwrap() {
        let (name, c, b) = (case["activation"].as_str().unwrap(), text(&case["sw2"]), text(&case["sb2"]));
        let deep = |depth: usize| first_order(&network(name, &format!("1,1x{},1", depth - 1), c, b), 1.0).unwrap();
        let (from, to) = (deep(3_000), deep(5_000));
        let slope = chaotic_slope(&activation(name), c, b, to.nngp.to_f64()).unwrap();
        // Printed to 14 digits.
        assert!(apart(slope, text(&case["SL"])) < 1e-12, "{slope}");
        // Rounding errors of relative variances of 2e4, over a difference of 8e3.
        assert!(apart((to.relative_variance - from.relative_variance) / 2_000.0, slope) < 1e-10);
        assert!(to.ntk.ln() > 100.0 && to.reliability.statistics == Trust::Beyond);
    }
}

#[test]
fn tanh_at_the_edge_of_chaos_follows_the_table_of_its_class() {
    let at = |depth: usize| first_order(&network("tanh", &format!("1,1x{},1", depth - 1), 1.0, 0.0), 1.0).unwrap();
    for (depth, expected) in [(2, 0.936), (5, 3.022), (10, 6.375), (20, 13.09), (50, 33.21), (100, 66.67)] {
        // The table has four digits.
        assert!(apart(at(depth).relative_variance, expected) < 5e-4, "L = {depth}");
    }
    // Limits (2/3) L, −(1/4) L, −(1/12) L and −(1/6) L², with relative corrections of order ln L / L.
    let (depth, deep) = (800.0, at(800));
    let movement = deep.movement.unwrap();
    let (theta, close) = (deep.ntk.to_f64(), 0.02);
    assert!(apart(deep.relative_variance / depth, 2.0 / 3.0) < close);
    assert!(apart(deep.kernel_dispersion / depth, 2.0 / 3.0) < close);
    assert!(apart(deep.ntk_mean_shift.to_f64() / theta / depth, -0.25) < close);
    assert!(apart(movement.mean_gradient.to_f64() / theta.powi(2) / depth, -1.0 / 12.0) < close);
    assert!(apart(movement.mean_curvature.to_f64() / theta.powi(2) / depth.powi(2), -1.0 / 6.0) < close);
    assert!(apart(theta, 0.5) < 0.02 && apart(deep.nngp.to_f64() * depth, 0.5) < 0.02);
}

#[test]
fn gelu_at_its_half_stable_point_follows_the_published_depths() {
    let HalfStablePoint { weight_var, bias_var, nngp } = half_stable_point(&activation("gelu")).unwrap();
    let input = (nngp - bias_var) / weight_var;
    for (depth, expected) in [(20, 100.3), (40, 299.1)] {
        let arch = network("gelu", &format!("1,1x{},1", depth - 1), weight_var, bias_var);
        let o = first_order(&arch, input).unwrap();
        assert!(apart(o.relative_variance, expected) < 5e-4);
        assert!(apart(o.ntk.to_f64(), nngp * f64::from(depth)) < 1e-10);
    }
}

#[test]
fn depth_one_hundred_thousand_stays_in_range() {
    // relu far from criticality: n Var/E² = (L − 1)(11 L − 4)/(3 L) for every weight variance without biases.
    for weight_var in [1.0, 2.0, 3.0] {
        let o = first_order(&network("relu", "1,1x99999,1", weight_var, 0.0), 1.0).unwrap();
        let depth = 1e5;
        let exact = (depth - 1.0) * (11.0 * depth - 4.0) / (3.0 * depth);
        // 1e5 roundings in sums of positive terms.
        assert!(apart(o.relative_variance, exact) < 1e-10, "{weight_var}: {}", o.relative_variance);
        let log = (depth.ln() + weight_var.ln()) + (depth - 1.0) * (0.5 * weight_var).ln();
        assert!((o.ntk.ln() - log).abs() < 1e-9);
    }
    let chaotic = network("tanh", "1,1x99999,1", 2.0, 0.05);
    let o = first_order(&chaotic, 1.0).unwrap();
    assert!(o.ntk.to_f64().is_infinite() && o.relative_variance.is_finite());
    let costs = per_layer(&chaotic, 1.0).unwrap();
    let sum = costs.variance.iter().fold(0.0, |sum, &c| sum + (c / (o.ntk * o.ntk)).to_f64());
    assert!(apart(sum, o.relative_variance) < 1e-9);
}

#[test]
fn width_advice_meets_the_tolerance_and_no_smaller_width_does() {
    use fathom_ntk::Architecture;
    use fathom_ntk::spec::{ArchitectureSpec, Parameterization};
    for parameterization in [Parameterization::Ntk, Parameterization::Standard] {
        for name in ["tanh", "gelu"] {
            let base = network(name, "5,10x4,1", 1.7, 0.1).to_spec();
            let arch = Architecture::try_from(ArchitectureSpec { parameterization: Some(parameterization), ..base });
            let arch = arch.unwrap();
            let advice = width_for(&arch, 4.0, 0.2).unwrap();
            assert_eq!(advice.width, advice.spread.max(advice.mean));
            let at = |n: u64| {
                let widths = format!("5,{n}x4,1").parse().unwrap();
                first_order(&arch.with_widths(widths).unwrap(), 4.0).unwrap()
            };
            let variance = |n| at(n).relative_variance;
            let resummed = 0.2_f64.powi(2).ln_1p();
            assert!(variance(advice.spread) <= resummed && variance(advice.spread - 1) > resummed, "{advice:?}");
            assert!(variance(advice.spread_plain) <= 0.04 && variance(advice.spread_plain - 1) > 0.04);
            assert!(at(advice.mean).relative_mean_shift <= 0.2);
            assert!(advice.mean == 1 || at(advice.mean - 1).relative_mean_shift > 0.2);
        }
    }
}
