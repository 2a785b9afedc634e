//! `fathom depth`.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::ValueEnum;
use fathom_ntk::analysis::depth::{
    DepthData, DepthDataReport, DepthError, DepthNetwork, DepthOptions, DepthReport, depth_data_report, depth_report,
    log_spaced_depths,
};
use fathom_ntk::analysis::nearest_edge_of_chaos;
use fathom_ntk::infinite::PairInput;
use fathom_ntk::infinite::matrix::Watch;
use fathom_ntk::report::{depth_data_text, depth_text};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, BranchScaling};
use serde::Serialize;

use super::supervised::{Supervised, Task};
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{NetworkArgs, usage};
use crate::output::OutputArgs;
use crate::plot::{PlotArgs, depth_figure};
use crate::runs::{Progress, stop_requested};

/// Flags of `fathom depth`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    depth: DepthArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
}

/// What to compute.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Depth")]
struct DepthArgs {
    /// Fully connected networks, or residual ones with a dense layer in each branch
    #[arg(long, value_enum, default_value = "mlp")]
    architecture: ArchitectureArg,
    /// λ² of the branches of residual networks: a number, l^-p, 1/l or 1/L [default: 1]
    #[arg(long, value_name = "LAW")]
    scaling: Option<String>,
    /// Cosine of the angle between the two inputs
    #[arg(long, value_name = "COSINE", default_value_t = 0.0, allow_hyphen_values = true)]
    cosine: f64,
    /// |x|²/n₀ of the two inputs: one number, or two
    #[arg(long, value_name = "NUMBER,…", value_delimiter = ',', default_value = "1", allow_hyphen_values = true)]
    input_mean_square: Vec<f64>,
    /// How near the limit is near: how deep is deep
    #[arg(long, value_name = "EPS", default_value_t = 0.01, allow_hyphen_values = true)]
    epsilon: f64,
    /// Depths of the tables, increasing [default: in ratios of two, to 10⁶ for two inputs and 1000 for data, and --depth]
    #[arg(long, value_name = "L,…", value_delimiter = ',')]
    depths: Vec<usize>,
    /// Compare three phases: this activation at the nearest critical variances, at half and at twice that weight variance, the
    /// ordered one with a bias variance of at least 0.05
    #[arg(long)]
    phases: bool,
}

/// What is learnt.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Data")]
struct DataArgs {
    /// Inputs with targets, one a row: .npy, .npz, .csv, or MNIST's IDX format, gzipped or not; `digits` and `fashion` are built in
    #[arg(value_name = "DATA")]
    data: Option<PathBuf>,
    /// Targets of the inputs, one row each [default: the labels in the file]
    #[arg(long, value_name = "FILE", requires = "data")]
    targets: Option<PathBuf>,
    /// Which array of an .npz file holds the inputs
    #[arg(long, value_name = "NAME", requires = "data")]
    array: Option<String>,
    /// Use the first N rows only [default: 50, or all if there are fewer]
    #[arg(long, value_name = "N", requires = "data")]
    rows: Option<usize>,
    /// Test on the last N of these rows
    #[arg(long, value_name = "N", default_value_t = 10, requires = "data")]
    hold_out: usize,
    /// Targets are labels of classes: one output for each, 1 − 1/C for its class and −1/C for the others
    #[arg(long, requires = "data")]
    classify: bool,
    /// Scale every input to |x|² = n₀, as the statements about spheres need
    #[arg(long, requires = "data")]
    normalise: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ArchitectureArg {
    Mlp,
    Resnet,
}

/// Rows of data where nothing is said.
const DEFAULT_ROWS: usize = 50;
/// Most rows of data.
const MOST_ROWS: usize = 2000;
/// Deepest of two inputs where nothing is said.
const DEEP_PAIR: usize = 1_000_000;
/// The same where every depth is a pass of its own, or every layer an integral.
const DEEP_SLOW_PAIR: usize = 20_000;
/// Deepest on data where nothing is said.
const DEEP_DATA: usize = 1000;
/// Depths in a factor of ten.
const PER_DECADE: usize = 3;
/// Bias variance without which the ordered phase is no phase for most activations.
const ORDERED_BIAS: f64 = 0.05;
/// Time between looks at the computation.
const LOOK: Duration = Duration::from_millis(50);

/// One network of a comparison.
#[derive(Serialize)]
pub(crate) struct Compared {
    /// `given`, `ordered`, `critical` or `chaotic`: where it is in the comparison.
    pub(crate) place: &'static str,
    pub(crate) pair: DepthReport,
    pub(crate) data: Option<DepthDataReport>,
}

/// The JSON form.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: Option<&'a str>,
    networks: &'a [Compared],
}

impl DepthArgs {
    fn scaling(&self) -> Result<Option<BranchScaling>, CommandError> {
        match (self.architecture, &self.scaling) {
            (ArchitectureArg::Mlp, Some(_)) => Err(usage("--scaling needs --architecture resnet")),
            (ArchitectureArg::Mlp, None) => Ok(None),
            (ArchitectureArg::Resnet, None) => Ok(Some(BranchScaling::Constant(1.0))),
            (ArchitectureArg::Resnet, Some(text)) => {
                let text = if text == "none" { "1" } else { text };
                Ok(Some(text.parse().map_err(DepthError::Composition)?))
            }
        }
    }

    fn input(&self) -> Result<PairInput, CommandError> {
        let (first, second) = match self.input_mean_square[..] {
            [both] => (both, both),
            [first, second] => (first, second),
            _ => return Err(usage("--input-mean-square takes one number or two")),
        };
        if !(-1.0..=1.0).contains(&self.cosine) {
            return Err(usage(format!("--cosine must be between -1 and 1, got {}", self.cosine)));
        }
        PairInput::from_gaps(first, second, 1.0 - self.cosine, 1.0 + self.cosine).map_err(usage)
    }

    /// Depths of a table: those given, or log-spaced ones and the network's own.
    fn depths(&self, first: usize, last: usize, own: Option<usize>) -> Vec<usize> {
        if !self.depths.is_empty() {
            return self.depths.clone();
        }
        let mut depths = log_spaced_depths(first, last.max(own.unwrap_or(1)), PER_DECADE);
        depths.extend(own);
        depths.sort_unstable();
        depths.dedup();
        depths
    }
}

/// The networks to look at, and where they stand.
fn networks(args: &Args, arch: &Architecture) -> Result<Vec<(&'static str, DepthNetwork)>, CommandError> {
    let plain = DepthNetwork::of(arch)?;
    let scaling = args.depth.scaling()?;
    let build = |weight_var, bias_var| match scaling {
        None => DepthNetwork::mlp(plain.activation(), weight_var, bias_var),
        Some(scaling) => DepthNetwork::resnet(plain.activation(), weight_var, bias_var, scaling),
    };
    if !args.depth.phases {
        return Ok(vec![("given", build(plain.weight_var(), plain.bias_var())?)]);
    }
    let critical = nearest_edge_of_chaos(plain.activation(), plain.weight_var(), plain.bias_var())?;
    let (weight_var, bias_var) = (critical.weight_var, critical.bias_var);
    Ok(vec![
        ("ordered", build(0.5 * weight_var, bias_var.max(ORDERED_BIAS))?),
        ("critical", build(weight_var, bias_var)?),
        ("chaotic", build(2.0 * weight_var, bias_var)?),
    ])
}

/// Inputs and targets, read and checked.
struct Loaded {
    train: Vec<f64>,
    test: Supervised,
    task: Task,
}

impl DataArgs {
    fn load(&self) -> Result<Option<Loaded>, CommandError> {
        let Some(path) = &self.data else { return Ok(None) };
        if let Some(rows) = self.rows.filter(|rows| !(2..=MOST_ROWS).contains(rows)) {
            return Err(usage(format!("--rows must be between 2 and {MOST_ROWS}, got {rows}")));
        }
        let mut train = Supervised::load(path, self.array.as_deref(), self.targets.as_deref())?;
        train.truncate(self.rows.unwrap_or(DEFAULT_ROWS.min(train.inputs.rows)))?;
        if self.normalise {
            normalise(&mut train)?;
        }
        let test = train.split_last(self.hold_out)?;
        let task = Task::new(&train, Some(&test), self.classify)?;
        let features = train.inputs.cols;
        let row = |i: &usize| &train.inputs.values[i * features..(i + 1) * features];
        let distinct = task.distinct.representatives().iter().flat_map(row).copied().collect();
        Ok(Some(Loaded { train: distinct, test, task }))
    }
}

/// Every input to $|x|^2 = n_0$.
fn normalise(data: &mut Supervised) -> Result<(), CommandError> {
    let cols = data.inputs.cols;
    for (row, values) in data.inputs.values.chunks_mut(cols.max(1)).enumerate() {
        let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !(norm.is_finite() && norm > 0.0) {
            return Err(usage(format!("row {row} has norm {norm} and cannot be scaled")));
        }
        values.iter_mut().for_each(|x| *x *= (cols as f64).sqrt() / norm);
    }
    Ok(())
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    args.output.check()?;
    let spec = args.network.spec()?;
    let own = spec.depth.or_else(|| spec.widths.as_ref().map(|widths| widths.as_slice().len() - 1));
    let depth = if spec.widths.is_none() { spec.depth.or(Some(2)) } else { spec.depth };
    let arch = Architecture::try_from(ArchitectureSpec { depth, ..spec })?;
    let input = args.depth.input()?;
    let networks = networks(args, &arch)?;
    let loaded = args.data.load()?;
    let mut compared = Vec::with_capacity(networks.len());
    for (place, network) in networks {
        let fast =
            network.activation().homogeneous().is_some() && network.scaling() != Some(BranchScaling::InverseDepth);
        let slow = network.scaling().is_some() && !fast;
        let last = if slow { DEEP_SLOW_PAIR } else { DEEP_PAIR };
        let options = DepthOptions { depths: args.depth.depths(1, last, own), epsilon: args.depth.epsilon };
        let pair = depth_report(&network, &input, &options)?;
        let data = match &loaded {
            Some(loaded) => Some(on_data(&network, loaded, &args.depth.depths(2, DEEP_DATA, own))?),
            None => None,
        };
        compared.push(Compared { place, pair, data });
    }
    let source = args.data.data.as_ref().map(|path| path.display().to_string());
    args.plot.write(|| depth_figure(&compared))?;
    let output = Output { version: env!("CARGO_PKG_VERSION"), source: source.as_deref(), networks: &compared };
    args.output.write(&output, || text(&compared, source.as_deref().unwrap_or_default()))?;
    Ok(ExitStatus::Answered)
}

fn text(compared: &[Compared], source: &str) -> String {
    let of = |one: &Compared| {
        let pair = depth_text(&one.pair);
        let pair =
            if one.place == "given" { pair } else { pair.replacen("Depth", &format!("Depth, {}", one.place), 1) };
        match &one.data {
            Some(data) => pair + "\n" + &depth_data_text(data, source),
            None => pair,
        }
    };
    compared.iter().map(of).collect::<Vec<_>>().join("\n")
}

/// The kernels of data, watched from this thread.
fn on_data(network: &DepthNetwork, loaded: &Loaded, depths: &[usize]) -> Result<DepthDataReport, CommandError> {
    let stop = stop_requested()?;
    let data = DepthData {
        train: &loaded.train,
        test: &loaded.test.inputs.values,
        features: loaded.test.inputs.cols,
        targets: &loaded.task.targets,
        test_targets: loaded.task.test_targets.as_deref(),
    };
    let watch = Watch::default();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| depth_data_report(network, &data, depths, &watch));
        let mut progress: Option<Progress> = None;
        let mut seen = 0;
        while !worker.is_finished() {
            std::thread::sleep(LOOK);
            if stop.load(Ordering::Relaxed) {
                watch.stop();
            }
            let (done, total) = watch.progress();
            if total > 0 {
                let progress = progress.get_or_insert_with(|| Progress::new("pairs", Some(total as u64), 0, None));
                progress.add((done - seen) as u64);
                seen = done;
            }
        }
        match worker.join() {
            Ok(report) => Ok(report?),
            Err(_) => Err(usage("the computation ended unexpectedly")),
        }
    })
}
