//! The blocks of a network on images as operations on values, cut where pooling mixes offsets.

use super::axis::Axis;
use super::offsets::Offsets;
use crate::activation::{Activation, Homogeneous, Regularity};
use crate::infinite::state::Layer;
use crate::infinite::{Expectations, KernelError};
use crate::spec::{Block, Composition, Padding, windowed};

/// A number of a value: what stands at all places after some block.
pub(super) type Value = usize;

/// One operation. Values are numbered in the order in which they come into being; 0 is what the stage begins with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// φ, by its number.
    Activate { from: Value, function: usize },
    /// Sums over windows with independent weights; `geometry` is a number too.
    Weights { from: Value, geometry: usize, layer: Layer },
    /// Division by the root of the variance: at every place, or of all places together.
    Normalise { from: Value, together: bool },
    /// $z + \lambda y$.
    Add { base: Value, branch: Value, lambda_sq: f64 },
}

impl Op {
    /// What it works on.
    pub fn sources(self) -> [Option<Value>; 2] {
        match self {
            Self::Activate { from, .. } | Self::Weights { from, .. } | Self::Normalise { from, .. } => {
                [Some(from), None]
            }
            Self::Add { base, branch, .. } => [Some(base), Some(branch)],
        }
    }
}

/// φ.
pub(super) struct Function {
    pub activation: Activation,
    pub parts: Option<Homogeneous>,
    pub expectations: Expectations,
}

/// Operations that keep offsets apart, and the pooling after them.
pub(super) struct Stage {
    /// Operation $i$ makes value $i + 1$.
    pub ops: Vec<Op>,
    /// Height and width of every value.
    pub sizes: Vec<[usize; 2]>,
    /// Where the places of every value begin in one list of all.
    pub starts: Vec<usize>,
    /// Memory of every value: values that are not needed at the same time share one.
    pub slots: Vec<usize>,
    pub pool: Option<[Axis; 2]>,
    pub offsets: Offsets,
}

impl Stage {
    pub fn output(&self) -> Value {
        self.ops.len()
    }

    pub fn slot_count(&self) -> usize {
        self.slots.iter().max().map_or(1, |m| m + 1)
    }
}

/// A network on images.
pub(in crate::infinite) struct Program {
    pub(super) stages: Vec<Stage>,
    pub(super) functions: Vec<Function>,
    pub(super) geometries: Vec<[Axis; 2]>,
    pub(super) channels: usize,
    pub(super) with_ntk: bool,
    pub(super) depth: usize,
}

impl Program {
    /// # Arguments
    /// * `everywhere`: whether the outputs at all pairs of places are needed, not only those of a place with itself.
    ///
    /// # Errors
    /// [`KernelError`] for functions without NTK, missing widths, and pooling inside residual blocks.
    pub fn new(network: &Composition, with_ntk: bool, everywhere: bool) -> Result<Self, KernelError> {
        let size = plane(network.input().space(), 1);
        let mut compiler = Compiler {
            network,
            with_ntk,
            functions: Vec::new(),
            geometries: Vec::new(),
            shapes: Vec::new(),
            stages: Vec::new(),
            ops: Vec::new(),
            sizes: vec![size],
            features: network.input().channels(),
            flat: false,
        };
        let last = compiler.all(network.blocks(), 0, false)?;
        compiler.close(last, None);
        let Compiler { functions, geometries, mut stages, .. } = compiler;
        for i in 0..stages.len() {
            let diagonal = !everywhere && stages[i + 1..].iter().all(|later| later.pool.is_none());
            let Stage { ops, sizes, pool, .. } = &stages[i];
            stages[i].offsets = Offsets::new(ops, sizes, &geometries, pool.as_ref(), diagonal);
        }
        let channels = network.input().channels().unwrap_or(1);
        Ok(Self { stages, functions, geometries, channels, with_ntk, depth: network.depth() })
    }

    /// Places of all values of all stages.
    pub fn places(&self) -> usize {
        self.stages.iter().map(|s| s.starts.last().map_or(0, |start| start + area(s.sizes[s.output()]))).sum()
    }

    /// Whether all pairs of places are needed somewhere.
    pub fn has_pools(&self) -> bool {
        self.stages.iter().any(|stage| stage.pool.is_some())
    }
}

pub(super) fn area(size: [usize; 2]) -> usize {
    size[0] * size[1]
}

/// Sizes of an image or window as height and width; what is missing is `rest`.
fn plane(sizes: &[usize], rest: usize) -> [usize; 2] {
    match sizes {
        [height, width] => [*height, *width],
        [width] => [rest, *width],
        _ => [rest, rest],
    }
}

struct Compiler<'a> {
    network: &'a Composition,
    with_ntk: bool,
    functions: Vec<Function>,
    geometries: Vec<[Axis; 2]>,
    /// What the geometries are of.
    shapes: Vec<Windows>,
    stages: Vec<Stage>,
    ops: Vec<Op>,
    sizes: Vec<[usize; 2]>,
    /// Channels, or features, here.
    features: Option<usize>,
    /// Whether all places are one list of features, which are not summed up yet.
    flat: bool,
}

impl Compiler<'_> {
    fn all(&mut self, blocks: &[Block], first: Value, nested: bool) -> Result<Value, KernelError> {
        blocks.iter().try_fold(first, |from, block| self.one(block, from, nested))
    }

    fn one(&mut self, block: &Block, from: Value, nested: bool) -> Result<Value, KernelError> {
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
            Block::Residual { lambda_sq, branch, shortcut } => self.residual(from, *lambda_sq, branch, shortcut),
            Block::Flatten => {
                self.flat = true;
                self.features = self.features.map(|n| n * area(size));
                Ok(from)
            }
            Block::AveragePool { .. } | Block::GlobalAveragePool if nested => Err(KernelError::PoolInBranch),
            Block::AveragePool { window, stride, padding } => {
                let axes = Windows::new(size, window, stride, Some(window), *padding).axes();
                Ok(self.close(from, Some(axes)))
            }
            Block::GlobalAveragePool => Ok(self.close(from, Some(size.map(Axis::whole)))),
        }
    }

    fn residual(
        &mut self,
        from: Value,
        lambda_sq: f64,
        branch: &[Block],
        shortcut: &[Block],
    ) -> Result<Value, KernelError> {
        let (features, flat) = (self.features, self.flat);
        let branch = self.all(branch, from, true)?;
        (self.features, self.flat) = (features, flat);
        let base = self.all(shortcut, from, true)?;
        let size = self.sizes[base];
        if self.sizes[branch] != size {
            return Err(KernelError::FlatBranch);
        }
        Ok(self.push(Op::Add { base, branch, lambda_sq }, size))
    }

    fn push(&mut self, op: Op, size: [usize; 2]) -> Value {
        self.ops.push(op);
        self.sizes.push(size);
        self.ops.len()
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

    /// Ends a stage; the value after it is the first of the next.
    fn close(&mut self, output: Value, pool: Option<[Axis; 2]>) -> Value {
        let ops = std::mem::take(&mut self.ops);
        let next = pool.as_ref().map_or([1, 1], |[y, x]| [y.out, x.out]);
        let sizes = std::mem::replace(&mut self.sizes, vec![next]);
        debug_assert_eq!(output, ops.len(), "only the last value leaves a stage");
        let starts = sizes
            .iter()
            .scan(0, |start, size| {
                let own = *start;
                *start += area(*size);
                Some(own)
            })
            .collect();
        let slots = slots(&ops);
        self.stages.push(Stage { ops, sizes, starts, slots, pool, offsets: Offsets::default() });
        0
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

/// A slot for every value, free again after its last use.
fn slots(ops: &[Op]) -> Vec<usize> {
    let mut last_use: Vec<usize> = (0..=ops.len()).collect();
    for (i, op) in ops.iter().enumerate() {
        for from in op.sources().into_iter().flatten() {
            last_use[from] = i + 1;
        }
    }
    let (mut slots, mut free, mut count) = (vec![0], Vec::new(), 1);
    for (i, op) in ops.iter().enumerate() {
        let slot = free.pop().unwrap_or_else(|| {
            count += 1;
            count - 1
        });
        slots.push(slot);
        let mut done = op.sources();
        if done[0] == done[1] {
            done[1] = None;
        }
        free.extend(done.into_iter().flatten().filter(|from| last_use[*from] == i + 1).map(|from| slots[from]));
    }
    slots
}
