//! One draw: signals forward, gradients back, and the NTK on the way.
//!
//! $\Theta_{(c,a),(c',a')} = \sum_l (\alpha_{l-1} \langle\tilde h^{l-1}_a, \tilde h^{l-1}_{a'}\rangle + \beta_{l-1})
//! \langle\delta^l_{c,a}, \delta^l_{c',a'}\rangle$ with $\tilde h = h\,\sigma_w/\sqrt n$. What enters a layer and what
//! comes back carries a power of two, so that inner products stay in range; in homogeneous networks the signals keep it
//! through φ, so that no depth overflows.

use super::SampleError;
use super::draw::Draw;
use super::shape::{LayerShape, Shape};
use crate::linalg::{by_columns, product};
use crate::random::Stream;

use pulp::{Arch, NullaryFnOnce};

/// A random weight matrix as the recursion sees it; the bias is its last column.
pub(super) trait Weights {
    /// Room that the layers share.
    type Scratch: Default;

    /// $\tilde H$ of the layer, rows × k, to be set before [`forward`](Self::forward).
    fn input_mut(&mut self) -> &mut [f64];

    /// Draws what is needed of $\tilde W$ and sets $Z = \tilde W \tilde H$, outputs × k.
    fn forward(&mut self, stream: &mut Stream, z: &mut [f64]);

    /// The same for another draw with the same $\tilde H$.
    fn forward_again(&mut self, stream: &mut Stream, z: &mut [f64]);

    /// $\tilde W^\top D$, rows × columns, for $D$ of outputs × columns.
    fn backward(&mut self, stream: &mut Stream, d: &[f64], v: &mut [f64], scratch: &mut Self::Scratch);
}

/// Signals stay within these bounds or are rescaled.
const LARGE: f64 = f64::from_bits((1023 + 64) << 52);
const SMALL: f64 = f64::from_bits((1023 - 64) << 52);

/// Everything one thread needs to draw networks of one shape on the same inputs.
pub(super) struct Recursion<W: Weights> {
    k: usize,
    weights: Vec<W>,
    scratch: W::Scratch,
    /// $\langle\tilde h^{l-1}_a, \tilde h^{l-1}_{a'}\rangle 2^{-2 e}$ of each layer.
    grams: Vec<Vec<f64>>,
    /// $e$: the signals that enter layer $l$ are $2^e$ times the stored ones.
    exponents: Vec<i64>,
    /// $\phi'(Z_l)$ of the hidden layers.
    slopes: Vec<Vec<f64>>,
    z: Vec<f64>,
    h: Vec<f64>,
    d: Vec<f64>,
    v: Vec<f64>,
    gram: Vec<f64>,
    started: bool,
}

impl<W: Weights> Recursion<W> {
    /// Room for networks of this shape on `k` inputs.
    pub(super) fn new(shape: &Shape, k: usize, weights: impl Fn(usize) -> W) -> Self {
        let depth = shape.layers.len();
        let columns = k * shape.outputs();
        let widest = shape.layers.iter().map(|l| l.outputs).max().unwrap_or(0);
        let tallest = shape.layers[1..].iter().map(LayerShape::rows).max().unwrap_or(0);
        Self {
            k,
            weights: (0..depth).map(weights).collect(),
            scratch: W::Scratch::default(),
            grams: vec![vec![0.0; k * k]; depth],
            exponents: vec![0; depth],
            slopes: shape.layers[..depth - 1].iter().map(|l| vec![0.0; l.outputs * k]).collect(),
            z: vec![0.0; widest * k],
            h: vec![0.0; widest * k],
            d: vec![0.0; widest * columns],
            v: vec![0.0; tallest * columns],
            gram: vec![0.0; columns * columns],
            started: false,
        }
    }

    /// Draws a network from `stream` and writes its NTK and outputs on the inputs $2^{\text{exponent}}$ `x` (rows of
    /// $n_0$ entries).
    pub(super) fn draw(
        &mut self,
        shape: &Shape,
        x: &[f64],
        exponent: i64,
        stream: &mut Stream,
        draw: &mut Draw,
    ) -> Result<(), SampleError> {
        draw.reset(self.k, shape.outputs(), shape.layers.len());
        self.forward(shape, x, exponent, stream, draw)?;
        self.backward(shape, stream, draw)
    }

    fn forward(
        &mut self,
        shape: &Shape,
        x: &[f64],
        mut exponent: i64,
        stream: &mut Stream,
        draw: &mut Draw,
    ) -> Result<(), SampleError> {
        let k = self.k;
        for (l, layer) in shape.layers.iter().enumerate() {
            if l > 0 || !self.started {
                self.enter(l, layer, if l == 0 { Some(x) } else { None }, exponent);
            }
            self.exponents[l] = exponent;
            exponent = layer.carried(exponent);
            let z = &mut self.z[..layer.outputs * k];
            if l == 0 && self.started {
                self.weights[0].forward_again(stream, z);
            } else {
                self.weights[l].forward(stream, z);
            }
            let Some(slopes) = self.slopes.get_mut(l) else {
                draw.set_outputs(z, exponent);
                break;
            };
            if !shape.homogeneous {
                multiply_by_power_of_two(z, exponent);
                exponent = 0;
            }
            let h = &mut self.h[..layer.outputs * k];
            shape.activation.values_and_slopes(z, h, slopes);
            let largest = largest(h);
            if !largest.is_finite() {
                return Err(SampleError::Overflow { layer: l + 1 });
            }
            exponent = if largest == 0.0 { 0 } else { exponent + rescale(h, largest) };
        }
        self.started = true;
        Ok(())
    }

    /// Sets $\tilde H$ of a layer to the inputs `x`, or else to the signals of the layer below, and their inner products.
    fn enter(&mut self, l: usize, layer: &LayerShape, x: Option<&[f64]>, exponent: i64) {
        let (k, rows) = (self.k, layer.rows());
        let carried = layer.carried(exponent);
        let input = self.weights[l].input_mut();
        let bias = layer.bias_scale * power_of_two(-carried);
        let signals = x.unwrap_or(&self.h);
        for (to, from) in input.chunks_exact_mut(rows).zip(signals.chunks_exact(layer.inputs)) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = from * layer.weight_scale);
            to[layer.inputs..].fill(bias);
        }
        let inputs = by_columns(input, rows, k).subrows(0, layer.inputs);
        product(inputs.transpose(), inputs, &mut self.grams[l], k, 0);
        if carried != exponent {
            let factor = power_of_two(exponent - carried);
            for column in input.chunks_exact_mut(rows) {
                column[..layer.inputs].iter_mut().for_each(|h| *h *= factor);
            }
        }
    }

    fn backward(&mut self, shape: &Shape, stream: &mut Stream, draw: &mut Draw) -> Result<(), SampleError> {
        let (k, outputs, depth) = (self.k, shape.outputs(), shape.layers.len());
        let columns = k * outputs;
        let mut exponent = 0;
        for l in (0..depth).rev() {
            let layer = &shape.layers[l];
            // At the top the gradient of output c is the unit vector e_c for every input.
            let (distinct, per_output) = if l + 1 == depth { (outputs, 1) } else { (columns, k) };
            if l + 1 == depth {
                self.d[..outputs * outputs].fill(0.0);
                (0..outputs).for_each(|c| self.d[c * outputs + c] = 1.0);
            }
            let d = &self.d[..layer.outputs * distinct];
            let view = by_columns(d, layer.outputs, distinct);
            product(view.transpose(), view, &mut self.gram, distinct, 0);
            draw.add_layer(
                l,
                layer,
                &self.grams[l],
                self.exponents[l],
                Gradients { gram: &self.gram[..distinct * distinct], per_output, exponent },
            );
            if l == 0 {
                break;
            }
            let rows = layer.rows();
            let v = &mut self.v[..rows * distinct];
            self.weights[l].backward(stream, d, v, &mut self.scratch);
            let below = layer.inputs;
            let slopes = &self.slopes[l - 1];
            let to = &mut self.d[..below * columns];
            for (column, to) in to.chunks_exact_mut(below).enumerate() {
                let (c, a) = (column / k, column % k);
                let from = &v[(if per_output == 1 { c } else { column }) * rows..][..below];
                let slopes = &slopes[a * below..][..below];
                Arch::new().dispatch(Modulate { to, from, slopes, scale: layer.weight_scale });
            }
            let largest = largest(to);
            if !largest.is_finite() {
                return Err(SampleError::Overflow { layer: l });
            }
            if largest == 0.0 {
                break;
            }
            exponent += rescale(to, largest);
        }
        Ok(())
    }
}

/// Inner products of the gradients at a layer.
#[derive(Clone, Copy)]
pub(super) struct Gradients<'a> {
    /// Square, with one row for each distinct gradient.
    pub(super) gram: &'a [f64],
    /// Distinct gradients of each output: k, or 1 where they are the same for all inputs.
    pub(super) per_output: usize,
    /// The gradients are $2^{\text{exponent}}$ times the stored ones.
    pub(super) exponent: i64,
}

/// `to` = scale · from · slopes, entry by entry.
struct Modulate<'a> {
    to: &'a mut [f64],
    from: &'a [f64],
    slopes: &'a [f64],
    scale: f64,
}

impl NullaryFnOnce for Modulate<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for ((to, from), slope) in self.to.iter_mut().zip(self.from).zip(self.slopes) {
            *to = from * self.scale * slope;
        }
    }
}

/// Largest absolute value; NaN if an entry is not finite.
pub(super) fn largest(values: &[f64]) -> f64 {
    Arch::new().dispatch(Largest(values))
}

struct Largest<'a>(&'a [f64]);

impl NullaryFnOnce for Largest<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        const LANES: usize = 16;
        // Zero times an entry is zero, or NaN if the entry is not finite.
        let (mut sizes, mut zeros) = ([0.0_f64; LANES], [0.0; LANES]);
        let chunks = self.0.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            for lane in 0..LANES {
                let size = chunk[lane].abs();
                sizes[lane] = if size > sizes[lane] { size } else { sizes[lane] };
                zeros[lane] += chunk[lane] * 0.0;
            }
        }
        for (lane, value) in rest.iter().enumerate() {
            sizes[lane] = sizes[lane].max(value.abs());
            zeros[lane] += value * 0.0;
        }
        sizes.into_iter().fold(0.0, f64::max) + zeros.into_iter().sum::<f64>()
    }
}

/// Brings the largest entry to about one if it is far from it; returns the exponent taken out.
pub(super) fn rescale(values: &mut [f64], largest: f64) -> i64 {
    if largest == 0.0 || (SMALL..=LARGE).contains(&largest) {
        return 0;
    }
    // Subnormal numbers have exponent −1023, which is as good a scale as any for them.
    let exponent = ((largest.to_bits() >> 52) & 0x7FF) as i64 - 1023;
    let factor = power_of_two(-exponent);
    values.iter_mut().for_each(|v| *v *= factor);
    exponent
}

/// Multiplies by $2^e$ with one rounding at most, however large $e$ is.
fn multiply_by_power_of_two(values: &mut [f64], exponent: i64) {
    // A normal number times this is normal or out of range for good.
    let first = exponent.clamp(-600, 600);
    for step in [first, exponent - first] {
        if step != 0 {
            let factor = power_of_two(step);
            values.iter_mut().for_each(|v| *v *= factor);
        }
    }
}

/// $2^e$, or 0 and ∞ beyond the normal range.
pub(super) fn power_of_two(exponent: i64) -> f64 {
    match exponent {
        -1022..=1023 => f64::from_bits(((1023 + exponent) as u64) << 52),
        e if e > 0 => f64::INFINITY,
        _ => 0.0,
    }
}
