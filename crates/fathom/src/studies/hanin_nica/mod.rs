//! Hanin & Nica, Finite Depth and Width Corrections to the Neural Tangent Kernel, arXiv:1909.05989.

mod exact;
mod features;
mod quantities;
mod sampled;
mod update;

pub(super) use quantities::quantities;

use super::{Material, Piece, Scale, StudyError, Table};

const CONSTANT_WIDTH: &str = "constant-width";
const SHAPES: &str = "shapes";
const LAWS: &str = "laws";
const EXACT: &str = "exact";
const SHAPES_EXACT: &str = "shapes-exact";
const LAWS_EXACT: &str = "laws-exact";
const UPDATE: &str = "first-update";
const FEATURES: &str = "features";

pub(super) fn tables() -> Vec<Table> {
    let mut tables = sampled::tables();
    tables.extend(exact::tables());
    tables.push(update::table());
    tables.push(features::table());
    tables
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, material: &Material<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let mut pieces = sampled::pieces(scale, seed)?;
    pieces.extend(exact::pieces(scale));
    pieces.extend(update::pieces(scale, seed)?);
    pieces.extend(features::pieces(scale, seed, material.digits)?);
    Ok(pieces)
}
