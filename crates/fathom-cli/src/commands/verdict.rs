//! `fathom verdict`.

use std::str::FromStr;

use fathom_ntk::analysis::verdict::{
    BlocksVerdict, Class, Finding, Inputs, Level, Threshold, Verdict, VerdictOptions, blocks_verdict, verdict,
};
use fathom_ntk::report::{blocks_verdict_text, verdict_text};
use fathom_ntk::spec::Composition;
use serde::Serialize;

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{AnyNetwork, FiniteBlocksArgs, InputArgs, NetworkArgs, Source};
use crate::output::OutputArgs;
use crate::page::{ReportArgs, blocks_verdict_page, command_line, verdict_page};
use crate::plot::{PlotArgs, blocks_verdict_figure, verdict_figure};

/// Flags of `fathom verdict`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    blocks: FiniteBlocksArgs,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    judgement: JudgementArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// How the network is judged.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Judgement")]
struct JudgementArgs {
    /// Exit with status 1 unless the network is in the NTK regime and trainable
    #[arg(long)]
    check: bool,
    /// Randomness std Θ / E Θ that is fine, and that is bad [default: 0.5,1]
    #[arg(long, value_name = "FINE,BAD", allow_hyphen_values = true)]
    random: Option<Limits>,
    /// Relative change of Θ in one gradient step that is fine, and that is bad [default: 0.25,1]
    #[arg(long, value_name = "FINE,BAD", allow_hyphen_values = true)]
    moves: Option<Limits>,
    /// Gradient steps to fit a typical direction that are fine, and that are bad [default: 1e4,1e6]
    #[arg(long, value_name = "FINE,BAD", allow_hyphen_values = true)]
    steps: Option<Limits>,
    /// Learning rate of the gradient step [default: 1/E Θ(x, x)]
    #[arg(long, value_name = "RATE", allow_hyphen_values = true)]
    learning_rate: Option<f64>,
    /// Target y of the gradient step
    #[arg(long, value_name = "Y", default_value_t = VerdictOptions::default().target, allow_hyphen_values = true)]
    target: f64,
    /// Advise on the width and depth for which std Θ / E Θ is at most this
    #[arg(long, value_name = "EPS", default_value_t = VerdictOptions::default().tolerance, allow_hyphen_values = true)]
    tolerance: f64,
    /// Rows of the data the kernel is computed on [default: by cost, at most 256]
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// Selects the rows; with --network, also draws the networks
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Networks to draw of --network [default: as many as take seconds, 64 to 1024]
    #[arg(long, value_name = "N", requires = "network", value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    draws: Option<u64>,
}

/// Two numbers, `0.5,1`.
#[derive(Clone, Copy, Debug)]
struct Limits(Threshold);

impl FromStr for Limits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| part.trim().parse::<f64>().map_err(|_| format!("{part:?} is not a number"));
        let (within, outside) = text.split_once(',').ok_or("expected two numbers separated by a comma")?;
        Ok(Self(Threshold { within: number(within)?, outside: number(outside)? }))
    }
}

impl JudgementArgs {
    fn options(&self) -> VerdictOptions {
        let defaults = VerdictOptions::default();
        let or = |limits: Option<Limits>, default| limits.map_or(default, |l| l.0);
        VerdictOptions {
            random: or(self.random, defaults.random),
            moves: or(self.moves, defaults.moves),
            steps: or(self.steps, defaults.steps),
            learning_rate: self.learning_rate,
            target: self.target,
            tolerance: self.tolerance,
            sample: self.sample,
            seed: self.seed,
        }
    }
}

impl Args {
    /// Whether what was to be checked holds.
    fn status(&self, class: Class, findings: &[Finding; 3]) -> ExitStatus {
        let passed = class == Class::InRegime && findings[2].level == Level::Good;
        if self.judgement.check && !passed { ExitStatus::CheckFailed } else { ExitStatus::Answered }
    }

    pub(super) fn options(&self) -> VerdictOptions {
        self.judgement.options()
    }
}

/// What the network is fed with.
pub(super) fn inputs(source: &Source) -> Inputs<'_> {
    match source {
        Source::Data(data, _) => Inputs::Rows { values: &data.inputs.values, features: data.inputs.cols },
        Source::SquaredNorm(norm) => Inputs::SquaredNorm(*norm),
        Source::Unit => Inputs::Unit,
    }
}

/// The JSON form: the verdict, and where the inputs came from.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

/// The JSON form of a verdict on a network of blocks.
#[derive(Serialize)]
struct BlocksOutput<'a> {
    version: &'static str,
    source: &'a str,
    #[serde(flatten)]
    verdict: &'a BlocksVerdict,
}

fn of_blocks(args: &Args, network: &Composition, source: &Source) -> Result<ExitStatus, CommandError> {
    let verdict = blocks_verdict(network, inputs(source), args.judgement.draws, &args.options())?;
    args.plot.write(|| Ok(blocks_verdict_figure(&verdict)))?;
    let words = source.words();
    let output = BlocksOutput { version: env!("CARGO_PKG_VERSION"), source: &words, verdict: &verdict };
    args.report.write(|| blocks_verdict_page(&verdict, &words, &command_line()))?;
    args.output.write(&output, || blocks_verdict_text(&verdict, &words))?;
    Ok(args.status(verdict.class, &verdict.findings))
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    args.report.check()?;
    let (arch, source) = match args.blocks.and_source(&args.network, &args.input)? {
        (AnyNetwork::Layers(arch), source) => (arch, source),
        (AnyNetwork::Blocks(blocks), source) => return of_blocks(args, &blocks, &source),
    };
    let verdict = verdict(&arch, inputs(&source), &args.options())?;
    args.plot.write(|| Ok(verdict_figure(&verdict)))?;
    let words = source.words();
    args.report.write(|| verdict_page(&verdict, &words, &command_line()))?;
    let output = Output { version: env!("CARGO_PKG_VERSION"), source: &words, verdict: &verdict };
    args.output.write(&output, || verdict_text(&verdict, &words))?;
    Ok(args.status(verdict.class, &verdict.findings))
}
