//! `fathom predict` with conjugate gradients.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use fathom_ntk::predict::{
    FastKernel, Iterate, IterativeOptions, KernelOperator, LargeProblem, PackedKernel, Preconditioner, PredictError,
    Prediction, Progress as Steps, Ridge, Stage, TiledKernel, predict_iteratively,
};
use fathom_ntk::report::number;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::data::MatrixRows;
use crate::error::CommandError;
use crate::flags::usage;
use crate::output::{note, read_bytes, replace_file};
use crate::runs::{Progress, fingerprint, stop_requested};

/// Rows of a file that are packed at once.
const BAND: usize = 512;
/// Time between checkpoints.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(60);

/// How the system is solved.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Solver")]
pub(super) struct SolverArgs {
    /// direct: factorize the kernel; cg: conjugate gradients, for large data; auto: direct if the memory suffices
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) solver: SolverArg,
    /// Largest |y − (K + ρ)α|/|y| that conjugate gradients leave, K in double precision
    #[arg(long, value_name = "SHARE", default_value_t = 1e-6, allow_hyphen_values = true)]
    tolerance: f64,
    /// Most steps of conjugate gradients
    #[arg(long, value_name = "N", default_value_t = 2000)]
    max_iterations: usize,
    /// Inputs that the preconditioner of conjugate gradients is made of
    #[arg(long, value_name = "N", default_value_t = 1000)]
    rank: usize,
    /// Seed of the choice of those
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// Where conjugate gradients have the kernel: memory (four bytes a pair), tiles (computed again for every step), or
    /// auto: memory if it suffices
    #[arg(long, value_enum, default_value = "auto")]
    hold: HoldArg,
    /// Take the kernel of the training inputs from a file of `fathom kernel --out`; read again for every step with --hold tiles
    #[arg(long, value_name = "FILE.npy")]
    kernel_file: Option<PathBuf>,
    /// Save the state of conjugate gradients to this file once a minute, when interrupted, and after the last step allowed
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Go on from the checkpoint
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    /// Most memory in MiB, kernels included [default: nine tenths of what is available]
    #[arg(long, value_name = "MIB")]
    pub(super) memory: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SolverArg {
    Auto,
    Direct,
    Cg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HoldArg {
    Auto,
    Memory,
    Tiles,
}

/// A state to go on from, and what it is of.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checkpoint<I> {
    problem: Value,
    iterate: I,
}

impl SolverArgs {
    pub(super) fn iterative(&self, method: fathom_ntk::predict::Method, ridge: Ridge) -> IterativeOptions {
        let Self { tolerance, max_iterations, rank, seed, .. } = *self;
        IterativeOptions { method, ridge, tolerance, max_iterations, rank, seed }
    }

    /// Whether the kernel is held in memory; refuses what does not fit.
    fn held(&self, problem: &LargeProblem<'_>, rank: usize, allowed: u64) -> Result<bool, CommandError> {
        let n = problem.train.len() / problem.features;
        // The inputs as they were read and as the engine has them, a band of rows, and some vectors.
        let inputs = 24 * (problem.train.len() + problem.test.len()) as u64;
        let bands = 8 * 4000 * n as u64;
        let vectors = 8 * 40 * problem.targets.len().max(16 * n) as u64;
        let beside = inputs + bands + vectors + Preconditioner::bytes(n, rank);
        let packed = beside + PackedKernel::bytes(n);
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        let needed = if self.hold == HoldArg::Memory { packed } else { beside };
        if needed > allowed {
            let (needed, allowed) = (mib(needed), mib(allowed));
            let remedy =
                if self.hold == HoldArg::Memory { "--hold tiles, a smaller --rank, or" } else { "a smaller --rank or" };
            return Err(usage(format!(
                "about {needed} MiB of memory are needed, {allowed} are allowed: use {remedy} fewer inputs"
            )));
        }
        let fits = packed <= allowed && self.hold != HoldArg::Tiles;
        if !fits && self.hold == HoldArg::Auto {
            let (needed, allowed) = (mib(packed), mib(allowed));
            note(&format!(
                "the kernel is computed again for every step: holding it would take {needed} MiB, {allowed} are allowed"
            ));
        }
        Ok(fits)
    }
}

fn unreadable(error: impl std::fmt::Display) -> PredictError {
    PredictError::Unreadable { reason: error.to_string() }
}

/// The kernel of a file in memory.
fn packed(file: &MatrixRows, n: usize) -> Result<PackedKernel, CommandError> {
    let mut kernel = PackedKernel::new(&file.diagonal()?)?;
    let mut rows = Vec::new();
    for first in (0..n).step_by(BAND) {
        rows.resize(BAND.min(n - first) * n, 0.0);
        file.read(first, &mut rows)?;
        kernel.set_rows(first, n, &rows)?;
    }
    Ok(kernel)
}

/// What a state belongs to.
fn identity(problem: &LargeProblem<'_>, options: &IterativeOptions, hold: Value) -> Result<Value, CommandError> {
    let print = |values: &[f64]| json!([values.len(), format!("{:016x}", fingerprint(values))]);
    // More steps may be allowed than before.
    let IterativeOptions { method, ridge, tolerance, rank, seed, .. } = options;
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "architecture": serde_json::to_value(problem.network)?,
        "method": serde_json::to_value(method)?,
        "ridge": serde_json::to_value(ridge)?,
        "options": [tolerance, rank, seed],
        "kernel": hold,
        "train": print(problem.train),
        "targets": print(problem.targets),
    }))
}

fn resumed(path: &Path, identity: &Value) -> Result<Iterate, CommandError> {
    let wrong = |reason: String| CommandError::RunFile { path: path.into(), reason };
    let checkpoint: Checkpoint<Iterate> =
        serde_json::from_slice(&read_bytes(path)?).map_err(|e| wrong(format!("not a complete checkpoint: {e}")))?;
    if checkpoint.problem != *identity {
        return Err(wrong("it is of another problem, network, ridge or solver: leave out --resume".into()));
    }
    Ok(checkpoint.iterate)
}

/// The prediction, by conjugate gradients.
pub(super) fn predict_large(
    args: &SolverArgs,
    problem: &LargeProblem<'_>,
    options: &IterativeOptions,
    allowed: u64,
) -> Result<Prediction, CommandError> {
    let n = problem.train.len() / problem.features;
    let in_memory = args.held(problem, options.rank, allowed)?;
    if matches!(options.ridge, Ridge::Absolute(0.0) | Ridge::Relative(0.0)) {
        note("conjugate gradients without a ridge may take very many steps: give --relative-ridge 1e-4, for example");
    }
    let file = args.kernel_file.as_deref().map(|path| MatrixRows::open(path, n)).transpose()?;
    let hold = json!([if in_memory { "memory" } else { "tiles" }, file.is_some()]);
    let identity = identity(problem, options, hold)?;
    let iterate = match &args.checkpoint {
        Some(path) if args.resume => Some(resumed(path, &identity)?),
        _ => None,
    };
    let from_file: Option<Box<dyn KernelOperator>> = match &file {
        Some(file) if in_memory => Some(Box::new(packed(file, n)?)),
        Some(file) => {
            let fill = |first: usize, rows: &mut [f64]| file.read(first, rows).map_err(unreadable);
            Some(Box::new(TiledKernel::new(file.diagonal()?, fill)))
        }
        None => None,
    };
    let fast = match &from_file {
        Some(kernel) => FastKernel::Given(kernel.as_ref()),
        None if in_memory => FastKernel::Packed,
        None => FastKernel::Recomputed,
    };
    let mut watch = Watch::new(args.checkpoint.as_deref(), identity, options)?;
    let prediction = predict_iteratively(problem, fast, options, iterate, |stage| watch.see(stage))?;
    match (watch.failed, prediction) {
        (Some(error), _) => Err(error),
        (None, Some(prediction)) => Ok(prediction),
        (None, None) => {
            let remedy = if watch.saved { "--resume goes on from the checkpoint" } else { "there is no checkpoint" };
            Err(CommandError::Usage(format!("interrupted: {remedy}")))
        }
    }
}

/// Progress, interruption and checkpoints.
struct Watch<'a> {
    stop: &'static std::sync::atomic::AtomicBool,
    checkpoint: Option<&'a Path>,
    identity: Value,
    tolerance: f64,
    max_iterations: usize,
    progress: Option<Progress>,
    done: u64,
    kept: Instant,
    saved: bool,
    failed: Option<CommandError>,
}

impl<'a> Watch<'a> {
    fn new(checkpoint: Option<&'a Path>, identity: Value, options: &IterativeOptions) -> Result<Self, CommandError> {
        let IterativeOptions { tolerance, max_iterations, .. } = *options;
        let (stop, kept) = (stop_requested()?, Instant::now());
        let (progress, done, saved, failed) = (None, 0, false, None);
        Ok(Self { stop, checkpoint, identity, tolerance, max_iterations, progress, done, kept, saved, failed })
    }

    fn see(&mut self, stage: Stage<'_>) -> ControlFlow<()> {
        let stop = self.stop.load(Ordering::Relaxed);
        match stage {
            Stage::Kernel { bands: 0, of } => self.progress = Some(Progress::new("bands", Some(of as u64), 0, None)),
            Stage::Kernel { .. } => self.progress.iter_mut().for_each(|progress| progress.add(1)),
            Stage::Preconditioner | Stage::Test => self.progress = None,
            Stage::Step(steps, iterate) => {
                self.show(steps);
                let last = steps.iterations >= self.max_iterations;
                if (stop || last || self.kept.elapsed() > BETWEEN_CHECKPOINTS)
                    && let Err(error) = self.keep(iterate)
                {
                    self.failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn show(&mut self, steps: Steps) {
        let done = steps.iterations as u64;
        if self.progress.is_none() {
            self.progress = Some(Progress::new("steps", None, done, None));
            self.done = done;
        }
        let Some(progress) = &mut self.progress else { return };
        let words = format!("residual {} after {} corrections", number(steps.residual), steps.corrections);
        // Residuals fall at a constant rate, more or less.
        let share = (steps.residual.ln() / self.tolerance.ln()).clamp(0.01, 1.0);
        progress.aim(steps.iterations as f64 / share, words);
        progress.add(done - self.done);
        self.done = done;
    }

    fn keep(&mut self, iterate: &Iterate) -> Result<(), CommandError> {
        self.kept = Instant::now();
        let Some(path) = self.checkpoint else { return Ok(()) };
        let checkpoint = Checkpoint { problem: self.identity.clone(), iterate };
        replace_file(path, &serde_json::to_vec(&checkpoint)?)?;
        self.saved = true;
        Ok(())
    }
}
