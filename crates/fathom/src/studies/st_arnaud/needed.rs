//! The depth from which on the ratio of off-diagonal to diagonal is within ε of its limit.

use super::super::{Piece, Scale, StudyError, Table};
use super::NEEDED;
use super::regime::{Regime, regimes};
use crate::analysis::depth::{DepthOptions, depth_report};
use crate::infinite::matrix::Watch;
use crate::infinite::{InputError, PairInput};

pub(super) fn table() -> Table {
    Table::new(
        NEEDED,
        "Depth from which on Θ(x, x′)/√(Θ(x, x) Θ(x′, x′)) is within ε of its limit, |x|² = |x′|² = n₀.",
        &[
            ("regime", "activation and variances"),
            ("gap", "1 − cosine of the angle of the inputs"),
            ("epsilon", "ε"),
            ("constant", "the constant C of the pair"),
            ("predicted", "L by the rate"),
            ("verified", "L by the recursion"),
        ],
    )
}

pub(super) fn pieces<'a>(scale: Scale) -> Result<Vec<Piece<'a>>, StudyError> {
    let epsilons =
        scale.pick(&[0.03][..], &[0.1, 0.03, 0.01, 0.003, 0.001], &[0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4]);
    let mut pieces = Vec::new();
    for regime in regimes()?.into_iter().filter(|r| ["relu critical", "tanh critical"].contains(&r.name)) {
        let (gaps, seconds) = if regime.is_slow() { (&[1.0][..], 4.0) } else { (&[1.0, 0.5, 0.05][..], 0.1) };
        for &gap in gaps {
            for &epsilon in epsilons {
                // With κ ln L/3 the depth of tanh networks is larger, and a layer takes integrals.
                if !(regime.is_slow() && epsilon < 0.003) {
                    pieces.push(piece(regime.clone(), gap, epsilon, seconds));
                }
            }
        }
    }
    Ok(pieces)
}

fn piece<'a>(regime: Regime, gap: f64, epsilon: f64, seconds: f64) -> Piece<'a> {
    let description = format!("depth needed: {}, 1 − cos {gap}, ε {epsilon}", regime.described());
    Piece::new(NEEDED, description, seconds, move |_| {
        let options = DepthOptions { depths: vec![1], epsilon };
        let refused = |source: InputError| StudyError::Unmeasured { what: "a pair".into(), reason: source.to_string() };
        let pair = PairInput::from_gap(1.0, 1.0, gap).map_err(refused)?;
        let report = depth_report(&regime.network()?, &pair, &options, &Watch::default())?;
        Ok(Some(vec![vec![
            regime.name.into(),
            gap.into(),
            epsilon.into(),
            report.constants.c.into(),
            report.needed.predicted.into(),
            report.needed.verified.map(|depth| depth as f64).into(),
        ]]))
    })
}
