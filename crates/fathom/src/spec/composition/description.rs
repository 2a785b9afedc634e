//! The description of a network of blocks.

use serde::{Deserialize, Serialize};

use super::shape::{MOST_NUMBERS, windowed};
use super::{Block, CompositionError, Shape};
use crate::spec::{Biases, Parameterization};

/// What a user wrote.
///
/// As TOML: `input`, then one `[[block]]` after the other, in the order of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompositionSpec {
    /// `[features]`, `[length, channels]` or `[height, width, channels]`.
    pub input: Vec<usize>,
    /// The blocks, first to last.
    #[serde(rename = "block")]
    pub blocks: Vec<Block>,
    /// Default trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biases: Option<Biases>,
    /// Default ntk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameterization: Option<Parameterization>,
}

impl CompositionSpec {
    /// Reads a TOML document of blocks; [`NetworkFile`](super::NetworkFile) reads shorthands too.
    ///
    /// # Errors
    /// [`CompositionError::Toml`] with line and block, for bad syntax, unknown keys and values that do not parse.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::spec::{Composition, CompositionSpec};
    /// let spec = CompositionSpec::from_toml(
    ///     "input = [8, 8, 3]\n\
    ///      [[block]]\ntype = \"conv\"\nfilter = [3, 3]\n\
    ///      [[block]]\ntype = \"activation\"\nfunction = \"relu\"\n\
    ///      [[block]]\ntype = \"flatten\"\n\
    ///      [[block]]\ntype = \"dense\"\n",
    /// )?;
    /// let network = Composition::try_from(spec)?;
    /// assert_eq!(network.depth(), 2);
    /// # Ok::<(), fathom_ntk::spec::CompositionError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, CompositionError> {
        match super::NetworkFile::from_toml(text)? {
            super::NetworkFile::Blocks(spec) => Ok(spec),
            _ => Err(CompositionError::Toml { message: "expected input and [[block]] tables, not a shorthand".into() }),
        }
    }
}

/// A network of blocks whose shapes fit. Always valid.
///
/// The output is the last block's, which has weights, or comes after weights without a function in between.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    input: Shape,
    blocks: Vec<Block>,
    output: Shape,
    biases: Biases,
    parameterization: Parameterization,
}

impl TryFrom<CompositionSpec> for Composition {
    type Error = CompositionError;

    fn try_from(spec: CompositionSpec) -> Result<Self, CompositionError> {
        let input = input_shape(&spec.input)?;
        let mut walk = Walk { shape: input.clone(), normal: false };
        walk.all(&spec.blocks, "")?;
        let Some(last) = spec.blocks.last() else { return Err(CompositionError::Empty) };
        if !walk.normal {
            let needs =
                "the outputs must be sums with independent weights: end with dense or conv, before pooling or flatten";
            return Err(CompositionError::Order {
                place: spec.blocks.len().to_string(),
                block: last.to_string(),
                needs,
            });
        }
        let parameterization = spec.parameterization.unwrap_or(Parameterization::Ntk);
        let biases = spec.biases.unwrap_or(match parameterization {
            Parameterization::HaninNica => Biases::ZeroInit,
            Parameterization::Ntk | Parameterization::Standard => Biases::Trained,
        });
        if matches!(biases, Biases::None | Biases::ZeroInit) {
            check_no_bias(&spec.blocks, "")?;
        }
        Ok(Self { input, blocks: spec.blocks, output: walk.shape, biases, parameterization })
    }
}

fn input_shape(sizes: &[usize]) -> Result<Shape, CompositionError> {
    let numbers = sizes.iter().fold(1_usize, |product, size| product.saturating_mul(*size));
    match sizes.split_last() {
        Some((channels, space)) if space.len() <= 2 && (1..=MOST_NUMBERS).contains(&numbers) => {
            Ok(Shape { space: space.to_vec(), channels: Some(*channels) })
        }
        _ => Err(CompositionError::Input { got: sizes.to_vec() }),
    }
}

/// What is known after some blocks.
pub(super) struct Walk {
    pub(super) shape: Shape,
    /// Whether all numbers are jointly normal: sums with independent weights, and nothing nonlinear since.
    pub(super) normal: bool,
}

impl Walk {
    fn all(&mut self, blocks: &[Block], prefix: &str) -> Result<(), CompositionError> {
        blocks.iter().enumerate().try_for_each(|(i, block)| self.one(block, &format!("{prefix}{}", i + 1)))
    }

    /// The shape after one more block.
    pub(super) fn one(&mut self, block: &Block, place: &str) -> Result<(), CompositionError> {
        check_values(block, place)?;
        match block {
            Block::Dense { width, .. } => {
                self.shape.channels = *width;
                self.normal = true;
            }
            Block::Conv { filter, stride, padding, channels, .. } => {
                self.slide(block, place, filter, stride, &vec![1; filter.len()], *padding)?;
                self.shape.channels = *channels;
                self.normal = true;
            }
            Block::AveragePool { window, stride, padding } => {
                self.slide(block, place, window, stride, window, *padding)?;
            }
            Block::Activation { .. } if !self.normal => {
                return Err(order(
                    block,
                    place,
                    "a function needs sums with independent weights (dense, conv) before it",
                ));
            }
            Block::Activation { .. } => self.normal = false,
            Block::LayerNorm if !self.normal => {
                return Err(order(block, place, "layer normalisation needs sums with independent weights before it"));
            }
            Block::LayerNorm => {}
            Block::GlobalAveragePool | Block::Flatten if self.shape.space.is_empty() => {
                return Err(self.unfit(block, place, "an image".into()));
            }
            Block::GlobalAveragePool => self.shape.space.clear(),
            Block::Flatten => {
                let locations = self.shape.locations();
                self.shape.channels = self.shape.channels.map(|n| n * locations);
                self.shape.space.clear();
            }
            Block::Residual { branch, shortcut, .. } => self.residual(block, place, branch, shortcut)?,
        }
        Ok(())
    }

    fn residual(
        &mut self,
        block: &Block,
        place: &str,
        branch: &[Block],
        shortcut: &[Block],
    ) -> Result<(), CompositionError> {
        let mut inner = Self { shape: self.shape.clone(), normal: self.normal };
        inner.all(branch, &format!("{place}."))?;
        self.all(shortcut, &format!("{place}.shortcut."))?;
        if !(inner.normal && branch.iter().any(Block::has_weights)) {
            return Err(order(block, place, "a branch must end with independent weights: dense, conv"));
        }
        let channels = [inner.shape.channels, self.shape.channels];
        let fits = if let [Some(a), Some(b)] = channels { a == b } else { true };
        if inner.shape.space != self.shape.space || !fits {
            let (place, block) = (place.to_owned(), block.to_string());
            return Err(CompositionError::Branch {
                place,
                block,
                branch: inner.shape.into(),
                skip: self.shape.clone().into(),
            });
        }
        Ok(())
    }

    /// Windows over the image.
    fn slide(
        &mut self,
        block: &Block,
        place: &str,
        window: &[usize],
        stride: &[usize],
        default_stride: &[usize],
        padding: super::Padding,
    ) -> Result<(), CompositionError> {
        let strides = if stride.is_empty() { default_stride } else { stride };
        let dimensions = window.len();
        if self.shape.space.len() != dimensions || strides.len() != dimensions || dimensions == 0 {
            let needs = format!("an image of {dimensions} dimensions, and as many strides");
            return Err(self.unfit(block, place, needs));
        }
        let mut space = Vec::with_capacity(dimensions);
        for ((size, window), stride) in self.shape.space.iter().zip(window).zip(strides) {
            let after = (window <= size).then(|| windowed(*size, *window, *stride, padding)).flatten();
            let Some(after) = after else {
                return Err(self.unfit(block, place, format!("an image no smaller than its window of {window}")));
            };
            space.push(after);
        }
        self.shape.space = space;
        Ok(())
    }

    fn unfit(&self, block: &Block, place: &str, needs: String) -> CompositionError {
        CompositionError::Shape {
            place: place.to_owned(),
            block: block.to_string(),
            needs,
            got: self.shape.clone().into(),
        }
    }
}

/// Without random biases their variance is 0.
fn check_no_bias(blocks: &[Block], prefix: &str) -> Result<(), CompositionError> {
    blocks.iter().enumerate().try_for_each(|(i, block)| {
        let place = format!("{prefix}{}", i + 1);
        match block {
            Block::Dense { bias_var, .. } | Block::Conv { bias_var, .. } if *bias_var != 0.0 => {
                let (quantity, allowed) = ("bias_var", "0 where biases are none or zero-init");
                Err(CompositionError::Value { place, block: block.to_string(), quantity, allowed, got: *bias_var })
            }
            Block::Residual { branch, shortcut, .. } => {
                check_no_bias(branch, &format!("{place}."))?;
                check_no_bias(shortcut, &format!("{place}.shortcut."))
            }
            _ => Ok(()),
        }
    })
}

fn order(block: &Block, place: &str, needs: &'static str) -> CompositionError {
    CompositionError::Order { place: place.to_owned(), block: block.to_string(), needs }
}

fn check_values(block: &Block, place: &str) -> Result<(), CompositionError> {
    let wrong = |quantity, allowed, got| {
        Err(CompositionError::Value { place: place.to_owned(), block: block.to_string(), quantity, allowed, got })
    };
    if let Block::Dense { weight_var, bias_var, .. } | Block::Conv { weight_var, bias_var, .. } = block {
        if !(weight_var.is_finite() && *weight_var > 0.0) {
            return wrong("weight_var (σ_w², a variance)", "positive and finite", *weight_var);
        }
        if !(bias_var.is_finite() && *bias_var >= 0.0) {
            return wrong("bias_var (σ_b², a variance)", "at least 0 and finite", *bias_var);
        }
    }
    match block {
        Block::Residual { lambda_sq, .. } if !(lambda_sq.is_finite() && *lambda_sq >= 0.0) => {
            wrong("lambda_sq (λ²)", "at least 0 and finite", *lambda_sq)
        }
        Block::Dense { width: Some(0), .. } => wrong("width", "at least 1", 0.0),
        Block::Conv { channels: Some(0), .. } => wrong("channels", "at least 1", 0.0),
        Block::Conv { filter: sizes, stride, .. } | Block::AveragePool { window: sizes, stride, .. } => {
            if sizes.contains(&0) {
                return wrong("every size of the window", "at least 1", 0.0);
            }
            if stride.contains(&0) { wrong("every stride", "at least 1", 0.0) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

impl Serialize for Composition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_spec().serialize(serializer)
    }
}

impl Composition {
    /// Shape of the inputs.
    pub fn input(&self) -> &Shape {
        &self.input
    }

    /// Numbers in one input.
    pub fn features(&self) -> usize {
        self.input.locations() * self.input.channels().unwrap_or(1)
    }

    /// The blocks, first to last.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Shape of the outputs.
    pub fn output(&self) -> &Shape {
        &self.output
    }

    /// What the biases are.
    pub fn biases(&self) -> Biases {
        self.biases
    }

    /// What gradients are taken with respect to.
    pub fn parameterization(&self) -> Parameterization {
        self.parameterization
    }

    /// $L$: weight layers on the longest way from input to output.
    pub fn depth(&self) -> usize {
        self.blocks.iter().map(Block::depth).sum()
    }

    /// $(\alpha, \beta)$ of a block of weights, as [`Architecture::ntk_coefficients`](crate::Architecture::ntk_coefficients).
    ///
    /// # Arguments
    /// * `fan_in`: numbers that go into each sum, places of a window included; `None` if that is not known.
    pub(crate) fn ntk_coefficients(&self, weight_var: f64, bias_var: f64, fan_in: Option<usize>) -> Option<(f64, f64)> {
        let alpha = match self.parameterization {
            Parameterization::Ntk | Parameterization::HaninNica => 1.0,
            Parameterization::Standard => fan_in? as f64 / weight_var,
        };
        let beta = match (self.biases, self.parameterization) {
            (Biases::None | Biases::Untrained, _) => 0.0,
            (Biases::Trained, Parameterization::Ntk) => bias_var,
            (Biases::Trained | Biases::ZeroInit, _) => 1.0,
        };
        Some((alpha, beta))
    }

    /// The description this network would be written as.
    pub fn to_spec(&self) -> CompositionSpec {
        CompositionSpec {
            input: self.input.space.iter().copied().chain(self.input.channels).collect(),
            blocks: self.blocks.clone(),
            biases: Some(self.biases),
            parameterization: Some(self.parameterization),
        }
    }
}
