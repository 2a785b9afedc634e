//! Choosing a network by what its kernel makes of the training data.

use serde::Serialize;

use super::{PredictError, Ridge, Scores, SpectralFit, Targets};

/// What the best candidate is best at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// Smallest leave-one-out error.
    #[default]
    LeaveOneOut,
    /// Largest leave-one-out accuracy, then smallest error.
    Accuracy,
    /// Largest marginal likelihood.
    MarginalLikelihood,
}

/// One candidate with one ridge.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate<T> {
    /// The network.
    pub network: T,
    /// The ridge asked for.
    pub ridge: Ridge,
    /// Its scores, or why there are none.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Scores, or why there are none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What came out.
    Scores(Scores),
    /// Why not.
    NotAvailable(String),
}

impl Outcome {
    /// The scores, if there are any.
    pub fn scores(&self) -> Option<&Scores> {
        match self {
            Self::Scores(scores) => Some(scores),
            Self::NotAvailable(_) => None,
        }
    }

    /// Why there are none.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Scores(_) => None,
            Self::NotAvailable(reason) => Some(reason),
        }
    }
}

/// A grid of candidates, and the best of them.
#[derive(Clone, Debug, Serialize)]
pub struct Selection<T> {
    /// What the best is best at.
    pub criterion: Criterion,
    /// Every network with every ridge, in this order.
    pub candidates: Vec<Candidate<T>>,
    /// Position of the best; `None` if none has scores.
    pub best: Option<usize>,
}

/// Scores every network with every ridge; one eigendecomposition a network.
///
/// # Arguments
/// * `networks`: whatever `kernel` understands.
/// * `kernel`: the training kernel of a network, $n \times n$, or why there is none.
/// * `classes`: of the training inputs, for accuracies.
/// * `watch`: called before each network with its position, and again where a network has no kernel; `false` stops, and
///   then a network without kernel is none of the candidates: it was not judged.
///
/// # Errors
/// [`PredictError`] if targets and kernels do not fit, or a ridge is out of range. A network without kernel, or whose kernel
/// is singular, is a candidate without scores.
///
/// # Example
/// ```
/// use fathom_ntk::predict::{Criterion, Distinct, Ridge, Targets, select};
/// let targets = Targets::new(&[1.0, 2.0], 1, &Distinct::all(2))?;
/// let kernel = |c: &f64| Ok::<_, String>(vec![1.0, *c, *c, 1.0]);
/// let ridges = [Ridge::Absolute(0.0)];
/// let found = select(&[0.0, 0.5, 1.0], kernel, &targets, None, &ridges, Criterion::LeaveOneOut, |_| true)?;
/// // Without correlation both residuals are the targets; equal inputs are singular.
/// assert_eq!(found.best, Some(1));
/// assert!(found.candidates[2].outcome.scores().is_none());
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
pub fn select<T: Clone, E: std::fmt::Display>(
    networks: &[T],
    kernel: impl Fn(&T) -> Result<Vec<f64>, E>,
    targets: &Targets,
    classes: Option<&[usize]>,
    ridges: &[Ridge],
    criterion: Criterion,
    mut watch: impl FnMut(usize) -> bool,
) -> Result<Selection<T>, PredictError> {
    let mut candidates = Vec::with_capacity(networks.len() * ridges.len());
    for (position, network) in networks.iter().enumerate() {
        if !watch(position) {
            break;
        }
        let fit = match kernel(network) {
            Ok(entries) => match SpectralFit::new(&entries, targets) {
                Ok(fit) => Ok(fit),
                Err(error @ PredictError::Length { .. }) => return Err(error),
                Err(error) => Err(error.to_string()),
            },
            Err(_) if !watch(position) => break,
            Err(reason) => Err(reason.to_string()),
        };
        for &ridge in ridges {
            let outcome = match &fit {
                Ok(fit) => match fit.scores(ridge, classes) {
                    Ok(scores) => Outcome::Scores(scores),
                    Err(error @ (PredictError::Length { .. } | PredictError::OutOfRange { .. })) => return Err(error),
                    Err(error) => Outcome::NotAvailable(error.to_string()),
                },
                Err(reason) => Outcome::NotAvailable(reason.clone()),
            };
            candidates.push(Candidate { network: network.clone(), ridge, outcome });
        }
    }
    let mut selection = Selection { criterion, candidates, best: None };
    let scored = (0..selection.candidates.len()).filter(|&i| selection.candidates[i].outcome.scores().is_some());
    selection.best = scored.min_by(|&a, &b| selection.compare(a, b));
    Ok(selection)
}

impl<T> Selection<T> {
    /// Orders two candidates by their positions, the better first; those without scores are last.
    pub fn compare(&self, a: usize, b: usize) -> std::cmp::Ordering {
        let of = |i: usize| self.candidates.get(i).and_then(|c| c.outcome.scores());
        match (of(a), of(b)) {
            (Some(first), Some(second)) => merit(first, second, self.criterion).then(a.cmp(&b)),
            (first, second) => second.is_some().cmp(&first.is_some()).then(a.cmp(&b)),
        }
    }
}

/// The better of two is the less.
fn merit(a: &Scores, b: &Scores, criterion: Criterion) -> std::cmp::Ordering {
    let error = a.loo_error.total_cmp(&b.loo_error);
    match criterion {
        Criterion::LeaveOneOut => error,
        Criterion::Accuracy => {
            let of = |scores: &Scores| scores.loo_accuracy.unwrap_or(0.0);
            of(b).total_cmp(&of(a)).then(error)
        }
        Criterion::MarginalLikelihood => b.log_marginal_likelihood.total_cmp(&a.log_marginal_likelihood),
    }
}
