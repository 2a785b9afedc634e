//! Normalised kernels, their condition number and kernel regression with them, depth by depth.

use super::super::{Labelled, Piece, Scale, StudyError, Table, Value};
use super::KERNEL;
use super::regime::{Regime, regimes};
use crate::analysis::depth::{DataRow, DepthData, DepthDataReport, TrainedRow, depth_data_report, log_spaced_depths};
use crate::infinite::matrix::Watch;
use crate::predict::{Distinct, Targets};
use crate::random::Stream;

/// Numbers of an input on the sphere.
const FEATURES: usize = 10;
/// Test inputs.
const TESTS: usize = 4;
/// The columns of what regression says of them.
pub(super) const PREDICTIONS: [&str; TESTS] = ["prediction_1", "prediction_2", "prediction_3", "prediction_4"];

pub(super) fn table() -> Table {
    Table::new(
        KERNEL,
        "Kernels of infinitely wide networks divided by their diagonal, and kernel regression with them; all data sets have the \
         same labels.",
        &[
            ("regime", "activation and variances"),
            ("data", "where the inputs come from; all have one norm"),
            ("depth", "weight layers, L"),
            ("below_one_rms", "root mean square of 1 − Θ_ij/√(Θ_ii Θ_jj) over i ≠ j"),
            ("below_one_max", "its largest value"),
            ("nngp_below_one_max", "largest value of the same of the NNGP"),
            ("log_condition", "ln of the condition number of Θ on the training inputs"),
            ("variance", "variance of the trained output over initialisations, a mean over test inputs"),
            ("limit_distance", "root mean square distance of the predictor from its limit at infinite depth"),
            ("inputs", "training inputs, n"),
            ("label_sum", "Σ y"),
            (PREDICTIONS[0], "Θ(x, X) Θ(X, X)⁻¹ y at a test input"),
            (PREDICTIONS[1], "the same at another"),
            (PREDICTIONS[2], "the same at another"),
            (PREDICTIONS[3], "the same at another"),
        ],
    )
}

/// Inputs with labels.
struct Data {
    name: &'static str,
    features: usize,
    train: Vec<f64>,
    test: Vec<f64>,
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, digits: Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let inputs = scale.pick(4, 20, 60);
    let mut pieces = Vec::new();
    for regime in regimes()? {
        let deepest = match (regime.is_slow(), regime.name) {
            (_, "relu critical") => scale.pick(30, 10_000, 100_000),
            // Beyond, 1.5^L leaves the range of f64.
            (_, "relu large weights") => scale.pick(30, 1_000, 1_500),
            // The recursion of pairs that are far apart takes two-dimensional integrals.
            (_, "tanh chaotic") => scale.pick(10, 150, 150),
            (false, _) => scale.pick(30, 3_000, 30_000),
            (true, _) => scale.pick(10, 1_000, 10_000),
        };
        for name in ["sphere 1", "sphere 2", "digits"] {
            pieces.push(piece(regime.clone(), name, inputs, deepest, seed, digits));
        }
    }
    Ok(pieces)
}

fn piece<'a>(
    regime: Regime,
    name: &'static str,
    inputs: usize,
    deepest: usize,
    seed: u64,
    digits: Labelled<'a>,
) -> Piece<'a> {
    let description = format!(
        "{}, to depth {deepest}, {inputs} training inputs, {name} ({}), seed {seed}",
        regime.described(),
        digits.name
    );
    let pairs = ((inputs + TESTS) * (inputs + TESTS) / 2) as f64;
    let seconds = pairs
        * deepest as f64
        * match (regime.name, regime.is_slow()) {
            ("tanh chaotic", _) => 2e-4,
            (_, true) => 4e-6,
            (_, false) => 1e-7,
        };
    Piece::new(KERNEL, description, seconds, move |stop| {
        let data = Data::of(name, inputs, seed, &digits)?;
        let labels = labels(inputs, seed);
        let watch = Watch::default();
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(None);
        }
        let targets = Targets::new(&labels, 1, &Distinct::all(inputs))?;
        let task = DepthData {
            train: &data.train,
            test: &data.test,
            features: data.features,
            targets: &targets,
            test_targets: None,
        };
        let report = depth_data_report(&regime.network()?, &task, &log_spaced_depths(1, deepest, 4), &watch)?;
        Ok(Some(rows(&regime, &data, &report, &labels)))
    })
}

/// Labels of mean about 1, the same for all data sets.
fn labels(count: usize, seed: u64) -> Vec<f64> {
    let mut labels = vec![0.0; count];
    Stream::new(seed, 0).fill_normals(&mut labels);
    labels.iter().map(|label| 1.0 + label).collect()
}

impl Data {
    fn of(name: &'static str, inputs: usize, seed: u64, digits: &Labelled<'_>) -> Result<Self, StudyError> {
        let split = |mut train: Vec<f64>, features: usize| {
            let test = train.split_off(inputs * features);
            Self { name, features, train, test }
        };
        if name == "digits" {
            let classes: Vec<f64> = (0..10).map(f64::from).collect();
            let mut chosen = digits.of_classes(&classes, 0, (inputs + TESTS).div_ceil(10))?;
            chosen.inputs.truncate((inputs + TESTS) * chosen.features);
            return Ok(split(chosen.inputs, chosen.features));
        }
        let stream = if name == "sphere 1" { 1 } else { 2 };
        let mut values = vec![0.0; (inputs + TESTS) * FEATURES];
        Stream::new(seed, stream).fill_normals(&mut values);
        for row in values.chunks_exact_mut(FEATURES) {
            let factor = (FEATURES as f64 / row.iter().map(|v| v * v).sum::<f64>()).sqrt();
            row.iter_mut().for_each(|v| *v *= factor);
        }
        Ok(split(values, FEATURES))
    }
}

fn rows(regime: &Regime, data: &Data, report: &DepthDataReport, labels: &[f64]) -> Vec<Vec<Value>> {
    let sum: f64 = labels.iter().sum();
    let row = |row: &DataRow| {
        let trained = row.trained.as_ref();
        let of = |number: fn(&TrainedRow) -> f64| trained.map(number).into();
        let mut values: Vec<Value> = vec![
            regime.name.into(),
            data.name.into(),
            row.depth.into(),
            row.from_ones.rms.into(),
            row.from_ones.max.into(),
            row.nngp_from_ones.max.into(),
            of(|trained| trained.condition.ln()),
            of(|trained| trained.variance),
            trained.and_then(|trained| trained.from_limit).map(|distance| distance.rms).into(),
            labels.len().into(),
            sum.into(),
        ];
        values.extend((0..TESTS).map(|i| Value::from(trained.and_then(|trained| trained.mean.get(i)).copied())));
        values
    };
    report.rows.iter().map(row).collect()
}
