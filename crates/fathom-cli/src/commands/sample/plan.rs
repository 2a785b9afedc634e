//! What is to be drawn, from the flags and from what has been drawn before.

use fathom_ntk::sample::{FirstStep, Method, Observable};
use fathom_ntk::spec::{AnyNetwork, NetworkRef};
use fathom_ntk::statistics::{Ledger, Observables};

use super::Args;
use crate::error::CommandError;
use crate::flags::{Source, chosen_inputs};
use crate::runs::{Keep, MOST_DRAWS, Part, RunRecord, Setup};

const DEFAULT_DRAWS: u64 = 1000;
/// Statistics of one observable take up to 64 KiB, some dozens of times.
const MOST_OBSERVABLES: usize = 10_000;
/// And 16 bytes for each pair.
const MOST_COVARIANCES: usize = 1000;

/// What is to be drawn.
pub(super) struct Plan {
    pub(super) setup: Setup,
    /// Draws of the whole run, if that was said.
    draws: Option<u64>,
}

impl Plan {
    pub(super) fn new(args: &Args) -> Result<Self, CommandError> {
        for (name, value) in [("--target-error", args.effort.target_error), ("--max-time", args.effort.max_time)] {
            if let Some(got) = value.filter(|v| !(v.is_finite() && *v > 0.0)) {
                return Err(CommandError::Usage(format!("{name} must be positive and finite, got {got}")));
            }
        }
        let (network, source) = args.blocks.and_source(&args.network, &args.input)?;
        Self::of(args, &network, &source)
    }

    /// For a network with its inputs.
    pub(super) fn of(args: &Args, network: &AnyNetwork, source: &Source) -> Result<Self, CommandError> {
        let (inputs, words) = chosen_inputs(network, source, args.rows.as_ref(), args.cosine)?;
        let features = NetworkRef::from(network).features().unwrap_or(inputs.len());
        let observed = args.observe.observe.clone().unwrap_or_default();
        let observables = observed.members(network, inputs.len() / features);
        let most = if args.observe.covariances { MOST_COVARIANCES } else { MOST_OBSERVABLES };
        if observables.len() > most {
            let with = if args.observe.covariances { " with --covariances" } else { "" };
            let got = observables.len();
            let message = format!("at most {most} observables can be recorded{with}, got {got}: choose with --observe");
            return Err(CommandError::Usage(message));
        }
        let mut setup = Setup {
            architecture: network.into(),
            source: words,
            inputs,
            method: Method::Direct,
            seed: args.effort.seed,
            observables: observables.iter().map(Observable::to_string).collect(),
            first_step: FirstStep { target: args.observe.target, step: args.observe.step },
        };
        setup.method = setup.method(args.effort.sampler)?;
        let unlimited = args.effort.target_error.is_some() || (args.effort.max_time.is_some() && !args.run.resume);
        Ok(Self { setup, draws: args.effort.draws.or(unlimited.then_some(MOST_DRAWS)) })
    }

    /// Draws of the whole run.
    pub(super) fn draws(&self) -> u64 {
        self.draws.unwrap_or(DEFAULT_DRAWS)
    }

    /// The run to continue, or a new one.
    pub(super) fn record(&self, args: &Args, names: &Observables) -> Result<RunRecord, CommandError> {
        let part = args.run.shard.unwrap_or(Part::WHOLE);
        let draws = self.draws();
        if part.blocks(draws).is_empty() {
            let (Part { index, count }, blocks) = (part, Part::WHOLE.blocks(draws).end);
            let message = format!("shard {index}/{count} of {draws} draws is empty: {blocks} blocks of 256 draws");
            return Err(CommandError::Usage(format!("{message} make at most {blocks} shards")));
        }
        let new = || RunRecord::new(self.setup.clone(), draws, part, Ledger::new(names));
        match &args.run.checkpoint {
            None => Ok(new()),
            Some(path) if args.run.resume => self
                .resumed(args, RunRecord::read(path)?, names, part)
                .map_err(|reason| CommandError::RunFile { path: path.clone(), reason }),
            Some(path) if path.exists() => {
                let message = format!("{} exists: --resume continues it; or remove it", path.display());
                Err(CommandError::Usage(message))
            }
            Some(path) => {
                let record = new();
                // An unwritable place is found before the work, not after it.
                record.write(path)?;
                Ok(record)
            }
        }
    }

    /// A saved run with what is asked of it now.
    fn resumed(&self, args: &Args, mut saved: RunRecord, names: &Observables, part: Part) -> Result<RunRecord, String> {
        if let Some(difference) = saved.setup.difference(&self.setup) {
            return Err(format!("of another run: {difference}"));
        }
        if saved.ledger.observables() != names {
            let with = if args.observe.covariances { "without" } else { "with" };
            return Err(format!("of another run: it was made {with} --covariances"));
        }
        let draws = self.draws.unwrap_or(saved.draws);
        let Part { index, count } = saved.part;
        if saved.part != part || (part != Part::WHOLE && saved.draws != draws) {
            let shard = if saved.part == Part::WHOLE { "not a shard".into() } else { format!("shard {index}/{count}") };
            return Err(format!("of another run: it is {shard} of {}", saved.planned()));
        }
        if draws < saved.ledger.draws() {
            return Err(format!("it holds {} draws already, more than --draws {draws}", saved.ledger.draws()));
        }
        if draws == MOST_DRAWS && args.effort.target_error.is_none() && args.effort.max_time.is_none() {
            return Err("the run has no end: give --draws, --target-error or --max-time".into());
        }
        saved.draws = draws;
        Ok(saved)
    }

    /// The file of all draws.
    pub(super) fn keep(&self, args: &Args, record: &RunRecord) -> Result<Option<Keep>, CommandError> {
        let Some(path) = &args.run.keep else { return Ok(None) };
        Keep::open(path, self.setup.observables.len(), record.first_draw(), record.extent()).map(Some)
    }
}
