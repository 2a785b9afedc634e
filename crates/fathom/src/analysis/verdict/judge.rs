//! The verdict itself.

use serde::Serialize;

use super::advice::advice;
use super::conditioning::{affordable_rows, kernel_on_data};
use super::movement::movement;
use super::randomness::randomness;
use super::{
    Advice, Class, Finding, InputSummary, Inputs, KernelOnData, Movement, Question, Randomness, Reliability,
    VerdictError, VerdictOptions, inputs,
};
use crate::analysis::{PhaseReport, phase};
use crate::spec::Architecture;

/// Everything [`verdict`] finds out about a network.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The network.
    pub architecture: Architecture,
    /// What it is fed with.
    pub input: InputSummary,
    /// The conclusion.
    pub class: Class,
    /// The three findings behind it: random, moves, trainable.
    pub findings: [Finding; 3],
    /// The phase; `None` if the variances differ from layer to layer.
    pub phase: Option<PhaseReport>,
    /// Kernels of the infinitely wide network.
    pub kernel: KernelOnData,
    /// How random the kernel is; `None` if that is not known (the finding says why).
    pub randomness: Option<Randomness>,
    /// How much one step moves it; `None` if that is not known (the finding says why).
    pub movement: Option<Movement>,
    /// What to change.
    pub advice: Advice,
    /// What the findings were judged by.
    pub options: VerdictOptions,
}

/// Whether NTK theory describes a network, and why.
///
/// # Arguments
/// * `arch`: the network; without widths, the infinitely wide one.
/// * `inputs`: data, or a typical squared norm $|x|^2$.
/// * `options`: thresholds, learning rate, sample size.
///
/// # Errors
/// [`VerdictError`] for unusable inputs or options, and where there is no NTK at all. A quantity that is not known for
/// this network is no error: it is left out, with the reason.
///
/// # Accuracy and cost
/// That of the parts: [`crate::infinite`], [`crate::moments`], [`crate::analysis`]. A fraction of a second: the sample of
/// the data is chosen so that its kernel takes about 0.15 s.
///
/// # Example
/// Critical ReLU networks of width 100: five layers are in the NTK regime, a hundred are not.
/// ```
/// use fathom_ntk::analysis::verdict::{Class, Inputs, VerdictOptions, verdict};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let judge = |widths: &str| -> Result<_, Box<dyn std::error::Error>> {
///     let spec = ArchitectureSpec { widths: Some(widths.parse()?), ..Default::default() };
///     Ok(verdict(&Architecture::try_from(spec)?, Inputs::Unit, &VerdictOptions::default())?)
/// };
/// let shallow = judge("100,100x4,1")?;
/// assert_eq!(shallow.class, Class::InRegime);
/// // std/mean from E Θ²/(E Θ)² = ∏(1 + 5/n)·g
/// assert!((shallow.findings[0].value.unwrap() - 0.380_16).abs() < 1e-5);
/// assert_eq!(judge("100,100x99,1")?.class, Class::Outside);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verdict(arch: &Architecture, inputs: Inputs<'_>, options: &VerdictOptions) -> Result<Verdict, VerdictError> {
    options.check()?;
    let mut checked = inputs::check(inputs, arch.widths().map(|w| w[0]))?;
    let biased = (1..=arch.depth()).any(|l| arch.bias_var(l) > 0.0);
    if checked.typical.sq_norm == 0.0 && !biased {
        return Err(VerdictError::AllZero);
    }
    let first_variance = arch.weight_var(1) * checked.typical.mean_square + arch.bias_var(1);
    let phase = match arch.uniform_variances() {
        Some((weight_var, bias_var)) => {
            Some(phase(arch.activation(), weight_var, bias_var, Some(first_variance))?.for_network(arch))
        }
        None => None,
    };
    let features = checked.summary.features.unwrap_or(1);
    let rows = checked.summary.rows.map(|_| {
        let affordable =
            || affordable_rows(arch, first_variance).map(|rows| rows.min(independent_rows(arch, features)));
        let size = options.sample.map_or_else(affordable, Ok);
        size.map(|size| checked.sample(size, options.seed, biased))
    });
    let rows = rows.as_ref().map(|rows| rows.as_deref().map_err(Clone::clone));
    let limit = phase.as_ref().and_then(|p| p.ntk_ratio_limit);
    let kernel = kernel_on_data(arch, checked.typical.mean_square, rows, limit)?;
    let random = randomness(arch, &checked.typical, kernel.ntk);
    let moves = match &random {
        Ok(random) => movement(arch, &checked.typical, random, options),
        Err(reason) => Err(reason.clone()),
    };
    let steps = match &kernel.conditioning {
        Some(c) => Ok(c.steps_typical.to_f64()),
        None => Err(kernel.undefined.join("; ")),
    };
    let findings = [
        Finding::new(
            Question::Random,
            random.as_ref().map_err(Clone::clone).and_then(|r| trusted(r, options)),
            options.random,
        ),
        Finding::new(
            Question::Moves,
            moves.as_ref().map_err(Clone::clone).and_then(|m| bounded(m, random.as_ref().ok(), options)),
            options.moves,
        ),
        Finding::new(Question::Trainable, steps, options.steps),
    ];
    Ok(Verdict {
        architecture: arch.clone(),
        class: Class::of(findings[0].level, findings[1].level, findings[2].level),
        findings,
        phase,
        kernel,
        randomness: random.ok(),
        movement: moves.ok(),
        advice: advice(arch, &checked.typical, features, options.tolerance),
        input: checked.summary,
        options: *options,
    })
}

/// The spread, unless it is small by an expansion that does not hold.
fn trusted(random: &Randomness, options: &VerdictOptions) -> Result<f64, String> {
    let spread = random.relative_std.to_f64();
    if random.reliability == Reliability::BeyondFirstOrder && spread < options.random.outside {
        return Err("the corrections to the infinitely wide network are too large for first order in 1/width".into());
    }
    Ok(spread)
}

/// The movement, unless it is small as a lower bound only, or by an expansion that does not hold.
fn bounded(movement: &Movement, random: Option<&Randomness>, options: &VerdictOptions) -> Result<f64, String> {
    let size = movement.size().to_f64();
    let beyond = random.is_some_and(|r| r.reliability == Reliability::BeyondFirstOrder);
    if beyond && size < options.moves.outside {
        return Err("the corrections to the infinitely wide network are too large for first order in 1/width".into());
    }
    if movement.is_lower_bound() && size < options.moves.outside {
        return Err("only a lower bound is known: what neurons add by switching on and off is not".into());
    }
    Ok(size)
}

/// Rows beyond which the kernel is singular whatever the initialisation: a linear network has no more directions than its
/// inputs have features. What it could not fit says nothing of how well it trains.
fn independent_rows(arch: &Architecture, features: usize) -> usize {
    let linear = arch.depth() == 1 || arch.activation().homogeneous().is_some_and(|h| h.b == 0.0);
    if linear { features.max(2) } else { usize::MAX }
}
