//! Networks drawn at random.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use fathom_ntk::Scaled;
use fathom_ntk::analysis::sampled::{Simulation, log_dispersion, sample_report};
use fathom_ntk::report::sample_text;
use fathom_ntk::sample::{Event, FirstStep, Method, ObservableList, Recorder, Sampler, run};
use fathom_ntk::spec::NetworkRef;
use fathom_ntk::statistics::{DRAWS_PER_BLOCK, Ledger, Summary, check_points};
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use serde_json::json;

use crate::blocks::AnyNetwork;
use crate::convert::{self, Report, array, rows};
use crate::errors::{raise, refused};
use crate::work::Progress;

const BLOCK: u64 = DRAWS_PER_BLOCK as u64;
/// Time between two looks at signals and progress.
const TICK: Duration = Duration::from_millis(50);
/// Most draws, of a run without limit.
const MOST_DRAWS: u64 = 1 << 52;
/// Statistics of one observable take up to 64 KiB, some dozens of times.
const MOST_OBSERVABLES: usize = 10_000;
/// And 16 bytes for each pair.
const MOST_COVARIANCES: usize = 1000;

/// Draws networks and estimates the moments of their observables; also all draws, if they are to be kept.
#[pyfunction]
#[pyo3(signature = (
    network, x, source, observables, draws, seed, method, target, step, covariances, target_error, max_time, threads, keep,
    progress
))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn sample(
    py: Python<'_>,
    network: AnyNetwork<'_>,
    x: PyReadonlyArray2<'_, f64>,
    source: &str,
    observables: &str,
    draws: Option<u64>,
    seed: u64,
    method: Option<&str>,
    target: f64,
    step: f64,
    covariances: bool,
    target_error: Option<f64>,
    max_time: Option<f64>,
    threads: Option<usize>,
    keep: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Report, Option<Py<PyAny>>)> {
    let (inputs, [count, features]) = rows("x", &x)?;
    let network = network.owned();
    let network = NetworkRef::from(&network);
    if let Some(expected) = network.features().filter(|expected| *expected != features) {
        return Err(refused(format!("x has {features} features, but the network has {expected} inputs")));
    }
    let list: ObservableList = observables.parse().map_err(raise)?;
    let observables = list.members(network, count);
    let most = if covariances { MOST_COVARIANCES } else { MOST_OBSERVABLES };
    if observables.len() > most {
        let got = observables.len();
        return Err(refused(format!("observables: at most {most} can be recorded here, got {got}")));
    }
    let method = method.map(|text| text.parse::<Method>().map_err(raise)).transpose()?;
    let sampler = Sampler::observing(network, inputs, &observables, method).map_err(raise)?;
    let first_step = FirstStep { target, step };
    let mut recorder =
        Recorder::new(&sampler, &observables).and_then(|r| r.with_first_step(first_step)).map_err(raise)?;
    if covariances {
        recorder = recorder.with_joint(&(0..observables.len()).collect::<Vec<_>>()).map_err(raise)?;
    }
    let unlimited = target_error.is_some() || max_time.is_some();
    let planned = draws.unwrap_or(if unlimited { MOST_DRAWS } else { 1000 });
    if keep && planned == MOST_DRAWS {
        return Err(refused("keep_draws needs draws"));
    }
    let known = observables.first().and_then(|&o| log_dispersion(network, inputs, o));
    let goal = target_error.map(|relative_error| Goal { relative_error, log_dispersion: known });
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let kept = if keep { vec![f64::NAN; observables.len() * planned as usize] } else { Vec::new() };
    let mut drawing = Drawing {
        sampler: &sampler,
        recorder: &recorder,
        seed,
        planned,
        threads,
        limit: max_time,
        ledger: Ledger::new(recorder.names()),
        kept,
        progress: Progress(progress),
        looked: Instant::now(),
        began: Instant::now(),
        drawn: 0,
    };
    let complete = drawing.run(py, goal)?;
    let Some(summary) = drawing.ledger.total() else { return Err(refused("max_time: no draw is complete yet")) };
    let simulation = Simulation {
        architecture: network,
        inputs,
        method: sampler.method(),
        seed,
        observables: &observables,
        first_step,
        summary: &summary,
    };
    let found = py.detach(|| sample_report(&simulation)).map_err(raise)?;
    let text = sample_text(&found, source);
    let mut fields = json!({
        "planned_draws": (planned < MOST_DRAWS).then_some(planned),
        "complete": complete,
    });
    if let (Some(fields), serde_json::Value::Object(more)) = (fields.as_object_mut(), convert::json(&found)?) {
        fields.extend(more);
    }
    let kept = match keep {
        true => {
            let width = observables.len();
            drawing.kept.truncate(summary.draws() as usize * width);
            Some(array(py, drawing.kept, &[summary.draws() as usize, width])?)
        }
        false => None,
    };
    Ok((convert::report(py, Some(source), fields, text)?, kept))
}

/// When the mean of the first observable is known well enough.
#[derive(Clone, Copy)]
struct Goal {
    relative_error: f64,
    log_dispersion: Option<f64>,
}

impl Goal {
    fn is_reached(self, summary: Option<&Summary>) -> PyResult<bool> {
        let Some(summary) = summary else { return Ok(false) };
        let tails = summary.marginal(0).and_then(|m| m.tails(self.log_dispersion)).map_err(raise)?;
        Ok(tails.mean_is_within(self.relative_error))
    }
}

/// A run while it is drawn.
struct Drawing<'a> {
    sampler: &'a Sampler,
    recorder: &'a Recorder,
    seed: u64,
    planned: u64,
    threads: usize,
    /// Seconds.
    limit: Option<f64>,
    ledger: Ledger,
    kept: Vec<f64>,
    progress: Progress,
    looked: Instant,
    began: Instant,
    drawn: u64,
}

impl Drawing<'_> {
    /// Draws until all is there or the goal is reached (true), or the time is over.
    fn run(&mut self, py: Python<'_>, goal: Option<Goal>) -> PyResult<bool> {
        let end = self.planned.div_ceil(BLOCK);
        let stages: Box<dyn Iterator<Item = u64>> = match goal {
            Some(_) => Box::new(check_points().take_while(move |stage| *stage < end).chain([end])),
            None => Box::new(std::iter::once(end)),
        };
        let mut begin = 0;
        for stage in stages {
            if !self.stage(py, begin..stage)? {
                return Ok(false);
            }
            if let Some(goal) = goal
                && goal.is_reached(self.ledger.total().as_ref())?
            {
                break;
            }
            begin = stage;
        }
        if self.planned < MOST_DRAWS {
            self.progress.report(py, self.ledger.draws(), self.planned)?;
        }
        Ok(true)
    }

    /// Draws some blocks; false if there was no time for all.
    fn stage(&mut self, py: Python<'_>, blocks: std::ops::Range<u64>) -> PyResult<bool> {
        let wanted = (blocks.end * BLOCK).min(self.planned);
        let (sampler, recorder, seed, draws, threads) =
            (self.sampler, self.recorder, self.seed, self.planned, self.threads);
        let mut failure = None;
        py.detach(|| {
            run(sampler, recorder, seed, &[blocks], draws, threads, |event| {
                if let Err(error) = self.take(event) {
                    failure.get_or_insert(error);
                }
                let over = self.limit.is_some_and(|limit| self.began.elapsed().as_secs_f64() > limit);
                if failure.is_some() || over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
        })
        .map_err(raise)?;
        failure.map_or(Ok(self.ledger.draws() >= wanted), Err)
    }

    fn take(&mut self, event: Event<'_>) -> PyResult<()> {
        match event {
            Event::Progress(draws) => self.drawn += draws,
            Event::Block(block) => {
                if !self.kept.is_empty() {
                    let first = (block.block * BLOCK) as usize * self.recorder.observables().len();
                    for (place, value) in self.kept[first..].iter_mut().zip(block.rows) {
                        *place = value.map_or(f64::NAN, Scaled::to_f64);
                    }
                }
                self.ledger.insert(block.block, block.summary).map_err(raise)?;
            }
        }
        if self.looked.elapsed() > TICK {
            self.looked = Instant::now();
            Python::attach(|py| {
                py.check_signals()?;
                if self.planned < MOST_DRAWS { self.progress.report(py, self.drawn, self.planned) } else { Ok(()) }
            })?;
        }
        Ok(())
    }
}
