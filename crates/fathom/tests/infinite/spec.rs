//! Descriptions of networks: what is written is read back, and what is wrong is named.

use fathom_ntk::activation::Activation;
use fathom_ntk::spec::{
    Architecture, ArchitectureError, ArchitectureSpec, Biases, MAX_DEPTH, Parameterization, PerLayer, WeightLaw,
    Widths, WidthsError,
};
use proptest::prelude::*;

use super::SAMPLES;

fn any_spec() -> impl Strategy<Value = ArchitectureSpec> {
    let widths = prop::collection::vec(1..2_000_usize, 2..30);
    let variance = || prop_oneof![Just(1.0), 1e-300..1e300_f64, 0.1..4.0_f64];
    let law = prop_oneof![
        Just(WeightLaw::Gaussian),
        Just(WeightLaw::Uniform),
        Just(WeightLaw::Laplace),
        (1.0..1e6_f64).prop_map(WeightLaw::FourthMoment)
    ];
    (
        widths,
        any::<[bool; 3]>(),
        0..SAMPLES.len(),
        prop::collection::vec((variance(), variance()), 30),
        0..4_usize,
        0..3_usize,
        law,
    )
        .prop_map(
            |(mut widths, [shape, per_layer, repeat], activation, variances, biases, parameterization, weight_law)| {
                if repeat {
                    let last = widths.len() - 1;
                    widths[..last].fill(7);
                }
                let depth = widths.len() - 1;
                let biases = [Biases::None, Biases::Untrained, Biases::Trained, Biases::ZeroInit][biases];
                let random = matches!(biases, Biases::Trained | Biases::Untrained);
                let list = |f: fn(&(f64, f64)) -> f64| {
                    if per_layer {
                        PerLayer::Layers(variances.iter().map(f).take(depth).collect())
                    } else {
                        PerLayer::Uniform(f(&variances[0]))
                    }
                };
                ArchitectureSpec {
                    widths: shape.then(|| Widths::new(widths).unwrap()),
                    depth: (!shape).then_some(depth),
                    activation: Some(SAMPLES[activation].parse().unwrap()),
                    weight_var: Some(list(|v| v.0)),
                    bias_var: random.then(|| list(|v| v.1)),
                    biases: Some(biases),
                    parameterization: Some(
                        [Parameterization::Ntk, Parameterization::Standard, Parameterization::HaninNica]
                            [parameterization],
                    ),
                    weight_law: Some(weight_law),
                }
            },
        )
}

proptest! {
    #[test]
    fn networks_survive_toml(spec in any_spec()) {
        let arch = Architecture::try_from(spec).unwrap();
        let text = arch.to_toml().unwrap();
        let back = Architecture::try_from(ArchitectureSpec::from_toml(&text).unwrap()).unwrap();
        // A list of one value is the same network as that value.
        prop_assert_eq!(&back.to_toml().unwrap(), &text);
        prop_assert_eq!(back.widths(), arch.widths());
        for layer in 1..=arch.depth() {
            prop_assert_eq!(back.weight_var(layer).to_bits(), arch.weight_var(layer).to_bits());
            prop_assert_eq!(back.bias_var(layer).to_bits(), arch.bias_var(layer).to_bits());
        }
        prop_assert_eq!(back, arch);
    }

    #[test]
    fn text_forms_survive(spec in any_spec()) {
        if let Some(widths) = &spec.widths {
            prop_assert_eq!(&widths.to_string().parse::<Widths>().unwrap(), widths);
        }
        let variances = spec.weight_var.unwrap();
        let back: PerLayer = variances.to_string().parse().unwrap();
        prop_assert!(back == variances || matches!(&variances, PerLayer::Layers(v) if v.len() == 1));
        let law = spec.weight_law.unwrap();
        prop_assert_eq!(law.to_string().parse::<WeightLaw>().unwrap(), law);
        prop_assert_eq!(spec.biases.unwrap().to_string().parse::<Biases>().unwrap(), spec.biases.unwrap());
        let parameterization = spec.parameterization.unwrap();
        prop_assert_eq!(parameterization.to_string().parse::<Parameterization>().unwrap(), parameterization);
        let activation = spec.activation.unwrap();
        prop_assert_eq!(activation.to_string().parse::<Activation>().unwrap(), activation);
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,40}", number in "[-+0-9xX.,eEinfa×\\s]{0,24}") {
        for t in [&text, &number] {
            drop(t.parse::<Widths>());
            drop(t.parse::<PerLayer>());
            drop(t.parse::<Activation>());
            drop(t.parse::<WeightLaw>());
            drop(t.parse::<Biases>());
            drop(ArchitectureSpec::from_toml(t));
            for key in ["widths", "depth", "activation", "weight_var", "weight_law", "é"] {
                drop(ArchitectureSpec::from_toml(&format!("{key} = {t}")));
                drop(ArchitectureSpec::from_toml(&format!("# é\n{key} = \"{t}\"")));
            }
        }
    }
}

#[test]
fn wrong_widths_are_named() {
    let syntax = |got: &str| WidthsError::Syntax { got: got.into() };
    for (text, error) in [
        ("", syntax("")),
        (",", syntax("")),
        ("5,", syntax("")),
        ("5", WidthsError::TooFew { got: 1 }),
        ("512x0", syntax("512x0")),
        ("x5", syntax("x5")),
        ("5x", syntax("5x")),
        ("5x2x2", syntax("5x2x2")),
        ("5,-3", syntax("-3")),
        ("5,2.5", syntax("2.5")),
        ("5,nan", syntax("nan")),
        ("99999999999999999999,1", syntax("99999999999999999999")),
        ("1x99999999999", WidthsError::TooMany),
        ("1x18446744073709551615", WidthsError::TooMany),
        ("1x10000000,1x18446744073709551615", WidthsError::TooMany),
        ("3,0,2", WidthsError::Zero { position: 1 }),
        ("3,4x2,0x3", WidthsError::Zero { position: 3 }),
    ] {
        assert_eq!(text.parse::<Widths>().unwrap_err(), error, "{text:?}");
        assert!(!error.to_string().is_empty() && !error.to_string().ends_with('.'));
    }
    assert_eq!("1x10000001".parse::<Widths>().unwrap().as_slice().len(), MAX_DEPTH + 1);
    assert_eq!(" 3 , 4 x 2 , 1".parse::<Widths>().unwrap().as_slice(), [3, 4, 4, 1]);
}

fn error_of(toml: &str) -> String {
    ArchitectureSpec::from_toml(toml).and_then(Architecture::try_from).unwrap_err().to_string()
}

#[test]
fn wrong_descriptions_are_named() {
    for (toml, parts) in [
        ("", &["give the widths", "depth"][..]),
        ("depth = 0", &["between 1 and 10000000", "got 0"]),
        ("depth = 10000001", &["got 10000001"]),
        ("depth = -1", &["line 1"]),
        ("depth = 3\nwidths = \"1,2\"", &["1 weight layers", "depth is 3"]),
        ("depth = 2\nweight_var = [1.0]", &["weight_var lists 1", "2 weight layers"]),
        ("depth = 2\nweight_var = []", &["weight_var lists 0"]),
        ("depth = 2\nbias_var = [1, 2, 3]", &["bias_var lists 3"]),
        ("depth = 2\nweight_var = 0", &["weight_var", "positive and finite", "got 0", "layer 1"]),
        ("depth = 2\nweight_var = [1.0, -2.0]", &["got -2", "layer 2"]),
        ("depth = 2\nweight_var = nan", &["weight_var", "got NaN"]),
        ("depth = 2\nweight_var = \"inf\"", &["weight_var", "got inf"]),
        ("depth = 2\nweight_var = inf", &["weight_var", "got inf"]),
        ("depth = 2\nbias_var = -0.1", &["bias_var", "at least 0", "got -0.1"]),
        ("depth = 2\nbias_var = nan", &["bias_var", "got NaN"]),
        ("depth = 2\nbias_var = \"1,inf\"", &["bias_var", "got inf", "layer 2"]),
        ("depth = 2\nbias_var = \"1,x\"", &["line 2", "expected one number", "\"x\""]),
        ("depth = 2\nbias_var = true", &["line 2", "expected a number"]),
        ("depth = 2\nbiases = \"none\"\nbias_var = 0.5", &["biases are \"none\"", "got 0.5"]),
        ("depth = 2\nparameterization = \"hanin-nica\"\nbias_var = 0.5", &["zero-init", "got 0.5"]),
        ("depth = 2\nparameterization = \"mup\"", &["line 2", "unknown parameterization \"mup\"", "hanin-nica"]),
        ("depth = 2\nbiases = \"random\"", &["unknown kind of biases", "untrained"]),
        ("depth = 2\nweight_law = \"cauchy\"", &["unknown weight law", "laplace"]),
        ("depth = 2\nweight_law = \"fourth-moment:0.5\"", &["unknown weight law", "fourth-moment:M"]),
        ("depth = 2\nweight_law = \"fourth-moment:nan\"", &["unknown weight law"]),
        ("depth = 2\nactivation = \"swoosh\"", &["line 2", "unknown activation", "relu"]),
        ("depth = 2\nweight_variance = 1", &["line 2", "unknown field", "weight_var"]),
        ("widths = 5", &["widths must be a text"]),
        ("widths = [1, 0]", &["line 1"]),
        ("widths = []", &["line 1", "at least an input and an output"]),
        ("depth = ", &["line 1"]),
        ("depth = 2\ndepth = 3", &["line 2"]),
    ] {
        let message = error_of(toml);
        for part in parts {
            assert!(message.contains(part), "{toml:?}: {message:?} lacks {part:?}");
        }
        assert!(!message.contains('\n') && !message.ends_with('.'), "{message:?}");
    }
}

#[test]
fn widths_and_depth_override_each_other() {
    let parse = |text| ArchitectureSpec::from_toml(text).unwrap();
    let base = parse("widths = \"3,4,1\"\nactivation = \"tanh\"\nbias_var = 0.5");
    let over = base.clone().overridden_by(parse("depth = 7\nbias_var = 0"));
    let arch = Architecture::try_from(over).unwrap();
    assert_eq!((arch.depth(), arch.widths(), arch.bias_var(3)), (7, None, 0.0));
    assert_eq!(arch.activation().to_string(), "tanh");
    let unchanged = base.clone().overridden_by(ArchitectureSpec::default());
    assert_eq!(unchanged, base);
    let arch = Architecture::try_from(base).unwrap();
    let wrong = arch.with_widths("3,4,4,1".parse().unwrap()).unwrap_err();
    assert_eq!(wrong, ArchitectureError::DepthMismatch { from_widths: 3, depth: 2 });
}
