//! `fathom man`.

use std::path::PathBuf;

use clap::CommandFactory;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::output::print;

/// Flags of `fathom man`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Write the pages of fathom and all its commands to this folder, which must exist
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    match &args.out {
        Some(folder) => clap_mangen::generate_to(Cli::command(), folder)
            .map_err(|source| CommandError::Write { path: folder.clone(), source })?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(CommandError::Stdout)?;
            print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(ExitStatus::Answered)
}
