//! `fathom sample`.

mod drawing;
mod observed;
mod plan;

use std::path::PathBuf;

use fathom_ntk::analysis::sampled::{SampleReport, Simulation, sample_report};
use fathom_ntk::report::sample_text;
use fathom_ntk::sample::{FirstStep, Method, ObservableList};
use fathom_ntk::spec::{AnyNetwork, Architecture};
use serde::Serialize;

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{FiniteBlocksArgs, InputArgs, NetworkArgs, Rows, Source};
use crate::output::{OutputArgs, check_writable, note};
use crate::page::{ReportArgs, command_line, sample_page};
use crate::plot::{PlotArgs, pictured, sampled_figure};
use crate::runs::{Keep, MOST_DRAWS, Part, RunRecord, Setup, allowed_bytes, check_threads};
use drawing::{Drawing, Ending};
use observed::{OBSERVABLES, parse_observables};
use plan::Plan;

/// Flags of `fathom sample`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    blocks: FiniteBlocksArgs,
    #[command(flatten)]
    pub(super) input: InputArgs,
    /// Which rows of the data are the inputs, counted from 0, such as 0,3,5-9 [default: 0]
    #[arg(long, value_name = "ROWS", help_heading = "Input")]
    rows: Option<Rows>,
    /// Two inputs of equal norm with this cosine between them, where there is no data
    #[arg(long, value_name = "C", allow_hyphen_values = true, help_heading = "Input", conflicts_with_all = ["data", "rows"])]
    cosine: Option<f64>,
    #[command(flatten)]
    observe: ObserveArgs,
    #[command(flatten)]
    effort: EffortArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What is recorded.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Observables")]
struct ObserveArgs {
    /// What to record of each network [default: ntk]
    #[arg(long, value_name = "NAME,…", value_parser = parse_observables, long_help = OBSERVABLES)]
    observe: Option<ObservableList>,
    /// Also the covariances of all observables
    #[arg(long)]
    covariances: bool,
    /// Target y of the first gradient step
    #[arg(long, value_name = "Y", default_value_t = FirstStep::default().target, allow_hyphen_values = true)]
    target: f64,
    /// Learning rate η of a real first step
    #[arg(long, value_name = "ETA", default_value_t = FirstStep::default().step, allow_hyphen_values = true)]
    step: f64,
}

/// How much is drawn.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Effort")]
struct EffortArgs {
    /// Networks to draw [default: 1000; without limit with --target-error or --max-time; as before with --resume]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = parse_draws)]
    draws: Option<u64>,
    /// Draw until the mean of the first observable has this relative standard error
    #[arg(long, value_name = "EPS", allow_hyphen_values = true, conflicts_with = "shard")]
    target_error: Option<f64>,
    /// Stop after this many seconds, with what has been drawn
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    max_time: Option<f64>,
    /// Seed of the random numbers
    #[arg(long, value_name = "SEED", default_value_t = 0, allow_hyphen_values = true)]
    seed: u64,
    /// How to draw: chain, projected or direct [default: the fastest that can draw this network]
    #[arg(long, value_name = "NAME")]
    sampler: Option<Method>,
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl EffortArgs {
    fn threads(&self) -> usize {
        self.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }
}

/// A whole number, also as 1e6.
fn parse_draws(text: &str) -> Result<u64, String> {
    // Whole numbers of this size are exact in f64.
    let from_f64 = |n: f64| (n.fract() == 0.0 && (1.0..=MOST_DRAWS as f64).contains(&n)).then_some(n as u64);
    text.trim()
        .parse::<u64>()
        .ok()
        .or_else(|| from_f64(text.trim().parse().ok()?))
        .filter(|n| (1..=MOST_DRAWS).contains(n))
        .ok_or_else(|| format!("a whole number from 1 to {MOST_DRAWS} is needed, such as 5000 or 1e6"))
}

/// Files of long runs.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Long runs")]
struct RunArgs {
    /// Save the run to this file every ten seconds, and at its end
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Continue the run saved in --checkpoint, also to more draws than before
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    /// Draw part I of K only, in blocks of 256 draws; `fathom merge` puts the checkpoints of all parts together
    #[arg(long, value_name = "I/K", requires = "checkpoint", requires = "draws")]
    shard: Option<Part>,
    /// Write every draw to a NumPy file, one row a network; FILE.npy.partial until it is complete
    #[arg(long, value_name = "FILE.npy")]
    keep: Option<PathBuf>,
}

/// The JSON form: the report, and how it was made.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    /// Draws of the whole run; `None` if they are not limited.
    planned_draws: Option<u64>,
    complete: bool,
    #[serde(flatten)]
    report: &'a SampleReport,
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    let plan = Plan::new(args)?;
    check_files(args, &plan)?;
    let (sampler, recorder) = plan.setup.sampler(args.observe.covariances)?;
    check_threads(sampler.bytes(), plan.draws().min(args.effort.threads() as u64), allowed_bytes(None))?;
    let mut record = plan.record(args, recorder.names())?;
    let mut keep = plan.keep(args, &record)?;
    let ending = Drawing::new(args, &sampler, &recorder, &mut record, keep.as_mut())?.run();
    // Whatever has been drawn is not lost, even if something failed; a checkpoint speaks of rows that are kept.
    let kept = keep.as_ref().map_or(Ok(()), Keep::sync);
    if let Some(path) = args.run.checkpoint.as_ref().filter(|_| kept.is_ok()) {
        record.write(path)?;
    }
    let complete = ending? == Ending::Complete;
    kept?;
    if let Some(keep) = keep {
        close(keep, &record, complete, args.run.checkpoint.is_some())?;
    }
    show(&record, complete, (&args.output, &args.plot, &args.report))?;
    Ok(ExitStatus::Answered)
}

/// What is drawn of a network, and how often, whatever the flags say of the network.
pub(super) fn described(args: &Args, arch: &Architecture, source: &Source) -> Result<(Setup, u64), CommandError> {
    let plan = Plan::of(args, &AnyNetwork::Layers(arch.clone()), source)?;
    let draws = plan.draws();
    Ok((plan.setup, draws))
}

/// All files that are written at the end can be, and are different ones; before the work, not after it.
fn check_files(args: &Args, plan: &Plan) -> Result<(), CommandError> {
    args.output.check()?;
    args.report.check()?;
    if let Some(path) = args.plot.path() {
        pictured(&plan.setup.observables()?)?;
        check_writable(path)?;
    }
    Ok(())
}

/// Finishes the file of all draws, unless the run will be continued.
fn close(keep: Keep, record: &RunRecord, complete: bool, resumable: bool) -> Result<(), CommandError> {
    if !complete && resumable {
        note(&format!("the draws so far are in {}; --resume with --keep continues it", keep.partial().display()));
        return Ok(());
    }
    let (rows, draws) = (record.beginning(), record.ledger.draws());
    if rows < draws {
        note(&format!(
            "{} holds the first {rows} of {draws} draws: after these, some are missing",
            keep.path().display()
        ));
    }
    keep.finish(rows)
}

/// Prints the report of a run, and draws it.
pub(super) fn show(
    record: &RunRecord,
    complete: bool,
    (output, plot, page): (&OutputArgs, &PlotArgs, &ReportArgs),
) -> Result<(), CommandError> {
    let Some(summary) = record.total() else {
        return Err(CommandError::Usage("no draw is complete yet".into()));
    };
    let (network, observables) = (record.setup.network()?, record.setup.observables()?);
    let setup = &record.setup;
    let report = sample_report(&Simulation {
        architecture: (&network).into(),
        inputs: &setup.inputs,
        method: setup.method,
        seed: setup.seed,
        observables: &observables,
        first_step: setup.first_step,
        summary: &summary,
    })?;
    let json = Output {
        version: env!("CARGO_PKG_VERSION"),
        source: &setup.source,
        planned_draws: (record.draws < MOST_DRAWS).then_some(record.draws),
        complete,
        report: &report,
    };
    output.write(&json, || sample_text(&report, &setup.source))?;
    page.write(|| {
        // Not everything that is recorded can be drawn.
        let figure = sampled_figure(&report, &observables, &setup.inputs).ok();
        sample_page(&report, figure, &command_line(), &setup.source)
    })?;
    plot.write(|| sampled_figure(&report, &observables, &setup.inputs))
}
