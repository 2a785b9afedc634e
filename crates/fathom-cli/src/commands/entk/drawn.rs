//! The empirical NTK of a network of blocks that is drawn.

use std::path::Path;

use fathom_ntk::analysis::empirical::{ComposedReport, composed_report};
use fathom_ntk::network::{ComposedNetwork, Precision};
use fathom_ntk::report::{composed_parts, composed_text};
use serde::Serialize;

use super::{Args, save};
use crate::data::Inputs;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{check_features, usage, with_widths};
use crate::page::{command_line, empirical_page};

/// The JSON form: the report, and where everything came from.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    network: String,
    seed: u64,
    #[serde(flatten)]
    report: &'a ComposedReport,
}

pub(super) fn run(args: &Args, path: &Path, inputs: &Inputs, source: &str) -> Result<ExitStatus, CommandError> {
    let options = args.kernel.options();
    if options.kernel.precision != Precision::F64 {
        return Err(usage("networks of blocks are computed in double precision: leave out --precision"));
    }
    let blocks = with_widths(path, args.weights.width)?;
    check_features(&blocks, inputs.cols)?;
    let network = ComposedNetwork::draw(&blocks, args.weights.seed, 0)?;
    let (kernel, report) = composed_report(&network, &inputs.values, &options)?;
    if let Some(path) = &args.kernel.save {
        save(path, &kernel)?;
    }
    let output = Output {
        version: env!("CARGO_PKG_VERSION"),
        source,
        network: path.display().to_string(),
        seed: args.weights.seed,
        report: &report,
    };
    args.report
        .write(|| empirical_page(composed_parts(&report, args.weights.seed, source), &command_line(), source))?;
    args.output.write(&output, || composed_text(&report, args.weights.seed, source))?;
    Ok(ExitStatus::Answered)
}
