//! The networks of an ensemble, one by one and side by side.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::{ComparisonError, Ensemble, Setting};
use crate::network::Network;
use crate::sample::Sampler;
use crate::train::{
    Ending, Event, LearningRate, Outputs, Probe, Record, Recorder, Schedule, TrainOptions, Trainer, train,
};

/// One network of an ensemble, trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Why training ended.
    pub ending: Ending,
    /// What was recorded.
    pub records: Vec<Record>,
    /// What the network said at the same steps.
    pub outputs: Vec<Outputs>,
}

/// Trains one network of an ensemble; `None` if it was interrupted.
///
/// # Arguments
/// * `initial`: the network at step 0.
/// * `setting`: data and options; the learning rate is that of the setting for all networks.
/// * `probe`: the inputs on which drift is recorded, if any.
/// * `stop`: asked after every step whether to interrupt.
///
/// # Errors
/// [`ComparisonError::OwnSteps`] if training may stop at a loss, [`ComparisonError::Train`] otherwise. A network that diverges
/// is a result.
///
/// # Accuracy and cost
/// As of [`train()`]; the same bits on any number of threads.
pub fn train_member(
    initial: &Network,
    setting: &Setting<'_>,
    schedule: &Schedule,
    probe: Option<&Probe>,
    stop: impl Fn() -> bool,
) -> Result<Option<Member>, ComparisonError> {
    if setting.options.stop.loss.is_some() {
        return Err(ComparisonError::OwnSteps);
    }
    let learning_rate = LearningRate::Absolute(setting.learning_rate);
    let options = TrainOptions { learning_rate, ..setting.options.clone() };
    let mut trainer = Trainer::new(initial, setting.train, &options)?;
    let recorder = Recorder::new(&trainer.network(), setting.train, setting.test, options.loss, probe.cloned())?;
    let (mut records, mut outputs) = (Vec::new(), Vec::new());
    let ending = train(&mut trainer, &recorder, schedule, None, |_, event| {
        if let Event::Recorded(snapshot) = event {
            records.push(snapshot.record.clone());
            outputs.push(snapshot.outputs.clone());
        }
        if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let member = Member { ending, records, outputs };
    Ok((ending != Ending::Interrupted).then_some(member))
}

/// How the networks of an ensemble are drawn and trained.
#[derive(Clone, Copy)]
pub struct EnsembleTraining<'a> {
    /// Draws them: $0, 1, \dots$ of the seed of the options.
    pub sampler: &'a Sampler,
    /// Data and options.
    pub setting: Setting<'a>,
    /// When they are recorded.
    pub schedule: &'a Schedule,
    /// The inputs on which drift is recorded, if any.
    pub probe: Option<&'a Probe>,
}

impl EnsembleTraining<'_> {
    /// Trains networks until there are so many, as many at a time as there are threads.
    ///
    /// # Arguments
    /// * `ensemble`: those there are already, which the new ones are added to in their order.
    /// * `stop`: asked all the time whether to interrupt; networks that are not done are then left out.
    /// * `observe`: called whenever some were added; [`ControlFlow::Break`] interrupts too.
    ///
    /// # Errors
    /// As of [`train_member`], and [`ComparisonError::Sample`] for networks that cannot be drawn.
    ///
    /// # Accuracy and cost
    /// The same bits on any number of threads, and in pieces. Memory of [`EnsembleTraining::bytes`].
    pub fn run(
        &self,
        networks: u64,
        ensemble: &mut Ensemble,
        stop: impl Fn() -> bool + Sync,
        mut observe: impl FnMut(&Ensemble) -> ControlFlow<()>,
    ) -> Result<(), ComparisonError> {
        let Self { sampler, setting, schedule, probe } = *self;
        let train = |draw: u64| {
            let initial = sampler.network(setting.options.seed, draw)?;
            train_member(&initial, &setting, schedule, probe, &stop)
        };
        while ensemble.members() < networks {
            let first = ensemble.members();
            let last = networks.min(first.saturating_add(rayon::current_num_threads() as u64));
            let members: Vec<Result<Option<Member>, ComparisonError>> =
                (first..last).into_par_iter().map(train).collect();
            for member in members {
                // What comes after a network that was interrupted is left out with it.
                let Some(member) = member? else { return Ok(()) };
                ensemble.push(&member)?;
            }
            if observe(ensemble).is_break() || stop() {
                break;
            }
        }
        Ok(())
    }

    /// Bytes for the outputs at so many records: the sums, and those of a network on each thread.
    pub fn bytes(&self, records: u64) -> u64 {
        let outputs = self.setting.sizes().iter().map(|size| *size as u64).sum::<u64>();
        let list = records.saturating_mul(outputs).saturating_mul(size_of::<f64>() as u64);
        list.saturating_mul(2 + rayon::current_num_threads() as u64)
    }
}
