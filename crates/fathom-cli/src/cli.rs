//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    completions, depth, entk, kernel, man, merge, moments, phase, predict, reproduce, sample, select, selftest, sweep,
    train, verdict,
};

/// What the neural tangent kernel (NTK) of a network is, how random it is, how it moves, what depth does to it, and
/// whether NTK theory describes the network.
///
/// Depth counts weight layers. weight_var and bias_var are variances (the squares of neural-tangents' W_std and b_std).
#[derive(Parser, Debug)]
#[command(name = "fathom", version, arg_required_else_help = true, after_help = EXIT_STATUS)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 answered; 1 answered, but a check that was asked for failed, a training diverged, or it was interrupted; 2 no answer.";

/// The subcommands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Does NTK theory describe this network, and can it be trained?
    Verdict(Box<verdict::Args>),
    /// Ordered, edge of chaos or chaotic: what depth does to this initialisation
    Phase(phase::Args),
    /// What depth does to the kernel: limits, exact rates, how deep is deep, and the deep predictor on data
    Depth(Box<depth::Args>),
    /// Mean, variance and first update of the NTK at finite width
    Moments(moments::Args),
    /// Kernel matrices of an infinitely wide network on data, at a cost that hardly depends on depth
    Kernel(Box<kernel::Args>),
    /// Empirical NTK of a network whose weights are in a file
    Entk(Box<entk::Args>),
    /// What infinitely wide networks predict after training, with their spread over initialisations
    Predict(Box<predict::Args>),
    /// Choose depth, variances, activation and ridge by leave-one-out error or marginal likelihood
    Select(Box<select::Args>),
    /// Draw networks at random: the distribution of their NTK, with error bars, beside the theory
    Sample(Box<sample::Args>),
    /// Put the shards of a sampling run together
    Merge(merge::Args),
    /// Train a finite network and record how its NTK moves
    Train(Box<train::Args>),
    /// Sample, train or judge every network of a grid: one table of all of them
    Sweep(Box<sweep::Args>),
    /// Five papers on the NTK: what they claim, measured again on this machine, as reports
    Reproduce(reproduce::Args),
    /// Check Fathom on this machine against high-precision test vectors
    Selftest(selftest::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Print the manual page, or write those of all commands to a folder
    Man(man::Args),
}
