//! The blocks of a network on images as operations on values, in stages.

use std::collections::BTreeSet;

use super::axis::Axis;
use super::compile::Compiler;
use super::kept::Layout;
use super::offsets::Offsets;
use crate::activation::{Activation, Homogeneous};
use crate::infinite::state::Layer;
use crate::infinite::{Expectations, KernelError};
use crate::spec::Composition;

/// A number of a value of a stage: what stands at all places before or after some block.
pub(super) type Value = usize;

/// A number of what is known between stages: 0 are the pixels, $i + 1$ is the result of stage $i$.
pub(super) type Register = usize;

/// One operation. Values are numbered in the order in which they come into being, first those that the stage begins with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// φ, by its number.
    Activate { from: Value, function: usize },
    /// Sums over windows with independent weights; `geometry` is a number too.
    Weights { from: Value, geometry: usize, layer: Layer },
    /// Division by the root of the variance: at every place, or of all places together.
    Normalise { from: Value, together: bool },
    /// One list of independent features for every place of an image that has become a list.
    Repeat { from: Value },
    /// $z + \lambda y$.
    Add { base: Value, branch: Value, lambda_sq: f64 },
}

impl Op {
    /// What it works on.
    pub fn sources(self) -> [Option<Value>; 2] {
        match self {
            Self::Activate { from, .. }
            | Self::Weights { from, .. }
            | Self::Normalise { from, .. }
            | Self::Repeat { from } => [Some(from), None],
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

/// What becomes of the last value of a stage.
pub(super) enum End {
    /// Means over windows, which mix offsets.
    Pool([Axis; 2]),
    /// Kept as it is, because pooling begins on one of the ways from here.
    Keep,
    /// The output of the network.
    Output,
}

/// Operations that keep offsets apart.
pub(super) struct Stage {
    /// What it begins with; source $k$ is value $k$.
    pub sources: Vec<Register>,
    pub ops: Vec<Op>,
    /// Height and width of every value.
    pub sizes: Vec<[usize; 2]>,
    /// Where the places of every value begin in one list of all.
    pub starts: Vec<usize>,
    /// Memory of every value: values that are not needed at the same time share one.
    pub slots: Vec<usize>,
    pub end: End,
    pub offsets: Offsets,
}

impl Stage {
    pub fn new(sources: Vec<Register>, ops: Vec<Op>, sizes: Vec<[usize; 2]>, end: End) -> Self {
        let starts = sizes
            .iter()
            .scan(0, |start, size| {
                let own = *start;
                *start += area(*size);
                Some(own)
            })
            .collect();
        let slots = slots(sources.len(), &ops);
        Self { sources, ops, sizes, starts, slots, end, offsets: Offsets::default() }
    }

    /// The value that an operation makes.
    pub fn made(&self, op: usize) -> Value {
        self.sources.len() + op
    }

    pub fn output(&self) -> Value {
        self.sizes.len() - 1
    }

    pub fn slot_count(&self) -> usize {
        self.slots.iter().max().map_or(1, |m| m + 1)
    }

    /// Height and width of what is known after the stage.
    pub fn result_size(&self) -> [usize; 2] {
        match &self.end {
            End::Pool([y, x]) => [y.out, x.out],
            End::Keep | End::Output => self.sizes[self.output()],
        }
    }
}

/// A network on images.
pub(in crate::infinite) struct Program {
    pub(super) stages: Vec<Stage>,
    pub(super) functions: Vec<Function>,
    pub(super) geometries: Vec<[Axis; 2]>,
    /// Where the pairs of places stand that are known between stages; of the pixels, none.
    pub(super) layouts: Vec<Layout>,
    /// The last stage that begins with each register.
    pub(super) last_uses: Vec<usize>,
    pub(super) channels: usize,
    pub(super) with_ntk: bool,
    pub(super) depth: usize,
}

impl Program {
    /// # Arguments
    /// * `everywhere`: whether the outputs at all pairs of places are needed, not only those of a place with itself.
    ///
    /// # Errors
    /// [`KernelError`] for functions without NTK, missing widths, and flattened images of different sizes that are to be added.
    pub fn new(network: &Composition, with_ntk: bool, everywhere: bool) -> Result<Self, KernelError> {
        let (mut stages, functions, geometries) = Compiler::new(network, with_ntk).stages()?;
        let mut last_uses = vec![0; stages.len() + 1];
        for (i, stage) in stages.iter().enumerate() {
            stage.sources.iter().for_each(|register| last_uses[*register] = i);
        }
        let asked = asked(&mut stages, &geometries, everywhere);
        let sizes = std::iter::once([0, 0]).chain(stages.iter().map(Stage::result_size));
        let layouts = asked.into_iter().zip(sizes).map(|(asked, size)| Layout::new(asked, size)).collect();
        let channels = network.input().channels().unwrap_or(1);
        Ok(Self { stages, functions, geometries, layouts, last_uses, channels, with_ntk, depth: network.depth() })
    }

    /// Places of all values of all stages.
    pub fn places(&self) -> usize {
        self.stages.iter().map(|s| s.starts.last().map_or(0, |start| start + area(s.sizes[s.output()]))).sum()
    }

    /// Bytes of what is known of two images between stages.
    pub fn bytes_of_pair(&self) -> usize {
        let bytes = |layout: &Layout| layout.count().saturating_mul(2 * size_of::<f64>());
        let results = self.layouts.len().saturating_sub(1);
        self.layouts[1..results.max(1)].iter().map(bytes).fold(0, usize::saturating_add)
    }

    /// Whether pairs of different places are needed somewhere.
    pub fn has_pools(&self) -> bool {
        self.stages.len() > 1
    }

    /// Whether a stage after this one pools.
    pub(super) fn pools_after(&self, number: usize) -> bool {
        self.stages[number + 1..].iter().any(|stage| matches!(stage.end, End::Pool(_)))
    }
}

/// Finds, from the last stage to the first, at which offsets its result is asked for, and what it takes to know it there.
fn asked(stages: &mut [Stage], geometries: &[[Axis; 2]], everywhere: bool) -> Vec<[Vec<i64>; 2]> {
    let mut asked: Vec<[BTreeSet<i64>; 2]> = vec![Default::default(); stages.len() + 1];
    for (i, stage) in stages.iter_mut().enumerate().rev() {
        if matches!(stage.end, End::Output) {
            asked[i + 1] = stage.sizes[stage.output()].map(|size| {
                let most = if everywhere { size as i64 - 1 } else { 0 };
                (-most..=most).collect()
            });
        }
        let needed = [0, 1].map(|axis| match &stage.end {
            End::Pool(axes) => axes[axis].offsets_pooled(&asked[i + 1][axis]),
            End::Keep | End::Output => asked[i + 1][axis].clone(),
        });
        stage.offsets = Offsets::new(stage, geometries, &needed);
        for (value, register) in stage.sources.iter().enumerate() {
            for (axis, asked) in asked[*register].iter_mut().enumerate() {
                asked.extend(stage.offsets.axes[axis].of_value(value));
            }
        }
    }
    // Of the pixels every pair is known.
    asked[0] = Default::default();
    asked.into_iter().map(|axes| axes.map(|offsets| offsets.into_iter().collect())).collect()
}

pub(super) fn area(size: [usize; 2]) -> usize {
    size[0] * size[1]
}

/// A slot for every value, free again after its last use.
fn slots(sources: usize, ops: &[Op]) -> Vec<usize> {
    let mut last_use: Vec<usize> = (0..sources + ops.len()).collect();
    for (i, op) in ops.iter().enumerate() {
        for from in op.sources().into_iter().flatten() {
            last_use[from] = sources + i;
        }
    }
    let (mut slots, mut free, mut count): (Vec<usize>, Vec<usize>, _) = ((0..sources).collect(), Vec::new(), sources);
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
        free.extend(done.into_iter().flatten().filter(|from| last_use[*from] == sources + i).map(|from| slots[from]));
    }
    slots
}
