//! `--keep`: every draw, in a NumPy file.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fathom_ntk::Scaled;

use crate::error::CommandError;

/// Bytes of the header, whatever the shape.
const HEADER: u64 = 128;
const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// A file that grows draw by draw under a temporary name; draws may come in any order.
///
/// An array of shape (draws, observables) of `f64`: NaN where undefined, ∞ beyond the range.
pub(crate) struct Keep {
    path: PathBuf,
    partial: PathBuf,
    file: File,
    observables: usize,
    /// The first draw of the file.
    first: u64,
}

impl Keep {
    /// Begins a file, or continues one that has rows up to draw `first + held`.
    pub(crate) fn open(path: &Path, observables: usize, first: u64, held: u64) -> Result<Self, CommandError> {
        // A link stays a link to the file that is written.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
        if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(CommandError::Usage(format!("--keep needs a plain file, got {}", path.display())));
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".partial");
        let partial = PathBuf::from(name);
        let failed = |source| CommandError::Write { path: partial.clone(), source };
        if held > 0 && !partial.exists() && holds(&path, observables, held) {
            // The run was complete, and is continued.
            std::fs::copy(&path, &partial).map_err(failed)?;
        }
        let new = held == 0;
        let opened = OpenOptions::new().read(true).write(true).create(new).truncate(new).open(&partial);
        let file = match opened {
            Err(e) if e.kind() == ErrorKind::NotFound && !new => {
                let message = format!("the draws made so far are not in {}: resume without --keep", partial.display());
                return Err(CommandError::Usage(message));
            }
            other => other.map_err(failed)?,
        };
        let mut keep = Self { path, partial, file, observables, first };
        if new {
            keep.write_header(0)?;
        } else if !holds(&keep.partial, observables, held) {
            let message = format!("{} does not hold the draws made so far", keep.partial.display());
            return Err(CommandError::Usage(message));
        }
        Ok(keep)
    }

    /// The file, once it is complete.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file until then.
    pub(crate) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Writes the rows of draws from `draw` on.
    pub(crate) fn write(&mut self, draw: u64, rows: &[Option<Scaled>]) -> Result<(), CommandError> {
        let bytes: Vec<u8> = rows.iter().flat_map(|v| v.map_or(f64::NAN, Scaled::to_f64).to_le_bytes()).collect();
        let place = HEADER + (draw - self.first) * self.row();
        let written = self.file.seek(SeekFrom::Start(place)).and_then(|_| self.file.write_all(&bytes));
        written.map_err(|source| CommandError::Write { path: self.partial.clone(), source })
    }

    /// What has been written is on the disk.
    pub(crate) fn sync(&self) -> Result<(), CommandError> {
        self.file.sync_data().map_err(|source| CommandError::Write { path: self.partial.clone(), source })
    }

    /// Gives the file of the first `draws` draws its name.
    pub(crate) fn finish(mut self, draws: u64) -> Result<(), CommandError> {
        self.write_header(draws)?;
        let length = HEADER + draws * self.row();
        let finished = self.file.set_len(length).and_then(|()| self.file.sync_all());
        let renamed = finished.and_then(|()| std::fs::rename(&self.partial, &self.path));
        renamed.map_err(|source| CommandError::Write { path: self.path, source })
    }

    fn write_header(&mut self, draws: u64) -> Result<(), CommandError> {
        let bytes = header(draws, self.observables);
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(&bytes));
        written.map_err(|source| CommandError::Write { path: self.partial.clone(), source })
    }

    /// Bytes of a draw.
    fn row(&self) -> u64 {
        self.observables as u64 * 8
    }
}

/// Whether a file holds the first `draws` draws: it begins as written here, whatever number of draws it states.
fn holds(path: &Path, observables: usize, draws: u64) -> bool {
    let read = || {
        let mut file = File::open(path)?;
        let mut found = vec![0; HEADER as usize];
        file.read_exact(&mut found)?;
        Ok::<_, std::io::Error>((found, file.metadata()?.len()))
    };
    let Ok((found, length)) = read() else { return false };
    let stated = str::from_utf8(&found[MAGIC.len() + 2..]).ok().and_then(|text| {
        let (_, shape) = text.split_once("'shape': (")?;
        shape.split_once(',')?.0.parse().ok()
    });
    stated.is_some_and(|stated| found == header(stated, observables))
        && length >= HEADER + draws * observables as u64 * 8
}

/// The header of a version 1.0 file, padded with spaces to its full length.
fn header(draws: u64, observables: usize) -> Vec<u8> {
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({draws}, {observables}), }}");
    let length = HEADER as usize - MAGIC.len() - 2;
    let mut bytes = MAGIC.to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{text:<width$}\n", width = length - 1).into_bytes());
    bytes
}
