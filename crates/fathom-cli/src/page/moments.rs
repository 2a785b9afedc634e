//! The page of `fathom moments`.

use fathom_ntk::analysis::MomentsReport;
use fathom_ntk::report::{moments_parts, number, scaled};

use super::document::{Page, Tone};
use super::references::{BEYOND, HANIN_NICA, JACOT, ST_ARNAUD};
use super::story::{Meaning, Story};
use crate::plot::{Figure, described};

const MEANINGS: &[Meaning] = &[
    (
        "Moments",
        "The neural tangent kernel Θ(x, x) is the squared norm of the gradient of the output at x. Of a network of finite width it \
         is random: every draw of the weights has its own. These are its mean, its variance and what follows from them, by \
         formulas, not by drawing.",
    ),
    (
        "Exact",
        "For networks of ReLU the first two moments obey a recursion that is exact at any widths. The dispersion E Θ²/(E Θ)² is 1 \
         if all networks have the same kernel. It grows like the exponential of a constant times Σ 1/n_l over hidden layers: depth \
         over width decides, and a wide network that is as deep is as random. ln Θ is nearly normal, which gives the range that nine \
         networks of ten fall into.",
    ),
    ("Limit", "What remains if depth and width grow together at this ratio: the kernel does not become deterministic."),
    (
        "First gradient step",
        "How much one step of gradient descent changes the kernel at its input, divided by the learning rate. In a network whose \
         kernel moves, training is not linear, and its features change.",
    ),
    (
        "First order in 1/width",
        "Corrections of order 1/width to the kernel of infinite width, for any activation: by how much the mean is off, and the \
         variance. They are good while the numbers are small; the row on reliability says how good here.",
    ),
    ("Layer by layer", "What each hidden layer adds to variance and mean: it is divided by the width of that layer."),
    (
        "Two inputs",
        "The same for the kernel between two inputs, Θ(x, x′), and how it varies together with Θ(x, x): if the correlation is near \
         1, the kernel changes from one network to the next mostly by a common factor.",
    ),
];

/// What was found, with what each number means.
pub(crate) fn moments_page(report: &MomentsReport, source: &str, figure: Option<Figure>, command: &str) -> Page {
    let [network, law] = described(&report.architecture);
    let spread = match (report.exact.get(), report.first_order.get()) {
        (Some(exact), _) => Some((exact.relative_std.to_f64(), scaled(exact.relative_std))),
        (None, Some(first)) => Some((first.relative_variance.sqrt(), number(first.relative_variance.sqrt()))),
        _ => None,
    };
    let (tone, answer) = match spread {
        Some((value, words)) => {
            let tone = match value {
                value if value <= 0.1 => Tone::Good,
                value if value <= 0.5 => Tone::Doubtful,
                _ => Tone::Bad,
            };
            (tone, format!("From one initialisation to the next, Θ(x, x) varies by {words} of its mean."))
        }
        None => (Tone::Neutral, "Moments at finite width are not available for this network.".into()),
    };
    let parameters = vec![
        ["network".into(), network.clone()],
        ["law of the weights".into(), law],
        ["inputs".into(), source.into()],
        ["squared norm |x|²".into(), report.sq_norm.to_string()],
    ];
    Story::new(format!("How random is the kernel? {network}"), tone, answer, MEANINGS)
        .parts(moments_parts(report))
        .figure(
            "The spread and the distribution",
            "Above, the dispersion of the kernel if the network had fewer layers; below, its distribution over initialisations.",
            figure,
            "Spread of Θ(x, x) against depth, and its distribution over initialisations.",
        )
        .finish(command, parameters, vec![&HANIN_NICA, &BEYOND, &JACOT, &ST_ARNAUD])
}
