//! The blocks of a network of finite width, with their sizes.

use super::windows::Windows;
use crate::activation::{Activation, Regularity};
use crate::network::{GradientScale, NetworkError};
use crate::spec::{Block, Composition};

/// One block.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// Sums over windows with the weights of a layer.
    Weights { layer: usize, windows: Windows },
    /// φ.
    Activation(Activation),
    /// $s(z) + \lambda g(z)$.
    Residual { lambda: f64, branch: Vec<Part>, shortcut: Vec<Part> },
    /// Means over windows.
    Pool { windows: Windows, channels: usize },
    /// Division by the root of the mean square of so many numbers.
    Normalise { channels: usize },
}

/// A layer of weights: its sizes, and the laws of its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LayerPlan {
    /// Numbers that go into each sum.
    pub inputs: usize,
    /// Channels.
    pub outputs: usize,
    /// Standard deviation of an effective weight.
    pub weight_scale: f64,
    /// Standard deviation of a bias; 0 where biases are not random.
    pub bias_scale: f64,
    pub scale: GradientScale,
}

/// A network of finite width without its weights.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub parts: Vec<Part>,
    /// In the order of the data, branches before shortcuts.
    pub layers: Vec<LayerPlan>,
    /// Numbers of an output.
    pub outputs: usize,
    /// Numbers that a forward pass keeps of each input.
    pub signals: usize,
    /// Numbers of the derivatives of one output with respect to all sums with weights.
    pub derivatives: usize,
    /// A function without derivative.
    pub jump: Option<String>,
}

impl Plan {
    /// # Errors
    /// [`NetworkError::MissingWidth`], [`NetworkError::TooManyWeights`].
    pub fn new(network: &Composition) -> Result<Self, NetworkError> {
        let input = network.input();
        let mut compiler = Compiler {
            network,
            space: input.space().to_vec(),
            channels: input.channels().unwrap_or(1),
            plan: Self { parts: Vec::new(), layers: Vec::new(), outputs: 0, signals: 0, derivatives: 0, jump: None },
        };
        let parts = compiler.all(network.blocks(), "")?;
        let outputs = compiler.numbers();
        Ok(Self { parts, outputs, ..compiler.plan })
    }
}

struct Compiler<'a> {
    network: &'a Composition,
    space: Vec<usize>,
    channels: usize,
    plan: Plan,
}

impl Compiler<'_> {
    fn places(&self) -> usize {
        self.space.iter().product()
    }

    fn numbers(&self) -> usize {
        self.places().saturating_mul(self.channels)
    }

    fn all(&mut self, blocks: &[Block], prefix: &str) -> Result<Vec<Part>, NetworkError> {
        let mut parts = Vec::with_capacity(blocks.len());
        for (i, block) in blocks.iter().enumerate() {
            parts.extend(self.one(block, &format!("{prefix}{}", i + 1))?);
        }
        Ok(parts)
    }

    /// The part that a block is; flattening only gives numbers other names.
    fn one(&mut self, block: &Block, place: &str) -> Result<Option<Part>, NetworkError> {
        Ok(Some(match block {
            Block::Dense { weight_var, bias_var, width } => {
                let windows = Windows::each(self.places());
                self.weights(windows, [*weight_var, *bias_var], *width, block, place)?
            }
            Block::Conv { filter, stride, padding, weight_var, bias_var, channels } => {
                let stride = if stride.is_empty() { &vec![1; filter.len()] } else { stride };
                let (windows, space) = Windows::over(&self.space, filter, stride, *padding);
                let part = self.weights(windows, [*weight_var, *bias_var], *channels, block, place)?;
                self.space = space;
                part
            }
            Block::Activation { function } => {
                if function.regularity() == Regularity::Discontinuous {
                    self.plan.jump.get_or_insert_with(|| function.name());
                }
                self.keep();
                Part::Activation(function.clone())
            }
            Block::Residual { lambda_sq, branch, shortcut } => {
                let (space, channels) = (self.space.clone(), self.channels);
                let branch = self.all(branch, &format!("{place}."))?;
                (self.space, self.channels) = (space, channels);
                let shortcut = self.all(shortcut, &format!("{place}.shortcut."))?;
                Part::Residual { lambda: lambda_sq.sqrt(), branch, shortcut }
            }
            Block::AveragePool { window, stride, padding } => {
                let stride = if stride.is_empty() { window } else { stride };
                let (windows, space) = Windows::over(&self.space, window, stride, *padding);
                self.space = space;
                Part::Pool { windows, channels: self.channels }
            }
            Block::GlobalAveragePool => {
                let windows = Windows::whole(self.places());
                self.space.clear();
                Part::Pool { windows, channels: self.channels }
            }
            Block::Flatten => {
                self.channels = self.numbers();
                self.space.clear();
                return Ok(None);
            }
            Block::LayerNorm => {
                self.keep();
                Part::Normalise { channels: self.channels }
            }
        }))
    }

    /// Counts the numbers here as kept.
    fn keep(&mut self) {
        self.plan.signals = self.plan.signals.saturating_add(self.numbers());
    }

    fn weights(
        &mut self,
        windows: Windows,
        [weight_var, bias_var]: [f64; 2],
        width: Option<usize>,
        block: &Block,
        place: &str,
    ) -> Result<Part, NetworkError> {
        let missing = || NetworkError::MissingWidth { place: place.to_owned(), block: block.to_string() };
        let outputs = width.ok_or_else(missing)?;
        self.keep();
        let inputs = self.channels.saturating_mul(windows.size);
        if inputs.checked_mul(outputs).is_none() {
            return Err(NetworkError::TooManyWeights { inputs, outputs });
        }
        let factor = weight_var / inputs as f64;
        let coefficients = self.network.ntk_coefficients(weight_var, bias_var, Some(inputs));
        let (alpha, biases) = coefficients.unwrap_or((0.0, 0.0));
        let layer = self.plan.layers.len();
        self.plan.layers.push(LayerPlan {
            inputs,
            outputs,
            weight_scale: factor.sqrt(),
            bias_scale: bias_var.sqrt(),
            scale: GradientScale { weights: alpha * factor, biases },
        });
        self.plan.derivatives = self.plan.derivatives.saturating_add(windows.count.saturating_mul(outputs));
        self.channels = outputs;
        Ok(Part::Weights { layer, windows })
    }
}

impl Part {
    /// Whether there are weights in it.
    pub fn has_weights(&self) -> bool {
        match self {
            Self::Weights { .. } => true,
            Self::Residual { branch, shortcut, .. } => branch.iter().chain(shortcut).any(Self::has_weights),
            _ => false,
        }
    }
}
