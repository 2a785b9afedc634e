//! Any network on any small data set.

use fathom_ntk::Architecture;
use fathom_ntk::activation::Activation;
use fathom_ntk::analysis::verdict::{Class, Inputs, Level, Verdict, VerdictOptions, verdict};
use fathom_ntk::spec::{ArchitectureSpec, PerLayer};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

/// Names with random parameters where there are some.
fn activations() -> impl Strategy<Value = Activation> {
    let plain = "relu abs linear erf tanh sigmoid probit arctan softsign hard-tanh gelu silu mish softplus elu selu sin cos \
                 gaussian exp rectified-power:2";
    let plain: Vec<String> = plain.split_whitespace().map(Into::into).collect();
    let with = |name: &'static str| (0.05..2.0_f64).prop_map(move |p| format!("{name}:{p}"));
    let names = prop_oneof![prop::sample::select(plain), with("leaky-relu"), with("elu"), with("sin"), with("cos")];
    names.prop_filter_map("not in the catalogue", |name| name.parse().ok())
}

fn variances(range: std::ops::Range<f64>) -> impl Strategy<Value = PerLayer> {
    range.prop_map(PerLayer::Uniform)
}

fn networks() -> impl Strategy<Value = Architecture> {
    let shape = (prop::collection::vec(1..40_usize, 0..4), prop::bool::weighted(0.9), 1..3_usize);
    let biases = prop::sample::select(vec!["none", "untrained", "trained", "zero-init"]);
    let parameterization = prop::sample::select(vec!["ntk", "standard", "hanin-nica"]);
    let law = prop::sample::select(vec!["gaussian", "gaussian", "uniform", "laplace", "fourth-moment:1"]);
    let start = prop_oneof![Just(PerLayer::Uniform(0.0)), variances(0.001..1.0)];
    (shape, activations(), variances(0.05..4.0), start, biases, parameterization, law).prop_filter_map(
        "not a network",
        |((hidden, finite, outputs), activation, weight_var, bias_var, biases, parameterization, law)| {
            let depth = hidden.len() + 1;
            let list: Vec<String> = [vec![3], hidden, vec![outputs]].concat().iter().map(ToString::to_string).collect();
            let biases = biases.parse().ok()?;
            let fixed = matches!(biases, fathom_ntk::spec::Biases::None | fathom_ntk::spec::Biases::ZeroInit);
            let spec = ArchitectureSpec {
                widths: finite.then(|| list.join(",").parse().unwrap()),
                depth: (!finite).then_some(depth),
                activation: Some(activation),
                weight_var: Some(weight_var),
                bias_var: Some(if fixed { PerLayer::Uniform(0.0) } else { bias_var }),
                biases: Some(biases),
                parameterization: Some(parameterization.parse().ok()?),
                weight_law: Some(law.parse().ok()?),
            };
            Architecture::try_from(spec).ok()
        },
    )
}

fn data() -> impl Strategy<Value = Vec<f64>> {
    let row = prop_oneof![
        4 => prop::collection::vec(-2.0..2.0_f64, 3),
        1 => Just(vec![0.0; 3]),
        1 => Just(vec![1.0, -1.0, 0.5]),
        1 => Just(vec![1e-8, 1e8, 0.0]),
    ];
    prop::collection::vec(row, 1..5).prop_map(|rows| rows.concat())
}

/// Paths of all nulls: what `NaN` and ∞ become.
fn nulls(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push(path.into()),
        Value::Array(list) => list.iter().for_each(|v| nulls(v, path, found)),
        // The logarithm of zero.
        Value::Object(map) if map.contains_key("log") && map.values().any(|v| v.as_f64() == Some(0.0)) => {}
        Value::Object(map) => map.iter().for_each(|(k, v)| nulls(v, &format!("{path}.{k}"), found)),
        _ => {}
    }
}

/// Fields that are `Option`s; all others must be numbers.
const OPTIONAL: [&str; 15] = [
    "rows",
    "features",
    "sq_norm_range",
    "value",
    "unknown_because",
    "phase",
    "randomness",
    "movement",
    "mean_crossings",
    "rms",
    "mean_quadratic",
    "width",
    "depth",
    "edge_of_chaos",
    "log_range",
];
const OPTIONAL_IN: [&str; 4] = [".phase.", ".kernel.", ".options.", ".edge_of_chaos."];

fn check(verdict: &Verdict) -> Result<(), TestCaseError> {
    let json = serde_json::to_value(verdict).unwrap();
    let mut found = Vec::new();
    nulls(&json, "", &mut found);
    found.retain(|path| {
        !OPTIONAL.iter().any(|name| path.ends_with(&format!(".{name}")))
            && !OPTIONAL_IN.iter().any(|part| path.contains(part))
    });
    prop_assert!(found.is_empty(), "{found:?}");
    prop_assert!(!json.to_string().to_lowercase().contains("nan"), "{json}");
    let levels = verdict.findings.each_ref().map(|f| f.level);
    for finding in &verdict.findings {
        prop_assert_eq!(finding.level == Level::Unknown, finding.unknown_because.is_some());
        if let Some(value) = finding.value {
            let level = if value <= finding.threshold.within {
                Level::Good
            } else if value < finding.threshold.outside {
                Level::Borderline
            } else {
                Level::Bad
            };
            prop_assert_eq!(level, finding.level);
        }
    }
    let theory_bad = levels[..2].contains(&Level::Bad);
    let theory_good = levels[..2].iter().all(|l| *l == Level::Good);
    prop_assert_eq!(verdict.class == Class::Outside, theory_bad);
    prop_assert_eq!(verdict.class == Class::InRegimeUntrainable, theory_good && levels[2] == Level::Bad);
    if verdict.class == Class::InRegime {
        prop_assert!(theory_good && matches!(levels[2], Level::Good | Level::Unknown));
    }
    if let Some(r) = &verdict.randomness {
        prop_assert!(!(r.mean.is_nan() || r.relative_std.is_nan() || r.log_dispersion.is_nan()), "{r:?}");
    }
    if let Some(m) = &verdict.movement {
        prop_assert!(!m.mean.is_nan() && m.rms.is_none_or(|r| !r.is_nan()), "{m:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_network_on_any_data_has_a_consistent_verdict_or_an_error(
        arch in networks(),
        values in data(),
        seed in 0..100_u64,
    ) {
        let options = VerdictOptions { seed, ..Default::default() };
        match verdict(&arch, Inputs::Rows { values: &values, features: 3 }, &options) {
            Ok(verdict) => check(&verdict)?,
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn any_network_at_a_norm_alone_has_a_consistent_verdict_or_an_error(arch in networks(), norm in 1e-3..1e3_f64) {
        if let Ok(verdict) = verdict(&arch, Inputs::SquaredNorm(norm), &VerdictOptions::default()) {
            check(&verdict)?;
        }
    }
}
