//! `fathom moments`.

use fathom_ntk::Architecture;
use fathom_ntk::analysis::{MomentsOptions, MomentsReport, moments_report};
use fathom_ntk::infinite::PairInput;
use fathom_ntk::moments::InputNorm;
use fathom_ntk::report::moments_text;
use serde::Serialize;

use crate::data::Dataset;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{BlocksArgs, InputArgs, NetworkArgs, Source, network_and_source, usage};
use crate::output::OutputArgs;
use crate::page::{ReportArgs, command_line, moments_page};
use crate::plot::{PlotArgs, SampleFigure, sample_figure};

/// Flags of `fathom moments`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    blocks: BlocksArgs,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    moments: MomentsArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What to compute.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Moments")]
struct MomentsArgs {
    /// Which row of the data is the input, counted from 0
    #[arg(long, value_name = "ROW", default_value_t = 0)]
    row: usize,
    /// Also the NTK between two rows of the data, counted from 0; the first of them is the input of the rest
    #[arg(long, value_name = "I,J", value_parser = parse_pair, conflicts_with_all = ["row", "cosine", "input_sq_norm"])]
    pair: Option<[usize; 2]>,
    /// Also the NTK between two inputs of equal norm with this cosine, where there is no data
    #[arg(long, value_name = "COSINE", allow_hyphen_values = true, conflicts_with_all = ["data", "row"])]
    cosine: Option<f64>,
    /// Target y of the first gradient step
    #[arg(long, value_name = "Y", default_value_t = 0.0, allow_hyphen_values = true)]
    target: f64,
    /// Also the first-order expansion in 1/width where exact moments exist
    #[arg(long)]
    first_order: bool,
    /// Also what each hidden layer contributes
    #[arg(long)]
    per_layer: bool,
}

/// The JSON form: the moments, and where the input came from.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    #[serde(flatten)]
    report: &'a MomentsReport,
}

/// Reads `I,J`.
fn parse_pair(text: &str) -> Result<[usize; 2], String> {
    let rows: Result<Vec<usize>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match rows.as_deref() {
        Ok(&[i, j]) => Ok([i, j]),
        _ => Err(format!("two row numbers with a comma between them are needed, got {text:?}")),
    }
}

/// The input, or two of them.
struct Inputs {
    sq_norm: f64,
    fourth_power_sum: Option<f64>,
    pair: Option<PairInput>,
}

impl MomentsArgs {
    fn inputs(&self, arch: &Architecture, source: &Source) -> Result<Inputs, CommandError> {
        let features = arch.widths().map_or(1, |w| w[0]);
        let without_data = |sq_norm: f64| -> Result<Inputs, CommandError> {
            if self.pair.is_some() {
                return Err(CommandError::Usage("--pair names rows of data, but there is no data".into()));
            }
            let pair = self.cosine.map(|cosine| equal_norms(sq_norm / features as f64, cosine)).transpose()?;
            Ok(Inputs { sq_norm, fourth_power_sum: None, pair })
        };
        match source {
            _ if self.cosine.is_some() && matches!(source, Source::Data(..)) => without_data(features as f64),
            Source::Data(data, name) => {
                let first = self.pair.map_or(self.row, |[i, _]| i);
                let x = row(arch, data, name, first)?;
                let pair = match self.pair {
                    Some([_, j]) => Some(PairInput::from_vectors(x, row(arch, data, name, j)?).map_err(usage)?),
                    None => None,
                };
                let (sq_norm, fourth) = (x.iter().map(|v| v * v).sum(), x.iter().map(|v| v.powi(4)).sum());
                Ok(Inputs { sq_norm, fourth_power_sum: Some(fourth), pair })
            }
            Source::SquaredNorm(norm) => without_data(*norm),
            Source::Unit => without_data(features as f64),
        }
    }
}

/// One row of the data.
fn row<'a>(arch: &Architecture, data: &'a Dataset, name: &str, row: usize) -> Result<&'a [f64], CommandError> {
    let (rows, cols) = (data.inputs.rows, data.inputs.cols);
    if row >= rows {
        let last = rows - 1;
        return Err(CommandError::Usage(format!("{name} has rows 0 to {last}, got row {row}")));
    }
    if let Some(widths) = arch.widths()
        && cols != widths[0]
    {
        let message = format!("the data has {cols} features, but the network has {} inputs", widths[0]);
        return Err(CommandError::Usage(message));
    }
    Ok(&data.inputs.values[row * cols..(row + 1) * cols])
}

/// Two inputs of this $|x|^2/n_0$ and cosine.
fn equal_norms(mean_square: f64, cosine: f64) -> Result<PairInput, CommandError> {
    if !(-1.0..=1.0).contains(&cosine) {
        return Err(CommandError::Usage(format!("the cosine must be between -1 and 1, got {cosine}")));
    }
    PairInput::from_gaps(mean_square, mean_square, 1.0 - cosine, 1.0 + cosine).map_err(usage)
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    if args.blocks.is_given() {
        let message = "finite-width moments of networks of blocks are not known exactly, they are sampled: fathom sample --network";
        return Err(usage(message));
    }
    args.report.check()?;
    let (arch, source) = network_and_source(&args.network, &args.input)?;
    let Inputs { sq_norm, fourth_power_sum, pair } = args.moments.inputs(&arch, &source)?;
    let MomentsArgs { target, first_order, per_layer, cosine, .. } = args.moments;
    let options = MomentsOptions { target, first_order, per_layer };
    let mut report = moments_report(&arch, sq_norm, fourth_power_sum, options)?;
    if let Some(pair) = &pair {
        report = report.with_two_inputs(pair);
    }
    let source = match cosine {
        Some(cosine) => format!("two inputs of equal norm with cosine {cosine}"),
        None => source.words(),
    };
    let figure = || {
        let input = InputNorm::new(sq_norm, fourth_power_sum)?;
        sample_figure(&SampleFigure { architecture: &arch, input: &input, bins: None, measured: Vec::new() })
    };
    args.plot.write(figure)?;
    args.report.write(|| moments_page(&report, &source, figure().ok(), &command_line()))?;
    let output = Output { version: env!("CARGO_PKG_VERSION"), source: &source, report: &report };
    args.output.write(&output, || moments_text(&report))?;
    Ok(ExitStatus::Answered)
}
