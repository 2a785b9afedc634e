//! Inputs at the edge of what is allowed, and beyond.

use fathom_ntk::Architecture;
use fathom_ntk::moments::first_order::{
    FirstOrderError, NoCrossing, NoMovement, chaotic_slope, first_order, half_stable_point, per_layer, relu_crossing,
    width_for,
};
use fathom_ntk::spec::{ArchitectureSpec, Biases, Parameterization, PerLayer, WeightLaw};

use crate::{activation, apart, network};

#[test]
fn refuses_what_has_no_first_order_and_says_why() {
    let relu = network("relu", "4,8,1", 2.0, 0.0);
    assert_eq!(first_order(&relu, 0.0).unwrap_err(), FirstOrderError::ZeroKernel { layer: 1 });
    assert_eq!(first_order(&relu, -1.0).unwrap_err(), FirstOrderError::SquaredNorm { got: -1.0 });
    assert!(matches!(first_order(&relu, f64::NAN), Err(FirstOrderError::SquaredNorm { .. })));
    let uniform = ArchitectureSpec { weight_law: Some(WeightLaw::Uniform), ..relu.to_spec() };
    let error = per_layer(&Architecture::try_from(uniform).unwrap(), 1.0).unwrap_err();
    assert_eq!(error, FirstOrderError::WeightLaw { got: WeightLaw::Uniform });
    let infinite = ArchitectureSpec { depth: Some(3), ..Default::default() };
    let infinite = Architecture::try_from(infinite).unwrap();
    assert_eq!(first_order(&infinite, 1.0).unwrap_err(), FirstOrderError::InfiniteWidth);
    assert_eq!(width_for(&relu, 1.0, 0.0).unwrap_err(), FirstOrderError::Tolerance { got: 0.0 });
    assert_eq!(width_for(&relu, 1.0, 1e-9).unwrap_err(), FirstOrderError::TooWide { eps: 1e-9 });
    let tanh = activation("tanh");
    assert!(matches!(chaotic_slope(&tanh, 2.0, 0.0, 5.0), Err(FirstOrderError::NotFixedPoint { .. })));
    assert!(matches!(chaotic_slope(&tanh, 2.0, -0.1, 5.0), Err(FirstOrderError::Variance { .. })));
    let linear = activation("linear");
    assert_eq!(chaotic_slope(&linear, 1.0, 0.0, 5.0), Err(FirstOrderError::UnstableFixedPoint { slope: 1.0 }));
    for name in ["relu", "linear", "erf"] {
        assert!(matches!(half_stable_point(&activation(name)), Err(FirstOrderError::NoHalfStablePoint { .. })));
    }
}

#[test]
fn a_kinked_activation_has_no_smooth_movement() {
    let o = first_order(&network("hard-tanh", "4,8,8,1", 1.5, 0.1), 4.0).unwrap();
    assert_eq!(o.movement.err(), Some(NoMovement::Kinked));
    assert!(o.formal_movement.is_none() && o.movement_tensors.is_none() && o.relative_variance > 0.0);
    let two = first_order(&network("tanh", "4,8,8,2", 1.5, 0.1), 4.0).unwrap();
    assert_eq!(two.movement.err(), Some(NoMovement::SeveralOutputs));
}

#[test]
fn sign_changes_are_given_only_where_established() {
    let crossing = |arch: &Architecture| match relu_crossing(arch, 4.0) {
        Err(FirstOrderError::NoCrossing(reason)) => Some(reason),
        result => result.map(|_| None).unwrap(),
    };
    assert_eq!(crossing(&network("relu", "4,8,8,1", 2.0, 0.0)), None);
    assert_eq!(crossing(&network("relu", "4,8,9,1", 2.0, 0.0)), Some(NoCrossing::UnequalWidths));
    assert_eq!(crossing(&network("relu", "4,8,8,1", 1.9, 0.0)), Some(NoCrossing::WeightVar));
    assert_eq!(crossing(&network("relu", "4,8,8,1", 2.0, 0.1)), Some(NoCrossing::Biases));
    assert_eq!(crossing(&network("relu", "4,8,8,2", 2.0, 0.0)), Some(NoCrossing::SeveralOutputs));
    assert_eq!(crossing(&network("abs", "4,8,8,1", 2.0, 0.0)), Some(NoCrossing::NotRelu));
    let with = |parameterization, biases| {
        let spec = network("relu", "4,8,8,1", 2.0, 0.0).to_spec();
        let spec = ArchitectureSpec { parameterization: Some(parameterization), biases: Some(biases), ..spec };
        crossing(&Architecture::try_from(spec).unwrap())
    };
    assert_eq!(with(Parameterization::HaninNica, Biases::ZeroInit), Some(NoCrossing::Biases));
    assert_eq!(with(Parameterization::Standard, Biases::None), Some(NoCrossing::Parameterization));
}

#[test]
fn one_layer_does_not_fluctuate_or_move() {
    let o = first_order(&network("tanh", "4,1", 1.5, 0.1), 4.0).unwrap();
    assert!((o.ntk.to_f64() - 1.6).abs() < 1e-15);
    assert_eq!((o.relative_variance, o.relative_mean_shift), (0.0, 0.0));
    assert_eq!(o.movement.unwrap().rms_step(1.0, 1.0).to_f64(), 0.0);
    assert!(per_layer(&network("tanh", "4,1", 1.5, 0.1), 4.0).unwrap().variance.is_empty());
    assert_eq!(width_for(&network("tanh", "4,1", 1.5, 0.1), 4.0, 0.1).unwrap().width, 1);
}

#[test]
fn results_serialise_with_reasons_in_place_of_missing_numbers() {
    let o = first_order(&network("relu", "4,8,9,1", 2.0, 0.0), 4.0).unwrap();
    let json = serde_json::to_value(&o).unwrap();
    assert!(json["movement"]["not_available"].as_str().unwrap().contains("kink"));
    assert!(json["formal_movement"]["crossing"]["not_available"].as_str().unwrap().contains("equal hidden widths"));
    assert_eq!(json["tensors"]["t1"]["value"], 0.0);
    assert_eq!(json["reliability"]["statistics"], "beyond");
}

/// With $n_{l-1}/\sigma_{w,l}^2 = s$ in every layer and untrained biases, the standard parameterization is the NTK
/// parameterization with all learning rates times $s$: each Θ gains a factor $s$, each $dH$ a factor $s^2$, each second
/// variation $s^3$. This pins every place where α enters the recursions. The factors are no powers of two, so rounding
/// errors differ.
#[test]
fn a_common_factor_of_all_learning_rates_scales_every_moment() {
    let s = 20.0_f64;
    let with = |parameterization, name: &str| {
        let spec = ArchitectureSpec {
            widths: Some("20,40,30,50,1".parse().unwrap()),
            activation: Some(activation(name)),
            weight_var: Some(PerLayer::Layers(vec![1.0, 2.0, 1.5, 2.5])),
            bias_var: Some(PerLayer::Uniform(0.2)),
            biases: Some(Biases::Untrained),
            parameterization: Some(parameterization),
            ..Default::default()
        };
        Architecture::try_from(spec).unwrap()
    };
    for name in ["gelu", "tanh", "relu"] {
        let [ntk, standard] = [Parameterization::Ntk, Parameterization::Standard].map(|p| with(p, name));
        let (one, other) = (first_order(&ntk, 20.0).unwrap(), first_order(&standard, 20.0).unwrap());
        let (t, u) = (&one.tensors, &other.tensors);
        let (m, n) = (one.movement_tensors.unwrap(), other.movement_tensors.unwrap());
        let pairs = [
            (t.ntk, u.ntk, 1),
            (t.v, u.v, 0),
            (t.d, u.d, 1),
            (t.a, u.a, 2),
            (t.f, u.f, 1),
            (t.b, u.b, 2),
            (t.t1, u.t1, 1),
            (m.p, n.p, 2),
            (m.q, n.q, 2),
            (m.r, n.r, 3),
            (m.s, n.s, 3),
            (m.t, n.t, 3),
            (m.u, n.u, 3),
            (m.aa, n.aa, 4),
            (m.ax, n.ax, 3),
            (m.ae, n.ae, 4),
            (m.xx, n.xx, 2),
            (m.xe, n.xe, 3),
            (m.ee, n.ee, 4),
            (m.i_sum, n.i_sum, 4),
            (m.ii_sum, n.ii_sum, 4),
        ];
        for (i, (small, large, power)) in pairs.into_iter().enumerate() {
            assert!(apart(large.to_f64(), small.to_f64() * s.powi(power)) < 1e-12, "{name}, tensor {i}");
        }
        let [c, d] = [&ntk, &standard].map(|arch| per_layer(arch, 20.0).unwrap());
        for l in 0..3 {
            assert!(apart(d.variance[l].to_f64(), c.variance[l].to_f64() * s * s) < 1e-12);
            assert!(apart(d.mean_shift[l].to_f64(), c.mean_shift[l].to_f64() * s) < 1e-12);
        }
    }
}
