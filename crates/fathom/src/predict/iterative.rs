//! Ridge regression with the kernel of an infinitely wide network on many inputs.

use std::ops::ControlFlow;

use serde::Serialize;

use super::error::{check_finite, check_length};
use super::lanczos::largest_eigenvalue;
use super::{
    AtTime, ConjugateOptions, Iterate, KernelKind, KernelOperator, Method, PackedKernel, Preconditioner, PredictError,
    Prediction, Progress, RecomputedKernel, Regression, Ridge, Solver, Time, refine,
};
use crate::Scaled;
use crate::infinite::matrix::Network;

/// Without a ridge, the preconditioner has this share of the mean diagonal.
const NO_RIDGE: f64 = 1e-8;
/// Diagonals of a kernel that is given may differ from those of the network by this.
const SAME: f64 = 1e-4;

/// What is to be learnt.
#[derive(Clone, Copy, Debug)]
pub struct LargeProblem<'a> {
    /// The network.
    pub network: Network<'a>,
    /// Training inputs, one after the other.
    pub train: &'a [f64],
    /// Test inputs; there may be none.
    pub test: &'a [f64],
    /// Numbers of an input.
    pub features: usize,
    /// Targets of the training inputs, $n \times k$.
    pub targets: &'a [f64],
    /// $k$.
    pub outputs: usize,
}

/// The kernel that conjugate gradients multiply with.
#[derive(Clone, Copy)]
pub enum FastKernel<'a> {
    /// Computed once, and held in four bytes a pair.
    Packed,
    /// Computed again for every step.
    Recomputed,
    /// Computed elsewhere, in the units of the network's kernel.
    Given(&'a dyn KernelOperator),
}

/// How it is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IterativeOptions {
    /// Which part of the network is trained.
    pub method: Method,
    /// ρ.
    pub ridge: Ridge,
    /// Largest allowed $|y - (K + \rho)\alpha|/|y|$ of every output, with $K$ recomputed in double precision.
    pub tolerance: f64,
    /// Most steps.
    pub max_iterations: usize,
    /// Columns of the preconditioner.
    pub rank: usize,
    /// Of its random choice of inputs.
    pub seed: u64,
}

impl Default for IterativeOptions {
    fn default() -> Self {
        let ridge = Ridge::Absolute(0.0);
        Self { method: Method::Ntk, ridge, tolerance: 1e-6, max_iterations: 2000, rank: 1000, seed: 0 }
    }
}

/// Which kernel conjugate gradients multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// In memory, four bytes a pair.
    Packed,
    /// Nowhere: it was computed for every step.
    Recomputed,
    /// Elsewhere, such as in a file.
    Given,
}

/// How an iterative solution went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Iterations {
    /// Steps of conjugate gradients.
    pub iterations: usize,
    /// Residuals computed with the kernel recomputed in double precision.
    pub corrections: usize,
    /// The last of them: true relative residual of each output.
    pub residuals: Vec<f64>,
    /// What was allowed.
    pub tolerance: f64,
    /// Columns of the preconditioner.
    pub rank: usize,
    /// Share of the trace of the kernel that they leave.
    pub unexplained: f64,
    /// Which kernel the steps multiplied with.
    pub held: Held,
}

/// How far a solution is.
#[derive(Clone, Copy, Debug)]
pub enum Stage<'a> {
    /// Bands of the kernel that are packed, of how many.
    Kernel {
        /// Done.
        bands: usize,
        /// In all.
        of: usize,
    },
    /// The preconditioner comes next.
    Preconditioner,
    /// Before each step, and from where it could go on.
    Step(Progress, &'a Iterate),
    /// Test inputs come next.
    Test,
}

/// The mean of trained, infinitely wide networks at infinite time, from many training inputs: [`refine`] with a
/// [`Preconditioner`], with the kernel of the network in double precision as the exact one.
///
/// # Arguments
/// * `iterate`: from an earlier run of the same problem, options and kernel.
/// * `watch`: called at each stage; `Break` stops.
///
/// # Returns
/// `None` if it was stopped. Repeated inputs are not merged.
///
/// # Errors
/// [`PredictError`] for sizes that do not fit, numbers out of range, unusable inputs, a kernel given that is of other inputs,
/// and [`PredictError::NotConverged`].
///
/// # Accuracy and cost
/// The residual is that of the kernel in double precision. $2 n^2$ bytes with [`FastKernel::Packed`], and $8 n r$ for the
/// preconditioner. The kernel is computed once for packing, once for each correction, and between test and training inputs.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use fathom_ntk::predict::{FastKernel, IterativeOptions, LargeProblem, Ridge, Stage, predict_iteratively};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let architecture = Architecture::try_from(ArchitectureSpec { depth: Some(1), ..Default::default() })?;
/// // Θ = x·x′: with a ridge of one, half of the targets is learnt on orthogonal inputs.
/// let (train, test, targets) = ([1.0, 0.0, 0.0, 1.0], [1.0, 1.0], [2.0, 4.0]);
/// let problem =
///     LargeProblem { network: (&architecture).into(), train: &train, test: &test, features: 2, targets: &targets, outputs: 1 };
/// let options = IterativeOptions { ridge: Ridge::Absolute(1.0), ..Default::default() };
/// let go_on = |_: Stage<'_>| ControlFlow::Continue(());
/// let prediction = predict_iteratively(&problem, FastKernel::Packed, &options, None, go_on)?;
/// assert!(prediction.is_some_and(|p| (p.at[0].mean[0] - 3.0).abs() < 1e-5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn predict_iteratively(
    problem: &LargeProblem<'_>,
    fast: FastKernel<'_>,
    options: &IterativeOptions,
    iterate: Option<Iterate>,
    mut watch: impl FnMut(Stage<'_>) -> ControlFlow<()>,
) -> Result<Option<Prediction>, PredictError> {
    let kind = match options.method {
        Method::Ntk => KernelKind::Ntk,
        Method::Nngp => KernelKind::Nngp,
    };
    options.ridge.checked()?;
    check_finite("the targets", problem.targets)?;
    let exact = RecomputedKernel::new(problem.network, problem.train, problem.features, kind)?;
    let outputs = problem.outputs;
    check_length("the targets (training inputs × outputs)", exact.size() * outputs, problem.targets.len())?;
    let mut packed = None;
    let (fast, held): (&dyn KernelOperator, Held) = match fast {
        FastKernel::Packed => {
            let Some(kernel) = pack(&exact, &mut watch)? else { return Ok(None) };
            (packed.insert(kernel), Held::Packed)
        }
        FastKernel::Recomputed => (&exact, Held::Recomputed),
        FastKernel::Given(kernel) => {
            same_diagonal(&exact, kernel)?;
            (kernel, Held::Given)
        }
    };
    let Some(solved) = solve(problem, (&exact, fast), options, iterate, &mut watch)? else { return Ok(None) };
    if watch(Stage::Test).is_break() {
        return Ok(None);
    }
    answer(problem, &exact, options, solved, held).map(Some)
}

/// The kernel in memory.
fn pack(
    exact: &RecomputedKernel<'_>,
    watch: &mut impl FnMut(Stage<'_>) -> ControlFlow<()>,
) -> Result<Option<PackedKernel>, PredictError> {
    let mut packed = PackedKernel::new(&exact.diagonal())?;
    let of = exact.bands();
    for bands in 0..of {
        if watch(Stage::Kernel { bands, of }).is_break() {
            return Ok(None);
        }
        exact.pack(bands, &mut packed)?;
    }
    Ok(Some(packed))
}

fn same_diagonal(exact: &RecomputedKernel<'_>, given: &dyn KernelOperator) -> Result<(), PredictError> {
    check_length("the kernel given (training inputs)", exact.size(), given.size())?;
    for (row, (want, got)) in exact.diagonal().into_iter().zip(given.diagonal()).enumerate() {
        if (got - want).abs() > SAME * want.abs() || got.is_nan() {
            let reason =
                format!("entry ({row}, {row}) is {got}, but the network has {want}: it is of another network or data");
            return Err(PredictError::Unreadable { reason });
        }
    }
    Ok(())
}

/// Everything the answer is made of.
struct Solved {
    regression: Regression,
    /// $y - (K + \rho)\alpha$.
    residual: Vec<f64>,
    /// In units of the kernel's scale.
    ridge: f64,
    lambda_max: f64,
    rank: usize,
    unexplained: f64,
}

fn solve(
    problem: &LargeProblem<'_>,
    (exact, fast): (&RecomputedKernel<'_>, &dyn KernelOperator),
    options: &IterativeOptions,
    iterate: Option<Iterate>,
    watch: &mut impl FnMut(Stage<'_>) -> ControlFlow<()>,
) -> Result<Option<Solved>, PredictError> {
    let diagonal = exact.diagonal();
    let trace: f64 = diagonal.iter().sum();
    let mean = trace / diagonal.len() as f64;
    let ridge = match options.ridge {
        Ridge::Absolute(ridge) => (Scaled::from(ridge) / exact.scale()).to_f64(),
        Ridge::Relative(share) => share * mean,
    };
    if watch(Stage::Preconditioner).is_break() {
        return Ok(None);
    }
    let stabilised = ridge.max(NO_RIDGE * mean);
    let preconditioner = Preconditioner::pivoted_cholesky(fast, options.rank, stabilised, options.seed)?;
    let start = diagonal.iter().map(|d| d.sqrt()).collect();
    let lambda_max = largest_eigenvalue(start, |v| {
        let mut out = vec![0.0; v.len()];
        fast.apply(v, 1, &mut out).map(|()| out)
    })?;
    let mut iterate = iterate.unwrap_or_else(|| Iterate::new(problem.targets));
    let system = ConjugateOptions { ridge, tolerance: options.tolerance, max_iterations: options.max_iterations };
    let step = |progress: Progress, iterate: &Iterate| watch(Stage::Step(progress, iterate));
    let (targets, outputs) = (problem.targets, problem.outputs);
    let regression = refine(exact, fast, targets, outputs, Some(&preconditioner), system, &mut iterate, step)?;
    let (true, Some(residual)) = (regression.converged, iterate.into_residual()) else { return Ok(None) };
    let (rank, unexplained) = (preconditioner.pivots().len(), preconditioner.unexplained() / trace);
    Ok(Some(Solved { regression, residual, ridge, lambda_max, rank, unexplained }))
}

fn answer(
    problem: &LargeProblem<'_>,
    exact: &RecomputedKernel<'_>,
    options: &IterativeOptions,
    solved: Solved,
    held: Held,
) -> Result<Prediction, PredictError> {
    let Solved { regression, residual, ridge, lambda_max, rank, unexplained } = solved;
    let outputs = problem.outputs;
    let tests = problem.test.len() / problem.features;
    let mut mean = vec![0.0; tests * outputs];
    if tests > 0 {
        exact.apply_between(problem.test, &regression.coefficients, outputs, &mut mean)?;
    }
    let errors = || regression.coefficients.iter().zip(&residual).map(|(a, r)| ridge * a + r);
    let train_mean: Vec<f64> = problem.targets.iter().zip(errors()).map(|(y, e)| y - e).collect();
    let train_error = errors().map(|e| e * e).sum::<f64>() / train_mean.len() as f64;
    let scale = exact.scale();
    Ok(Prediction {
        training_inputs: exact.size(),
        repeated_inputs: 0,
        test_inputs: tests,
        outputs,
        method: options.method,
        ridge: scale * ridge,
        solvers: vec![Solver::ConjugateGradients],
        lambda_max: scale * lambda_max,
        lambda_min: None,
        max_learning_rate: Scaled::from(2.0) / (scale * (lambda_max + ridge)),
        iterative: Some(Iterations {
            iterations: regression.iterations,
            corrections: regression.corrections,
            residuals: regression.residuals,
            tolerance: options.tolerance,
            rank,
            unexplained,
            held,
        }),
        condition_estimate: None,
        at: vec![AtTime {
            time: Time::Infinite,
            mean,
            variance: None,
            covariance: None,
            train_mean,
            train_error,
            train_spread: None,
        }],
    })
}
