//! The verdict on networks of blocks in words.

use super::format::{Lines, Part, describe_finite, number, scaled};
use super::sample::with_error;
use super::verdict::{class_words, finding_table, input_words, kernel_rows};
use crate::analysis::verdict::BlocksVerdict;

/// A verdict on a network of blocks, as text.
///
/// # Arguments
/// * `verdict`: what [`blocks_verdict`](crate::analysis::verdict::blocks_verdict) found.
/// * `source`: where the inputs come from, in a few words.
pub fn blocks_verdict_text(verdict: &BlocksVerdict, source: &str) -> String {
    blocks_verdict_lines(verdict, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn blocks_verdict_parts(verdict: &BlocksVerdict, source: &str) -> Vec<Part> {
    let mut parts = blocks_verdict_lines(verdict, source).parts();
    parts.iter_mut().filter(|part| !part.table.is_empty()).for_each(|part| part.heading = "Findings".into());
    parts
}

fn blocks_verdict_lines(verdict: &BlocksVerdict, source: &str) -> Lines {
    let mut lines = Lines::default();
    lines.heading(class_words(verdict.class));
    describe_finite(&mut lines, &verdict.architecture);
    lines.row("inputs", input_words(&verdict.input, source));
    finding_table(&mut lines, &verdict.findings);
    kernel_rows(&mut lines, &verdict.kernel);
    if let Some(random) = &verdict.randomness {
        lines.heading("Randomness of Θ(x, x) at initialisation");
        let seed = verdict.options.seed;
        lines.row("by", format!("{} networks drawn with seed {seed}; ± is one standard error", random.draws));
        lines.row("mean E Θ", with_error(random.mean));
        lines.row("std / mean", with_error(random.relative_std));
        lines.row("mean shift from infinite width", number(random.relative_mean_shift));
    }
    if let Some(movement) = &verdict.movement {
        let rate = if movement.natural_rate { "1/Θ∞" } else { "as given" };
        let (eta, target) = (number(movement.learning_rate), number(verdict.options.target));
        lines.heading(&format!("One gradient step on ½(f − y)², one input, η = {eta} ({rate}), y = {target}"));
        lines.row("by", "a real step of each of these networks");
        lines.row("mean ΔΘ / E Θ", with_error(movement.mean));
        lines.row("rms ΔΘ / E Θ", scaled(movement.rms));
    }
    lines
}
