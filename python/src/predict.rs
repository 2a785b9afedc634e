//! Trained networks of infinite width, and the choice between them.

use std::ops::ControlFlow;

use fathom_ntk::infinite::matrix;
use fathom_ntk::predict::{
    AtTime, Covariance, Criterion, Distinct, FastKernel, IterativeOptions, KernelKind, Kernels, LargeProblem, Method,
    Metrics, PredictOptions, Prediction, Ridge, Selection, Stage, Targets, TestBlock, Time, one_hot,
    predict_iteratively as iteratively, predict_owned, select as select_from, training_kernel,
};
use fathom_ntk::report::{prediction_text, selection_text};
use fathom_ntk::spec;
use numpy::PyReadonlyArray2;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use serde_json::json;

use crate::blocks::AnyNetwork;
use crate::convert::{self, Report, Supervised, array, rows};
use crate::errors::{raise, refused};
use crate::work::{Progress, interruptible, watched};

/// Means, variances or covariances (arrays, the times first), and the report.
type Predicted = (Py<PyAny>, Option<Py<PyAny>>, Py<PyAny>, Report);

/// A pull towards the initialisation.
fn ridge_of(ridge: f64, relative: bool) -> Ridge {
    if relative { Ridge::Relative(ridge) } else { Ridge::Absolute(ridge) }
}

/// What infinitely wide networks predict.
#[pyfunction]
#[pyo3(signature = (
    network, x_train, targets, x_test, test_targets, classes, test_classes, source, method, times, learning_rate, steps,
    ridge, relative, covariance, memory
))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn predict(
    py: Python<'_>,
    network: AnyNetwork<'_>,
    x_train: PyReadonlyArray2<'_, f64>,
    targets: PyReadonlyArray2<'_, f64>,
    x_test: PyReadonlyArray2<'_, f64>,
    test_targets: Option<PyReadonlyArray2<'_, f64>>,
    classes: Option<usize>,
    test_classes: Option<Vec<usize>>,
    source: &str,
    method: &str,
    times: Vec<f64>,
    learning_rate: f64,
    steps: Option<Vec<u64>>,
    ridge: f64,
    relative: bool,
    covariance: &str,
    memory: Option<u64>,
) -> PyResult<Predicted> {
    let Supervised { train, test, features, given, outputs, test_targets } =
        Supervised::new(&x_train, &targets, &x_test, test_targets.as_ref())?;
    let flow = |t: &f64| if *t == f64::INFINITY { Time::Infinite } else { Time::Flow(t * learning_rate) };
    let times = match &steps {
        Some(steps) => steps.iter().map(|&steps| Time::Steps { learning_rate, steps }).collect(),
        None => times.iter().map(flow).collect(),
    };
    let options = PredictOptions {
        method: if method == "nngp" { Method::Nngp } else { Method::Ntk },
        times,
        ridge: ridge_of(ridge, relative),
        covariance: match covariance {
            "full" => Covariance::Full,
            "diagonal" => Covariance::Diagonal,
            _ => Covariance::None,
        },
        memory,
    };
    let distinct = Distinct::rows(train, features).map_err(raise)?;
    let targets = Targets::new(given, outputs, &distinct).map_err(raise)?;
    let kept: Vec<f64> =
        distinct.representatives().iter().flat_map(|&i| &train[i * features..][..features]).copied().collect();
    let network = network.owned();
    let (arch, test, full) = (network.clone(), test.to_vec(), options.covariance == Covariance::Full);
    let (prediction, metrics) = watched(py, &Progress(None), move |watch| {
        let block = if full { TestBlock::Full } else { TestBlock::Diagonal };
        let ntk = options.method == Method::Ntk;
        let kind = match (ntk, options.covariance == Covariance::None) {
            (true, true) => matrix::KernelKind::Ntk,
            (true, false) => matrix::KernelKind::Both,
            (false, _) => matrix::KernelKind::Nngp,
        };
        let Kernels { ntk, nngp } =
            Kernels::compute(&arch, &kept, &test, features, kind, block, watch).map_err(raise)?;
        let found = predict_owned(ntk, nngp, &targets, &options).map_err(raise)?;
        let metrics = metrics(&found, test_targets.as_deref(), test_classes.as_deref())?;
        Ok::<_, PyErr>((found, metrics))
    })??;
    answer(py, &network, &prediction, metrics.as_deref(), classes, source)
}

/// Arrays and report of a prediction.
fn answer(
    py: Python<'_>,
    network: &spec::AnyNetwork,
    prediction: &Prediction,
    metrics: Option<&[Metrics]>,
    classes: Option<usize>,
    source: &str,
) -> PyResult<Predicted> {
    let text = prediction_text(network, prediction, metrics, source);
    let fields = json!({
        "architecture": convert::json(network)?,
        "classes": classes,
        "prediction": convert::json(&without_arrays(prediction))?,
        "metrics": convert::json(&metrics)?,
    });
    let (times, tests, outputs) = (prediction.at.len(), prediction.test_inputs, prediction.outputs);
    let all = |of: fn(&AtTime) -> &[f64]| -> Vec<f64> { prediction.at.iter().flat_map(of).copied().collect() };
    let train_means = all(|at| &at.train_mean);
    let train_count = train_means.len() / (times * outputs).max(1);
    let covariances = all(|at| at.covariance.as_deref().unwrap_or_default());
    let variances = all(|at| at.variance.as_deref().unwrap_or_default());
    let spread = match (covariances.is_empty(), variances.is_empty()) {
        (false, _) => Some(array(py, covariances, &[times, tests, tests])?),
        (true, false) => Some(array(py, variances, &[times, tests])?),
        (true, true) => None,
    };
    let mean = array(py, all(|at| &at.mean), &[times, tests, outputs])?;
    let train = array(py, train_means, &[times, train_count, outputs])?;
    Ok((mean, spread, train, convert::report(py, Some(source), flattened(fields), text)?))
}

/// What infinitely wide networks predict at the end of training, by conjugate gradients.
#[pyfunction]
#[pyo3(signature = (
    network, x_train, targets, x_test, test_targets, classes, test_classes, source, method, ridge, relative, tolerance,
    max_iterations, rank, seed, hold, progress
))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn predict_iteratively(
    py: Python<'_>,
    network: AnyNetwork<'_>,
    x_train: PyReadonlyArray2<'_, f64>,
    targets: PyReadonlyArray2<'_, f64>,
    x_test: PyReadonlyArray2<'_, f64>,
    test_targets: Option<PyReadonlyArray2<'_, f64>>,
    classes: Option<usize>,
    test_classes: Option<Vec<usize>>,
    source: &str,
    method: &str,
    ridge: f64,
    relative: bool,
    tolerance: f64,
    max_iterations: usize,
    rank: usize,
    seed: u64,
    hold: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<Predicted> {
    let Supervised { train, test, features, given, outputs, test_targets } =
        Supervised::new(&x_train, &targets, &x_test, test_targets.as_ref())?;
    let method = if method == "nngp" { Method::Nngp } else { Method::Ntk };
    let options = IterativeOptions { method, ridge: ridge_of(ridge, relative), tolerance, max_iterations, rank, seed };
    let network = network.owned();
    let (arch, train, test, given) = (network.clone(), train.to_vec(), test.to_vec(), given.to_vec());
    let recomputed = hold == "tiles";
    let (prediction, metrics) = watched(py, &Progress(progress), move |watch| {
        let problem =
            LargeProblem { network: (&arch).into(), train: &train, test: &test, features, targets: &given, outputs };
        let kernel = if recomputed { FastKernel::Recomputed } else { FastKernel::Packed };
        let see = |stage: Stage<'_>| {
            if let Stage::Step(steps, _) = stage {
                // Residuals fall at a constant rate, more or less.
                let share = (steps.residual.ln() / tolerance.ln()).clamp(0.01, 1.0);
                watch.report(steps.iterations, (steps.iterations as f64 / share).ceil() as usize);
            }
            if watch.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let found = iteratively(&problem, kernel, &options, None, see).map_err(raise)?;
        let found = found.ok_or_else(|| PyKeyboardInterrupt::new_err("interrupted"))?;
        let metrics = metrics(&found, test_targets.as_deref(), test_classes.as_deref())?;
        Ok::<_, PyErr>((found, metrics))
    })??;
    answer(py, &network, &prediction, metrics.as_deref(), classes, source)
}

/// The fields of the prediction beside the others.
fn flattened(mut fields: serde_json::Value) -> serde_json::Value {
    if let Some(fields) = fields.as_object_mut()
        && let Some(serde_json::Value::Object(inner)) = fields.remove("prediction")
    {
        fields.extend(inner);
    }
    fields
}

/// The prediction without its large lists, which are handed out as arrays.
fn without_arrays(prediction: &Prediction) -> Prediction {
    let mut prediction = prediction.clone();
    for at in &mut prediction.at {
        at.mean.clear();
        at.train_mean.clear();
        at.covariance = None;
        at.variance = None;
    }
    prediction
}

fn metrics(found: &Prediction, targets: Option<&[f64]>, classes: Option<&[usize]>) -> PyResult<Option<Vec<Metrics>>> {
    let Some(targets) = targets else { return Ok(None) };
    let of =
        |at: &AtTime| Metrics::of(&at.mean, at.variance.as_deref(), targets, found.outputs, classes).map_err(raise);
    found.at.iter().map(of).collect::<PyResult<_>>().map(Some)
}

/// Targets of classes: one column for each, 1 − 1/C for its class and −1/C for the others.
#[pyfunction]
#[pyo3(name = "one_hot")]
pub(crate) fn class_targets(py: Python<'_>, classes: Vec<usize>, count: usize) -> PyResult<Py<PyAny>> {
    array(py, one_hot(&classes, count).map_err(raise)?, &[classes.len(), count])
}

/// Scores networks and ridges on training data.
#[pyfunction]
#[pyo3(signature = (networks, x, targets, classes, source, kernel, criterion, ridges, relative))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn select(
    py: Python<'_>,
    networks: Vec<AnyNetwork<'_>>,
    x: PyReadonlyArray2<'_, f64>,
    targets: Option<PyReadonlyArray2<'_, f64>>,
    classes: Option<Vec<usize>>,
    source: &str,
    kernel: &str,
    criterion: &str,
    ridges: Vec<f64>,
    relative: bool,
) -> PyResult<Report> {
    let (inputs, [count, features]) = rows("x", &x)?;
    let every = Distinct::rows(inputs, features).map_err(raise)?;
    let targets = match (&targets, &classes) {
        (Some(targets), _) => {
            let (values, [_, outputs]) = rows("y", targets)?;
            Targets::new(values, outputs, &every).map_err(raise)?
        }
        (None, Some(classes)) => {
            let outputs = classes.iter().max().map_or(0, |most| most + 1);
            Targets::new(&one_hot(classes, outputs).map_err(raise)?, outputs, &every).map_err(raise)?
        }
        (None, None) => return Err(refused("y is missing")),
    };
    let kind = if kernel == "nngp" { KernelKind::Nngp } else { KernelKind::Ntk };
    let criterion = match criterion {
        "accuracy" => Criterion::Accuracy,
        "likelihood" => Criterion::MarginalLikelihood,
        _ => Criterion::LeaveOneOut,
    };
    let networks: Vec<spec::AnyNetwork> = networks.iter().map(AnyNetwork::owned).collect();
    let (inputs, repeated) = (inputs.to_vec(), targets.repeated());
    let ridges: Vec<Ridge> = ridges.iter().map(|&ridge| ridge_of(ridge, relative)).collect();
    let selection: Selection<spec::AnyNetwork> = interruptible(py, move || {
        let of =
            |arch: &spec::AnyNetwork| training_kernel(arch, &inputs, features, kind).map_err(|error| error.to_string());
        select_from(&networks, of, &targets, classes.as_deref(), &ridges, criterion, |_| true)
    })?
    .map_err(raise)?;
    let source = format!("{count} of {source}");
    let text = selection_text(&selection, &source);
    let mut fields = json!({ "kernel": convert::json(&kind)?, "inputs": count, "repeated_inputs": repeated });
    if let (Some(fields), serde_json::Value::Object(more)) = (fields.as_object_mut(), convert::json(&selection)?) {
        fields.extend(more);
    }
    convert::report(py, Some(&source), fields, text)
}
