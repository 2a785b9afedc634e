//! Chores of the Fathom workspace, run as `cargo xtask TASK`.
//!
//! There is one task, `test`: everything that must pass before a change is merged. It needs Rust and nothing else;
//! `cargo nextest` runs the tests where it is installed.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const HELP: &str = "\
Chores of the Fathom workspace.

Usage: cargo xtask TASK

Tasks:
  test    check the format and the lints, build the documentation, and run all tests;
          stops at the first step that fails, with its exit status";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [task] if task == "test" => run(&test_steps()),
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

/// One run of cargo.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

impl Step {
    const fn new(name: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { name, arguments, environment: &[] }
    }

    /// The command as one would type it.
    fn line(&self) -> String {
        let variables = self.environment.iter().map(|(name, value)| format!("{name}={value:?} "));
        format!("{}cargo {}", variables.collect::<String>(), self.arguments.join(" "))
    }

    fn run(&self) -> std::io::Result<ExitStatus> {
        cargo().args(self.arguments).envs(self.environment.iter().copied()).status()
    }
}

/// The steps of `test`, those that fail soonest first.
fn test_steps() -> Vec<Step> {
    vec![
        Step::new("format", &["fmt", "--all", "--check"]),
        Step::new("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        Step {
            environment: &[("RUSTDOCFLAGS", "-D warnings")],
            ..Step::new("documentation", &["doc", "--workspace", "--no-deps"])
        },
        if has_nextest() {
            Step::new("unit and integration tests", &["nextest", "run", "--workspace", "--no-tests", "pass"])
        } else {
            Step::new("unit and integration tests", &["test", "--workspace", "--all-targets"])
        },
        Step::new("documentation tests", &["test", "--doc", "--workspace"]),
    ]
}

/// The cargo that runs this program, at the root of the workspace.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}

fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

fn has_nextest() -> bool {
    let probe = cargo().args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
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
                eprintln!("cannot run cargo: {error}");
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
