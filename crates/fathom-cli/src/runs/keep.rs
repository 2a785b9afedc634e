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
    /// Begins a file, or continues one that holds draws `first..first + held`.
    pub(crate) fn open(path: &Path, observables: usize, first: u64, held: u64) -> Result<Self, CommandError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".partial");
        let partial = PathBuf::from(name);
        let failed = |source| CommandError::Write { path: partial.clone(), source };
        let new = held == 0;
        let opened = OpenOptions::new().read(true).write(true).create(new).truncate(new).open(&partial);
        let mut file = match opened {
            Err(e) if e.kind() == ErrorKind::NotFound && !new => {
                let message = format!("the draws made so far are not in {}: resume without --keep", partial.display());
                return Err(CommandError::Usage(message));
            }
            other => other.map_err(failed)?,
        };
        if new {
            file.write_all(&header(0, observables)).map_err(failed)?;
        } else {
            let mut found = vec![0; HEADER as usize];
            file.read_exact(&mut found).map_err(failed)?;
            let needed = HEADER + held * observables as u64 * 8;
            if found != header(0, observables) || file.metadata().map_err(failed)?.len() < needed {
                let message = format!("{} does not hold the draws made so far", partial.display());
                return Err(CommandError::Usage(message));
            }
        }
        Ok(Self { path: path.into(), partial, file, observables, first })
    }

    /// Writes the rows of draws from `draw` on.
    pub(crate) fn write(&mut self, draw: u64, rows: &[Option<Scaled>]) -> Result<(), CommandError> {
        let bytes: Vec<u8> = rows.iter().flat_map(|v| v.map_or(f64::NAN, Scaled::to_f64).to_le_bytes()).collect();
        let place = HEADER + (draw - self.first) * self.observables as u64 * 8;
        let written = self.file.seek(SeekFrom::Start(place)).and_then(|_| self.file.write_all(&bytes));
        written.map_err(|source| CommandError::Write { path: self.partial.clone(), source })
    }

    /// What has been written is on the disk.
    pub(crate) fn sync(&self) -> Result<(), CommandError> {
        self.file.sync_data().map_err(|source| CommandError::Write { path: self.partial.clone(), source })
    }

    /// Gives the file of the first `draws` draws its name.
    pub(crate) fn finish(mut self, draws: u64) -> Result<(), CommandError> {
        let length = HEADER + draws * self.observables as u64 * 8;
        let finish = || {
            self.file.set_len(length)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&header(draws, self.observables))?;
            self.file.sync_all()?;
            std::fs::rename(&self.partial, &self.path)
        };
        let mut finish = finish;
        finish().map_err(|source| CommandError::Write { path: self.path.clone(), source })
    }
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
