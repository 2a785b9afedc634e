//! St-Arnaud, Carvalho & Farnadi, arXiv:2511.07272: the normalised kernel and the closed-form predictor as depth grows.

use super::{Material, Measured, Piece, Results, Scale, StudyError, Table};

pub(super) fn tables() -> Vec<Table> {
    Vec::new()
}

pub(super) fn pieces<'a>(_: Scale, _: u64, _: &Material<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    Ok(Vec::new())
}

pub(super) fn quantities(_: &Results) -> Result<Measured, StudyError> {
    Ok(Measured::default())
}
