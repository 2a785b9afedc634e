//! The pages of `fathom predict` and `fathom select`.

use fathom_ntk::report::Part;

use super::document::{Page, Tone};
use super::references::{ARORA, JACOT, LEE, LEE_LINEAR};
use super::story::{Meaning, Story};
use crate::plot::Figure;

const PREDICTION: &[Meaning] = &[(
    "Prediction",
    "Gradient descent on the squared loss trains an infinitely wide network to f(x) = Θ(x, X)[1 − e^{−tΘ(X, X)}]Θ(X, X)⁻¹y, averaged \
     over initialisations; at infinite time to kernel regression with the NTK Θ. If only the last layer is trained, the kernel is \
     the NNGP Σ, and the answer is the posterior mean of a Gaussian process. A ridge ρ is added to the diagonal: it keeps the error \
     on noisy targets from being fitted. The variance is that over initialisations (NTK), or of the posterior (NNGP).",
)];

const SELECTION: &[Meaning] = &[
    (
        "Networks",
        "Networks are compared by what their kernels make of the training data alone. Leave-one-out: each input is predicted from all \
         others, which one eigendecomposition gives for every ridge. The log marginal likelihood is the probability density of the \
         targets under the Gaussian process with this kernel and the ridge as noise: it prefers the simplest kernel that explains \
         them.",
    ),
    (
        "Leave-one-out",
        "The best candidates first. A ridge “of diagonal” is a share of the mean diagonal entry of the kernel. Scores of the best are \
         a little too good, because it was chosen by them: test on data that were not used here.",
    ),
];

/// What was predicted, with what each number means.
///
/// # Arguments
/// * `title`: the network.
/// * `answer`: in a sentence.
pub(crate) fn prediction_page(
    title: &str,
    answer: String,
    parts: Vec<Part>,
    figure: Option<Figure>,
    command: &str,
    parameters: Vec<[String; 2]>,
) -> Page {
    Story::new(format!("Prediction. {title}"), Tone::Neutral, answer, PREDICTION)
        .parts(parts)
        .figure(
            "The predictions",
            "Along the time of training, errors on the training and test inputs where several times were asked for; and the \
             predictions against the targets of the test inputs: on the line they are equal.",
            figure,
            "Errors against training time, and predictions against targets.",
        )
        .finish(command, parameters, vec![&JACOT, &LEE_LINEAR, &LEE, &ARORA])
}

/// Which network the data prefer, with what each number means.
pub(crate) fn selection_page(
    answer: Option<String>,
    parts: Vec<Part>,
    figure: Option<Figure>,
    command: &str,
    parameters: Vec<[String; 2]>,
) -> Page {
    let tone = if answer.is_some() { Tone::Good } else { Tone::Bad };
    let answer = answer.unwrap_or_else(|| "No candidate has a score.".into());
    Story::new("Which network do the data prefer?".into(), tone, answer, SELECTION)
        .parts(parts)
        .figure(
            "All candidates",
            "The score of every candidate against the ridge: a flat curve is a network for which the ridge does not matter.",
            figure,
            "Scores of the candidates against the ridge.",
        )
        .finish(command, parameters, vec![&JACOT, &LEE, &ARORA])
}
