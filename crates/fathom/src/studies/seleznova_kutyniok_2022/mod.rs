//! Seleznova & Kutyniok, arXiv:2202.00553: the NTK as depth and width grow together, in the three phases.
//!
//! Networks as in the paper's published script: ReLU, standard parameterization, biases zero at initialisation and trained,
//! $|x| = 1$, as many inputs as hidden neurons. Beside them the same networks without biases.

mod initial;
mod limits;
mod network;
mod pairs;
mod quantities;
mod training;

use super::{Material, Piece, Scale, StudyError, Table};

pub(super) use quantities::quantities;

pub(super) fn tables() -> Vec<Table> {
    vec![initial::table(), limits::table(), pairs::table(), training::table(), training::kernels_table()]
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, material: &Material<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let mut pieces = initial::pieces(scale, seed)?;
    pieces.extend(limits::pieces(scale)?);
    pieces.extend(pairs::pieces(scale, seed)?);
    pieces.extend(training::pieces(scale, seed, &material.digits)?);
    Ok(pieces)
}
