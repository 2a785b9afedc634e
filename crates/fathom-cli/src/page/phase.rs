//! The page of `fathom phase`.

use fathom_ntk::analysis::{Phase, PhaseReport};
use fathom_ntk::report::{Part, number, phase_parts};

use super::document::{Page, Tone};
use super::references::{HAYOU_EDGE, POOLE, SCHOENHOLZ, XIAO};
use super::story::{Meaning, Story};
use crate::plot::Figure;

const MEANINGS: &[Meaning] = &[
    (
        "Phase",
        "In an infinitely wide network the pre-activations of one input are normal with a variance q, and those of two inputs have \
         a correlation c. Each layer maps both. The variance settles at a fixed point q* where there is a stable one, approached by the factor λ_q a \
         layer. \
         The slope χ₁ of the map of correlations at c = 1 then says what becomes of two inputs that are nearly alike: if χ₁ < 1 they \
         become alike (ordered), if χ₁ > 1 at a fixed point of the variance they part until their correlation is c* (chaotic). Where \
         the variance has no such point, as of ReLU with large weights, it grows or vanishes, and correlations may tend to 1 all the \
         same. χ₁ is also the factor by which the \
         squared gradient changes a layer, so that gradients vanish in the one phase and explode in the other. The depth scales are \
         the layers in which a difference falls by a factor e: −1/ln χ₁ for correlations, −1/ln |λ_q| for norms. Networks that are \
         several depth scales deep have forgotten what they could have told apart.",
    ),
    (
        "Fixed points",
        "Where the map of the variance crosses the diagonal. It settles at a stable point; which one may depend on the norm of the \
         input.",
    ),
    (
        "Edge of chaos",
        "Variances at which χ₁ = 1: between order and chaos, where correlations change like a power of the depth instead of \
         exponentially, and gradients keep their size. Deep networks are initialised there.",
    ),
];

/// What was found, with what each number means.
///
/// # Arguments
/// * `edge`: what is known of the edge of chaos.
pub(crate) fn phase_page(report: &PhaseReport, edge: Vec<Part>, figure: Option<Figure>, command: &str) -> Page {
    let (tone, answer) = match report.phase {
        Phase::Ordered => (Tone::Doubtful, "Ordered: with depth, all inputs become alike."),
        Phase::Critical => (Tone::Good, "Edge of chaos: signals and gradients keep their size with depth."),
        Phase::Chaotic => (Tone::Bad, "Chaotic: with depth, gradients explode and nearby inputs become unrelated."),
        Phase::Divergent => (Tone::Bad, "Divergent: the variance grows without bound."),
        Phase::Collapsing => (Tone::Bad, "Collapsing: the variance goes to zero."),
    };
    let [weight_var, bias_var] = [report.weight_var, report.bias_var].map(number);
    let title = format!("Phase of {} networks at σ_w² = {weight_var}, σ_b² = {bias_var}", report.activation);
    let parameters = vec![
        ["activation".into(), report.activation.clone()],
        ["weight variance σ_w²".into(), report.weight_var.to_string()],
        ["bias variance σ_b²".into(), report.bias_var.to_string()],
    ];
    Story::new(title, tone, answer, MEANINGS)
        .parts(phase_parts(report))
        .parts(edge)
        .figure(
            "Where the network lies",
            "The plane of both variances with its phases. The curve, where there is one, is the edge of chaos; the mark is this network.",
            figure,
            "Phases over weight and bias variance.",
        )
        .finish(command, parameters, vec![&POOLE, &SCHOENHOLZ, &HAYOU_EDGE, &XIAO])
}
