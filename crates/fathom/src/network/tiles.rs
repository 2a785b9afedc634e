//! Sums of layer contributions to the kernel, tile by tile.

use rayon::prelude::*;

use super::{GradientScale, KernelForm, NetworkError};
use crate::linalg::{MatMut, MatRef, Real, multiply, rows, rows_mut, tiles};

/// What one layer knows of a batch of inputs.
pub(super) struct Batch<'a, T> {
    /// Number of inputs.
    pub(super) inputs: usize,
    /// $h^{l-1}$, one row for each input.
    pub(super) activations: &'a [T],
    /// $\delta^l$, the rows of an input together; `None` in the last layer, where they are unit vectors.
    pub(super) deltas: Option<&'a [T]>,
}

impl<T: Real> Batch<'_, T> {
    fn activations(&self, first: usize, count: usize) -> MatRef<'_, T> {
        let width = self.activations.len() / self.inputs;
        rows(&self.activations[first * width..(first + count) * width], count, width)
    }
}

/// The kernel as far as it is summed.
pub(super) struct Accumulator {
    form: KernelForm,
    outputs: usize,
    /// Rows and columns of each matrix.
    shape: [usize; 2],
    symmetric: bool,
    matrices: Vec<Vec<f64>>,
}

/// A rectangle of the kernel: the same of every matrix.
struct Task<'a> {
    /// First input of its rows and columns, within the batches.
    first: [usize; 2],
    matrices: Vec<MatMut<'a, f64>>,
}

/// Memory of one thread.
struct Scratch<T> {
    /// $\langle h, h'\rangle$.
    activations: Vec<T>,
    /// $\langle\delta_a, \delta'_b\rangle$.
    deltas: Vec<T>,
}

impl Accumulator {
    /// A kernel of zeros.
    pub(super) fn new(
        form: KernelForm,
        outputs: usize,
        inputs: [usize; 2],
        symmetric: bool,
    ) -> Result<Self, NetworkError> {
        let each = rows_of_input(form, outputs);
        let shape = inputs.map(|inputs| inputs.saturating_mul(each));
        let too_large = || NetworkError::TooLarge { rows: shape[0], cols: shape[1] };
        let entries = shape[0].checked_mul(shape[1]).ok_or_else(too_large)?;
        let mut matrices = Vec::new();
        for _ in 0..if form == KernelForm::PerOutput { outputs } else { 1 } {
            let mut matrix = Vec::new();
            matrix.try_reserve_exact(entries).map_err(|_| too_large())?;
            matrix.resize(entries, 0.0);
            matrices.push(matrix);
        }
        Ok(Self { form, outputs, shape, symmetric, matrices })
    }

    /// Numbers that one thread needs beside the kernel.
    pub(super) fn scratch(form: KernelForm, outputs: usize, tile: usize) -> usize {
        let square = |side: usize| side.saturating_mul(side);
        square(tile).saturating_add(square(tile.saturating_mul(rows_of_input(form, outputs))))
    }

    /// The entry in the corner.
    pub(super) fn first(&self) -> f64 {
        self.matrices[0][0]
    }

    pub(super) fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// Adds $(g_w \langle h, h'\rangle + g_b) \langle\delta_a, \delta'_b\rangle$ of one layer for one batch with another,
    /// or with itself (lower half only). Whether the result is finite.
    ///
    /// # Arguments
    /// * `first`: where the batches begin among all inputs.
    pub(super) fn add<T: Real>(
        &mut self,
        scale: GradientScale,
        tile: usize,
        left: &Batch<'_, T>,
        right: Option<&Batch<'_, T>>,
        first: [usize; 2],
    ) -> bool {
        if scale == GradientScale::FROZEN {
            return true;
        }
        let (form, outputs) = (self.form, self.outputs);
        let tasks = self.tasks(tile, [left.inputs, right.unwrap_or(left).inputs], first, right.is_none());
        let layer = LayerProducts { form, outputs, scale, left, right: right.unwrap_or(left) };
        let scratch = || Scratch { activations: Vec::new(), deltas: Vec::new() };
        if tasks.len() == 1 {
            // Networks that are drawn one by one are small, and their threads are not those of this product.
            return tasks.into_iter().all(|task| layer.add(task, &mut scratch()));
        }
        tasks.into_par_iter().map_init(scratch, |scratch, task| layer.add(task, scratch)).reduce(|| true, |a, b| a && b)
    }

    fn tasks(&mut self, tile: usize, inputs: [usize; 2], first: [usize; 2], lower: bool) -> Vec<Task<'_>> {
        let each = rows_of_input(self.form, self.outputs);
        let [height, width] = self.shape;
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for (c, matrix) in self.matrices.iter_mut().enumerate() {
            let matrix = rows_mut(matrix, height, width).submatrix_mut(
                first[0] * each,
                first[1] * each,
                inputs[0] * each,
                inputs[1] * each,
            );
            let wanted = tiles(matrix, tile * each, tile * each).into_iter().filter(|t| !lower || t.col <= t.row);
            for (i, tile) in wanted.enumerate() {
                if c == 0 {
                    tasks.push(Task { first: [tile.row / each, tile.col / each], matrices: Vec::new() });
                }
                tasks[i].matrices.push(tile.values);
            }
        }
        tasks
    }

    /// The matrices, the lower half of symmetric ones mirrored.
    pub(super) fn finish(mut self) -> Vec<Vec<f64>> {
        const SIDE: usize = 64;
        if self.symmetric {
            let n = self.shape[0];
            for matrix in &mut self.matrices {
                for (corner, side) in (0..n).step_by(SIDE).flat_map(|i| (i..n).step_by(SIDE).map(move |j| (i, j))) {
                    for i in corner..(corner + SIDE).min(n) {
                        for j in side.max(i + 1)..(side + SIDE).min(n) {
                            matrix[i * n + j] = matrix[j * n + i];
                        }
                    }
                }
            }
        }
        self.matrices
    }
}

fn rows_of_input(form: KernelForm, outputs: usize) -> usize {
    if form == KernelForm::Full { outputs } else { 1 }
}

/// The products of one layer for two batches.
struct LayerProducts<'a, T> {
    form: KernelForm,
    outputs: usize,
    scale: GradientScale,
    left: &'a Batch<'a, T>,
    right: &'a Batch<'a, T>,
}

impl<T: Real> LayerProducts<'_, T> {
    fn add(&self, task: Task<'_>, scratch: &mut Scratch<T>) -> bool {
        let each = rows_of_input(self.form, self.outputs);
        let Some(count) = task.matrices.first().map(|m| [m.nrows() / each, m.ncols() / each]) else { return true };
        self.multiply_activations(task.first, count, &mut scratch.activations);
        let mut finite = true;
        for (matrix, mut values) in task.matrices.into_iter().enumerate() {
            match (self.left.deltas, self.right.deltas) {
                (Some(left), Some(right)) => {
                    let a = self.deltas(left, self.left.inputs, [task.first[0], count[0]], matrix);
                    let b = self.deltas(right, self.right.inputs, [task.first[1], count[1]], matrix);
                    scratch.deltas.resize(a.nrows() * b.nrows(), T::default());
                    multiply(rows_mut(&mut scratch.deltas, a.nrows(), b.nrows()), a, b.transpose());
                    let products = rows(&scratch.deltas, a.nrows(), b.nrows());
                    finite &= self.sum(&mut values, &scratch.activations, |i, j| products[(i, j)].to_f64());
                }
                _ if self.form == KernelForm::Full => {
                    let same = |i: usize, j: usize| f64::from(u8::from(i % each == j % each));
                    finite &= self.sum(&mut values, &scratch.activations, same);
                }
                _ if self.form == KernelForm::Trace => {
                    finite &= self.sum(&mut values, &scratch.activations, |_, _| self.outputs as f64);
                }
                _ => finite &= self.sum(&mut values, &scratch.activations, |_, _| 1.0),
            }
        }
        finite
    }

    fn multiply_activations(&self, first: [usize; 2], count: [usize; 2], out: &mut Vec<T>) {
        out.resize(count[0] * count[1], T::default());
        if self.scale.weights == 0.0 {
            out.fill(T::default());
            return;
        }
        let left = self.left.activations(first[0], count[0]);
        let right = self.right.activations(first[1], count[1]);
        multiply(rows_mut(out, count[0], count[1]), left, right.transpose());
    }

    /// The rows of δ that enter one matrix of the kernel.
    fn deltas<'d>(&self, deltas: &'d [T], inputs: usize, [first, count]: [usize; 2], matrix: usize) -> MatRef<'d, T> {
        let per_input = deltas.len() / inputs;
        let width = per_input / self.outputs;
        let chosen = &deltas[first * per_input..(first + count) * per_input];
        match self.form {
            KernelForm::Trace => rows(chosen, count, per_input),
            KernelForm::Full => rows(chosen, count * self.outputs, width),
            KernelForm::PerOutput => rows(chosen, count, per_input).submatrix(0, matrix * width, count, width),
        }
    }

    /// Adds to a rectangle; whether it is finite afterwards.
    fn sum(&self, values: &mut MatMut<'_, f64>, activations: &[T], deltas: impl Fn(usize, usize) -> f64) -> bool {
        let each = rows_of_input(self.form, self.outputs);
        let width = values.ncols() / each;
        let GradientScale { weights, biases } = self.scale;
        let mut finite = true;
        for i in 0..values.nrows() {
            let Some(row) = values.as_mut().row_mut(i).try_as_row_major_mut() else { return false };
            let activations = &activations[i / each * width..][..width];
            for (j, entries) in row.as_slice_mut().chunks_mut(each).enumerate() {
                let factor = weights * activations[j].to_f64() + biases;
                for (b, entry) in entries.iter_mut().enumerate() {
                    *entry += factor * deltas(i, j * each + b);
                    finite &= entry.is_finite();
                }
            }
        }
        finite
    }
}
