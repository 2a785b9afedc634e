//! Matrices too large for memory, in a NumPy file.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::npy_header;
use crate::error::CommandError;
use crate::output::{check_not_a_source, read_text, replace_file};

/// A `.npy` file that is filled band by band under a temporary name, with a note of how far it is beside it.
pub(crate) struct MatrixFile {
    path: PathBuf,
    partial: PathBuf,
    note: PathBuf,
    file: File,
    header: u64,
    /// Bytes of a number, and numbers of a row and of a matrix.
    size: u64,
    cols: u64,
    entries: u64,
    identity: Value,
}

/// How far an unfinished file is, and what it holds.
#[derive(Serialize, Deserialize)]
struct Note {
    bands_done: usize,
    matrix: Value,
}

/// An array in memory: type as NumPy writes it, and shape (matrices, rows, columns).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArrayShape {
    pub(crate) descr: &'static str,
    pub(crate) size: u64,
    pub(crate) shape: [usize; 3],
}

impl MatrixFile {
    /// Begins a file, or continues one; also how many bands it holds.
    ///
    /// # Arguments
    /// * `identity`: what the matrix is of; only a file of the same is continued.
    pub(crate) fn open(
        path: &Path,
        array: ArrayShape,
        identity: Value,
        resume: bool,
    ) -> Result<(Self, usize), CommandError> {
        check_not_a_source(path)?;
        // The finished file takes the name, and with it the place of whatever had it.
        if path.metadata().is_ok_and(|old| !old.is_file()) {
            return Err(CommandError::Usage(format!("cannot write {}: it is not a regular file", path.display())));
        }
        let beside = |extension: &str| {
            let mut name = OsString::from(path);
            name.push(extension);
            PathBuf::from(name)
        };
        let (partial, note) = (beside(".partial"), beside(".partial.json"));
        let done = if resume { bands_done(&note, &identity)? } else { 0 };
        let [matrices, rows, cols] = array.shape;
        let header = if matrices == 1 {
            npy_header(array.descr, &array.shape[1..])
        } else {
            npy_header(array.descr, &array.shape)
        };
        let failed = |source| CommandError::Write { path: partial.clone(), source };
        let new = done == 0;
        let mut file = OpenOptions::new().write(true).create(new).truncate(new).open(&partial).map_err(failed)?;
        let entries = rows as u64 * cols as u64;
        let length = header.len() as u64 + matrices as u64 * entries * array.size;
        if new {
            file.write_all(&header).and_then(|()| file.set_len(length)).map_err(failed)?;
        } else if file.metadata().map_err(failed)?.len() != length {
            return Err(CommandError::Usage(format!("{} is not as long as its note says", partial.display())));
        }
        let (header, cols) = (header.len() as u64, cols as u64);
        let path = path.into();
        Ok((Self { path, partial, note, file, header, size: array.size, cols, entries, identity }, done))
    }

    /// Writes a rectangle of matrix number `matrix`.
    ///
    /// # Arguments
    /// * `place`: its first row and column.
    /// * `cols`: its columns.
    /// * `bytes`: its entries, row after row.
    pub(crate) fn write(
        &mut self,
        matrix: usize,
        place: [usize; 2],
        cols: usize,
        bytes: &[u8],
    ) -> Result<(), CommandError> {
        let start = self.header + matrix as u64 * self.entries * self.size;
        let row_bytes = cols * self.size as usize;
        // Rows that follow each other in the file are written at once.
        let together = if cols as u64 == self.cols { bytes.len() } else { row_bytes };
        for (i, bytes) in bytes.chunks(together.max(1)).enumerate() {
            let entry = (place[0] + i) as u64 * self.cols + place[1] as u64;
            let written = self.file.seek(SeekFrom::Start(start + entry * self.size));
            written.and_then(|_| self.file.write_all(bytes)).map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    /// Notes that the first bands are on the disk.
    pub(crate) fn keep(&self, bands_done: usize) -> Result<(), CommandError> {
        self.file.sync_data().map_err(|source| self.failed(source))?;
        let note = Note { bands_done, matrix: self.identity.clone() };
        replace_file(&self.note, serde_json::to_string_pretty(&note)?.as_bytes())
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), CommandError> {
        self.file.sync_all().map_err(|source| self.failed(source))?;
        let failed = |source| CommandError::Write { path: self.path.clone(), source };
        std::fs::rename(&self.partial, &self.path).map_err(failed)?;
        // There is none if the run was short.
        let _ = std::fs::remove_file(&self.note);
        Ok(())
    }

    fn failed(&self, source: std::io::Error) -> CommandError {
        CommandError::Write { path: self.partial.clone(), source }
    }
}

/// How many bands the unfinished file holds; 0 if there is none.
fn bands_done(note: &Path, identity: &Value) -> Result<usize, CommandError> {
    if !note.exists() {
        return Ok(0);
    }
    let wrong = |reason: String| CommandError::RunFile { path: note.into(), reason };
    let note: Note = serde_json::from_str(&read_text(note)?).map_err(|e| wrong(e.to_string()))?;
    if note.matrix != *identity {
        return Err(wrong("the unfinished file is of another matrix: remove it, or leave out --resume".into()));
    }
    Ok(note.bands_done)
}
