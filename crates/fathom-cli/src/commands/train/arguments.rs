//! Flags of `fathom train`.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use fathom_ntk::network::Precision;
use fathom_ntk::train::{LearningRate, Loss, Optimizer, Schedule, Stop, TrainOptions};

use super::comparing::CompareArg;
use crate::error::CommandError;
use crate::flags::{NetworkArgs, usage};
use crate::output::OutputArgs;
use crate::page::ReportArgs;
use crate::plot::PlotArgs;

/// Inputs of the probe where nothing is said.
pub(super) const DEFAULT_PROBE: usize = 100;
/// Steps where neither steps nor time are given.
const DEFAULT_STEPS: u64 = 500;
/// Most steps where only a loss is given.
const STEPS_UNTIL_LOSS: u64 = 100_000;
/// Learning rate of Adam, whose steps do not follow the size of gradients.
const ADAM_RATE: f64 = 1e-3;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) network: NetworkArgs,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    training: TrainingArgs,
    #[command(flatten)]
    pub(super) recording: RecordingArgs,
    #[command(flatten)]
    pub(super) comparison: ComparisonArgs,
    #[command(flatten)]
    pub(super) long: LongArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) plot: PlotArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
}

/// What is learnt.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Data")]
pub(super) struct DataArgs {
    /// Training inputs, one a row: .npy, .npz, .csv, or MNIST's IDX format, gzipped or not; `digits` and `fashion` are built in
    #[arg(long, value_name = "FILE", default_value = "digits")]
    pub(super) data: PathBuf,
    /// one-hot: an output for each class among the labels; labels: as numbers; or a file, one row for each input
    #[arg(long, value_name = "one-hot|labels|FILE", default_value = "one-hot")]
    pub(super) targets: PathBuf,
    /// Test inputs
    #[arg(long, value_name = "FILE")]
    pub(super) test_data: Option<PathBuf>,
    /// Targets of the test inputs in a file, where those of the training inputs are
    #[arg(long, value_name = "FILE", requires = "test_data")]
    pub(super) test_targets: Option<PathBuf>,
    /// Which array of an .npz file holds the inputs
    #[arg(long, value_name = "NAME")]
    pub(super) array: Option<String>,
    /// Use the first N training inputs only [default: all; 500 of the built-in data]
    #[arg(long, value_name = "N")]
    pub(super) rows: Option<usize>,
    /// Hold the last N rows out for testing [default: none; 300 of the built-in data]
    #[arg(long, value_name = "N", conflicts_with = "test_data")]
    pub(super) hold_out: Option<usize>,
}

/// How it is learnt.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Training")]
struct TrainingArgs {
    /// squared: ½|f − y|², or cross-entropy of the softmax; summed over inputs
    #[arg(long, value_name = "NAME", default_value = "squared")]
    loss: Loss,
    /// How steps are made of gradients
    #[arg(long, value_enum, default_value = "gd")]
    optimizer: OptimizerArg,
    /// Momentum μ of --optimizer momentum
    #[arg(long, value_name = "MU", default_value_t = 0.9, allow_hyphen_values = true)]
    momentum: f64,
    /// β₁ of Adam
    #[arg(long, value_name = "BETA", default_value_t = 0.9, allow_hyphen_values = true)]
    beta1: f64,
    /// β₂ of Adam
    #[arg(long, value_name = "BETA", default_value_t = 0.999, allow_hyphen_values = true)]
    beta2: f64,
    /// ε of Adam
    #[arg(long, value_name = "EPSILON", default_value_t = 1e-8, allow_hyphen_values = true)]
    epsilon: f64,
    /// Learning rate η of the loss summed over inputs [with --optimizer adam: 0.001]
    #[arg(long, value_name = "RATE", allow_hyphen_values = true)]
    learning_rate: Option<f64>,
    /// η as a fraction of 2/λ_max of the initial NTK on the training data [default: 0.5]
    #[arg(long, value_name = "SHARE", conflicts_with = "learning_rate", allow_hyphen_values = true)]
    relative_rate: Option<f64>,
    /// Number of steps [default: 500, unless --time or --until-loss is given]
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Stop at this time t = η · steps
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    time: Option<f64>,
    /// Stop when the mean loss over the training inputs is at most this; after 100000 steps at the latest, unless --steps or
    /// --time is given
    #[arg(long, value_name = "LOSS", allow_hyphen_values = true)]
    until_loss: Option<f64>,
    /// Inputs of a mini-batch [default: all]
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Decides the weights and the order of mini-batches
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// Precision of the steps; what is recorded is computed in f64
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionArg,
    /// Training has diverged when the loss is more than this many times the first
    #[arg(long, value_name = "FACTOR", default_value_t = 1e6, allow_hyphen_values = true)]
    divergence: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OptimizerArg {
    /// Gradient descent.
    Gd,
    Momentum,
    Adam,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PrecisionArg {
    F32,
    F64,
}

/// What is recorded.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Recording")]
pub(super) struct RecordingArgs {
    /// Record the NTK on the first N training inputs; 0 for not at all [default: 100]
    #[arg(long, value_name = "N")]
    pub(super) probe: Option<usize>,
    /// Steps to record at: log:N for N a decade, every:N, or a list; the first and the last always are
    #[arg(long, value_name = "STEPS", default_value = "log:8")]
    pub(super) record_at: Schedule,
    /// Write all records to a table
    #[arg(long, value_name = "FILE.csv")]
    pub(super) table: Option<PathBuf>,
    /// Write the recorded kernels (mean over outputs) to a NumPy file: (records, N, N)
    #[arg(long, value_name = "FILE.npy")]
    pub(super) keep_ntk: Option<PathBuf>,
    /// Write the trained weights for torch.nn.Sequential: 0.weight, 0.bias, 2.weight, …
    #[arg(long, value_name = "FILE.safetensors")]
    pub(super) save_weights: Option<PathBuf>,
}

/// What theories say of it.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Comparison")]
pub(super) struct ComparisonArgs {
    /// Compare with the linearised network and with infinite width
    #[arg(long, value_enum, value_name = "WHAT", default_value = "auto")]
    pub(super) compare: CompareArg,
    /// Train draws 0 to K − 1 of the seed: mean and variance of their outputs, all at the rate and with the batches of the first
    #[arg(long, value_name = "K")]
    pub(super) ensemble: Option<u64>,
    /// Write mean and variance over networks, and those of infinite width, of all outputs to a NumPy file: (records, 4, inputs,
    /// outputs)
    #[arg(long, value_name = "FILE.npy", requires = "ensemble")]
    pub(super) keep_outputs: Option<PathBuf>,
    /// Most memory in MiB for comparisons [default: nine tenths of what is available]
    #[arg(long, value_name = "MIB")]
    pub(super) memory: Option<u64>,
}

/// Files of long runs.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Long runs")]
pub(super) struct LongArgs {
    /// Save the training to this file every minute, and at its end
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Continue the training saved in --checkpoint, also to more steps than before
    #[arg(long, requires = "checkpoint")]
    pub(super) resume: bool,
}

impl Args {
    /// How the network is trained.
    pub(super) fn options(&self) -> Result<TrainOptions, CommandError> {
        let t = &self.training;
        let optimizer = match t.optimizer {
            OptimizerArg::Gd => Optimizer::GradientDescent,
            OptimizerArg::Momentum => Optimizer::Momentum { momentum: t.momentum },
            OptimizerArg::Adam => Optimizer::Adam { beta1: t.beta1, beta2: t.beta2, epsilon: t.epsilon },
        };
        let learning_rate = match (t.learning_rate, t.relative_rate) {
            (Some(rate), _) => LearningRate::Absolute(rate),
            (None, Some(share)) => LearningRate::Relative(share),
            (None, None) if t.optimizer == OptimizerArg::Adam => LearningRate::Absolute(ADAM_RATE),
            (None, None) => LearningRate::Relative(0.5),
        };
        let steps = match (t.steps, t.time, t.until_loss) {
            (None, None, None) => Some(DEFAULT_STEPS),
            (None, None, Some(_)) => Some(STEPS_UNTIL_LOSS),
            (steps, ..) => steps,
        };
        if t.batch == Some(0) {
            return Err(usage("--batch must be at least 1, got 0"));
        }
        Ok(TrainOptions {
            loss: t.loss,
            optimizer,
            learning_rate,
            batch: t.batch,
            precision: match t.precision {
                PrecisionArg::F32 => Precision::F32,
                PrecisionArg::F64 => Precision::F64,
            },
            seed: t.seed,
            stop: Stop { steps, time: t.time, loss: t.until_loss },
            divergence: t.divergence,
        })
    }

    /// The file to continue from.
    pub(super) fn saved_file(&self) -> Option<&Path> {
        self.long.checkpoint.as_deref().filter(|_| self.long.resume)
    }
}
