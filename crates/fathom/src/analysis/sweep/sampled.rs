//! Samples of a sweep.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::Measured;
use super::{Quantity, Status};
use crate::analysis::sampled::{Deviation, ObservableReport, Simulation, Source, sample_report};
use crate::sample::{Event, FirstStep, Method, Observable, Recorder, Sampler, run};
use crate::spec::Architecture;
use crate::statistics::{DRAWS_PER_BLOCK, Estimate, Ledger, Summary};

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleTask {
    /// The inputs, rows of $n_0$ numbers, row after row.
    pub inputs: Vec<f64>,
    /// What is recorded of every draw.
    pub observables: Vec<Observable>,
    /// How many networks.
    pub draws: u64,
    /// How they are drawn; `None` for the fastest way.
    pub method: Option<Method>,
    /// The first gradient step.
    pub first_step: FirstStep,
}

pub(super) fn measure(arch: &Architecture, seed: u64, task: &SampleTask, stop: &AtomicBool) -> Option<Measured> {
    match try_measure(arch, seed, task, stop) {
        Ok(found) => found.map(|quantities| Measured { status: Status::Done, reason: None, quantities }),
        Err(error) => Some(Measured::failed(error)),
    }
}

type Failure = Box<dyn std::error::Error>;

fn try_measure(
    arch: &Architecture,
    seed: u64,
    task: &SampleTask,
    stop: &AtomicBool,
) -> Result<Option<Vec<Quantity>>, Failure> {
    let SampleTask { inputs, observables, draws, method, first_step } = task;
    let sampler = Sampler::observing(arch, inputs, observables, *method)?;
    let recorder = Recorder::new(&sampler, observables)?.with_first_step(*first_step)?;
    let Some(summary) = drawn(&sampler, &recorder, seed, *draws, stop)? else { return Ok(None) };
    let report = sample_report(&Simulation {
        architecture: arch.into(),
        inputs,
        method: sampler.method(),
        seed,
        observables,
        first_step: *first_step,
        summary: &summary,
    })?;
    let mut quantities = vec![
        Quantity::number("draws", Some(report.draws as f64)),
        Quantity::text("sampler", report.method.to_string()),
    ];
    let single = report.observables.len() == 1;
    for observable in &report.observables {
        quantities.extend(of_observable(observable, single));
    }
    Ok(Some(quantities))
}

/// The statistics of all draws; `None` if they are not complete.
fn drawn(
    sampler: &Sampler,
    recorder: &Recorder,
    seed: u64,
    draws: u64,
    stop: &AtomicBool,
) -> Result<Option<Summary>, Failure> {
    let mut ledger = Ledger::new(recorder.names());
    let mut failure = None;
    let blocks = 0..draws.div_ceil(DRAWS_PER_BLOCK as u64);
    run(sampler, recorder, seed, &[blocks], draws, rayon::current_num_threads(), |event| {
        if let Event::Block(block) = event {
            failure = failure.take().or(ledger.insert(block.block, block.summary).err());
        }
        if failure.is_some() || stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    match failure {
        Some(failure) => Err(failure.into()),
        None => Ok(ledger.total().filter(|summary| summary.draws() == draws)),
    }
}

fn of_observable(observable: &ObservableReport, single: bool) -> Vec<Quantity> {
    let name = |what: &str| if single { what.to_owned() } else { format!("{}.{what}", observable.name) };
    let estimate = |what: &str, estimate: Option<Estimate>| {
        let value = estimate.map(|estimate| estimate.value.to_f64());
        Quantity::estimate(name(what), value, estimate.and_then(|e| Some(e.standard_error?.to_f64())))
    };
    let logarithm = |what: &str, estimate: Option<Estimate>| {
        // The standard error of a logarithm is the relative one.
        let error = estimate.and_then(|estimate| estimate.relative_error());
        Quantity::estimate(name(what), estimate.map(|estimate| estimate.value.ln()), error)
    };
    let theory = |what: &str, all: &[Deviation], source: Source| {
        let found = all.iter().find(|known| known.source == source);
        Quantity::number(name(what), found.map(|known| known.value.to_f64()))
    };
    vec![
        estimate("mean", observable.mean),
        theory("mean_exact", &observable.mean_theory, Source::Exact),
        theory("mean_infinite", &observable.mean_theory, Source::InfiniteWidth),
        estimate("dispersion", observable.dispersion),
        theory("dispersion_exact", &observable.dispersion_theory, Source::Exact),
        theory("dispersion_first_order", &observable.dispersion_theory, Source::FirstOrder),
        estimate("relative_std", observable.relative_std),
        // These stay in range where the numbers themselves do not.
        logarithm("log_mean", observable.mean),
        logarithm("log_dispersion", observable.dispersion),
    ]
}
