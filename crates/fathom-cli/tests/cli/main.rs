//! The command as a user runs it.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod answers;
mod bad_input;
mod blocks;
mod depth;
mod entk;
mod files;
mod kernel;
mod pictures;
mod predict;
mod predict_large;
mod reproduce;
mod sample;
mod sample_files;
mod sweep;
mod train;

use std::process::{Command, Output};

/// Runs `fathom` with the given arguments.
fn fathom(arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("fathom")).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs `fathom` and reads its JSON answer.
fn json(arguments: &[&str]) -> serde_json::Value {
    let output = fathom(&[arguments, &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Asserts that the command has no answer, and says why in exactly one line that contains all of `words`.
fn refuses(arguments: &[&str], words: &[&str]) {
    let output = fathom(arguments);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments:?} must complain in one line: {message}");
    assert!(message.starts_with("error: "), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed something besides its complaint");
    for word in words {
        assert!(message.contains(word), "{arguments:?}: {message:?} does not say {word:?}");
    }
}
