//! Finite networks, trained.

use std::ops::ControlFlow;

use fathom_ntk::analysis::training::{initial_network, probe};
use fathom_ntk::network::{Network, Precision};
use fathom_ntk::report::train_text;
use fathom_ntk::spec;
use fathom_ntk::train::{
    Event, Examples, LearningRate, Loss, Optimizer, Record, Recorder, Schedule, Stop, TrainOptions, TrainReport,
    Trainer, train as run,
};
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{self, Report, array, rows};
use crate::errors::{Failure, raise, refused};
use crate::network::Architecture;
use crate::work::{Attended, Progress, attended};

/// How networks are trained, by the names of the arguments in Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct TrainArguments {
    loss: String,
    optimizer: String,
    momentum: f64,
    betas: (f64, f64),
    epsilon: f64,
    learning_rate: Option<f64>,
    relative_rate: f64,
    batch: Option<usize>,
    precision: String,
    seed: u64,
    steps: Option<u64>,
    time: Option<f64>,
    until_loss: Option<f64>,
    divergence: f64,
    record_at: String,
    pub(crate) probe: usize,
}

impl TrainArguments {
    pub(crate) fn options(&self) -> PyResult<TrainOptions> {
        let optimizer = match self.optimizer.as_str() {
            "gd" => Optimizer::GradientDescent,
            "momentum" => Optimizer::Momentum { momentum: self.momentum },
            "adam" => Optimizer::Adam { beta1: self.betas.0, beta2: self.betas.1, epsilon: self.epsilon },
            got => return Err(refused(format!("optimizer must be gd, momentum or adam, got {got:?}"))),
        };
        let precision = match self.precision.as_str() {
            "float64" => Precision::F64,
            "float32" => Precision::F32,
            got => return Err(refused(format!("dtype must be float64 or float32, got {got:?}"))),
        };
        let relative = LearningRate::Relative(self.relative_rate);
        Ok(TrainOptions {
            loss: self.loss.parse::<Loss>().map_err(raise)?,
            optimizer,
            learning_rate: self.learning_rate.map_or(relative, LearningRate::Absolute),
            batch: self.batch,
            precision,
            seed: self.seed,
            stop: Stop { steps: self.steps, time: self.time, loss: self.until_loss },
            divergence: self.divergence,
        })
    }

    pub(crate) fn schedule(&self) -> PyResult<Schedule> {
        self.record_at.parse().map_err(raise)
    }
}

/// Inputs with targets, and classes where there are any.
#[derive(FromPyObject)]
pub(crate) struct Data<'py>(PyReadonlyArray2<'py, f64>, PyReadonlyArray2<'py, f64>, Option<Vec<usize>>);

impl Data<'_> {
    pub(crate) fn examples(self) -> PyResult<Examples> {
        let Self(inputs, targets, classes) = self;
        let (values, [_, features]) = rows("x", &inputs)?;
        let (given, [_, outputs]) = rows("y", &targets)?;
        let examples = Examples::new(values.to_vec(), features, given.to_vec(), outputs).map_err(raise)?;
        match classes {
            Some(classes) => examples.with_classes(classes).map_err(raise),
            None => Ok(examples),
        }
    }
}

/// Columns of the records, arrays of weights and biases, kernels, and the report.
type TrainedParts = (Py<PyDict>, Vec<(Py<PyAny>, Option<Py<PyAny>>)>, Option<Py<PyAny>>, Report);

/// Trains the network of a seed.
#[pyfunction]
#[pyo3(signature = (network, data, test, source, arguments, keep, progress))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn train(
    py: Python<'_>,
    network: &Architecture,
    data: Data<'_>,
    test: Option<Data<'_>>,
    source: &str,
    arguments: TrainArguments,
    keep: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<TrainedParts> {
    let job = Job {
        arch: network.0.clone(),
        train: data.examples()?,
        test: test.map(Data::examples).transpose()?,
        options: arguments.options()?,
        schedule: arguments.schedule()?,
        probe: arguments.probe,
        keep,
    };
    let probed = job.probe;
    let Trained { report, network, kernels } =
        attended(py, &Progress(progress), move |watch: &Attended| job.run(watch))??;
    let columns = PyDict::new(py);
    for (name, values) in columns_of(&report.records) {
        let count = values.len();
        columns.set_item(name, array(py, values, &[count])?)?;
    }
    let layers = network.layers().iter().map(|layer| {
        let weights = array(py, layer.weights().to_vec(), &[layer.outputs(), layer.inputs()])?;
        let biases = layer.biases().map(|biases| array(py, biases.to_vec(), &[layer.outputs()])).transpose()?;
        Ok((weights, biases))
    });
    let layers = layers.collect::<PyResult<_>>()?;
    let shape = [kernels.len(), probed, probed];
    let kernels = keep.then(|| array(py, kernels.concat(), &shape)).transpose()?;
    let text = train_text(&report, source);
    Ok((columns.unbind(), layers, kernels, convert::report(py, Some(source), convert::json(&report)?, text)?))
}

/// The records by quantity; NaN where there is no number.
fn columns_of(records: &[Record]) -> Vec<(String, Vec<f64>)> {
    let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
    for record in records {
        let numbers = record.quantities().map(|(name, value)| (name.to_owned(), value));
        for (place, (name, value)) in numbers.chain(record.layer_quantities()).enumerate() {
            if columns.len() == place {
                columns.push((name, Vec::with_capacity(records.len())));
            }
            columns[place].1.push(value.unwrap_or(f64::NAN));
        }
    }
    columns
}

/// Everything that is computed, owned.
struct Job {
    arch: spec::Architecture,
    train: Examples,
    test: Option<Examples>,
    options: TrainOptions,
    schedule: Schedule,
    probe: usize,
    keep: bool,
}

struct Trained {
    report: TrainReport,
    network: Network,
    kernels: Vec<Vec<f64>>,
}

fn failed(error: impl Failure) -> PyErr {
    raise(error)
}

impl Job {
    fn run(&self, watch: &Attended) -> PyResult<Trained> {
        let Self { arch, train, test, options, schedule, probe: rows, keep } = self;
        let initial = initial_network(arch, train, options.seed).map_err(failed)?;
        let mut trainer = Trainer::new(&initial, train, options).map_err(failed)?;
        let started = trainer.network();
        let look = probe(arch, train, *rows, *keep);
        let recorder = Recorder::new(&started, train, test.as_ref(), options.loss, look).map_err(failed)?;
        let (mut records, mut kernels) = (Vec::new(), Vec::new());
        let ending = run(&mut trainer, &recorder, schedule, None, |trainer, event| {
            match event {
                Event::Recorded(snapshot) => {
                    records.push(snapshot.record.clone());
                    kernels.extend(snapshot.kernel.clone());
                }
                Event::Step { .. } => watch.advance_to(trainer.steps(), trainer.most_steps()),
            }
            if watch.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let ending = ending.map_err(failed)?;
        let sizes = [train.rows(), test.as_ref().map_or(0, Examples::rows), *rows];
        let report = TrainReport::new(arch, &trainer, sizes, ending, records);
        Ok(Trained { report, network: trainer.network(), kernels })
    }
}
