//! What identifies a run.

use fathom_ntk::sample::{FirstStep, Method, Observable, Recorder, Sampler};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, Widths};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::flags::usage;

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

impl Setup {
    pub(crate) fn architecture(&self) -> Result<Architecture, CommandError> {
        Ok(Architecture::try_from(self.architecture.clone())?)
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
        let updates = self.observables()?.iter().any(|o| matches!(o, Observable::Update(..)));
        let method = match asked {
            None if updates => Some(Method::Direct),
            Some(method) if updates && method != Method::Direct => {
                return Err(usage(format!(
                    "update and step need explicit weights, so the direct sampler, got {method}"
                )));
            }
            method => method,
        };
        Ok(self.sampler_by(method)?.method())
    }

    fn sampler_by(&self, method: Option<Method>) -> Result<Sampler, CommandError> {
        let seen = observed_part(&self.architecture()?, &self.observables()?)?;
        Ok(Sampler::new(&seen, &self.inputs, method)?)
    }

    /// The first difference to another setup, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let shown = |what: &str, ours: String, theirs: String| Some(format!("{what} {ours}, here {theirs}"));
        if self.architecture != other.architecture {
            let text = |s: &ArchitectureSpec| serde_json::to_string(s).unwrap_or_default();
            return shown("the network is", text(&self.architecture), text(&other.architecture));
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

/// The part of the network that the observables see: its first output alone, if they see no other. Its law does not
/// depend on the other outputs.
fn observed_part(arch: &Architecture, observables: &[Observable]) -> Result<Architecture, CommandError> {
    let first_alone = |observable: &Observable| match observable {
        Observable::Ntk(entry) | Observable::LogNtk(entry) => entry.outputs == (0, 0),
        Observable::Output { output, .. } => *output == 0,
        Observable::Layer(_) => true,
        _ => false,
    };
    match arch.widths() {
        Some(widths) if observables.iter().all(first_alone) => {
            let mut widths = widths.to_vec();
            if let Some(last) = widths.last_mut() {
                *last = 1;
            }
            Ok(arch.with_widths(Widths::new(widths).map_err(usage)?)?)
        }
        _ => Ok(arch.clone()),
    }
}
