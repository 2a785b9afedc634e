//! No network and no pair of inputs gives a kernel that is not one.

use fathom_ntk::Scaled;
use fathom_ntk::infinite::{KernelError, PairInput, pair_kernel};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::SAMPLES;

fn any_activation() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..SAMPLES.len()).prop_map(|i| SAMPLES[i].to_string()),
        1 => (-3.0..3.0_f64).prop_map(|a| format!("leaky-relu:{a}")),
        1 => (-3.0..3.0_f64).prop_map(|a| format!("elu:{a}")),
        1 => (2..=8_u32).prop_map(|n| format!("rectified-power:{n}")),
        1 => prop::collection::vec(-2.0..2.0_f64, 2..6).prop_map(|c| {
            let list: Vec<_> = c.iter().map(f64::to_string).collect();
            format!("polynomial:{}", list.join(","))
        }),
    ]
}

fn power_of_ten(range: std::ops::Range<f64>) -> impl Strategy<Value = f64> {
    range.prop_map(|x| 10.0_f64.powf(x))
}

fn any_network() -> impl Strategy<Value = Architecture> {
    let weight = prop_oneof![4 => 0.2..4.0_f64, 1 => power_of_ten(-6.0..6.0)];
    let bias = prop_oneof![2 => Just(0.0), 2 => 0.0..1.0_f64, 1 => power_of_ten(-9.0..6.0)];
    (any_activation(), 1..=40_usize, any::<bool>(), prop::collection::vec((weight, bias), 40)).prop_map(
        |(activation, depth, per_layer, variances)| {
            let list = |f: fn(&(f64, f64)) -> f64| {
                if per_layer {
                    PerLayer::Layers(variances.iter().map(f).take(depth).collect())
                } else {
                    PerLayer::Uniform(f(&variances[0]))
                }
            };
            let spec = ArchitectureSpec {
                depth: Some(depth),
                weight_var: Some(list(|v| v.0)),
                bias_var: Some(list(|v| v.1)),
                activation: Some(activation.parse().unwrap()),
                ..Default::default()
            };
            spec.try_into().unwrap()
        },
    )
}

fn any_pair() -> impl Strategy<Value = PairInput> {
    let norm = || prop_oneof![3 => 0.1..10.0_f64, 2 => power_of_ten(-12.0..12.0), 1 => Just(0.0)];
    let gap =
        prop_oneof![3 => 0.0..=2.0_f64, 2 => power_of_ten(-300.0..0.0), 1 => Just(0.0), 1 => Just(2.0), 1 => Just(1.0)];
    (norm(), norm(), any::<bool>(), gap)
        .prop_map(|(xx, yy, equal, gap)| PairInput::from_gap(xx, if equal { xx } else { yy }, gap).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn kernels_are_finite_and_bounded_by_their_diagonals(arch in any_network(), input in any_pair()) {
        let kernel = match pair_kernel(&arch, &input) {
            Ok(kernel) => kernel,
            Err(KernelError::Diverges { layer, depth, .. }) => {
                prop_assert!((1..=depth).contains(&layer) && depth == arch.depth());
                // Only functions that grow faster than linearly run away.
                prop_assert!(arch.activation().asymptote().is_none(), "{}", arch.activation());
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        for number in kernel.nngp.iter().chain(&kernel.ntk).chain([&kernel.gap, &kernel.ntk_gap]) {
            prop_assert!(number.is_finite(), "{kernel:?}");
        }
        let two = Scaled::from(2.0 * (1.0 + 1e-12));
        prop_assert!(kernel.gap >= Scaled::ZERO && kernel.gap <= two, "{:?}", kernel.gap);
        for [a, b, c] in [kernel.nngp, kernel.ntk] {
            prop_assert!(a >= Scaled::ZERO && b >= Scaled::ZERO);
            prop_assert!(c.abs() <= a.sqrt() * b.sqrt() * (1.0 + 1e-12), "{kernel:?}");
        }
        // Γ ≥ ½(√Θ11 − √Θ22)² ≥ 0 up to rounding of the entries.
        prop_assert!(kernel.ntk_gap >= (kernel.ntk[0] + kernel.ntk[1]) * -1e-12, "{kernel:?}");
        // The gaps are those of the entries.
        let by_entries = (kernel.ntk[0] + kernel.ntk[1]) * 0.5 - kernel.ntk[2];
        let error = (by_entries - kernel.ntk_gap).abs();
        prop_assert!(error <= (kernel.ntk[0] + kernel.ntk[1]) * 1e-10, "{kernel:?}");
    }
}

/// φ(sz) = s²φ(z) for s ≥ 0, so parallel inputs have Θ(x, sx) = s^(2^(L−1)) Θ(x, x), however small s is.
#[test]
fn parallel_inputs_of_a_homogeneous_network_have_their_exact_ntk_at_any_ratio_of_norms() {
    for depth in 1..=4 {
        let arch = super::network("rectified-power:2", depth, 3.8, 0.0);
        for s in [0.5, 1e-2, 1e-3, 1e-5_f64] {
            let kernel = pair_kernel(&arch, &PairInput::from_gap(5e-4, 5e-4 * s * s, 0.0).unwrap()).unwrap();
            let power = s.powi(1 << (depth - 1));
            for [a, _, c] in [kernel.nngp, kernel.ntk] {
                let error = (c / a).to_f64() / power - 1.0;
                assert!(error.abs() < 1e-13, "{depth} {s} {error:e}");
            }
        }
    }
}

#[test]
fn numbers_beyond_any_range_are_errors() {
    let extremes = [
        ("leaky-relu:1e200", 1.0, 1.0),
        ("elu:1e200", 1.0, 1.0),
        ("exp", 1.0, 1e6),
        ("rectified-power:8", 4.0, 1e50),
        ("polynomial:0,0,1e150", 1.0, 1.0),
        ("relu", 1e308, 1e300),
        ("gelu", 1e308, 1e300),
        ("tanh", 1e308, 1e300),
        ("sin", 1e308, 1e300),
        ("softplus", 1e308, 1e308),
    ];
    for (activation, weight_var, xx) in extremes {
        let arch = super::network(activation, 9, weight_var, 0.0);
        for gap in [0.0, 0.5, 2.0] {
            match pair_kernel(&arch, &PairInput::from_gap(xx, 1.0, gap).unwrap()) {
                Ok(k) => {
                    for number in k.nngp.iter().chain(&k.ntk).chain([&k.gap, &k.ntk_gap]) {
                        assert!(number.is_finite(), "{activation}: {k:?}");
                    }
                }
                Err(error) => assert!(matches!(error, KernelError::Diverges { .. }), "{activation}: {error}"),
            }
        }
    }
}
