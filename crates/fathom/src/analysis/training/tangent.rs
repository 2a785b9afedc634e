//! The linearised network in the space of functions, step by step.

use rayon::prelude::*;

use super::{ComparisonError, Setting};
use crate::linalg::{multiply, rows};
use crate::train::{Batches, Optimizer, Outputs};

/// Outputs that one task changes.
const CHUNK: usize = 1024;

/// A network that stays linear, in training: $f(x) = f_0(x) - \Theta_0(x, X)\, a$.
///
/// What a step adds to $a$ is η times the derivatives $g = \partial\mathcal L/\partial f(X)$, or with momentum
/// $m \leftarrow \mu m + g$.
pub(super) struct Tangent<'a> {
    setting: &'a Setting<'a>,
    /// $\mu$.
    momentum: f64,
    /// $\Theta_0(X, X)$, row after row.
    kernel: &'a [f64],
    /// $f(X)$.
    outputs: Vec<f64>,
    /// $a$.
    dual: Vec<f64>,
    /// $m$; with gradient descent, $g$.
    velocity: Vec<f64>,
    batches: Batches,
    step: u64,
}

impl<'a> Tangent<'a> {
    /// At step 0.
    pub(super) fn new(setting: &'a Setting<'a>, kernel: &'a [f64], initial: &Outputs) -> Result<Self, ComparisonError> {
        let momentum = match setting.options.optimizer {
            Optimizer::GradientDescent => 0.0,
            Optimizer::Momentum { momentum } => momentum,
            other @ Optimizer::Adam { .. } => {
                return Err(ComparisonError::NoCourse { optimizer: other.to_string() });
            }
        };
        let size = initial.train.len();
        Ok(Self {
            setting,
            momentum,
            kernel,
            outputs: initial.train.clone(),
            dual: vec![0.0; size],
            velocity: vec![0.0; size],
            batches: Batches::new(setting.train.rows(), setting.options),
            step: 0,
        })
    }

    /// Takes steps up to this one.
    pub(super) fn advance_to(&mut self, step: u64) -> Result<(), ComparisonError> {
        while self.step < step {
            self.advance();
        }
        if self.outputs.iter().any(|f| !f.is_finite()) {
            return Err(ComparisonError::Diverges { step, learning_rate: self.setting.learning_rate });
        }
        Ok(())
    }

    /// What it says of all data, with $\Theta_0(x, X)$ of the test inputs.
    pub(super) fn outputs(&self, initial: &Outputs, cross: &[f64]) -> Outputs {
        let (n, m) = (self.dual.len(), initial.test.len());
        let mut change = vec![0.0; m];
        if m > 0 {
            multiply(crate::linalg::rows_mut(&mut change, m, 1), rows(cross, m, n), rows(&self.dual, n, 1));
        }
        let test = initial.test.iter().zip(change).map(|(f, change)| f - change).collect();
        Outputs { train: self.outputs.clone(), test }
    }

    fn advance(&mut self) {
        let Self { setting, outputs, velocity, .. } = self;
        let (targets, count) = (setting.train.targets(), setting.train.outputs());
        let batch = self.batches.of_step(self.step);
        let total = setting.train.rows();
        let factor = total as f64 / batch.map_or(total, <[usize]>::len) as f64;
        velocity.iter_mut().for_each(|v| *v *= self.momentum);
        let mut row = vec![0.0; count];
        let mut differentiate = |i: usize| {
            let place = i * count..(i + 1) * count;
            row.copy_from_slice(&outputs[place.clone()]);
            setting.options.loss.differentiate(&mut row, &targets[place.clone()], factor);
            velocity[place].iter_mut().zip(&row).for_each(|(v, g)| *v += g);
        };
        match batch {
            None => (0..total).for_each(&mut differentiate),
            Some(batch) => batch.iter().copied().for_each(&mut differentiate),
        }
        let rate = setting.learning_rate;
        self.dual.iter_mut().zip(&self.velocity).for_each(|(a, v)| *a += rate * v);
        self.step += 1;
        // Θ is symmetric: rows stand for columns, and those of inputs outside the batch are left out.
        let (kernel, velocity) = (self.kernel, &self.velocity);
        self.outputs.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, outputs)| {
            let (first, size) = (chunk * CHUNK, velocity.len());
            for (j, v) in velocity.iter().enumerate().filter(|(_, v)| **v != 0.0) {
                let weight = rate * v;
                let row = &kernel[j * size + first..][..outputs.len()];
                outputs.iter_mut().zip(row).for_each(|(f, entry)| *f -= weight * entry);
            }
        });
    }
}
