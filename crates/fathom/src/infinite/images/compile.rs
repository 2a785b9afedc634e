//! From blocks to stages of operations.

use super::axis::Axis;
use super::program::{End, Function, Op, Register, Stage, Value, area};
use crate::activation::{Activation, Regularity};
use crate::infinite::state::Layer;
use crate::infinite::{Expectations, KernelError};
use crate::spec::{Block, Composition, Padding, windowed};

/// Stages, and the functions and windows that their operations name by number.
type Compiled = (Vec<Stage>, Vec<Function>, Vec<[Axis; 2]>);

/// What is known while the blocks are gone through.
pub(super) struct Compiler<'a> {
    network: &'a Composition,
    with_ntk: bool,
    functions: Vec<Function>,
    geometries: Vec<[Axis; 2]>,
    /// What the geometries are of.
    shapes: Vec<Windows>,
    stages: Vec<Stage>,
    /// Height and width of every register.
    registers: Vec<[usize; 2]>,
    /// The stage that is not ended yet.
    sources: Vec<Register>,
    ops: Vec<Op>,
    sizes: Vec<[usize; 2]>,
    /// Channels, or features, here.
    features: Option<usize>,
    /// Whether all places are one list of features, which are not summed up yet.
    flat: bool,
}

impl<'a> Compiler<'a> {
    pub fn new(network: &'a Composition, with_ntk: bool) -> Self {
        let size = plane(network.input().space(), 1);
        Self {
            network,
            with_ntk,
            functions: Vec::new(),
            geometries: Vec::new(),
            shapes: Vec::new(),
            stages: Vec::new(),
            registers: vec![size],
            sources: vec![0],
            ops: Vec::new(),
            sizes: vec![size],
            features: network.input().channels(),
            flat: false,
        }
    }

    /// All stages; offsets are not found yet.
    pub fn stages(mut self) -> Result<Compiled, KernelError> {
        self.all(self.network.blocks(), 0)?;
        self.close(End::Output);
        Ok((self.stages, self.functions, self.geometries))
    }

    fn all(&mut self, blocks: &[Block], first: Value) -> Result<Value, KernelError> {
        blocks.iter().try_fold(first, |from, block| self.one(block, from))
    }

    fn one(&mut self, block: &Block, from: Value) -> Result<Value, KernelError> {
        let size = self.sizes[from];
        match block {
            Block::Dense { weight_var, bias_var, width } => {
                let window = if std::mem::take(&mut self.flat) { size } else { [1, 1] };
                let windows = Windows { size, window, stride: window, padding: Padding::Valid };
                self.weights(from, windows, 1, [*weight_var, *bias_var], *width)
            }
            Block::Conv { filter, stride, padding, weight_var, bias_var, channels } => {
                let windows = Windows::new(size, filter, stride, None, *padding);
                let places = area(windows.window);
                self.weights(from, windows, places, [*weight_var, *bias_var], *channels)
            }
            Block::Activation { function } => {
                if self.with_ntk && function.regularity() == Regularity::Discontinuous {
                    return Err(KernelError::NoNtk { activation: function.name() });
                }
                let function = self.function(function);
                Ok(self.push(Op::Activate { from, function }, size))
            }
            Block::LayerNorm => Ok(self.push(Op::Normalise { from, together: self.flat }, size)),
            Block::Residual { lambda_sq, branch, shortcut } => {
                if block.has_pooling() {
                    self.residual_of_stages(*lambda_sq, branch, shortcut)
                } else {
                    self.residual(from, *lambda_sq, branch, shortcut)
                }
            }
            Block::Flatten => {
                self.flat = true;
                self.features = self.features.map(|n| n * area(size));
                Ok(from)
            }
            Block::AveragePool { window, stride, padding } => {
                let axes = Windows::new(size, window, stride, Some(window), *padding).axes();
                Ok(self.pool(axes))
            }
            Block::GlobalAveragePool => Ok(self.pool(size.map(Axis::whole))),
        }
    }

    /// Branch and shortcut keep offsets apart: both are operations of one stage.
    fn residual(
        &mut self,
        from: Value,
        lambda_sq: f64,
        branch: &[Block],
        shortcut: &[Block],
    ) -> Result<Value, KernelError> {
        let before = (self.features, self.flat);
        let branch = self.all(branch, from)?;
        let flat = self.flat;
        (self.features, self.flat) = before;
        let base = self.all(shortcut, from)?;
        self.add([base, branch], lambda_sq, flat)
    }

    /// A block with pooling on one of its ways: branch and shortcut are stages that begin with the same register.
    fn residual_of_stages(
        &mut self,
        lambda_sq: f64,
        branch: &[Block],
        shortcut: &[Block],
    ) -> Result<Value, KernelError> {
        let start = self.register();
        let before = (self.features, self.flat);
        self.begin(vec![start]);
        self.all(branch, 0)?;
        let branch = self.register();
        let flat = self.flat;
        (self.features, self.flat) = before;
        self.begin(vec![start]);
        self.all(shortcut, 0)?;
        let base = self.register();
        self.begin(vec![base, branch]);
        self.add([0, 1], lambda_sq, flat)
    }

    /// $z + \lambda y$; a list beside an image that has become a list is repeated at its places.
    fn add(&mut self, parts: [Value; 2], lambda_sq: f64, flat_branch: bool) -> Result<Value, KernelError> {
        let sizes = parts.map(|value| self.sizes[value]);
        let [base, branch] = match sizes.map(area) {
            _ if sizes[0] == sizes[1] => parts,
            [1, _] => [self.push(Op::Repeat { from: parts[0] }, sizes[1]), parts[1]],
            [_, 1] => [parts[0], self.push(Op::Repeat { from: parts[1] }, sizes[0])],
            [shortcut, branch] => return Err(KernelError::FlattenedSizes { branch, shortcut }),
        };
        self.flat |= flat_branch;
        let size = self.sizes[base];
        Ok(self.push(Op::Add { base, branch, lambda_sq }, size))
    }

    fn push(&mut self, op: Op, size: [usize; 2]) -> Value {
        self.ops.push(op);
        self.sizes.push(size);
        self.sizes.len() - 1
    }

    fn function(&mut self, activation: &Activation) -> usize {
        if let Some(known) = self.functions.iter().position(|f| f.activation == *activation) {
            return known;
        }
        self.functions.push(Function {
            activation: activation.clone(),
            parts: activation.homogeneous(),
            expectations: Expectations::new(activation),
        });
        self.functions.len() - 1
    }

    /// # Arguments
    /// * `places`: those of a window that count as inputs of their own, beside the features.
    fn weights(
        &mut self,
        from: Value,
        windows: Windows,
        places: usize,
        [weight_var, bias_var]: [f64; 2],
        width: Option<usize>,
    ) -> Result<Value, KernelError> {
        let features = std::mem::replace(&mut self.features, width);
        let (alpha, beta) = if self.with_ntk {
            let fan_in = features.map(|n| n * places);
            self.network.ntk_coefficients(weight_var, bias_var, fan_in).ok_or(KernelError::NeedsWidths)?
        } else {
            (0.0, 0.0)
        };
        let geometry = self.shapes.iter().position(|known| *known == windows).unwrap_or_else(|| {
            self.geometries.push(windows.axes());
            self.shapes.push(windows);
            self.shapes.len() - 1
        });
        let size = [0, 1].map(|i| self.geometries[geometry][i].out);
        let layer = Layer { weight_var, bias_var, alpha, beta };
        Ok(self.push(Op::Weights { from, geometry, layer }, size))
    }

    /// Ends a stage with pooling; the value after it is the first of the next.
    fn pool(&mut self, axes: [Axis; 2]) -> Value {
        let register = self.close(End::Pool(axes));
        self.begin(vec![register]);
        0
    }

    /// The last value as a register.
    fn register(&mut self) -> Register {
        match self.sources[..] {
            [known] if self.ops.is_empty() => known,
            _ => self.close(End::Keep),
        }
    }

    /// Ends a stage; only its last value is known after it.
    fn close(&mut self, end: End) -> Register {
        let (sources, ops) = (std::mem::take(&mut self.sources), std::mem::take(&mut self.ops));
        let sizes = std::mem::take(&mut self.sizes);
        let stage = Stage::new(sources, ops, sizes, end);
        self.registers.push(stage.result_size());
        self.stages.push(stage);
        self.registers.len() - 1
    }

    fn begin(&mut self, sources: Vec<Register>) {
        self.sizes = sources.iter().map(|register| self.registers[*register]).collect();
        self.sources = sources;
        self.ops.clear();
    }
}

/// Sizes of an image or window as height and width; what is missing is `rest`.
fn plane(sizes: &[usize], rest: usize) -> [usize; 2] {
    match sizes {
        [height, width] => [*height, *width],
        [width] => [rest, *width],
        _ => [rest, rest],
    }
}

/// Windows over an image, which a network of many layers has over and over.
#[derive(Clone, Copy, PartialEq)]
struct Windows {
    size: [usize; 2],
    window: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
}

impl Windows {
    /// Those of a block; strides that are not given are 1, or `strides`.
    fn new(size: [usize; 2], window: &[usize], stride: &[usize], strides: Option<&[usize]>, padding: Padding) -> Self {
        let stride = if stride.is_empty() { strides.unwrap_or(&[]) } else { stride };
        Self { size, window: plane(window, 1), stride: plane(stride, 1), padding }
    }

    fn axes(self) -> [Axis; 2] {
        let Self { size, window, stride, padding } = self;
        [0, 1].map(|i| {
            let out = windowed(size[i], window[i], stride[i], padding).unwrap_or(0);
            Axis::new(size[i], out, window[i], stride[i], padding)
        })
    }
}
