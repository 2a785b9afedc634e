//! What the command of a sweep needs: data, options, and a job for every cell.

use fathom_ntk::analysis::sweep::{
    Cell, Job, Key, OptionValue, SampleTask, Setting, Sweep, SweepCommand, SweepError, Task, TrainTask,
};
use fathom_ntk::train::Examples;
use serde_json::{Value, json};

use super::sources::Sources;
use crate::commands::{sample, train, verdict};
use crate::error::CommandError;
use crate::flags::{Source, usage};
use crate::runs::{Setup, fingerprint, text_fingerprint};

/// The format of fingerprints; the streams of random numbers are part of it.
const FORMAT: &str = "fathom sweep, format 1";
/// Share of the first loss that training is to reach, where nothing is said.
const THRESHOLD: f64 = 0.5;
/// Options of the commands that a sweep may set; `threshold` is its own.
const SAMPLE: &[&str] =
    &["data", "array", "input_sq_norm", "rows", "cosine", "observe", "target", "step", "draws", "sampler", "seed"];
const TRAIN: &[&str] = &[
    "data",
    "targets",
    "test_data",
    "test_targets",
    "array",
    "rows",
    "hold_out",
    "loss",
    "optimizer",
    "momentum",
    "beta1",
    "beta2",
    "epsilon",
    "learning_rate",
    "relative_rate",
    "steps",
    "time",
    "until_loss",
    "batch",
    "precision",
    "divergence",
    "probe",
    "record_at",
    "threshold",
    "seed",
];
const VERDICT: &[&str] = &[
    "data",
    "array",
    "input_sq_norm",
    "random",
    "moves",
    "steps",
    "learning_rate",
    "target",
    "tolerance",
    "sample",
    "seed",
];

/// Data and options of the command.
pub(super) enum Material {
    Sample { args: Box<sample::Args>, sources: Sources },
    Train { described: Box<train::Described>, threshold: f64 },
    Verdict { args: Box<verdict::Args>, sources: Sources },
}

/// A cell that is ready to be done.
pub(super) struct Prepared {
    /// Of everything that decides its outcome.
    pub(super) key: String,
    /// Of samples: what is drawn.
    drawn: Option<(Setup, u64)>,
}

impl Material {
    pub(super) fn load(sweep: &Sweep) -> Result<Self, CommandError> {
        let options = |allowed| arguments(sweep, allowed);
        match sweep.command {
            SweepCommand::Sample => {
                let args: sample::Args = parsed(sweep.command, &options(SAMPLE)?)?;
                let sources = Sources::new(&args.input)?;
                Ok(Self::Sample { args: Box::new(args), sources })
            }
            SweepCommand::Verdict => {
                let args: verdict::Args = parsed(sweep.command, &options(VERDICT)?)?;
                let sources = Sources::new(&args.input)?;
                Ok(Self::Verdict { args: Box::new(args), sources })
            }
            SweepCommand::Train => {
                let mut options = options(TRAIN)?;
                let threshold = options.iter().position(|(name, _)| name == "threshold");
                let threshold = threshold.map_or(Ok(THRESHOLD), |place| {
                    let (_, text) = options.remove(place);
                    let number = text.parse().ok().filter(|share: &f64| *share > 0.0 && share.is_finite());
                    number.ok_or_else(|| usage(format!("threshold must be positive and finite, got {text}")))
                })?;
                let args: train::Args = parsed(sweep.command, &options)?;
                Ok(Self::Train { described: Box::new(train::described(&args)?), threshold })
            }
        }
    }

    /// All cells of the grid, in order.
    pub(super) fn cells(&mut self, sweep: &Sweep) -> Result<Vec<Cell>, CommandError> {
        let (inputs, outputs) = match self {
            Self::Train { described, .. } => (described.data.train.features(), described.data.train.outputs()),
            Self::Sample { sources, .. } | Self::Verdict { sources, .. } => (sources.features, 1),
        };
        let mut sweep = sweep.clone();
        // A seed among the options is that of all cells, unless it varies.
        let seed = sweep.options.iter().find(|(name, _)| name == "seed").map(|(_, value)| text(value));
        if let (Some(seed), None) = (seed, sweep.template.seed()) {
            sweep.template.set(&Setting::parse(Key::Seed, &seed)?);
        }
        let cells = sweep.cells(inputs, outputs)?;
        if let Self::Sample { sources, .. } | Self::Verdict { sources, .. } = self {
            cells.iter().try_for_each(|cell| sources.complete(&cell.architecture))?;
        }
        Ok(cells)
    }

    /// What every cell needs besides.
    pub(super) fn prepare(&self, cells: &[Cell]) -> Result<Vec<Prepared>, CommandError> {
        let data = match self {
            Self::Train { described, .. } => {
                let data = &described.data;
                json!({ "train": checksum(&data.train), "test": data.test.as_ref().map(checksum) })
            }
            Self::Sample { .. } | Self::Verdict { .. } => Value::Null,
        };
        cells.iter().map(|cell| self.prepare_one(cell, &data)).collect()
    }

    fn prepare_one(&self, cell: &Cell, data: &Value) -> Result<Prepared, CommandError> {
        let arch = &cell.architecture;
        let (what, drawn) = match self {
            Self::Train { described, threshold } => {
                let train::Described { options, schedule, probe, .. } = &**described;
                let mut options = serde_json::to_value(options)?;
                if let Some(options) = options.as_object_mut() {
                    options.remove("seed");
                }
                let schedule = schedule.to_string();
                (
                    json!({ "options": options, "record_at": schedule, "probe": probe, "threshold": threshold, "data": data }),
                    None,
                )
            }
            Self::Sample { args, sources } => {
                let (mut setup, draws) = sample::described(args, arch, sources.of(arch))?;
                setup.seed = cell.seed;
                let mut what = serde_json::to_value(&setup)?;
                what["inputs"] = fingerprint(&setup.inputs).into();
                (json!({ "setup": what, "draws": draws }), Some((setup, draws)))
            }
            Self::Verdict { args, sources } => {
                let inputs = match sources.of(arch) {
                    Source::Data(data, _) => fingerprint(&data.inputs.values).to_string(),
                    Source::SquaredNorm(norm) => norm.to_string(),
                    Source::Unit => "unit".into(),
                };
                (json!({ "options": args.options(), "inputs": inputs }), None)
            }
        };
        let network = json!({ "architecture": arch, "seed": cell.seed });
        let key = text_fingerprint(&json!([FORMAT, self.command(), network, what]).to_string());
        Ok(Prepared { key, drawn })
    }

    fn command(&self) -> SweepCommand {
        match self {
            Self::Sample { .. } => SweepCommand::Sample,
            Self::Train { .. } => SweepCommand::Train,
            Self::Verdict { .. } => SweepCommand::Verdict,
        }
    }

    /// What is to be done with a cell.
    pub(super) fn job<'a>(&'a self, cell: &Cell, prepared: &'a Prepared) -> Result<Job<'a>, CommandError> {
        let task = match self {
            Self::Train { described, threshold } => Task::Train(TrainTask {
                examples: &described.data.train,
                test: described.data.test.as_ref(),
                options: described.options.clone(),
                schedule: described.schedule.clone(),
                probe: described.probe,
                threshold: *threshold,
            }),
            Self::Sample { .. } => {
                let (setup, draws) = prepared.drawn.as_ref().ok_or_else(|| usage("the cell was not prepared"))?;
                Task::Sample(SampleTask {
                    inputs: setup.inputs.clone(),
                    observables: setup.observables()?,
                    draws: *draws,
                    method: Some(setup.method),
                    first_step: setup.first_step,
                })
            }
            Self::Verdict { args, sources } => {
                let source = sources.of(&cell.architecture);
                Task::Verdict { inputs: verdict::inputs(source), options: args.options() }
            }
        };
        Ok(Job { architecture: cell.architecture.clone(), seed: cell.seed, task })
    }

    /// Where the inputs come from.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Train { described, .. } => &described.data.source,
            Self::Sample { sources, .. } | Self::Verdict { sources, .. } => &sources.words,
        }
    }
}

/// The options of the document with their values as text, all known.
fn arguments(sweep: &Sweep, allowed: &[&str]) -> Result<Vec<(String, String)>, CommandError> {
    let mut arguments: Vec<(String, String)> = Vec::with_capacity(sweep.options.len());
    for (name, value) in &sweep.options {
        let name = name.replace('-', "_");
        if !allowed.contains(&name.as_str()) {
            let place = match sweep.command {
                SweepCommand::Sample => "[sample]",
                SweepCommand::Train => "[train]",
                SweepCommand::Verdict => "[verdict]",
            };
            return Err(SweepError::UnknownKey { place, got: name, allowed: allowed.join(", ") }.into());
        }
        if let OptionValue::Flag(_) = value {
            return Err(usage(format!("{name} takes a number, a text or a list, not true or false")));
        }
        if arguments.iter().any(|(other, _)| *other == name) {
            return Err(usage(format!("{name} is given twice")));
        }
        arguments.push((name, text(value)));
    }
    Ok(arguments)
}

fn text(value: &OptionValue) -> String {
    match value {
        OptionValue::Text(text) => text.clone(),
        OptionValue::Flag(flag) => flag.to_string(),
    }
}

/// Options as the command itself reads its flags.
fn parsed<A: clap::Args>(command: SweepCommand, options: &[(String, String)]) -> Result<A, CommandError> {
    let flags = options.iter().map(|(name, value)| format!("--{}={value}", name.replace('_', "-")));
    let parser = A::augment_args(clap::Command::new(command.name()).no_binary_name(true));
    let matches = parser.try_get_matches_from(flags).and_then(|matches| A::from_arg_matches(&matches));
    matches.map_err(|error| {
        let text = error.to_string();
        let first: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
        usage(format!("[{}] {}", command.name(), first.join(" ").trim_start_matches("error: ")))
    })
}

/// Rows, features, and a hash of the bits of all numbers.
fn checksum(examples: &Examples) -> Value {
    let (rows, features) = (examples.rows(), examples.features());
    json!([
        rows,
        features,
        fingerprint(examples.inputs()),
        fingerprint(examples.targets()),
        examples.classes().is_some()
    ])
}
