//! The same of convolutional networks on real images.

use crate::infinite::location_kernels;
use crate::spec::{BranchScaling, CnnSpec, Composition, Padding};
use crate::studies::{Labelled, Piece, Scale, StudyError, Table};

pub(super) const CONVOLUTION: &str = "convolution";

/// Places of the outputs that are compared.
const PLACES: [usize; 2] = [0, 5];

pub(super) fn table() -> Table {
    Table::new(
        CONVOLUTION,
        "The NTK of ReLU networks of circular convolutions over windows of three on two images, whose rows are places and \
         whose columns are channels; at σ_w² = 2.",
        &[
            ("network", "convolutional, or with residual branches"),
            ("places", "the same place of two images, or two places of one image"),
            ("depth", "weight layers, L"),
            ("ratio", "Θ over the root of the product of the diagonals"),
            ("diagonal", "Θ(x, x) / Σ(x, x)"),
            ("excess", "(ratio − 1/4) × diagonal"),
        ],
    )
}

pub(super) fn pieces<'a>(scale: Scale, images: &Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let side = images.side()?;
    let (x, other) = (images.row(0)?, images.row(1)?);
    let depths = scale.pick(
        &[30, 100][..],
        &[30, 100, 300, 1_000, 3_000, 10_000, 30_000],
        &[100, 1_000, 10_000, 30_000, 100_000],
    );
    let mut pieces = Vec::new();
    for (name, scaling) in [("convolutional", None), ("residual convolutional", Some(BranchScaling::Constant(1.0)))] {
        for &depth in depths {
            let description = format!("{name}, circular, images 0 and 1 of {}, depth {depth}", images.name);
            let seconds = depth as f64 * (side * side) as f64 * 1e-6;
            pieces.push(Piece::new(CONVOLUTION, description, seconds, move |_| {
                let network = Composition::try_from(CnnSpec {
                    input: vec![side, side],
                    depth,
                    filter: vec![3],
                    padding: Padding::Circular,
                    activation: "relu".parse()?,
                    weight_var: 2.0,
                    bias_var: 0.0,
                    scaling,
                })?;
                let [own, across] = [x, other].map(|with| location_kernels(&network, x, with));
                let (own, across, theirs) = (own?, across?, location_kernels(&network, other, other)?);
                let [i, j] = PLACES;
                let one = [own.ntk(i, i), own.nngp(i, i)];
                let rows = [
                    ("two images", across.ntk(i, i), [theirs.ntk(i, i), theirs.nngp(i, i)]),
                    ("two places", own.ntk(i, j), [own.ntk(j, j), own.nngp(j, j)]),
                ];
                let rows = rows.into_iter().filter_map(|(places, both, two)| {
                    let [first, second] = [one, two].map(|[ntk, nngp]| Some((ntk?, (ntk? / nngp?).to_f64())));
                    let ((first, diagonal), (second, _)) = (first?, second?);
                    let ratio = (both? / (first.sqrt() * second.sqrt())).to_f64();
                    let excess = (ratio - 0.25) * diagonal;
                    Some(vec![name.into(), places.into(), depth.into(), ratio.into(), diagonal.into(), excess.into()])
                });
                Ok(Some(rows.collect()))
            }));
        }
    }
    Ok(pieces)
}
