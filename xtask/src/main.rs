//! Chores of the Fathom workspace, run as `cargo xtask TASK`.
//!
//! `test` is everything that must pass before a change is merged. Its first part needs Rust and nothing else (`cargo
//! nextest` runs the tests where it is installed); its second part, also a task of its own, builds the Python package in a
//! virtual environment inside the target directory, where there is Python 3.11 or later.

mod python;
mod steps;

use std::env;
use std::ffi::OsString;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use steps::Step;

const HELP: &str = "\
Chores of the Fathom workspace.

Usage: cargo xtask TASK

Tasks:
  test    check the format and the lints, build the documentation, and run all tests;
          stops at the first step that fails, with its exit status
  python  the last part of it: build the Python package in target/venv, check and test it
  guide   the last part of that: build the guide in target/guide
  wheel   build a wheel of the Python package in target/wheels
  claims  measure again what the five papers claim (--quick: minutes each, or --full: hours each),
          with reports in target/claims; fails if a claim does not come out as recorded";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [task] if task == "test" => run(&[test_steps(), python::test_steps()].concat()),
        [task] if task == "python" => run(&python::test_steps()),
        [task] if task == "guide" => run(&python::guide_steps()),
        [task] if task == "wheel" => run(&python::wheel_steps()),
        [task] if task == "claims" => run(&claims_steps("--quick")),
        [task, scale] if task == "claims" && (scale == "--quick" || scale == "--full") => {
            run(&claims_steps(&scale.to_string_lossy()))
        }
        [flag] if flag == "--help" || flag == "-h" => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{HELP}");
            ExitCode::from(2)
        }
    }
}

/// The steps of `test`, those that fail soonest first.
fn test_steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("format", &["fmt", "--all", "--check"]),
        Step::new("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        Step::new("documentation", &["doc", "--workspace", "--no-deps"]).with("RUSTDOCFLAGS", "-D warnings"),
        if has_nextest() {
            Step::new("unit and integration tests", &["nextest", "run", "--workspace", "--no-tests", "pass"])
        } else {
            Step::new("unit and integration tests", &["test", "--workspace", "--all-targets"])
        },
        Step::new("documentation tests", &["test", "--doc", "--workspace"]),
    ];
    if python::interpreter().is_none() {
        // The native module is checked all the same.
        steps = steps.into_iter().map(|step| step.with("PYO3_NO_PYTHON", "1")).collect();
    }
    steps
}

/// All studies, by an optimised build.
fn claims_steps(scale: &str) -> Vec<Step> {
    let run = ["run", "--release", "--quiet", "--package", "fathom-cli", "--"];
    vec![Step::new("claims", &[&run[..], &["reproduce", "all", scale, "--folder", "target/claims"]].concat())]
}

fn has_nextest() -> bool {
    let probe = steps::cargo().args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// Runs the steps in order, prints the time of each, and ends with the exit status of the first that fails.
fn run(steps: &[Step]) -> ExitCode {
    let mut times: Vec<(&str, Duration)> = Vec::new();
    for (number, step) in (1..).zip(steps) {
        println!("\n=== {number}/{}: {}\n    {}\n", steps.len(), step.name, step.line());
        let start = Instant::now();
        let result = step.run();
        times.push((step.name, start.elapsed()));
        let code = match result {
            Ok(status) if status.success() => continue,
            // A process that a signal ended has no code.
            Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
            Err(error) => {
                eprintln!("cannot run {}: {error}", step.line());
                1
            }
        };
        summary(&times);
        eprintln!("\n{}: FAILED (exit status {code})\nrun it again with: {}", step.name, step.line());
        return ExitCode::from(code);
    }
    summary(&times);
    println!("\nall {} steps passed", steps.len());
    ExitCode::SUCCESS
}

fn summary(times: &[(&str, Duration)]) {
    println!("\n=== summary");
    for (name, time) in times {
        println!("{:8.1} s  {name}", time.as_secs_f64());
    }
}
