//! Verdicts of a sweep.

use serde::Serialize;

use super::job::Measured;
use super::{Quantity, Status};
use crate::Scaled;
use crate::analysis::verdict::{DepthAdvice, Inputs, Verdict, VerdictOptions, verdict};
use crate::spec::Architecture;

pub(super) fn measure(arch: &Architecture, seed: u64, inputs: Inputs<'_>, options: &VerdictOptions) -> Measured {
    match verdict(arch, inputs, &VerdictOptions { seed, ..*options }) {
        Ok(verdict) => Measured { status: Status::Done, reason: None, quantities: quantities(&verdict) },
        Err(error) => Measured::failed(error),
    }
}

/// The name of a variant.
fn name(variant: impl Serialize) -> Option<String> {
    serde_json::to_value(variant).ok()?.as_str().map(str::to_owned)
}

fn quantities(verdict: &Verdict) -> Vec<Quantity> {
    let word = |key: &str, text: Option<String>| Quantity { text, ..Quantity::number(key, None) };
    let number = |key: &str, value: Option<Scaled>| Quantity::number(key, value.map(Scaled::to_f64));
    let [random, moves, trainable] = &verdict.findings;
    let (phase, advice) = (verdict.phase.as_ref(), &verdict.advice);
    let conditioning = verdict.kernel.conditioning.as_ref();
    let depth = advice.depth.map(|(DepthAdvice::UpTo(depth) | DepthAdvice::MoreThan(depth))| depth as f64);
    vec![
        word("verdict", name(verdict.class)),
        Quantity::number("random", random.value),
        word("random_level", name(random.level)),
        Quantity::number("moves", moves.value),
        word("moves_level", name(moves.level)),
        Quantity::number("steps_needed", trainable.value),
        word("trainable_level", name(trainable.level)),
        Quantity::number("log_dispersion", verdict.randomness.as_ref().map(|random| random.log_dispersion)),
        number("ntk", Some(verdict.kernel.ntk)),
        number("nngp", Some(verdict.kernel.nngp)),
        Quantity::number("ntk_correlation", verdict.kernel.ntk_correlation.map(|spread| spread.mean)),
        number("largest_eigenvalue", conditioning.map(|c| c.lambda_max)),
        number("condition", conditioning.filter(|c| c.resolved).map(|c| c.condition)),
        Quantity::number("depth_scale", phase.and_then(|phase| phase.xi_c)),
        Quantity::number("advised_width", advice.width.map(|width| width as f64)),
        Quantity::number("advised_depth", depth),
    ]
}
