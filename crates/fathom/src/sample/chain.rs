//! The law of Θ(x, x) of a relu network with one input and one output, without a network.
//!
//! For symmetric weights the masks of a relu network are fair coins, independent of everything else
//! (docs/theory/finite-width-relu.md, mask lemma). With Gaussian weights, given $m_l$ active neurons,
//! $|h^l|^2 = v_{l-1} \chi^2_{m_l}$, and the gradients need only their component along $h^l$:
//! $p_l = \langle\delta^l, z^l\rangle$ and $b_l = |\delta^l|^2$ follow a recursion of two numbers. The cost does not
//! depend on the widths.

use std::collections::BTreeMap;

use super::draw::Draw;
use super::shape::{LayerShape, Shape};
use crate::Scaled;
use crate::random::{FairCoins, Stream, chi_squared};

/// A relu network on one input, reduced to its scalar chain.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    layers: Vec<Layer>,
    coins: Vec<FairCoins>,
    /// $\sigma_{w,1}^2 |x|^2 / n_0$.
    first: Scaled,
    normals: Vec<f64>,
    words: Vec<u64>,
    /// Of each hidden layer the degrees of freedom of $|h|^2$; then those of $|\delta|^2$ beside its component along $h$.
    degrees: Vec<f64>,
    chi_squared: Vec<f64>,
    forward: Vec<Forward>,
}

/// Constants of weight layer $l$.
#[derive(Clone, Copy, Debug)]
struct Layer {
    /// $\sigma_{w,l}^2 / n_{l-1}$.
    weight_factor: Scaled,
    bias_var: f64,
    alpha: f64,
    beta: f64,
    /// Table for the layer's $n_l$ neurons, if it is hidden.
    coins: usize,
}

/// What one hidden layer leaves for the way back.
#[derive(Clone, Copy, Debug)]
struct Forward {
    /// $|h^l|^2$.
    sq_norm: Scaled,
    /// $w_l = \sigma_{w,l+1}^2 |h^l|^2 / n_l$.
    w: Scaled,
    /// $v_l = w_l + \sigma_{b,l+1}^2$.
    v: Scaled,
}

impl Chain {
    /// The chain of a relu network for an input of squared norm `sq_norm`.
    pub(super) fn new(shape: &Shape, sq_norm: Scaled) -> Self {
        let hidden = &shape.layers[..shape.layers.len() - 1];
        let mut tables = BTreeMap::new();
        for layer in hidden {
            let next = tables.len();
            tables.entry(layer.outputs).or_insert(next);
        }
        let mut widths: Vec<(usize, usize)> = tables.iter().map(|(width, place)| (*place, *width)).collect();
        widths.sort_unstable();
        let constants = |layer: &LayerShape| Layer {
            weight_factor: Scaled::from(layer.weight_scale * layer.weight_scale),
            bias_var: layer.bias_scale * layer.bias_scale,
            alpha: layer.alpha,
            beta: layer.beta,
            coins: tables.get(&layer.outputs).copied().unwrap_or(0),
        };
        let layers: Vec<Layer> = shape.layers.iter().map(constants).collect();
        Self {
            first: layers[0].weight_factor * sq_norm,
            coins: widths.into_iter().map(|(_, width)| FairCoins::new(width)).collect(),
            normals: vec![0.0; 3 * hidden.len() + 1],
            words: vec![0; 3 * hidden.len()],
            degrees: vec![0.0; 2 * hidden.len()],
            chi_squared: vec![0.0; 2 * hidden.len()],
            forward: Vec::with_capacity(hidden.len()),
            layers,
        }
    }

    /// Draws one network.
    pub(super) fn draw(&mut self, stream: &mut Stream, draw: &mut Draw) {
        let (depth, hidden) = (self.layers.len(), self.layers.len() - 1);
        stream.fill_normals(&mut self.normals);
        stream.fill_words(&mut self.words);
        let (coins, words) = self.words.split_at(hidden);
        for (l, (layer, word)) in self.layers.iter().zip(coins).enumerate() {
            let active = self.coins[layer.coins].count(*word) as f64;
            (self.degrees[l], self.degrees[hidden + l]) = (active, (active - 1.0).max(0.0));
        }
        let (normals, others) = self.normals.split_at(2 * hidden);
        chi_squared(&self.degrees, normals, words, stream, &mut self.chi_squared);
        let mut w = self.first;
        let mut v = w + Scaled::from(self.layers[0].bias_var);
        self.forward.clear();
        for (above, chi_squared) in self.layers[1..].iter().zip(&self.chi_squared) {
            let sq_norm = v * Scaled::from(*chi_squared);
            w = above.weight_factor * sq_norm;
            v = w + Scaled::from(above.bias_var);
            self.forward.push(Forward { sq_norm, w, v });
        }
        let f = v.sqrt() * Scaled::from(others[hidden]);
        let (mut p, mut b) = (f, Scaled::ONE);
        let contribution =
            |layer: &Layer, w: Scaled, b: Scaled| (Scaled::from(layer.alpha) * w + Scaled::from(layer.beta)) * b;
        draw.begin_scalar(depth, f);
        draw.set_scalar_layer(depth - 1, contribution(&self.layers[depth - 1], w, b));
        for l in (0..depth - 1).rev() {
            let (layer, above, forward) = (&self.layers[l], &self.layers[l + 1], self.forward[l]);
            if forward.sq_norm.is_zero() {
                // Nothing of the network below is seen from above.
                break;
            }
            if above.bias_var > 0.0 {
                let r = forward.w / forward.v;
                let spread = Scaled::from(above.bias_var) * r * b;
                p = r * p + spread.sqrt() * Scaled::from(others[l]);
            }
            let rest = self.chi_squared[hidden + l];
            b = p * p / forward.sq_norm + above.weight_factor * b * Scaled::from(rest);
            let below = if l == 0 { self.first } else { self.forward[l - 1].w };
            draw.set_scalar_layer(l, contribution(layer, below, b));
        }
        draw.end_scalar();
    }
}
