//! Test vectors.

use fathom_ntk::report::selftest_text;
use fathom_ntk::selftest::{Outcome, embedded, evaluate, summarise};
use pyo3::prelude::*;
use serde_json::json;

use crate::convert::{self, Report};
use crate::errors::raise;
use crate::work::interruptible;

/// Evaluates test vectors, the built-in ones without a text.
#[pyfunction]
#[pyo3(signature = (text))]
pub(crate) fn selftest(py: Python<'_>, text: Option<String>) -> PyResult<Report> {
    let outcomes = interruptible(py, move || {
        let texts: Vec<&str> = match &text {
            Some(text) => vec![text],
            None => embedded().iter().map(|(_, text)| *text).collect(),
        };
        let mut outcomes: Vec<Outcome> = Vec::new();
        for text in texts {
            outcomes.extend(evaluate(text)?);
        }
        Ok(outcomes)
    })?
    .map_err(raise::<fathom_ntk::selftest::SelftestError>)?;
    let failed = outcomes.iter().filter(|outcome| outcome.failed()).count();
    let computed = outcomes.iter().filter(|outcome| outcome.error().is_some()).count();
    let words = selftest_text(&outcomes, &summarise(&outcomes));
    let fields = json!({ "numbers": outcomes.len(), "computed": computed, "failed": failed, "outcomes": convert::json(&outcomes)? });
    convert::report(py, None, fields, words)
}
