//! The layers of a recursion over many pairs, with powers of two that keep Θ in range.

use super::method::{Exponents, exponent};
use crate::Scaled;
use crate::infinite::general::{Chain, next_variance};
use crate::infinite::state::Layer;

/// Exponents up to which Θ is kept as it is.
const RANGE: i64 = 900;

/// The constants of one layer; Θ is kept over a power of two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub layer: Layer,
    /// Of what the layer adds to Θ.
    pub own: f64,
    /// Of the Θ before.
    pub chain: f64,
}

/// The steps through `layers` for inputs of these chains and $|x|^2/n_0$, and the exponents of the result.
pub(super) fn steps(
    layers: &[Layer],
    chains: &[Vec<Chain>; 2],
    mean_squares: &[Vec<f64>; 2],
) -> (Vec<Step>, Exponents) {
    // Θ(x, x) of every input: the largest of each layer decides.
    let mut largest = vec![Scaled::ZERO; layers.len()];
    for (chain, mean_square) in chains.iter().zip(mean_squares).flat_map(|(chains, means)| chains.iter().zip(means)) {
        let mut ntk = Scaled::ZERO;
        for (l, layer) in layers.iter().enumerate() {
            let (square, slope) = match chain.before(l) {
                Some(side) => (side.value_sq(), side.slope_sq()),
                None => (*mean_square, 0.0),
            };
            ntk = ntk * (layer.weight_var * slope) + (layer.alpha * layer.weight_var * square + layer.beta);
            largest[l] = largest[l].max(ntk);
        }
    }
    let mut before = 0;
    let power = |e: i64| Scaled::ONE.times_power_of_two(e).to_f64();
    let steps = layers.iter().zip(&largest).map(|(layer, largest)| {
        let now = exponent(*largest, RANGE).max(0);
        let step = Step { layer: *layer, own: power(-now), chain: power(before - now) };
        before = now;
        step
    });
    let steps = steps.collect();
    (steps, Exponents([0, before]))
}

/// $q$ after step `l`.
pub(super) fn variance(chain: &Chain, step: &Step, l: usize, mean_square: f64) -> f64 {
    match chain.before(l) {
        Some(side) => next_variance(side, step.layer),
        None => step.layer.weight_var * mean_square + step.layer.bias_var,
    }
}
