//! Hayou, Doucet & Rousseau, Exact Convergence Rates of the Neural Tangent Kernel in the Large Depth Limit,
//! arXiv:1905.13654.

mod accuracy;
mod convolution;
mod exponential;
mod quantities;
mod rates;

use super::{Material, Piece, Scale, StudyError, Table};

pub(super) use quantities::quantities;

pub(super) fn tables() -> Vec<Table> {
    vec![
        rates::table(),
        convolution::table(),
        exponential::table(),
        accuracy::regression_table(),
        accuracy::trained_table(),
    ]
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, material: &Material<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let mut pieces = accuracy::trained(scale, seed, &material.images)?;
    pieces.extend(rates::pieces(scale)?);
    pieces.extend(convolution::pieces(scale, &material.images)?);
    pieces.extend(exponential::pieces(scale)?);
    pieces.extend(accuracy::regression(scale, &material.images)?);
    Ok(pieces)
}
