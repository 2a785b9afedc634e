//! Kernel regression on many inputs by conjugate gradients.

use std::ops::ControlFlow;

use serde::Serialize;

use super::error::{check_finite, check_length};
use super::{KernelOperator, Preconditioner, PredictError};

/// An output whose residual is this far below the tolerance is not improved any further.
const DONE: f64 = 0.1;
/// True residuals that shrink by less than this between two checks do not shrink any more.
const STAGNANT: f64 = 0.5;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ConjugateOptions {
    /// ρ, in the kernel's units.
    pub ridge: f64,
    /// Largest allowed $|y - (K + \rho)\alpha|/|y|$ of every right-hand side.
    pub tolerance: f64,
    /// Most steps.
    pub max_iterations: usize,
}

impl Default for ConjugateOptions {
    fn default() -> Self {
        Self { ridge: 0.0, tolerance: 1e-10, max_iterations: 1000 }
    }
}

/// Where an iteration is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// Steps done.
    pub iterations: usize,
    /// Largest relative residual over the right-hand sides.
    pub residual: f64,
}

/// Solution of $(K + \rho)\alpha = y$.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Regression {
    /// α, $n \times k$; the prediction at $x$ is $K_{xX}\alpha$.
    pub coefficients: Vec<f64>,
    /// Steps.
    pub iterations: usize,
    /// True relative residual of each right-hand side, computed from α.
    pub residuals: Vec<f64>,
    /// Whether every residual is within the tolerance; if not, it was stopped.
    pub converged: bool,
}

/// Solves $(K + \rho)\alpha = y$ for several right-hand sides at once by preconditioned conjugate gradients.
///
/// Each right-hand side has its own step lengths; they share the products with the kernel, which cost most. Source:
/// Hestenes & Stiefel (1952), J. Res. NBS 49, 409.
///
/// # Arguments
/// * `targets`: $n \times k$, row after row.
/// * `start`: α to go on from, or `None` for zero.
/// * `preconditioner`: `None` for none.
/// * `watch`: called after each step; `Break` stops, and the result holds what has been reached.
///
/// # Errors
/// [`PredictError`] for sizes that do not fit, numbers that are not finite, a kernel that is not positive definite, and
/// [`PredictError::NotConverged`] after too many steps, or where rounding leaves a residual above the tolerance: about ε times
/// the condition number.
///
/// # Accuracy and cost
/// The residual reported is computed from α, not updated. A product with the kernel a step, and $O(n k r)$ for a
/// preconditioner of rank $r$; $4 n k$ numbers.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use fathom_ntk::predict::{ConjugateOptions, DenseKernel, conjugate_gradients};
/// let kernel = DenseKernel::new(&[2.0, 1.0, 1.0, 2.0])?;
/// let go_on = |_| ControlFlow::Continue(());
/// let solution = conjugate_gradients(&kernel, &[3.0, 0.0], 1, None, None, ConjugateOptions::default(), go_on)?;
/// assert!((solution.coefficients[0] - 2.0).abs() < 1e-14 && solution.converged);
/// # Ok::<(), fathom_ntk::predict::PredictError>(())
/// ```
pub fn conjugate_gradients(
    kernel: &dyn KernelOperator,
    targets: &[f64],
    outputs: usize,
    start: Option<&[f64]>,
    preconditioner: Option<&Preconditioner>,
    options: ConjugateOptions,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Regression, PredictError> {
    check(kernel, targets, outputs, start, options)?;
    let system = System { kernel, targets, outputs, ridge: options.ridge, norms: squares(targets, targets, outputs) };
    let mut x = start.map_or_else(|| vec![0.0; targets.len()], <[f64]>::to_vec);
    let mut r = system.residual(&x);
    let mut direction = vec![0.0; targets.len()];
    let mut before = vec![0.0; outputs];
    let mut iterations = 0;
    let mut reached = f64::INFINITY;
    loop {
        let relative = system.relative(&r);
        let residual = relative.iter().copied().fold(0.0, f64::max);
        if residual <= options.tolerance {
            // What was updated step by step is checked against what is true.
            r = system.residual(&x);
            let residuals = system.relative(&r);
            if residuals.iter().all(|&v| v <= options.tolerance) {
                return Ok(Regression { coefficients: x, iterations, residuals, converged: true });
            }
            let worst = residuals.into_iter().fold(0.0, f64::max);
            if worst > STAGNANT * reached {
                // Rounding leaves no more than this.
                return Err(PredictError::NotConverged { iterations, residual: worst });
            }
            reached = worst;
            before.fill(0.0);
        }
        if watch(Progress { iterations, residual }).is_break() {
            let residuals = system.relative(&system.residual(&x));
            return Ok(Regression { coefficients: x, iterations, residuals, converged: false });
        }
        if iterations == options.max_iterations {
            return Err(PredictError::NotConverged { iterations, residual });
        }
        let z = preconditioner.map_or_else(|| r.clone(), |p| p.solve(&r, outputs));
        let mut now = squares(&r, &z, outputs);
        // Outputs that are done rest until the others are, far from the end of the range of numbers.
        now.iter_mut().zip(&relative).filter(|(_, r)| **r <= DONE * options.tolerance).for_each(|(now, _)| *now = 0.0);
        for (d, z) in direction.chunks_exact_mut(outputs).zip(z.chunks_exact(outputs)) {
            for k in 0..outputs {
                let keep = if before[k] > 0.0 { now[k] / before[k] } else { 0.0 };
                d[k] = z[k] + keep * d[k];
            }
        }
        before = now;
        system.step(&direction, &before, &mut x, &mut r)?;
        iterations += 1;
    }
}

fn check(
    kernel: &dyn KernelOperator,
    targets: &[f64],
    outputs: usize,
    start: Option<&[f64]>,
    options: ConjugateOptions,
) -> Result<(), PredictError> {
    if outputs == 0 || kernel.size() == 0 {
        return Err(PredictError::NoInputs);
    }
    check_length("the targets (training inputs × outputs)", kernel.size() * outputs, targets.len())?;
    check_finite("the targets", targets)?;
    if let Some(start) = start {
        check_length("the coefficients to start from", targets.len(), start.len())?;
        check_finite("the coefficients to start from", start)?;
    }
    for (name, got, fits) in [
        ("the ridge", options.ridge, options.ridge >= 0.0),
        ("the tolerance", options.tolerance, options.tolerance > 0.0),
    ] {
        if !(got.is_finite() && fits) {
            return Err(PredictError::OutOfRange { name, allowed: "positive and finite", got });
        }
    }
    Ok(())
}

/// Products of the columns of two $n \times k$ matrices.
fn squares(a: &[f64], b: &[f64], outputs: usize) -> Vec<f64> {
    let mut sums = vec![0.0; outputs];
    for (a, b) in a.chunks_exact(outputs).zip(b.chunks_exact(outputs)) {
        sums.iter_mut().zip(a).zip(b).for_each(|((s, a), b)| *s += a * b);
    }
    sums
}

/// The linear system.
struct System<'a> {
    kernel: &'a dyn KernelOperator,
    targets: &'a [f64],
    outputs: usize,
    ridge: f64,
    /// $|y|^2$ of each output.
    norms: Vec<f64>,
}

impl System<'_> {
    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; x.len()];
        self.kernel.apply(x, self.outputs, &mut out);
        out.iter_mut().zip(x).for_each(|(o, x)| *o += self.ridge * x);
        out
    }

    fn residual(&self, x: &[f64]) -> Vec<f64> {
        if x.iter().all(|&v| v == 0.0) {
            return self.targets.to_vec();
        }
        self.targets.iter().zip(self.apply(x)).map(|(y, k)| y - k).collect()
    }

    fn relative(&self, r: &[f64]) -> Vec<f64> {
        let squares = squares(r, r, self.outputs).into_iter().zip(&self.norms);
        squares.map(|(s, n)| if *n == 0.0 { s.sqrt() } else { (s / n).sqrt() }).collect()
    }

    /// One step along the directions.
    fn step(&self, direction: &[f64], energy: &[f64], x: &mut [f64], r: &mut [f64]) -> Result<(), PredictError> {
        let applied = self.apply(direction);
        let curvature = squares(direction, &applied, self.outputs);
        let mut lengths = Vec::with_capacity(self.outputs);
        for (&curvature, &energy) in curvature.iter().zip(energy) {
            if energy == 0.0 {
                lengths.push(0.0);
            } else if curvature > 0.0 && energy.is_finite() {
                lengths.push(energy / curvature);
            } else {
                return Err(PredictError::Indefinite { curvature });
            }
        }
        let rows = x.chunks_exact_mut(self.outputs).zip(r.chunks_exact_mut(self.outputs));
        for (((x, r), d), a) in rows.zip(direction.chunks_exact(self.outputs)).zip(applied.chunks_exact(self.outputs)) {
            for k in 0..self.outputs {
                x[k] += lengths[k] * d[k];
                r[k] -= lengths[k] * a[k];
            }
        }
        Ok(())
    }
}
