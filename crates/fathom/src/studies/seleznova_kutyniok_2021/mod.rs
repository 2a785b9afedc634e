//! Seleznova & Kutyniok, arXiv:2012.04477: when finite ReLU and sigmoid-like networks are in the NTK regime.
//!
//! Networks in the NTK parameterization with trained biases of variance 0.05; whether gradients vanish or explode with depth
//! is said by $\chi_1 = \sigma_w^2 E[\phi'(\sqrt{q^*} Z)^2]$, the factor by which a layer multiplies their squares.

mod conditioning;
mod ensembles;
mod initial;
mod network;
mod quantities;
mod training;

use super::{Material, Piece, Scale, StudyError, Table};

pub(super) use quantities::quantities;

pub(super) fn tables() -> Vec<Table> {
    vec![initial::table(), conditioning::table(), training::table(), ensembles::table()]
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, material: &Material<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let mut pieces = initial::pieces(scale, seed)?;
    pieces.extend(conditioning::pieces(scale, &material.digits)?);
    pieces.extend(training::pieces(scale, seed, &material.digits)?);
    pieces.extend(ensembles::pieces(scale, seed, &material.digits)?);
    Ok(pieces)
}
