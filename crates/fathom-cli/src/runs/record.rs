//! The file a run continues from, and shards are merged from.

use std::ops::Range;
use std::path::Path;

use fathom_ntk::sample::{FirstStep, Method, Observable};
use fathom_ntk::spec::{Architecture, ArchitectureSpec};
use fathom_ntk::statistics::{DRAWS_PER_BLOCK, Ledger, Summary};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::output::{read_bytes, replace_file};

/// The format of the file; the streams of random numbers are part of it.
const FORMAT: &str = "fathom sample, format 1";
const BLOCK: u64 = DRAWS_PER_BLOCK as u64;

/// Everything that decides what is drawn. Draws of equal setups belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    /// The network.
    pub(crate) architecture: ArchitectureSpec,
    /// Where the inputs come from.
    pub(crate) source: String,
    /// The inputs, row after row.
    pub(crate) inputs: Vec<f64>,
    /// How networks are drawn.
    pub(crate) method: Method,
    /// The seed.
    pub(crate) seed: u64,
    /// What is recorded.
    pub(crate) observables: Vec<String>,
    /// The first gradient step.
    pub(crate) first_step: FirstStep,
}

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
        if !(1..=record.part.count).contains(&record.part.index) {
            return Err(unusable("its shard does not exist".into()));
        }
        if record.ledger.observables().names() != record.setup.observables {
            return Err(unusable("its statistics are of other observables".into()));
        }
        record.architecture().map_err(|e| unusable(e.to_string()))?;
        record.observables().map_err(|e| unusable(e.to_string()))?;
        Ok(record)
    }

    /// Writes the record; the earlier file stays until this one is complete.
    pub(crate) fn write(&self, path: &Path) -> Result<(), CommandError> {
        replace_file(path, &serde_json::to_vec(self)?)
    }

    pub(crate) fn architecture(&self) -> Result<Architecture, CommandError> {
        Ok(Architecture::try_from(self.setup.architecture.clone())?)
    }

    pub(crate) fn observables(&self) -> Result<Vec<Observable>, CommandError> {
        self.setup.observables.iter().map(|name| Ok(name.parse()?)).collect()
    }

    /// All draws so far.
    pub(crate) fn total(&self) -> Option<Summary> {
        self.ledger.total()
    }

    /// Blocks of this part that are not complete.
    pub(crate) fn missing(&self) -> Vec<Range<u64>> {
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

impl Setup {
    /// The first difference to another setup, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let shown = |what: &str, ours: String, theirs: String| Some(format!("{what} {ours}, here {theirs}"));
        if self.architecture != other.architecture {
            let text = |s: &ArchitectureSpec| serde_json::to_string(s).unwrap_or_default();
            return shown("the network is", text(&self.architecture), text(&other.architecture));
        }
        if self.inputs != other.inputs {
            return shown("the inputs are", self.source.clone(), format!("other ones ({})", other.source));
        }
        if self.method != other.method {
            return shown("the sampler is", self.method.to_string(), other.method.to_string());
        }
        if self.seed != other.seed {
            return shown("the seed is", self.seed.to_string(), other.seed.to_string());
        }
        if self.observables != other.observables {
            return shown("the observables are", self.observables.join(", "), other.observables.join(", "));
        }
        if self.first_step != other.first_step {
            return shown("the first step is", format!("{:?}", self.first_step), format!("{:?}", other.first_step));
        }
        None
    }
}
