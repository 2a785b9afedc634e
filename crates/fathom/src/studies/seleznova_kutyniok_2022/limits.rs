//! Exact moments of ever wider and deeper networks beside their limits.

use super::network::{NONE, TRAINED, depth_at, formula, network, phase};
use crate::moments::{InputNorm, LimitFormula, ReluLimit, relu_limit_for, relu_limits, relu_moments};
use crate::studies::{Piece, Scale, StudyError, Table, Value};

/// The name of the table.
pub(super) const TABLE: &str = "limits";

pub(super) fn table() -> Table {
    Table::new(
        TABLE,
        "Exact dispersion of Θ(x, x), and how fast it moves in the first step, as depth and width grow at a fixed ratio.",
        &[
            ("biases", "trained (zero at initialisation) or none"),
            ("phase", "by σ_w² below, at or above 2"),
            ("weight_var", "σ_w²"),
            ("ratio", "L/n"),
            ("width", "neurons of every hidden layer, and inputs, n"),
            ("depth", "weight layers, L"),
            ("log_dispersion", "ln(E Θ²/(E Θ)²), exact"),
            ("formula", "which limit: 1, D_w, or the mixture at σ_w² = 2"),
            ("log_limit", "its logarithm"),
            (
                "movement",
                "−(dE Θ/dη)/(E Θ)² of gradient descent on (f − y)²/2 at x with fixed activation pattern, exact",
            ),
            ("movement_limit", "its limit, where it is known"),
        ],
    )
}

pub(super) fn pieces<'a>(scale: Scale) -> Result<Vec<Piece<'a>>, StudyError> {
    let widths = scale.pick(&[100, 200, 400][..], &[100, 1000, 2000, 4000], &[100, 1000, 2000, 4000]);
    let ratios = [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0];
    let mut pieces = Vec::new();
    for biases in [TRAINED, NONE] {
        for weight_var in [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5] {
            let description = format!("biases {biases}, weight_var {weight_var}, widths {widths:?}, ratios {ratios:?}");
            pieces.push(Piece::new(TABLE, description, 0.05, move |_| {
                let mut rows = Vec::new();
                for ratio in ratios {
                    for &width in widths {
                        rows.push(row(biases, weight_var, ratio, width)?);
                    }
                }
                Ok(Some(rows))
            }));
        }
    }
    Ok(pieces)
}

fn row(biases: &'static str, weight_var: f64, ratio: f64, width: usize) -> Result<Vec<Value>, StudyError> {
    let depth = depth_at(ratio, width);
    let unmeasured = |reason: String| StudyError::Unmeasured { what: "the limit of the dispersion".into(), reason };
    let architecture = network(biases, weight_var, [width, width, depth, 1])?;
    let constants = architecture.constants().ok_or_else(|| unmeasured("infinite width".into()))?;
    let x = InputNorm::new(1.0, None)?;
    let exact = relu_moments(&constants, &x)?;
    let limit = relu_limit_for(&constants, &x).map_err(|error| unmeasured(error.to_string()))?;
    let movement = exact.update_sum * 4.0 / (exact.mean * exact.mean);
    Ok(vec![
        biases.into(),
        phase(weight_var).into(),
        weight_var.into(),
        (depth as f64 / width as f64).into(),
        width.into(),
        depth.into(),
        exact.log_dispersion.into(),
        formula(limit.formula).into(),
        limit.dispersion.ln().into(),
        movement.to_f64().into(),
        movement_limit(limit)?.into(),
    ])
}

/// The limit of $4S/(E\Theta)^2$: that of the weights alone where they decide, and nothing moves in the ordered phase.
fn movement_limit(limit: ReluLimit) -> Result<Option<f64>, StudyError> {
    Ok(match limit.formula {
        LimitFormula::WeightsOnly | LimitFormula::Chaotic => Some(4.0 * relu_limits(limit.lambda)?.sigma.to_f64()),
        LimitFormula::Ordered => Some(0.0),
        _ => None,
    })
}
