//! The page of `fathom kernel`.

use fathom_ntk::report::Part;

use super::document::{Page, Tone};
use super::references::{JACOT, LEE};
use super::story::{Meaning, Story};
use crate::plot::Figure;

const MEANINGS: &[Meaning] = &[(
    "Kernel matrix",
    "Entry i, j is the kernel of inputs i and j of an infinitely wide network. The NNGP Σ(x, x′) is the covariance of its outputs \
     over initialisations, a Gaussian process; the NTK Θ(x, x′) is the inner product of its gradients, and does not change in \
     training. Gradient descent reduces the error along an eigenvector of Θ by the factor 1 − ηλ a step, so that the eigenvalues λ \
     are speeds of learning: rates η above 2/λ_max diverge, and the condition number λ_max/λ_min is about the number of steps \
     that the slowest direction needs. A large eigenvalue along the vector of ones means that all inputs look alike to the kernel.",
)];

/// What was found, with what each number means.
///
/// # Arguments
/// * `title`: the network.
/// * `parts`: what is said of the matrix.
/// * `parameters`: of network and inputs.
pub(crate) fn kernel_page(
    title: &str,
    parts: Vec<Part>,
    figure: Option<Figure>,
    command: &str,
    parameters: Vec<[String; 2]>,
) -> Page {
    let size = parts.iter().flat_map(|part| &part.rows).find(|[label, _]| label == "matrix");
    let size = size.map_or(String::new(), |[_, size]| format!(" of {size}"));
    Story::new(format!("Kernel matrix. {title}"), Tone::Neutral, format!("The kernel matrix{size}."), MEANINGS)
        .parts(parts)
        .figure(
            "The matrix",
            "Entries of evenly chosen rows and columns, and the eigenvalues in decreasing order where they were asked for. Blocks \
             along the diagonal are inputs that the kernel holds to be alike.",
            figure,
            "Entries of the kernel matrix, and its eigenvalues.",
        )
        .finish(command, parameters, vec![&JACOT, &LEE])
}
