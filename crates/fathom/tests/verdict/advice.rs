//! The advice does what it says.

use fathom_ntk::analysis::verdict::{Class, DepthAdvice, Inputs, VerdictOptions, verdict};
use fathom_ntk::analysis::{Phase, phase};
use fathom_ntk::moments::first_order::first_order;
use fathom_ntk::moments::{InputNorm, relu_moments};

use crate::{arch, at_unit};

/// std/mean of the network with these hidden layers, from the moments themselves.
fn spread(settings: &str, width: usize, depth: usize) -> f64 {
    let hidden = if depth == 1 { String::new() } else { format!("{width}x{},", depth - 1) };
    let arch = arch(&format!("widths = \"7,{hidden}1\"\n{settings}"));
    if depth == 1 {
        0.0
    } else if arch.activation().name() == "relu" {
        let norm = InputNorm::new(7.0, None).unwrap();
        relu_moments(&arch.constants().unwrap(), &norm).unwrap().relative_std.to_f64()
    } else {
        first_order(&arch, 7.0).unwrap().relative_variance.exp_m1().sqrt()
    }
}

const SETTINGS: [&str; 6] = [
    "activation = \"relu\"",
    "activation = \"relu\"\nbias_var = 0.1\nweight_var = 1.5\nparameterization = \"standard\"",
    "activation = \"tanh\"\nweight_var = 2.0\nbias_var = 0.05",
    "activation = \"erf\"\nweight_var = 1.5\nbias_var = 0.1\nparameterization = \"standard\"",
    "activation = \"leaky-relu:0.1\"",
    "activation = \"gelu\"\nweight_var = 2.0\nbias_var = 0.1",
];

#[test]
fn the_width_meets_the_tolerance_and_one_less_does_not() {
    for settings in SETTINGS {
        let verdict = at_unit(&arch(&format!("widths = \"7,80x6,1\"\n{settings}")));
        let width = verdict.advice.width.unwrap();
        let [meets, fails] = [width, width - 1].map(|n| spread(settings, n, 7));
        assert!(meets <= 0.1 && fails > 0.1, "{settings}: {width} {meets} {fails}");
    }
}

#[test]
fn the_depth_meets_the_tolerance_and_one_more_does_not() {
    for settings in SETTINGS {
        let verdict = at_unit(&arch(&format!("widths = \"7,700x6,1\"\n{settings}")));
        let Some(DepthAdvice::UpTo(depth)) = verdict.advice.depth else { panic!("{:?}", verdict.advice) };
        let [meets, fails] = [depth, depth + 1].map(|l| spread(settings, 700, l));
        assert!(meets <= 0.1 && fails > 0.1, "{settings}: {depth} {meets} {fails}");
    }
}

#[test]
fn the_initialisation_advised_is_critical() {
    for settings in SETTINGS {
        let arch = arch(&format!("widths = \"7,80x6,1\"\n{settings}"));
        let point = at_unit(&arch).advice.edge_of_chaos.unwrap();
        let report = phase(arch.activation(), point.weight_var, point.bias_var, point.q_star).unwrap();
        assert_eq!(report.phase, Phase::Critical, "{settings}: {point:?}");
    }
}

/// An ordered network stays sure however deep.
#[test]
fn where_depth_does_no_harm_none_is_named() {
    let arch = arch("widths = \"7,5000x6,1\"\nactivation = \"tanh\"\nweight_var = 0.5\nbias_var = 0.5");
    assert!(matches!(at_unit(&arch).advice.depth, Some(DepthAdvice::MoreThan(1000))));
}

#[test]
fn a_network_as_wide_as_advised_is_not_outside_for_its_randomness() {
    let options = VerdictOptions { tolerance: 0.5, ..Default::default() };
    let judge = |width: usize| {
        let arch = arch(&format!("widths = \"7,{width}x19,1\""));
        verdict(&arch, Inputs::Unit, &options).unwrap()
    };
    let narrow = judge(10);
    assert_eq!(narrow.class, Class::Outside);
    let wide = judge(narrow.advice.width.unwrap());
    assert!(wide.findings[0].value.unwrap() <= 0.5 && wide.class != Class::Outside);
}
