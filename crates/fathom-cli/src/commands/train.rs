//! `fathom train`.

mod arguments;
mod checkpoint;
mod comparing;
mod data;
mod driving;
mod ensemble;
mod table;

use fathom_ntk::analysis::training::{Comparison, Setting, initial_network, probe};
use fathom_ntk::network::Network;
use fathom_ntk::report::{comparison_parts, comparison_text, train_text};
use fathom_ntk::spec::Architecture;
use fathom_ntk::train::{Ending, Examples, Recorder, Schedule, TrainError, TrainOptions, TrainReport, Trainer};
use serde::Serialize;

pub(crate) use arguments::Args;
use checkpoint::Saved;
use comparing::Plan;
use data::Data;
use driving::Driving;

use crate::data::{npy_file, pytorch_file};
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{network_for, usage};
use crate::output::{check_writable, note, replace_file};
use crate::page::{command_line, training_page};
use crate::plot::training_figure;
use crate::runs::stop_requested;

/// The JSON form.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    labels: Option<&'a [f64]>,
    seed: u64,
    #[serde(flatten)]
    report: &'a TrainReport,
    /// `None` if nothing was compared.
    comparison: Option<&'a Comparison>,
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    let options = args.options()?;
    stop_requested()?;
    let data = Data::load(&args.data, options.loss)?;
    let arch = network(args, &data)?;
    check_files(args)?;
    if let Some(networks) = args.comparison.ensemble {
        return ensemble::run(args, &options, &data, &arch, networks);
    }
    let initial = initial_network(&arch, &data.train, options.seed)?;
    let mut trainer = Trainer::new(&initial, &data.train, &options)?;
    // In single precision, the rounded network is the one that training starts from.
    let started = trainer.network();
    let probe_inputs = probe_rows(args, &data)?;
    let keep = args.recording.keep_ntk.is_some() || args.plot.path().is_some();
    let probe = probe(&arch, &data.train, probe_inputs, keep);
    let recorder = Recorder::new(&started, &data.train, data.test.as_ref(), options.loss, probe)?;
    let learning_rate = trainer.learning_rate();
    let setting = Setting { train: &data.train, test: data.test.as_ref(), options: &options, learning_rate };
    let records = args.recording.record_at.most_records(trainer.most_steps());
    let plan = Plan::new(&args.comparison, &setting, trainer.most_steps(), records)?;
    let mut fingerprint = checkpoint::fingerprint(&arch, &options, &data, probe_inputs, &args.recording.record_at)?;
    fingerprint["comparison"] = plan.compares.into();
    let mut saved = match args.saved_file() {
        Some(path) => Saved::read(path, &fingerprint)?,
        None => Saved::default(),
    };
    restore(&mut trainer, &saved)?;
    let ending = Driving::new(args, &fingerprint, &mut saved, plan.compares)?.run(&mut trainer, &recorder)?;
    let comparison = match ending {
        // Whoever interrupts does not want to wait.
        Ending::Interrupted => None,
        _ => plan.compare(&arch, &started, &setting, (&saved.records, &saved.outputs), probe_inputs)?,
    };
    let test_inputs = data.test.as_ref().map_or(0, Examples::rows);
    let sizes = [data.train.rows(), test_inputs, probe_inputs];
    let report = TrainReport::new(&arch, &trainer, sizes, ending, std::mem::take(&mut saved.records));
    let result = Trained { report, comparison, network: trainer.network(), kernels: saved.kernels, probe_inputs };
    result.write(args, &data)?;
    Ok(match ending {
        Ending::Steps | Ending::Loss => ExitStatus::Answered,
        Ending::Diverged { .. } | Ending::Interrupted => ExitStatus::CheckFailed,
    })
}

/// Continues where a checkpoint ends.
fn restore(trainer: &mut Trainer<'_>, saved: &Saved) -> Result<(), CommandError> {
    let Some(state) = &saved.state else { return Ok(()) };
    trainer.restore(state)?;
    if trainer.steps() > trainer.most_steps() {
        let (made, asked) = (trainer.steps(), trainer.most_steps());
        return Err(usage(format!("the checkpoint is at step {made}, beyond the {asked} that are asked for")));
    }
    Ok(())
}

/// The network, as large as the data.
fn network(args: &Args, data: &Data) -> Result<Architecture, CommandError> {
    let mut flags = args.network.spec()?;
    if flags.depth.is_some() && flags.widths.is_none() {
        return Err(usage("a network that is trained needs --widths, not --depth"));
    }
    if flags.widths.is_some() {
        return Ok(Architecture::try_from(flags)?);
    }
    let arch = network_for(&args.network, data.train.features())?;
    let mut widths = arch.widths().map(<[usize]>::to_vec).unwrap_or_default();
    if let Some(last) = widths.last_mut() {
        *last = data.train.outputs();
    }
    flags.widths = Some(fathom_ntk::spec::Widths::new(widths).map_err(usage)?);
    Ok(Architecture::try_from(flags)?)
}

/// Data and training as the flags describe them, whatever the network.
pub(super) struct Described {
    pub(super) data: Data,
    pub(super) options: TrainOptions,
    pub(super) schedule: Schedule,
    pub(super) probe: usize,
}

pub(super) fn described(args: &Args) -> Result<Described, CommandError> {
    let options = args.options()?;
    let data = Data::load(&args.data, options.loss)?;
    let (schedule, probe) = (args.recording.record_at.clone(), probe_rows(args, &data)?);
    Ok(Described { data, options, schedule, probe })
}

/// So many inputs the NTK is recorded on.
fn probe_rows(args: &Args, data: &Data) -> Result<usize, CommandError> {
    let rows = args.recording.probe.unwrap_or(arguments::DEFAULT_PROBE.min(data.train.rows()));
    if rows > data.train.rows() {
        return Err(TrainError::Probe { rows: data.train.rows(), got: rows }.into());
    }
    Ok(rows)
}

/// All that is known at the end.
struct Trained {
    report: TrainReport,
    comparison: Option<Comparison>,
    network: Network,
    kernels: Vec<Vec<f64>>,
    probe_inputs: usize,
}

impl Trained {
    fn write(&self, args: &Args, data: &Data) -> Result<(), CommandError> {
        let Self { report, comparison, network, kernels, probe_inputs } = self;
        let beside = comparison.as_ref().map_or(&[][..], |comparison| &comparison.at);
        if let Some(path) = &args.recording.table {
            replace_file(path, table::csv(&report.records, beside).as_bytes())?;
        }
        if let Some(path) = &args.recording.keep_ntk {
            let shape = [kernels.len(), *probe_inputs, *probe_inputs];
            replace_file(path, &npy_file(&shape, kernels.iter().flatten()))?;
        }
        if let Some(path) = &args.recording.save_weights {
            if network.layers().iter().any(|layer| !layer.weights().iter().all(|w| w.is_finite())) {
                note("the weights diverged: not all of those saved are finite");
            }
            replace_file(path, &pytorch_file(network, report.options.precision)?)?;
        }
        let classes = data.probe_classes(*probe_inputs);
        args.plot.write(|| Ok(training_figure(report, beside, kernels, classes)))?;
        args.report.write(|| {
            let figure = training_figure(report, beside, kernels, classes);
            let theory = comparison.as_ref().map_or_else(Vec::new, comparison_parts);
            training_page(report, &data.source, theory, Some(figure), &command_line())
        })?;
        let labels = data.labels.as_deref();
        let (version, seed) = (env!("CARGO_PKG_VERSION"), report.options.seed);
        let output = Output { version, source: &data.source, labels, seed, report, comparison: comparison.as_ref() };
        let text = || train_text(report, &data.source) + &comparison.as_ref().map_or(String::new(), comparison_text);
        args.output.write(&output, text)
    }
}

/// All files that are written at the end can be, before the work, not after it.
fn check_files(args: &Args) -> Result<(), CommandError> {
    args.output.check()?;
    args.report.check()?;
    if let Some(path) = &args.long.checkpoint {
        match (path.exists(), args.long.resume) {
            (true, false) => {
                return Err(usage(format!("{} exists: --resume continues it; or remove it", path.display())));
            }
            (false, true) => note(&format!("there is no {} yet: training starts from the beginning", path.display())),
            _ => {}
        }
    }
    if args.recording.keep_ntk.is_some() && args.recording.probe == Some(0) {
        return Err(usage("--keep-ntk needs a --probe of at least 1 input"));
    }
    let files = [
        args.long.checkpoint.as_deref(),
        args.recording.table.as_deref(),
        args.recording.keep_ntk.as_deref(),
        args.recording.save_weights.as_deref(),
        args.comparison.keep_outputs.as_deref(),
        args.output.out.as_deref(),
        args.plot.path(),
    ];
    files.into_iter().flatten().try_for_each(check_writable)
}
