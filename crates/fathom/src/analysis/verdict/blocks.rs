//! The verdict on networks of blocks: randomness and movement of drawn networks, the kernel of infinite width.

use std::ops::ControlFlow;

use serde::Serialize;

use super::conditioning::on_matrix;
use super::inputs::{self, Checked};
use super::{Class, Finding, InputSummary, Inputs, KernelOnData, Question, VerdictError, VerdictOptions};
use crate::Scaled;
use crate::analysis::sampled::{ObservableReport, Simulation, sample_report};
use crate::infinite::matrix::{KernelEngine, KernelKind, KernelScale, MatrixOptions};
use crate::sample::{Change, Entry, Event, FirstStep, Observable, Recorder, Sampler, run};
use crate::spec::{Block, Composition};
use crate::statistics::{DRAWS_PER_BLOCK, Estimate, Ledger};

/// Time for all draws of networks and for the kernel on the data, roughly, in seconds.
const TIME: f64 = 3.0;
/// Fewest and most networks that are drawn if their number is not given.
const DRAWS: [f64; 2] = [64.0, 1024.0];
/// Smallest and largest sample of rows if its size is not given.
const SAMPLE: [f64; 2] = [6.0, 128.0];
/// Seconds for one pair of places in one layer.
const PAIR_OF_PLACES: f64 = 4e-8;

/// Everything [`blocks_verdict`] finds out about a network.
#[derive(Clone, Debug, Serialize)]
pub struct BlocksVerdict {
    /// The blocks with their widths.
    pub architecture: Composition,
    /// What it is fed with.
    pub input: InputSummary,
    /// The conclusion.
    pub class: Class,
    /// The three findings behind it: random, moves, trainable.
    pub findings: [Finding; 3],
    /// Kernels of the infinitely wide network.
    pub kernel: KernelOnData,
    /// How random the kernel of drawn networks is; `None` if that is not known (the finding says why).
    pub randomness: Option<SampledRandomness>,
    /// How much one step moves it; `None` if that is not known (the finding says why).
    pub movement: Option<SampledMovement>,
    /// What the findings were judged by.
    pub options: VerdictOptions,
}

/// $\Theta(x, x)$ of one output of drawn networks at the typical input.
#[derive(Clone, Debug, Serialize)]
pub struct SampledRandomness {
    /// Networks drawn.
    pub draws: u64,
    /// E Θ.
    pub mean: Estimate,
    /// std Θ / E Θ.
    pub relative_std: Estimate,
    /// The mean's relative distance from the infinite-width Θ.
    pub relative_mean_shift: f64,
}

/// The relative change of Θ in a real gradient step on $\frac12 (f(x) - y)^2$, at the typical input.
#[derive(Clone, Debug, Serialize)]
pub struct SampledMovement {
    /// η.
    pub learning_rate: f64,
    /// Whether η is the natural $1/\Theta_\infty(x, x)$ or was given.
    pub natural_rate: bool,
    /// Mean over drawn networks of ΔΘ / E Θ.
    pub mean: Estimate,
    /// Root mean square of ΔΘ / E Θ over drawn networks.
    pub rms: Scaled,
}

/// Whether NTK theory describes a network of blocks, and why: the kernel and its conditioning are those of infinite width,
/// randomness and movement are measured on drawn networks, each moved by one real step of gradient descent.
///
/// # Arguments
/// * `network`: with a width for every block of weights. A last block of weights is judged by one output.
/// * `inputs`: data, or a typical squared norm $|x|^2$, then of an input with equal features.
/// * `draws`: networks to draw; `None` for some hundreds, as many as take seconds.
/// * `options`: thresholds, learning rate, sample size; the seed is also that of the networks.
///
/// # Errors
/// [`VerdictError`] for unusable inputs or options, missing widths, and where there is no NTK at all.
///
/// # Accuracy and cost
/// Standard errors come with the estimates. Some seconds.
///
/// # Example
/// A wide linear network of two layers is hardly random, and moves little:
/// ```
/// use fathom_ntk::analysis::verdict::{Inputs, Level, VerdictOptions, blocks_verdict};
/// use fathom_ntk::spec::{Composition, CompositionSpec};
/// let spec = "input = [4]\n[[block]]\ntype = \"dense\"\nwidth = 400\n[[block]]\ntype = \"dense\"\nwidth = 1";
/// let network = Composition::try_from(CompositionSpec::from_toml(spec)?)?;
/// let found = blocks_verdict(&network, Inputs::Unit, Some(256), &VerdictOptions::default())?;
/// // Var Θ/(E Θ)² of |W|² + |v|² is 1/n for a large width n.
/// assert!((found.randomness.unwrap().relative_std.value.to_f64() - 0.05).abs() < 0.01);
/// assert_eq!(found.findings[0].level, Level::Good);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn blocks_verdict(
    network: &Composition,
    inputs: Inputs<'_>,
    draws: Option<u64>,
    options: &VerdictOptions,
) -> Result<BlocksVerdict, VerdictError> {
    options.check()?;
    let network = &with_one_output(network);
    let mut checked = inputs::check(inputs, Some(network.features()))?;
    let biased = network.blocks().iter().any(has_random_biases);
    if checked.typical.sq_norm == 0.0 && !biased {
        return Err(VerdictError::AllZero);
    }
    let typical = typical_input(&checked, network.features());
    let kernel = kernel_on_data(network, &mut checked, &typical, options)?;
    let natural = Scaled::ONE / kernel.ntk;
    let rate = options.learning_rate.unwrap_or(natural.to_f64());
    let with_step = measure(network, &typical, Some(rate), draws, options);
    // A step that leaves the range of numbers says nothing of the networks it starts from.
    let at_start = match &with_step {
        Ok(_) => None,
        Err(_) => measure(network, &typical, None, draws, options).ok(),
    };
    let leaves_range = at_start.is_some();
    let measured = match (at_start, with_step) {
        (Some(found), _) => Ok(found),
        (None, found) => found,
    };
    let random = measured.as_ref().map_err(Clone::clone).and_then(|found| randomness(found, kernel.ntk));
    let moves = match (&random, &measured) {
        (Ok(random), Ok(found)) => movement(found, random, rate, options),
        (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
    };
    let moved = match &moves {
        _ if leaves_range => Ok(f64::INFINITY),
        Ok(moves) => Ok(moves.rms.to_f64()),
        Err(reason) => Err(reason.clone()),
    };
    let steps = match &kernel.conditioning {
        Some(conditioning) => Ok(conditioning.steps_typical.to_f64()),
        None => Err(kernel.undefined.join("; ")),
    };
    let finding = |question, number, threshold| Finding::new(question, number, threshold);
    let findings = [
        finding(
            Question::Random,
            random.as_ref().map(|r| r.relative_std.value.to_f64()).map_err(Clone::clone),
            options.random,
        ),
        finding(Question::Moves, moved, options.moves),
        finding(Question::Trainable, steps, options.steps),
    ];
    Ok(BlocksVerdict {
        architecture: network.clone(),
        class: Class::of(findings[0].level, findings[1].level, findings[2].level),
        findings,
        kernel,
        randomness: random.ok(),
        movement: moves.ok(),
        input: checked.summary,
        options: *options,
    })
}

/// The network with a single output, where its last block are weights.
fn with_one_output(network: &Composition) -> Composition {
    let mut spec = network.to_spec();
    match spec.blocks.last_mut() {
        Some(Block::Dense { width, .. }) => *width = Some(1),
        Some(Block::Conv { channels, .. }) => *channels = Some(1),
        _ => {}
    }
    Composition::try_from(spec).unwrap_or_else(|_| network.clone())
}

fn has_random_biases(block: &Block) -> bool {
    match block {
        Block::Dense { bias_var, .. } | Block::Conv { bias_var, .. } => *bias_var > 0.0,
        Block::Residual { branch, shortcut, .. } => branch.iter().chain(shortcut).any(has_random_biases),
        _ => false,
    }
}

fn typical_input(checked: &Checked<'_>, features: usize) -> Vec<f64> {
    match checked.typical_row() {
        Some(row) => row.to_vec(),
        None => vec![checked.typical.mean_square.sqrt(); features],
    }
}

fn kernel_on_data(
    network: &Composition,
    checked: &mut Checked<'_>,
    typical: &[f64],
    options: &VerdictOptions,
) -> Result<KernelOnData, VerdictError> {
    let places = network.input().locations() as f64;
    let pooled = network.blocks().iter().any(Block::has_pooling);
    let pair = PAIR_OF_PLACES * network.weight_layers() as f64 * if pooled { places * places } else { places };
    let affordable = (2.0 * TIME / pair).sqrt().clamp(SAMPLE[0], SAMPLE[1]) as usize;
    let rows = match checked.summary.rows {
        Some(_) => checked.sample(options.sample.unwrap_or(affordable), options.seed, false),
        None => Vec::new(),
    };
    let features = network.features();
    let kernels = |inputs: &[f64]| -> Result<[Vec<Scaled>; 2], VerdictError> {
        let options = MatrixOptions { kind: KernelKind::Both, scale: KernelScale::None, memory: usize::MAX };
        let matrices = KernelEngine::new(network, inputs, features, None, &options)?.matrices::<f64>()?;
        let mut both = matrices.into_iter().map(|matrix| {
            let exponent = matrix.exponent();
            matrix.into_values().into_iter().map(|x| Scaled::from(x).times_power_of_two(exponent)).collect()
        });
        Ok([both.next().unwrap_or_default(), both.next().unwrap_or_default()])
    };
    let [nngp, ntk] = kernels(typical)?;
    let at_typical = [nngp[0], ntk[0]];
    let on_rows = if rows.len() >= 2 { Some(kernels(&rows.concat())?) } else { None };
    Ok(on_matrix(at_typical, rows.len(), on_rows.as_ref().map(|[nngp, ntk]| [nngp.as_slice(), ntk.as_slice()])))
}

/// Θ and its change in a step, for each unit of learning rate, of drawn networks.
struct Measured {
    draws: u64,
    ntk: ObservableReport,
    /// `None` if no step was made.
    step: Option<ObservableReport>,
}

fn measure(
    network: &Composition,
    typical: &[f64],
    rate: Option<f64>,
    draws: Option<u64>,
    options: &VerdictOptions,
) -> Result<Measured, String> {
    let entry = Entry::of_inputs(0, 0);
    let first_step = rate.map_or_else(FirstStep::default, |step| FirstStep { target: options.target, step });
    let mut observables = vec![Observable::Ntk(entry)];
    observables.extend(rate.map(|_| Observable::Update(Change::RealStep, entry)));
    let sampler = Sampler::of_blocks(network, typical, &observables).map_err(text)?;
    let recorder = Recorder::new(&sampler, &observables).and_then(|r| r.with_first_step(first_step)).map_err(text)?;
    // With the step, three networks are evaluated.
    let affordable = TIME * 1e9 / (3.0 * sampler.nanoseconds());
    let draws = draws.unwrap_or(affordable.clamp(DRAWS[0], DRAWS[1]) as u64);
    let mut ledger = Ledger::new(recorder.names());
    let mut failure = None;
    let blocks = 0..draws.div_ceil(DRAWS_PER_BLOCK as u64);
    run(&sampler, &recorder, options.seed, &[blocks], draws, rayon::current_num_threads(), |event| {
        if let Event::Block(block) = event {
            failure = failure.take().or(ledger.insert(block.block, block.summary).err());
        }
        ControlFlow::Continue(())
    })
    .map_err(text)?;
    if let Some(failure) = failure {
        return Err(failure.to_string());
    }
    let summary = ledger.total().ok_or("no networks were drawn")?;
    let report = sample_report(&Simulation {
        architecture: network.into(),
        inputs: typical,
        method: sampler.method(),
        seed: options.seed,
        observables: &observables,
        first_step,
        summary: &summary,
    });
    let report = report.map_err(text)?;
    let draws = report.draws;
    let mut reports = report.observables.into_iter();
    let ntk = reports.next().ok_or("no networks were drawn")?;
    Ok(Measured { draws, ntk, step: reports.next() })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn randomness(found: &Measured, infinite: Scaled) -> Result<SampledRandomness, String> {
    match (found.ntk.mean, found.ntk.relative_std) {
        (Some(mean), Some(relative_std)) if !mean.value.is_zero() => Ok(SampledRandomness {
            draws: found.draws,
            mean,
            relative_std,
            relative_mean_shift: (mean.value / infinite).to_f64() - 1.0,
        }),
        _ => Err("the ntk of the drawn networks is zero, or too few are drawn".into()),
    }
}

fn movement(
    found: &Measured,
    random: &SampledRandomness,
    rate: f64,
    options: &VerdictOptions,
) -> Result<SampledMovement, String> {
    let Some(step) = &found.step else { return Err("the step leaves the range of numbers".into()) };
    let (Some(mean), Some(variance)) = (step.mean, step.variance) else {
        return Err("too few networks are drawn to know how their kernel moves".into());
    };
    let unit = Scaled::from(rate) / random.mean.value;
    Ok(SampledMovement {
        learning_rate: rate,
        natural_rate: options.learning_rate.is_none(),
        mean: Estimate { value: mean.value * unit, standard_error: mean.standard_error.map(|error| error * unit) },
        rms: (mean.value * mean.value + variance.value).sqrt() * unit,
    })
}
