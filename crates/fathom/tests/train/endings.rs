//! How training ends, and when it is looked at.

use std::ops::ControlFlow;

use fathom_ntk::network::Precision;
use fathom_ntk::train::{Ending, Event, LearningRate, Loss, Recorder, Schedule, Stop, TrainOptions, Trainer, train};

use crate::{examples, network, options};

/// The steps recorded, the last loss recorded, and the ending.
fn run(options: &TrainOptions, schedule: &Schedule) -> (Vec<u64>, f64, Ending) {
    let (network, data) = (network("widths = '4,50x2,3'", 2), examples(12, 4, 3));
    let mut trainer = Trainer::new(&network, &data, options).unwrap();
    let recorder = Recorder::new(&trainer.network(), &data, None, Loss::Squared, None).unwrap();
    let (mut steps, mut loss) = (Vec::new(), f64::NAN);
    let ending = train(&mut trainer, &recorder, schedule, None, |trainer, event| {
        if let Event::Recorded(snapshot) = event {
            assert_eq!((snapshot.record.step, snapshot.record.time), (trainer.steps(), trainer.time()));
            steps.push(snapshot.record.step);
            loss = snapshot.record.train.loss;
        }
        ControlFlow::Continue(())
    });
    (steps, loss, ending.unwrap())
}

#[test]
fn first_and_last_step_are_recorded_whatever_the_schedule() {
    let (steps, _, ending) = run(&options(1e-3, 17), &Schedule::At(vec![5, 9, 99]));
    assert_eq!((steps, ending), (vec![0, 5, 9, 17], Ending::Steps));
    assert_eq!(run(&options(1e-3, 10), &Schedule::Every(5)).0, [0, 5, 10]);
    assert_eq!(run(&options(1e-3, 0), &Schedule::default()).0, [0]);
}

#[test]
fn time_and_loss_end_training() {
    let stop = Stop { steps: None, time: Some(0.25), loss: None };
    let (steps, _, ending) = run(&TrainOptions { stop, ..options(0.01, 1) }, &Schedule::At(Vec::new()));
    assert_eq!((steps, ending), (vec![0, 25], Ending::Steps));
    for batch in [None, Some(5)] {
        let stop = Stop { steps: Some(100_000), time: None, loss: Some(0.01) };
        let learning_rate = LearningRate::Relative(0.3);
        let options = TrainOptions { stop, batch, learning_rate, ..TrainOptions::default() };
        let (steps, loss, ending) = run(&options, &Schedule::At(Vec::new()));
        assert_eq!(ending, Ending::Loss);
        assert!(loss <= 0.01, "{loss}");
        let last = steps[1];
        assert!(batch.is_none() || last.is_multiple_of(3), "looked at before an epoch, not after {last} steps");
        // One step, or one epoch, before, it was not low enough yet.
        let stop = Stop { steps: Some(last - batch.map_or(1, |_| 3)), ..Stop::default() };
        assert!(run(&TrainOptions { stop, ..options }, &Schedule::At(Vec::new())).1 > 0.01);
    }
}

#[test]
fn divergence_is_a_result_in_both_precisions() {
    for precision in [Precision::F64, Precision::F32] {
        // At a relative rate of 30 the linearised network grows by at least a factor of 59 in every step.
        let learning_rate = LearningRate::Relative(30.0);
        let options = TrainOptions { precision, learning_rate, ..TrainOptions::default() };
        let (_, loss, ending) = run(&options, &Schedule::At(Vec::new()));
        let Ending::Diverged { step } = ending else { unreachable!("{ending:?}") };
        assert!((1..10).contains(&step), "{step}");
        assert!(loss.is_finite() && loss > 0.0);
        // Without a bound, until numbers overflow.
        let unbounded = TrainOptions { divergence: f64::INFINITY, ..options };
        assert!(matches!(run(&unbounded, &Schedule::At(Vec::new())).2, Ending::Diverged { .. }));
    }
}

#[test]
fn an_observer_can_interrupt_and_another_run_continues() {
    let (network, data) = (network("widths = '4,20,3'", 2), examples(12, 4, 3));
    let options = options(1e-3, 30);
    let schedule = Schedule::Every(7);
    let recorder = Recorder::new(&network, &data, None, Loss::Squared, None).unwrap();
    let mut records = Vec::new();
    let mut pass = |trainer: &mut Trainer<'_>, recorded, until: u64| {
        train(trainer, &recorder, &schedule, recorded, |trainer, event| {
            if let Event::Recorded(snapshot) = event {
                records.push(snapshot.record.clone());
            }
            if trainer.steps() == until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap()
    };
    let mut first = Trainer::new(&network, &data, &options).unwrap();
    assert_eq!(pass(&mut first, None, 14), Ending::Interrupted);
    let mut second = Trainer::new(&network, &data, &options).unwrap();
    second.restore(&first.state()).unwrap();
    assert_eq!(pass(&mut second, Some(14), u64::MAX), Ending::Steps);
    let interrupted = std::mem::take(&mut records);
    let mut whole = Trainer::new(&network, &data, &options).unwrap();
    let mut records = Vec::new();
    let ending = train(&mut whole, &recorder, &schedule, None, |_, event| {
        if let Event::Recorded(snapshot) = event {
            records.push(snapshot.record.clone());
        }
        ControlFlow::Continue(())
    });
    assert_eq!(ending, Ok(Ending::Steps));
    assert_eq!(interrupted, records);
    assert_eq!(records.iter().map(|record| record.step).collect::<Vec<_>>(), [0, 7, 14, 21, 28, 30]);
}
