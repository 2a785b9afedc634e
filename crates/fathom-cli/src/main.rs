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

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use exit_status::ExitStatus;

fn main() -> ExitCode {
    runs::mark_start();
    let matches = match cli::Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return report_usage(&error).into(),
    };
    if let Some(complaint) = matches.subcommand().and_then(|(_, given)| same_file_twice(given)) {
        output::complain(&complaint);
        return ExitStatus::NoAnswer.into();
    }
    let cli = match cli::Cli::from_arg_matches(&matches) {
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

/// Arguments that name files to write, in all commands.
const WRITTEN: [&str; 12] = [
    "out",
    "plot",
    "report",
    "save",
    "save_covariance",
    "save_weights",
    "table",
    "keep_ntk",
    "keep_outputs",
    "checkpoint",
    "over_seeds",
    "keep",
];

/// What is wrong if two results would go to one file, of which one would be lost.
fn same_file_twice(given: &ArgMatches) -> Option<String> {
    let path_of = |name: &&'static str| {
        let path = given.try_get_raw(name).ok().flatten()?.next()?;
        Some((name.replace('_', "-"), std::path::Path::new(path)))
    };
    let files: Vec<_> = WRITTEN.iter().filter_map(path_of).collect();
    files.iter().enumerate().find_map(|(i, (name, path))| {
        let (other, _) = files[..i].iter().find(|(_, other)| other == path)?;
        Some(format!("--{other} and --{name} must name different files, got {} twice", path.display()))
    })
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
