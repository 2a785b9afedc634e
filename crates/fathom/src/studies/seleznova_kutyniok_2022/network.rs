//! The networks of the study.

use crate::moments::LimitFormula;
use crate::spec::{Architecture, ArchitectureSpec, Biases, Parameterization, PerLayer};
use crate::studies::StudyError;
use crate::studies::job::of_width;

/// Biases zero at initialisation and trained.
pub(super) const TRAINED: &str = "trained";
/// No biases.
pub(super) const NONE: &str = "none";

/// A network in the parameterization of the paper.
///
/// # Arguments
/// * `biases`: [`TRAINED`] or [`NONE`].
/// * `shape`: features, width, depth, outputs.
pub(super) fn network(biases: &str, weight_var: f64, shape: [usize; 4]) -> Result<Architecture, StudyError> {
    let [features, width, depth, outputs] = shape;
    let spec = ArchitectureSpec {
        weight_var: Some(PerLayer::Uniform(weight_var)),
        biases: Some(if biases == TRAINED { Biases::ZeroInit } else { Biases::None }),
        parameterization: Some(Parameterization::Standard),
        ..ArchitectureSpec::default()
    };
    of_width(features, width, depth, outputs, spec)
}

/// Weight layers at a ratio of depth to width; at least 2.
pub(super) fn depth_at(ratio: f64, width: usize) -> usize {
    ((ratio * width as f64).round() as usize).max(2)
}

/// A name of the phase by $\sigma_w^2$ below, at or above 2.
pub(super) fn phase(weight_var: f64) -> &'static str {
    match weight_var {
        v if v < 2.0 => "ordered",
        v if v > 2.0 => "chaotic",
        _ => "critical",
    }
}

/// Which limit applies, in a word.
pub(super) fn formula(formula: LimitFormula) -> &'static str {
    match formula {
        LimitFormula::Ordered => "1",
        LimitFormula::Critical { .. } => "mixed",
        _ => "D_w",
    }
}

/// Seeds of the draws of different cells, so that they are independent.
pub(super) fn seed_of(seed: u64, table: u64, cell: usize) -> u64 {
    seed.wrapping_mul(1_000_000).wrapping_add(100_000 * table).wrapping_add(cell as u64)
}
