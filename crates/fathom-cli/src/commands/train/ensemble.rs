//! `fathom train --ensemble`: many networks, their mean and their variance.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fathom_ntk::Architecture;
use fathom_ntk::analysis::training::{
    ComparisonError, Ensemble, EnsembleReport, EnsembleTraining, InfiniteWidth, Setting, check_infinite_width,
    ensemble_report, infinite_width,
};
use fathom_ntk::report::ensemble_text;
use fathom_ntk::sample::{Method, Sampler};
use fathom_ntk::train::{Examples, Probe, TrainOptions, Trainer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::comparing::{CompareArg, Plan};
use super::data::Data;
use super::{Args, checkpoint, table};
use crate::data::npy_file;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::usage;
use crate::output::{note, read_bytes, replace_file};
use crate::plot::ensemble_figure;
use crate::runs::{Progress, stop_requested};

/// The format of the file; the streams of random numbers are part of it.
const FORMAT: &str = "fathom train --ensemble, format 1";
/// Time between checkpoints.
const BETWEEN_SAVES: Duration = Duration::from_secs(60);

/// An ensemble so far.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    format: String,
    /// Of the program that wrote it.
    version: String,
    /// What the ensemble is of, but not of how many networks.
    fingerprint: Value,
    ensemble: Ensemble,
}

/// The JSON form.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    labels: Option<&'a [f64]>,
    seed: u64,
    /// Networks asked for.
    planned: u64,
    complete: bool,
    #[serde(flatten)]
    report: &'a EnsembleReport,
}

/// Networks in training.
struct Driving<'a> {
    training: EnsembleTraining<'a>,
    args: &'a Args,
    fingerprint: Value,
    stop: &'static AtomicBool,
}

pub(super) fn run(
    args: &Args,
    options: &TrainOptions,
    data: &Data,
    arch: &Architecture,
    networks: u64,
) -> Result<ExitStatus, CommandError> {
    check(args, options, networks)?;
    let features = data.train.features();
    let sampler = Sampler::new(arch, &data.train.inputs()[..features], Some(Method::Direct))?;
    // All networks take the rate of the first: at equal times they are to be compared with each other.
    let first = Trainer::new(&sampler.network(options.seed, 0)?, &data.train, options)?;
    let (learning_rate, steps) = (first.learning_rate(), first.most_steps());
    drop(first);
    let setting = Setting { train: &data.train, test: data.test.as_ref(), options, learning_rate };
    let records = args.recording.record_at.most_records(steps);
    let plan = Plan::of_ensemble(&args.comparison, &setting, records)?;
    let rows = super::probe_rows(args, data)?;
    let probe = (rows > 0).then(|| Probe { rows, ..Default::default() });
    let schedule = &args.recording.record_at;
    let training = EnsembleTraining { sampler: &sampler, setting, schedule, probe: probe.as_ref() };
    check_memory(training.bytes(records), records, plan.memory)?;
    let mut fingerprint = checkpoint::fingerprint(arch, options, data, rows, schedule)?;
    fingerprint["number_of_steps"] = steps.into();
    let driving = Driving { training, args, fingerprint, stop: stop_requested()? };
    let mut ensemble = driving.saved(networks)?;
    driving.run(networks, &mut ensemble)?;
    if ensemble.members() == 0 {
        return Ok(ExitStatus::CheckFailed);
    }
    let wide = infinite(arch, &setting, plan, &ensemble);
    let report = ensemble_report(arch, &setting, &ensemble, wide.as_ref().map_err(Clone::clone), rows)?;
    write(args, data, &report, &ensemble, wide.as_ref().ok(), networks)?;
    let whole = ensemble.members() == networks && ensemble.diverged() < networks;
    Ok(if whole { ExitStatus::Answered } else { ExitStatus::CheckFailed })
}

fn check(args: &Args, options: &TrainOptions, networks: u64) -> Result<(), CommandError> {
    if networks == 0 {
        return Err(ComparisonError::NoMembers.into());
    }
    if options.stop.loss.is_some() {
        return Err(ComparisonError::OwnSteps.into());
    }
    for (flag, given) in [
        ("--compare linearised", args.comparison.compare == CompareArg::Linearised),
        ("--save-weights", args.recording.save_weights.is_some()),
        ("--keep-ntk", args.recording.keep_ntk.is_some()),
    ] {
        if given {
            return Err(usage(format!("{flag} is of one network: train it by itself, without --ensemble")));
        }
    }
    Ok(())
}

/// That the sums of an ensemble have room.
fn check_memory(needed: u64, records: u64, allowed: u64) -> Result<(), CommandError> {
    if needed > allowed {
        let (needed, allowed) = (needed >> 20, allowed >> 20);
        return Err(usage(format!(
            "the outputs at {records} steps need {needed} MiB of memory, {allowed} are allowed: record at fewer steps \
             (--record-at), or test on fewer inputs"
        )));
    }
    Ok(())
}

impl Driving<'_> {
    fn run(&self, networks: u64, ensemble: &mut Ensemble) -> Result<(), CommandError> {
        let checkpoint = self.args.long.checkpoint.as_deref();
        let mut done = ensemble.members();
        let mut progress = Progress::new("networks", Some(networks), done, None);
        let (mut last_save, mut failure) = (Instant::now(), None);
        let stop = || self.stop.load(Ordering::Relaxed);
        self.training.run(networks, ensemble, stop, |ensemble| {
            progress.add(ensemble.members() - done);
            done = ensemble.members();
            if let Some(path) = checkpoint.filter(|_| last_save.elapsed() > BETWEEN_SAVES) {
                last_save = Instant::now();
                failure = self.save(ensemble, path).err();
            }
            if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        progress.hide();
        if let Some(failure) = failure {
            return Err(failure);
        }
        if let Some(path) = checkpoint {
            self.save(ensemble, path)?;
        }
        if ensemble.members() < networks {
            note(&format!("interrupted after {} of {networks} networks", ensemble.members()));
        }
        Ok(())
    }

    /// What a checkpoint holds.
    fn saved(&self, networks: u64) -> Result<Ensemble, CommandError> {
        let Some(path) = self.args.saved_file().filter(|path| path.exists()) else { return Ok(Ensemble::default()) };
        let failed = |reason: String| CommandError::RunFile { path: path.into(), reason };
        let saved: Saved = serde_json::from_slice(&read_bytes(path)?)
            .map_err(|error| failed(format!("this is not the checkpoint of an ensemble: {error}")))?;
        if saved.format != FORMAT {
            return Err(failed(format!("this is {:?}, and needed is {FORMAT:?}", saved.format)));
        }
        if let Some(differs) = checkpoint::difference(&saved.fingerprint, &self.fingerprint) {
            return Err(failed(format!("the saved ensemble differs from this one in: {differs}")));
        }
        let held = saved.ensemble.members();
        if held > networks {
            return Err(usage(format!("the checkpoint holds {held} networks, more than the {networks} asked for")));
        }
        Ok(saved.ensemble)
    }

    fn save(&self, ensemble: &Ensemble, path: &Path) -> Result<(), CommandError> {
        let version = env!("CARGO_PKG_VERSION").into();
        let fingerprint = self.fingerprint.clone();
        let saved = Saved { format: FORMAT.into(), version, fingerprint, ensemble: ensemble.clone() };
        replace_file(path, &serde_json::to_vec(&saved)?)
    }
}

/// Infinite width at the steps of an ensemble, or why there is none.
fn infinite(
    arch: &Architecture,
    setting: &Setting<'_>,
    plan: Plan,
    ensemble: &Ensemble,
) -> Result<InfiniteWidth, ComparisonError> {
    let steps = ensemble.steps();
    if steps.is_empty() {
        return Err(ComparisonError::NoMembers);
    }
    if !plan.infinite_width {
        check_infinite_width(setting, steps.len(), plan.memory)?;
        return Err(ComparisonError::NotAskedFor);
    }
    infinite_width(arch, setting, &steps, None, plan.memory)
}

fn write(
    args: &Args,
    data: &Data,
    report: &EnsembleReport,
    ensemble: &Ensemble,
    wide: Option<&InfiniteWidth>,
    planned: u64,
) -> Result<(), CommandError> {
    if let Some(path) = &args.recording.table {
        replace_file(path, table::ensemble_csv(&report.at).as_bytes())?;
    }
    if let Some(path) = &args.comparison.keep_outputs {
        let (shape, values) = outputs(data, ensemble, wide);
        replace_file(path, &npy_file(&shape, values.iter()))?;
    }
    args.plot.write(|| Ok(ensemble_figure(report, ensemble, wide, data.train.outputs())))?;
    let output = Output {
        version: env!("CARGO_PKG_VERSION"),
        source: &data.source,
        labels: data.labels.as_deref(),
        seed: report.options.seed,
        planned,
        complete: report.members == planned,
        report,
    };
    args.output.write(&output, || ensemble_text(report, &data.source))
}

/// Mean and variance over networks, and those of infinite width, of every output: (records, 4, inputs, outputs), training
/// inputs before test inputs; NaN where there is no number.
fn outputs(data: &Data, ensemble: &Ensemble, wide: Option<&InfiniteWidth>) -> ([usize; 4], Vec<f64>) {
    let count = data.train.outputs();
    let inputs = data.train.rows() + data.test.as_ref().map_or(0, Examples::rows);
    let size = inputs * count;
    let mut values = Vec::new();
    let steps = ensemble.steps().len();
    for record in 0..steps {
        let mut part = |list: Option<(&[f64], &[f64])>, copies: usize| match list {
            Some((train, test)) => {
                values.extend(train.iter().chain(test).flat_map(|value| std::iter::repeat_n(*value, copies)));
            }
            None => values.extend(std::iter::repeat_n(f64::NAN, size)),
        };
        let variances = ensemble.variances(record);
        part(ensemble.mean(record), 1);
        part(variances.as_ref().map(|(train, test)| (train.as_slice(), test.as_slice())), 1);
        let wide = wide.map(|wide| &wide.at[record]);
        part(wide.map(|wide| (wide.mean.train.as_slice(), wide.mean.test.as_slice())), 1);
        part(wide.map(|wide| (wide.variance.train.as_slice(), wide.variance.test.as_slice())), count);
    }
    ([steps, 4, inputs, count], values)
}
