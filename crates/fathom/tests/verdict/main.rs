//! The verdict against networks drawn at random, and on inputs of every kind.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod advice;
mod behaviour;
mod network;
mod properties;
mod relu;
mod smooth;
mod trainable;

use fathom_ntk::analysis::verdict::{Inputs, Verdict, VerdictOptions, verdict};
use fathom_ntk::spec::{Architecture, ArchitectureSpec};

/// A network by its TOML description.
fn arch(toml: &str) -> Architecture {
    Architecture::try_from(ArchitectureSpec::from_toml(toml).unwrap()).unwrap()
}

/// The verdict at an input whose entries have size 1.
fn at_unit(arch: &Architecture) -> Verdict {
    verdict(arch, Inputs::Unit, &VerdictOptions::default()).unwrap()
}
