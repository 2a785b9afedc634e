//! Kinds of vectors about phases and the edge of chaos.

use super::fields::{Evaluation, Fields, reason};
use crate::analysis;

/// `phase`: where signals end in a deep network.
pub(super) fn phase(v: &mut Fields<'_>) -> Evaluation {
    let activation = v.activation("act")?;
    let report = analysis::phase(&activation, v.number("sw2")?, v.number("sb2")?, None).map_err(reason)?;
    v.compare_word("phase", serde_json::to_value(report.phase).map_err(reason)?);
    for (name, value) in [
        ("qstar", report.q_star),
        ("chi1", report.chi1),
        ("lambda_q", report.lambda_q),
        ("cstar", report.c_star),
        ("chi_cstar", report.chi_at_c_star),
        ("xi_c", report.xi_c),
        ("xi_q", report.xi_q),
        ("ntk_offdiag_limit", report.ntk_offdiag_limit),
        ("ntk_diag_limit", report.ntk_diag_limit),
    ] {
        v.compare_optional(name, value);
    }
    Ok(())
}

/// `eoc`, `eoc_end`: the critical point of a bias standard deviation.
pub(super) fn edge_of_chaos(v: &mut Fields<'_>) -> Evaluation {
    let (activation, sigma_b) = (v.activation("act")?, v.decimal("sigma_b")?);
    let point = analysis::edge_of_chaos(&activation, (sigma_b * sigma_b).to_f64()).map_err(reason)?;
    v.compare("sigma_w", point.weight_var.sqrt());
    v.compare("sw2", point.weight_var);
    v.compare_optional("qstar", point.q_star);
    v.compare("lambda_q", point.lambda_q);
    v.compare_word("stable", point.reachable.into());
    // How well the reference solved its own equation.
    v.ignore("residual");
    Ok(())
}
