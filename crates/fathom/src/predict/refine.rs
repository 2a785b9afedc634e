//! Regression with a kernel that is exact but slow, by way of one that is fast but rounded.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::conjugate::{Descent, STAGNANT, Settled, System, check};
use super::error::check_length;
use super::{ConjugateOptions, KernelOperator, Preconditioner, PredictError, Progress, Regression};

/// The share of what is allowed in the end that the fast kernel may leave.
const MARGIN: f64 = 0.3;
/// The least and the most that one correction asks of the fast kernel.
const REDUCTION: [f64; 2] = [1e-12, 0.1];

/// Where a refinement is, to the bit: what is needed to go on from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Iterate {
    /// α so far, without the correction under way.
    coefficients: Vec<f64>,
    /// $y - (K + \rho)\alpha$ with the exact kernel; none before it is computed.
    residual: Option<Vec<f64>>,
    /// The largest relative residual of the correction before.
    reached: Option<f64>,
    /// Residuals computed with the exact kernel.
    corrections: usize,
    /// Steps of all corrections before this one.
    iterations: usize,
    /// The correction under way.
    descent: Option<Descent>,
}

impl Iterate {
    /// The beginning: $\alpha = 0$.
    ///
    /// # Arguments
    /// * `targets`: $n \times k$, row after row.
    pub fn new(targets: &[f64]) -> Self {
        Self {
            coefficients: vec![0.0; targets.len()],
            residual: Some(targets.to_vec()),
            reached: None,
            corrections: 0,
            iterations: 0,
            descent: None,
        }
    }

    /// $y - (K + \rho)\alpha$ at the end, with the exact kernel.
    pub(super) fn into_residual(self) -> Option<Vec<f64>> {
        self.residual
    }

    /// Steps done.
    pub fn iterations(&self) -> usize {
        self.iterations + self.descent.as_ref().map_or(0, |descent| descent.iterations)
    }
}

/// Solves $(K + \rho)\alpha = y$ to a residual that is true of `exact`, by conjugate gradients with `fast`.
///
/// Iterative refinement: what `fast` has found is put into the equation of `exact`, and what is left of the targets becomes
/// the targets of the next correction. Each correction multiplies the residual by about $|K_{fast} - K|/\rho$, so that two
/// or three products with the exact kernel suffice. Source: Wilkinson (1963), Rounding Errors in Algebraic Processes, chapter
/// 3; conjugate gradients as in [`conjugate_gradients`](super::conjugate_gradients).
///
/// # Arguments
/// * `targets`: $n \times k$, row after row.
/// * `iterate`: [`Iterate::new`], or one from an earlier run with the same kernels, preconditioner and options, from which it
///   continues with the same bits; it holds where the iteration ends.
/// * `watch`: called before each step; `Break` stops.
///
/// # Errors
/// Those of conjugate gradients; [`PredictError::NotConverged`] where the kernels differ too much for the ridge.
///
/// # Accuracy and cost
/// The residuals reported are those of `exact`, computed from α. One product with `exact` a correction, one with `fast` a
/// step; $8 n k$ numbers.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use fathom_ntk::predict::{ConjugateOptions, DenseKernel, Iterate, refine};
/// let (exact, fast) = ([2.0, 1.0, 1.0, 2.0], [2.001, 1.0, 1.0, 1.999]);
/// let (exact, fast) = (DenseKernel::new(&exact)?, DenseKernel::new(&fast)?);
/// let mut iterate = Iterate::new(&[3.0, 0.0]);
/// let go_on = |_, _: &Iterate| ControlFlow::Continue(());
/// let options = ConjugateOptions::default();
/// let solution = refine(&exact, &fast, &[3.0, 0.0], 1, None, options, &mut iterate, go_on)?;
/// assert!((solution.coefficients[0] - 2.0).abs() < 1e-9 && solution.converged);
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
#[expect(clippy::too_many_arguments, reason = "two kernels, one system, one state")]
pub fn refine(
    exact: &dyn KernelOperator,
    fast: &dyn KernelOperator,
    targets: &[f64],
    outputs: usize,
    preconditioner: Option<&Preconditioner>,
    options: ConjugateOptions,
    iterate: &mut Iterate,
    mut watch: impl FnMut(Progress, &Iterate) -> ControlFlow<()>,
) -> Result<Regression, PredictError> {
    check(exact, targets, outputs, Some(&iterate.coefficients), options)?;
    check_length("the fast kernel (training inputs)", exact.size(), fast.size())?;
    let whole = System::new(exact, targets.to_vec(), outputs, options.ridge, options.tolerance);
    loop {
        let residual = match iterate.residual.take() {
            Some(residual) => residual,
            None => {
                iterate.corrections += 1;
                whole.residual(&iterate.coefficients)?
            }
        };
        let residuals = whole.relative(&residual);
        let worst = residuals.iter().copied().fold(0.0, f64::max);
        if worst <= options.tolerance {
            iterate.residual = Some(residual);
            return Ok(regression(iterate, residuals, true));
        }
        if iterate.descent.is_none() {
            if iterate.reached.is_some_and(|reached| worst > STAGNANT * reached) {
                return Err(PredictError::NotConverged { iterations: iterate.iterations, residual: worst });
            }
            iterate.reached = Some(worst);
        }
        let reduction = (MARGIN * options.tolerance / worst).clamp(REDUCTION[0], REDUCTION[1]);
        let part = System::new(fast, residual.clone(), outputs, options.ridge, reduction);
        iterate.residual = Some(residual);
        let state = match iterate.descent.take() {
            Some(descent) => descent,
            None => Descent::new(&part, None)?,
        };
        iterate.descent = Some(state);
        if correct(&part, preconditioner, options, worst, iterate, &mut watch)?.is_break() {
            return Ok(regression(iterate, residuals, false));
        }
    }
}

/// One correction; α holds it when it is complete.
fn correct(
    part: &System<'_>,
    preconditioner: Option<&Preconditioner>,
    options: ConjugateOptions,
    worst: f64,
    iterate: &mut Iterate,
    watch: &mut impl FnMut(Progress, &Iterate) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, PredictError> {
    while let Some(descent) = &mut iterate.descent {
        let done = match part.settle(descent)? {
            Settled::Yes(_) => true,
            // All that the rounding of the fast kernel's products allows.
            Settled::Stagnant(residual) if residual < REDUCTION[1] => true,
            Settled::Stagnant(residual) => {
                return Err(PredictError::NotConverged {
                    iterations: iterate.iterations(),
                    residual: residual * worst,
                });
            }
            Settled::No => false,
        };
        if done {
            let Descent { solution, iterations, .. } = &*descent;
            iterate.coefficients.iter_mut().zip(solution).for_each(|(a, e)| *a += e);
            iterate.iterations += iterations;
            iterate.descent = None;
            iterate.residual = None;
            break;
        }
        let residual = part.largest(&descent.residual) * worst;
        let progress = Progress { iterations: iterate.iterations(), corrections: iterate.corrections, residual };
        if watch(progress, iterate).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        if iterate.iterations() >= options.max_iterations {
            return Err(PredictError::NotConverged { iterations: iterate.iterations(), residual });
        }
        if let Some(descent) = &mut iterate.descent {
            part.step(descent, preconditioner)?;
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn regression(iterate: &Iterate, residuals: Vec<f64>, converged: bool) -> Regression {
    Regression {
        coefficients: iterate.coefficients.clone(),
        iterations: iterate.iterations(),
        corrections: iterate.corrections,
        residuals,
        converged,
    }
}
