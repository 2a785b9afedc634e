//! The exact dispersion and the exact first update over a wide range of depths and widths, without biases.

use super::super::job::of_width;
use super::super::{Piece, Scale, StudyError, Table, Value};
use super::{EXACT, LAWS_EXACT, SHAPES_EXACT};
use crate::moments::{InputNorm, relu_limits, relu_moments, weights_only};
use crate::spec::{ArchitectureSpec, Biases, WeightLaw};

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            EXACT,
            "Exact dispersion and exact mean first update of Θ(x, x) without biases, and the exponentials they are compared with.",
            &[
                ("width", "neurons of every hidden layer, n"),
                ("depth", "weight layers, L"),
                ("ratio", "L/n"),
                ("beta", "sum of 1/n over the hidden layers, β"),
                ("log_dispersion", "ln of E Θ² / (E Θ)²"),
                ("log_envelope", "5β"),
                ("share", "dispersion over ∏(1 + 5/n), g"),
                ("log_limit", "ln of the limit of the dispersion at this L/n"),
                ("log_update", "ln of −E dΘ/dη over E Θ at |x|² = n₀"),
                ("log_update_envelope", "ln(Lβ) + 5β"),
            ],
        ),
        Table::new(
            SHAPES_EXACT,
            "Exact dispersion of networks with twelve hidden layers of different widths, without biases.",
            &[
                ("shape", "how widths vary with depth"),
                ("size", "width that the shape is scaled by"),
                ("beta", "sum of 1/n over the hidden layers, β"),
                ("dispersion", "E Θ² / (E Θ)²"),
                ("share", "dispersion over ∏(1 + 5/n), g"),
            ],
        ),
        Table::new(
            LAWS_EXACT,
            "Exact dispersion for other laws of the weights, four inputs of equal size, without biases.",
            &[
                ("law", "of the weights"),
                ("width", "neurons of every hidden layer, n"),
                ("depth", "weight layers, L"),
                ("dispersion", "E Θ² / (E Θ)²"),
            ],
        ),
    ]
}

pub(super) fn pieces<'a>(scale: Scale) -> Vec<Piece<'a>> {
    let widths =
        scale.pick(&[100, 1_000, 10_000][..], &[10, 100, 1_000, 10_000], &[10, 30, 100, 300, 1_000, 3_000, 10_000]);
    let mut pieces: Vec<Piece<'a>> = widths
        .iter()
        .map(|&width| {
            let description = format!("exact moments, constant width {width}");
            Piece::new(EXACT, description, 0.01, move |_| rows(width).map(Some))
        })
        .collect();
    pieces.extend(shape::NAMES.map(|name| {
        Piece::new(SHAPES_EXACT, format!("exact moments, {name} widths"), 0.01, move |_| shape_rows(name).map(Some))
    }));
    pieces.extend([WeightLaw::Gaussian, WeightLaw::Uniform, WeightLaw::Laplace].map(|law| {
        Piece::new(LAWS_EXACT, format!("exact moments, {law} weights"), 0.01, move |_| law_rows(law).map(Some))
    }));
    pieces
}

/// Depth a quarter of the width.
fn law_rows(law: WeightLaw) -> Result<Vec<Vec<Value>>, StudyError> {
    let row = |width: usize| {
        let (depth, input) = (width / 4, [0.5; 4]);
        let spec =
            ArchitectureSpec { biases: Some(Biases::None), weight_law: Some(law), ..ArchitectureSpec::default() };
        let architecture = of_width(input.len(), width, depth, 1, spec)?;
        let found = architecture.constants().map(|constants| relu_moments(&constants, &InputNorm::of(&input)?));
        let dispersion = found.transpose()?.map(|moments| moments.dispersion.to_f64());
        Ok(vec![law.to_string().into(), width.into(), depth.into(), dispersion.into()])
    };
    [8, 16, 32, 64, 128, 256, 512, 1024].into_iter().map(row).collect()
}

/// $L/n$ from a hundredth to 4, with 1/100, 2 and 4 among them.
const RATIOS: [f64; 16] = [0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0];

fn rows(width: usize) -> Result<Vec<Vec<Value>>, StudyError> {
    let mut rows = Vec::new();
    for ratio in RATIOS {
        let depth = (ratio * width as f64).round() as usize;
        if depth < 2 {
            continue;
        }
        let mut widths = vec![width; depth + 1];
        widths[depth] = 1;
        let found = weights_only(&widths)?;
        let beta = (depth - 1) as f64 / width as f64;
        let limit = relu_limits(depth as f64 / width as f64)?;
        rows.push(vec![
            width.into(),
            depth.into(),
            (depth as f64 / width as f64).into(),
            beta.into(),
            found.log_dispersion.into(),
            (5.0 * beta).into(),
            found.g.into(),
            limit.d_w.ln().into(),
            // E Θ = 2L there, and the mean of the derivative is −4 times S.
            ((8.0 * depth as f64).ln() + found.log_update_ratio).into(),
            ((depth as f64 * beta).ln() + 5.0 * beta).into(),
        ]);
    }
    Ok(rows)
}

fn shape_rows(name: &'static str) -> Result<Vec<Vec<Value>>, StudyError> {
    let sizes = [36, 42, 48, 60, 72, 96, 120, 144, 192, 288, 384, 576];
    let row = |size: usize| {
        let widths = shape::widths(name, size, 12, 4);
        let found = weights_only(&widths)?;
        let beta: f64 = widths[1..widths.len() - 1].iter().map(|n| (*n as f64).recip()).sum();
        Ok(vec![name.into(), size.into(), beta.into(), found.log_dispersion.exp().into(), found.g.into()])
    };
    sizes.into_iter().map(row).collect()
}

/// Widths that vary with depth.
pub(super) mod shape {
    pub(in super::super) const NAMES: [&str; 4] = ["constant", "growing", "shrinking", "bottleneck"];

    /// Widths from input to output.
    ///
    /// # Arguments
    /// * `size`: the mean width; of the bottleneck, the width of all layers but the two in the middle, which have a sixth.
    pub(in super::super) fn widths(name: &str, size: usize, hidden: usize, features: usize) -> Vec<usize> {
        let last = hidden.saturating_sub(1).max(1);
        let width = |i: usize| match name {
            "growing" => size / 2 + size * i / last,
            "shrinking" => size / 2 + size * (last - i) / last,
            "bottleneck" if i + 1 == hidden / 2 || i == hidden / 2 => size / 6,
            _ => size,
        };
        std::iter::once(features).chain((0..hidden).map(width)).chain([1]).collect()
    }
}
