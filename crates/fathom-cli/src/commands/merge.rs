//! `fathom merge`.

use std::path::{Path, PathBuf};

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::output::{OutputArgs, note};
use crate::page::ReportArgs;
use crate::plot::{PlotArgs, pictured};
use crate::runs::{Part, RunRecord};

/// Flags of `fathom merge`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Checkpoints of all shards of one run
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also save the whole run to this file, which `fathom sample --resume` can continue
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Accept that draws are missing
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    args.report.check()?;
    let whole = merged(&args.files)?;
    if args.plot.path().is_some() {
        pictured(&whole.setup.observables()?)?;
    }
    let missing = whole.draws - whole.ledger.draws();
    if missing > 0 {
        let message = format!("{missing} of {} draws are missing", whole.draws);
        if !args.partial {
            return Err(CommandError::Usage(format!("{message}: resume their shards, or accept that with --partial")));
        }
        note(&message);
    }
    if let Some(path) = &args.checkpoint {
        if let Some(shard) = args.files.iter().find(|file| is_same(file, path)) {
            return Err(CommandError::Usage(format!("--checkpoint would replace {}, a shard", shard.display())));
        }
        whole.write(path)?;
    }
    super::sample::show(&whole, missing == 0, (&args.output, &args.plot, &args.report))?;
    Ok(ExitStatus::Answered)
}

/// The run that the files are shards of.
fn merged(files: &[PathBuf]) -> Result<RunRecord, CommandError> {
    let mut records = files.iter().map(|path| Ok::<_, CommandError>((path, RunRecord::read(path)?)));
    let Some(first) = records.next() else {
        return Err(CommandError::Usage("nothing to merge".into()));
    };
    let (first, mut whole) = first?;
    whole.part = Part::WHOLE;
    for record in records {
        let (path, record) = record?;
        let unusable = |reason: String| CommandError::RunFile { path: path.clone(), reason };
        if let Some(difference) = record.setup.difference(&whole.setup) {
            return Err(unusable(format!("of another run than {}: {difference}", first.display())));
        }
        if record.draws != whole.draws {
            let (planned, here) = (record.planned(), whole.planned());
            return Err(unusable(format!("of another run than {}: {planned}, here {here}", first.display())));
        }
        whole.ledger.merge(record.ledger).map_err(|e| unusable(e.to_string()))?;
    }
    Ok(whole)
}

/// Whether two names are of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || std::fs::canonicalize(one).ok().is_some_and(|one| std::fs::canonicalize(other).is_ok_and(|o| o == one))
}
