//! The verdict in words.

use super::format::{Lines, describe, from_log, number, scaled};
use super::phase::{eoc_words, phase_numbers, phase_words};
use crate::Scaled;
use crate::analysis::Phase;
use crate::analysis::verdict::{
    Advice, Class, Conditioning, DepthAdvice, Finding, InputSummary, KernelOnData, Level, Movement, MovementMethod,
    Question, Randomness, RandomnessMethod, Reliability, Spread, Verdict,
};

/// A network is shallow if the depth scale of correlations is this many times its depth.
const SHALLOW: f64 = 3.0;

/// Stable learning rates beyond which a kernel counts as vanished, and below which as exploded.
const VANISHED: f64 = 1e6;
const EXPLODED: f64 = 1e-9;

/// A verdict, as text.
///
/// # Arguments
/// * `verdict`: what [`verdict`](crate::analysis::verdict::verdict()) found.
/// * `source`: where the inputs come from, in a few words.
pub fn verdict_text(verdict: &Verdict, source: &str) -> String {
    let mut lines = Lines::default();
    lines.heading(class_words(verdict.class));
    describe(&mut lines, &verdict.architecture);
    lines.row("inputs", input_words(&verdict.input, source));
    finding_table(&mut lines, &verdict.findings);
    match &verdict.phase {
        Some(phase) => {
            let (name, meaning) = phase_words(phase.phase);
            lines.heading(&format!("Phase: {name}"));
            lines.row("meaning", meaning);
            phase_numbers(&mut lines, phase);
            let depth = verdict.architecture.depth() as f64;
            if phase.phase != Phase::Critical && phase.xi_c.is_some_and(|xi| xi.is_finite() && xi > SHALLOW * depth) {
                lines.row("note", "this network is shallow against ξ_c: it behaves as at the edge of chaos");
            }
        }
        None => lines.heading("Phase: not defined, the variances differ from layer to layer"),
    }
    kernel_rows(&mut lines, &verdict.kernel);
    if let Some(randomness) = &verdict.randomness {
        randomness_rows(&mut lines, randomness);
    }
    if let Some(movement) = &verdict.movement {
        movement_rows(&mut lines, movement, verdict.options.target);
    }
    advice_rows(&mut lines, &verdict.advice);
    lines.finish()
}

pub(super) fn class_words(class: Class) -> &'static str {
    match class {
        Class::InRegime => "In the NTK regime: NTK theory describes this network.",
        Class::InRegimeUntrainable => {
            "In the NTK regime but untrainable: NTK theory describes this network, and says that it does not learn."
        }
        Class::Borderline => "Borderline: NTK theory describes this network roughly.",
        Class::Outside => "Outside the NTK regime: NTK theory does not describe this network.",
    }
}

pub(super) fn input_words(input: &InputSummary, source: &str) -> String {
    let mut words = source.to_owned();
    if let (Some(rows), Some(features)) = (input.rows, input.features) {
        words += &format!(": {rows} rows of {features} features");
    }
    words += &format!(", typical |x|² = {}", number(input.typical_sq_norm));
    if input.features.is_some() {
        words += &format!(" ({} a feature)", number(input.typical_mean_square));
    }
    if input.zero_rows > 0 {
        words += &format!("; {} rows are zero", input.zero_rows);
    }
    if input.repeated_rows > 0 {
        words += &format!("; {} repeated rows left out of the kernel", input.repeated_rows);
    }
    words
}

/// All findings under their headings.
pub(super) fn finding_table(lines: &mut Lines, findings: &[Finding]) {
    lines.heading("Findings                                                       number    fine to   bad from");
    let headings = ["question", "answer", "quantity", "number", "fine to", "bad from"].map(String::from);
    let rows: Vec<[String; 6]> = findings.iter().map(|finding| finding_row(lines, finding)).collect();
    lines.keep_table(std::iter::once(headings).chain(rows).map(Vec::from));
}

/// Writes a finding, and gives its cells.
fn finding_row(lines: &mut Lines, finding: &Finding) -> [String; 6] {
    let (question, quantity) = match finding.question {
        Question::Random => ("Random?", "std Θ / E Θ at initialisation"),
        Question::Moves => ("Moves?", "change of Θ in one gradient step"),
        Question::Trainable => ("Trainable?", "steps to fit a typical direction"),
    };
    let answer = match (finding.question, finding.level) {
        (_, Level::Unknown) => "not known",
        (Question::Random, Level::Good) => "hardly",
        (Question::Moves, Level::Good) => "little",
        (Question::Trainable, Level::Good) => "yes",
        (Question::Trainable, Level::Borderline) => "slowly",
        (Question::Trainable, Level::Bad) => "no",
        (_, Level::Borderline) => "somewhat",
        (_, Level::Bad) => "yes, very",
    };
    let value = match finding.value {
        Some(value) => number(value),
        None if finding.level == Level::Bad => "∞".into(),
        None => "—".into(),
    };
    let (within, outside) = (number(finding.threshold.within), number(finding.threshold.outside));
    lines.raw(&format!("  {question:<11} {answer:<11} {quantity:<34} {value:>9} {within:>10} {outside:>10}"));
    if let Some(reason) = &finding.unknown_because {
        lines.row("", reason);
    }
    [question.into(), answer.into(), quantity.into(), value, within, outside]
}

fn spread_words(spread: &Spread) -> String {
    format!("mean {}, from {} to {}", number(spread.mean), number(spread.min), number(spread.max))
}

pub(super) fn kernel_rows(lines: &mut Lines, kernel: &KernelOnData) {
    lines.heading("Kernel of the infinitely wide network");
    lines.row("Θ(x, x), Σ(x, x), typical input", format!("{}, {}", scaled(kernel.ntk), scaled(kernel.nngp)));
    if let Some(spread) = &kernel.ntk_correlation {
        let limit = kernel.ntk_correlation_limit.map(|r| format!("; tends to {} with depth", number(r)));
        lines.row("ntk correlation of two inputs", spread_words(spread) + &limit.unwrap_or_default());
    }
    if let Some(spread) = &kernel.nngp_correlation {
        lines.row("nngp correlation", spread_words(spread));
    }
    if let Some(conditioning) = &kernel.conditioning {
        conditioning_rows(lines, conditioning);
    }
    for reason in &kernel.undefined {
        lines.row("undefined", reason);
    }
}

fn conditioning_rows(lines: &mut Lines, c: &Conditioning) {
    let below = if c.resolved { "" } else { "below " };
    lines.row(
        &format!("eigenvalues on {} inputs", c.inputs),
        format!(
            "largest {}, median {}, smallest {below}{} (the last two of the centred kernel)",
            scaled(c.lambda_max),
            scaled(c.lambda_median),
            scaled(c.lambda_min)
        ),
    );
    lines.row(
        "largest stable learning rate",
        format!("{} (full batch of these, ½ Σ (f − y)²)", scaled(c.max_learning_rate)),
    );
    if c.max_learning_rate > Scaled::from(VANISHED) {
        lines.row("", "the kernel has vanished: at ordinary learning rates nothing moves");
    } else if c.max_learning_rate < Scaled::from(EXPLODED) {
        lines.row("", "the kernel has exploded: at ordinary learning rates gradient descent diverges");
    }
    let least = if c.resolved { "" } else { "at least " };
    lines.row(
        "steps at half that rate",
        format!(
            "{} for a typical direction, {least}{} for the slowest",
            scaled(c.steps_typical),
            scaled(c.steps_slowest)
        ),
    );
}

fn randomness_rows(lines: &mut Lines, r: &Randomness) {
    lines.heading("Randomness of Θ(x, x) at initialisation");
    if r.method == RandomnessMethod::Deterministic {
        lines.row("", "none: the width is infinite, or there is no hidden layer");
        return;
    }
    let reliability = match r.reliability {
        Reliability::Exact => "exact moments at these widths",
        Reliability::Quantitative => "first order in 1/width, reliable to about 5 %",
        Reliability::Indicative => "first order in 1/width, reliable to about 20 %",
        Reliability::BeyondFirstOrder => {
            "beyond first order in 1/width: at least this random; sample networks to know more"
        }
    };
    lines.row("by", reliability);
    lines.row("mean E Θ", scaled(r.mean));
    lines.row("std / mean", scaled(r.relative_std));
    lines.row("dispersion E Θ²/(E Θ)²", from_log(r.log_dispersion));
    if let Some([low, high]) = r.log_range {
        lines.row("nine networks of ten", format!("Θ between {} and {} (log-normal)", from_log(low), from_log(high)));
    }
    if r.relative_mean_shift > 0.0 {
        lines.row("mean shift from infinite width", number(r.relative_mean_shift));
    }
}

fn movement_rows(lines: &mut Lines, m: &Movement, target: f64) {
    if m.method == MovementMethod::Constant {
        return;
    }
    let rate = if m.natural_rate { "1/E Θ" } else { "as given" };
    lines.heading(&format!(
        "One gradient step on ½(f − y)², one input, one output, η = {} ({rate}), y = {}",
        scaled(m.learning_rate),
        number(target)
    ));
    let by = match m.method {
        MovementMethod::ExactWithCrossings => "exact derivative, and neurons switching to leading order",
        MovementMethod::ExactWithoutCrossings => {
            "exact derivative; what neurons add by switching is not known here: a lower bound"
        }
        MovementMethod::FirstOrder => "first order in 1/width and in η",
        MovementMethod::FormalFirstOrder => "first order in 1/width at fixed activations: a lower bound",
        MovementMethod::Constant => "",
    };
    lines.row("by", by);
    lines.row("mean ΔΘ / E Θ", scaled(m.mean));
    if let Some(crossings) = m.mean_crossings {
        let fixed = scaled(m.mean_fixed_pattern);
        lines.row("", format!("{fixed} at fixed activations, {} from neurons switching", scaled(crossings)));
    }
    if let Some(rms) = m.rms {
        lines.row("rms ΔΘ / E Θ", scaled(rms));
    }
    if let Some(quadratic) = m.mean_quadratic {
        lines.row("mean of the part in η²", scaled(quadratic));
    }
}

fn advice_rows(lines: &mut Lines, advice: &Advice) {
    lines.heading("Advice");
    let tolerance = number(advice.tolerance);
    if let Some(width) = advice.width {
        lines.row(&format!("width for std/mean ≤ {tolerance}"), format!("{width} in every hidden layer"));
    }
    match advice.depth {
        Some(DepthAdvice::UpTo(depth)) => {
            lines.row(&format!("depth for std/mean ≤ {tolerance}"), format!("depth at most {depth} at this width"));
        }
        Some(DepthAdvice::MoreThan(depth)) => {
            lines
                .row(&format!("depth for std/mean ≤ {tolerance}"), format!("any up to {depth} weight layers and more"));
        }
        None => {}
    }
    if let Some(point) = &advice.edge_of_chaos {
        lines.row("nearest edge of chaos", eoc_words(point));
    }
    for reason in &advice.missing {
        lines.row("not available", reason);
    }
}
