//! Phases over a grid of weight and bias variances.

use serde::Serialize;

use super::fixed_points::Scan;
use super::homogeneous;
use super::phase::{PhaseError, check, scanned, scanned_susceptibility};
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
    check_all(activation, weight_vars, bias_vars, q0)?;
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

/// Phase and susceptibility at one pair of variances.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SusceptibilityCell {
    /// The phase.
    pub phase: Phase,
    /// $\chi_1$; `None` if it does not exist.
    #[serde(serialize_with = "extended_option")]
    pub chi1: Option<f64>,
}

/// Phase and $\chi_1$ at every pair of a weight variance and a bias variance; `cells[i][j]` belongs to `bias_vars[i]` and
/// `weight_vars[j]`.
///
/// The same numbers as in [`phase_diagram`] without those that follow from the correlation at which chaotic networks
/// come to rest, which takes most of the time. Squared gradients change by the factor $\chi_1$ a layer, so that
/// $1/|\ln\chi_1|$ is the number of layers in which they change by e (Schoenholz et al. (2017), arXiv:1611.01232, depth scale of gradients).
///
/// # Arguments
/// As for [`phase_diagram`].
///
/// # Errors
/// As [`phase_diagram`].
///
/// # Accuracy and cost
/// As [`phase`](super::phase); well below a millisecond a cell.
///
/// # Example
/// For relu $\chi_1 = \sigma_w^2/2$:
/// ```
/// use fathom_ntk::analysis::{Phase, susceptibility_diagram};
/// let cells = susceptibility_diagram(&"relu".parse()?, &[1.5, 3.0], &[0.1], None)?;
/// assert_eq!([cells[0][0].chi1, cells[0][1].chi1], [Some(0.75), Some(1.5)]);
/// assert_eq!([cells[0][0].phase, cells[0][1].phase], [Phase::Ordered, Phase::Divergent]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn susceptibility_diagram(
    activation: &Activation,
    weight_vars: &[f64],
    bias_vars: &[f64],
    q0: Option<f64>,
) -> Result<Vec<Vec<SusceptibilityCell>>, PhaseError> {
    check_all(activation, weight_vars, bias_vars, q0)?;
    let parts = activation.homogeneous();
    let scan = parts.is_none().then(|| Scan::new(activation));
    let cell = |weight_var: f64, bias_var: f64| {
        let (phase, chi1) = match (&scan, parts) {
            (Some(scan), _) => scanned_susceptibility(activation, weight_var, bias_var, q0, scan),
            (None, Some(parts)) => {
                let report = homogeneous::report(activation, parts, weight_var, bias_var, q0);
                (report.phase, report.chi1)
            }
            (None, None) => return None,
        };
        Some(SusceptibilityCell { phase, chi1 })
    };
    let row = |&bias_var: &f64| weight_vars.iter().filter_map(|&weight_var| cell(weight_var, bias_var)).collect();
    Ok(bias_vars.iter().map(row).collect())
}

fn check_all(
    activation: &Activation,
    weight_vars: &[f64],
    bias_vars: &[f64],
    q0: Option<f64>,
) -> Result<(), PhaseError> {
    for &weight_var in weight_vars {
        check(activation, weight_var, 0.0, q0)?;
    }
    for &bias_var in bias_vars {
        check(activation, 1.0, bias_var, q0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_diagram_agrees_with_the_full_one() {
        // The full one is held against high-precision values elsewhere.
        let (weight_vars, bias_vars) = ([0.4, 1.0, 1.9, 2.0, 3.1, 40.0], [0.0, 0.05, 2.0]);
        for name in ["relu", "linear", "tanh", "erf", "gelu", "mish", "sigmoid", "sin"] {
            let activation: Activation = name.parse().unwrap();
            for q0 in [None, Some(0.3)] {
                let full = phase_diagram(&activation, &weight_vars, &bias_vars, q0).unwrap();
                let fast = susceptibility_diagram(&activation, &weight_vars, &bias_vars, q0).unwrap();
                for (full, fast) in full.cells.iter().flatten().zip(fast.iter().flatten()) {
                    assert_eq!((full.phase, full.chi1), (fast.phase, fast.chi1), "{name} {q0:?}");
                }
            }
        }
    }

    #[test]
    fn the_susceptibility_of_erf_is_its_closed_form() {
        // χ₁ = (4σ_w²/π)/√(1 + 4q) for φ = erf, at the resting variance of the full report.
        let erf: Activation = "erf".parse().unwrap();
        let cells = susceptibility_diagram(&erf, &[1.0, 4.0], &[0.1], None).unwrap();
        for (cell, weight_var) in cells[0].iter().zip([1.0, 4.0]) {
            let q = super::super::phase(&erf, weight_var, 0.1, None).unwrap().q_star.unwrap();
            let chi1 = 4.0 * weight_var / std::f64::consts::PI / (1.0 + 4.0 * q).sqrt();
            assert!((cell.chi1.unwrap() / chi1 - 1.0).abs() < 1e-13, "a few roundings");
        }
    }

    #[test]
    fn variances_out_of_range_are_refused() {
        let tanh: Activation = "tanh".parse().unwrap();
        assert!(matches!(susceptibility_diagram(&tanh, &[0.0], &[0.1], None), Err(PhaseError::WeightVar { .. })));
        assert!(matches!(susceptibility_diagram(&tanh, &[1.0], &[-0.1], None), Err(PhaseError::BiasVar { .. })));
        let step: Activation = "step".parse().unwrap();
        assert!(matches!(susceptibility_diagram(&step, &[1.0], &[0.1], None), Err(PhaseError::Discontinuous { .. })));
    }
}
