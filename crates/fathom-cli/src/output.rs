//! Where answers and complaints go.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::error::CommandError;

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: complete, with stable keys.
    Json,
}

/// Flags of every command that has a result.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// How to write the result: for people, or complete for programs
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Write the result to this file instead of the terminal (replaced only when complete)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

impl OutputArgs {
    /// Writes a result: its text, or its JSON form.
    pub(crate) fn write(&self, result: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), CommandError> {
        let content = match self.format {
            Format::Text => text(),
            Format::Json => serde_json::to_string_pretty(result)? + "\n",
        };
        self.write_content(&content)
    }

    /// Writes a content that is formatted already.
    pub(crate) fn write_content(&self, content: &str) -> Result<(), CommandError> {
        match &self.out {
            Some(path) => replace_file(path, content.as_bytes()),
            None => print(content),
        }
    }
}

/// Prints to stdout; a reader that has gone away (`| head`) is no error.
pub(crate) fn print(content: &str) -> Result<(), CommandError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(content.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(CommandError::Stdout(e)),
        _ => Ok(()),
    }
}

/// Writes a file under a temporary name and renames it: the old content stays until the new one is complete.
fn replace_file(path: &Path, content: &[u8]) -> Result<(), CommandError> {
    let failed = |source| CommandError::Write { path: path.into(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// One line on stderr.
pub(crate) fn complain(message: &str) {
    let line = message.replace('\n', "; ");
    // There is nowhere left to report a failure to.
    let _ = writeln!(std::io::stderr(), "error: {line}");
}
