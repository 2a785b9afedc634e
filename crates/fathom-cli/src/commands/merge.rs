//! `fathom merge`.

use std::path::PathBuf;

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::output::{OutputArgs, note};
use crate::plot::PlotArgs;
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
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    let mut records = args.files.iter().map(|path| Ok::<_, CommandError>((path, RunRecord::read(path)?)));
    let Some(first) = records.next() else {
        return Err(CommandError::Usage("nothing to merge".into()));
    };
    let (_, mut whole) = first?;
    whole.part = Part::WHOLE;
    for record in records {
        let (path, record) = record?;
        let unusable = |reason: String| CommandError::RunFile { path: path.clone(), reason };
        if let Some(difference) = record.setup.difference(&whole.setup) {
            return Err(unusable(format!("of another run than {}: {difference}", args.files[0].display())));
        }
        if record.draws != whole.draws {
            return Err(unusable(format!("of a run of {} draws, here {}", record.draws, whole.draws)));
        }
        whole.ledger.merge(record.ledger).map_err(|e| unusable(e.to_string()))?;
    }
    let missing = whole.draws - whole.ledger.draws().min(whole.draws);
    if missing > 0 {
        let message = format!("{missing} of {} draws are missing", whole.draws);
        if !args.partial {
            return Err(CommandError::Usage(format!("{message}: resume their shards, or accept that with --partial")));
        }
        note(&message);
    }
    if let Some(path) = &args.checkpoint {
        whole.write(path)?;
    }
    super::sample::show(&whole, missing == 0, &args.output, &args.plot)?;
    Ok(ExitStatus::Answered)
}
