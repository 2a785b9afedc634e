//! Grids of networks.

use fathom_ntk::analysis::sweep::{
    Axis, Cell, Event, Job, Row, SampleTask, Setting, Sweep, SweepCommand, Table, Task, Template, TrainTask, run_jobs,
};
use fathom_ntk::analysis::verdict::{Inputs, VerdictOptions};
use fathom_ntk::report::sweep_text;
use fathom_ntk::sample::{FirstStep, Method, ObservableList};
use fathom_ntk::train::{Examples, Schedule, TrainOptions};
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use serde_json::{Map, Value};

use crate::convert::{json, rows, to_python};
use crate::errors::{raise, refused};
use crate::network::Architecture;
use crate::train::{Data, TrainArguments};
use crate::verdict::DataArgument;
use crate::work::{Attended, Progress, attended};

/// How networks are drawn, by the names of the arguments in Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct SampleArguments<'py> {
    x: Option<PyReadonlyArray2<'py, f64>>,
    observables: String,
    draws: u64,
    method: Option<String>,
    target: f64,
    step: f64,
}

/// What is done with every network.
#[derive(FromPyObject)]
#[expect(clippy::large_enum_variant, reason = "made once a call")]
pub(crate) enum What<'py> {
    Train(Data<'py>, Option<Data<'py>>, TrainArguments, f64),
    Sample(SampleArguments<'py>),
    Verdict(Option<DataArgument<'py>>, f64, f64),
}

/// The same, owned.
enum Material {
    Train {
        train: Examples,
        test: Option<Examples>,
        options: TrainOptions,
        schedule: Schedule,
        probe: usize,
        threshold: f64,
    },
    Sample {
        inputs: Option<(Vec<f64>, usize)>,
        observables: ObservableList,
        draws: u64,
        method: Option<Method>,
        first_step: FirstStep,
    },
    Verdict {
        inputs: Option<(Vec<f64>, usize)>,
        norm: Option<f64>,
        options: VerdictOptions,
    },
}

/// Samples, trains or judges every network of a grid.
#[pyfunction]
#[pyo3(signature = (base, settings, grid, what, source, threads, progress))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn sweep(
    py: Python<'_>,
    base: Option<&Architecture>,
    settings: Vec<(String, String)>,
    grid: Vec<(String, Vec<String>)>,
    what: What<'_>,
    source: &str,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Py<PyAny>, String)> {
    let mut template = base.map_or_else(Template::default, |network| Template::of(network.0.to_spec()));
    for (key, value) in settings {
        template.set(&Setting::parse(key.parse().map_err(raise)?, &value).map_err(raise)?);
    }
    let axis = |(key, values): (String, Vec<String>)| Axis::new(key.parse()?, &values);
    let axes = grid.into_iter().map(axis).collect::<Result<Vec<_>, _>>().map_err(raise)?;
    let material = Material::of(what)?;
    let sweep = Sweep::new(material.command(), template, axes, Vec::new()).map_err(raise)?;
    let (inputs, outputs) = material.ends();
    let cells = sweep.cells(inputs, outputs).map_err(raise)?;
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let keys = sweep.keys();
    let command = sweep.command;
    let rows = attended(py, &Progress(progress), move |watch: &Attended| run(&material, &cells, threads, watch))??;
    let table = Table::new(keys, rows);
    let text = sweep_text(command, &table, source);
    let columns = |table: &Table| -> PyResult<Value> {
        let columns = table.columns().into_iter().map(|column| Ok((column.name, json(&column.values)?)));
        Ok(Value::Object(columns.collect::<PyResult<Map<_, _>>>()?))
    };
    let document = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": json(&command)?,
        "source": source,
        "planned_cells": table.rows().len(),
        "complete": true,
        "axes": table.keys().iter().map(|key| key.name()).collect::<Vec<_>>(),
        "columns": columns(&table)?,
        "over_seeds": columns(&table.over_seeds())?,
    });
    Ok((to_python(py, &document)?, text))
}

fn run(material: &Material, cells: &[Cell], threads: usize, watch: &Attended) -> PyResult<Vec<Row>> {
    let jobs = cells.iter().map(|cell| material.job(cell)).collect::<PyResult<Vec<_>>>()?;
    let mut rows = Vec::with_capacity(cells.len());
    run_jobs(&jobs, threads, watch.stop_flag(), |event| {
        if let Event::Done(place, outcome) = event {
            let Cell { index, settings, .. } = cells[place].clone();
            rows.push(Row { index, settings, outcome, seconds: None });
            watch.advance_to(rows.len() as u64, cells.len() as u64);
        }
    });
    Ok(rows)
}

impl Material {
    fn of(what: What<'_>) -> PyResult<Self> {
        match what {
            What::Train(data, test, arguments, threshold) => {
                if !(threshold.is_finite() && threshold > 0.0) {
                    return Err(refused(format!("threshold must be positive and finite, got {threshold}")));
                }
                let (train, test) = (data.examples()?, test.map(Data::examples).transpose()?);
                let (options, schedule) = (arguments.options()?, arguments.schedule()?);
                Ok(Self::Train { train, test, options, schedule, probe: arguments.probe, threshold })
            }
            What::Sample(SampleArguments { x, observables, draws, method, target, step }) => {
                let inputs = x.as_ref().map(|x| rows("x", x)).transpose()?;
                Ok(Self::Sample {
                    inputs: inputs.map(|(values, [_, features])| (values.to_vec(), features)),
                    observables: observables.parse().map_err(raise)?,
                    draws,
                    method: method.map(|name| name.parse().map_err(raise)).transpose()?,
                    first_step: FirstStep { target, step },
                })
            }
            What::Verdict(data, target, tolerance) => {
                let options = VerdictOptions { target, tolerance, ..Default::default() };
                let (inputs, norm) = match &data {
                    Some(DataArgument::Rows(x)) => {
                        let (values, [_, features]) = rows("x", x)?;
                        (Some((values.to_vec(), features)), None)
                    }
                    Some(DataArgument::SquaredNorm(norm)) => (None, Some(*norm)),
                    None => (None, None),
                };
                Ok(Self::Verdict { inputs, norm, options })
            }
        }
    }

    fn command(&self) -> SweepCommand {
        match self {
            Self::Train { .. } => SweepCommand::Train,
            Self::Sample { .. } => SweepCommand::Sample,
            Self::Verdict { .. } => SweepCommand::Verdict,
        }
    }

    /// Inputs and outputs of networks of which nothing is said about them.
    fn ends(&self) -> (usize, usize) {
        match self {
            Self::Train { train, .. } => (train.features(), train.outputs()),
            Self::Sample { inputs, .. } | Self::Verdict { inputs, .. } => {
                (inputs.as_ref().map_or(1, |(_, features)| *features), 1)
            }
        }
    }

    fn job(&self, cell: &Cell) -> PyResult<Job<'_>> {
        let architecture = cell.architecture.clone();
        let task = match self {
            Self::Train { train, test, options, schedule, probe, threshold } => Task::Train(TrainTask {
                examples: train,
                test: test.as_ref(),
                options: options.clone(),
                schedule: schedule.clone(),
                probe: *probe,
                threshold: *threshold,
            }),
            Self::Sample { inputs, observables, draws, method, first_step } => {
                let features = architecture.widths().map_or(1, |widths| widths[0]);
                let (inputs, got) = inputs.clone().unwrap_or_else(|| (vec![1.0; features], features));
                if got != features {
                    return Err(refused(format!("x has {got} features, but the network has {features} inputs")));
                }
                let observables = observables.members(&architecture, inputs.len() / features);
                let (draws, method, first_step) = (*draws, *method, *first_step);
                Task::Sample(SampleTask { inputs, observables, draws, method, first_step })
            }
            Self::Verdict { inputs, norm, options } => {
                let inputs = match (inputs, norm) {
                    (Some((values, features)), _) => Inputs::Rows { values, features: *features },
                    (None, Some(norm)) => Inputs::SquaredNorm(*norm),
                    (None, None) => Inputs::Unit,
                };
                Task::Verdict { inputs, options: *options }
            }
        };
        Ok(Job { architecture, seed: cell.seed, task })
    }
}
