//! Against a table of an independent implementation (the theory columns of the verification record in docs/theory, each
//! agreeing with sampled networks), and the whole catalogue.

use fathom_ntk::activation::{Activation, Regularity};
use fathom_ntk::moments::first_order::{FirstOrder, FirstOrderError, first_order, half_stable_point};

use crate::{apart, network};

fn at(name: &str, depth: usize, weight_var: f64, bias_var: f64) -> FirstOrder {
    first_order(&network(name, &format!("1,1x{},1", depth - 1), weight_var, bias_var), 1.0).unwrap()
}

/// Every number of the table has four digits, so it is off by up to half a unit in the fourth.
const FOUR_DIGITS: f64 = 5e-4;

#[test]
fn variances_and_movements_agree_with_the_table() {
    for (name, depth, c, b, variance, gradient, curvature) in [
        ("tanh", 5, 1.0, 0.0, 1.4940, -0.2824, Some(-3.649)),
        ("tanh", 4, 2.0, 0.05, 57.47, -20.22, Some(-322.4)),
        ("erf", 5, 1.2, 0.1, 17.09, f64::NAN, Some(-83.3)),
        ("sigmoid", 5, 6.0, 0.1, 3.577, 1.702, None),
        ("gelu", 4, 2.0, 0.0, 623.5, 171.5, None),
    ] {
        let o = at(name, depth, c, b);
        let movement = o.movement.unwrap();
        assert!(apart(o.ntk_variance.to_f64(), variance) < FOUR_DIGITS, "{name}");
        assert!(gradient.is_nan() || apart(movement.mean_gradient.to_f64(), gradient) < FOUR_DIGITS, "{name}");
        let got = movement.mean_curvature.to_f64();
        assert!(curvature.is_none_or(|d| apart(got, d) < 2.0 * FOUR_DIGITS), "{name} D: {got}");
    }
    assert!(apart(at("sin", 4, 1.0, 0.1).ntk_variance.to_f64(), 2.689) < FOUR_DIGITS);
    assert!(apart(at("tanh", 6, 0.7, 0.2).ntk_variance.to_f64(), 0.2904) < FOUR_DIGITS);
    assert!(apart(at("sigmoid", 5, 6.0, 0.1).cov_ntk_output_sq.to_f64(), 4.590) < FOUR_DIGITS);
}

#[test]
fn mean_shifts_agree_with_the_table() {
    for (name, depth, c, b, k1, v, t1) in [
        ("tanh", 10, 1.0, 0.0, -0.1071, 0.01859, -0.6948),
        ("tanh", 10, 2.0, 0.05, -0.2353, 0.4339, 7.247),
        ("erf", 5, 1.2, 0.1, -0.0833, 0.1620, -0.1149),
        ("sigmoid", 5, 6.0, 0.1, -0.0677, 2.661, -0.2146),
        ("gelu", 4, 2.0, 0.0, 0.4514, 49.87, 0.882),
        ("swish", 5, 1.9, 0.0, 2.450, 8.397, 14.985),
    ] {
        let o = at(name, depth, c, b);
        for (got, expected) in [(o.nngp_mean_shift, k1), (o.kernel_variance, v), (o.ntk_mean_shift, t1)] {
            // Three digits in places.
            assert!(apart(got.to_f64(), expected) < 1.2e-3, "{name}: {got:?} {expected}");
        }
    }
}

#[test]
fn squares_of_movements_agree_with_the_table() {
    let gelu = half_stable_point(&"gelu".parse().unwrap()).unwrap();
    for (name, depth, c, b, square) in [
        ("tanh", 4, 1.5, 0.1, 666.4),
        ("gelu", 4, gelu.weight_var, gelu.bias_var, 1.881e5),
        ("erf", 5, 1.2, 0.1, 1342.8),
        ("sigmoid", 4, 6.0, 0.1, 14.64),
    ] {
        let movement = at(name, depth, c, b).movement.unwrap();
        assert!(apart(4.0 * movement.dh_squared.to_f64(), square) < FOUR_DIGITS, "{name}");
    }
    // E[z² (2 dH)²] = 4 (K E dH² + 2 (p + 2q)²); rms_step at y = 0 is its root times η.
    for (name, c, b, square) in [("tanh", 1.5, 0.1, 512.4), ("sigmoid", 6.0, 0.1, 53.95)] {
        let rms = at(name, 4, c, b).movement.unwrap().rms_step(0.1, 0.0).to_f64();
        assert!(apart(rms * rms, 0.01 * square) < FOUR_DIGITS, "{name}");
    }
    // n E ΔΘ at widths 128: the smooth first and second order in η.
    let mean = |eta: f64, y: f64| at("tanh", 4, 1.5, 0.1).movement.unwrap().mean_step(eta, y).to_f64();
    for (eta, y, expected) in [(0.05, 0.0, 0.334), (0.05, 1.0, 0.209), (0.2, 0.0, 0.479), (0.2, 1.0, -1.52)] {
        assert!((mean(eta, y) - expected).abs() < 0.006, "{eta} {y}: {}", mean(eta, y));
    }
}

/// Variances of squares are not negative, |Cov| ≤ √(Var Var), and everything is a number, for every activation with an NTK
/// and preactivations from 1e-6 to 1e6.
#[test]
fn the_whole_catalogue_gives_admissible_moments_or_says_why_not() {
    for entry in Activation::catalogue() {
        let Ok(phi) = entry.name.parse::<Activation>() else { continue };
        for sq_norm in [1e-6, 1e-2, 1.0, 1e2, 1e6] {
            match first_order(&network(entry.name, "1,30,20,30,1", 1.0, 0.0), sq_norm) {
                Err(FirstOrderError::NoNtk { .. }) => assert_eq!(phi.regularity(), Regularity::Discontinuous),
                Err(error) => assert!(matches!(error, FirstOrderError::NotFinite { .. }), "{phi}: {error}"),
                Ok(o) => {
                    let what = format!("{phi} at {sq_norm}: {:?}", o.tensors);
                    let t = &o.tensors;
                    let rounding = 1e-12 * o.ntk.to_f64().powi(2);
                    assert!(t.v.to_f64() >= 0.0 && t.a.to_f64() >= -rounding && t.b.to_f64() >= 0.0, "{what}");
                    let bound = (t.v * t.a).to_f64().max(0.0).sqrt() + rounding;
                    assert!(t.d.to_f64().abs() <= bound * (1.0 + 1e-9), "{what}");
                    assert!(o.relative_variance.is_finite() && o.relative_mean_shift.is_finite(), "{what}");
                    if let Ok(movement) = o.movement {
                        assert!(movement.dh_squared.to_f64() >= 0.0 && movement.mean_curvature.is_finite(), "{what}");
                    }
                }
            }
        }
    }
}
