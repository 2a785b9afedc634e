//! Seleznova & Kutyniok, arXiv:2012.04477: when finite ReLU and sigmoid-like networks are in the NTK regime.

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
