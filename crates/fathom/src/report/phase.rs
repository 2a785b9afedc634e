//! Phases and the edge of chaos in words.

use super::format::{Lines, Part, number};
use crate::analysis::{EocError, EocPoint, FixedPoint, Note, Phase, PhaseDiagram, PhaseReport, Stability};

/// The name of a phase and what it means.
pub(super) fn phase_words(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Ordered => (
            "ordered",
            "inputs become alike and gradients vanish with depth: the kernel tends to a constant matrix, and deep \
             networks cannot be trained",
        ),
        Phase::Critical => (
            "edge of chaos (critical)",
            "signals and gradients keep their size: the kernel changes slowly with depth, and deep networks can be \
             trained",
        ),
        Phase::Chaotic => (
            "chaotic",
            "nearby inputs separate and gradients explode with depth: the kernel grows and tends to a diagonal matrix, \
             which fits any data and predicts nothing",
        ),
        Phase::Divergent => {
            ("divergent", "the variance of the pre-activations grows without bound, and the kernel with it")
        }
        Phase::Collapsing => {
            ("collapsing", "the variance of the pre-activations goes to zero, and the output and the kernel with it")
        }
    }
}

fn note_words(note: Note) -> String {
    match note {
        Note::DependsOnNorm => "which fixed point is reached depends on the norm of the input".into(),
        Note::EveryVarianceIsFixed => "every variance is kept: the norm of the input decides it".into(),
        Note::CorrelationIgnoresWeightVar => {
            "without bias, correlations do not depend on the weight variance, and chaos never occurs".into()
        }
        Note::HalfStable => {
            "the fixed point attracts slowly or from one side only: the usual limits do not apply".into()
        }
        Note::DataDependentLimit => "correlations freeze at a value that depends on the data".into(),
        Note::LimitNotCovered => "no limit of the kernel is known for this case".into(),
        Note::OtherNtk => {
            "limits of the NTK are known for trained biases in the ntk parameterization, not for this network".into()
        }
        Note::EqualNormsOnly => "the limit of the kernel holds for inputs of equal norm".into(),
        Note::NormsSettleLast => "differences of norm die out later than differences of direction".into(),
        Note::CriticalPointNotReached { q } => {
            format!("a critical fixed point exists at q = {}, but the variance does not go there", number(q))
        }
    }
}

/// The phase of a network, as text.
pub fn phase_text(report: &PhaseReport) -> String {
    phase_lines(report).finish()
}

/// The same as headings, labels, values and tables.
pub fn phase_parts(report: &PhaseReport) -> Vec<Part> {
    phase_lines(report).parts()
}

fn phase_lines(report: &PhaseReport) -> Lines {
    let mut lines = Lines::default();
    let (name, meaning) = phase_words(report.phase);
    lines.heading(&format!("Phase: {name}"));
    lines.row("activation", &report.activation);
    lines.row("weight_var σ_w², bias_var σ_b²", format!("{}; {}", report.weight_var, report.bias_var));
    if let Some(q0) = report.q0 {
        lines.row("first-layer variance", number(q0));
    }
    lines.row("meaning", meaning);
    phase_numbers(&mut lines, report);
    if report.fixed_points.len() > 1 || report.depends_on_norm {
        lines.heading("Fixed points of the variance");
        for point in &report.fixed_points {
            lines.raw(&format!("  {}", fixed_point_words(point)));
        }
    }
    lines
}

fn fixed_point_words(p: &FixedPoint) -> String {
    let stability = match p.stability {
        Stability::Stable => "stable",
        Stability::FromBelow => "attracts from below only",
        Stability::FromAbove => "attracts from above only",
        Stability::Unstable => "unstable",
    };
    let (name, _) = phase_words(p.phase);
    format!("q = {}: {stability}, λ_q = {}, χ₁ = {}, {name}", number(p.q), number(p.lambda_q), number(p.chi1))
}

/// The numbers of a phase, without those that do not exist.
pub(super) fn phase_numbers(lines: &mut Lines, report: &PhaseReport) {
    let rows = [
        ("susceptibility χ₁", report.chi1, ""),
        ("variance q*", report.q_star, ""),
        ("variance slope λ_q", report.lambda_q, ""),
        ("correlation limit c*", report.c_star, ""),
        ("depth scale of correlations ξ_c", report.xi_c, " layers"),
        ("depth scale of norms ξ_q", report.xi_q, " layers"),
        ("Θ(x, x) at infinite depth", report.ntk_diag_limit, ""),
        ("Θ(x, x′) at infinite depth", report.ntk_offdiag_limit, ""),
        ("their ratio at infinite depth", report.ntk_ratio_limit, ""),
    ];
    for (label, value, unit) in rows {
        if let Some(value) = value {
            lines.row(label, format!("{}{unit}", number(value)));
        }
    }
    for &note in &report.notes {
        lines.row("note", note_words(note));
    }
}

/// An initialisation on the edge of chaos, in a few words.
pub(super) fn eoc_words(point: &EocPoint) -> String {
    let mut words = format!("weight_var {}, bias_var {}", point.weight_var, number(point.bias_var));
    match point.q_star {
        Some(q) => words += &format!(" (q* = {}, λ_q = {})", number(q), number(point.lambda_q)),
        None => words += " (every variance is kept)",
    }
    if !point.reachable {
        words += ", not reachable: its fixed point is unstable";
    }
    words
}

/// The edge of chaos at a bias variance, or why there is none, as text.
pub fn edge_of_chaos_text(bias_var: f64, point: &Result<EocPoint, EocError>) -> String {
    edge_of_chaos_lines(bias_var, point).finish()
}

/// The same as headings, labels, values and tables.
pub fn edge_of_chaos_parts(bias_var: f64, point: &Result<EocPoint, EocError>) -> Vec<Part> {
    edge_of_chaos_lines(bias_var, point).parts()
}

fn edge_of_chaos_lines(bias_var: f64, point: &Result<EocPoint, EocError>) -> Lines {
    let mut lines = Lines::default();
    let words = point.as_ref().map_or_else(ToString::to_string, eoc_words);
    lines.heading(&format!("Edge of chaos at bias_var {}", number(bias_var)));
    lines.row("", words);
    lines
}

/// A curve of critical variances as a table.
pub fn curve_text(points: &[EocPoint]) -> String {
    let mut lines = Lines::default();
    lines.heading("Edge of chaos");
    lines.raw(&format!("{:>12} {:>20} {:>12} {:>10}  reachable", "bias_var", "weight_var", "q*", "λ_q"));
    for p in points {
        let q = p.q_star.map_or_else(|| "any".into(), number);
        let reachable = if p.reachable { "yes" } else { "no" };
        let (bias_var, lambda) = (number(p.bias_var), number(p.lambda_q));
        lines.raw(&format!("{bias_var:>12} {:>20.15} {q:>12} {lambda:>10}  {reachable}", p.weight_var));
    }
    lines.finish()
}

/// A phase diagram as a map of letters: bias variance upwards, weight variance to the right.
pub fn diagram_text(diagram: &PhaseDiagram) -> String {
    let mut lines = Lines::default();
    lines.heading(&format!("Phase diagram of {}", diagram.activation));
    for (bias_var, row) in diagram.bias_vars.iter().zip(&diagram.cells).rev() {
        let letter = |phase| match phase {
            Phase::Ordered => 'o',
            Phase::Critical => '*',
            Phase::Chaotic => 'c',
            Phase::Divergent => 'd',
            Phase::Collapsing => '0',
        };
        let letters: String = row.iter().map(|cell| letter(cell.phase)).collect();
        lines.raw(&format!("{:>10}  {letters}", number(*bias_var)));
    }
    if let (Some(first), Some(last)) = (diagram.weight_vars.first(), diagram.weight_vars.last()) {
        lines.raw(&format!("  bias_var  weight_var from {} to {}", number(*first), number(*last)));
    }
    lines.raw("  o ordered   * edge of chaos   c chaotic   d divergent   0 collapsing");
    lines.finish()
}
