//! `fathom entk`.

mod drawn;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use fathom_ntk::activation::Activation;
use fathom_ntk::analysis::empirical::{
    CheckpointChange, EmpiricalOptions, EmpiricalReport, checkpoint_change, empirical_report, measured_spec,
};
use fathom_ntk::network::arrays::{LayerChoice, NamedLayer, Orientation};
use fathom_ntk::network::{EmpiricalKernel, GradientScale, KernelForm, KernelOptions, Layer, Network, Precision};
use fathom_ntk::report::{change_parts, change_text, empirical_parts, empirical_text};
use fathom_ntk::spec::{Architecture, ArchitectureError, ArchitectureSpec, Parameterization, PerLayer};
use serde::Serialize;

use crate::data::{Inputs, npy_file};
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{data_named, usage};
use crate::output::{OutputArgs, replace_file};
use crate::page::{ReportArgs, command_line, empirical_page};
use crate::weights::load_network;

/// Flags of `fathom entk`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    weights: WeightsArgs,
    #[command(flatten)]
    gradients: GradientArgs,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    kernel: KernelArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// The network.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Network")]
struct WeightsArgs {
    /// Weights of a fully connected network, .safetensors or .npz, with names as of PyTorch, Flax, Keras or Haiku
    #[arg(long, value_name = "FILE", required_unless_present = "network")]
    weights: Option<PathBuf>,
    /// Instead draw the weights of a network of blocks, from a TOML file with `input` and `[[block]]` tables
    #[arg(long, value_name = "FILE.toml", conflicts_with_all = OF_WEIGHTS)]
    network: Option<PathBuf>,
    /// Width of dense and channels of conv blocks of --network that name none; the last of them has one output
    #[arg(long, value_name = "N", default_value_t = 64, requires = "network", value_parser = clap::value_parser!(u32).range(1..))]
    width: u32,
    /// Seed of the weights of --network
    #[arg(long, value_name = "SEED", default_value_t = 0, requires = "network")]
    seed: u64,
    /// A later checkpoint of the same network: also how the kernel changed
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Activation function [default: relu]
    #[arg(long, value_name = "NAME")]
    activation: Option<Activation>,
    /// The layers in their order, by name; other arrays of the file are left out [default: all, 2 before 10]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    layers: Vec<String>,
    /// What the matrices are: out-in, one row for each output (PyTorch); in-out, one for each input (Flax, Keras)
    /// [default: by names and shapes]
    #[arg(long, value_name = "NAME")]
    orientation: Option<Orientation>,
}

/// Flags that speak of weights in a file.
const OF_WEIGHTS: [&str; 9] = [
    "weights",
    "compare",
    "activation",
    "layers",
    "orientation",
    "parameterization",
    "untrained_biases",
    "weight_var",
    "bias_var",
];

/// What the gradient is taken with respect to.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Gradient")]
struct GradientArgs {
    /// standard: gradients with respect to the weights in the file; ntk, hanin-nica: with respect to weights of variance 1
    #[arg(long, value_name = "NAME", default_value = "standard")]
    parameterization: Parameterization,
    /// Biases are not trained
    #[arg(long)]
    untrained_biases: bool,
    /// Variance σ_w² that weights times fan-in are drawn with [default: estimated from the weights of each layer]
    #[arg(long, value_name = "VAR", allow_hyphen_values = true)]
    weight_var: Option<PerLayer>,
    /// Variance σ_b² that biases are drawn with [default: estimated from the biases of each layer]
    #[arg(long, value_name = "VAR", allow_hyphen_values = true)]
    bias_var: Option<PerLayer>,
}

/// The inputs.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Input")]
struct InputArgs {
    /// Inputs, one a row: .npy, .npz, .csv, or MNIST's IDX format, gzipped or not; `digits` and `fashion` are built in
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Which array of an .npz file holds the inputs
    #[arg(long, value_name = "NAME")]
    array: Option<String>,
    /// Use the first N rows only
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
}

/// What is computed.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Kernel")]
struct KernelArgs {
    /// The sum over outputs, one matrix for each output, or all pairs of outputs
    #[arg(long, value_enum, default_value = "trace")]
    form: FormArg,
    /// Precision of the products
    #[arg(long, value_enum, default_value = "f64")]
    precision: PrecisionArg,
    /// Most working memory in MiB, beyond weights, inputs and result
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    memory: usize,
    /// Most inputs on which the infinite-width kernel is computed for comparison; 0 for none
    #[arg(long, value_name = "N", default_value_t = EmpiricalOptions::default().infinite_rows)]
    infinite_rows: usize,
    /// Write the kernel to a NumPy file: (n, n), (outputs, n, n), or (n·outputs, n·outputs)
    #[arg(long, value_name = "FILE.npy")]
    save: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormArg {
    Trace,
    PerOutput,
    Full,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PrecisionArg {
    F64,
    F32,
}

impl KernelArgs {
    fn options(&self) -> EmpiricalOptions {
        let form = match self.form {
            FormArg::Trace => KernelForm::Trace,
            FormArg::PerOutput => KernelForm::PerOutput,
            FormArg::Full => KernelForm::Full,
        };
        let precision = match self.precision {
            PrecisionArg::F64 => Precision::F64,
            PrecisionArg::F32 => Precision::F32,
        };
        let kernel = KernelOptions { form, precision, memory: self.memory.saturating_mul(1 << 20) };
        EmpiricalOptions { kernel, infinite_rows: self.infinite_rows }
    }
}

/// The JSON form: the report, where everything came from, and what changed.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    weights: String,
    layer_names: &'a [String],
    unused: &'a [String],
    #[serde(flatten)]
    report: &'a EmpiricalReport,
    compare: Option<Later<'a>>,
}

/// The later checkpoint.
#[derive(Serialize)]
struct Later<'a> {
    weights: String,
    change: &'a CheckpointChange,
    report: &'a EmpiricalReport,
}

/// A network as it stands in a file.
struct Loaded {
    network: Network,
    names: Vec<String>,
    unused: Vec<String>,
}

impl Args {
    /// The network of a file, with gradients as the architecture says; without one, of the standard parameterization.
    fn network(&self, path: &Path, features: usize) -> Result<Loaded, CommandError> {
        let selection = LayerChoice { layers: self.weights.layers.clone(), orientation: self.weights.orientation };
        let raw = load_network(path, &selection, features)?;
        let names = raw.layers.iter().map(|layer| layer.name.clone()).collect();
        let biases = if self.gradients.untrained_biases { 0.0 } else { 1.0 };
        let scale = GradientScale { biases, ..GradientScale::STANDARD };
        let layer = |l: NamedLayer| Layer::new(l.inputs, l.outputs, l.weights, l.biases, scale);
        let layers = raw.layers.into_iter().map(layer).collect::<Result<_, _>>()?;
        let activation = self.weights.activation.clone().unwrap_or_else(Activation::relu);
        Ok(Loaded { network: Network::new(activation, layers)?, names, unused: raw.unused })
    }

    /// The description that the network is taken to be drawn from.
    fn architecture(&self, network: &Network) -> Result<Architecture, ArchitectureError> {
        let GradientArgs { parameterization, untrained_biases, weight_var, bias_var } = &self.gradients;
        let measured = measured_spec(network, *parameterization, !untrained_biases);
        let given =
            ArchitectureSpec { weight_var: weight_var.clone(), bias_var: bias_var.clone(), ..Default::default() };
        Architecture::try_from(measured.overridden_by(given))
    }

    /// Gradients as asked for. Both checkpoints share the architecture of the first: factors are fixed at initialisation.
    fn trained(
        &self,
        network: Network,
        arch: &Result<Architecture, ArchitectureError>,
    ) -> Result<Network, CommandError> {
        match (self.gradients.parameterization, arch) {
            (Parameterization::Standard, _) => Ok(network),
            (_, Ok(arch)) => Ok(network.trained_as(arch)?),
            (_, Err(reason)) => Err(reason.clone().into()),
        }
    }

    fn inputs(&self) -> Result<(Inputs, String), CommandError> {
        let (data, source) = data_named(&self.input.data, self.input.array.as_deref())?;
        let mut inputs = data.inputs;
        if let Some(rows) = self.input.rows {
            if rows == 0 {
                return Err(CommandError::Usage("--rows must be at least 1, got 0".into()));
            }
            inputs.rows = inputs.rows.min(rows);
            inputs.values.truncate(inputs.rows * inputs.cols);
        }
        Ok((inputs, source))
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    args.report.check()?;
    let (inputs, source) = args.inputs()?;
    let options = args.kernel.options();
    if let Some(path) = &args.weights.network {
        return drawn::run(args, path, &inputs, &source);
    }
    let Some(weights) = &args.weights.weights else { return Err(usage("--weights or --network is needed")) };
    let first = args.network(weights, inputs.cols)?;
    let arch = args.architecture(&first.network);
    if let Err(error @ (ArchitectureError::WeightVar { .. } | ArchitectureError::BiasVar { .. })) = &arch
        && (args.gradients.weight_var.is_some() || args.gradients.bias_var.is_some())
    {
        return Err(error.clone().into());
    }
    let network = args.trained(first.network, &arch)?;
    let (kernel, report) = empirical_report(&network, &inputs.values, arch.clone(), &options)?;
    if let Some(path) = &args.kernel.save {
        save(path, &kernel)?;
    }
    let later = match &args.weights.compare {
        Some(path) => {
            let later = args.trained(args.network(path, inputs.cols)?.network, &arch)?;
            let (later_kernel, later_report) = empirical_report(&later, &inputs.values, arch, &options)?;
            let change = checkpoint_change((&network, &kernel, &report), (&later, &later_kernel, &later_report))?;
            Some((path, change, later_report))
        }
        None => None,
    };
    let output = Output {
        version: env!("CARGO_PKG_VERSION"),
        source: &source,
        weights: weights.display().to_string(),
        layer_names: &first.names,
        unused: &first.unused,
        report: &report,
        compare: later.as_ref().map(|(path, change, report)| Later {
            weights: path.display().to_string(),
            change,
            report,
        }),
    };
    args.report.write(|| {
        let mut parts = empirical_parts(&report, &first.names, &source);
        if let Some((_, change, _)) = &later {
            parts.extend(change_parts(change, &first.names));
        }
        empirical_page(parts, &command_line(), &source)
    })?;
    args.output.write(&output, || {
        let mut text = empirical_text(&report, &first.names, &source);
        if !first.unused.is_empty() {
            text += &format!("\nLeft out of the file: {}\n", first.unused.join(", "));
        }
        if let Some((_, change, _)) = &later {
            text.push('\n');
            text += &change_text(change, &first.names);
        }
        text
    })?;
    Ok(ExitStatus::Answered)
}

fn save(path: &Path, kernel: &EmpiricalKernel) -> Result<(), CommandError> {
    let shape = [kernel.matrices().len(), kernel.rows(), kernel.cols()];
    let shape = if kernel.form() == KernelForm::PerOutput { &shape[..] } else { &shape[1..] };
    replace_file(path, &npy_file(shape, kernel.matrices().iter().flatten()))
}
