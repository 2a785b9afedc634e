//! The empirical NTK of a network on batches of inputs.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::pass::{Layers, Pass};
use super::tiles::{Accumulator, Batch};
use super::{GradientScale, Layer, Network, NetworkError};
use crate::linalg::Real;

/// Which entries of the NTK of a network with several outputs are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelForm {
    /// $\sum_a \Theta_{aa}(x, x')$: the **sum** over outputs, not the mean.
    #[default]
    Trace,
    /// $\Theta_{aa}(x, x')$, one matrix for each output $a$.
    PerOutput,
    /// $\Theta_{ab}(x, x')$: one matrix with a row for each input and output, outputs of an input together.
    Full,
}

/// The numbers that products are computed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Double precision.
    #[default]
    F64,
    /// Single precision: half the memory and time, some six digits. Contributions of layers are added in `f64`.
    F32,
}

/// How the empirical NTK is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KernelOptions {
    /// Which entries.
    pub form: KernelForm,
    /// The precision of the products.
    pub precision: Precision,
    /// Most bytes of working memory, beyond the weights (in single precision, a rounded copy of them), the inputs and the
    /// result.
    pub memory: usize,
}

impl Default for KernelOptions {
    /// The trace, in double precision, in at most 1 GiB.
    fn default() -> Self {
        Self { form: KernelForm::default(), precision: Precision::default(), memory: 1 << 30 }
    }
}

/// The empirical NTK of $n$ inputs with $m$ others, or with themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct EmpiricalKernel {
    pub(super) form: KernelForm,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) matrices: Vec<Vec<f64>>,
}

impl EmpiricalKernel {
    /// What the entries are.
    pub fn form(&self) -> KernelForm {
        self.form
    }

    /// Rows of each matrix: $n$, or $n \cdot n_L$ of the full form.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of each matrix: $m$, or $m \cdot n_L$ of the full form.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The matrices, row after row: $n_L$ of them in the form per output, otherwise one. In the full form, input $i$ and
    /// output $a$ stand in row $i\, n_L + a$.
    pub fn matrices(&self) -> &[Vec<f64>] {
        &self.matrices
    }

    /// The matrices themselves.
    pub fn into_matrices(self) -> Vec<Vec<f64>> {
        self.matrices
    }
}

impl Network {
    /// The empirical NTK of a batch of inputs (formula on the [module page](crate::network)).
    ///
    /// # Arguments
    /// * `inputs`: $n$ rows of $n_0$ features.
    ///
    /// # Returns
    /// Symmetric matrices: the lower half is computed and mirrored.
    ///
    /// # Errors
    /// [`NetworkError`] for unusable inputs, activations without a derivative, overflow with the layer, and a memory
    /// budget that does not hold one tile of inputs.
    ///
    /// # Accuracy and cost
    /// Rounding errors of matrix products over the widths. With $C = n_L$ outputs, the backward pass takes
    /// $2 n C \sum_{1<l<L} n_l n_{l-1}$ operations, the forward pass $2 n \sum_l n_l n_{l-1}$, and the kernel
    /// $n^2 \sum_l (n_{l-1} + C n_l)$ (with $C^2$ for $C$ in the full form).
    ///
    /// With numbers of $s$ bytes, a batch of $m$ inputs takes
    /// $s\,m\,(2 \sum_{l=0}^{L} n_l + (2 C + 1) \max_l n_l)$ bytes and each thread at most $s\,(\max(1024, C)^2 + 256^2)$,
    /// besides a few MiB inside a matrix product. Batches are as large as [`KernelOptions::memory`] allows: if not all
    /// inputs fit, two batches at a time are held, and $T$ batches take $T$ times the work of the passes.
    ///
    /// The result is the same, bit for bit, for every number of threads and every memory budget: products are made of
    /// tiles whose shape depends on the network alone.
    ///
    /// # Example
    /// A linear network $f = v\,u\,x$ with $u = 3$, $v = 2$ has $\Theta = v^2 x^2 + u^2 x^2 = 13 x^2$:
    /// ```
    /// use fathom_ntk::network::{GradientScale, KernelOptions, Layer, Network};
    /// let layer = |w| Layer::new(1, 1, vec![w], None, GradientScale::STANDARD);
    /// let network = Network::new("linear".parse()?, vec![layer(3.0)?, layer(2.0)?])?;
    /// let kernel = network.empirical_ntk(&[1.0, -2.0], &KernelOptions::default())?;
    /// assert_eq!(kernel.matrices()[0], [13.0, -26.0, -26.0, 52.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn empirical_ntk(&self, inputs: &[f64], options: &KernelOptions) -> Result<EmpiricalKernel, NetworkError> {
        self.check_inputs(inputs)?;
        self.kernel(inputs, None, options)
    }

    /// The empirical NTK between two batches of inputs.
    ///
    /// # Arguments
    /// * `left`, `right`: $n$ and $m$ rows of $n_0$ features; they become rows and columns of the result.
    ///
    /// # Errors
    /// As [`Self::empirical_ntk`].
    ///
    /// # Accuracy and cost
    /// As [`Self::empirical_ntk`], with $2nm$ for $n^2$.
    pub fn empirical_ntk_between(
        &self,
        left: &[f64],
        right: &[f64],
        options: &KernelOptions,
    ) -> Result<EmpiricalKernel, NetworkError> {
        self.check_inputs(left)?;
        self.check_inputs(right)?;
        self.kernel(left, Some(right), options)
    }

    fn kernel(
        &self,
        left: &[f64],
        right: Option<&[f64]>,
        options: &KernelOptions,
    ) -> Result<EmpiricalKernel, NetworkError> {
        self.check_differentiable()?;
        match options.precision {
            Precision::F64 => self.kernel_in(&self.exact(), left, right, options, |inputs| Cow::Borrowed(inputs)),
            Precision::F32 => self.kernel_in(&self.rounded(), left, right, options, single),
        }
    }

    fn kernel_in<T: Real>(
        &self,
        layers: &Layers<'_, T>,
        left: &[f64],
        right: Option<&[f64]>,
        options: &KernelOptions,
        convert: fn(&[f64]) -> Cow<'_, [T]>,
    ) -> Result<EmpiricalKernel, NetworkError> {
        let features = self.inputs();
        let (n, m) = (left.len() / features, right.unwrap_or(left).len() / features);
        let batch = self.batch(n, right.map(|_| m), layers.tile, size_of::<T>(), options)?;
        let mut kernel = Accumulator::new(options.form, self.outputs(), [n, m], right.is_none())?;
        let scales: Vec<GradientScale> = self.layers().iter().map(Layer::scale).collect();
        for (i, rows) in left.chunks(batch * features).enumerate() {
            let pass = layers.forward(convert(rows))?;
            for (j, cols) in right.unwrap_or(left).chunks(batch * features).enumerate() {
                let at = [i * batch, j * batch];
                if right.is_some() || j < i {
                    let other = layers.forward(convert(cols))?;
                    sweep(layers, &scales, &pass, Some(&other), &mut kernel, at)?;
                } else if j == i {
                    sweep(layers, &scales, &pass, None, &mut kernel, at)?;
                }
            }
        }
        let [rows, cols] = kernel.shape();
        Ok(EmpiricalKernel { form: options.form, rows, cols, matrices: kernel.finish() })
    }

    /// Inputs of a batch: all of them, or as many tiles as fit the memory twice.
    fn batch(
        &self,
        n: usize,
        m: Option<usize>,
        tile: usize,
        size: usize,
        options: &KernelOptions,
    ) -> Result<usize, NetworkError> {
        let widths = self.widths();
        let widest = widths.iter().copied().max().unwrap_or(1);
        let kept = widths.iter().fold(0_usize, |sum, width| sum.saturating_add(width.saturating_mul(2)));
        let derivatives = self.outputs().saturating_mul(2).saturating_add(1).saturating_mul(widest);
        let per_input = size.saturating_mul(kept.saturating_add(derivatives));
        let scratch = Accumulator::scratch(options.form, self.outputs(), tile).saturating_mul(size);
        let fixed = scratch.saturating_mul(rayon::current_num_threads());
        let available = options.memory.saturating_sub(fixed);
        let all = n.saturating_add(m.unwrap_or(0)).saturating_mul(per_input);
        if all <= available {
            return Ok(n.max(m.unwrap_or(0)));
        }
        let fit = available / per_input.saturating_mul(2) / tile * tile;
        if fit == 0 {
            let needed = per_input.saturating_mul(2).saturating_mul(tile).saturating_add(fixed);
            return Err(NetworkError::Budget { needed, got: options.memory });
        }
        Ok(fit)
    }
}

/// Features rounded to single precision.
fn single(inputs: &[f64]) -> Cow<'_, [f32]> {
    inputs.iter().map(|x| f32::from_f64(*x)).collect()
}

/// Adds the contributions of all layers to the kernel of one batch with another, or with itself.
fn sweep<T: Real>(
    layers: &Layers<'_, T>,
    scales: &[GradientScale],
    left: &Pass<'_, T>,
    right: Option<&Pass<'_, T>>,
    kernel: &mut Accumulator,
    first: [usize; 2],
) -> Result<(), NetworkError> {
    let depth = layers.depth();
    let (mut left, mut right) = (Descent::new(left), right.map(Descent::new));
    for layer in (1..=depth).rev() {
        left.reach(layers, layer)?;
        if let Some(right) = &mut right {
            right.reach(layers, layer)?;
        }
        let other = right.as_ref().map(|right| right.at(layer));
        if !kernel.add(scales[layer - 1], layers.tile, &left.at(layer), other.as_ref(), first) {
            return Err(NetworkError::KernelOverflow { layer, depth });
        }
    }
    Ok(())
}

/// A batch on its way down from the outputs.
struct Descent<'p, T: Clone> {
    pass: &'p Pass<'p, T>,
    /// $\delta^l$ of the layer reached; `None` at the outputs.
    deltas: Option<Vec<T>>,
}

impl<'p, T: Real> Descent<'p, T> {
    fn new(pass: &'p Pass<'p, T>) -> Self {
        Self { pass, deltas: None }
    }

    fn reach(&mut self, layers: &Layers<'_, T>, layer: usize) -> Result<(), NetworkError> {
        if layer < layers.depth() {
            self.deltas = Some(match &self.deltas {
                Some(above) => layers.descend(self.pass, above, layer, layers.outputs())?,
                None => layers.below_outputs(self.pass)?,
            });
        }
        Ok(())
    }

    fn at(&self, layer: usize) -> Batch<'_, T> {
        let pass = self.pass;
        Batch { inputs: pass.rows, activations: &pass.post[layer - 1], deltas: self.deltas.as_deref() }
    }
}
