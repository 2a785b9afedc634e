//! Means and second moments of relu networks against the exact ones.

use fathom_ntk::Architecture;
use fathom_ntk::moments::{InputNorm, relu_moments};
use fathom_ntk::sample::{Draw, Method};

use crate::{agrees, mean, network, observe, sampler, theta};

const DRAWS: u64 = 60_000;
/// Concentrated, so that the fourth moment of the weights counts in the first layer.
const X: [f64; 4] = [1.5, 0.2, -0.1, 0.4];

/// Compares mean and second moments; their standard errors are at most `noise` of them.
#[track_caller]
fn compare(arch: &Architecture, x: &[f64], method: Method, noise: f64) {
    let exact = relu_moments(&arch.constants().unwrap(), &InputNorm::of(x).unwrap()).unwrap();
    let drawn = observe(&sampler(arch, x, method), 31, DRAWS, |draw| {
        let at = |c, d| draw.ntk((c, 0), (d, 0)).to_f64();
        let last = draw.outputs() - 1;
        let trace: f64 = (0..=last).map(|c| at(c, c)).sum();
        [at(0, 0), at(last, last), at(0, last), trace]
    });
    let of = |read: fn(&[f64; 4]) -> f64| mean(drawn.iter().map(read));
    let check = |what: &str, got, expected: f64| agrees(&format!("{method}: {what}"), got, expected, expected, noise);
    check("mean", of(|t| t[0]), exact.mean.to_f64());
    check("second moment", of(|t| t[0] * t[0]), exact.second_moment.to_f64());
    if let Some(outputs) = exact.outputs {
        check("diagonal product", of(|t| t[0] * t[1]), outputs.diagonal_product.to_f64());
        check("off-diagonal square", of(|t| t[2] * t[2]), outputs.off_diagonal_square.to_f64());
        check("trace", of(|t| t[3]), outputs.trace_mean.to_f64());
        check("trace squared", of(|t| t[3] * t[3]), outputs.trace_second_moment.to_f64());
    }
}

#[test]
fn all_samplers_have_the_exact_moments_with_one_output() {
    for toml in [
        "widths = '4,6,5,8,1'",
        "widths = '4,7,5,1'\nweight_var = [1, 3, 2]\nbias_var = [0.3, 0.1, 0.4]",
        // Silent layers have a probability of a quarter.
        "widths = '4,3,2,6,1'\nbiases = 'zero-init'",
        "widths = '4,7,5,1'\nparameterization = 'standard'\nbias_var = 0.2",
    ] {
        for method in [Method::Chain, Method::Projected, Method::Direct] {
            compare(&network(toml), &X, method, 0.05);
        }
    }
}

#[test]
fn both_samplers_have_the_exact_moments_with_several_outputs() {
    for toml in ["widths = '4,6,5,3'", "widths = '4,6,5,2'\nbias_var = 0.3\nweight_var = 1.5"] {
        for method in [Method::Projected, Method::Direct] {
            compare(&network(toml), &X, method, 0.03);
        }
    }
}

/// The kurtosis shows: with the wrong law the second moments would be off by far more than the noise.
#[test]
fn other_laws_have_the_exact_moments() {
    let moment = |law: &str| {
        let arch = network(&format!("widths = '4,6,5,2'\nbias_var = 0.2\nweight_law = '{law}'"));
        relu_moments(&arch.constants().unwrap(), &InputNorm::of(&X).unwrap()).unwrap().second_moment.to_f64()
    };
    for law in ["uniform", "laplace", "fourth-moment:5.762"] {
        assert!((moment(law) / moment("gaussian") - 1.0).abs() > 0.2, "{law}");
        compare(
            &network(&format!("widths = '4,6,5,2'\nbias_var = 0.2\nweight_law = '{law}'")),
            &X,
            Method::Direct,
            0.05,
        );
    }
    compare(&network("widths = '4,6,5,1'\nweight_law = 'uniform'"), &X, Method::Direct, 0.03);
}

/// Each weight layer contributes $E\Theta/L$ on average, and all together make Θ.
#[test]
fn contributions_of_the_layers_sum_to_the_ntk_and_have_equal_means_without_biases() {
    let x = [1.0, 1.0, -1.0];
    for (toml, methods) in [
        ("widths = '3,8,6,10,1'", &[Method::Chain, Method::Projected, Method::Direct][..]),
        ("widths = '3,8,6,10,2'\nweight_var = 1.5", &[Method::Projected, Method::Direct]),
    ] {
        let arch = network(toml);
        // 2 L |x|²/n₀ at σ² = 2; each layer halves and multiplies by σ².
        let each = arch.weight_var(1) * (arch.weight_var(1) / 2.0).powi(3);
        for method in methods {
            let drawn = observe(&sampler(&arch, &x, *method), 37, DRAWS, |draw| layers(draw, 4));
            for l in 0..4 {
                agrees(&format!("layer {l}"), mean(drawn.iter().map(|d| d[l])), each, each, 0.01);
            }
        }
    }
    for toml in ["widths = '3,4,5,2'\nactivation = 'tanh'\nbias_var = 0.3", "widths = '3,4,5,1'\nbiases = 'zero-init'"]
    {
        for method in [Method::Projected, Method::Direct] {
            let drawn = observe(&sampler(&network(toml), &x, method), 41, 1000, |draw| layers(draw, 3));
            assert_eq!(drawn.len(), 1000);
        }
    }
}

/// The contributions, after checking their sum.
fn layers(draw: &Draw, depth: usize) -> Vec<f64> {
    let layers: Vec<f64> = (1..=depth).map(|l| draw.layer(l).to_f64()).collect();
    let (sum, total) = (layers.iter().sum::<f64>(), theta(draw, 0, 0));
    assert!((sum - total).abs() <= 1e-13 * total, "{sum} and {total}");
    layers
}

/// Without biases a network is silent, $\Theta = 0$, exactly if all neurons of a layer are (each is with probability 1/2).
#[test]
fn networks_fall_silent_as_often_as_a_whole_layer_does() {
    let arch = network("widths = '4,2,3,4,1'");
    let silent = 1.0 - (1.0 - 0.25) * (1.0 - 0.125) * (1.0 - 0.0625);
    for method in [Method::Chain, Method::Projected, Method::Direct] {
        let drawn =
            observe(&sampler(&arch, &X, method), 43, DRAWS, |draw| f64::from(u8::from(theta(draw, 0, 0) == 0.0)));
        agrees(&format!("{method}: silent"), mean(drawn), silent, silent, 0.01);
    }
}
