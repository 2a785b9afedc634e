//! The command `fathom`: what the neural tangent kernel of a network is, and whether NTK theory describes it.

mod cli;
mod commands;
mod data;
mod error;
mod exit_status;
mod flags;
mod output;
mod page;
mod plot;
mod runs;
mod weights;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use exit_status::ExitStatus;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return report_usage(&error).into(),
    };
    match commands::run(cli.command) {
        Ok(status) => status.into(),
        Err(error) => {
            output::complain(&error.to_string());
            ExitStatus::NoAnswer.into()
        }
    }
}

/// Help and version go to stdout; a wrong command line is one line on stderr.
fn report_usage(error: &clap::Error) -> ExitStatus {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitStatus::Answered
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitStatus::NoAnswer
        }
        _ => {
            let text = error.to_string();
            let first: Vec<&str> = text.lines().take_while(|l| !l.trim().is_empty()).map(str::trim).collect();
            output::complain(first.join(" ").trim_start_matches("error: "));
            ExitStatus::NoAnswer
        }
    }
}
