//! The empirical NTK in words.

use super::format::{Lines, Part, describe_finite, number};
use crate::analysis::empirical::{
    CheckpointChange, ComposedReport, EmpiricalReport, KernelComparison, LayerMeasures, OutputMeasures, Spectrum,
};
use crate::network::{KernelForm, Precision};

/// Matrices whose spectra are listed.
const LISTED: usize = 10;

/// The empirical NTK of one network, as text.
///
/// # Arguments
/// * `report`: what [`empirical_report`](crate::analysis::empirical::empirical_report) found.
/// * `names`: names of the weight layers, as many as there are.
/// * `source`: where the inputs come from, in a few words.
pub fn empirical_text(report: &EmpiricalReport, names: &[String], source: &str) -> String {
    empirical_lines(report, names, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn empirical_parts(report: &EmpiricalReport, names: &[String], source: &str) -> Vec<Part> {
    empirical_lines(report, names, source).parts()
}

fn empirical_lines(report: &EmpiricalReport, names: &[String], source: &str) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Empirical NTK of a network with given weights");
    let widths: Vec<String> = report.widths.iter().map(usize::to_string).collect();
    lines.row("network", format!("widths {}, {}", widths.join(","), report.activation));
    lines.row("inputs", format!("{} rows, {source}", report.inputs));
    kernel_rows(&mut lines, report);
    match report.spectra.get() {
        Some(spectra) => spectrum_rows(&mut lines, spectra),
        None => lines.row("eigenvalues", report.spectra.reason().unwrap_or_default()),
    }
    layer_rows(&mut lines, &report.layers, names);
    output_rows(&mut lines, &report.outputs);
    lines.heading("Against the kernel of the infinitely wide network");
    match report.infinite.get() {
        Some(infinite) => {
            let rows = infinite.rows;
            lines.row("inputs", format!("the first {rows}"));
            let spec = infinite.architecture.to_spec();
            let list = |values: Option<crate::spec::PerLayer>| {
                values
                    .map_or_else(String::new, |v| v.values().iter().map(|x| number(*x)).collect::<Vec<_>>().join(", "))
            };
            lines.row("weight_var σ_w² of its layers", list(spec.weight_var));
            lines.row("bias_var σ_b²", list(spec.bias_var));
            comparison_rows(&mut lines, &infinite.comparison, "|Θ − Θ∞|/|Θ∞|");
        }
        None => lines.row("not available", report.infinite.reason().unwrap_or_default()),
    }
    lines
}

/// The empirical NTK of a network of blocks that was drawn, as text.
///
/// # Arguments
/// * `report`: what [`composed_report`](crate::analysis::empirical::composed_report) found.
/// * `seed`: of the weights.
/// * `source`: where the inputs come from, in a few words.
pub fn composed_text(report: &ComposedReport, seed: u64, source: &str) -> String {
    composed_lines(report, seed, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn composed_parts(report: &ComposedReport, seed: u64, source: &str) -> Vec<Part> {
    composed_lines(report, seed, source).parts()
}

fn composed_lines(report: &ComposedReport, seed: u64, source: &str) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Empirical NTK of a network of blocks with random weights");
    describe_finite(&mut lines, &report.architecture);
    lines.row("weights and biases", format!("{}, seed {seed}", report.parameters));
    lines.row("inputs", format!("{} rows, {source}", report.inputs));
    shape_row(&mut lines, report.shape, report.form, "double precision");
    lines.row("trace", number(report.trace));
    lines.row("mean of Θ_aa(x, x)", number(report.mean_diagonal));
    match report.spectra.get() {
        Some(spectra) => spectrum_rows(&mut lines, spectra),
        None => lines.row("eigenvalues", report.spectra.reason().unwrap_or_default()),
    }
    output_rows(&mut lines, &report.outputs);
    lines.heading("Against the kernel of the infinitely wide network");
    match report.infinite.get() {
        Some(infinite) => {
            lines.row("inputs", format!("the first {}", infinite.rows));
            comparison_rows(&mut lines, &infinite.comparison, "|Θ − Θ∞|/|Θ∞|");
        }
        None => lines.row("not available", report.infinite.reason().unwrap_or_default()),
    }
    lines
}

fn kernel_rows(lines: &mut Lines, report: &EmpiricalReport) {
    let precision = match report.precision {
        Precision::F64 => "double precision",
        Precision::F32 => "single precision",
    };
    shape_row(lines, report.shape, report.form, precision);
    lines.row("trace", number(report.trace));
    lines.row("mean of Θ_aa(x, x)", number(report.mean_diagonal));
}

fn shape_row(lines: &mut Lines, [matrices, rows, cols]: [usize; 3], form: KernelForm, precision: &str) {
    let meaning = match form {
        KernelForm::Trace => format!("{rows} × {cols}, summed over outputs"),
        KernelForm::PerOutput => format!("{matrices} matrices of {rows} × {cols}, one for each output"),
        KernelForm::Full => format!("{rows} × {cols}, all pairs of outputs"),
    };
    lines.row("kernel Θ", format!("{meaning}; {precision}"));
}

fn spectrum_rows(lines: &mut Lines, spectra: &[Spectrum]) {
    for (i, s) in spectra.iter().take(LISTED).enumerate() {
        let of = if spectra.len() > 1 { format!("eigenvalues, output {i}") } else { "eigenvalues".into() };
        lines.row(&of, format!("largest {}, smallest {}", number(s.largest), number(s.smallest)));
        let condition = s.condition.map_or_else(
            || format!("not resolved: the smallest is below {}", number(s.resolution)),
            |condition| format!("condition number {}", number(condition)),
        );
        lines.row("", condition);
        lines.row("", format!("rank {}, effective rank (Σλ)²/Σλ² {}", s.rank, number(s.effective_rank)));
    }
    if spectra.len() > LISTED {
        lines.row("", format!("and {} more outputs, in the JSON form", spectra.len() - LISTED));
    }
}

fn layer_rows(lines: &mut Lines, layers: &[LayerMeasures], names: &[String]) {
    lines.heading(
        "Weight layers: mean squares of weights × fan-in and of biases, and dead neurons (φ′ = 0 on all inputs)",
    );
    for (i, layer) in layers.iter().enumerate() {
        let bias_var = layer.bias_var.map_or_else(|| "no biases".into(), |v| format!("biases {}", number(v)));
        let dead = layer.dead.map(|dead| format!(", dead {dead} of {}", layer.outputs)).unwrap_or_default();
        let name = names.get(i).map_or("", String::as_str);
        lines.row(
            &format!("{} {name}", i + 1),
            format!("{} → {}, weights {}, {bias_var}{dead}", layer.inputs, layer.outputs, number(layer.weight_var)),
        );
    }
}

fn output_rows(lines: &mut Lines, outputs: &OutputMeasures) {
    lines.heading("Outputs on these inputs");
    lines.row("mean, variance", format!("{}, {}", number(outputs.mean), number(outputs.variance)));
}

fn comparison_rows(lines: &mut Lines, comparison: &KernelComparison, distance: &str) {
    let show = |value: Option<f64>| value.map_or_else(|| "undefined".into(), number);
    lines.row(&format!("distance {distance}"), show(comparison.relative_distance));
    lines.row("alignment", show(comparison.alignment));
    lines.row("ratio of mean entries", show(comparison.mean_ratio));
    lines.row("ratio of mean diagonal entries", show(comparison.mean_diagonal_ratio));
}

/// The change between two checkpoints, as text.
///
/// # Arguments
/// * `change`: what [`checkpoint_change`](crate::analysis::empirical::checkpoint_change) found.
/// * `names`: names of the weight layers.
pub fn change_text(change: &CheckpointChange, names: &[String]) -> String {
    change_lines(change, names).finish()
}

/// The same as headings, labels, values and tables.
pub fn change_parts(change: &CheckpointChange, names: &[String]) -> Vec<Part> {
    change_lines(change, names).parts()
}

fn change_lines(change: &CheckpointChange, names: &[String]) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Change to the later checkpoint");
    comparison_rows(&mut lines, &change.kernel, "|Θ₁ − Θ₀|/|Θ₀|");
    let show = |value: Option<f64>| value.map_or_else(|| "—".into(), number);
    for s in change.spectra.iter().flatten().take(LISTED) {
        let [before, after] = s.effective_rank.map(number);
        lines.row(
            "eigenvalues, after / before",
            format!(
                "largest {}, smallest {}; effective rank {before} → {after}",
                show(s.largest_ratio),
                show(s.smallest_ratio)
            ),
        );
    }
    for (i, layer) in change.layers.iter().enumerate() {
        let name = names.get(i).map_or("", String::as_str);
        let biases = layer.biases.map(|b| format!(", biases {}", number(b))).unwrap_or_default();
        lines.row(&format!("|ΔW|/|W|, {} {name}", i + 1), format!("{}{biases}", show(layer.weights)));
    }
    lines
}
