//! Mean and dispersion of Θ(x, x) over drawn networks, beside the exact moments.

use super::super::job::{of_width, outcome, standard_error, value};
use super::super::{Piece, Scale, StudyError, Table, Value};
use super::exact::shape;
use super::{CONSTANT_WIDTH, LAWS, SHAPES};
use crate::analysis::sweep::{Job, SampleTask, Task};
use crate::sample::{Entry, FirstStep, Method, Observable};
use crate::spec::{Architecture, ArchitectureSpec, Biases, Parameterization, WeightLaw, Widths};

/// The numbers that all three tables share.
const COMMON: [(&str, &str); 10] = [
    ("depth", "weight layers, L"),
    ("beta", "sum of 1/n over the hidden layers, β"),
    ("draws", "networks drawn"),
    ("mean", "mean of Θ over the draws"),
    ("mean_error", "its standard error"),
    ("mean_exact", "E Θ"),
    ("dispersion", "mean of Θ² over the squared mean"),
    ("dispersion_error", "its standard error, which allows for heavy tails"),
    ("dispersion_exact", "E Θ² / (E Θ)²"),
    ("envelope", "exp(5β)"),
];

/// Every entry of the input, of which there are four: $|x|^2 = 1$.
const ENTRY: f64 = 0.5;
const FEATURES: usize = 4;
/// A width with depths.
type Depths = (usize, &'static [usize]);

const TRIAL: &[Depths] = &[(10, &[2, 5]), (20, &[4, 5])];
const QUICK: &[Depths] = &[(20, &[2, 4, 5, 10, 16, 20]), (50, &[2, 5, 10, 20, 30, 40]), (100, &[2, 5, 10, 20, 40])];
const FULL: &[Depths] = &[
    (20, &[2, 4, 5, 10, 16, 20, 30]),
    (50, &[2, 5, 10, 20, 30, 40, 50, 75]),
    (100, &[2, 5, 10, 20, 40, 80, 100]),
    (200, &[2, 5, 20, 40, 80, 160, 200]),
];
/// Hidden layers of the networks whose widths vary.
const HIDDEN: usize = 12;

pub(super) fn tables() -> Vec<Table> {
    let with = |first: &[(&'static str, &'static str)]| [first, &COMMON[..]].concat();
    vec![
        Table::new(
            CONSTANT_WIDTH,
            "Mean and dispersion of Θ(x, x) at |x|² = 1 and n₀ = 4 for ReLU networks of constant width, sampled and exact.",
            &with(&[
                ("biases", "whether biases, zero at first, are trained"),
                ("width", "neurons of every hidden layer, n"),
            ]),
        ),
        Table::new(
            SHAPES,
            "The same for networks with twelve hidden layers of different widths, without biases.",
            &with(&[
                ("shape", "how widths vary with depth"),
                ("size", "width that the shape is scaled by"),
                ("widths", "all widths"),
            ]),
        ),
        Table::new(
            LAWS,
            "The same for other laws of the weights, without biases.",
            &with(&[
                ("law", "of the weights"),
                ("kurtosis", "E W⁴ − 3"),
                ("width", "neurons of every hidden layer, n"),
            ]),
        ),
    ]
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    let mut pieces = constant_width(scale, seed)?;
    pieces.extend(shapes(scale, seed)?);
    pieces.extend(laws(scale, seed)?);
    Ok(pieces)
}

fn constant_width<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    let networks = scale.pick(TRIAL, QUICK, FULL);
    let draws = scale.pick(256, 100_000, 1_000_000);
    let mut pieces = Vec::new();
    for (word, parameterization, biases) in
        [("trained", Parameterization::HaninNica, Biases::ZeroInit), ("none", Parameterization::Ntk, Biases::None)]
    {
        for &(width, depths) in networks {
            for &depth in depths {
                let spec = ArchitectureSpec {
                    parameterization: Some(parameterization),
                    biases: Some(biases),
                    ..ArchitectureSpec::default()
                };
                let architecture = of_width(FEATURES, width, depth, 1, spec)?;
                // Gaussian matrices acting on vectors: real masks, unlike the chain, which takes coins for them.
                let job = job(architecture, seed, draws, Method::Projected);
                let seconds = draws as f64 * (depth * width) as f64 * 2.5e-8;
                pieces.push(piece(CONSTANT_WIDTH, vec![word.into(), width.into()], job, draws, seconds)?);
            }
        }
    }
    Ok(pieces)
}

fn shapes<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    let sizes = scale.pick(&[48][..], &[48, 96, 192], &[36, 48, 96, 192, 384]);
    let draws = scale.pick(256, 100_000, 1_000_000);
    let mut pieces = Vec::new();
    for name in shape::NAMES {
        for &size in sizes {
            let widths = shape::widths(name, size, HIDDEN, FEATURES);
            let list = Widths::new(widths)?;
            let neurons: usize = list.as_slice().iter().sum();
            let first = vec![name.into(), size.into(), list.to_string().into()];
            let spec =
                ArchitectureSpec { widths: Some(list), biases: Some(Biases::None), ..ArchitectureSpec::default() };
            let job = job(Architecture::try_from(spec)?, seed, draws, Method::Projected);
            pieces.push(piece(SHAPES, first, job, draws, draws as f64 * neurons as f64 * 2.5e-8)?);
        }
    }
    Ok(pieces)
}

fn laws<'a>(scale: Scale, seed: u64) -> Result<Vec<Piece<'a>>, StudyError> {
    let networks =
        scale.pick(&[(8, 2)][..], &[(8, 2), (16, 4), (64, 16)], &[(8, 2), (16, 4), (32, 8), (64, 16), (128, 32)]);
    let mut pieces = Vec::new();
    for (law, kurtosis) in [
        (WeightLaw::Gaussian, 0.0),
        (WeightLaw::Uniform, -1.2),
        (WeightLaw::Laplace, 3.0),
        // Signs: this one has atoms.
        (WeightLaw::FourthMoment(1.0), -2.0),
    ] {
        for &(width, depth) in networks {
            let draws = if width > 32 { scale.pick(256, 20_000, 200_000) } else { scale.pick(256, 100_000, 1_000_000) };
            let spec =
                ArchitectureSpec { biases: Some(Biases::None), weight_law: Some(law), ..ArchitectureSpec::default() };
            let job = job(of_width(FEATURES, width, depth, 1, spec)?, seed, draws, Method::Direct);
            let word = if law == WeightLaw::FourthMoment(1.0) { "signs".into() } else { law.to_string() };
            let first = vec![word.into(), kurtosis.into(), width.into()];
            let seconds = draws as f64 * (depth * width * width) as f64 * 1e-8;
            pieces.push(piece(LAWS, first, job, draws, seconds)?);
        }
    }
    Ok(pieces)
}

fn job<'a>(architecture: Architecture, seed: u64, draws: u64, method: Method) -> Job<'a> {
    let task = SampleTask {
        inputs: vec![ENTRY; FEATURES],
        observables: vec![Observable::Ntk(Entry::of_inputs(0, 0))],
        draws,
        method: Some(method),
        first_step: FirstStep::default(),
    };
    Job { architecture, seed, task: Task::Sample(task) }
}

/// A row: what tells the network from others, then what all tables share.
fn piece<'a>(
    table: &'static str,
    first: Vec<Value>,
    job: Job<'a>,
    draws: u64,
    seconds: f64,
) -> Result<Piece<'a>, StudyError> {
    let description = format!("{}; {draws} draws at |x|² = 1, seed {}", described(&job.architecture)?, job.seed);
    let widths = job.architecture.widths().unwrap_or_default();
    let hidden = widths.get(1..widths.len() - 1).unwrap_or_default();
    let beta: f64 = hidden.iter().map(|n| (*n as f64).recip()).sum();
    let depth = job.architecture.depth();
    Ok(Piece::new(table, description, seconds, move |stop| {
        let Some(found) = outcome(&job, stop)? else { return Ok(None) };
        let mut row = first.clone();
        row.extend([
            depth.into(),
            beta.into(),
            (draws as f64).into(),
            value(&found, "mean"),
            standard_error(&found, "mean"),
            value(&found, "mean_exact"),
            value(&found, "dispersion"),
            standard_error(&found, "dispersion"),
            value(&found, "dispersion_exact"),
            (5.0 * beta).exp().into(),
        ]);
        Ok(Some(vec![row]))
    }))
}

/// A network in one line.
pub(super) fn described(architecture: &Architecture) -> Result<String, StudyError> {
    Ok(architecture.to_toml()?.trim().replace('\n', ", ").replace(" = ", " "))
}
