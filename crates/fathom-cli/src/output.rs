//! Where answers and complaints go.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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
    /// That the file can be written, before the work that it is for.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        self.out.as_deref().map_or(Ok(()), check_writable)
    }

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

/// Files that were read as data, weights or settings: no result goes there.
static SOURCES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// From now on, nothing is written to this file.
pub(crate) fn protect(path: &Path) {
    if let Ok(target) = std::fs::canonicalize(path) {
        SOURCES.lock().unwrap_or_else(PoisonError::into_inner).insert(target);
    }
}

/// That this is none of the files that were read.
pub(crate) fn check_not_a_source(path: &Path) -> Result<(), CommandError> {
    let Ok(target) = std::fs::canonicalize(path) else { return Ok(()) };
    let is_file = target.metadata().is_ok_and(|file| file.is_file());
    if is_file && SOURCES.lock().unwrap_or_else(PoisonError::into_inner).contains(&target) {
        let message = format!("{} is read by this command: write to another file", path.display());
        return Err(CommandError::Usage(message));
    }
    Ok(())
}

/// Writes a file under a temporary name and renames it: the old content stays until the new one is complete. Links are
/// followed, permissions kept, and what is not a plain file (a pipe, a device) is written to, not replaced.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> Result<(), CommandError> {
    check_not_a_source(path)?;
    let failed = |source| CommandError::Write { path: path.into(), source };
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let existing = std::fs::metadata(&target).ok();
    if existing.as_ref().is_some_and(|m| !m.is_file()) {
        let mut file = std::fs::OpenOptions::new().write(true).open(&target).map_err(failed)?;
        return file.write_all(content).and_then(|()| file.flush()).map_err(failed);
    }
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(|e| failed(e.kind().into()))?;
    if let Some(existing) = existing {
        file.as_file().set_permissions(existing.permissions()).map_err(failed)?;
    }
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(&target).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Whether [`replace_file`] can begin.
pub(crate) fn check_writable(path: &Path) -> Result<(), CommandError> {
    check_not_a_source(path)?;
    let failed = |e: std::io::Error| CommandError::Write { path: path.into(), source: e.kind().into() };
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
    match std::fs::metadata(&target) {
        Ok(existing) if existing.is_dir() => Err(failed(std::io::ErrorKind::IsADirectory.into())),
        Ok(existing) if !existing.is_file() => Ok(()),
        _ => {
            let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            tempfile::tempfile_in(folder).map(drop).map_err(failed)
        }
    }
}

/// Largest file of settings or test vectors.
const LARGEST_TEXT: u64 = 64 << 20;

/// Reads a text file of moderate size.
pub(crate) fn read_text(path: &Path) -> Result<String, CommandError> {
    let failed = |source| CommandError::Read { path: path.into(), source };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(LARGEST_TEXT + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LARGEST_TEXT {
        return Err(CommandError::Usage(format!("{} is larger than {} MiB", path.display(), LARGEST_TEXT >> 20)));
    }
    Ok(text)
}

/// Largest file of a run.
const LARGEST_RUN: u64 = 4 << 30;

/// Reads the file of a run.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, CommandError> {
    let failed = |source| CommandError::Read { path: path.into(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_char_device(&file.metadata().map_err(failed)?.file_type()) {
        return Err(CommandError::Usage(format!("{} is a device, not a file", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_RUN).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Something worth knowing, on one line of stderr.
pub(crate) fn note(message: &str) {
    // There is nowhere left to report a failure to.
    let _ = writeln!(std::io::stderr(), "note: {message}");
}

/// One line on stderr.
pub(crate) fn complain(message: &str) {
    let line = message.replace('\n', "; ");
    // There is nowhere left to report a failure to.
    let _ = writeln!(std::io::stderr(), "error: {line}");
}
