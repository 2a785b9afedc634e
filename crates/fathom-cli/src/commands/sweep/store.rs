//! The cells that are done, in a file.

use std::collections::BTreeMap;
use std::path::Path;

use fathom_ntk::analysis::sweep::{Outcome, SweepCommand};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::output::{read_bytes, replace_file};

const FORMAT: &str = "fathom sweep, format 1";

/// A cell that is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) outcome: Outcome,
    pub(super) seconds: f64,
}

/// Cells by the fingerprint of everything that decides their outcome; those of other grids may be among them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    format: String,
    /// Of the program that wrote it.
    version: String,
    command: SweepCommand,
    cells: BTreeMap<String, Kept>,
}

impl Store {
    pub(super) fn new(command: SweepCommand) -> Self {
        let version = env!("CARGO_PKG_VERSION").into();
        Self { format: FORMAT.into(), version, command, cells: BTreeMap::new() }
    }

    /// Adds the cells of a file.
    pub(super) fn read(&mut self, path: &Path) -> Result<(), CommandError> {
        let unusable = |reason: String| CommandError::RunFile { path: path.into(), reason };
        let bytes = read_bytes(path)?;
        let read: Self =
            serde_json::from_slice(&bytes).map_err(|e| unusable(format!("not the checkpoint of a sweep: {e}")))?;
        if read.format != FORMAT {
            return Err(unusable(format!("its format is {:?}, expected {FORMAT:?}", read.format)));
        }
        if read.command != self.command {
            let (theirs, ours) = (read.command.name(), self.command.name());
            return Err(unusable(format!("of another sweep: its command is {theirs}, here {ours}")));
        }
        self.cells.extend(read.cells);
        Ok(())
    }

    /// Writes all cells; the earlier file stays until this one is complete.
    pub(super) fn write(&self, path: &Path) -> Result<(), CommandError> {
        replace_file(path, &serde_json::to_vec(self)?)
    }

    pub(super) fn holds(&self, key: &str) -> bool {
        self.cells.contains_key(key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Kept> {
        self.cells.get(key)
    }

    pub(super) fn insert(&mut self, key: String, kept: Kept) {
        self.cells.insert(key, kept);
    }
}
