//! Smooth activations: first order in 1/width against networks drawn at random.

use fathom_ntk::analysis::Phase;
use fathom_ntk::analysis::verdict::{Class, Inputs, Level, Reliability, Threshold, Verdict, VerdictOptions, verdict};

use crate::network::{mean, relative_std, thetas, unit};
use crate::{arch, at_unit};

/// std/mean and mean within 4 standard errors, and `accuracy` for higher orders; known to `noise`.
fn check(toml: &str, n0: usize, draws: usize, accuracy: f64, noise: f64) -> Verdict {
    let arch = arch(toml);
    let verdict = at_unit(&arch);
    let theory = verdict.randomness.as_ref().unwrap();
    let values = thetas(&arch, &unit(n0), draws, 11);
    let (ratio, error) = relative_std(&values);
    let expected = theory.relative_std.to_f64();
    assert!(error < noise * expected, "{ratio} ± {error} is too noisy to tell");
    assert!((ratio - expected).abs() < 4.0 * error + accuracy * expected, "theory {expected}: {ratio} ± {error}");
    let (centre, error) = mean(&values);
    let expected = theory.mean.to_f64();
    // The next term of the mean is of the order of the square of the relative variance.
    let allowed = 4.0 * error + (ratio * ratio + theory.relative_mean_shift).powi(2) * expected;
    assert!((centre - expected).abs() < allowed, "theory {expected}, sampled {centre} ± {error}");
    verdict
}

#[test]
fn tanh_on_the_edge_of_chaos_agrees_with_sampled_networks() {
    let toml = "widths = \"10,100x9,1\"\nactivation = \"tanh\"\nweight_var = 1.7609546396\nbias_var = 0.05";
    let verdict = check(toml, 10, 3_000, 0.05, 0.04);
    // Nine digits of the critical variance leave χ₁ − 1 at some 1e-11.
    assert_eq!(verdict.phase.unwrap().phase, Phase::Critical);
    assert_eq!(verdict.randomness.unwrap().reliability, Reliability::Indicative);
}

#[test]
fn tanh_off_the_edge_of_chaos_agrees_with_sampled_networks() {
    let toml = "widths = \"10,100x7,1\"\nactivation = \"tanh\"\nweight_var = 1.2\nbias_var = 0.05";
    assert_eq!(check(toml, 10, 3_000, 0.05, 0.04).phase.unwrap().phase, Phase::Ordered);
    let toml = "widths = \"10,100x4,1\"\nactivation = \"tanh\"\nweight_var = 2.5\nbias_var = 0.05";
    assert_eq!(check(toml, 10, 3_000, 0.05, 0.04).phase.unwrap().phase, Phase::Chaotic);
}

/// First order says only "at least about that random"; the sample agrees that the kernel is.
#[test]
fn deep_chaotic_tanh_is_outside() {
    let arch = arch("widths = \"10,60x29,1\"\nactivation = \"tanh\"\nweight_var = 4.0\nbias_var = 0.05");
    let verdict = at_unit(&arch);
    assert_eq!(verdict.class, Class::Outside);
    assert_eq!(verdict.phase.as_ref().unwrap().phase, Phase::Chaotic);
    assert_eq!(verdict.randomness.as_ref().unwrap().reliability, Reliability::BeyondFirstOrder);
    assert_eq!(verdict.findings[0].level, Level::Bad);
    let (ratio, error) = relative_std(&thetas(&arch, &unit(10), 1_000, 6));
    // The tail is heavy, so the sample's ratio is biased low; it is beyond the threshold all the same.
    assert!(error < 0.25 * ratio, "{ratio} ± {error}");
    assert!(ratio - 2.0 * error > verdict.options.random.outside, "{ratio} ± {error}");
}

const POPULAR_GELU: &str = "activation = \"gelu\"\nweight_var = 1.98305826\nbias_var = 0.0";

/// n Var/E² ≈ 307 and n t₁/Θ ≈ 84 at L = 12, q = 1 (docs/theory).
#[test]
fn gelu_at_the_popular_variance_is_not_critical_and_beyond_first_order() {
    for width in [100, 300] {
        // Entries of size 1 are q = |x|²/n₀ = 1.
        let verdict = at_unit(&arch(&format!("widths = \"10,{width}x11,1\"\n{POPULAR_GELU}")));
        let phase = verdict.phase.unwrap();
        assert!(matches!(phase.phase, Phase::Ordered | Phase::Collapsing | Phase::Divergent), "{:?}", phase.phase);
        let theory = verdict.randomness.unwrap();
        assert_eq!(theory.reliability, Reliability::BeyondFirstOrder, "{width}");
        // Far beyond r = 1 the variance is no longer resummed; a little beyond, it stays at e − 1.
        let relative_variance = theory.relative_std.to_f64().powi(2);
        let expected = (307.0 / f64::from(width)).max(1.0_f64.exp_m1());
        assert!((relative_variance / expected - 1.0).abs() < 1.0 / 307.0, "{relative_variance} {expected}");
        assert_ne!(verdict.class, Class::InRegime);
    }
}

#[test]
fn gelu_at_the_popular_variance_agrees_with_samples_where_first_order_holds() {
    let verdict = check(&format!("widths = \"10,160x3,1\"\n{POPULAR_GELU}"), 10, 2_000, 0.05, 0.05);
    assert!(matches!(verdict.randomness.unwrap().reliability, Reliability::Quantitative));
}

/// Whatever thresholds are asked for, a small number from an expansion that does not hold is not called good.
#[test]
fn a_spread_beyond_first_order_is_never_good() {
    let arch = arch(&format!("widths = \"10,300x11,1\"\n{POPULAR_GELU}"));
    let wide = Threshold { within: 5.0, outside: 10.0 };
    let options = VerdictOptions { random: wide, moves: wide, ..Default::default() };
    let verdict = verdict(&arch, Inputs::Unit, &options).unwrap();
    assert_eq!((verdict.findings[0].level, verdict.class), (Level::Unknown, Class::Borderline));
    assert!(verdict.findings[0].unknown_because.is_some() && verdict.randomness.is_some());
}
