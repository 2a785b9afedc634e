//! `fathom selftest`.

use std::path::PathBuf;

use fathom_ntk::report::selftest_text;
use fathom_ntk::selftest::{Outcome, embedded, evaluate, summarise};

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::output::{Format, OutputArgs, read_text};

/// Flags of `fathom selftest`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Test vectors to evaluate instead of the built-in ones; may be repeated
    #[arg(long, value_name = "FILE.json")]
    vectors: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    if args.vectors.is_empty() {
        for (name, text) in embedded() {
            outcomes.extend(named(name, text)?);
        }
    }
    for path in &args.vectors {
        let text = read_text(path)?;
        outcomes.extend(named(&path.display().to_string(), &text)?);
    }
    let content = match args.output.format {
        Format::Text => selftest_text(&outcomes, &summarise(&outcomes)),
        Format::Json => {
            let lines: Result<Vec<String>, _> = outcomes.iter().map(serde_json::to_string).collect();
            lines?.join("\n") + "\n"
        }
    };
    args.output.write_content(&content)?;
    let failed = outcomes.iter().any(Outcome::failed) || outcomes.iter().all(|o| o.error().is_none());
    Ok(if failed { ExitStatus::CheckFailed } else { ExitStatus::Answered })
}

fn named(name: &str, text: &str) -> Result<Vec<Outcome>, CommandError> {
    evaluate(text).map_err(|source| CommandError::Vectors { name: name.into(), source })
}
