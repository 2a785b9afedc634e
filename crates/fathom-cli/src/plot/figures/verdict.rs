//! The findings of a verdict, each against its two thresholds.

use fathom_ntk::analysis::verdict::{BlocksVerdict, Class, Finding, Level, Question, Verdict};
use fathom_ntk::report::{composition_words, number};

use super::depths::{subtitle, title};
use crate::plot::figure::{At, Axis, Figure, Mark, Panel, Scale};
use crate::plot::style::{Colour, Dash};

/// One bar for each finding on a fully connected network.
pub(crate) fn verdict_figure(verdict: &Verdict) -> Figure {
    let arch = &verdict.architecture;
    figure(verdict.class, &verdict.findings, &title(arch), subtitle(arch))
}

/// One bar for each finding on a network of blocks.
pub(crate) fn blocks_verdict_figure(verdict: &BlocksVerdict) -> Figure {
    let [network, blocks, law] = composition_words(&verdict.architecture);
    figure(verdict.class, &verdict.findings, &network, format!("{law}; {blocks}"))
}

fn figure(class: Class, findings: &[Finding], network: &str, subtitle: String) -> Figure {
    let class = match class {
        Class::InRegime => "NTK theory describes this network",
        Class::InRegimeUntrainable => "NTK theory describes this network, which cannot be trained",
        Class::Borderline => "Borderline",
        Class::Outside => "NTK theory does not describe this network",
    };
    Figure {
        // The network may have a long list of widths, of which the end is cut.
        title: format!("{class}: {network}"),
        subtitle,
        panels: findings.iter().map(panel).collect(),
        columns: 1,
    }
}

fn panel(finding: &Finding) -> Panel {
    let (question, quantity) = match finding.question {
        Question::Random => ("How random is the kernel?", "std Θ / E Θ over initialisations"),
        Question::Moves => ("How far does a gradient step move it?", "relative change of Θ in one step"),
        Question::Trainable => ("Can gradient descent fit data?", "gradient steps to fit a typical direction"),
    };
    let level = match finding.level {
        Level::Good => "good",
        Level::Borderline => "borderline",
        Level::Bad => "bad",
        Level::Unknown => "unknown",
    };
    let answer = match (finding.value, &finding.unknown_because) {
        (Some(value), _) => format!("{}, {level}", number(value)),
        (None, Some(reason)) => format!("not known: {reason}"),
        (None, None) => format!("beyond all bounds, {level}"),
    };
    let (within, outside) = (finding.threshold.within.log10(), finding.threshold.outside.log10());
    let reach = (outside - within).max(0.5);
    let mut ends = [within - 2.0 * reach, outside + 2.0 * reach];
    if let Some(value) = finding.value.filter(|v| *v > 0.0).map(f64::log10) {
        ends = [ends[0].min(value - 0.5), ends[1].max(value + 0.5)];
    }
    let zone = |from: f64, to: f64, colour| Mark::Band {
        label: String::new(),
        colour,
        edges: vec![[from, 0.0, 1.0], [to, 0.0, 1.0]],
    };
    let mut marks =
        vec![zone(within, outside, Colour::ORANGE.tint(0.25)), zone(outside, ends[1], Colour::VERMILLION.tint(0.35))];
    let length = match (finding.value, finding.level) {
        (Some(value), _) => Some(value.log10()),
        (None, Level::Bad) => Some(ends[1]),
        (None, _) => None,
    };
    if let Some(length) = length {
        marks.push(Mark::Band {
            label: String::new(),
            colour: Colour::BLUE,
            edges: vec![[ends[0], 0.25, 0.75], [length.max(ends[0]), 0.25, 0.75]],
        });
    }
    let line = |label: String, dash, at| Mark::Reference { label, colour: Colour::BLACK, dash, at: At::X(at) };
    marks.push(line(format!("fine up to {}", number(finding.threshold.within)), Dash::Dashed, within));
    marks.push(line(format!("bad from {}", number(finding.threshold.outside)), Dash::Solid, outside));
    Panel {
        heading: format!("{question} {answer}"),
        x: Axis::new(quantity, Scale::Log).over(ends[0], ends[1]),
        y: Axis::new("", Scale::Hidden).over(0.0, 1.0),
        height: 64.0,
        marks,
    }
}
