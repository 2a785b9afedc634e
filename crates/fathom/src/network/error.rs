//! Why a network could not be built or evaluated.

/// Why a network with explicit weights could not be built or evaluated. Layers are counted from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No layers.
    #[error("a network needs at least one weight layer, got none")]
    NoLayers,
    /// A layer without inputs or outputs.
    #[error("a weight layer needs at least one input and one output, got {inputs} inputs and {outputs} outputs")]
    EmptyLayer {
        /// Inputs.
        inputs: usize,
        /// Outputs.
        outputs: usize,
    },
    /// A list of weights that does not fill the matrix.
    #[error("{inputs} inputs and {outputs} outputs need inputs × outputs weights, got {got}")]
    WeightCount {
        /// Inputs.
        inputs: usize,
        /// Outputs.
        outputs: usize,
        /// How many were given.
        got: usize,
    },
    /// A list of biases that does not fit the outputs.
    #[error("{outputs} outputs need as many biases, got {got}")]
    BiasCount {
        /// Outputs.
        outputs: usize,
        /// How many were given.
        got: usize,
    },
    /// A weight that is NaN or infinite.
    #[error("every weight must be finite, got {got} from input {input} to output {output} (counted from 0)")]
    WeightNotFinite {
        /// Column of the matrix.
        input: usize,
        /// Row of the matrix.
        output: usize,
        /// Its value.
        got: f64,
    },
    /// A bias that is NaN or infinite.
    #[error("every bias must be finite, got {got} at output {output} (counted from 0)")]
    BiasNotFinite {
        /// Which output.
        output: usize,
        /// Its value.
        got: f64,
    },
    /// A factor of the gradients that is negative, NaN or infinite.
    #[error("gradient scales must be at least 0 and finite, got {weights} for weights and {biases} for biases")]
    Scale {
        /// $g_w$.
        weights: f64,
        /// $g_b$.
        biases: f64,
    },
    /// Layers that do not fit together.
    #[error("layer {layer} has {got} inputs, but the layer before has {expected} outputs")]
    Chain {
        /// The later layer.
        layer: usize,
        /// Outputs of the earlier.
        expected: usize,
        /// Inputs of the later.
        got: usize,
    },
    /// An architecture of another shape.
    #[error("the network has widths {network:?}, but the architecture has {architecture:?} (none: infinitely wide)")]
    Widths {
        /// Of the network.
        network: Vec<usize>,
        /// Of the architecture.
        architecture: Vec<usize>,
    },
    /// A network of blocks where one of fully connected layers is needed.
    #[error("these are networks of blocks, not of fully connected layers")]
    Blocks,
    /// A block whose width is not given.
    #[error("block {place} ({block}): a network of finite width needs a width or channels here")]
    MissingWidth {
        /// Where: `3`, or `3.1` for the first block of the branch of block 3; counted from 1.
        place: String,
        /// Which block.
        block: String,
    },
    /// More or fewer layers of weights than blocks that need them.
    #[error("the blocks need {expected} layers of weights, got {got}")]
    LayerCount {
        /// Blocks with weights.
        expected: usize,
        /// Layers given.
        got: usize,
    },
    /// A layer of weights that does not fit its block.
    #[error("layer {layer} needs {expected:?} inputs and outputs, got {got:?}")]
    LayerShape {
        /// Which layer.
        layer: usize,
        /// Inputs and outputs of the block.
        expected: [usize; 2],
        /// Those of the layer.
        got: [usize; 2],
    },
    /// Layer normalisation of zeros.
    #[error("layer normalisation after layer {layer} of {depth} divides by zero: all its numbers are zero")]
    ZeroNorm {
        /// The layer of weights before it.
        layer: usize,
        /// Weight layers.
        depth: usize,
    },
    /// Inputs that are not rows of the network's input width.
    #[error("inputs must be rows of {features} features, at least one, got {got} values")]
    Inputs {
        /// Inputs of the network.
        features: usize,
        /// How many values were given.
        got: usize,
    },
    /// A feature that is NaN or infinite.
    #[error("every feature must be finite, got {got} in row {row} (counted from 0)")]
    InputNotFinite {
        /// Which row.
        row: usize,
        /// Its value.
        got: f64,
    },
    /// Gradients at the outputs that are not one row for each input.
    #[error("gradients at the outputs must be {rows} rows of {outputs}, got {got} values")]
    Cotangents {
        /// Inputs.
        rows: usize,
        /// Outputs of the network.
        outputs: usize,
        /// How many values were given.
        got: usize,
    },
    /// Pre-activations or activations (or inputs in single precision) left the range of the numbers used.
    #[error("the forward pass overflows at layer {layer} of {depth}: the weights or inputs are too large")]
    ForwardOverflow {
        /// First layer with a number that is not finite.
        layer: usize,
        /// Weight layers.
        depth: usize,
    },
    /// Derivatives of the outputs left the range of the numbers used.
    #[error("the derivatives of the outputs overflow at layer {layer} of {depth}: the weights are too large")]
    BackwardOverflow {
        /// Last layer with a number that is not finite.
        layer: usize,
        /// Weight layers.
        depth: usize,
    },
    /// The kernel left the range of the numbers used.
    #[error("the empirical NTK overflows in the contribution of layer {layer} of {depth}")]
    KernelOverflow {
        /// The layer whose contribution is not finite.
        layer: usize,
        /// Weight layers.
        depth: usize,
    },
    /// φ has no derivative that gradient descent could use.
    #[error("{activation} jumps, so its networks have outputs but no NTK")]
    NoNtk {
        /// The activation.
        activation: String,
    },
    /// The memory allowed does not hold the smallest piece of work.
    #[error("the memory budget must be at least {needed} bytes for this network, got {got}")]
    Budget {
        /// What one tile on each side needs.
        needed: usize,
        /// What was allowed.
        got: usize,
    },
    /// A layer with more weights than memory holds.
    #[error(
        "a layer of {inputs} × {outputs} weights (inputs times outputs) is too large for memory: use smaller widths"
    )]
    TooManyWeights {
        /// Numbers that go into each sum.
        inputs: usize,
        /// Outputs or channels.
        outputs: usize,
    },
    /// A result with more entries than can be addressed.
    #[error("a kernel of {rows} × {cols} entries is too large")]
    TooLarge {
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
    },
}
