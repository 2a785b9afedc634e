//! A Gaussian weight matrix that is never drawn, only its action on the few vectors that meet it.
//!
//! With the bias as a last column, $Z = \tilde W \tilde H$ and $\tilde H = Q_1 R$, the product $Y = \tilde W Q_1$ is a
//! matrix of independent normals, and $\tilde W$ on the complement of $Q_1$ is independent of it. Let $Q$ be the full
//! orthogonal factor. For a $D$ that depends on $\tilde W$ only through $Y$,
//! $$\tilde W^{\top} D = Q \begin{pmatrix} Y^{\top} D \\ N R_D \end{pmatrix}$$
//! in law, with new independent normals $N$ and $D^\top D = R_D^\top R_D$. Both factorisations are by Householder
//! reflectors, so no rank has to be decided: duplicated inputs, more inputs than neurons and silent layers are exact.

use std::collections::BTreeMap;

use super::recursion::Weights;
use super::shape::LayerShape;
use crate::linalg::{Reflectors, by_columns, product};
use crate::random::Stream;

/// The action of one random layer in one draw.
pub(super) struct Projected {
    /// Rows of the input, the bias among them.
    rows: usize,
    outputs: usize,
    k: usize,
    inputs: Reflectors,
    /// $R$, rank × k.
    upper: Vec<f64>,
    /// $Y$, outputs × rank.
    normals: Vec<f64>,
}

impl Projected {
    /// A layer that meets `k` inputs.
    pub(super) fn new(layer: &LayerShape, k: usize) -> Self {
        let inputs = Reflectors::new(layer.rows(), k);
        let rank = inputs.rank();
        Self {
            rows: layer.rows(),
            outputs: layer.outputs,
            k,
            inputs,
            upper: vec![0.0; rank * k],
            normals: vec![0.0; layer.outputs * rank],
        }
    }

    fn apply(&mut self, stream: &mut Stream, z: &mut [f64]) {
        let rank = self.inputs.rank();
        stream.fill_normals(&mut self.normals);
        let (y, r) = (by_columns(&self.normals, self.outputs, rank), by_columns(&self.upper, rank, self.k));
        product(y, r, z, self.outputs, 0);
    }
}

/// Room that the layers share on the way back.
#[derive(Default)]
pub(super) struct Scratch {
    /// Factorisations of $D$, by its number of rows and columns.
    roots: BTreeMap<(usize, usize), Reflectors>,
    root: Vec<f64>,
    fresh: Vec<f64>,
}

impl Weights for Projected {
    type Scratch = Scratch;

    fn input_mut(&mut self) -> &mut [f64] {
        self.inputs.matrix_mut()
    }

    fn forward(&mut self, stream: &mut Stream, z: &mut [f64]) {
        self.inputs.factorise(&mut self.upper);
        self.inputs.gather();
        self.apply(stream, z);
    }

    fn forward_again(&mut self, stream: &mut Stream, z: &mut [f64]) {
        self.apply(stream, z);
    }

    fn backward(&mut self, stream: &mut Stream, d: &[f64], v: &mut [f64], scratch: &mut Scratch) {
        let (rows, outputs, rank) = (self.rows, self.outputs, self.inputs.rank());
        let columns = d.len() / outputs;
        let gradients = by_columns(d, outputs, columns);
        product(by_columns(&self.normals, outputs, rank).transpose(), gradients, v, rows, 0);
        let rest = rows - rank;
        if rest > 0 {
            let known = outputs.min(columns);
            scratch.fresh.resize(rest * known, 0.0);
            stream.fill_normals(&mut scratch.fresh);
            let fresh = by_columns(&scratch.fresh, rest, known);
            if columns < outputs {
                let qr = scratch.roots.entry((outputs, columns)).or_insert_with(|| Reflectors::new(outputs, columns));
                qr.matrix_mut().copy_from_slice(d);
                scratch.root.resize(known * columns, 0.0);
                qr.factorise(&mut scratch.root);
                product(fresh, by_columns(&scratch.root, known, columns), v, rows, rank);
            } else {
                product(fresh, gradients, v, rows, rank);
            }
        }
        self.inputs.apply(v);
    }
}
