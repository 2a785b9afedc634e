//! Inputs of sampled and judged networks.

use std::collections::BTreeMap;

use fathom_data::DIGITS;
use fathom_ntk::spec::Architecture;

use crate::error::CommandError;
use crate::flags::{InputArgs, Source};

/// Inputs for networks of every size that occurs.
pub(super) struct Sources {
    args: InputArgs,
    /// Of data, or of a norm: for all networks.
    given: Option<Source>,
    /// Without either: by the number of inputs.
    by_inputs: BTreeMap<usize, Source>,
    /// Of networks of which nothing is said.
    pub(super) features: usize,
    /// In a few words.
    pub(super) words: String,
}

impl Sources {
    pub(super) fn new(args: &InputArgs) -> Result<Self, CommandError> {
        let given = match (&args.data, args.input_sq_norm) {
            (None, None) => None,
            _ => Some(args.source(None)?),
        };
        let features = given.as_ref().and_then(Source::features).unwrap_or(DIGITS.features);
        let words = given.as_ref().map_or_else(|| "the built-in digits where they fit".into(), Source::words);
        Ok(Self { args: args.clone(), given, by_inputs: BTreeMap::new(), features, words })
    }

    /// Makes the inputs of a network known.
    pub(super) fn complete(&mut self, arch: &Architecture) -> Result<(), CommandError> {
        let inputs = inputs_of(arch, self.features);
        if self.given.is_none() && !self.by_inputs.contains_key(&inputs) {
            self.by_inputs.insert(inputs, self.args.source(Some(inputs))?);
        }
        Ok(())
    }

    /// The inputs of a network.
    pub(super) fn of(&self, arch: &Architecture) -> &Source {
        let inputs = inputs_of(arch, self.features);
        self.given.as_ref().or_else(|| self.by_inputs.get(&inputs)).unwrap_or(&Source::Unit)
    }
}

fn inputs_of(arch: &Architecture, default: usize) -> usize {
    arch.widths().and_then(|widths| widths.first().copied()).unwrap_or(default)
}
