//! What becomes of cells: the numbers of the functions themselves, bit for bit.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use fathom_ntk::analysis::sampled::{Simulation, sample_report};
use fathom_ntk::analysis::sweep::{Event, Job, Outcome, SampleTask, Status, Task, TrainTask, run_jobs};
use fathom_ntk::analysis::training::{initial_network, probe};
use fathom_ntk::analysis::verdict::{Inputs, VerdictOptions, verdict};
use fathom_ntk::sample::{FirstStep, Recorder as Draws, Sampler, run};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
use fathom_ntk::statistics::Ledger;
use fathom_ntk::train::{
    Ending, Event as Step, Examples, LearningRate, Recorder, Schedule, Stop, TrainOptions, Trainer, train,
};

fn network(widths: &str, activation: &str, weight_var: f64) -> Architecture {
    let spec = ArchitectureSpec {
        widths: Some(widths.parse().unwrap()),
        activation: Some(activation.parse().unwrap()),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        ..Default::default()
    };
    Architecture::try_from(spec).unwrap()
}

/// Points on a circle, and which half they are on.
fn examples(count: usize) -> Examples {
    let angle = |i: usize| 6.0 * i as f64 / count as f64;
    let inputs = (0..count).flat_map(|i| [angle(i).cos(), angle(i).sin()]).collect();
    let classes: Vec<usize> = (0..count).map(|i| usize::from(angle(i) > 3.0)).collect();
    let targets = classes.iter().map(|class| 2.0 * *class as f64 - 1.0).collect();
    Examples::new(inputs, 2, targets, 1).unwrap().with_classes(classes).unwrap()
}

fn options(steps: u64) -> TrainOptions {
    TrainOptions { stop: Stop { steps: Some(steps), ..Default::default() }, batch: Some(5), ..Default::default() }
}

fn training<'a>(examples: &'a Examples, test: &'a Examples, options: TrainOptions) -> Task<'a> {
    let (schedule, test) = (Schedule::Log(3), Some(test));
    Task::Train(TrainTask { examples, test, options, schedule, probe: 8, threshold: 0.5 })
}

fn value(outcome: &Outcome, name: &str) -> f64 {
    outcome.quantity(name).unwrap().value.unwrap_or(f64::NAN)
}

fn done(job: &Job<'_>) -> Outcome {
    job.run(&AtomicBool::new(false)).unwrap()
}

#[test]
fn a_trained_cell_has_the_numbers_of_the_training() {
    let (data, test) = (examples(12), examples(7));
    let arch = network("2,20x2,1", "tanh", 1.5);
    let job = Job { architecture: arch.clone(), seed: 5, task: training(&data, &test, options(60)) };
    let outcome = done(&job);
    assert_eq!((outcome.status, &outcome.reason), (Status::Done, &None));

    let options = TrainOptions { seed: 5, ..options(60) };
    let mut trainer = Trainer::new(&initial_network(&arch, &data, 5).unwrap(), &data, &options).unwrap();
    let look = probe(&arch, &data, 8, false);
    let recorder = Recorder::new(&trainer.network(), &data, Some(&test), options.loss, look).unwrap();
    let mut records = Vec::new();
    let ending = train(&mut trainer, &recorder, &Schedule::Log(3), None, |_, event| {
        if let Step::Recorded(snapshot) = event {
            records.push(snapshot.record.clone());
        }
        ControlFlow::Continue(())
    });
    assert_eq!(ending, Ok(Ending::Steps));
    let (first, last) = (&records[0], records.last().unwrap());
    let (then, now) = (first.kernel.unwrap(), last.kernel.unwrap());
    let weights = last.layers.iter().filter_map(|layer| layer.weight_change).fold(0.0, f64::max);
    let reached = records.iter().find(|record| record.train.loss <= 0.5 * first.train.loss).unwrap().step;
    for (name, expected) in [
        ("steps", 60.0),
        ("recorded_step", 60.0),
        ("learning_rate", trainer.learning_rate()),
        ("initial_train_loss", first.train.loss),
        ("train_loss", last.train.loss),
        ("train_accuracy", last.train.accuracy.unwrap()),
        ("test_loss", last.test.unwrap().loss),
        ("ntk_drift", now.drift.unwrap()),
        ("ntk_alignment_infinite", now.alignment_reference.unwrap()),
        ("initial_ntk_largest_eigenvalue", then.largest_eigenvalue),
        ("ntk_largest_eigenvalue", now.largest_eigenvalue),
        ("weight_change", weights),
        ("steps_to_threshold", reached as f64),
        ("depth", 3.0),
        ("width", 20.0),
        ("ratio", 0.15),
    ] {
        assert_eq!(value(&outcome, name), expected, "{name}");
    }
    // tanh without biases is chaotic above σ_w² = 1.
    assert_eq!(outcome.quantity("phase").unwrap().text.as_deref(), Some("chaotic"));
}

#[test]
fn a_sampled_cell_has_the_numbers_of_the_simulation() {
    let arch = network("3,40x2,1", "relu", 2.0);
    let inputs = vec![0.5, -1.0, 2.0];
    let observables = vec!["ntk(0,0)".parse().unwrap()];
    let first_step = FirstStep::default();
    let task =
        SampleTask { inputs: inputs.clone(), observables: observables.clone(), draws: 3000, method: None, first_step };
    let outcome = done(&Job { architecture: arch.clone(), seed: 9, task: Task::Sample(task) });

    let sampler = Sampler::observing(&arch, &inputs, &observables, None).unwrap();
    let recorder = Draws::new(&sampler, &observables).unwrap();
    let mut ledger = Ledger::new(recorder.names());
    let blocks = 0..12;
    run(&sampler, &recorder, 9, &[blocks], 3000, 1, |event| {
        if let fathom_ntk::sample::Event::Block(block) = event {
            ledger.insert(block.block, block.summary).unwrap();
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let (summary, method) = (ledger.total().unwrap(), sampler.method());
    let simulation = Simulation {
        architecture: (&arch).into(),
        inputs: &inputs,
        method,
        seed: 9,
        observables: &observables,
        first_step,
        summary: &summary,
    };
    let report = &sample_report(&simulation).unwrap().observables[0];
    let (mean, dispersion) = (report.mean.unwrap(), report.dispersion.unwrap());
    assert_eq!(value(&outcome, "draws"), 3000.0);
    assert_eq!(value(&outcome, "mean"), mean.value.to_f64());
    assert_eq!(value(&outcome, "dispersion"), dispersion.value.to_f64());
    let error = outcome.quantity("dispersion").unwrap().standard_error;
    assert_eq!(error, dispersion.standard_error.map(fathom_ntk::Scaled::to_f64));
    assert_eq!(value(&outcome, "log_mean"), mean.value.ln());
    // The exact moments are another witness: five standard errors are exceeded once in two million.
    let deviation = (value(&outcome, "dispersion") - value(&outcome, "dispersion_exact")) / error.unwrap();
    assert!(deviation.abs() < 5.0 && error.unwrap() < 0.05, "{deviation} {error:?}");
}

#[test]
fn a_judged_cell_has_the_numbers_of_the_verdict() {
    let arch = network("100,100x4,1", "relu", 2.0);
    let options = VerdictOptions { seed: 3, ..Default::default() };
    let inputs = Inputs::SquaredNorm(50.0);
    let outcome = done(&Job { architecture: arch.clone(), seed: 3, task: Task::Verdict { inputs, options } });
    let verdict = verdict(&arch, inputs, &options).unwrap();
    assert_eq!(outcome.quantity("verdict").unwrap().text.as_deref(), Some("in_regime"));
    assert_eq!(value(&outcome, "random"), verdict.findings[0].value.unwrap());
    assert_eq!(value(&outcome, "moves"), verdict.findings[1].value.unwrap());
    assert_eq!(value(&outcome, "ntk"), verdict.kernel.ntk.to_f64());
    assert_eq!(value(&outcome, "advised_width"), verdict.advice.width.unwrap() as f64);
}

/// A divergence, a network without NTK, and one of another size are rows of their own; the others are not touched by them,
/// whatever the number of threads.
#[test]
fn cells_that_fail_are_outcomes_and_threads_change_nothing() {
    let (data, test) = (examples(12), examples(7));
    let wild = TrainOptions { learning_rate: LearningRate::Absolute(1e6), divergence: 1e3, ..options(30) };
    let job = |arch: Architecture, options: TrainOptions| Job {
        architecture: arch,
        seed: 1,
        task: training(&data, &test, options),
    };
    let mut jobs = vec![
        job(network("2,40,1", "relu", 2.0), wild),
        job(network("2,9,1", "step", 2.0), options(30)),
        job(network("3,9,1", "relu", 2.0), options(30)),
    ];
    jobs.extend((0..6).map(|seed| Job { seed, ..job(network("2,30x2,1", "gelu", 2.0), options(30)) }));
    let run = |threads: usize| {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; jobs.len()];
        run_jobs(&jobs, threads, &AtomicBool::new(false), |event| {
            if let Event::Done(place, outcome) = event {
                outcomes[place] = Some(outcome);
            }
        });
        outcomes.into_iter().map(Option::unwrap).collect::<Vec<_>>()
    };
    let outcomes = run(1);
    assert_eq!(outcomes, run(3));
    assert_eq!(outcomes, run(20));
    let states: Vec<Status> = outcomes.iter().map(|outcome| outcome.status).collect();
    assert_eq!(states[..4], [Status::Diverged, Status::Failed, Status::Failed, Status::Done]);
    assert!(
        outcomes[0].reason.as_ref().unwrap().starts_with("the loss left its range after"),
        "{:?}",
        outcomes[0].reason
    );
    assert!(outcomes[0].quantity("train_loss").is_some());
    let reason = outcomes[2].reason.as_deref();
    assert_eq!(reason, Some("the network has 3 inputs, but the training data have 2"));
    assert_eq!(value(&outcomes[2], "depth"), 2.0);
    let losses: Vec<f64> = outcomes[3..].iter().map(|outcome| value(outcome, "train_loss")).collect();
    assert!(losses.iter().all(|loss| losses.iter().filter(|other| *other == loss).count() == 1), "{losses:?}");
}

#[test]
fn a_run_that_is_stopped_has_no_outcome() {
    let (data, test) = (examples(12), examples(7));
    let job = Job { architecture: network("2,9,1", "relu", 2.0), seed: 0, task: training(&data, &test, options(30)) };
    assert_eq!(job.run(&AtomicBool::new(true)), None);
    let mut events = 0;
    run_jobs(&[job.clone(), job], 2, &AtomicBool::new(true), |_| events += 1);
    assert_eq!(events, 0);
}
