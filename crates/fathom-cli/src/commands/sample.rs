//! `fathom sample`.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fathom_ntk::analysis::sampled::{SampleReport, Simulation, sample_report};
use fathom_ntk::report::sample_text;
use fathom_ntk::sample::{Event, FirstStep, Method, Observable, Recorder, Sampler, run as run_draws};
use fathom_ntk::spec::{Architecture, Widths};
use fathom_ntk::statistics::{DRAWS_PER_BLOCK, Ledger, check_points};
use serde::Serialize;

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{InputArgs, NetworkArgs, Rows, chosen_inputs, network_and_source, usage};
use crate::output::{OutputArgs, note};
use crate::plot::{PlotArgs, sampled_figure};
use crate::runs::{Keep, Part, Progress, RunRecord, Setup, stop_requested};

/// Flags of `fathom sample`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    input: InputArgs,
    /// Which rows of the data are the inputs, counted from 0: 0,3,5-9
    #[arg(long, value_name = "ROWS", default_value = "0", help_heading = "Input")]
    rows: Rows,
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
}

/// What is recorded.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Observables")]
struct ObserveArgs {
    /// What to record of each network [default: ntk]
    #[arg(long, value_name = "NAME,…", value_parser = parse_observables, long_help = OBSERVABLES)]
    observe: Option<Observed>,
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

const OBSERVABLES: &str = "\
What to record of each network [default: ntk]; any of
  ntk           Θ of the first output at all pairs of inputs
  ntk(A,B)      Θ of the first output at inputs A and B, counted from 0
  ntk(A,B;C,D)  Θ of outputs C and D
  log_ntk(A,B)  its natural logarithm
  layers        what each weight layer contributes to Θ at the first input
  layer(L)      one of them, counted from 1
  outputs       the first output at all inputs
  output(A)     one of them; output(A;C) for output C
  trace         trace of Θ over all inputs and outputs
  eigenvalues   all eigenvalues of Θ, the largest first
  eigenvalue(I) one of them, counted from 1
  condition     largest over smallest eigenvalue
  update(A,B)   change of Θ in the first gradient step on ½(f − y)² at input 0, for each unit of learning rate:
                the derivative, with activations that neither switch on nor off
  step(A,B)     the same for a real step of size --step";

/// How much is drawn.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Effort")]
struct EffortArgs {
    /// Networks to draw [default: 1000; without limit if --target-error or --max-time is given]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_DRAWS))]
    draws: Option<u64>,
    /// Draw until the mean of the first observable has this relative standard error
    #[arg(long, value_name = "EPS", conflicts_with = "shard")]
    target_error: Option<f64>,
    /// Stop after this many seconds, with what has been drawn
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<f64>,
    /// Seed of the random numbers
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// How to draw: chain, projected or direct [default: the fastest that can draw this network]
    #[arg(long, value_name = "NAME")]
    sampler: Option<Method>,
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// Files of long runs.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Long runs")]
struct RunArgs {
    /// Save the run to this file now and then, and at its end
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Continue the run saved in --checkpoint
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    /// Draw part I of K only; `fathom merge` puts the checkpoints of all parts together
    #[arg(long, value_name = "I/K", requires = "checkpoint", requires = "draws")]
    shard: Option<Part>,
    /// Write every draw to a NumPy file, one row a network
    #[arg(long, value_name = "FILE.npy")]
    keep: Option<PathBuf>,
}

const BLOCK: u64 = DRAWS_PER_BLOCK as u64;
const MOST_DRAWS: u64 = 1 << 45;
const DEFAULT_DRAWS: u64 = 1000;
/// Time between two saves.
const BETWEEN_SAVES: Duration = Duration::from_secs(10);

/// A list of observables; groups stand for all of their members.
#[derive(Clone, Debug)]
struct Observed(Vec<Group>);

#[derive(Clone, Copy, Debug)]
enum Group {
    One(Observable),
    Ntk,
    Layers,
    Outputs,
    Eigenvalues,
}

fn parse_observables(text: &str) -> Result<Observed, String> {
    // Commas inside parentheses belong to an observable.
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        depth = match c {
            '(' => depth + 1,
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        match (c, parts.last_mut()) {
            (',', _) if depth == 0 => parts.push(String::new()),
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    let group = |part: &String| match part.trim().to_lowercase().as_str() {
        "ntk" => Ok(Group::Ntk),
        "layers" => Ok(Group::Layers),
        "outputs" => Ok(Group::Outputs),
        "eigenvalues" => Ok(Group::Eigenvalues),
        _ => part.parse().map(Group::One).map_err(|e: fathom_ntk::sample::ObservableError| e.to_string()),
    };
    parts.iter().map(group).collect::<Result<_, _>>().map(Observed)
}

impl Observed {
    fn members(&self, arch: &Architecture, inputs: usize) -> Vec<Observable> {
        let outputs = arch.widths().and_then(<[usize]>::last).copied().unwrap_or(1);
        let of = |group: &Group| match *group {
            Group::One(observable) => vec![observable],
            Group::Ntk => {
                let pairs = (0..inputs).flat_map(|a| (a..inputs).map(move |b| (a, b)));
                pairs.map(|(a, b)| Observable::Ntk(fathom_ntk::sample::Entry::of_inputs(a, b))).collect()
            }
            Group::Layers => (1..=arch.depth()).map(Observable::Layer).collect(),
            Group::Outputs => (0..inputs).map(|input| Observable::Output { output: 0, input }).collect(),
            Group::Eigenvalues => (1..=inputs * outputs).map(Observable::Eigenvalue).collect(),
        };
        self.0.iter().flat_map(of).collect()
    }
}

/// The JSON form: the report, and how it was made.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    /// Draws of the whole run.
    planned_draws: u64,
    complete: bool,
    #[serde(flatten)]
    report: &'a SampleReport,
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    let plan = Plan::new(args)?;
    let recorder = plan.recorder(args)?;
    let mut record = plan.record(args, &recorder)?;
    let mut keep = plan.keep(args, &record)?;
    let outcome = plan.draw(args, &recorder, &mut record, keep.as_mut());
    // Whatever has been drawn is not lost, even if something failed.
    if let Some(path) = &args.run.checkpoint {
        record.write(path)?;
    }
    let finished = outcome?;
    if let Some(keep) = keep {
        let interrupted = !finished && args.run.checkpoint.is_some();
        if interrupted {
            keep.sync()?;
        } else {
            keep.finish(beginning(&record))?;
        }
    }
    if record.total().is_none() {
        return Err(CommandError::Usage("stopped before the first draw was complete".into()));
    }
    show(&record, finished, &args.output, &args.plot)?;
    Ok(ExitStatus::Answered)
}

/// Draws from the first of the part on without a gap.
fn beginning(record: &RunRecord) -> u64 {
    let blocks = record.part.blocks(record.draws);
    match record.missing().first() {
        Some(gap) => (gap.start - blocks.start) * BLOCK + record.ledger.draws_of(gap.start),
        None => (blocks.end - blocks.start) * BLOCK,
    }
}

/// Prints and draws the report of a run.
pub(super) fn show(
    record: &RunRecord,
    complete: bool,
    output: &OutputArgs,
    plot: &PlotArgs,
) -> Result<(), CommandError> {
    let Some(summary) = record.total() else {
        return Err(CommandError::Usage("the run holds no draws yet".into()));
    };
    let (architecture, observables) = (record.architecture()?, record.observables()?);
    let setup = &record.setup;
    let report = sample_report(&Simulation {
        architecture: &architecture,
        inputs: &setup.inputs,
        method: setup.method,
        seed: setup.seed,
        observables: &observables,
        first_step: setup.first_step,
        summary: &summary,
    })?;
    plot.write(|| sampled_figure(&report, &setup.inputs))?;
    let json = Output {
        version: env!("CARGO_PKG_VERSION"),
        source: &setup.source,
        planned_draws: record.draws,
        complete,
        report: &report,
    };
    output.write(&json, || sample_text(&report, &setup.source))
}

/// What is to be drawn.
struct Plan {
    architecture: Architecture,
    source: String,
    inputs: Vec<f64>,
    observables: Vec<Observable>,
    sampler: Sampler,
    draws: u64,
    first_step: FirstStep,
}

impl Plan {
    fn new(args: &Args) -> Result<Self, CommandError> {
        for (name, value) in [("--target-error", args.effort.target_error), ("--max-time", args.effort.max_time)] {
            if let Some(got) = value.filter(|v| !(v.is_finite() && *v > 0.0)) {
                return Err(CommandError::Usage(format!("{name} must be positive and finite, got {got}")));
            }
        }
        let (architecture, source) = network_and_source(&args.network, &args.input)?;
        let (inputs, words) = chosen_inputs(&architecture, &source, &args.rows, args.cosine)?;
        let features = architecture.widths().map_or(inputs.len(), |widths| widths[0]);
        let observed = args.observe.observe.clone().unwrap_or(Observed(vec![Group::Ntk]));
        let observables = observed.members(&architecture, inputs.len() / features);
        let updates = observables.iter().any(|o| matches!(o, Observable::Update(..)));
        let method = match args.effort.sampler {
            None if updates => Some(Method::Direct),
            Some(method) if updates && method != Method::Direct => {
                let message = format!("update and step need explicit weights, so the direct sampler, got {method}");
                return Err(CommandError::Usage(message));
            }
            method => method,
        };
        let sampler = Sampler::new(&observed_part(&architecture, &observables)?, &inputs, method)?;
        let bounded = args.effort.target_error.is_none() && args.effort.max_time.is_none();
        let draws = args.effort.draws.unwrap_or(if bounded { DEFAULT_DRAWS } else { MOST_DRAWS });
        let first_step = FirstStep { target: args.observe.target, step: args.observe.step };
        Ok(Self { architecture, source: words, inputs, observables, sampler, draws, first_step })
    }

    fn recorder(&self, args: &Args) -> Result<Recorder, CommandError> {
        let recorder = Recorder::new(&self.sampler, &self.observables)?.with_first_step(self.first_step)?;
        if args.observe.covariances {
            return Ok(recorder.with_joint(&(0..self.observables.len()).collect::<Vec<_>>())?);
        }
        Ok(recorder)
    }

    /// The run to continue, or a new one.
    fn record(&self, args: &Args, recorder: &Recorder) -> Result<RunRecord, CommandError> {
        let setup = Setup {
            architecture: self.architecture.to_spec(),
            source: self.source.clone(),
            inputs: self.inputs.clone(),
            method: self.sampler.method(),
            seed: args.effort.seed,
            observables: self.observables.iter().map(Observable::to_string).collect(),
            first_step: self.first_step,
        };
        let part = args.run.shard.unwrap_or(Part::WHOLE);
        let Some(path) = args.run.checkpoint.as_ref() else {
            return Ok(RunRecord::new(setup, self.draws, part, Ledger::new(recorder.names())));
        };
        if !args.run.resume {
            if path.exists() {
                let message = format!("{} exists: --resume continues it; or remove it", path.display());
                return Err(CommandError::Usage(message));
            }
            let record = RunRecord::new(setup, self.draws, part, Ledger::new(recorder.names()));
            // An unwritable place is found before the work, not after it.
            record.write(path)?;
            return Ok(record);
        }
        let mut record = RunRecord::read(path)?;
        let differs = |reason: String| CommandError::RunFile { path: path.clone(), reason };
        if let Some(difference) = record.setup.difference(&setup) {
            return Err(differs(format!("of another run: {difference}")));
        }
        if record.ledger.observables() != recorder.names() {
            return Err(differs("of a run with other --covariances".into()));
        }
        if record.part != part || (part != Part::WHOLE && record.draws != self.draws) {
            let Part { index, count } = record.part;
            return Err(differs(format!("it is shard {index}/{count} of {} draws", record.draws)));
        }
        record.draws = self.draws;
        Ok(record)
    }

    fn keep(&self, args: &Args, record: &RunRecord) -> Result<Option<Keep>, CommandError> {
        let Some(path) = &args.run.keep else { return Ok(None) };
        let first = record.part.blocks(record.draws).start * BLOCK;
        let held = if args.run.resume { beginning(record) } else { 0 };
        Keep::open(path, self.observables.len(), first, held).map(Some)
    }

    /// Draws what is missing; whether all of it was drawn.
    fn draw(
        &self,
        args: &Args,
        recorder: &Recorder,
        record: &mut RunRecord,
        mut keep: Option<&mut Keep>,
    ) -> Result<bool, CommandError> {
        let stop = stop_requested()?;
        let limit = args.effort.max_time.map(Duration::try_from_secs_f64).transpose().map_err(usage)?;
        let threads = args.effort.threads.map_or_else(default_threads, usize::from);
        let part = record.part.blocks(self.draws);
        let known_total = (self.draws < MOST_DRAWS).then_some((part.end - part.start) * BLOCK);
        let known_total = known_total.map(|total| total.min(self.draws - part.start * BLOCK));
        let mut progress = Progress::new("draws", known_total, record.ledger.draws());
        let mut saved = Instant::now();
        let mut failure = None;
        // Without a target there is one stage, the whole part.
        let stages: Box<dyn Iterator<Item = u64>> = match args.effort.target_error {
            None => Box::new(std::iter::once(part.end)),
            Some(_) => Box::new(check_points().take_while(|&b| b < part.end).chain([part.end])),
        };
        for end in stages {
            let missing = record.missing_before(end);
            run_draws(&self.sampler, recorder, args.effort.seed, &missing, self.draws, threads, |event| {
                match event {
                    Event::Progress(draws) => progress.add(draws),
                    Event::Block(block) => {
                        let kept = keep.as_mut().map_or(Ok(()), |keep| keep.write(block.block * BLOCK, block.rows));
                        // The beginning of a block may be in the record already, from a run that was interrupted.
                        let new = block.summary.draws() > record.ledger.draws_of(block.block);
                        let insert =
                            |ledger: &mut Ledger| if new { ledger.insert(block.block, block.summary) } else { Ok(()) };
                        let inserted = kept.and_then(|()| Ok(insert(&mut record.ledger)?));
                        let due = saved.elapsed() > BETWEEN_SAVES;
                        let save = inserted.and_then(|()| match args.run.checkpoint.as_ref().filter(|_| due) {
                            Some(path) => {
                                saved = Instant::now();
                                keep.as_ref().map_or(Ok(()), |keep| keep.sync())?;
                                record.write(path)
                            }
                            None => Ok(()),
                        });
                        failure = save.err();
                    }
                }
                let out_of_time = limit.is_some_and(|limit| progress.seconds() > limit.as_secs_f64());
                if failure.is_some() || out_of_time || stop.load(Ordering::Relaxed) {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            })?;
            if let Some(failure) = failure {
                return Err(failure);
            }
            if let Some(target) = args.effort.target_error
                && let Some(summary) = record.total()
            {
                let tails = summary.marginal(0)?.tails(None)?;
                if tails.mean_is_within(target) {
                    return Ok(true);
                }
                if let Some(error) = tails.mean().and_then(|mean| mean.relative_error()) {
                    progress.say(format!(", relative error {error:.2e} of {target:.2e}"));
                }
            }
            let expected = (end * BLOCK).min(self.draws) - part.start * BLOCK;
            if record.ledger.draws() < expected {
                let reason = if stop.load(Ordering::Relaxed) { "interrupted" } else { "out of time" };
                drop(progress);
                let total = known_total.map_or(String::new(), |total| format!(" of {total}"));
                note(&format!("{reason} after {}{total} draws", record.ledger.draws()));
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The part of the network that the observables see: its first output alone, if they see no other. Its law does not
/// depend on the other outputs.
fn observed_part(arch: &Architecture, observables: &[Observable]) -> Result<Architecture, CommandError> {
    let first_alone = |observable: &Observable| match observable {
        Observable::Ntk(entry) | Observable::LogNtk(entry) => entry.outputs == (0, 0),
        Observable::Output { output, .. } => *output == 0,
        Observable::Layer(_) => true,
        _ => false,
    };
    match arch.widths() {
        Some(widths) if observables.iter().all(first_alone) => {
            let mut widths = widths.to_vec();
            if let Some(last) = widths.last_mut() {
                *last = 1;
            }
            Ok(arch.with_widths(Widths::new(widths).map_err(usage)?)?)
        }
        _ => Ok(arch.clone()),
    }
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
