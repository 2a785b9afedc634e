//! What cannot be drawn, and what it is told.

use std::ops::ControlFlow;

use fathom_ntk::Architecture;
use fathom_ntk::sample::{FirstStep, Method, Observable, Recorder, RunError, SampleError, Sampler, run};

use crate::{network, sampler};

#[track_caller]
fn refused(arch: &Architecture, inputs: &[f64], method: Option<Method>) -> String {
    Sampler::new(arch, inputs, method).unwrap_err().to_string()
}

#[test]
fn networks_that_have_no_random_ntk_are_refused() {
    let message = refused(&network("depth = 3"), &[1.0], None);
    assert_eq!(message, "sampling needs widths; the network has infinite width");
    let message = refused(&network("widths = '2,3,1'\nactivation = 'step'"), &[1.0, 1.0], None);
    assert_eq!(message, "step has no NTK: its derivative is zero wherever it exists");
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let arch = network("widths = '3,4,1'");
    let shape = |got: usize| format!("inputs must be rows of 3 numbers, at least one, got {got} numbers");
    assert_eq!(refused(&arch, &[], None), shape(0));
    assert_eq!(refused(&arch, &[1.0; 4], None), shape(4));
    for (bad, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let mut inputs = [1.0; 6];
        inputs[4] = bad;
        assert_eq!(refused(&arch, &inputs, None), format!("input 1 must be finite, got {text} in column 1"));
    }
}

#[test]
fn methods_that_cannot_draw_the_network_are_refused() {
    let cases = [
        ("widths = '2,3,1'", 2, Method::Chain, "the chain sampler needs one input, got 2"),
        ("widths = '2,3,2'", 1, Method::Chain, "the chain sampler needs one output, got 2"),
        ("widths = '2,3,1'\nactivation = 'gelu'", 1, Method::Chain, "the chain sampler needs relu, got gelu"),
        (
            "widths = '2,3,1'\nweight_law = 'uniform'",
            1,
            Method::Chain,
            "the chain sampler needs Gaussian weights, got uniform",
        ),
        (
            "widths = '2,3,1'\nweight_law = 'orthogonal'",
            1,
            Method::Projected,
            "the projected sampler needs Gaussian weights, got orthogonal",
        ),
    ];
    for (toml, k, method, message) in cases {
        assert_eq!(refused(&network(toml), &vec![1.0; 2 * k], Some(method)), message);
    }
    assert_eq!(
        "fast".parse::<Method>().unwrap_err().to_string(),
        "unknown sampler \"fast\"; allowed: chain, projected, direct"
    );
    assert_eq!(" Direct ".parse(), Ok(Method::Direct));
}

#[test]
fn networks_that_need_too_much_memory_are_refused_before_they_are_built() {
    let arch = network("widths = '2,100000,100000,1'");
    let error = Sampler::new(&arch, &[1.0; 2], Some(Method::Direct)).unwrap_err();
    let SampleError::Memory { method: Method::Direct, needed, allowed } = error else { panic!("{error}") };
    assert!(needed > 8 * 100_000 * 100_000 && allowed < needed);
    let message = format!(
        "one draw by the direct sampler needs {needed} bytes, allowed are {allowed}: use smaller widths, fewer inputs or another sampler"
    );
    assert_eq!(error.to_string(), message);
    // The same network by another sampler is no problem, nor are widths whose product does not fit into 64 bits.
    assert!(Sampler::new(&arch, &[1.0; 2], None).is_ok());
    let wide = network("widths = '1,1000000,1000000,1000000'");
    assert!(refused(&wide, &[1.0], Some(Method::Projected)).contains("bytes, allowed are"));
}

#[test]
fn observables_out_of_range_are_refused() {
    let sampler = sampler(&network("widths = '3,4,5,2'"), &[1.0; 9], Method::Projected);
    let of = |text: &str| Recorder::new(&sampler, &[text.parse().unwrap()]).map(|_| ()).map_err(|e| e.to_string());
    for (text, message) in [
        ("ntk(0,3)", "ntk(0,3): input must be 0 to 2, got 3"),
        ("ntk(4,0)", "ntk(4,0): input must be 0 to 2, got 4"),
        ("log_ntk(0,0;2,0)", "log_ntk(0,0;2,0): output must be 0 to 1, got 2"),
        ("update(0,0;0,2)", "update(0,0;0,2): output must be 0 to 1, got 2"),
        ("step(0,9)", "step(0,9): input must be 0 to 2, got 9"),
        ("output(3)", "output(3): input must be 0 to 2, got 3"),
        ("output(0;2)", "output(0;2): output must be 0 to 1, got 2"),
        ("layer(0)", "layer(0): layer must be 1 to 3, got 0"),
        ("layer(4)", "layer(4): layer must be 1 to 3, got 4"),
        ("eigenvalue(0)", "eigenvalue(0): eigenvalue must be 1 to 6, got 0"),
        ("eigenvalue(7)", "eigenvalue(7): eigenvalue must be 1 to 6, got 7"),
    ] {
        assert_eq!(of(text), Err(message.into()));
    }
    for text in ["ntk(2,0)", "ntk(2,2;1,1)", "output(2;1)", "layer(3)", "eigenvalue(6)", "trace", "condition"] {
        assert_eq!(of(text), Ok(()));
    }
    let twice: [Observable; 2] = ["trace".parse().unwrap(), "trace".parse().unwrap()];
    assert!(Recorder::new(&sampler, &twice).unwrap_err().to_string().contains("trace"));
    assert!(Recorder::new(&sampler, &[]).is_err());
}

#[test]
fn eigenvalues_of_large_matrices_are_refused() {
    let inputs = vec![0.5; 2049];
    let sampler = sampler(&network("widths = '1,3,1'"), &inputs, Method::Direct);
    let message = Recorder::new(&sampler, &[Observable::Condition]).unwrap_err().to_string();
    assert_eq!(message, "eigenvalues of every draw need at most 2048 rows of Θ (inputs × outputs), got 2049");
    assert!(Recorder::new(&sampler, &[Observable::Trace]).is_ok());
}

#[test]
fn texts_that_name_no_observable_are_refused() {
    for text in [
        "",
        "ntk",
        "ntk()",
        "ntk(0)",
        "ntk(0,1",
        "ntk(0,1)x",
        "ntk(0,1,2)",
        "ntk(-1,0)",
        "ntk(0,1;2)",
        "layer(1,2)",
        "trace(1)",
        "theta",
    ] {
        let message = text.parse::<Observable>().unwrap_err().to_string();
        assert!(message.starts_with(&format!("unknown observable {text:?}; allowed: ntk(A,B)")), "{message}");
    }
}

#[test]
fn observables_are_read_back_from_their_names() {
    for text in [
        "ntk(0,1)",
        "ntk(0,1;2,3)",
        "log_ntk(4,0)",
        "update(0,1)",
        "step(1,1;0,1)",
        "output(2)",
        "output(2;1)",
        "layer(3)",
        "trace",
        "eigenvalue(2)",
        "condition",
    ] {
        assert_eq!(text.parse::<Observable>().unwrap().to_string(), text);
    }
    assert_eq!(" NTK( 0 , 1 ; 2 , 3 ) ".parse::<Observable>().unwrap().to_string(), "ntk(0,1;2,3)");
}

#[test]
fn steps_that_are_none_are_refused() {
    let sampler = sampler(&network("widths = '3,4,1'"), &[1.0; 3], Method::Direct);
    let of = |target: f64, step: f64| {
        let recorder = Recorder::new(&sampler, &["step(0,0)".parse().unwrap()]).unwrap();
        recorder.with_first_step(FirstStep { target, step }).unwrap_err().to_string()
    };
    assert_eq!(of(f64::NAN, 1.0), "first step: the target must be finite, got NaN");
    assert_eq!(of(0.0, 0.0), "first step: the step must be positive and finite, got 0");
    assert_eq!(of(0.0, -1.0), "first step: the step must be positive and finite, got -1");
    assert_eq!(of(0.0, f64::INFINITY), "first step: the step must be positive and finite, got inf");
}

/// The first failing draw ends a run; its number is told.
#[test]
fn a_run_tells_which_draw_failed() {
    let arch = network("widths = '3,8x12,1'\nactivation = 'rectified-power:3'");
    let sampler = sampler(&arch, &[1e150; 3], Method::Projected);
    let recorder = Recorder::new(&sampler, &[Observable::Trace]).unwrap();
    let error = run(&sampler, &recorder, 1, &[0..4], 1000, 2, |_| ControlFlow::Continue(())).unwrap_err();
    let RunError::Draw { draw, source: SampleError::Overflow { .. } } = &error else { panic!("{error}") };
    assert!(
        error.to_string().starts_with(&format!("draw {draw}: the signals of a drawn network are not finite")),
        "{error}"
    );
}
