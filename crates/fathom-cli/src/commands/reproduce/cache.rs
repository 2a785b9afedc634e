//! What was computed before.

use std::fs;
use std::path::{Path, PathBuf};

use fathom_ntk::studies::{Piece, Study, Value};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::output::{read_bytes, replace_file};
use crate::runs::{bytes_fingerprint, text_fingerprint};

/// A folder with one file for each piece, of this very program: another build may compute other numbers.
pub(super) struct Cache {
    folder: PathBuf,
}

/// A piece that is done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    study: Study,
    table: String,
    description: String,
    pub(super) seconds: f64,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Kept {
    pub(super) fn new(study: Study, piece: &Piece<'_>, rows: Vec<Vec<Value>>, seconds: f64) -> Self {
        // Milliseconds are what a report has room for.
        let seconds = (seconds * 1e3).round() / 1e3;
        Self { study, table: piece.table.into(), description: piece.description.clone(), seconds, rows }
    }

    fn is_of(&self, study: Study, piece: &Piece<'_>) -> bool {
        self.study == study && self.table == piece.table && self.description == piece.description
    }
}

impl Cache {
    /// The cache inside the folder of the reports.
    pub(super) fn open(reports: &Path) -> Result<Self, CommandError> {
        let program = std::env::current_exe().and_then(fs::read);
        let build = program.map_or_else(|_| env!("CARGO_PKG_VERSION").into(), |bytes| bytes_fingerprint(&bytes));
        let folder = reports.join("cache").join(build);
        fs::create_dir_all(&folder).map_err(|source| CommandError::Write { path: folder.clone(), source })?;
        Ok(Self { folder })
    }

    /// What was kept of a piece. A file that cannot be read, or is not whole, is as good as none: it is computed again.
    ///
    /// # Arguments
    /// * `columns`: of the table that it belongs to.
    pub(super) fn read(&self, study: Study, piece: &Piece<'_>, columns: usize) -> Option<Kept> {
        let bytes = read_bytes(&self.path(study, piece.table, &piece.description)).ok()?;
        serde_json::from_slice(&bytes).ok().filter(|kept: &Kept| {
            kept.is_of(study, piece) && !kept.rows.is_empty() && kept.rows.iter().all(|row| row.len() == columns)
        })
    }

    pub(super) fn write(&self, kept: &Kept) -> Result<(), CommandError> {
        replace_file(&self.path(kept.study, &kept.table, &kept.description), &serde_json::to_vec(kept)?)
    }

    fn path(&self, study: Study, table: &str, description: &str) -> PathBuf {
        self.folder.join(format!("{}.json", text_fingerprint(&format!("{study}\n{table}\n{description}"))))
    }
}
