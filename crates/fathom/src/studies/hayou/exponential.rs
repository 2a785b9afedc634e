//! Ordered and chaotic phase.

use crate::analysis::depth::{DepthNetwork, DepthOptions, DepthRate, depth_report};
use crate::analysis::phase;
use crate::infinite::PairInput;
use crate::infinite::matrix::Watch;
use crate::studies::{Piece, Scale, StudyError, Table};

pub(super) const EXPONENTIAL: &str = "exponential";

pub(super) fn table() -> Table {
    Table::new(
        EXPONENTIAL,
        "Distance of the ratio Θ(x, x′)/Θ(x, x) of two orthogonal inputs from its limit, in the ordered and the chaotic phase.",
        &[
            ("network", "activation and variances"),
            ("phase", "ordered or chaotic"),
            ("depth", "weight layers, L"),
            ("log_error", "logarithm of the distance from the limit"),
            ("log_predicted", "the same by the theory"),
            ("slope", "logarithm of the factor a layer, by the theory"),
            ("chi", "χ₁ = σ_w² E φ′²"),
        ],
    )
}

pub(super) fn pieces<'a>(scale: Scale) -> Result<Vec<Piece<'a>>, StudyError> {
    let cases = [
        ("relu, σ_w² = 1, σ_b² = 0.1", "relu", 1.0, 0.1),
        ("relu, σ_w² = 1.5, σ_b² = 0.1", "relu", 1.5, 0.1),
        ("erf, σ_w² = 1, σ_b² = 0.1", "erf", 1.0, 0.1),
        ("tanh, σ_w² = 1, σ_b² = 0.05", "tanh", 1.0, 0.05),
        ("erf, σ_w² = 4, σ_b² = 0.3", "erf", 4.0, 0.3),
        ("tanh, σ_w² = 3, σ_b² = 0.05", "tanh", 3.0, 0.05),
    ];
    let deepest = scale.pick(40, 400, 4_000);
    let mut pieces = Vec::new();
    for (name, activation, weight_var, bias_var) in cases {
        pieces.push(Piece::new(EXPONENTIAL, format!("{name}, depths to {deepest}"), 0.5, move |_| {
            let activation = activation.parse()?;
            let found = phase(&activation, weight_var, bias_var, None)?;
            let (Some(q), Some(chi)) = (found.q_star, found.chi1) else {
                let reason = "its variance has no limit".into();
                return Err(StudyError::Unmeasured { what: name.into(), reason });
            };
            let network = DepthNetwork::mlp(&activation, weight_var, bias_var)?;
            let mean_square = (q - bias_var) / weight_var;
            let input = PairInput::from_gap(mean_square, mean_square, 1.0)?;
            let depths = (1..=deepest / 10).map(|ten| 10 * ten).collect();
            let report = depth_report(&network, &input, &DepthOptions { depths, epsilon: 0.01 }, &Watch::default())?;
            let slope = match report.rate {
                Some(DepthRate::Exponential { layers, .. }) => Some(-layers.recip()),
                _ => None,
            };
            let word = format!("{:?}", report.class).to_lowercase();
            let rows = report.rows.iter().map(|at| {
                let logarithm = |error: Option<crate::Scaled>| error.map(|error| error.abs().ln());
                vec![
                    name.into(),
                    word.as_str().into(),
                    at.depth.into(),
                    logarithm(at.error).into(),
                    logarithm(at.predicted).into(),
                    slope.into(),
                    chi.into(),
                ]
            });
            Ok(Some(rows.collect()))
        }));
    }
    Ok(pieces)
}
