//! `fathom predict`.

use std::path::PathBuf;

use clap::ValueEnum;
use fathom_ntk::Architecture;
use fathom_ntk::predict::{
    Covariance, LargeProblem, Method, Metrics, PredictError, PredictOptions, Prediction, Ridge, Time, memory_in_all,
};
use fathom_ntk::report::{number, prediction_parts, prediction_text};
use serde::Serialize;

use super::kernel::title;
use super::predict_direct::{Inputs, direct};
use super::predict_large::{SolverArg, SolverArgs, predict_large};
use super::supervised::{Supervised, Task};
use crate::data::npy_file;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{AnyNetwork, BlocksArgs, NetworkArgs, usage};
use crate::output::{OutputArgs, replace_file};
use crate::page::{ReportArgs, command_line, prediction_page};
use crate::plot::{Curves, PlotArgs, prediction_figure};
use crate::runs::allowed_bytes;

/// Weight layers where nothing is said of the network.
const DEFAULT_DEPTH: usize = 5;

/// Flags of `fathom predict`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    blocks: BlocksArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    training: TrainingArgs,
    #[command(flatten)]
    solver: SolverArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Write the means to a NumPy file: (test inputs, outputs), or (times, test inputs, outputs)
    #[arg(long, value_name = "FILE.npy", help_heading = "Output")]
    save: Option<PathBuf>,
    /// Write the covariance of each output to a NumPy file: test inputs squared, or variances; times first if several
    #[arg(long, value_name = "FILE.npy", help_heading = "Output")]
    save_covariance: Option<PathBuf>,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What is learnt.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Data")]
struct DataArgs {
    /// Training inputs, one a row: .npy, .npz, .csv, or MNIST's IDX format, gzipped or not; `digits` and `fashion` are built in
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// Targets of the training inputs, one row each [default: the labels in the training file]
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,
    /// Test inputs
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Targets of the test inputs, for metrics [default: the labels in the test file]
    #[arg(long, value_name = "FILE")]
    test_targets: Option<PathBuf>,
    /// Which array of an .npz file holds the inputs
    #[arg(long, value_name = "NAME")]
    array: Option<String>,
    /// Use the first N training inputs only
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// Hold the last N rows of the training file out for testing
    #[arg(long, value_name = "N", conflicts_with = "test")]
    hold_out: Option<usize>,
    /// Targets are labels of classes: one output for each, 1 − 1/C for its class and −1/C for the others
    #[arg(long)]
    classify: bool,
}

/// How it is learnt.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Training")]
struct TrainingArgs {
    /// Which kernel: all layers trained (ntk), or the last one only and, at infinite time, the Bayesian posterior (nngp)
    #[arg(long, value_enum, default_value = "ntk")]
    method: MethodArg,
    /// Times of gradient flow on ½ Σ|f − y|²; inf for the end [default: inf]
    #[arg(long, value_name = "T,…", value_delimiter = ',', allow_hyphen_values = true)]
    time: Vec<f64>,
    /// Rate η: of gradient descent with --steps, else the factor of times
    #[arg(long, value_name = "RATE", default_value_t = 1.0, allow_hyphen_values = true)]
    learning_rate: f64,
    /// Numbers of steps of gradient descent, instead of times
    #[arg(long, value_name = "N,…", value_delimiter = ',', conflicts_with = "time")]
    steps: Vec<u64>,
    /// Ridge ρ: pull towards the initialisation, or variance of the noise
    #[arg(long, value_name = "RHO", allow_hyphen_values = true)]
    ridge: Option<f64>,
    /// Ridge as a share of the mean diagonal of the kernel
    #[arg(long, value_name = "SHARE", conflicts_with = "ridge", allow_hyphen_values = true)]
    relative_ridge: Option<f64>,
    /// Covariance over initialisations on the test inputs [default: diagonal; none with conjugate gradients]
    #[arg(long, value_enum)]
    covariance: Option<CovarianceArg>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MethodArg {
    Ntk,
    Nngp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CovarianceArg {
    None,
    Diagonal,
    Full,
}

/// ρ from its two flags.
pub(super) fn ridge_of(absolute: Option<f64>, relative: Option<f64>) -> Ridge {
    relative.map_or(Ridge::Absolute(absolute.unwrap_or(0.0)), Ridge::Relative)
}

impl TrainingArgs {
    fn options(&self) -> Result<PredictOptions, CommandError> {
        let times = if self.steps.is_empty() {
            let times = if self.time.is_empty() { &[f64::INFINITY][..] } else { &self.time };
            let flow = |t: &f64| if *t == f64::INFINITY { Time::Infinite } else { Time::Flow(t * self.learning_rate) };
            if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
                let rate = self.learning_rate;
                return Err(usage(format!("the learning rate must be positive and finite, got {rate}")));
            }
            times.iter().map(flow).collect()
        } else {
            let learning_rate = self.learning_rate;
            self.steps.iter().map(|&steps| Time::Steps { learning_rate, steps }).collect()
        };
        let method = match self.method {
            MethodArg::Ntk => Method::Ntk,
            MethodArg::Nngp => Method::Nngp,
        };
        let covariance = match self.covariance {
            Some(CovarianceArg::None) => Covariance::None,
            Some(CovarianceArg::Diagonal) | None => Covariance::Diagonal,
            Some(CovarianceArg::Full) => Covariance::Full,
        };
        let ridge = ridge_of(self.ridge, self.relative_ridge);
        Ok(PredictOptions { method, times, ridge, covariance, memory: None })
    }
}

/// The JSON form.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    architecture: &'a AnyNetwork,
    labels: Option<&'a [f64]>,
    #[serde(flatten)]
    prediction: &'a Prediction,
    metrics: Option<&'a [Metrics]>,
}

impl Args {
    /// By factorization, if that was asked for or fits; else by conjugate gradients.
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Prediction, CommandError> {
        let mut options = self.training.options()?;
        let allowed = allowed_bytes(self.solver.memory);
        let (n, m) = (inputs.task.targets.distinct_inputs(), inputs.test.inputs.rows);
        let needed = memory_in_all(n, m, inputs.task.targets.outputs(), &options);
        let suits = options.times.iter().all(|t| *t == Time::Infinite)
            && matches!(self.training.covariance, None | Some(CovarianceArg::None));
        match self.solver.solver {
            SolverArg::Cg if !suits => Err(usage(
                "conjugate gradients give means at infinite time: leave out --time, --steps and --covariance, or use --solver \
                 direct",
            )),
            SolverArg::Direct | SolverArg::Auto if needed <= allowed => direct(inputs, &options),
            SolverArg::Direct => Err(PredictError::Memory { needed, allowed }.into()),
            SolverArg::Auto if !suits => Err(PredictError::Memory { needed, allowed }.into()),
            SolverArg::Cg | SolverArg::Auto => {
                options.covariance = Covariance::None;
                self.iterate(inputs, &options, allowed)
            }
        }
    }

    fn iterate(&self, inputs: &Inputs<'_>, options: &PredictOptions, allowed: u64) -> Result<Prediction, CommandError> {
        let iterative = self.solver.iterative(options.method, options.ridge);
        let problem = LargeProblem {
            network: inputs.network.into(),
            train: &inputs.train.inputs.values,
            test: &inputs.test.inputs.values,
            features: inputs.train.inputs.cols,
            targets: inputs.task.targets.given(),
            outputs: inputs.task.targets.outputs(),
        };
        predict_large(&self.solver, &problem, &iterative, allowed)
    }
}

/// The network, infinitely wide; `features` of the data must fit widths that are given.
pub(super) fn network(args: &NetworkArgs, features: usize) -> Result<Architecture, CommandError> {
    let mut spec = args.spec()?;
    if spec.widths.is_none() && spec.depth.is_none() {
        spec.depth = Some(DEFAULT_DEPTH);
    }
    let arch = Architecture::try_from(spec)?;
    if let Some(&inputs) = arch.widths().and_then(|widths| widths.first()).filter(|&&inputs| inputs != features) {
        return Err(usage(format!("the data has {features} features, but the network has {inputs} inputs")));
    }
    Ok(arch)
}

impl DataArgs {
    fn load(&self) -> Result<(Supervised, Supervised), CommandError> {
        let mut train = Supervised::load(&self.train, self.array.as_deref(), self.targets.as_deref())?;
        let test = match (&self.test, self.hold_out) {
            (Some(path), _) => Supervised::load(path, self.array.as_deref(), self.test_targets.as_deref())?,
            (None, Some(rows)) => train.split_last(rows)?,
            (None, None) => return Err(usage("give test inputs with --test, or hold some out with --hold-out")),
        };
        if let Some(rows) = self.rows {
            train.truncate(rows)?;
        }
        let (cols, got) = (train.inputs.cols, test.inputs.cols);
        if cols != got {
            return Err(usage(format!("training inputs have {cols} features, test inputs {got}")));
        }
        Ok((train, test))
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    args.report.check()?;
    let (train, test) = args.data.load()?;
    let features = train.inputs.cols;
    let network = args.blocks.network_or(features, || network(&args.network, features))?;
    let task = Task::new(&train, Some(&test), args.data.classify)?;
    let prediction = args.predict(&Inputs { network: &network, train: &train, test: &test, task: &task })?;
    let metrics = metrics(&prediction, &task)?;
    let source = format!("{}, {}", train.source, test.source);
    save(args, &prediction)?;
    let figure = || {
        let curves = Curves {
            network: &network,
            prediction: &prediction,
            targets: task.test_targets.as_deref(),
            metrics: metrics.as_deref(),
        };
        prediction_figure(&curves)
    };
    args.plot.write(figure)?;
    args.report.write(|| {
        let parts = prediction_parts(&network, &prediction, metrics.as_deref(), &source);
        let (title, answer) = (title(&network), answer(&prediction, metrics.as_deref()));
        let parameters = vec![["network".into(), title.clone()], ["data".into(), source.clone()]];
        prediction_page(&title, answer, parts, figure().ok(), &command_line(), parameters)
    })?;
    let output = Output {
        version: env!("CARGO_PKG_VERSION"),
        source: &source,
        architecture: &network,
        labels: task.classes.as_ref().map(|classes| classes.labels.as_slice()),
        prediction: &prediction,
        metrics: metrics.as_deref(),
    };
    args.output.write(&output, || prediction_text(&network, &prediction, metrics.as_deref(), &source))?;
    Ok(ExitStatus::Answered)
}

/// The result in a sentence.
fn answer(prediction: &Prediction, metrics: Option<&[Metrics]>) -> String {
    let (n, m) = (prediction.training_inputs, prediction.test_inputs);
    let learnt = format!("Trained on {n} inputs, the networks predict {m}");
    match metrics.and_then(<[Metrics]>::last) {
        Some(Metrics { accuracy: Some(accuracy), .. }) => {
            format!("{learnt}: {} of 100 rightly.", number(100.0 * accuracy))
        }
        Some(metrics) => format!("{learnt} with a mean squared error of {}.", number(metrics.error)),
        None => format!("{learnt}."),
    }
}

fn metrics(prediction: &Prediction, task: &Task) -> Result<Option<Vec<Metrics>>, CommandError> {
    let Some(targets) = &task.test_targets else { return Ok(None) };
    let of = |at: &fathom_ntk::predict::AtTime| {
        Metrics::of(&at.mean, at.variance.as_deref(), targets, prediction.outputs, task.test_classes())
    };
    Ok(Some(prediction.at.iter().map(of).collect::<Result<_, _>>()?))
}

fn save(args: &Args, prediction: &Prediction) -> Result<(), CommandError> {
    let with_times = |shape: &[usize]| -> Vec<usize> {
        let times = prediction.at.len();
        if times == 1 { shape.to_vec() } else { [&[times], shape].concat() }
    };
    let m = prediction.test_inputs;
    if let Some(path) = &args.save {
        let shape = with_times(&[m, prediction.outputs]);
        replace_file(path, &npy_file(&shape, prediction.at.iter().flat_map(|at| &at.mean)))?;
    }
    let Some(path) = &args.save_covariance else { return Ok(()) };
    match args.training.covariance {
        Some(CovarianceArg::Full) => {
            let values = prediction.at.iter().flat_map(|at| at.covariance.iter().flatten());
            replace_file(path, &npy_file(&with_times(&[m, m]), values))
        }
        _ if prediction.at.iter().any(|at| at.variance.is_none()) => {
            Err(usage("--save-covariance needs --covariance diagonal or full"))
        }
        _ => {
            let values = prediction.at.iter().flat_map(|at| at.variance.iter().flatten());
            replace_file(path, &npy_file(&with_times(&[m]), values))
        }
    }
}
