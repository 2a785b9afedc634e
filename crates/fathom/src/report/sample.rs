//! Simulations in words.

use super::format::{Lines, describe, number, scaled};
use crate::analysis::sampled::{Deviation, ObservableReport, SampleReport, Source};
use crate::statistics::Estimate;

/// Observables up to which each has a paragraph of its own.
const FEW: usize = 3;

/// A simulation beside the theory, as text.
///
/// # Arguments
/// * `source`: where the inputs come from.
pub fn sample_text(report: &SampleReport, source: &str) -> String {
    let mut lines = Lines::default();
    lines.heading("The NTK Θ of random networks");
    describe(&mut lines, &report.architecture);
    lines.row("inputs", source);
    let norms: Vec<String> = report.sq_norms.iter().take(8).map(|n| number(*n)).collect();
    let more = if report.sq_norms.len() > 8 { ", …" } else { "" };
    lines.row("squared norms |x|²", format!("{}{more}", norms.join(", ")));
    lines.row("networks drawn", format!("{}, {} sampler, seed {}", report.draws, report.method, report.seed));
    if let Some(step) = report.first_step {
        let loss = format!("on ½(f − y)² at input 0, y = {}", number(step.target));
        lines.row("first gradient step", format!("{loss}; real step of size η = {}", number(step.step)));
    }
    if report.observables.len() <= FEW {
        report.observables.iter().for_each(|observable| paragraph(&mut lines, observable));
    } else {
        table(&mut lines, &report.observables);
    }
    if let Some(covariances) = &report.covariances {
        lines.heading("Covariances (± standard errors in the JSON form)");
        for (name, row) in covariances.names.iter().zip(&covariances.matrix) {
            let entry = |e: &Option<Estimate>| e.map_or("?".into(), |e| scaled(e.value));
            lines.row(name, row.iter().map(entry).collect::<Vec<_>>().join("  "));
        }
    }
    lines.finish()
}

/// The value and its standard error to the digits that the error leaves.
fn with_error(estimate: Estimate) -> String {
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
    match deviation.deviation {
        Some(z) => format!("{words} ({} s.e. away)", number((10.0 * z.abs()).round() / 10.0)),
        None => words,
    }
}

fn paragraph(lines: &mut Lines, observable: &ObservableReport) {
    lines.heading(&observable.name);
    if observable.undefined > 0 {
        lines.row("undefined", format!("in {} draws", observable.undefined));
    }
    let quantities = [
        ("mean", observable.mean, &observable.mean_theory),
        ("variance", observable.variance, &observable.variance_theory),
        ("dispersion E Θ²/(E Θ)²", observable.dispersion, &observable.dispersion_theory),
        ("std / mean", observable.relative_std, &Vec::new()),
    ];
    for (label, estimate, theory) in quantities {
        if let Some(estimate) = estimate {
            let words: Vec<String> =
                std::iter::once(with_error(estimate)).chain(theory.iter().map(theory_words)).collect();
            lines.row(label, words.join(";  "));
        }
    }
    if let Some([low, _, median, _, high]) = observable.quantiles {
        let words = [low, median, high].map(|quantile| scaled(quantile.value));
        lines.row("5 %, 50 %, 95 % of networks", format!("below {}, {}, {}", words[0], words[1], words[2]));
    }
    if let Some((mean, variance)) = observable.log_moments {
        lines.row("logarithm", format!("mean {}, variance {}", number(mean), number(variance)));
    }
    for warning in &observable.warnings {
        lines.row("warning", warning.to_string());
    }
}

fn table(lines: &mut Lines, observables: &[ObservableReport]) {
    lines.heading("Observable                        mean ± standard error; theory");
    for observable in observables {
        let mean = observable.mean.map_or("undefined".into(), with_error);
        let words: Vec<String> = std::iter::once(mean)
            .chain(observable.mean_theory.iter().map(theory_words))
            .chain(observable.relative_std.map(|e| format!("std/mean {}", scaled(e.value))))
            .collect();
        lines.row(&observable.name, words.join(";  "));
    }
    let warned: Vec<&ObservableReport> = observables.iter().filter(|o| !o.warnings.is_empty()).collect();
    if let Some(first) = warned.first() {
        let of = if warned.len() > 1 {
            format!("{} and {} others", first.name, warned.len() - 1)
        } else {
            first.name.clone()
        };
        let words: Vec<String> = first.warnings.iter().map(ToString::to_string).collect();
        lines.row("warning", format!("{of}: {}", words.join("; ")));
    }
}
