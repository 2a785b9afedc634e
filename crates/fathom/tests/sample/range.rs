//! Inputs near the ends of the range of `f64`.

use fathom_ntk::Scaled;
use fathom_ntk::sample::{Draw, Method, SampleError};

use crate::{network, observe, sampler};

const X: [f64; 6] = [1.0, -0.5, 0.3, 0.2, 0.9, -1.1];

fn scaled_by(factor: f64) -> Vec<f64> {
    X.iter().map(|x| x * factor).collect()
}

fn entries(draw: &Draw) -> Vec<Scaled> {
    let rows = (0..draw.outputs()).flat_map(|c| (0..draw.inputs()).map(move |a| (c, a))).collect::<Vec<_>>();
    rows.iter().flat_map(|p| rows.iter().map(move |q| draw.ntk(*p, *q))).collect()
}

const HOMOGENEOUS: [&str; 4] = [
    "widths = '3,6,5,2'",
    "widths = '3,6,5,2'\nactivation = 'leaky-relu:0.1'",
    "widths = '3,6,5,2'\nactivation = 'linear'\nparameterization = 'standard'\nbiases = 'none'",
    "widths = '3,6,5,2'\nactivation = 'abs'\nbiases = 'none'",
];

/// Θ is of degree 2 in the inputs: a power of two changes exponents only.
#[test]
fn a_power_of_two_on_the_inputs_of_a_homogeneous_network_is_exact() {
    for toml in HOMOGENEOUS {
        for method in [Method::Projected, Method::Direct] {
            for (factor, exponent) in [(2.0_f64.powi(600), 1200), (2.0_f64.powi(-900), -1800)] {
                let arch = network(toml);
                let plain = observe(&sampler(&arch, &X, method), 1, 10, entries).concat();
                let scaled = observe(&sampler(&arch, &scaled_by(factor), method), 1, 10, entries).concat();
                for (plain, scaled) in plain.into_iter().zip(scaled) {
                    assert_eq!(plain.times_power_of_two(exponent), scaled, "{toml} {method}");
                }
            }
        }
    }
    let arch = network("widths = '3,6,5,1'");
    let one = |x: &[f64]| observe(&sampler(&arch, x, Method::Chain), 1, 10, |draw| draw.ntk((0, 0), (0, 0)));
    for (plain, scaled) in one(&X[..3]).into_iter().zip(one(&scaled_by(2.0_f64.powi(600))[..3])) {
        assert_eq!(plain.times_power_of_two(1200), scaled);
    }
}

/// Other factors round the inputs; what follows amplifies that by the condition of sums of some ten terms. The projected
/// sampler at one input and one output only: with more, signals or gradients may be parallel (those of linear networks
/// are), and then rounding decides how it completes a basis, which changes the draw but not its law.
#[test]
fn any_factor_on_the_inputs_of_a_homogeneous_network_scales_the_ntk() {
    let square = Scaled::from(1e-200) * Scaled::from(1e-200);
    for toml in HOMOGENEOUS {
        for (method, widths, features) in [(Method::Projected, "3,6,5,1", 3), (Method::Direct, "3,6,5,2", 6)] {
            let arch = network(&toml.replace("3,6,5,2", widths));
            let at = |x: &[f64]| observe(&sampler(&arch, &x[..features], method), 1, 10, entries);
            for (plain, scaled) in at(&X).into_iter().zip(at(&scaled_by(1e-200))) {
                let largest = plain.iter().fold(Scaled::ZERO, |m, t| m.max(t.abs()));
                for (plain, scaled) in plain.into_iter().zip(scaled) {
                    let apart = (scaled / square - plain).abs();
                    assert!(apart <= largest * 1e-12, "{toml} {method}: {apart:?} of {largest:?}");
                }
            }
        }
    }
}

/// With biases a tiny input is as good as none, and a huge one drowns them; neither is an error.
#[test]
fn homogeneous_networks_with_biases_take_inputs_of_any_size() {
    for method in [Method::Projected, Method::Direct] {
        let arch = network("widths = '3,6,5,1'\nbias_var = 0.3");
        let at = |x: &[f64]| observe(&sampler(&arch, x, method), 1, 50, entries);
        for (tiny, more) in at(&scaled_by(1e-200)).into_iter().zip(at(&scaled_by(1e-310))) {
            for (tiny, more) in tiny.into_iter().zip(more) {
                assert!(tiny.is_finite() && tiny > Scaled::ZERO, "{method}: {tiny:?}");
                assert!((tiny - more).abs() <= tiny * 1e-12, "{method}: {tiny:?} {more:?}");
            }
        }
        for huge in at(&scaled_by(1e305)).into_iter().flatten() {
            assert!(huge.is_finite(), "{method}: {huge:?}");
        }
    }
}

/// tanh at a tiny input is linear: Θ and the outputs are those of a linear network, however far below `f64` Θ is.
#[test]
fn smooth_networks_of_tiny_signals_are_linear() {
    let rest = "widths = '3,6,5,4,2'\nweight_var = 0.5\nbiases = 'none'";
    for method in [Method::Projected, Method::Direct] {
        for factor in [2.0_f64.powi(-100), 2.0_f64.powi(-560), 2.0_f64.powi(-900)] {
            let at = |activation: &str| {
                let arch = network(&format!("{rest}\nactivation = '{activation}'"));
                let read = |draw: &Draw| (entries(draw), draw.output(1, 1));
                observe(&sampler(&arch, &scaled_by(factor), method), 1, 10, read)
            };
            for ((smooth, f), (linear, g)) in at("tanh").into_iter().zip(at("linear")) {
                let largest = linear.iter().fold(Scaled::ZERO, |m, t| m.max(t.abs()));
                assert!(((f - g) / g).abs().to_f64() < 1e-10, "{method} {factor:e}: {f:?} {g:?}");
                for (smooth, linear) in smooth.into_iter().zip(linear) {
                    assert!(((smooth - linear) / largest).abs().to_f64() < 1e-12, "{method} {factor:e}");
                }
            }
        }
    }
}

/// An input that is much smaller than another one does not feel it.
#[test]
fn inputs_of_very_different_sizes_keep_their_own_law() {
    let arch = network("widths = '3,6,5,1'\nactivation = 'tanh'\nbiases = 'none'\nweight_var = 1");
    let (small, large) = (1e-170, 1.0);
    let inputs = [large, -0.5 * large, 0.3, small, 0.5 * small, -small];
    for method in [Method::Projected, Method::Direct] {
        let mean = |x: &[f64], a: usize| {
            let drawn = observe(&sampler(&arch, x, method), 3, 20_000, |draw| {
                (draw.output(0, a) * Scaled::from(1e170)).to_f64().powi(2)
            });
            crate::mean(drawn)
        };
        // f at a tiny input is a linear network's: E f² = |x|²/n₀.
        let expected = (1.0 + 0.25 + 1.0) / 3.0;
        crate::agrees("f² of the small input alone", mean(&inputs[3..], 0), expected, expected, 0.05);
        let (together, error) = mean(&inputs, 1);
        // In company it is only smaller: slopes are those of its own layers, but the pattern is shared by none.
        crate::agrees("f² in company", (together, error), expected, expected, 0.05);
    }
}

/// What grows beyond `f64` without being homogeneous is an error, never NaN or infinite.
#[test]
fn signals_beyond_the_range_are_an_error() {
    let growing = network("widths = '3,8x12,1'\nactivation = 'rectified-power:3'");
    let huge = scaled_by(1e150);
    for method in [Method::Projected, Method::Direct] {
        let sampler = sampler(&growing, &huge, method);
        let mut worker = sampler.worker();
        for i in 0..50 {
            match worker.draw(1, i) {
                Err(SampleError::Overflow { layer }) => assert!((1..=13).contains(&layer)),
                Ok(draw) => assert!(entries(draw).iter().all(|t| t.is_finite())),
                Err(other) => panic!("{other}"),
            }
        }
        let message = (0..50).find_map(|i| worker.draw(1, i).err()).unwrap().to_string();
        assert!(message.contains("are not finite at layer"), "{message}");
    }
}

#[test]
fn large_signals_give_finite_numbers_or_an_error() {
    for activation in ["gelu", "softplus", "elu", "silu", "tanh", "softsign"] {
        for factor in [1e80, 1e155, 1e200, 1e300, 1e307] {
            for bias in ["bias_var = 0.2", "biases = 'none'\nweight_var = 5"] {
                let arch = network(&format!("widths = '3,8,7,2'\nactivation = '{activation}'\n{bias}"));
                for method in [Method::Projected, Method::Direct] {
                    let sampler = sampler(&arch, &scaled_by(factor), method);
                    let mut worker = sampler.worker();
                    for i in 0..20 {
                        let Ok(draw) = worker.draw(1, i) else { continue };
                        let outputs = (0..2).map(|a| draw.output(1, a));
                        let layers = (1..=3).map(|l| draw.layer(l));
                        let all = entries(draw).into_iter().chain(outputs).chain(layers);
                        assert!(all.into_iter().all(Scaled::is_finite), "{activation} {factor:e} {method}");
                    }
                }
            }
        }
    }
}
