//! The Python package: built, checked and tested in a virtual environment.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::steps::{Step, workspace};

const NEW_ENOUGH: &str = "import sys, venv; sys.exit(sys.version_info < (3, 11))";
const TOOLS: &str = "python/requirements-dev.txt";
const GUIDE_TOOLS: &str = "python/requirements-docs.txt";

/// A Python of version 3.11 or later.
pub(crate) fn interpreter() -> Option<&'static str> {
    let works = |program: &&str| {
        let probe = Command::new(program).args(["-c", NEW_ENOUGH]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        probe.is_ok_and(|status| status.success())
    };
    ["python3", "python"].into_iter().find(works)
}

/// Where the virtual environment is.
fn environment() -> PathBuf {
    workspace().join("target").join("venv")
}

/// A program of the virtual environment.
fn tool(name: &str) -> PathBuf {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    environment().join(folder).join(name)
}

/// The virtual environment, and what builds and tests the package in it; nothing where there is no Python.
fn set_up() -> Option<Vec<Step>> {
    let Some(python) = interpreter() else {
        println!("no Python 3.11 or later: the Python package is left out");
        return None;
    };
    let folder = environment();
    Some(vec![
        Step::of("virtual environment", python.into(), &["-m", "venv", &folder.to_string_lossy()]),
        install("Python tools", TOOLS),
    ])
}

/// Installs what a file of requirements lists.
fn install(name: &'static str, requirements: &str) -> Step {
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "-r"];
    Step::of(name, tool("python"), &[&pip[..], &[requirements]].concat())
}

/// Builds the package with the dependencies of the other tests, and checks and tests it.
pub(crate) fn test_steps() -> Vec<Step> {
    let Some(mut steps) = set_up() else { return Vec::new() };
    let of = |name, program: &str, arguments: &[&str]| Step::of(name, tool(program), arguments);
    steps.extend([
        of("Python lints", "ruff", &["check", "python", "benches", "docs"]),
        of("Python format", "ruff", &["format", "--check", "python", "benches", "docs"]),
        of("Python package", "maturin", &["develop", "--quiet"]).with("VIRTUAL_ENV", environment()),
        of("Python types", "python", &["-m", "mypy", "python/fathom_ntk", "python/tests"]),
        of(
            "Python stubs",
            "python",
            &["-m", "mypy.stubtest", "--mypy-config-file", "pyproject.toml", "fathom_ntk._core"],
        ),
        of("Python tests", "python", &["-m", "pytest", "--quiet", "--doctest-modules", "python"]),
    ]);
    steps.extend(site_steps());
    steps
}

/// Builds the guide in target/guide; a warning, as of a broken link or a formula that is not understood, is an error.
pub(crate) fn guide_steps() -> Vec<Step> {
    let Some(mut steps) = set_up() else { return Vec::new() };
    steps.extend(site_steps());
    steps
}

fn site_steps() -> [Step; 2] {
    let build = ["-m", "mkdocs", "build", "--strict", "--quiet"];
    [install("tools of the guide", GUIDE_TOOLS), Step::of("guide", tool("python"), &build)]
}

/// Builds a wheel for this platform, optimised.
pub(crate) fn wheel_steps() -> Vec<Step> {
    let Some(mut steps) = set_up() else { return Vec::new() };
    let maturin = Step::of("wheel", tool("maturin"), &["build", "--release", "--out", "target/wheels"]);
    steps.push(maturin.with("VIRTUAL_ENV", environment()));
    steps
}
