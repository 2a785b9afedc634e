//! Simulations in words.

use super::format::{Lines, Part, describe_finite, number, scaled};
use crate::analysis::sampled::{Covariances, Deviation, ObservableReport, SampleReport, Source};
use crate::statistics::{Estimate, Moment, TailWarning};

/// Observables up to which each has a paragraph of its own.
const FEW: usize = 3;
/// Most observables in a table; nobody reads more.
const MOST: usize = 300;
/// Most columns of a matrix of covariances.
const MOST_COLUMNS: usize = 7;

/// A simulation beside the theory, as text.
///
/// # Arguments
/// * `source`: where the inputs come from.
pub fn sample_text(report: &SampleReport, source: &str) -> String {
    sample_lines(report, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn sample_parts(report: &SampleReport, source: &str) -> Vec<Part> {
    let mut parts = sample_lines(report, source).parts();
    for part in parts.iter_mut().filter(|part| !part.table.is_empty()) {
        part.heading = "Observables".into();
        // What is in the table is not said twice.
        part.rows.retain(|[label, _]| !part.table.iter().any(|row| row.first() == Some(label)));
    }
    parts
}

fn sample_lines(report: &SampleReport, source: &str) -> Lines {
    let mut lines = Lines::default();
    lines.heading("The NTK Θ of random networks");
    describe_finite(&mut lines, &report.architecture);
    lines.row("inputs", source);
    let norms: Vec<String> = report.sq_norms.iter().take(8).map(|n| number(*n)).collect();
    let more = if report.sq_norms.len() > 8 { ", …" } else { "" };
    lines.row("squared norms |x|²", format!("{}{more}", norms.join(", ")));
    lines.row(
        "networks drawn",
        format!("{}, {} sampler, seed {}; ± is one standard error (s.e.)", report.draws, report.method, report.seed),
    );
    if let Some(step) = report.first_step {
        let loss = format!("on ½(f − y)² at input 0, y = {}", number(step.target));
        lines.row("first gradient step", format!("{loss}; real step of size η = {}", number(step.step)));
        lines.row("update, step", "change of Θ in it for each unit of learning rate: its derivative, a real step");
    }
    if report.observables.len() <= FEW {
        report.observables.iter().for_each(|observable| paragraph(&mut lines, observable));
    } else {
        table(&mut lines, &report.observables);
    }
    if let Some(covariances) = &report.covariances {
        matrix(&mut lines, covariances);
    }
    lines
}

fn matrix(lines: &mut Lines, Covariances { names, matrix }: &Covariances) {
    lines.heading("Covariances (with standard errors in the JSON form)");
    if names.len() > MOST_COLUMNS {
        return lines.row("", format!("{0} × {0}: see the JSON form", names.len()));
    }
    for (name, row) in names.iter().zip(matrix) {
        let entry = |e: &Option<Estimate>| format!("{:>10}", e.map_or("?".into(), |e| scaled(e.value)));
        lines.row(name, row.iter().map(entry).collect::<String>());
    }
}

/// The value and its standard error to the digits that the error leaves.
pub(super) fn with_error(estimate: Estimate) -> String {
    let Some(error) = estimate.standard_error else { return format!("{} ± ?", scaled(estimate.value)) };
    match (estimate.value.to_finite(), error.to_finite()) {
        (Some(value), Some(error)) if error > 0.0 && (1e-4..1e7).contains(&value.abs().max(error)) => {
            let decimals = (1.0 - error.log10().floor()).clamp(0.0, 12.0) as usize;
            format!("{value:.decimals$} ± {error:.decimals$}")
        }
        _ => format!("{} ± {}", scaled(estimate.value), scaled(error)),
    }
}

fn source_words(source: Source) -> &'static str {
    match source {
        Source::Exact => "exact",
        Source::InfiniteWidth => "infinite width",
        Source::FirstOrder => "first order in 1/width",
        Source::LargeWidth => "large width",
    }
}

fn theory_words(deviation: &Deviation) -> String {
    let words = format!("{} {}", source_words(deviation.source), scaled(deviation.value));
    match deviation.deviation.map(f64::abs) {
        Some(z) if z < 1e4 => format!("{words} ({z:.1} s.e. away)"),
        Some(z) => format!("{words} ({} s.e. away)", number(z)),
        None => words,
    }
}

fn undefined_words(observable: &ObservableReport) -> Option<String> {
    match observable.undefined {
        0 => None,
        undefined if observable.draws == 0 => Some(format!("undefined in all {undefined} draws")),
        undefined => Some(format!("undefined in {undefined} of {} draws", undefined + observable.draws)),
    }
}

fn paragraph(lines: &mut Lines, observable: &ObservableReport) {
    lines.heading(&observable.name);
    if let Some(words) = undefined_words(observable) {
        lines.row("", words);
    }
    let is_ntk = observable.name.starts_with("ntk");
    let (dispersion, logarithm) =
        if is_ntk { ("dispersion E Θ²/(E Θ)²", "ln Θ") } else { ("dispersion", "its logarithm") };
    let quantities = [
        ("mean", observable.mean, &observable.mean_theory[..]),
        ("variance", observable.variance, &observable.variance_theory),
        (dispersion, observable.dispersion, &observable.dispersion_theory),
        ("std / mean", observable.relative_std.filter(|std| std.standard_error.is_some()), &[]),
    ];
    for (label, estimate, theory) in quantities {
        let Some(estimate) = estimate else { continue };
        let mut theory = theory.iter().map(theory_words);
        let first = theory.next().map_or(String::new(), |words| format!(";  {words}"));
        lines.row(label, with_error(estimate) + &first);
        theory.for_each(|words| lines.row("", words));
    }
    if let Some([low, _, median, _, high]) = observable.quantiles {
        let words = [low, median, high].map(|quantile| scaled(quantile.value));
        lines.row("quantiles 5 %, 50 %, 95 %", words.join(", "));
    }
    if let Some((mean, variance)) = observable.log_moments {
        lines.row(logarithm, format!("mean {}, variance {}", number(mean), number(variance)));
    }
    warnings(observable).for_each(|words| lines.row("warning", words));
}

/// Warnings, with what holds instead.
fn warnings(observable: &ObservableReport) -> impl Iterator<Item = String> {
    observable.warnings.iter().map(|warning| {
        let theory = match warning.moment() {
            Moment::Mean => &observable.mean_theory,
            _ => &observable.variance_theory,
        };
        let exact = theory.iter().any(|known| known.source == Source::Exact);
        let instead = match warning {
            _ if !exact => "",
            TailWarning::OneDrawDominates { .. } => ", or use the exact value",
            _ => "; use the exact value",
        };
        format!("{warning}{instead}")
    })
}

fn table(lines: &mut Lines, observables: &[ObservableReport]) {
    lines.heading(&table_row("Observable                      ", "mean ± s.e.", "std/mean", "theory of the mean"));
    let mut cells = vec![["observable", "mean ± s.e.", "std / mean", "theory of the mean"].map(String::from).to_vec()];
    for observable in observables.iter().take(MOST) {
        let mean = observable.mean.map_or(String::new(), with_error);
        let relative_std = observable.relative_std.map_or(String::new(), |e| scaled(e.value));
        // The most accurate theory comes last.
        let theory = observable.mean_theory.last().map(theory_words);
        let remarks: Vec<String> = theory.into_iter().chain(undefined_words(observable)).collect();
        lines.row(&observable.name, table_row("", &mean, &relative_std, &remarks.join(";  ")));
        cells.push(vec![observable.name.clone(), mean, relative_std, remarks.join("; ")]);
    }
    lines.keep_table(cells.into_iter());
    if observables.len() > MOST {
        lines.row("…", format!("{} more, in the JSON form", observables.len() - MOST));
    }
    let warned: Vec<&ObservableReport> = observables.iter().filter(|o| !o.warnings.is_empty()).collect();
    if let Some(first) = warned.first() {
        let words: Vec<String> = warnings(first).collect();
        lines.row("warning", format!("{}: {}", first.name, words.join("; ")));
    }
    if warned.len() > 1 {
        lines.row("", format!("{} observables have warnings; all are in the JSON form", warned.len()));
    }
}

fn table_row(name: &str, mean: &str, relative_std: &str, remarks: &str) -> String {
    format!("{name}{}{mean:<18}  {relative_std:<10}{remarks}", if name.is_empty() { "" } else { "  " })
}
