//! Kernel matrices in words.

use super::format::{Lines, Part, describe, number, scaled};
use crate::infinite::matrix::{KernelKind, KernelScale, KernelSummary, MatrixSpectrum, Method, Network};

/// Kernel matrices of an infinitely wide network, as text.
///
/// # Arguments
/// * `source`: where the inputs come from, in a few words.
pub fn kernel_text<'a>(summary: &KernelSummary, network: impl Into<Network<'a>>, source: &str) -> String {
    kernel_lines(summary, network, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn kernel_parts<'a>(summary: &KernelSummary, network: impl Into<Network<'a>>, source: &str) -> Vec<Part> {
    kernel_lines(summary, network, source).parts()
}

fn kernel_lines<'a>(summary: &KernelSummary, network: impl Into<Network<'a>>, source: &str) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Kernel matrix of an infinitely wide network");
    describe(&mut lines, network);
    lines.row("inputs", source);
    let shape = if summary.symmetric { ", symmetric" } else { "" };
    let precision = if summary.precision == "f32" { "single precision, some six digits" } else { "double precision" };
    lines.row("matrix", format!("{} × {}{shape}; {precision}", summary.rows, summary.cols));
    match summary.scale {
        KernelScale::None => {}
        KernelScale::Cosine => lines.row("entries", "divided by √(K(x, x) K(x′, x′))"),
        KernelScale::Depth => lines.row("entries", "divided by K(x₀, x₀) of an input with |x₀|² = number of features"),
    }
    lines.row("computed", method_words(summary.method));
    for kernel in &summary.kernels {
        lines.heading(if kernel.kind == KernelKind::Nngp { "NNGP Σ" } else { "NTK Θ" });
        let diagonal = if summary.symmetric { "mean of the diagonal" } else { "mean of K(x, x) of the rows" };
        lines.row(diagonal, scaled(kernel.mean_diagonal));
        if kernel.exponent != 0 {
            lines.row("stored", format!("divided by 2^{}, which keeps it in range", kernel.exponent));
        }
        if let Some(spectrum) = &kernel.spectrum {
            spectrum_rows(&mut lines, spectrum);
        }
    }
    lines
}

fn spectrum_rows(lines: &mut Lines, spectrum: &MatrixSpectrum) {
    lines.row("eigenvalues", format!("largest {}, smallest {}", scaled(spectrum.largest), scaled(spectrum.smallest)));
    let condition = spectrum.condition.map_or_else(
        || format!("not resolved: the smallest is below {}", scaled(spectrum.resolution)),
        |condition| format!("condition number {}", number(condition)),
    );
    lines.row("", condition);
}

fn method_words(method: Method) -> &'static str {
    match method {
        Method::Blocks => "pair by pair, block by block",
        Method::Angle => "from a table over the angle: an entry costs the same at any depth",
        Method::PiecewiseLinear | Method::Arcsine => "layer by layer in closed form",
        Method::Series => "layer by layer by Hermite series",
        Method::Pairwise => "pair by pair by integrals (slow; on inputs of equal norm a table would do)",
    }
}
