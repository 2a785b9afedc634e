//! The page of `fathom depth`.

use fathom_ntk::analysis::depth::{DepthClass, DepthReport};
use fathom_ntk::report::{depth_data_parts, depth_parts, depth_rate_words, number};

use super::document::{Page, Tone};
use super::references::{HAYOU_EDGE, JACOT, RATES, ST_ARNAUD, XIAO};
use super::story::{Meaning, Story};
use crate::commands::Compared;
use crate::plot::depth_figure;

const MEANINGS: &[Meaning] = &[
    (
        "Depth",
        "Θ(x, x′) is the neural tangent kernel of an infinitely wide network, Σ(x, x′) the covariance of its outputs at \
         initialisation, and q = Σ(x, x). With depth, the correlation c of two inputs tends to a fixed point; its gap u = 1 − c says \
         how far it is from 1. What a kernel can learn depends on Θ(x, x′) beside Θ(x, x): if their ratio tends to 1, all inputs look \
         alike, if it tends to 0, all look unrelated, and in both cases the data are forgotten. The statement that applies here is \
         named below, with the limit of the ratio, and the rate at which it is reached. Constants: s, ζ, β, γ, η are coefficients of \
         the map of correlations at 1, κ and δ₀ follow from them, and only C, D and ψ depend on the two inputs: they are measured by \
         the recursion.",
    ),
    (
        "Recursion",
        "The exact recursion layer by layer, beside the rate. “Ratio” is Θ(x, x′)/√(Θ(x, x)Θ(x′, x′)), “error” its distance from the \
         limit, and “by the rate” what the formula says of that distance. The residual is what Θ(x, x′)/√(qq′) has beside the leading \
         terms: where a constant δ₀ is known, it tends to it, which tests the formula beyond its leading order.",
    ),
    (
        "Deep networks on data",
        "The kernel matrix of the training inputs, divided by its diagonal, and what kernel regression with it predicts; of \
         images, kernels are means over places. Where the \
         matrix tends to (1 − r)I + r11ᵀ with 0 < r < 1, every test input gets one and the same prediction; where it tends to ones, \
         the small differences that are left decide, and regression becomes ordinary kriging with them; where it tends to the \
         identity, predictions vanish away from the training inputs.",
    ),
    (
        "Distance of the kernel",
        "How far the matrix is from its limit at each depth: largest entry, and root mean square over entries. “From ones” is the \
         distance from the matrix of ones, which the covariance of the outputs (NNGP) reaches on the edge of chaos and in the ordered \
         phase, but the NTK in the ordered phase only.",
    ),
    (
        "Training",
        "Eigenvalues of the kernel matrix on the training inputs. Gradient descent on ½Σ(f − y)² is stable at learning rates below \
         2/λ_max, and needs as many steps as the condition number λ_max/λ_min for the slowest direction to fall by a factor e at half \
         of that. “From limit” is the largest difference of the prediction from that at infinite depth.",
    ),
];

/// Heading, meaning and description of the figure.
const OF_RATE: [&str; 3] = [
    "The rate, tested",
    "The error of the ratio divided by the function of L that the rate names. If the rate is right, the dots of the \
     recursion run into the dashed line, its coefficient; the solid line has the next terms and their constants too.",
    "Error of the ratio over its rate against depth; with data, distances from the limit and eigenvalues below.",
];
/// The same where only data can tell.
const OF_DATA: [&str; 3] = [
    "The data at every depth",
    "How far the kernel is from the matrix of ones, which says that all inputs look alike, and the eigenvalues that rule training: \
     their ratio is the number of steps that the slowest error needs. Every depth is a network of its own.",
    "Distance of the kernel from ones and variance over initialisations against depth; eigenvalues and their ratio below.",
];

/// What was found, with what each number means.
///
/// # Arguments
/// * `source`: where data come from, if there are any.
pub(crate) fn depth_page(compared: &[Compared], source: Option<&str>, command: &str) -> Page {
    let network = compared.first().map_or(String::new(), Compared::words);
    let first = compared.first().and_then(|one| one.pair.as_ref());
    let (tone, text) = answer(compared);
    let mut story = Story::new(format!("What depth does to the kernel: {network}"), tone, text, MEANINGS);
    for one in compared {
        let mut parts = one.pair.as_ref().map(depth_parts).unwrap_or_default();
        if let Some(part) = parts.first_mut().filter(|_| one.place != "given") {
            part.heading = format!("Depth, {}", one.place);
        }
        story = story.parts(parts);
        if let Some(data) = &one.data {
            story = story.parts(depth_data_parts(data, source.unwrap_or_default()));
        }
    }
    let mut parameters = vec![["networks".into(), network]];
    for one in compared {
        let variances = one.variances().map(|[weight_var, bias_var]| format!("{weight_var}, {bias_var}"));
        parameters.extend(variances.map(|variances| [format!("σ_w², σ_b² ({})", one.place), variances]));
    }
    if let Some(pair) = first {
        parameters.push(["ε of “how deep is deep”".into(), number(pair.needed.epsilon)]);
    }
    parameters.extend(source.map(|source| ["inputs".into(), source.into()]));
    let [heading, meaning, shown] = if first.is_some() { OF_RATE } else { OF_DATA };
    story.figure(heading, meaning, depth_figure(compared).ok(), shown).finish(
        command,
        parameters,
        vec![&RATES, &XIAO, &HAYOU_EDGE, &JACOT, &ST_ARNAUD],
    )
}

fn answer(compared: &[Compared]) -> (Tone, String) {
    let [one] = compared else {
        return (Tone::Neutral, "Three phases side by side: ordered, critical and chaotic.".into());
    };
    let Some(pair) = &one.pair else {
        let text = "No limit is known for this padding and ending: the tables have the kernel, training and prediction on the data \
                    depth by depth.";
        return (Tone::Neutral, text.into());
    };
    let tone = match pair.class {
        DepthClass::Ordered | DepthClass::Chaotic => Tone::Bad,
        DepthClass::NotCovered => Tone::Neutral,
        DepthClass::VanishingOdd | DepthClass::ResidualReluInverseDepth | DepthClass::ResidualReluSummable => {
            Tone::Good
        }
        _ => Tone::Doubtful,
    };
    (tone, sentence(pair))
}

fn sentence(pair: &DepthReport) -> String {
    let Some(limit) = pair.ratio_limit else {
        return "No statement about great depth is known for this network: the table shows its recursion.".into();
    };
    let rate =
        pair.rate.as_ref().map_or(String::new(), |rate| format!(", with an error of {}", depth_rate_words(rate)));
    let needed = pair.needed.verified.map(|depth| depth.to_string()).or(pair.needed.predicted.map(number));
    let within = needed.map_or(String::new(), |depth| {
        format!(" It is within {} of that from {depth} layers on.", number(pair.needed.epsilon))
    });
    format!("With depth, Θ(x, x′)/Θ(x, x) tends to {}{rate}.{within}", number(limit))
}
