//! The variance of trained networks over initialisations beside that of infinite width.

use std::ops::ControlFlow;
use std::slice::from_ref;
use std::sync::atomic::Ordering;

use super::network::{Cell, columns, seed_of};
use crate::analysis::training::{
    Ensemble, EnsembleReport, EnsembleTraining, OutputSpread, Setting, ensemble_report, infinite_width,
};
use crate::sample::{Method, Sampler};
use crate::spec::Architecture;
use crate::statistics::MeanWithError;
use crate::studies::{Labelled, Piece, Scale, StudyError, Table, Value};
use crate::train::{Schedule, Stop, TrainOptions};

/// The name of the table.
pub(super) const TABLE: &str = "ensembles";
const CLASSES: usize = 4;
/// Bytes that kernels of infinite width may take.
const MEMORY: u64 = 1 << 28;

pub(super) fn table() -> Table {
    let columns = columns(&[
        ("width", "neurons of every hidden layer, n"),
        ("depth", "weight layers, L"),
        ("ratio", "L/n"),
        ("members", "networks trained"),
        ("diverged", "those that diverged, which the numbers leave out"),
        ("step", "steps taken"),
        ("variance_infinite", "variance of the outputs on test data over initialisations, infinite width"),
        ("variance_ratio", "that of the networks over it"),
        ("variance_ratio_error", "its standard error"),
        (
            "mean_excess",
            "distance of the mean outputs on test data beyond their noise, over their size at infinite width",
        ),
        ("drift", "mean of |Θ_t − Θ_0|/|Θ_0|"),
    ]);
    Table::new(TABLE, "Outputs of trained networks over initialisations beside infinite width.", &columns)
}

pub(super) fn pieces<'a>(scale: Scale, seed: u64, digits: &Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let depths = scale.pick(&[3][..], &[3, 10, 20], &[3, 10, 20, 40]);
    let width = scale.pick(12, 64, 128);
    let plan = Plan {
        members: scale.pick(3, 32, 200),
        of_class: scale.pick(5, 10, 25),
        steps: scale.pick(3, 100, 1000),
        seed,
    };
    let mut pieces = Vec::new();
    for cell in Cell::all(false)? {
        for &depth in depths {
            let plan = Plan { seed: seed_of(seed, 2, pieces.len()), ..plan };
            pieces.push(piece(cell.clone(), plan, *digits, [width, depth])?);
        }
    }
    Ok(pieces)
}

/// How many networks are trained, on what, how long.
#[derive(Clone, Copy, Debug)]
struct Plan {
    members: u64,
    of_class: usize,
    steps: u64,
    seed: u64,
}

fn piece<'a>(
    cell: Cell,
    plan: Plan,
    digits: Labelled<'a>,
    [width, depth]: [usize; 2],
) -> Result<Piece<'a>, StudyError> {
    let Plan { members, of_class, steps, seed } = plan;
    let architecture = cell.network([digits.features, width, depth, CLASSES])?;
    let Cell { activation, weight_var, .. } = cell;
    let description = format!(
        "{activation}, weight_var {weight_var}, width {width}, depth {depth}, {members} members, {of_class} of each class of {}, \
         {steps} steps, seed {seed}",
        digits.name
    );
    let seconds = 3e-9 * (CLASSES * of_class * width * width * depth) as f64 * steps as f64 * members as f64;
    Ok(Piece::new(TABLE, description, seconds, move |stop| {
        let report = ensemble(&architecture, plan, &digits, || stop.load(Ordering::Relaxed))?;
        let Some(report) = report else { return Ok(None) };
        let rows = report.at.iter().filter(|at| at.step == 0 || at.step == steps).map(|at| {
            let spread = at.test.as_ref().map(|test| test.outputs);
            let infinite = spread.and_then(|spread: OutputSpread| spread.infinite_width);
            let ratio = infinite.and_then(|infinite| infinite.variance_ratio);
            let mut row = cell.values();
            row.extend([
                width.into(),
                depth.into(),
                (depth as f64 / width as f64).into(),
                (members as f64).into(),
                (report.diverged as f64).into(),
                (at.step as f64).into(),
                Value::from(infinite.map(|infinite| infinite.variance)),
                Value::from(ratio.map(|ratio| ratio.mean)),
                Value::from(ratio.and_then(|ratio| ratio.standard_error)),
                Value::from(infinite.and_then(|infinite| infinite.relative_excess)),
                Value::from(at.drift.map(|MeanWithError { mean, .. }| mean)),
            ]);
            row
        });
        Ok(Some(rows.collect()))
    }))
}

/// An ensemble trained at a quarter of the largest stable rate of infinite width; `None` if it was stopped.
fn ensemble(
    architecture: &Architecture,
    plan: Plan,
    digits: &Labelled<'_>,
    stop: impl Fn() -> bool + Sync,
) -> Result<Option<EnsembleReport>, StudyError> {
    let Plan { members, of_class, steps, seed } = plan;
    let sq_norm = digits.features as f64;
    let train = digits.few_classes(CLASSES, from_ref(&(0..of_class)), sq_norm)?;
    let test = digits.few_classes(CLASSES, from_ref(&(of_class..2 * of_class)), sq_norm)?;
    let options =
        TrainOptions { seed, stop: Stop { steps: Some(steps), ..Stop::default() }, ..TrainOptions::default() };
    let slow = Setting { train: &train, test: Some(&test), options: &options, learning_rate: f64::MIN_POSITIVE };
    let learning_rate = 0.25 * infinite_width(architecture, &slow, &[1], None, MEMORY)?.max_learning_rate;
    let setting = Setting { learning_rate, ..slow };
    let sampler = Sampler::new(architecture, &train.inputs()[..train.features()], Some(Method::Direct))?;
    let schedule = Schedule::At(vec![0, steps]);
    let probe = crate::train::Probe { rows: (2 * CLASSES).min(train.rows()), reference: None, keep: false };
    let training = EnsembleTraining { sampler: &sampler, setting, schedule: &schedule, probe: Some(&probe) };
    let mut ensemble = Ensemble::default();
    training.run(members, &mut ensemble, &stop, |_| ControlFlow::Continue(()))?;
    if stop() {
        return Ok(None);
    }
    let wide = infinite_width(architecture, &setting, &[0, steps], None, MEMORY)?;
    Ok(Some(ensemble_report(architecture, &setting, &ensemble, Ok(&wide), probe.rows)?))
}
