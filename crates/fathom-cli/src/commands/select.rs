//! `fathom select`.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use clap::ValueEnum;
use fathom_ntk::Architecture;
use fathom_ntk::activation::Activation;
use fathom_ntk::infinite::matrix::Watch;
use fathom_ntk::predict::{Candidate, Criterion, KernelKind, Ridge, Selection, select, training_kernel_watched};
use fathom_ntk::report::{number, selection_parts, selection_text};
use fathom_ntk::spec::{ArchitectureSpec, PerLayer};
use serde::Serialize;

use super::kernel::title;
use super::supervised::{Supervised, Task};
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{AnyNetwork, read_blocks, usage};
use crate::output::{OutputArgs, note};
use crate::page::{ReportArgs, command_line, selection_page};
use crate::plot::{PlotArgs, selection_figure};
use crate::runs::{Progress, stop_requested, watched};

/// Flags of `fathom select`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    grid: GridArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Which kernel
    #[arg(long, value_enum, default_value = "ntk")]
    kernel: KernelArg,
    /// What the best is best at [default: accuracy with --classify, else loo]
    #[arg(long, value_enum)]
    criterion: Option<CriterionArg>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// The candidates: all combinations.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Candidates")]
struct GridArgs {
    /// Numbers of weight layers
    #[arg(long, value_name = "L,…", value_delimiter = ',', default_value = "2,3,5,10")]
    depth: Vec<usize>,
    /// Variances σ_w²
    #[arg(long, value_name = "VAR,…", value_delimiter = ',', default_value = "2", allow_hyphen_values = true)]
    weight_var: Vec<f64>,
    /// Variances σ_b²
    #[arg(long, value_name = "VAR,…", value_delimiter = ',', default_value = "0,0.1", allow_hyphen_values = true)]
    bias_var: Vec<f64>,
    /// Activation functions, separated by semicolons or spaces where one has a comma in it
    #[arg(long, value_name = "NAME,…", default_value = "relu")]
    activation: String,
    /// Networks of blocks from TOML files with `input` and `[[block]]` tables, instead of the combinations
    #[arg(long, value_name = "FILE.toml,…", value_delimiter = ',', conflicts_with_all = ["depth", "weight_var", "bias_var", "activation"])]
    network: Vec<PathBuf>,
    /// Ridges ρ as shares of the mean diagonal of the kernel
    #[arg(
        long,
        value_name = "SHARE,…",
        value_delimiter = ',',
        default_value = "1e-4,1e-2,1",
        allow_hyphen_values = true
    )]
    relative_ridge: Vec<f64>,
}

/// The training data.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Data")]
struct DataArgs {
    /// Training inputs, one a row: .npy, .npz, .csv, or MNIST's IDX format, gzipped or not; `digits` and `fashion` are built in
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// Targets of the training inputs, one row each [default: the labels in the training file]
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,
    /// Which array of an .npz file holds the inputs
    #[arg(long, value_name = "NAME")]
    array: Option<String>,
    /// Use the first N training inputs only
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// Targets are labels of classes
    #[arg(long)]
    classify: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KernelArg {
    Ntk,
    Nngp,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CriterionArg {
    Loo,
    Accuracy,
    Likelihood,
}

impl GridArgs {
    /// For data of so many features.
    fn networks(&self, features: usize) -> Result<Vec<AnyNetwork>, CommandError> {
        if !self.network.is_empty() {
            return self.network.iter().map(|path| Ok(AnyNetwork::Blocks(read_blocks(path, features)?))).collect();
        }
        let separator = if self.activation.contains(';') { ';' } else { ',' };
        let names = self.activation.split(separator).map(|name| name.trim().parse().map_err(usage));
        let activations: Vec<Activation> = names.collect::<Result<_, _>>()?;
        let mut networks = Vec::new();
        for activation in &activations {
            for &weight_var in &self.weight_var {
                for &bias_var in &self.bias_var {
                    for &depth in &self.depth {
                        networks.push(AnyNetwork::Layers(Architecture::try_from(ArchitectureSpec {
                            depth: Some(depth),
                            activation: Some(activation.clone()),
                            weight_var: Some(PerLayer::Uniform(weight_var)),
                            bias_var: Some(PerLayer::Uniform(bias_var)),
                            ..ArchitectureSpec::default()
                        })?));
                    }
                }
            }
        }
        Ok(networks)
    }
}

/// The JSON form.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    kernel: KernelKind,
    inputs: usize,
    repeated_inputs: usize,
    #[serde(flatten)]
    selection: &'a Selection<AnyNetwork>,
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    let DataArgs { train, targets, array, rows, classify } = &args.data;
    let mut data = Supervised::load(train, array.as_deref(), targets.as_deref())?;
    if let Some(rows) = *rows {
        data.truncate(rows)?;
    }
    if data.inputs.rows < 2 {
        return Err(usage("leaving one out needs at least 2 inputs, got 1"));
    }
    let task = Task::new(&data, None, *classify)?;
    let kind = match args.kernel {
        KernelArg::Ntk => KernelKind::Ntk,
        KernelArg::Nngp => KernelKind::Nngp,
    };
    let criterion = match args.criterion {
        Some(CriterionArg::Loo) => Criterion::LeaveOneOut,
        None if !classify => Criterion::LeaveOneOut,
        Some(CriterionArg::Accuracy) if !classify => return Err(usage("--criterion accuracy needs --classify")),
        Some(CriterionArg::Accuracy) | None => Criterion::Accuracy,
        Some(CriterionArg::Likelihood) => Criterion::MarginalLikelihood,
    };
    let ridges: Vec<Ridge> = args.grid.relative_ridge.iter().map(|&share| Ridge::Relative(share)).collect();
    let classes = task.classes.as_ref().map(|classes| classes.train.as_slice());
    let networks = args.grid.networks(data.inputs.cols)?;
    let of = |network: &AnyNetwork| {
        let work = |watch: &Watch| training_kernel_watched(network, &data.inputs.values, data.inputs.cols, kind, watch);
        let kernel = watched("inputs, then tiles of the kernel", work).map_err(|error| error.to_string())?;
        kernel.map_err(|error| error.to_string())
    };
    let stop = stop_requested()?;
    let mut progress = Progress::new("networks", Some(networks.len() as u64), 0, None);
    let mut seen = 0;
    let watch = |position| {
        progress.add((position - seen) as u64);
        seen = position;
        !stop.load(Ordering::Relaxed)
    };
    let selection = select(&networks, of, &task.targets, classes, &ridges, criterion, watch)?;
    drop(progress);
    let done = selection.candidates.len() / ridges.len().max(1);
    if done < networks.len() {
        note(&format!("interrupted after {done} of {} networks", networks.len()));
    }
    let output = Output {
        version: env!("CARGO_PKG_VERSION"),
        source: &data.source,
        kernel: kind,
        inputs: data.inputs.rows,
        repeated_inputs: task.targets.repeated(),
        selection: &selection,
    };
    let source = format!("{} of {}", data.inputs.rows, data.source);
    args.output.write(&output, || selection_text(&selection, &source))?;
    args.plot.write(|| selection_figure(&selection))?;
    args.report.write(|| {
        let best = selection.best.map(|best| {
            let Candidate { network, ridge, .. } = &selection.candidates[best];
            let ridge = match ridge {
                Ridge::Absolute(ridge) => number(*ridge),
                Ridge::Relative(share) => format!("{} of the mean diagonal", number(*share)),
            };
            format!("The best of {} candidates: {}, ridge {ridge}.", selection.candidates.len(), title(network))
        });
        let parameters = vec![["data".into(), source.clone()]];
        selection_page(
            best,
            selection_parts(&selection, &source),
            selection_figure(&selection).ok(),
            &command_line(),
            parameters,
        )
    })?;
    Ok(match selection.best {
        None => ExitStatus::NoAnswer,
        Some(_) if done < networks.len() => ExitStatus::CheckFailed,
        Some(_) => ExitStatus::Answered,
    })
}
