//! The pages of networks of finite width: drawn at random, given, or judged by draws.

use fathom_ntk::analysis::sampled::SampleReport;
use fathom_ntk::analysis::verdict::BlocksVerdict;
use fathom_ntk::report::{Part, blocks_verdict_parts, sample_parts};
use fathom_ntk::spec::AnyNetwork;

use super::document::{Answer, Page, Tone};
use super::references::{BEYOND, HANIN_NICA, JACOT, TRUST};
use super::story::{Meaning, Story};
use super::verdict::answer;
use crate::plot::{Figure, blocks_verdict_figure};

const SAMPLED: &[Meaning] = &[
    (
        "The NTK Θ of random networks",
        "Every draw of the weights has its own kernel Θ(x, x′), the inner product of the gradients of the outputs at two inputs. \
         Networks were drawn, and what is below is estimated from them; ± is one standard error of the estimate, which says how far \
         another run with other draws may differ.",
    ),
    (
        "Observables",
        "One row for each quantity that was recorded: its mean over networks, its standard deviation relative to the mean, and what \
         theory says of the mean, with the distance in standard errors. Distances of two or three occur by chance among many rows.",
    ),
    (
        "ntk",
        "The mean is close to the kernel of infinite width if theory holds. The dispersion E Θ²/(E Θ)² is 1 for a kernel that is the same \
         for all initialisations, and 2 for one whose standard deviation equals its mean. Where single draws dominate, a warning says \
         so, and the logarithm of Θ is the better summary.",
    ),
];

const GIVEN: &[Meaning] = &[
    (
        "Empirical NTK",
        "The kernel of one network: Θ(x, x′) is the inner product of the gradients of its outputs with respect to all of its \
         parameters. Its eigenvalues are the speeds at which gradient descent fits the directions of the data, as long as the kernel \
         stays what it is; the effective rank counts the directions that are fast.",
    ),
    (
        "Against the kernel",
        "What the network would have if all of its layers were infinitely wide. The relative distance is that of the matrices; the \
         alignment, the cosine between them, does not see their scale.",
    ),
];

const JUDGED: &[Meaning] = &[
    (
        "Findings",
        "NTK theory takes the kernel to be one fixed matrix. That holds if it hardly depends on the draw of the weights and hardly \
         changes in training, and it is of use if gradient descent fits data in a number of steps that one can make.",
    ),
    (
        "Randomness",
        "How much the kernel at the typical input differs between initialisations. NTK theory takes it to be one number.",
    ),
    (
        "One gradient step",
        "Each of the drawn networks made a real step that would bring its output to the target if its kernel did not move. Where \
         the kernel changes by a good part of itself, the network learns features, and its kernel after training is another one.",
    ),
    (
        "Kernel",
        "The kernel of infinite width on the data. The ratio of its eigenvalues says how many steps gradient descent takes.",
    ),
];

/// What was found of networks that were drawn.
pub(crate) fn sample_page(report: &SampleReport, figure: Option<Figure>, command: &str, source: &str) -> Page {
    let answer = format!(
        "{} networks were drawn. What their kernels have in common, and how they differ, is below.",
        report.draws
    );
    let (meaning, caption) = match report.architecture {
        AnyNetwork::Layers(_) => (
            "Above: the dispersion if the network had fewer layers, drawn points beside what is known. Below: Θ(x, x) over all \
             networks drawn, relative to its mean.",
            "Dispersion against depth, and the distribution of Θ(x, x).",
        ),
        AnyNetwork::Blocks(_) => (
            "Θ(x, x) over all networks drawn, relative to its mean, beside the kernel of infinite width where that is known.",
            "The distribution of Θ(x, x).",
        ),
    };
    Story::new("The NTK of random networks".into(), Tone::Neutral, answer, SAMPLED)
        .parts(sample_parts(report, source))
        .figure("The distribution", meaning, figure, caption)
        .finish(command, vec![["inputs".into(), source.into()]], vec![&JACOT, &HANIN_NICA, &BEYOND])
}

/// What was found of the kernel of one network.
pub(crate) fn empirical_page(parts: Vec<Part>, command: &str, source: &str) -> Page {
    let answer = "The kernel of this network, its spectrum, and how far it is from that of infinite width.";
    Story::new("Empirical NTK".into(), Tone::Neutral, answer, GIVEN).parts(parts).finish(
        command,
        vec![["inputs".into(), source.into()]],
        vec![&JACOT, &TRUST],
    )
}

/// The verdict on a network of blocks.
pub(crate) fn blocks_verdict_page(verdict: &BlocksVerdict, source: &str, command: &str) -> Page {
    let Answer { tone, text } = answer(verdict.class);
    Story::new("Does NTK theory describe this network of blocks?".into(), tone, text, JUDGED)
        .figure(
            "The answer in three numbers",
            "The randomness of the kernel, its movement in training, and the steps to fit data.",
            Some(blocks_verdict_figure(verdict)),
            "Each number against its limits: below the dashed line it is fine, beyond the solid one bad.",
        )
        .parts(blocks_verdict_parts(verdict, source))
        .finish(command, vec![["inputs".into(), source.into()]], vec![&JACOT, &HANIN_NICA, &BEYOND, &TRUST])
}
