//! St-Arnaud, Carvalho & Farnadi, arXiv:2511.07272: the normalised kernel and the closed-form predictor as depth grows.

mod activations;
mod along_depth;
mod needed;
mod quantities;
mod regime;
mod stopping;

pub(super) use quantities::quantities;

use super::{Material, Piece, Scale, StudyError, Table};

const KERNEL: &str = "kernel";
const NEEDED: &str = "depth-needed";
const ACTIVATIONS: &str = "hidden-activations";
const STOPPING: &str = "stopping-time";

pub(super) fn tables() -> Vec<Table> {
    vec![along_depth::table(), needed::table(), activations::table(), stopping::table()]
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, material: &Material<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let mut pieces = along_depth::pieces(scale, seed, material.digits)?;
    pieces.extend(needed::pieces(scale)?);
    pieces.extend(activations::pieces(scale, seed, material.digits)?);
    pieces.extend(stopping::pieces(scale, material.digits)?);
    Ok(pieces)
}
