//! Kernel regression on many inputs by conjugate gradients.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::error::{check_finite, check_length};
use super::{KernelOperator, Preconditioner, PredictError};

/// An output whose residual is this far below the tolerance is not improved any further.
const DONE: f64 = 0.1;
/// True residuals that shrink by less than this between two checks do not shrink any more.
pub(super) const STAGNANT: f64 = 0.5;

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
    /// Corrections by the exact kernel done, of [`refine`](super::refine).
    pub corrections: usize,
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
    /// Times that the residual was computed with the exact kernel, of [`refine`](super::refine).
    pub corrections: usize,
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
    let system = System::new(kernel, targets.to_vec(), outputs, options.ridge, options.tolerance);
    let mut descent = Descent::new(&system, start)?;
    loop {
        match system.settle(&mut descent)? {
            Settled::Yes(residuals) => {
                let Descent { solution, iterations, .. } = descent;
                return Ok(Regression {
                    coefficients: solution,
                    iterations,
                    corrections: 0,
                    residuals,
                    converged: true,
                });
            }
            Settled::Stagnant(residual) => {
                return Err(PredictError::NotConverged { iterations: descent.iterations, residual });
            }
            Settled::No => {}
        }
        let Descent { iterations, .. } = descent;
        let residual = system.largest(&descent.residual);
        if watch(Progress { iterations, corrections: 0, residual }).is_break() {
            let residuals = system.relative(&system.residual(&descent.solution)?);
            let coefficients = descent.solution;
            return Ok(Regression { coefficients, iterations, corrections: 0, residuals, converged: false });
        }
        if iterations == options.max_iterations {
            return Err(PredictError::NotConverged { iterations, residual });
        }
        system.step(&mut descent, preconditioner)?;
    }
}

pub(super) fn check(
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
pub(super) struct System<'a> {
    kernel: &'a dyn KernelOperator,
    targets: Vec<f64>,
    outputs: usize,
    ridge: f64,
    tolerance: f64,
    /// $|y|^2$ of each output.
    norms: Vec<f64>,
}

/// Where conjugate gradients are, to the bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Descent {
    pub solution: Vec<f64>,
    /// As it is updated from step to step.
    pub residual: Vec<f64>,
    direction: Vec<f64>,
    /// $r \cdot P^{-1} r$ of each output at the last step.
    before: Vec<f64>,
    pub iterations: usize,
    /// The true residual at the last restart.
    reached: Option<f64>,
}

/// Whether it is done.
pub(super) enum Settled {
    No,
    /// With the true residual of each output.
    Yes(Vec<f64>),
    /// Rounding leaves no less than this.
    Stagnant(f64),
}

impl Descent {
    pub fn new(system: &System<'_>, start: Option<&[f64]>) -> Result<Self, PredictError> {
        let size = system.targets.len();
        let solution = start.map_or_else(|| vec![0.0; size], <[f64]>::to_vec);
        let residual = system.residual(&solution)?;
        let before = vec![0.0; system.outputs];
        Ok(Self { solution, residual, direction: vec![0.0; size], before, iterations: 0, reached: None })
    }
}

impl<'a> System<'a> {
    pub fn new(kernel: &'a dyn KernelOperator, targets: Vec<f64>, outputs: usize, ridge: f64, tolerance: f64) -> Self {
        let norms = squares(&targets, &targets, outputs);
        Self { kernel, targets, outputs, ridge, tolerance, norms }
    }

    fn apply(&self, x: &[f64]) -> Result<Vec<f64>, PredictError> {
        let mut out = vec![0.0; x.len()];
        self.kernel.apply(x, self.outputs, &mut out)?;
        out.iter_mut().zip(x).for_each(|(o, x)| *o += self.ridge * x);
        Ok(out)
    }

    /// $y - (K + \rho) x$.
    pub fn residual(&self, x: &[f64]) -> Result<Vec<f64>, PredictError> {
        if x.iter().all(|&v| v == 0.0) {
            return Ok(self.targets.clone());
        }
        Ok(self.targets.iter().zip(self.apply(x)?).map(|(y, k)| y - k).collect())
    }

    /// $|r|/|y|$ of each output; $|r|$ where $y = 0$.
    pub fn relative(&self, r: &[f64]) -> Vec<f64> {
        let squares = squares(r, r, self.outputs).into_iter().zip(&self.norms);
        squares.map(|(s, n)| if *n == 0.0 { s.sqrt() } else { (s / n).sqrt() }).collect()
    }

    /// The largest of these.
    pub fn largest(&self, r: &[f64]) -> f64 {
        self.relative(r).into_iter().fold(0.0, f64::max)
    }

    /// Whether the residual is within the tolerance; what was updated step by step is checked against what is true.
    pub fn settle(&self, descent: &mut Descent) -> Result<Settled, PredictError> {
        if self.largest(&descent.residual) > self.tolerance {
            return Ok(Settled::No);
        }
        descent.residual = self.residual(&descent.solution)?;
        let residuals = self.relative(&descent.residual);
        if residuals.iter().all(|&v| v <= self.tolerance) {
            return Ok(Settled::Yes(residuals));
        }
        let worst = residuals.into_iter().fold(0.0, f64::max);
        if descent.reached.is_some_and(|reached| worst > STAGNANT * reached) {
            return Ok(Settled::Stagnant(worst));
        }
        descent.reached = Some(worst);
        descent.before.fill(0.0);
        Ok(Settled::No)
    }

    /// One step.
    pub fn step(&self, descent: &mut Descent, preconditioner: Option<&Preconditioner>) -> Result<(), PredictError> {
        let outputs = self.outputs;
        let r = &descent.residual;
        let z = preconditioner.map_or_else(|| r.clone(), |p| p.solve(r, outputs));
        let mut now = squares(r, &z, outputs);
        // Outputs that are done rest until the others are, far from the end of the range of numbers.
        let relative = self.relative(r);
        now.iter_mut().zip(relative).filter(|(_, r)| *r <= DONE * self.tolerance).for_each(|(now, _)| *now = 0.0);
        for (d, z) in descent.direction.chunks_exact_mut(outputs).zip(z.chunks_exact(outputs)) {
            for k in 0..outputs {
                let keep = if descent.before[k] > 0.0 { now[k] / descent.before[k] } else { 0.0 };
                d[k] = z[k] + keep * d[k];
            }
        }
        descent.before = now;
        let applied = self.apply(&descent.direction)?;
        let lengths = self.lengths(descent, &applied)?;
        let places = descent.solution.iter_mut().zip(&mut descent.residual).zip(&descent.direction).zip(&applied);
        for (i, (((x, r), d), a)) in places.enumerate() {
            let length = lengths[i % outputs];
            *x += length * d;
            *r -= length * a;
        }
        descent.iterations += 1;
        Ok(())
    }

    /// How far to go along the direction of each output.
    fn lengths(&self, descent: &Descent, applied: &[f64]) -> Result<Vec<f64>, PredictError> {
        let curvature = squares(&descent.direction, applied, self.outputs);
        let length = |(&curvature, &energy): (&f64, &f64)| {
            if energy == 0.0 {
                Ok(0.0)
            } else if curvature > 0.0 && energy.is_finite() {
                Ok(energy / curvature)
            } else {
                Err(PredictError::Indefinite { curvature })
            }
        };
        curvature.iter().zip(&descent.before).map(length).collect()
    }
}
