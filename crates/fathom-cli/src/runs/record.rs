//! The file a run continues from, and shards are merged from.

use std::ops::Range;
use std::path::Path;

use fathom_ntk::statistics::{DRAWS_PER_BLOCK, Ledger, Summary};
use serde::{Deserialize, Serialize};

use super::Setup;
use crate::error::CommandError;
use crate::output::{read_bytes, replace_file};

/// The format of the file; the streams of random numbers are part of it.
const FORMAT: &str = "fathom sample, format 1";
/// Draws in a block.
pub(crate) const BLOCK: u64 = DRAWS_PER_BLOCK as u64;
/// Most draws of a run; so many are drawn if nothing limits them.
pub(crate) const MOST_DRAWS: u64 = 1 << 45;

/// Which blocks a process draws: part `index` (from 1) of `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) index: u64,
    pub(crate) count: u64,
}

impl Part {
    /// All of it.
    pub(crate) const WHOLE: Self = Self { index: 1, count: 1 };

    /// The blocks of this part of a run of `draws` draws.
    pub(crate) fn blocks(self, draws: u64) -> Range<u64> {
        let blocks = u128::from(draws.div_ceil(BLOCK));
        let bound = |i: u64| (blocks * u128::from(i) / u128::from(self.count)) as u64;
        bound(self.index - 1)..bound(self.index)
    }
}

impl std::str::FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(i, k)| Some((i.trim().parse().ok()?, k.trim().parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) && count <= 1_000_000 => Ok(Self { index, count }),
            _ => Err(format!("a shard is I/K with 1 ≤ I ≤ K ≤ 1000000, such as 2/3; got {text:?}")),
        }
    }
}

/// A run so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunRecord {
    format: String,
    /// Of the program that wrote it.
    version: String,
    pub(crate) setup: Setup,
    /// Draws of the whole run.
    pub(crate) draws: u64,
    pub(crate) part: Part,
    pub(crate) ledger: Ledger,
}

impl RunRecord {
    pub(crate) fn new(setup: Setup, draws: u64, part: Part, ledger: Ledger) -> Self {
        let version = env!("CARGO_PKG_VERSION").into();
        Self { format: FORMAT.into(), version, setup, draws, part, ledger }
    }

    /// Reads a record and checks that it is whole.
    pub(crate) fn read(path: &Path) -> Result<Self, CommandError> {
        let bytes = read_bytes(path)?;
        let unusable = |reason: String| CommandError::RunFile { path: path.into(), reason };
        let record: Self =
            serde_json::from_slice(&bytes).map_err(|e| unusable(format!("not a complete run file: {e}")))?;
        if record.format != FORMAT {
            return Err(unusable(format!("its format is {:?}, expected {FORMAT:?}", record.format)));
        }
        record.check().map_err(unusable)?;
        Ok(record)
    }

    /// What is wrong with numbers that a run cannot have written.
    fn check(&self) -> Result<(), String> {
        if !(1..=self.part.count).contains(&self.part.index) {
            return Err(format!("shard {}/{} does not exist", self.part.index, self.part.count));
        }
        if !(1..=MOST_DRAWS).contains(&self.draws) {
            return Err(format!("draws must be 1 to {MOST_DRAWS}, got {}", self.draws));
        }
        let (_, recorder) = self.setup.sampler(false).map_err(|e| e.to_string())?;
        if self.ledger.observables().names() != recorder.names().names() {
            return Err("its statistics are of other observables".into());
        }
        let part = self.part.blocks(self.draws);
        if let Some(held) = self.ledger.blocks()
            && (held.start < part.start || held.end > part.end || self.ledger.draws() > self.planned_draws())
        {
            return Err("it holds draws that are not of this run".into());
        }
        Ok(())
    }

    /// Writes the record; the earlier file stays until this one is complete.
    pub(crate) fn write(&self, path: &Path) -> Result<(), CommandError> {
        replace_file(path, &serde_json::to_vec(self)?)
    }

    /// All draws so far.
    pub(crate) fn total(&self) -> Option<Summary> {
        self.ledger.total()
    }

    /// The first draw of this part.
    pub(crate) fn first_draw(&self) -> u64 {
        self.part.blocks(self.draws).start * BLOCK
    }

    /// Draws of this part in all.
    pub(crate) fn planned_draws(&self) -> u64 {
        self.draws_before(self.part.blocks(self.draws).end)
    }

    /// Draws of this part before block `end`.
    pub(crate) fn draws_before(&self, end: u64) -> u64 {
        (end * BLOCK).min(self.draws).saturating_sub(self.first_draw())
    }

    /// Draws of the whole run, in words.
    pub(crate) fn planned(&self) -> String {
        if self.draws == MOST_DRAWS { "a run without limit".into() } else { format!("{} draws", self.draws) }
    }

    /// Draws from the first of this part on without a gap.
    pub(crate) fn beginning(&self) -> u64 {
        match self.missing().first() {
            Some(gap) => self.draws_before(gap.start) + self.ledger.draws_of(gap.start),
            None => self.planned_draws(),
        }
    }

    /// Draws of this part up to the last one that is there.
    pub(crate) fn extent(&self) -> u64 {
        let last = self.ledger.blocks().map(|held| held.end - 1);
        last.map_or(0, |last| self.draws_before(last) + self.ledger.draws_of(last))
    }

    /// Blocks of this part that are not complete.
    fn missing(&self) -> Vec<Range<u64>> {
        self.missing_before(self.part.blocks(self.draws).end)
    }

    /// Those of them before block `end`.
    pub(crate) fn missing_before(&self, end: u64) -> Vec<Range<u64>> {
        let blocks = self.part.blocks(self.draws).start..end;
        let mut missing = self.ledger.missing(blocks);
        // The last block of the run has fewer draws, which the ledger cannot know.
        if let Some(last) = missing.last_mut()
            && last.end * BLOCK > self.draws
            && self.ledger.draws_of(last.end - 1) == self.draws - (last.end - 1) * BLOCK
        {
            last.end -= 1;
        }
        missing.retain(|range| !range.is_empty());
        missing
    }
}
