//! `fathom depth`.

mod convolutional;
mod effort;
mod subject;

use std::path::{Path, PathBuf};

use fathom_ntk::analysis::depth::{
    DepthData, DepthDataReport, DepthNetwork, DepthOptions, DepthReport, log_spaced_depths,
};
use fathom_ntk::report::{depth_data_text, depth_data_words, depth_pair_words, depth_text};
use fathom_ntk::spec::BranchScaling;
use serde::Serialize;

use self::effort::Effort;
use self::subject::{ArchitectureArg, ImageArgs, Subject};
use super::supervised::{Supervised, Task};
use crate::data::Inputs;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{NETWORK_FLAGS, NetworkArgs, usage};
use crate::output::{OutputArgs, note};
use crate::page::{ReportArgs, command_line, depth_page};
use crate::plot::{PlotArgs, depth_figure};
use crate::runs::{stop_requested, watched};

/// Flags of `fathom depth`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    depth: DepthArgs,
    #[command(flatten)]
    images: ImageArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What to compute.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Depth")]
struct DepthArgs {
    /// Fully connected networks, residual ones with a dense layer in each branch, or circular convolutional ones on images
    #[arg(long, value_enum, default_value = "mlp")]
    architecture: ArchitectureArg,
    /// Read the network from a TOML file: `[resnet]`, `[cnn]` (unless circular and without pooling, on DATA alone), or the blocks of
    /// a circular one; instead of the other flags of networks
    #[arg(long, value_name = "FILE.toml", conflicts_with_all = NETWORK_FLAGS,
          conflicts_with_all = ["architecture", "scaling", "phases"])]
    network: Option<PathBuf>,
    /// λ² of the branches of residual networks: a number, l^-p, 1/l or 1/L [default: 1, none for cnn]
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
    /// Depths of the tables, increasing [default: in ratios of two, to 10⁶ for two inputs, and 1000 for data or less for large
    /// images, 32 for those with other padding or pooling, and --depth]
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
    /// Use the first N rows only [default: 50, or fewer for large images, or all if there are fewer]
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

/// One network of a comparison.
#[derive(Serialize)]
pub(crate) struct Compared {
    /// `given`, `ordered`, `critical` or `chaotic`: where it is in the comparison.
    pub(crate) place: &'static str,
    /// `None` where only data can tell.
    pub(crate) pair: Option<DepthReport>,
    pub(crate) data: Option<DepthDataReport>,
}

impl Compared {
    /// The networks in a few words.
    pub(crate) fn words(&self) -> String {
        match (&self.pair, &self.data) {
            (Some(pair), _) => depth_pair_words(pair),
            (None, data) => data.as_ref().map_or(String::new(), depth_data_words),
        }
    }

    /// Weight and bias variance.
    pub(crate) fn variances(&self) -> Option<[f64; 2]> {
        let of_data = self.data.as_ref().map(|data| &data.network);
        let network = self.pair.as_ref().map(|pair| &pair.network).or(of_data)?;
        Some([network.weight_var(), network.bias_var()])
    }
}

/// The JSON form.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: Option<&'a str>,
    networks: &'a [Compared],
}

impl DepthArgs {
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

/// Inputs and targets, read and checked.
struct Loaded {
    train: Vec<f64>,
    test: Supervised,
    task: Task,
}

impl DataArgs {
    /// The first rows with their targets; fewer where that much effort would take too long. Without targets, nothing where two
    /// images are something to look at.
    fn load(&self, effort: Option<&Effort>, of_pairs: bool) -> Result<Option<Loaded>, CommandError> {
        let Some(path) = &self.data else { return Ok(None) };
        if let Some(rows) = self.rows.filter(|rows| !(2..=MOST_ROWS).contains(rows)) {
            return Err(usage(format!("--rows must be between 2 and {MOST_ROWS}, got {rows}")));
        }
        let mut train = Supervised::load(path, self.array.as_deref(), self.targets.as_deref())?;
        if of_pairs && train.targets.is_none() {
            note(&format!(
                "{} holds no labels and there are no --targets: two images, and nothing learnt",
                train.source
            ));
            return Ok(None);
        }
        let rows = effort.map_or(DEFAULT_ROWS, |effort| effort.rows).min(train.inputs.rows);
        train.truncate(self.rows.unwrap_or(rows))?;
        if self.normalise {
            normalise(&mut train.inputs)?;
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
fn normalise(data: &mut Inputs) -> Result<(), CommandError> {
    let cols = data.cols;
    for (row, values) in data.values.chunks_mut(cols.max(1)).enumerate() {
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
    args.report.check()?;
    let subject = Subject::new(&args.network, &args.depth, &args.images, &args.data)?;
    let effort = Effort::new(&subject, &args.depth.depths);
    let loaded = args.data.load(effort.as_ref(), subject.is_of_images())?;
    if let (Some(effort), Some(_)) = (&effort, &loaded) {
        effort.tell(args.data.rows.is_some(), !args.depth.depths.is_empty());
    }
    let deepest = effort.map_or(DEEP_DATA, |effort| effort.deepest);
    let mut compared = Vec::with_capacity(subject.networks.len());
    for (place, network) in &subject.networks {
        let last = if is_slow(network, subject.is_of_images()) { DEEP_SLOW_PAIR } else { DEEP_PAIR };
        let depths = args.depth.depths(1, last, subject.own);
        let pair = subject.report(network, &DepthOptions { depths, epsilon: args.depth.epsilon })?;
        let data = match &loaded {
            Some(loaded) => Some(on_data(&subject, network, loaded, &on_data_depths(&subject, &args.depth, deepest))?),
            None => None,
        };
        compared.push(Compared { place, pair, data });
    }
    let source = source(&subject, args.data.data.as_deref(), loaded.is_some());
    args.plot.write(|| depth_figure(&compared))?;
    args.report.write(|| depth_page(&compared, source.as_deref(), &command_line()))?;
    let output = Output { version: env!("CARGO_PKG_VERSION"), source: source.as_deref(), networks: &compared };
    args.output.write(&output, || text(&compared, source.as_deref().unwrap_or_default()))?;
    Ok(ExitStatus::Answered)
}

/// Depths of a table of data: those given, or those that leave something of the image.
fn on_data_depths(subject: &Subject, args: &DepthArgs, deepest: usize) -> Vec<usize> {
    let Some(convolutional) = subject.convolutional().filter(|_| args.depths.is_empty()) else {
        return args.depths(2, deepest, subject.own);
    };
    let (depths, left_out) = convolutional.depths(deepest, subject.own);
    if !left_out.is_empty() {
        let left_out: Vec<String> = left_out.iter().map(usize::to_string).collect();
        note(&format!("left out: {} layers, whose windows leave nothing of the image", left_out.join(", ")));
    }
    depths
}

/// Where the inputs come from.
fn source(subject: &Subject, data: Option<&Path>, learns: bool) -> Option<String> {
    let data = data.map(|path| path.display().to_string());
    match (&subject.source, data) {
        (Some(pair), Some(data)) if learns => Some(format!("{data}; the two images above are {pair}")),
        (Some(pair), _) => Some(pair.clone()),
        (None, data) => data,
    }
}

/// Whether every depth is a pass of its own, every layer an integral, or every layer one of many places.
fn is_slow(network: &DepthNetwork, of_images: bool) -> bool {
    let integrals = network.activation().homogeneous().is_none();
    match network.scaling() {
        None => integrals && of_images,
        Some(BranchScaling::InverseDepth) => true,
        Some(BranchScaling::Power(p)) if p > 0.0 => integrals || of_images,
        Some(_) => integrals,
    }
}

fn text(compared: &[Compared], source: &str) -> String {
    let of = |one: &Compared| {
        let pair = one.pair.as_ref().map(depth_text).map(|pair| match one.place {
            "given" => pair,
            place => pair.replacen("Depth", &format!("Depth, {place}"), 1),
        });
        let data = one.data.as_ref().map(|data| depth_data_text(data, source));
        pair.into_iter().chain(data).collect::<Vec<_>>().join("\n")
    };
    compared.iter().map(of).collect::<Vec<_>>().join("\n")
}

/// The kernels of data, watched from this thread.
fn on_data(
    subject: &Subject,
    network: &DepthNetwork,
    loaded: &Loaded,
    depths: &[usize],
) -> Result<DepthDataReport, CommandError> {
    stop_requested()?;
    let data = DepthData {
        train: &loaded.train,
        test: &loaded.test.inputs.values,
        features: loaded.test.inputs.cols,
        targets: &loaded.task.targets,
        test_targets: loaded.task.test_targets.as_deref(),
    };
    Ok(watched("rows and pairs", |watch| subject.on_data(network, &data, depths, watch))??)
}
