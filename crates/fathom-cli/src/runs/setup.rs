//! What identifies a run.

use fathom_ntk::sample::{FirstStep, Method, Observable, Recorder, Sampler};
use fathom_ntk::spec::{AnyNetwork, Architecture, ArchitectureSpec, Composition, CompositionSpec};
use serde::{Deserialize, Serialize};

use super::difference::differences;
use crate::error::CommandError;
use crate::flags::usage;

/// The description of a network of either kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a network of layers or of blocks")]
pub(crate) enum NetworkSpec {
    Layers(ArchitectureSpec),
    Blocks(CompositionSpec),
}

impl From<&AnyNetwork> for NetworkSpec {
    fn from(network: &AnyNetwork) -> Self {
        match network {
            AnyNetwork::Layers(arch) => Self::Layers(arch.to_spec()),
            AnyNetwork::Blocks(blocks) => Self::Blocks(blocks.to_spec()),
        }
    }
}

/// Everything that decides what is drawn. Draws of equal setups belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    /// The network.
    pub(crate) architecture: NetworkSpec,
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

impl Setup {
    pub(crate) fn network(&self) -> Result<AnyNetwork, CommandError> {
        Ok(match self.architecture.clone() {
            NetworkSpec::Layers(spec) => AnyNetwork::Layers(Architecture::try_from(spec)?),
            NetworkSpec::Blocks(spec) => AnyNetwork::Blocks(Composition::try_from(spec).map_err(usage)?),
        })
    }

    pub(crate) fn observables(&self) -> Result<Vec<Observable>, CommandError> {
        self.observables.iter().map(|name| Ok(name.parse()?)).collect()
    }

    /// What draws, and what records the draws.
    pub(crate) fn sampler(&self, covariances: bool) -> Result<(Sampler, Recorder), CommandError> {
        let observables = self.observables()?;
        let sampler = self.sampler_by(Some(self.method))?;
        let recorder = Recorder::new(&sampler, &observables)?.with_first_step(self.first_step)?;
        if covariances {
            let all: Vec<usize> = (0..observables.len()).collect();
            return Ok((sampler, recorder.with_joint(&all)?));
        }
        Ok((sampler, recorder))
    }

    /// The method that was asked for, or else the fastest.
    pub(crate) fn method(&self, asked: Option<Method>) -> Result<Method, CommandError> {
        Ok(self.sampler_by(asked)?.method())
    }

    fn sampler_by(&self, method: Option<Method>) -> Result<Sampler, CommandError> {
        Ok(Sampler::observing(&self.network()?, &self.inputs, &self.observables()?, method)?)
    }

    /// The first difference to another setup, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let shown = |what: &str, ours: String, theirs: String| Some(format!("{what} {ours}, here {theirs}"));
        if self.architecture != other.architecture {
            let value = |s: &NetworkSpec| serde_json::to_value(s).unwrap_or_default();
            let words = differences(&value(&self.architecture), &value(&other.architecture));
            return Some(format!("of its network, {words}"));
        }
        if self.inputs != other.inputs {
            return shown("the inputs are", self.source.clone(), format!("others: {}", other.source));
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
            let words = |FirstStep { target, step }: FirstStep| format!("--target {target} --step {step}");
            return shown("the first step is", words(self.first_step), words(other.first_step));
        }
        None
    }
}
