//! One file a subcommand.

pub(crate) mod completions;
pub(crate) mod depth;
pub(crate) mod entk;
pub(crate) mod kernel;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod moments;
pub(crate) mod phase;
pub(crate) mod predict;
mod predict_direct;
mod predict_large;
pub(crate) mod reproduce;
pub(crate) mod sample;
pub(crate) mod select;
pub(crate) mod selftest;
mod supervised;
pub(crate) mod sweep;
pub(crate) mod train;
pub(crate) mod verdict;

pub(crate) use depth::Compared;
pub(crate) use reproduce::Reproduced;

use crate::cli::Command;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;

/// Runs a subcommand.
pub(crate) fn run(command: Command) -> Result<ExitStatus, CommandError> {
    match command {
        Command::Verdict(args) => verdict::run(&args),
        Command::Phase(args) => phase::run(&args),
        Command::Depth(args) => depth::run(&args),
        Command::Moments(args) => moments::run(&args),
        Command::Kernel(args) => kernel::run(&args),
        Command::Entk(args) => entk::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Sample(args) => sample::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Select(args) => select::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Reproduce(args) => reproduce::run(&args),
        Command::Selftest(args) => selftest::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
