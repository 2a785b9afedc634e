//! What a training is compared with.

use clap::ValueEnum;
use fathom_ntk::Architecture;
use fathom_ntk::analysis::training::{
    Comparison, ComparisonError, ComparisonOptions, Setting, check_infinite_width, check_linearised, compare,
};
use fathom_ntk::network::Network;
use fathom_ntk::train::{Outputs, Record};

use super::arguments::ComparisonArgs;
use crate::error::CommandError;
use crate::flags::usage;
use crate::output::note;
use crate::runs::allowed_bytes;

/// What to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareArg {
    /// What exists and takes about half a minute at most.
    Auto,
    /// Both; an error says why not.
    All,
    Linearised,
    InfiniteWidth,
    None,
}

/// Most operations of the linearised network by itself: N² a step, and as many as 1000 steps for its kernels.
const AUTO_OPERATIONS: f64 = 4e10;
const STEPS_OF_KERNELS: f64 = 1000.0;
/// Most training inputs of infinite width by itself, which takes the eigenvectors of their kernel.
const AUTO_INPUTS: usize = 2000;

const MEBIBYTE: f64 = (1 << 20) as f64;

/// Which theories a training is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Whether to compare at all.
    pub(super) compares: bool,
    pub(super) linearised: bool,
    pub(super) infinite_width: bool,
    pub(super) memory: u64,
}

impl Plan {
    /// Of one network. Refuses what was asked for and cannot be; leaves out by itself what is not worth its time.
    ///
    /// # Arguments
    /// * `records`: at most so many.
    pub(super) fn new(
        args: &ComparisonArgs,
        setting: &Setting<'_>,
        steps: u64,
        records: u64,
    ) -> Result<Self, CommandError> {
        let n = setting.train.targets().len() as f64;
        let m = setting.test.map_or(0.0, |test| test.targets().len() as f64);
        let cheap = n * (n * steps as f64 + STEPS_OF_KERNELS * (n + m)) < AUTO_OPERATIONS;
        let possible = check_linearised(setting, allowed_bytes(args.memory));
        let outputs = (records as f64) * (n + m) * size_of::<f64>() as f64;
        let memory = allowed_bytes(args.memory) as f64;
        if args.compare != CompareArg::None && outputs > memory {
            let message = format!("the outputs at {records} steps need {:.0} MiB of memory", outputs / MEBIBYTE);
            if args.compare != CompareArg::Auto {
                return Err(usage(format!("{message}, {:.0} are allowed: record at fewer steps", memory / MEBIBYTE)));
            }
            note(&format!("{message}: nothing is compared with theory"));
            return Ok(Self { compares: false, linearised: false, infinite_width: false, memory: 0 });
        }
        let linearised = choose(args.compare, CompareArg::Linearised, possible, cheap)?;
        Ok(Self { linearised, ..Self::of_ensemble(args, setting, records)? })
    }

    /// Of an ensemble, which is compared with infinite width only.
    pub(super) fn of_ensemble(
        args: &ComparisonArgs,
        setting: &Setting<'_>,
        records: u64,
    ) -> Result<Self, CommandError> {
        let memory = allowed_bytes(args.memory);
        let records = usize::try_from(records).unwrap_or(usize::MAX);
        let possible = check_infinite_width(setting, records, memory);
        let cheap = setting.train.rows() <= AUTO_INPUTS;
        let infinite_width = choose(args.compare, CompareArg::InfiniteWidth, possible, cheap)?;
        Ok(Self { compares: args.compare != CompareArg::None, linearised: false, infinite_width, memory })
    }

    /// The comparison of a training that has come to an end.
    pub(super) fn compare(
        self,
        arch: &Architecture,
        initial: &Network,
        setting: &Setting<'_>,
        (records, outputs): (&[Record], &[Outputs]),
        probe: usize,
    ) -> Result<Option<Comparison>, CommandError> {
        let Self { compares, linearised, infinite_width, memory } = self;
        if !compares || records.is_empty() {
            return Ok(None);
        }
        let wanted = ComparisonOptions { linearised, infinite_width, probe, memory };
        Ok(Some(compare(arch, initial, setting, records, outputs, wanted)?))
    }
}

/// Whether to compare with this theory.
fn choose(
    asked: CompareArg,
    theory: CompareArg,
    possible: Result<(), ComparisonError>,
    cheap: bool,
) -> Result<bool, ComparisonError> {
    if asked == theory || asked == CompareArg::All {
        return possible.map(|()| true);
    }
    let chosen = asked == CompareArg::Auto && possible.is_ok();
    if chosen && !cheap {
        let name = theory.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        note(&format!(
            "the comparison with {name} takes long on so much data and is left out: --compare {name} has it"
        ));
    }
    Ok(chosen && cheap)
}
