//! Networks sampled, trained or judged for a study.

use std::sync::atomic::AtomicBool;

use super::{StudyError, Value};
use crate::analysis::sweep::{Job, Outcome, Status};
use crate::spec::{Architecture, ArchitectureSpec, Widths};

/// A network of constant width: `spec` with these widths.
pub(super) fn of_width(
    features: usize,
    width: usize,
    depth: usize,
    outputs: usize,
    spec: ArchitectureSpec,
) -> Result<Architecture, StudyError> {
    let hidden = std::iter::repeat_n(width, depth.saturating_sub(1));
    let widths = Widths::new(std::iter::once(features).chain(hidden).chain([outputs]).collect())?;
    Ok(Architecture::try_from(ArchitectureSpec { widths: Some(widths), ..spec })?)
}

/// The numbers of a job; `None` if it was stopped.
///
/// # Errors
/// [`StudyError::Unmeasured`] if the job failed. A training that diverged has its last numbers.
pub(super) fn outcome(job: &Job<'_>, stop: &AtomicBool) -> Result<Option<Outcome>, StudyError> {
    let Some(outcome) = job.run(stop) else { return Ok(None) };
    if outcome.status == Status::Failed {
        let reason = outcome.reason.unwrap_or_default();
        return Err(StudyError::Unmeasured { what: format!("a {} network", job.architecture.activation()), reason });
    }
    Ok(Some(outcome))
}

/// A number of an outcome.
pub(super) fn value(outcome: &Outcome, name: &str) -> Value {
    outcome.quantity(name).and_then(|quantity| quantity.value).into()
}

/// The standard error of a number of an outcome.
pub(super) fn standard_error(outcome: &Outcome, name: &str) -> Value {
    outcome.quantity(name).and_then(|quantity| quantity.standard_error).into()
}
