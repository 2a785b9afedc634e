//! `fathom moments`.

use fathom_ntk::analysis::{MomentsOptions, MomentsReport, moments_report};
use fathom_ntk::moments::InputNorm;
use fathom_ntk::report::moments_text;
use serde::Serialize;

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{InputArgs, NetworkArgs, Source, network_and_source};
use crate::output::OutputArgs;
use crate::plot::{PlotArgs, SampleFigure, sample_figure};

/// Flags of `fathom moments`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    moments: MomentsArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
}

/// What to compute.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Moments")]
struct MomentsArgs {
    /// Which row of the data is the input, counted from 0
    #[arg(long, value_name = "ROW", default_value_t = 0)]
    row: usize,
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

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    let (arch, source) = network_and_source(&args.network, &args.input)?;
    let inputs = arch.widths().map_or(1, |w| w[0]);
    let (sq_norm, fourth_power_sum) = match &source {
        Source::Data(data, name) => {
            let (row, rows, cols) = (args.moments.row, data.inputs.rows, data.inputs.cols);
            if row >= rows {
                let last = rows - 1;
                return Err(CommandError::Usage(format!("{name} has rows 0 to {last}, got row {row}")));
            }
            if arch.widths().is_some() && cols != inputs {
                let message = format!("the data has {cols} features, but the network has {inputs} inputs");
                return Err(CommandError::Usage(message));
            }
            let x = &data.inputs.values[row * cols..(row + 1) * cols];
            (x.iter().map(|v| v * v).sum(), Some(x.iter().map(|v| v.powi(4)).sum()))
        }
        Source::SquaredNorm(norm) => (*norm, None),
        Source::Unit => (inputs as f64, None),
    };
    let MomentsArgs { target, first_order, per_layer, .. } = args.moments;
    let report = moments_report(&arch, sq_norm, fourth_power_sum, MomentsOptions { target, first_order, per_layer })?;
    args.plot.write(|| {
        let input = InputNorm::new(sq_norm, fourth_power_sum)?;
        sample_figure(&SampleFigure { architecture: &arch, input: &input, bins: None, measured: Vec::new() })
    })?;
    let source = source.words();
    let output = Output { version: env!("CARGO_PKG_VERSION"), source: &source, report: &report };
    args.output.write(&output, || moments_text(&report))?;
    Ok(ExitStatus::Answered)
}
