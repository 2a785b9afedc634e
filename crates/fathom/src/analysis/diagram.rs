//! Phases over a grid of weight and bias variances.

use serde::Serialize;

use super::fixed_points::Scan;
use super::homogeneous;
use super::phase::{PhaseError, check, scanned};
use super::phase_report::{Phase, extended_option};
use crate::activation::Activation;

/// One pair of variances.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DiagramCell {
    /// The phase.
    pub phase: Phase,
    /// $\chi_1$; `None` if it does not exist.
    #[serde(serialize_with = "extended_option")]
    pub chi1: Option<f64>,
    /// $q^*$, 0 and ∞ possible (written `"inf"`); `None` if every variance is kept.
    #[serde(serialize_with = "extended_option")]
    pub q_star: Option<f64>,
    /// $\xi_c$ in layers, ∞ possible; `None` if correlations freeze at a value that depends on the data.
    #[serde(serialize_with = "extended_option")]
    pub xi_c: Option<f64>,
}

/// Phases over a grid: result of [`phase_diagram`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseDiagram {
    /// Canonical name of the activation.
    pub activation: String,
    /// $\sigma_w^2$ of the columns.
    pub weight_vars: Vec<f64>,
    /// $\sigma_b^2$ of the rows.
    pub bias_vars: Vec<f64>,
    /// `cells[i][j]` belongs to `bias_vars[i]` and `weight_vars[j]`.
    pub cells: Vec<Vec<DiagramCell>>,
}

/// The phase at every pair of a weight variance and a bias variance.
///
/// # Arguments
/// * `activation`: φ.
/// * `weight_vars`, `bias_vars`: $\sigma_w^2 > 0$ and $\sigma_b^2 \ge 0$, columns and rows of the result.
/// * `q0`: first-layer variance as in [`phase`](super::phase).
///
/// # Errors
/// As [`phase`](super::phase), for the first value that is out of range.
///
/// # Accuracy and cost
/// As [`phase`](super::phase), but the scan is shared by all cells: well below a millisecond a cell, a few milliseconds
/// for chaotic ones without closed form.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::{Phase, phase_diagram};
/// let diagram = phase_diagram(&"erf".parse()?, &[1.0, 4.0], &[0.1], None)?;
/// assert_eq!([diagram.cells[0][0].phase, diagram.cells[0][1].phase], [Phase::Ordered, Phase::Chaotic]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn phase_diagram(
    activation: &Activation,
    weight_vars: &[f64],
    bias_vars: &[f64],
    q0: Option<f64>,
) -> Result<PhaseDiagram, PhaseError> {
    for &weight_var in weight_vars {
        check(activation, weight_var, 0.0, q0)?;
    }
    for &bias_var in bias_vars {
        check(activation, 1.0, bias_var, q0)?;
    }
    let parts = activation.homogeneous();
    let scan = parts.is_none().then(|| Scan::new(activation));
    let cell = |weight_var: f64, bias_var: f64| {
        let report = match (&scan, parts) {
            (Some(scan), _) => scanned(activation, weight_var, bias_var, q0, scan),
            (None, Some(parts)) => homogeneous::report(activation, parts, weight_var, bias_var, q0),
            (None, None) => return None,
        };
        Some(DiagramCell { phase: report.phase, chi1: report.chi1, q_star: report.q_star, xi_c: report.xi_c })
    };
    let row = |&bias_var: &f64| weight_vars.iter().filter_map(|&weight_var| cell(weight_var, bias_var)).collect();
    Ok(PhaseDiagram {
        activation: activation.name(),
        weight_vars: weight_vars.to_vec(),
        bias_vars: bias_vars.to_vec(),
        cells: bias_vars.iter().map(row).collect(),
    })
}
