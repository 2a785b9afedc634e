//! A network in training.

use std::borrow::Cow;

use super::engine::{Batch, Engine, Steps};
use super::parameters::{count, places};
use super::shuffle::Batches;
use super::{Ending, Examples, LearningRate, TrainError, TrainOptions, largest_eigenvalue};
use crate::linalg::Real;
use crate::network::{Network, Precision};

/// What [`Trainer::advance`] did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A step was taken.
    Taken {
        /// The loss before it: a mean over the inputs of the batch.
        loss: f64,
    },
    /// Training has ended, and nothing was changed.
    Ended(Ending),
}

/// Everything that continuing needs, besides the initial network, the data and the options.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainerState {
    /// Steps taken.
    pub steps: u64,
    /// The first loss; `None` before the first step.
    pub first_loss: Option<f64>,
    /// Effective parameters: weights, then biases, of one layer after the other. Exact, also in single precision.
    pub parameters: Vec<f64>,
    /// What the optimiser keeps for each parameter; empty lists if nothing.
    pub moments: [Vec<f64>; 2],
}

/// A network in training.
///
/// # Example
/// One weight $w = 1$ (effective, standard parameterization) with $f = w x$, $x = 1$, $y = 0$: $w \leftarrow (1 - \eta) w$.
/// ```
/// use fathom_ntk::network::{GradientScale, Layer, Network};
/// use fathom_ntk::train::{Examples, LearningRate, TrainOptions, Trainer};
/// let layer = Layer::new(1, 1, vec![1.0], None, GradientScale::STANDARD)?;
/// let network = Network::new(fathom_ntk::activation::Activation::relu(), vec![layer])?;
/// let examples = Examples::new(vec![1.0], 1, vec![0.0], 1)?;
/// let options = TrainOptions { learning_rate: LearningRate::Absolute(0.25), ..Default::default() };
/// let mut trainer = Trainer::new(&network, &examples, &options)?;
/// trainer.advance();
/// trainer.advance();
/// assert_eq!(trainer.network().layers()[0].weights(), [0.5625]);
/// # Ok::<(), fathom_ntk::train::TrainError>(())
/// ```
pub struct Trainer<'x> {
    examples: &'x Examples,
    options: TrainOptions,
    learning_rate: f64,
    largest_eigenvalue: Option<f64>,
    most_steps: u64,
    engine: Box<dyn Steps + 'x>,
    shape: Network,
    parameters: usize,
    steps: u64,
    first_loss: Option<f64>,
    batches: Batches,
}

impl<'x> Trainer<'x> {
    /// A trainer at step 0.
    ///
    /// # Arguments
    /// * `initial`: the network, whose gradient scales say what is trained.
    /// * `examples`: the training data.
    ///
    /// # Errors
    /// [`TrainError`] for data that does not fit the network or the loss, for options without a meaning, and with a
    /// [relative rate](LearningRate::Relative) for a network whose NTK is zero or overflows.
    ///
    /// # Accuracy and cost
    /// A relative rate takes the time of some thirty steps. Memory, in numbers of the precision: three for each of at most
    /// 1024 inputs of a batch and each neuron, and two to four for each parameter. The bits of a step depend on neither the
    /// number of threads nor on whether the training was interrupted.
    pub fn new(initial: &Network, examples: &'x Examples, options: &TrainOptions) -> Result<Self, TrainError> {
        options.check(examples.rows())?;
        options.loss.check(examples)?;
        examples.check_fit("training data", &initial.widths())?;
        // An activation without derivative is refused here.
        let probe = initial.forward(&examples.inputs()[..examples.features()])?;
        initial.backward(&probe, vec![0.0; examples.outputs()])?;
        let (learning_rate, largest) = match options.learning_rate {
            LearningRate::Absolute(rate) => (rate, None),
            LearningRate::Relative(share) => {
                let largest = largest_eigenvalue(initial, examples.inputs())?;
                let rate = share * 2.0 / largest;
                if !(rate.is_finite() && rate > 0.0) {
                    return Err(TrainError::NoKernel);
                }
                (rate, Some(largest))
            }
        };
        let batch = options.batch.unwrap_or(examples.rows());
        let moments = options.optimizer.moments();
        let engine: Box<dyn Steps + 'x> = match options.precision {
            Precision::F64 => Box::new(Engine::<f64>::new(initial, Cow::Borrowed(examples.inputs()), batch, moments)),
            Precision::F32 => {
                let inputs: Vec<f32> = examples.inputs().iter().map(|x| f32::from_f64(*x)).collect();
                Box::new(Engine::<f32>::new(initial, Cow::Owned(inputs), batch, moments))
            }
        };
        Ok(Self {
            examples,
            most_steps: options.most_steps(learning_rate)?,
            options: options.clone(),
            learning_rate,
            largest_eigenvalue: largest,
            engine,
            shape: initial.clone(),
            parameters: count(&places(initial)),
            steps: 0,
            first_loss: None,
            batches: Batches::new(examples.rows(), options),
        })
    }

    /// η.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// $\lambda_{\max}(\Theta_0)$ on the training data, if the rate is relative to it.
    pub fn largest_eigenvalue(&self) -> Option<f64> {
        self.largest_eigenvalue
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Most steps that will be taken.
    pub fn most_steps(&self) -> u64 {
        self.most_steps
    }

    /// $t = \eta \cdot$ steps.
    pub fn time(&self) -> f64 {
        self.learning_rate * self.steps as f64
    }

    /// How it is trained.
    pub fn options(&self) -> &TrainOptions {
        &self.options
    }

    /// The network as it is now. Weights of a diverged network may be infinite or NaN.
    pub fn network(&self) -> Network {
        let mut network = self.shape.clone();
        self.engine.write(&mut network);
        network
    }

    /// Takes a step, unless training has ended; divergence is a way to [end](Ending::Diverged).
    pub fn advance(&mut self) -> Step {
        if self.steps >= self.most_steps {
            return Step::Ended(Ending::Steps);
        }
        let (loss, full) = self.differentiate();
        let first = *self.first_loss.get_or_insert(loss);
        if !loss.is_finite() || loss > self.options.divergence * first {
            return Step::Ended(Ending::Diverged { step: self.steps });
        }
        if self.options.stop.loss.zip(full).is_some_and(|(enough, loss)| loss <= enough) {
            return Step::Ended(Ending::Loss);
        }
        self.steps += 1;
        self.engine.update(self.options.optimizer, self.learning_rate, self.steps);
        Step::Taken { loss }
    }

    /// The loss of the next batch, whose gradient is kept, and that of all inputs if it is known or looked at now.
    fn differentiate(&mut self) -> (f64, Option<f64>) {
        let (loss, targets) = (self.options.loss, self.examples.targets());
        let wanted = self.options.stop.loss.is_some() && self.batches.begins_epoch(self.steps);
        let Some(rows) = self.batches.of_step(self.steps) else {
            let mean = self.engine.differentiate(Batch::All, loss, targets);
            return (mean, Some(mean));
        };
        let full = wanted.then(|| self.engine.mean_loss(loss, targets));
        (self.engine.differentiate(Batch::Rows(rows), loss, targets), full)
    }

    /// Everything that continuing needs.
    pub fn state(&self) -> TrainerState {
        let [parameters, first, second] = self.engine.lists();
        TrainerState { steps: self.steps, first_loss: self.first_loss, parameters, moments: [first, second] }
    }

    /// Continues from a state that a trainer of the same network, data and options gave: with the same bits as if it had
    /// not been interrupted.
    ///
    /// # Errors
    /// [`TrainError::State`] if its lists have another length.
    pub fn restore(&mut self, state: &TrainerState) -> Result<(), TrainError> {
        let needed = self.options.optimizer.moments();
        let lists = [&state.parameters, &state.moments[0], &state.moments[1]];
        for (i, (list, what)) in lists.into_iter().zip(["parameters", "first moments", "second moments"]).enumerate() {
            let expected = if i <= needed { self.parameters } else { 0 };
            if list.len() != expected {
                return Err(TrainError::State { what, expected: expected as u64, got: list.len() as u64 });
            }
        }
        self.engine.set_lists(lists.map(Vec::as_slice));
        (self.steps, self.first_loss) = (state.steps, state.first_loss);
        Ok(())
    }
}
