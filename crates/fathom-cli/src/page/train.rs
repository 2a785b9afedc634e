//! The page of `fathom train`.

use fathom_ntk::report::{Part, number, train_parts};
use fathom_ntk::train::{Ending, TrainReport};

use super::document::{Page, Tone};
use super::references::{JACOT, LEE_LINEAR, ST_ARNAUD};
use super::story::{Meaning, Story};
use crate::plot::{Figure, described};

const MEANINGS: &[Meaning] = &[
    (
        "Training of a finite network",
        "One network of finite width, drawn with a seed and trained by gradient descent, with its empirical kernel Θ watched on the \
         way: the inner products of its gradients at some inputs. If Θ stays as it was at the start, training is that of a linear \
         model, and NTK theory describes it.",
    ),
    (
        "Along the way",
        "The drift |Θ − Θ₀|/|Θ₀| is the distance of the kernel from the initial one in the Frobenius norm. The alignment with Θ₀ is \
         the cosine of the angle between both matrices: a kernel that only grows keeps an alignment of 1, one that turns learns \
         features. The alignment with the labels says how much of Θ points along the classes: it grows where the network learns \
         what distinguishes them.",
    ),
    (
        "From the first to the last record",
        "What training did to the kernel as a whole, and to the layers: by how much of themselves the weights moved, and how many \
         neurons changed sign. Wide networks in the NTK regime fit their data with small movements of all weights.",
    ),
    (
        "Beside",
        "The same training by theory: the network linearised at its initial weights, and infinitely wide networks. Where all agree, \
         the network is in the NTK regime.",
    ),
];

/// What was trained, with what each number means.
///
/// # Arguments
/// * `beside`: what theory says of the same training.
pub(crate) fn training_page(
    report: &TrainReport,
    source: &str,
    beside: Vec<Part>,
    figure: Option<Figure>,
    command: &str,
) -> Page {
    let [network, law] = described(&report.architecture);
    let drift = report.records.last().and_then(|record| record.kernel?.drift);
    let (tone, answer) = match (report.ending, drift) {
        (Ending::Diverged { .. }, _) => (Tone::Bad, "Training diverged.".into()),
        _ if report.records.last().is_none_or(|record| record.step == 0) => {
            (Tone::Neutral, "No step was made: nothing is known of the kernel in training.".into())
        }
        (_, Some(drift)) => {
            let (tone, word) = match drift {
                drift if drift <= 0.1 => (Tone::Good, "hardly moved: NTK theory describes this training"),
                drift if drift <= 0.5 => (Tone::Doubtful, "moved, so that NTK theory is a rough description"),
                _ => (Tone::Bad, "moved away: NTK theory does not describe this training"),
            };
            (tone, format!("The kernel {word}. Its relative change is {}.", number(drift)))
        }
        _ => (Tone::Neutral, "The network was trained; its kernel was not watched.".into()),
    };
    let parameters = vec![
        ["network".into(), network.clone()],
        ["law of the weights".into(), law],
        ["data".into(), source.into()],
        ["optimizer".into(), report.options.optimizer.to_string()],
        ["learning rate".into(), report.learning_rate.to_string()],
        ["seed".into(), report.options.seed.to_string()],
    ];
    Story::new(format!("Training of {network}"), tone, answer, MEANINGS)
        .parts(train_parts(report, source))
        .parts(beside)
        .figure(
            "Loss and kernel",
            "Loss and accuracy against steps, and what becomes of the kernel meanwhile.",
            figure,
            "Loss, accuracy, drift and alignment of the kernel against steps of training.",
        )
        .finish(command, parameters, vec![&JACOT, &LEE_LINEAR, &ST_ARNAUD])
}
